"""The parts of a wait lie end to end, from the caller's last sound to the first of the answer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.call.timeline import Sentence, Turn
from ivr.replay.report.waits import AnswerAtEar, turn_wait


def _turn(*, filler: float = 0.0) -> Turn:
    turn = Turn(1, "speech", "hello", speech_started_at=9.0, speech_ended_at=10.0, endpoint_at=10.5)
    turn.transcript_at, turn.asked_at, turn.first_delta_at = 11.0, 11.0, 11.4
    turn.sentences = [
        Sentence(1, "Yes.", "Yes.", 11.5, asked_at=11.5, audio_at=12.0, sent_at=12.0 + filler, after_filler_s=filler)
    ]
    return turn


def test_every_part_has_its_owner() -> None:
    wait = turn_wait(_turn(), "voice", 9.9, AnswerAtEar(12.1, 12.25))
    assert [(part.owner, round(part.ms)) for part in wait.parts] == [
        ("voice", 100),
        ("endpoint", 500),
        ("stt", 500),
        ("agent", 400),
        ("agent", 100),
        ("tts", 500),
        ("lead", 100),
        ("tts", 150),
    ]
    assert wait.ms == pytest.approx(2350)
    assert {owner: round(took) for owner, took in wait.spent().items()} == {
        "voice": 100, "endpoint": 500, "stt": 500, "agent": 500, "tts": 650, "lead": 100,
    }  # fmt: skip
    assert (wait.first_sound, wait.measured) == (12.25, True)


def test_a_filler_is_a_part_of_its_own() -> None:
    wait = turn_wait(_turn(filler=0.8), "voice", 10.0, AnswerAtEar(12.8, 12.8), first_sound=11.9)
    assert ("filler", 800) in [(part.owner, round(part.ms)) for part in wait.parts]
    assert wait.first_sound == 11.9


def test_a_wait_for_keys_begins_with_the_last_key() -> None:
    turn = _turn()
    turn.kind, turn.speech_ended_at = "dtmf", None
    wait = turn_wait(turn, "key", 9.0, AnswerAtEar(12.0, 12.0))
    assert (wait.parts[0].name, round(wait.parts[0].ms)) == ("waiting for more keys", 2000)
    assert sum(part.ms for part in wait.parts) == pytest.approx(3000)


def test_a_voice_that_ends_behind_the_detector_shortens_the_silence() -> None:
    wait = turn_wait(_turn(), "voice", 10.2, AnswerAtEar(12.0, 12.0))
    assert (wait.parts[0].owner, round(wait.parts[0].ms)) == ("endpoint", 300)


def test_what_is_known_without_sound_is_not_called_measured() -> None:
    assert not turn_wait(_turn(), "detector", 10.0, AnswerAtEar(12.0, 12.0)).measured
    assert not turn_wait(_turn(), "voice", 10.0, AnswerAtEar(12.0, 12.0, measured=False)).measured


@given(st.floats(8.0, 12.0), st.floats(0.0, 3.0), st.floats(0.0, 1.0), st.sampled_from(["voice", "key", "call"]))
def test_the_parts_always_add_up(start: float, played: float, silence: float, begins: str) -> None:
    answer = AnswerAtEar(start + played, start + played + silence)
    wait = turn_wait(_turn(), begins, start, answer)  # type: ignore[arg-type]
    edges = [wait.start, *(part.end for part in wait.parts)]
    assert [part.start for part in wait.parts] == edges[:-1]
    assert sum(part.ms for part in wait.parts) == pytest.approx(wait.ms, abs=0.11)
    assert all(part.ms > 0 for part in wait.parts)
