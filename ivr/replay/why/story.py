"""Tell why something happened, as lines for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from ivr.replay.tape import Tape
from ivr.replay.terminal_text import clock, span
from ivr.replay.why.causes import causes
from ivr.replay.why.effects import Effect, effect_called, effects
from ivr.replay.why.experiment import Experiment, experiment
from ivr.replay.why.trace import CallTrace, trace

NOTICED_S: Final = 0.005
"""Seconds from which on an effect comes sooner or later."""


def why(tape: Tape, asked: str) -> Iterator[str]:
    """Yield why an effect happened; `list`: which effects there are. Raises UnknownEffect before the first line."""
    traced = trace(tape)
    known = effects(traced.moments, tape.began_at)
    if asked == "list":
        listed = (f"{clock(one.now - tape.began_at)}  {one.name:<32} {one.what}" for one in known)
        return iter([*_notes(traced), *listed])
    effect = effect_called(asked, known, tape.began_at)
    return story_of(tape, traced, effect)


def story_of(tape: Tape, traced: CallTrace, effect: Effect) -> Iterator[str]:
    yield from _notes(traced)
    yield f"{effect.name}, at {clock(effect.now - tape.began_at)}: {effect.what}"
    yield ""
    yield "what led to it, back to its beginning"
    for place, cause in enumerate(causes(traced.moments, effect.index, tape.began_at)):
        yield f"  {'because' if place else 'at':<8}{clock(cause.moment.now - tape.began_at)}  {cause.event}"
        for line in cause.decided:
            yield f"{'':<21}- {line}"
    yield ""
    yield from experiment_lines(experiment(tape, effect))


def experiment_lines(found: Experiment) -> Iterator[str]:
    """Yield what happens without each input, and which inputs are enough."""
    if not found.results:
        yield "there is no input before it that could be left out"
        return
    yield "without"
    for one in found.results:
        yield f"  {_outcome(one.shift_s):<22}{one.input.what}"
    yield ""
    if found.enough:
        yield "these inputs alone lead to it" + ("" if found.finished else " (perhaps fewer: the tries were used up)")
        for kept in found.enough:
            yield f"  {kept.what}"
    else:
        yield "it happens without any of them: time alone leads to it, or what came before"


def _outcome(shift_s: float | None) -> str:
    if shift_s is None:
        return "it does not happen:"
    if abs(shift_s) < NOTICED_S:
        return "it happens as well:"
    return f"{span(abs(shift_s))} {'later' if shift_s > 0 else 'sooner'}:"


def _notes(traced: CallTrace) -> Sequence[str]:
    notes = []
    if traced.failure:
        notes.append(f"note: today's code fails in this call: {traced.failure}")
    elif not traced.same:
        notes.append("note: today's code decides otherwise than the tape says; this is about today's code")
    return notes
