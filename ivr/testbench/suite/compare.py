"""Compare the calls of two folders: does a figure differ by more than it varies by chance? Pure but for reading.

The difference of a figure is that of its means, turn by turn of each scenario, and the mean of these over all turns.
The floor is what chance alone does: the calls of a scenario are dealt out to the two sides anew, as whole calls, 2000
times, and 99.5 % of the differences that come of it are smaller (a permutation test). Turns of one call are slow
together, so they stay together. With too few calls to say so, nothing is said.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import comb, prod
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ivr.call.timeline import OWNERS
from ivr.testbench.report.latency import COLUMNS
from ivr.testbench.report.result import FORMAT

DEALS: Final = 2000
"""How often the calls are dealt out."""
ERROR_SHARE: Final = 0.005
"""Share of the deals that may make a greater difference than the floor."""
LEAST_WAYS: Final = 800
"""Ways to deal the calls out that it takes to tell a difference from chance: one scenario played six times has 924."""
ONE_FRAME_MS: Final = 20.0
"""A frame: less is no difference to a caller."""
SEED: Final = 1
P95_LEAST: Final = 20
"""Values from which a 95th percentile is given."""
MOST_LATE_APART: Final = 0.1
"""Shares of calls from a busy machine may differ by so much between the two sides."""
ALIKE: Final = ("line", "language", "voice", "agent", "settings", "phrases")
"""What a bridge tells of itself that must be the same beside a baseline."""

Cell: TypeAlias = tuple[str, str]
"""A figure, and the turn that it is of; empty: of the call."""
Finding: TypeAlias = Literal["better", "worse", "shorter", "longer", "no difference", "too few calls"]
"""What the second folder is beside the first. A part of the wait is longer or shorter: the wait itself is judged."""
PARTS: Final = frozenset(COLUMNS.values())
"""Figures that are parts of the wait for an answer."""


FigureTable: TypeAlias = tuple[NDArray[np.float64], int]
"""The values of a figure in one scenario, a row a call and a column a turn; and how many rows are of the first side."""


class CompareError(ValueError):
    """Report a folder whose calls cannot be compared. The text names the place."""


@dataclass(frozen=True, slots=True)
class ComparedCall:
    """Hold the figures of one call."""

    scenario: str
    cells: Mapping[Cell, float]
    on_time: bool = True
    about: Mapping[str, str] | None = None
    """What the bridge told of itself and of the line; None: nothing."""


@dataclass(frozen=True, slots=True)
class FigureRow:
    """Hold one figure on both sides."""

    name: str
    unit: Literal["ms", ""]
    middle: tuple[float, float]
    """The median of all values; of counts, their mean."""
    p95: tuple[float | None, float | None]
    """The 95th percentile; None: of counts, and of fewer than 20 values, where it is but the worst by another name."""
    worst: tuple[float, float]
    difference: float
    """Of the second side to the first."""
    floor: float
    """A difference that is not greater may be chance."""
    verdict: Finding


@dataclass(frozen=True, slots=True)
class Comparison:
    """Hold what came of it."""

    rows: Sequence[FigureRow]
    notes: Sequence[str] = field(default_factory=tuple)
    """What limits the comparison, one line each."""

    @property
    def worse(self) -> bool:
        """Return whether the second side is worse in anything."""
        return any(row.verdict == "worse" for row in self.rows)


FIGURES: Final[Mapping[str, Literal["ms", ""]]] = {
    "answer": "ms", "first sound": "ms", "barge-in to silence": "ms", **{COLUMNS[owner]: "ms" for owner in OWNERS},
    "greeting": "ms", "longest silence": "ms", "underruns": "", "failed calls": "",
}  # fmt: skip
"""The figures in their order, and their units. Less is better in all of them."""


def read(folder: Path) -> list[ComparedCall]:
    """Return the calls of a folder. Raises CompareError."""
    files = sorted(folder.rglob("call.json"))
    if not files:
        raise CompareError(f"{folder}: no call.json in this folder (ivr test --out, ivr call --out)")
    return [_read(file, folder) for file in files]


def _read(file: Path, folder: Path) -> ComparedCall:
    """Read one call. Raises CompareError."""
    try:
        fields = json.loads(file.read_text("utf-8"))
        if fields["format"] != FORMAT:
            raise CompareError(f"{file}: format {fields['format']}, made by another version: only {FORMAT} is read")
        cells = dict(_cells(fields))
    except (OSError, ValueError, KeyError, TypeError) as error:
        if isinstance(error, CompareError):
            raise
        raise CompareError(f"{file}: cannot be read: {type(error).__name__}") from error
    # The folder of a suite has a folder for each time that a scenario was played.
    parts = file.parent.relative_to(folder).parts
    label = "/".join(parts[:-1] if parts and parts[-1].isdigit() else parts)
    about = fields.get("about")
    told = {str(name): str(value) for name, value in about.items()} if isinstance(about, dict) else None
    return ComparedCall(label or fields["scenario"] or "call", cells, fields["on_time"], told)


def _cells(fields: Mapping[str, Any]) -> Iterator[tuple[Cell, float]]:
    """Yield the figures of one call."""
    found: list[tuple[str, str, float | None]] = [
        ("greeting", "", fields["first_audio_ms"]),
        ("longest silence", "", None if fields["refused"] else fields["silence_ms"]),
        ("underruns", "", float(len(fields["underruns_ms"]))),
        ("failed calls", "", float(bool(fields["unmet"]))),
    ]
    for number, turn in enumerate(fields["turns"]):
        # Figures of different words are never compared.
        place = f"{number} {turn['said']}"
        if number:
            found += [
                ("answer", place, turn["answer_ms"]),
                # Where the answer is known, its first sound tells nothing more: an apology is quick.
                ("first sound", place, None if fields["untold"] is None else turn["sound_ms"]),
                ("barge-in to silence", place, turn["barge_in_stop_ms"]),
            ]
            found += [(COLUMNS[owner], place, (turn["spent_ms"] or {}).get(owner)) for owner in OWNERS]
    yield from (((name, place), value) for name, place, value in found if value is not None)


def compare(first: Sequence[ComparedCall], second: Sequence[ComparedCall]) -> Comparison:
    """Compare two sets of calls."""
    sides = (_by_scenario(first), _by_scenario(second))
    both = [label for label in sides[0] if label in sides[1]]
    pools = [(sides[0][label], sides[1][label]) for label in both]
    notes = [f"only in {'AB'[side]}: {label}" for side in (0, 1) for label in sides[side] if label not in both]
    late = [sum(not call.on_time for call in calls) for calls in (first, second)]
    if any(late):
        notes.append(f"made on a machine that was too busy for exact figures: {late[0]} calls of A, {late[1]} of B")
    rows = [row for name, unit in FIGURES.items() if (row := _row(name, unit, pools)) is not None]
    if any(row.verdict == "too few calls" for row in rows):
        notes.append("too few calls to tell a difference from chance: play each scenario more often (--repeat 6)")
    return Comparison(rows, notes)


Pools: TypeAlias = Sequence[tuple[Sequence[ComparedCall], Sequence[ComparedCall]]]
"""The calls of each scenario, on both sides."""


def _by_scenario(calls: Sequence[ComparedCall]) -> dict[str, list[ComparedCall]]:
    """Sort calls by their scenario."""
    found: dict[str, list[ComparedCall]] = {}
    for call in calls:
        found.setdefault(call.scenario, []).append(call)
    return found


def _row(name: str, unit: Literal["ms", ""], pools: Pools) -> FigureRow | None:
    """Compare one figure. None: the sides have no turn with it in common."""
    tables = [table for one, other in pools if (table := _table(one, other, name)) is not None]
    if not tables:
        return None
    in_order = [np.arange(len(values))[np.newaxis] for values, _ in tables]
    difference = float(_differences(tables, in_order)[0])
    chance = np.random.default_rng(SEED)
    dealt = [chance.permuted(np.tile(order, (DEALS, 1)), axis=1) for order in in_order]
    floor = float(np.sort(np.abs(_differences(tables, dealt)))[-1 - int(DEALS * ERROR_SHARE)])
    verdict: Finding = "no difference"
    if prod(comb(len(values), first) for values, first in tables) < LEAST_WAYS:
        verdict = "too few calls"
    elif abs(difference) > max(floor, ONE_FRAME_MS if unit else 0.0):
        ways: tuple[Finding, Finding] = ("longer", "shorter") if name in PARTS else ("worse", "better")
        verdict = ways[difference < 0]
    sides = [
        np.concatenate([part.ravel() for part in parts])
        for parts in zip(*((values[:first], values[first:]) for values, first in tables), strict=True)
    ]
    middle = np.nanmedian if unit else np.nanmean
    return FigureRow(
        name,
        unit,
        (float(middle(sides[0])), float(middle(sides[1]))),
        (_p95(sides[0]), _p95(sides[1])) if unit else (None, None),
        (float(np.nanmax(sides[0])), float(np.nanmax(sides[1]))),
        difference,
        floor,
        verdict,
    )


def _p95(values: NDArray[np.float64]) -> float | None:
    """Return the 95th percentile of the values there are. None: they are too few."""
    known = values[~np.isnan(values)]
    return float(np.percentile(known, 95)) if len(known) >= P95_LEAST else None


def refusals(first: Sequence[ComparedCall], second: Sequence[ComparedCall], *, baseline: bool = False) -> Iterator[str]:
    """Yield why two sets of calls are not comparable, one line each.

    `baseline`: the second is to be the first again, with other code: settings, agent, voice and words may not differ.
    """
    late = [sum(not call.on_time for call in calls) for calls in (first, second)]
    shares = [count / max(1, len(calls)) for count, calls in zip(late, (first, second), strict=True)]
    # A machine that was busy in one of the two runs alone is what they would differ by.
    if abs(shares[0] - shares[1]) > MOST_LATE_APART:
        yield (
            f"{late[0]} of {len(first)} calls of A and {late[1]} of {len(second)} of B were made on a machine that was"
            " too busy for exact figures"
        )
    if not baseline:
        return
    sides = [{name: _told(calls, name) for name in ALIKE} for calls in (first, second)]
    for name in ALIKE:
        if sides[0][name] != sides[1][name]:
            was, is_now = (" or ".join(sorted(side[name])) for side in sides)
            yield f"{name}: {was} in A, {is_now} in B"


def _told(calls: Sequence[ComparedCall], name: str) -> set[str]:
    """Return what the bridges of some calls told of themselves under a name."""
    return {(call.about or {}).get(name, "not told" if call.about is None else "as usual") for call in calls}


def _table(one: Sequence[ComparedCall], other: Sequence[ComparedCall], name: str) -> FigureTable | None:
    """Return the values of one figure, of the turns that both sides have. None: there is no such turn.

    What a call does not have is NaN.
    """
    turns = [
        cell
        for cell in dict.fromkeys(cell for call in one for cell in call.cells)
        if cell[0] == name and any(cell in call.cells for call in other)
    ]
    rows = [[[call.cells.get(turn, np.nan) for turn in turns] for call in side] for side in (one, other)]
    # A call without the figure is not dealt out.
    having = [[row for row in side if not np.all(np.isnan(row))] for side in rows] if turns else [[], []]
    return (np.array([*having[0], *having[1]]), len(having[0])) if turns else None


def _differences(tables: Sequence[FigureTable], orders: Sequence[NDArray[np.int_]]) -> NDArray[np.float64]:
    """Return the mean difference of the second side to the first, over all turns, one for each deal.

    `orders`: for each table, the order of its calls in each deal.
    """
    found = []
    for (values, first), order in zip(tables, orders, strict=True):
        dealt = values[order]
        known = ~np.isnan(dealt)
        counts = [known[:, :first].sum(axis=1), known[:, first:].sum(axis=1)]
        sums = [np.nan_to_num(side).sum(axis=1) for side in (dealt[:, :first], dealt[:, first:])]
        means = [total / np.maximum(count, 1) for total, count in zip(sums, counts, strict=True)]
        # A turn that one side never had in this deal says nothing.
        found.append(np.where((counts[0] > 0) & (counts[1] > 0), means[1] - means[0], 0.0))
    mean: NDArray[np.float64] = np.concatenate(found, axis=1).mean(axis=1)
    return mean
