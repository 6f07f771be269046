"""Callers who pause on real sockets: what they say, and how it is judged. The calls themselves take minutes."""

from __future__ import annotations

import pytest

from ivr.media import g711
from ivr.media.resample import resample
from ivr.testbench import tts
from ivr.testbench.hamsa import audio
from tools.tapes.speech import MarkerRecogniser, markers_of, parts_of
from tools.turns.live import CALLS, YES_NO, LiveResult, TrimmedVoice, texts

needs_voice = pytest.mark.skipif(not tts.available(), reason="no espeak-ng")


def test_each_part_of_all_texts_has_a_marker() -> None:
    assert len(markers_of(texts())) <= audio.MARKERS
    assert {len(answers) for answers in YES_NO.values()} == {10}


@needs_voice
def test_all_parts_of_paused_calls_are_heard() -> None:
    markers = markers_of(texts())
    voice, hear = TrimmedVoice(markers), MarkerRecogniser(markers)
    for call in CALLS:
        said = resample(g711.decode(voice(call.says)), g711.RATE, 16_000)
        assert hear(said) == " ".join(parts_of(call.says))


@needs_voice
def test_short_answers_are_heard() -> None:
    markers = markers_of(texts())
    voice, hear = TrimmedVoice(markers), MarkerRecogniser(markers)
    for text in [text for some in YES_NO.values() for text in some]:
        quiet = bytes([g711.SILENCE]) * 2000
        assert text in hear(resample(g711.decode(quiet + voice(text) + quiet), g711.RATE, 16_000))


def test_one_whole_question_is_good() -> None:
    call = CALLS[0]
    whole = " ".join(parts_of(call.says))
    assert LiveResult(call, True, [whole]).is_good
    assert LiveResult(call, True, ["five five two four", whole], superseded=1).is_good
    assert not LiveResult(call, True, [whole], spoke=True).is_good
    assert not LiveResult(call, True, ["five five two four", "oh one four"]).is_good
    assert LiveResult(call, True, [whole], wait_ms=312.4).line() == (
        "| en 13 digits in groups | told | 1 | 0 | yes | no | 312 |"
    )
