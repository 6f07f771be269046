"""Sum up many calls: the figures before and after, and how many of them rest on modelled answers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from math import ceil
from statistics import fmean, median
from typing import Any, Final

from ivr.replay.what_if.outcome import SAME_VOICE_APART_S, CallOutcome, Happened, sentence_changes, unmatched
from ivr.replay.what_if.tape_result import TapeResult

_EXTREMES: Final = 10
"""One of so many changes, at each end, is an extreme."""
LEAST_FOR_P95: Final = 20
"""Waits below which no 95th percentile is given."""


@dataclass(frozen=True, slots=True)
class FigureChange:
    """Hold one figure before and after."""

    name: str
    before: float | None
    """None: there are too few samples."""
    after: float | None
    modelled: int = 0
    """How many of those after rest on modelled answers."""
    of: int = 0


def figure_changes(calls: Iterable[tuple[CallOutcome, CallOutcome]]) -> list[FigureChange]:
    """Return the figures of calls, each as it was and as it would have been."""
    pairs = list(calls)
    waits_then = [one.value for before, _ in pairs for one in before.waits]
    waits = [one for _, after in pairs for one in after.waits]
    waits_now = [one.value for one in waits]
    modelled = sum(one.modelled for one in waits)
    made = [
        FigureChange("first audio, median ms", _median(waits_then), _median(waits_now), modelled, len(waits)),
        FigureChange("first audio, p95 ms", p95(waits_then), p95(waits_now), modelled, len(waits)),
        FigureChange("- change in the same turns, ms", None, wait_change(pairs), modelled, len(waits)),
        FigureChange("answers", len(waits_then), len(waits), modelled, len(waits)),
        _counted("callers cut off", [(before.cut_off, after.cut_off) for before, after in pairs]),
        _counted("barge-ins", [(before.commits, after.commits) for before, after in pairs]),
    ]
    gained = [one for before, after in pairs for one in unmatched(after.commits, before.commits)]
    lost = [one for before, after in pairs for one in unmatched(before.commits, after.commits)]
    made += [
        FigureChange("- gained", None, len(gained), sum(one.modelled for one in gained), len(gained)),
        FigureChange("- lost", None, len(lost), 0, len(lost)),
        _counted("false yields", [(before.false_yields, after.false_yields) for before, after in pairs]),
        _counted("silences over 2 s", [(before.silences, after.silences) for before, after in pairs]),
    ]
    changes = [sentence_changes(before, after) for before, after in pairs]
    new = sum(one.changed + one.added for one in changes)
    rests = sum(one.modelled for one in changes)
    ends = [(before.end != after.end, after.parted_s is not None) for before, after in pairs]
    made += [
        FigureChange("sentences changed", None, sum(one.changed for one in changes), rests, new),
        FigureChange("sentences added", None, sum(one.added for one in changes), rests, new),
        FigureChange("sentences lost", None, sum(one.lost for one in changes)),
        FigureChange(
            "ends that differ",
            None,
            sum(differs for differs, _ in ends),
            sum(differs and parted for differs, parted in ends),
            sum(differs for differs, _ in ends),
        ),
    ]
    return made


def wait_change(pairs: Sequence[tuple[CallOutcome, CallOutcome]]) -> float | None:
    """Return by how much the caller waited longer in the turns that both have, in ms: the mean without the extremes.

    A median of all waits jumps between fast and slow turns; the same turn compared with itself does not.
    """
    changes: list[float] = []
    for before, after in pairs:
        left = list(before.waits)
        for now in after.waits:
            then = min(left, key=lambda one: abs(one.at - now.at), default=None)
            if then is not None and abs(then.at - now.at) <= SAME_VOICE_APART_S:
                left.remove(then)
                changes.append(now.value - then.value)
    cut = len(changes) // _EXTREMES
    middle = sorted(changes)[cut : len(changes) - cut]
    return fmean(middle) if middle else None


def p95(values: Sequence[float]) -> float | None:
    """Return the value that 95 of 100 do not exceed. None: there are too few for that."""
    if len(values) < LEAST_FOR_P95:
        return None
    return sorted(values)[ceil(0.95 * len(values)) - 1]


def as_plain(result: TapeResult) -> dict[str, Any]:
    """Return what a machine may want to know of one call."""
    return {
        "tape": result.name,
        "seconds": round(result.seconds, 3),
        "error": result.error,
        "notes": result.notes,
        "before": _plain(result.before),
        "after": [
            {**_plain(after), "figures": [asdict(one) for one in figure_changes([(result.before, after)])]}
            for after in result.after
        ],
        "without_effect": result.without_effect,
    }


def _plain(outcome: CallOutcome) -> dict[str, Any]:
    made = asdict(outcome)
    # What was said stays on the tape.
    del made["sentences"]
    return {**made, "sentences": len(outcome.sentences)}


def _median(values: Sequence[float]) -> float | None:
    return median(values) if values else None


def _counted(name: str, pairs: Sequence[tuple[Sequence[Happened], Sequence[Happened]]]) -> FigureChange:
    after = [one for _, now in pairs for one in now]
    before = sum(len(then) for then, _ in pairs)
    return FigureChange(name, before, len(after), sum(one.modelled for one in after), len(after))
