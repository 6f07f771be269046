"""Audio of the conformance checks: what is loud, and what is wrong with it."""

from __future__ import annotations

import numpy as np
import pytest

from ivr.media import g711
from ivr.testbench.conformance.broken.voice import sentence
from ivr.testbench.conformance.sound import Loudness, buzz, measure, ulaw

SILENCE = bytes([g711.SILENCE])


def test_loud_frames_are_counted_as_the_track_grows() -> None:
    loudness, track = Loudness(), bytearray(SILENCE * 1600)
    loudness.extend(track)
    assert (loudness.ms(0), loudness.first(0), loudness.last(0)) == (0, None, None)
    track += ulaw(buzz(0.5)) + SILENCE * 800
    loudness.extend(track)
    first, last = loudness.first(0), loudness.last(0)
    assert first is not None
    assert last is not None
    assert 1600 <= first <= 1760
    assert 5440 <= last <= 5600
    assert loudness.ms(0) == (last - first) // 8
    assert loudness.ms(0, 3200) == (3200 - first) // 8
    assert loudness.last(0, 3200) == 3200


@pytest.mark.parametrize(
    ("fault", "words"),
    [("aliased", "above 3.4 kHz"), ("linear", "noise"), ("clipped", "end of the scale"), ("clicks", "clicks")],
)
def test_faults_of_sound_are_named(fault: str, words: str) -> None:
    faults = measure(sentence(1.5, (fault,))).faults
    assert [words in one for one in faults].count(True) == 1


def test_speech_and_tones_have_no_fault() -> None:
    t = np.arange(12_000) / 8000
    tone = ulaw(np.sin(2 * np.pi * 440 * t))
    for audio in (ulaw(buzz(1.5)), tone, SILENCE * 800 + tone + SILENCE * 800):
        assert measure(audio).faults == []
    assert str(measure(b"")).startswith("0.0 s of audio")


def test_hum_without_length_is_empty() -> None:
    assert ulaw(buzz(0.0)) == b""
