"""Measure how long a caller who waited for an answer heard nothing.

A filler breaks a silence, and so does the caller who speaks. What the caller heard of a sentence follows the audio
that was sent before it, as at the phone.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ivr.call.timeline import Sentence, Turn

DEAD_AIR_S: Final = 2.0
"""Seconds of a silence from which it counts as dead air."""


def silences(turn: Turn, until: float) -> list[float]:
    """Return the silences of a question in seconds, from the caller's last word to the answer's last.

    `until`: seconds of `now` to which a question waits that was not answered and not closed. Empty for a phrase.
    """
    began = turn.asked_at if turn.speech_ended_at is None else turn.speech_ended_at
    if turn.kind == "phrase" or began is None:
        return []
    found: list[float] = []
    heard_to = began
    for start, end in sorted(_sounds(turn, until)):
        if start > heard_to:
            found.append(start - heard_to)
        heard_to = max(heard_to, end)
    if turn.first_sent_at is None:
        end = until if turn.ended_at is None else turn.ended_at
        found.append(max(0.0, end - heard_to))
    return found


def dead_air(found: list[float]) -> float:
    """Return how many seconds of these silences are dead air."""
    return sum(seconds for seconds in found if seconds > DEAD_AIR_S)


def _sounds(turn: Turn, until: float) -> Iterator[tuple[float, float]]:
    """Yield from when to when something sounded: the agent, a filler, or the caller's own voice."""
    played_to = 0.0
    said = [one for one in (*turn.fillers, *turn.sentences) if one.sent_at is not None]
    for sentence in sorted(said, key=_sent_at):
        start = max(played_to, _sent_at(sentence))
        played_to = start + (sentence.heard_ms or sentence.audio_ms) / 1000
        # What was held while the caller spoke is heard that much later.
        for overlap in turn.overlaps:
            if overlap.resumed_at is not None and start <= overlap.yield_at < played_to:
                played_to += overlap.resumed_at - overlap.yield_at
        yield start, played_to
    for overlap in turn.overlaps:
        yield overlap.onset_at, until if overlap.verdict_at is None else overlap.verdict_at


def _sent_at(sentence: Sentence) -> float:
    """Return when its first audio left."""
    return sentence.sent_at or 0.0
