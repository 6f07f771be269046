"""Make the sound of a telephone that rings, as the caller hears it in Saudi Arabia: ITU-T E.180, 425 Hz."""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np

from ivr.media import g711, wav

FREQUENCY: Final = 425.0
ON_S: Final = 1.2
PERIOD_S: Final = 4.0
LEVEL: Final = 0.1
"""Of full scale: -20 dB, as quiet as an exchange."""


@cache
def ringing() -> bytes:
    """Return a WAV of one ring, 16-bit PCM at 8 kHz."""
    times = np.arange(int(PERIOD_S * g711.RATE)) / g711.RATE
    ring = np.sin(2 * np.pi * FREQUENCY * times) * (times < ON_S) * LEVEL * 32767
    return wav.encode(ring.astype("<i2").tobytes(), g711.RATE)
