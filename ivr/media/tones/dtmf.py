"""Make the tones of telephone keys: two sine waves each, by ITU-T Q.23 and Q.24.

A tone lasts 100 ms and is followed by 50 ms of silence, well above the 40 ms each that a receiver must know. Both waves
are 6 dB below full scale together, and the higher one is 2 dB louder, because lines lose high tones first.
"""

from __future__ import annotations

import functools
from typing import Final

import numpy as np

from ivr.media import g711

TONE_MS: Final = 100
GAP_MS: Final = 50
WAIT_MS: Final = 500
"""Silence for a `w` among the keys."""
LOW_HZ: Final = (697, 770, 852, 941)
HIGH_HZ: Final = (1209, 1336, 1477, 1633)
PAD: Final = ("123A", "456B", "789C", "*0#D")
"""The keys: a row for each low tone, a column for each high one."""
_LOW_PEAK: Final = 7000
_HIGH_PEAK: Final = 8800
_RAMP_MS: Final = 5
"""Milliseconds in which a tone rises and falls: without it there is a click."""


def tones(keys: str) -> bytes:
    """Return the tones of a row of keys (`0-9 * # A-D`, `w` for half a second of silence), mu-law at 8 kHz."""
    return b"".join(g711.silence(WAIT_MS) if key == "w" else _tone(key) for key in keys)


@functools.lru_cache(len("".join(PAD)))
def _tone(key: str) -> bytes:
    row = next(row for row, names in enumerate(PAD) if key in names)
    at = np.arange(TONE_MS * g711.RATE // 1000) / g711.RATE
    low, high = (2 * np.pi * hz * at for hz in (LOW_HZ[row], HIGH_HZ[PAD[row].index(key)]))
    edge = np.minimum(at, at[::-1]) * 1000 / _RAMP_MS
    wave = (_LOW_PEAK * np.sin(low) + _HIGH_PEAK * np.sin(high)) * np.minimum(1.0, edge)
    return g711.encode(wave.astype("<i2").tobytes()) + g711.silence(GAP_MS)
