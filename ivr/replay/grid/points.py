"""Weigh the values of one option, or two, against each other: how long callers wait, how many are cut off."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from statistics import median
from typing import Any, Final

from rich.table import Table

from ivr.replay.what_if.changes import Changes
from ivr.replay.what_if.outcome import CallOutcome
from ivr.replay.what_if.summing import p95, wait_change
from ivr.replay.what_if.tape_result import TapeResult

_TABLE_COLUMNS: Final = (
    "first audio ms", "p95 ms", "cut off", "of 100", "barge-ins", "false yields", "silences", "modelled"
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class GridPoint:
    """Hold what would have come of all calls with one set of values."""

    values: tuple[Any, ...]
    """In the order of the options; empty: as the calls were."""
    answers: int
    wait_ms: float | None
    """First audio: the median as the calls were, and the change in the same turns; None: there was no answer."""
    p95_ms: float | None
    cut_off: int
    barge_ins: int
    false_yields: int
    silences: int
    modelled: int
    """Answers whose wait rests on a modelled answer."""

    @property
    def cut_share(self) -> float:
        """Return the callers cut off for every hundred answers."""
        return 100 * self.cut_off / self.answers if self.answers else 0.0

    @property
    def name(self) -> str:
        """Return the values as a developer reads them."""
        return ", ".join(map(str, self.values)) or "as it was"


def grid_variants(grid: Mapping[str, Sequence[Any]], base: Changes) -> list[dict[str, Any]]:
    """Return the changes of every point of a grid, upon `base`."""
    return [{**base, **dict(zip(grid, values, strict=True))} for values in product(*grid.values())]


def grid_points(grid: Mapping[str, Sequence[Any]], results: Sequence[TapeResult]) -> list[GridPoint]:
    """Return the calls as they were, and then what came of every point."""
    good = [one for one in results if not one.error]
    before = [one.before for one in good]
    points = [grid_point((), before, before)]
    for place, values in enumerate(product(*grid.values())):
        points.append(grid_point(values, before, [one.after[place] for one in good]))
    return points


def grid_point(values: tuple[Any, ...], before: Sequence[CallOutcome], outcomes: Sequence[CallOutcome]) -> GridPoint:
    """Sum up all calls under one set of values."""
    waits = [one for outcome in outcomes for one in outcome.waits]
    times = [one.value for one in waits]
    usual = median(found) if (found := [one.value for outcome in before for one in outcome.waits]) else None
    change = wait_change(list(zip(before, outcomes, strict=True)))
    return GridPoint(
        values,
        len(waits),
        usual + change if usual is not None and change is not None else None,
        p95(times),
        sum(len(outcome.cut_off) for outcome in outcomes),
        sum(len(outcome.commits) for outcome in outcomes),
        sum(len(outcome.false_yields) for outcome in outcomes),
        sum(len(outcome.silences) for outcome in outcomes),
        sum(one.modelled for one in waits),
    )


def grid_table(grid: Mapping[str, Sequence[Any]], points: Sequence[GridPoint]) -> Table:
    """Return a row for each point."""
    # For 80 columns: the names of the figures have several lines, the figures one.
    made = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 1, 0, 0))
    made.add_column(", ".join(grid), width=max(len(one) for one in [*grid, *(point.name for point in points)]))
    cells = [grid_cells(point) for point in points]
    for at, name in enumerate(_TABLE_COLUMNS):
        widest = max(len(word) for word in [*name.split(), *(row[at] for row in cells)])
        made.add_column(name, justify="right", width=widest)
    for point in points:
        made.add_row(point.name, *grid_cells(point), style="dim" if not point.values else "")
    return made


def grid_cells(point: GridPoint) -> tuple[str, ...]:
    """Return the figures of a point as they are shown."""
    wait, high = ("" if value is None else f"{value:.0f}" for value in (point.wait_ms, point.p95_ms))
    counts = (point.barge_ins, point.false_yields, point.silences)
    rests = f"{point.modelled} of {point.answers}" if point.values else ""
    return (wait, high, str(point.cut_off), f"{point.cut_share:.1f}", *map(str, counts), rests)
