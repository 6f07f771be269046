"""Show what would have changed, on a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from rich.table import Table
from rich.text import Text

from ivr.replay.what_if.outcome import CallOutcome, sentence_changes
from ivr.replay.what_if.summing import FigureChange
from ivr.replay.what_if.tape_result import TapeResult

_CALLS_SHOWN = 20
_WORSE_WHEN_MORE = frozenset({"callers cut off", "false yields", "silences over 2 s"})


def change_table(figures: Sequence[FigureChange]) -> Table:
    """Return a row for each figure: before, after, and what of it is modelled."""
    made = Table(box=None, pad_edge=False, header_style="bold")
    made.add_column("")
    for name in ("before", "after", "change", "modelled"):
        made.add_column(name, justify="right")
    for one in figures:
        change, style = "", ""
        if one.before is not None and one.after is not None and round(one.after - one.before):
            change = f"{one.after - one.before:+.0f}"
            if one.name in _WORSE_WHEN_MORE:
                style = "bold red" if one.after > one.before else "green"
        modelled = f"{one.modelled} of {one.of}" if one.of else ""
        if one.name.endswith("turns, ms") and one.after is not None:
            # Less than half a millisecond is no change, in whichever direction.
            made.add_row(one.name, "", "", f"{one.after:+.0f}" if round(one.after) else "0", "")
            continue
        made.add_row(one.name, _figure(one.before), _figure(one.after), Text(change, style), Text(modelled, "dim"))
    return made


def call_lines(results: Sequence[TapeResult], variant: int = 0) -> Iterator[str]:
    """Yield a line for each call in which something would have been otherwise, the most first."""
    told = [
        (len(parts), result.name, ", ".join(parts))
        for result in results
        if not result.error and (parts := list(call_differences(result.before, result.after[variant])))
    ]
    told.sort(key=lambda one: (-one[0], one[1]))
    for _, name, line in told[:_CALLS_SHOWN]:
        yield f"{name}: {line}"
    if len(told) > _CALLS_SHOWN:
        yield f"... and {len(told) - _CALLS_SHOWN} calls more: --json has all"


def remarks(results: Sequence[TapeResult], variant: int = 0) -> Iterator[str]:
    """Yield what a developer should know before believing the figures."""
    good = [one for one in results if not one.error]
    for (name, reason), count in Counter(
        (name, reason) for one in good for name, reason in one.without_effect[variant].items()
    ).items():
        where = "" if len(good) == 1 else f" ({count} of {len(good)} calls)"
        yield f"{name} cannot matter: {reason}{where}"
    for note, count in Counter(note for one in good for note in one.notes).items():
        yield f"note: {note}" + (f" ({count} calls)" if count > 1 else "")
    for why, count in Counter(why for one in good for why in one.after[variant].modelled).items():
        yield f"modelled: {why}" + (f" ({count} of {len(good)} calls)" if len(good) > 1 else "")
    for one in results:
        if one.error:
            yield f"left out: {one.error}"


def call_differences(before: CallOutcome, after: CallOutcome) -> Iterator[str]:
    """Yield what would have been otherwise in one call."""
    for name, then, now in (
        ("cut off", before.cut_off, after.cut_off),
        ("barge-ins", before.commits, after.commits),
        ("false yields", before.false_yields, after.false_yields),
        ("silences", before.silences, after.silences),
    ):
        if len(then) != len(now):
            yield f"{name} {len(then)} -> {len(now)}"
    changes = sentence_changes(before, after)
    for word, count in (("changed", changes.changed), ("added", changes.added), ("lost", changes.lost)):
        if count:
            yield f"{count} sentence{'s' if count > 1 else ''} {word}"
    if before.end != after.end:
        yield f"ends with {after.end or 'nothing, it goes on'} instead of {before.end or 'nothing'}"


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:.0f}"
