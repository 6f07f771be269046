"""The tone before a message."""

from __future__ import annotations

import numpy as np

from ivr.media import g711
from ivr.media.tones.beep import MESSAGE_TONE_HZ, MESSAGE_TONE_MS, beep


def test_a_tone_of_one_frequency_without_clicks() -> None:
    tone = beep()
    assert len(tone) == MESSAGE_TONE_MS * 8
    samples = np.frombuffer(g711.decode(tone), "<i2").astype(float)
    spectrum = np.abs(np.fft.rfft(samples))
    assert np.argmax(spectrum) * g711.RATE / len(samples) == MESSAGE_TONE_HZ
    assert 7000 < np.abs(samples).max() < 9000
    # The ends are soft.
    assert np.abs(samples[:5]).max() < 800
    assert np.abs(samples[-5:]).max() < 800


def test_silence_is_as_long_as_asked() -> None:
    assert g711.silence(100) == b"\xff" * 800
