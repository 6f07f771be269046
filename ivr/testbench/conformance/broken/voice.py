"""Make the small server's voice. Pure."""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache
from typing import Final

import numpy as np

from ivr.media import g711
from ivr.testbench.conformance.sound import buzz, ulaw

PITCH: Final = 210.0
HIGH_RATE: Final = 24_000
MESSAGE_BYTES: Final = 800
"""Bytes of a message: 100 ms."""


def sentence(seconds: float, faults: Collection[str] = ()) -> bytes:
    """Return one sentence of the server's voice as mu-law, or what it makes of it."""
    return _sentence(seconds, frozenset(faults) & {"aliased", "linear", "clipped", "clicks"})


@lru_cache(maxsize=32)
def _sentence(seconds: float, faults: frozenset[str]) -> bytes:
    """Return one sentence with these faults of sound."""
    if "aliased" in faults:
        wave = buzz(seconds, PITCH, HIGH_RATE)
        # Hissing sounds lie above the telephone's band: here around 4.3 kHz, as loud as the voice.
        noise = np.random.default_rng(1).standard_normal(len(wave))
        spectrum = np.fft.rfft(noise)
        hertz = np.fft.rfftfreq(len(noise), 1 / HIGH_RATE)
        spectrum[(hertz < 4050) | (hertz > 4550)] = 0
        hiss = np.fft.irfft(spectrum, len(noise))
        return ulaw((wave + 0.5 * hiss / np.max(np.abs(hiss)))[::3])
    wave = buzz(seconds, PITCH)
    if "linear" in faults:
        return g711.decode(ulaw(wave))
    if "clipped" in faults:
        return ulaw(wave, level=4.0)
    audio = ulaw(wave, level=0.6 if "clicks" in faults else 0.3)
    if "clicks" in faults:
        # The last sample of each chunk is the wrong end of the scale.
        audio = b"".join(audio[at : at + MESSAGE_BYTES - 1] + b"\x00" for at in range(0, len(audio), MESSAGE_BYTES))
    return audio
