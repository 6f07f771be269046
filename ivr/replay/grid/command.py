"""Answer `ivr replay --grid`: run the tapes under every set of values, print the table, draw the page."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from rich.console import Console

from ivr.replay.grid.page import grid_page
from ivr.replay.grid.points import grid_points, grid_table, grid_variants
from ivr.replay.output import write_output
from ivr.replay.tape import TapeError
from ivr.replay.tape_folder import bridge_tapes
from ivr.replay.what_if.changes import read_changes, read_grid
from ivr.replay.what_if.command import run_all
from ivr.replay.what_if.show import remarks


def weigh(
    path: Path,
    written: Sequence[str],
    set_too: Sequence[str],
    out: Console,
    err: Console,
    *,
    jobs: int,
    as_json: bool,
    page: Path | None,
) -> None:
    """Show the trade-off over the values of a grid, and draw it on a page. Raises ChangeError, TapeError, OSError."""
    grid = read_grid(written)
    variants = grid_variants(grid, read_changes(set_too))
    results = run_all(bridge_tapes(path), variants, err, jobs=jobs, quiet=as_json)
    good = [one for one in results if not one.error]
    if not good:
        raise TapeError(results[0].error)
    points = grid_points(grid, results)
    if as_json:
        told = {"grid": grid, "points": [asdict(one) for one in points], "left_out": len(results) - len(good)}
        out.file.write(json.dumps(told, ensure_ascii=False) + "\n")
    else:
        out.print(grid_table(grid, points), soft_wrap=False)
        for line in remarks(results):
            out.print(line, style="dim", markup=False)
    if page is not None:
        write_output(page, grid_page(grid, points, len(good), sum(one.seconds for one in good) / 60).encode())
        err.print(f"drawn: {page}", markup=False)
