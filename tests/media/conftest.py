"""Sounds for the tests of this room, made on the spot: nothing recorded lies in the repository."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import pytest
from numpy.typing import NDArray

from ivr.media import g711

Sound: TypeAlias = NDArray[np.float64]
Frames: TypeAlias = list[bytes]

VOWELS = [(700, 1220, 2600), (300, 2200, 2900), (400, 800, 2500), (500, 1700, 2500)]


def _ring(source: Sound, hz: float) -> Sound:
    """`source` through one formant."""
    r = float(np.exp(-np.pi * 90 / 8000))
    back, out = 2 * r * float(np.cos(2 * np.pi * hz / 8000)), np.zeros(len(source) + 2)
    for k in range(len(source)):
        out[k + 2] = source[k] + back * out[k + 1] - r * r * out[k]
    return out[2:]


@pytest.fixture(scope="session")
def syllables() -> Callable[..., Sound]:
    """`syllables(count, peak)`: vowels of 180 ms with a gliding pitch, 30 ms apart: speech to every detector."""

    def make(count: int = 4, peak: float = 9000) -> Sound:
        parts = []
        for i in range(count):
            n = 1440
            pitch = 120 * 2 ** (np.linspace(0.2, -0.1, n) + 0.1 * np.sin(i))
            sound: Sound = np.diff(np.floor(np.cumsum(pitch) / 8000), prepend=0)
            for hz in VOWELS[i % 4]:
                sound = _ring(sound, hz)
            sound = sound * np.minimum(1, np.minimum(np.arange(n) / 240, (n - np.arange(n)) / 400))
            parts += [sound / np.abs(sound).max() * peak, np.zeros(240)]
        return np.concatenate(parts)

    return make


@pytest.fixture(scope="session")
def idle() -> Callable[[int], Sound]:
    """`idle(ms)`: a line on which nothing happens, +-8 around zero."""
    return lambda ms: np.random.default_rng(3).integers(-8, 9, ms * 8).astype(float)


@pytest.fixture(scope="session")
def frames() -> Callable[[Sound], Frames]:
    """The sound as a telephone delivers it: mu-law coded, as 20 ms frames of PCM16; a rest is dropped."""

    def cut(sound: Sound) -> Frames:
        pcm = g711.decode(g711.encode(np.rint(np.clip(sound, -32768, 32767)).astype("<i2").tobytes()))
        return [pcm[i : i + 320] for i in range(0, len(pcm) // 320 * 320, 320)]

    return cut
