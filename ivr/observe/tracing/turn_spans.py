"""Make spans of what the timeline of a turn says: when it was, whose time it was, and what went wrong.

A span has no word that was said, no digit and no number of a person.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from ivr.call.timeline import Overlap, Sentence, Turn, first_spoken

AttributeValue: TypeAlias = str | int | float | bool
MOST_SENTENCES: Final = 30
"""Sentences of a turn that have spans."""


@dataclass(frozen=True, slots=True)
class SpanEvent:
    """Hold something that happened at an instant of a span."""

    name: str
    at: float
    """Driver's seconds."""
    attributes: Mapping[str, AttributeValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PlainSpan:
    """Hold a span that is over, with those below it."""

    name: str
    start: float
    """Driver's seconds."""
    end: float
    attributes: Mapping[str, AttributeValue] = field(default_factory=dict)
    events: tuple[SpanEvent, ...] = ()
    below: tuple[PlainSpan, ...] = ()
    id: int = 0
    """0: any."""
    failure: str = ""
    """A fixed word; empty: all went well."""


def turn_span(turn: Turn, until: float, agent_id: int, notes: Iterable[SpanEvent] = ()) -> PlainSpan | None:
    """Return the span of a turn. None: nothing happened in it.

    `until`: seconds of `now` at which a turn ends that was not closed. `agent_id`: of the span in which the agent
    answers. `notes`: what was noted meanwhile.
    """
    end = until if turn.ended_at is None else turn.ended_at
    below = tuple(sorted(_below(turn, end, agent_id), key=lambda one: (one.start, one.end)))
    events = (*notes, *(_barge_in(one) for one in turn.overlaps))
    if not below:
        return None
    start = min(one.start for one in below)
    return PlainSpan(
        "turn",
        start,
        max(end, start),
        {f"ivr.{name}": value for name, value in turn.summary().items()},
        tuple(sorted(events, key=lambda one: one.at)),
        below,
        failure=turn.failure,
    )


def _below(turn: Turn, end: float, agent_id: int) -> Iterator[PlainSpan]:
    """Yield the spans of the parties."""
    steps = (
        ("caller", turn.speech_started_at, turn.speech_ended_at),
        ("endpoint", turn.speech_ended_at, turn.endpoint_at),
        ("stt", turn.endpoint_at, turn.transcript_at),
    )
    for name, start, stop in steps:
        if start is not None and stop is not None:
            yield PlainSpan(name, start, max(start, stop))
    if turn.asked_at is not None:
        over = end if turn.reply_ended_at is None else turn.reply_ended_at
        words = () if turn.first_delta_at is None else (SpanEvent("first words", turn.first_delta_at),)
        agent = turn.failure if turn.failure != "tts" else ""
        yield PlainSpan("agent", turn.asked_at, max(turn.asked_at, over), events=words, id=agent_id, failure=agent)
    for sentence in turn.sentences[:MOST_SENTENCES]:
        # Words that were rendered beforehand are asked of no service.
        if sentence.fixed and sentence.audio_at == sentence.asked_at:
            continue
        if sentence.asked_at is not None and (sentence.audio_at is not None or sentence.failed):
            heard = end if sentence.audio_at is None else sentence.audio_at
            about = {"ivr.sentence": sentence.number, "ivr.audio_ms": sentence.audio_ms}
            yield PlainSpan("tts", sentence.asked_at, max(sentence.asked_at, heard), about, failure=sentence.failed)
    for filler in turn.fillers:
        if filler.sent_at is not None:
            yield PlainSpan("filler", filler.sent_at, filler.sent_at + filler.audio_ms / 1000)
    if (first := first_spoken(turn)) is not None and first.sent_at is not None:
        about = {"ivr.heard_ms": _sum(turn.sentences, "heard_ms"), "ivr.audio_ms": _sum(turn.sentences, "audio_ms")}
        yield PlainSpan("playout", first.sent_at, max(first.sent_at, end), about)


def _sum(sentences: Iterable[Sentence], name: str) -> int:
    """Return the sum of a field."""
    return sum(getattr(one, name) for one in sentences)


def _barge_in(overlap: Overlap) -> SpanEvent:
    """Return the event of a caller who spoke over the agent."""
    return SpanEvent("barge_in", overlap.onset_at, {"ivr.verdict": overlap.verdict, "ivr.rule": overlap.rule})
