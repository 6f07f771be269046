"""Make the tone after which a caller leaves a message: one sine wave, without a click at its ends."""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np

from ivr.media import g711

MESSAGE_TONE_MS: Final = 300
MESSAGE_TONE_HZ: Final = 1000
_PEAK: Final = 8000
"""Of 32768: as loud as the agent's speech."""
_EDGE: Final = 10 * g711.RATE // 1000
"""Samples over which it comes and goes."""


@cache
def beep(ms: int = MESSAGE_TONE_MS, hertz: int = MESSAGE_TONE_HZ) -> bytes:
    """Return the tone as mu-law at 8 kHz."""
    at = np.arange(ms * g711.RATE // 1000)
    edge = np.minimum(1.0, np.minimum(at, at[::-1]) / _EDGE)
    wave = _PEAK * edge * np.sin(2 * np.pi * hertz * at / g711.RATE)
    return g711.encode(wave.astype("<i2").tobytes())
