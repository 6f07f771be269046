"""Make voices of harmonics: an utterance that wanders about a pitch and falls, stays or rises at its end."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ivr.media.g711 import RATE

Sound = NDArray[np.float64]


def pcm(sound: Sound) -> bytes:
    """Return samples as PCM16."""
    return np.clip(sound, -32768, 32767).astype("<i2").tobytes()


def voice(hertz: Sound, loud: Sound | float = 4000.0) -> Sound:
    """Make harmonics of 300 to 3400 Hz, as a telephone lets them through, in syllables of 200 ms."""
    turns = np.cumsum(hertz) / RATE
    partials = [
        np.sin(2 * np.pi * number * turns) / number * ((number * hertz >= 300) & (number * hertz < 3400))
        for number in range(1, 40)
    ]
    at = np.arange(len(hertz)) / RATE
    return np.asarray(sum(partials) * loud * (0.6 + 0.4 * np.sin(2 * np.pi * 5 * at)) * 2, np.float64)


def said(
    end: float, base: float = 140, *, drop: float = 0.0, silence_ms: int = 120, noise: float = 3.0, seed: int = 1
) -> Sound:
    """Make an utterance of 1.3 s that goes `end` semitones up or down, and `drop` dB, in its last 300 ms."""
    length, tail = int(1.3 * RATE), int(0.3 * RATE)
    semitones = 1.5 * np.sin(2 * np.pi * 0.9 * np.arange(length) / RATE)
    semitones[-tail:] += end * np.linspace(0, 1, tail)
    loud = np.full(length, 4000.0)
    loud[-tail:] *= 10 ** (drop * np.linspace(0, 1, tail) / 20)
    sound = np.concatenate([voice(base * 2 ** (semitones / 12), loud), np.zeros(silence_ms * RATE // 1000)])
    return sound + np.random.default_rng(seed).normal(0, noise, len(sound))
