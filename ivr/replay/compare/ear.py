"""Follow a stream of commands to the caller's ear: when the agent was audible, and when it was silent.

The phone plays what it is sent without a pause, one piece behind the other, and throws away what it has at a clear. The
way to the phone is not counted, so that two histories of one call are measured alike. Times are seconds of `now`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from ivr.media import g711
from ivr.replay.compare.words import audio_bytes
from ivr.replay.tape import CommandRecord

PAUSE_S: Final = 0.3
"""Silence up to here is a pause inside the agent's speech, in seconds."""


class Audible(NamedTuple):
    """Hold a span in which the agent was audible."""

    start: float
    end: float


class Decided(NamedTuple):
    """Hold what was decided at one time."""

    now: float
    records: Sequence[CommandRecord]


def audible(stream: Iterable[Decided]) -> list[Audible]:
    """Return when the agent was audible, pauses closed."""
    spans: list[Audible] = []
    for now, records in stream:
        for record in records:
            if record[0] == "SendClear":
                while spans and spans[-1].start >= now:
                    spans.pop()
                if spans and spans[-1].end > now:
                    spans[-1] = Audible(spans[-1].start, now)
            elif size := audio_bytes(record):
                start = max(now, spans[-1].end if spans else now)
                if spans and start - spans[-1].end <= PAUSE_S:
                    spans[-1] = Audible(spans[-1].start, start + size / g711.RATE)
                else:
                    spans.append(Audible(start, start + size / g711.RATE))
    return spans


def silent_at(spans: Sequence[Audible], at: float) -> float | None:
    """Return when the agent that was audible right before a time falls silent; None: it was silent."""
    return next((span.end for span in spans if span.start < at <= span.end), None)


def begins_after(spans: Sequence[Audible], at: float) -> float | None:
    """Return when the agent begins to speak, at this time or later; None: it does not."""
    return next((span.start for span in spans if span.start >= at), None)
