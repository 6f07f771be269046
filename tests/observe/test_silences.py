"""How long a caller who waited heard nothing."""

from __future__ import annotations

import pytest

from ivr.call.timeline import Overlap, Sentence, Turn
from ivr.observe.silences import dead_air, silences

NOW = 30.0


def said(at: float | None, ms: int, heard_ms: int = 0) -> Sentence:
    return Sentence(1, "a", "a", ready_at=0.0, sent_at=at, audio_ms=ms, heard_ms=heard_ms)


def turn(*sentences: Sentence, fillers: tuple[Sentence, ...] = (), ended_at: float | None = 20.0) -> Turn:
    made = Turn(1, "speech", speech_ended_at=1.0, ended_at=ended_at, sentences=[*sentences], fillers=[*fillers])
    made.first_sent_at = min((one.sent_at for one in sentences if one.sent_at is not None), default=None)
    return made


def overlap(onset: float, verdict_at: float | None, resumed_at: float | None = None) -> Overlap:
    return Overlap(onset, onset + 0.1, onset + 0.1, verdict_at=verdict_at, resumed_at=resumed_at)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        (turn(said(2.0, 1000)), [1.0]),
        (turn(said(2.0, 1000), said(2.5, 1000)), [1.0]),
        (turn(said(2.0, 1000), said(7.0, 1000)), [1.0, 4.0]),
        (turn(said(2.0, 5000, heard_ms=1000), said(4.0, 1000)), [1.0, 1.0]),
        (turn(said(6.0, 1000), fillers=(said(3.0, 1000),)), [2.0, 2.0]),
        (turn(said(2.0, 1000), said(None, 0)), [1.0]),
        (turn(), [19.0]),
        (turn(ended_at=None), [29.0]),
        (turn(fillers=(said(3.0, 1000),)), [2.0, 16.0]),
        (turn(fillers=(said(3.0, 90_000),)), [2.0, 0.0]),
        (Turn(1, "dtmf", asked_at=4.0, ended_at=5.0), [1.0]),
        (Turn(0, "phrase", asked_at=4.0, ended_at=9.0), []),
        (Turn(1, "speech"), []),
    ],
)
def test_a_silence_is_what_nothing_filled(asked: Turn, found: list[float]) -> None:
    assert silences(asked, NOW) == pytest.approx(found)


@pytest.mark.parametrize(
    ("asked", "overlaps", "found"),
    [
        # Held for two seconds: the rest of the sentence, and what follows it, come that much later.
        (turn(said(2.0, 3000), said(7.0, 1000)), [overlap(3.0, 5.1, 5.1)], [1.0]),
        # The caller spoke into the silence, and waits from then on.
        (turn(said(9.0, 1000)), [overlap(3.0, 4.0)], [2.0, 5.0]),
        # ... and still speaks at the end of the call.
        (turn(ended_at=None), [overlap(3.0, None)], [2.0, 0.0]),
    ],
)
def test_the_caller_s_own_voice_is_no_silence(asked: Turn, overlaps: list[Overlap], found: list[float]) -> None:
    asked.overlaps = overlaps
    assert silences(asked, NOW) == pytest.approx(found)


def test_dead_air_is_what_is_longer_than_two_seconds() -> None:
    assert dead_air([0.5, 2.0, 2.5, 4.0]) == 6.5
    assert dead_air([]) == 0
