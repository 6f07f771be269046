"""Make the tones of keys."""

from __future__ import annotations

import math

import numpy as np

from ivr.media import g711
from ivr.media.tones import dtmf


def _power(pcm: np.ndarray[tuple[int], np.dtype[np.float64]], hz: int) -> float:
    """Return how much of a tone is in the audio (Goertzel, by one bin of a Fourier transform)."""
    at = np.arange(len(pcm)) / g711.RATE
    return float(abs(np.sum(pcm * np.exp(-2j * math.pi * hz * at))) / len(pcm))


def _heard(ulaw: bytes) -> str:
    """Return the key whose two tones are the loudest of each group."""
    pcm = np.frombuffer(g711.decode(ulaw), "<i2").astype(np.float64)
    low = max(dtmf.LOW_HZ, key=lambda hz: _power(pcm, hz))
    high = max(dtmf.HIGH_HZ, key=lambda hz: _power(pcm, hz))
    # Both are far above every other tone.
    others = [hz for hz in (*dtmf.LOW_HZ, *dtmf.HIGH_HZ) if hz not in (low, high)]
    assert min(_power(pcm, low), _power(pcm, high)) > 5 * max(_power(pcm, hz) for hz in others)
    return dtmf.PAD[dtmf.LOW_HZ.index(low)][dtmf.HIGH_HZ.index(high)]


def test_each_key_has_its_two_tones() -> None:
    keys = "".join(dtmf.PAD)
    assert len(keys) == 16
    tone, all_of_it = dtmf.TONE_MS * 8, (dtmf.TONE_MS + dtmf.GAP_MS) * 8
    ulaw = dtmf.tones(keys)
    assert len(ulaw) == 16 * all_of_it
    assert "".join(_heard(ulaw[at : at + tone]) for at in range(0, len(ulaw), all_of_it)) == keys
    assert {ulaw[at + tone : at + all_of_it] for at in range(0, len(ulaw), all_of_it)} == {g711.silence(dtmf.GAP_MS)}


def test_a_tone_is_loud_and_begins_and_ends_softly() -> None:
    pcm = np.frombuffer(g711.decode(dtmf.tones("5")), "<i2")
    assert 12_000 < int(np.abs(pcm).max()) < 17_000
    assert np.abs(pcm[:8]).max() < 3000
    assert np.abs(pcm[dtmf.TONE_MS * 8 - 8 : dtmf.TONE_MS * 8]).max() < 3000


def test_a_w_is_half_a_second() -> None:
    assert dtmf.tones("w") == g711.silence(500)
    assert dtmf.tones("") == b""
