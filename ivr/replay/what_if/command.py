"""Answer `ivr replay --set`: run the tapes, show progress, print what would have changed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console

from ivr.replay.progress import counted_up
from ivr.replay.tape import TapeError
from ivr.replay.tape_folder import bridge_tapes
from ivr.replay.what_if.changes import Changes, read_changes
from ivr.replay.what_if.folder import run_folder
from ivr.replay.what_if.show import call_lines, change_table, remarks
from ivr.replay.what_if.summing import as_plain, figure_changes
from ivr.replay.what_if.tape_result import TapeResult


def what_if(
    path: Path,
    written: Sequence[str],
    out: Console,
    err: Console,
    *,
    jobs: int,
    as_json: bool,
    from_turn: int | None = None,
) -> None:
    """Show what the tapes of a path would have been with these changes.

    Raises ChangeError, TapeError (also where nothing can be said of any), OSError.
    """
    changes = read_changes(written)
    results = run_all(bridge_tapes(path), [changes], err, jobs=jobs, quiet=as_json, from_turn=from_turn)
    good = [one for one in results if not one.error]
    if not good:
        raise TapeError(results[0].error)
    if as_json:
        out.file.write(json.dumps(summed_as_json(results, changes), ensure_ascii=False, default=str) + "\n")
        return
    told = ", ".join(f"{name}={value}" for name, value in changes.items())
    told += f" from turn {from_turn} on" if from_turn is not None else ""
    calls = f"{len(good)} calls" if len(good) > 1 else good[0].name
    out.print(f"{calls}, {sum(one.seconds for one in good) / 60:.1f} minutes, with {told}", markup=False)
    out.print()
    out.print(change_table(figure_changes([(one.before, one.after[0]) for one in good])), soft_wrap=False)
    out.print()
    if len(good) > 1:
        for line in call_lines(good):
            out.print(line, markup=False)
    for line in remarks(results):
        out.print(line, style="dim", markup=False)


def run_all(
    paths: Sequence[Path],
    variants: Sequence[Changes],
    err: Console,
    *,
    jobs: int,
    quiet: bool,
    from_turn: int | None = None,
) -> list[TapeResult]:
    """Return what came of all tapes, in the order of their names. The progress is shown where there are several."""
    results: list[TapeResult] = []
    with counted_up(err, len(paths), quiet=quiet or len(paths) < 2) as done:
        for result in run_folder(paths, variants, jobs, from_turn):
            results.append(result)
            done()
    return sorted(results, key=lambda one: one.name)


def summed_as_json(results: Sequence[TapeResult], changes: Changes) -> dict[str, Any]:
    """Return the figures of all calls, and each call, for a machine."""
    good = [one for one in results if not one.error]
    figures = figure_changes([(one.before, one.after[0]) for one in good])
    return {
        "changes": dict(changes),
        "figures": [asdict(one) for one in figures],
        "calls": [as_plain(one) for one in results],
    }
