"""Score the caller's audio on a tape again with today's VAD model, and say how the scores differ.

The scores are data of the events, so that a tape needs no model. Whether another model would have decided otherwise is
seen by comparing the tape with today's scores.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from ivr.call import events
from ivr.media import g711
from ivr.media.vad.scorer import SpeechScorer
from ivr.replay.exact import has_sounds
from ivr.replay.tape import Moment, Tape, TapeError
from ivr.replay.terminal_text import clock

SCORE_STEPS: Final = 10_000
"""Scores are whole ten-thousandths, as those of a live call."""
HALF: Final = 0.5
"""Score that a frame of speech has at least, roughly: the call decides by more than that."""


@dataclass(frozen=True, slots=True)
class RescoredTape:
    """Hold a tape with today's scores."""

    tape: Tape
    frames: int
    """Frames of the caller's audio."""
    other: int
    """Frames whose score is another one."""
    crossed: int
    """Frames that are speech by one score and none by the other."""
    worst: float
    """The greatest difference of two scores."""
    worst_at: float
    """When, in seconds of the call."""


def rescore(tape: Tape, scorer: SpeechScorer) -> RescoredTape:
    """Score a call again. Raises TapeError where the caller's audio is not on the tape."""
    if not tape.header.audible or has_sounds(tape):
        raise TapeError("the caller's audio is not on this tape: it cannot be scored again")
    moments: list[Moment] = []
    frames = other = crossed = 0
    worst = worst_at = 0.0
    for moment in tape.moments:
        event = moment.event
        if not isinstance(event, events.AudioIn):
            moments.append(moment)
            continue
        # A chunk of a score is 20 ms at most; a longer one is as much speech as its last part.
        speech = 0.0
        for at in range(0, len(event.payload), g711.FRAME):
            speech = scorer.score(g711.decode(event.payload[at : at + g711.FRAME]))
        speech = round(speech * SCORE_STEPS) / SCORE_STEPS
        frames += 1
        other += speech != event.speech
        crossed += (speech >= HALF) != (event.speech >= HALF)
        if abs(speech - event.speech) > worst:
            worst, worst_at = abs(speech - event.speech), moment.now - tape.began_at
        moments.append(replace(moment, event=replace(event, speech=speech)))
    return RescoredTape(replace(tape, moments=moments), frames, other, crossed, worst, worst_at)


def score_lines(found: RescoredTape, model: str) -> Iterator[str]:
    """Yield how the scores differ. `model`: what scores today."""
    then = found.tape.header.model or "unknown"
    yield f"model: {model}" if then == model else f"model then: {then}, today: {model}"
    if not found.other:
        yield f"scores: the same for {found.frames} frames"
        return
    by = f"by {found.worst:.4f} at most, at {clock(found.worst_at)}"
    yield f"scores: {found.other} of {found.frames} frames differ, {by}; {found.crossed} of them across {HALF}"
