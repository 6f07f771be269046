"""Show what came of a folder of tapes as a table for a terminal."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from rich.table import Table
from rich.text import Text

from ivr.replay.compare.verdict import RESULTS, FolderVerdict, TapeResult, TapeVerdict
from ivr.replay.terminal_text import printable

MOST_ROWS: Final = 40
"""Rows of the table, at most."""
MOST_ALIKE: Final = 3
"""Tapes that are shown of those that differ alike; the others are counted."""
_PARTICULAR: Final = re.compile(r"“.*?”|[0-9]+(?:\.[0-9]+)?")
"""What one tape has of its own: words and figures."""
_RESULT_STYLES: Final[dict[TapeResult, str]] = {"different": "bold red", "unreadable": "yellow", "declared": "cyan"}


def folder_table(found: FolderVerdict) -> Table | None:
    """Return a row for each tape that is not simply the same, the worst first; None: there is none."""
    shown = [one for one in found.worst_first() if one.result in _RESULT_STYLES or (one.notes and one.result == "same")]
    if not shown:
        return None
    made = Table(box=None, pad_edge=False, header_style="bold")
    made.add_column("tape", overflow="fold", ratio=3)
    made.add_column("")
    made.add_column("kind", no_wrap=True)
    made.add_column("at", no_wrap=True)
    made.add_column("turn", justify="right")
    made.add_column("first difference", overflow="fold", ratio=6)
    alike: dict[tuple[str, ...], list[TapeVerdict]] = {}
    for one in shown:
        alike.setdefault((one.result, one.kind, _PARTICULAR.sub("#", one.what), *one.needs, *one.notes), []).append(one)
    for group in alike.values():
        # What cannot be read is named, each tape.
        most = MOST_ALIKE if group[0].kind else len(group)
        for one in group[:most]:
            what = one.what if not one.needs else f"{one.what} (declared: {', '.join(one.needs)})"
            told = "; ".join([what, *one.notes] if what else one.notes)
            turn = str(one.turn) if one.kind else ""
            style = _RESULT_STYLES.get(one.result, "")
            made.add_row(
                Text(printable(one.name)), Text(one.result, style), one.kind, one.at, turn, Text(printable(told))
            )
        if len(group) > most:
            last = f"… to {printable(group[-1].name)}"
            made.add_row(Text(last), Text(f"{len(group) - most} more", "dim"), group[0].kind, "", "", Text("alike"))
        if made.row_count >= MOST_ROWS:
            break
    return made


def folder_lines(found: FolderVerdict, took: float, jobs: int) -> Iterator[str]:
    """Yield the last lines: how many came out how. `took`: seconds for all, in `jobs` processes."""
    if found.kinds:
        yield "first differences: " + ", ".join(f"{many} in “{kind}”" for kind, many in found.kinds.most_common())
    for name in found.unneeded:
        yield f"no tape needs the declared change “{name}” any more"
    results = found.results
    counts = ", ".join(f"{results[one]} {one}" for one in reversed(RESULTS) if results[one])
    minutes = sum(one.seconds for one in found.verdicts) / 60
    spent = sum(one.took_s for one in found.verdicts if one.events)
    each = f", {spent * 1000 / found.compared:.0f} ms a tape" if found.compared else ""
    many = "one process" if jobs == 1 else f"{jobs} processes"
    yield f"{counts}. {minutes:.1f} minutes of calls in {took:.1f} s, {many}{each}"
