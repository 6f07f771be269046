"""Measure loudness: levels of frames, and the line's noise floor.

Levels are dBFS: 0 is the level of a full-scale square wave, -20 a normal telephone voice, -75 an idle line. All of it
is a few integers a frame, so that every frame of every call can afford it.
"""

from __future__ import annotations

from collections import deque
from math import log10

from ivr.media.g711 import audioop

QUIET_DBFS = -62.0
"""Level under which no caller speaks on a telephone."""


def level(pcm: bytes) -> float:
    """Return the level of PCM16 in dBFS; -90.3 and less is digital silence."""
    return decibels(audioop.rms(pcm, 2))


def decibels(rms: float) -> float:
    """Return an RMS value of 16-bit samples in dBFS."""
    return 20 * log10(max(rms, 1.0) / 32768)


class NoiseFloor:
    """Follow the line's noise: the quietest 60 ms of the last three seconds and a bit."""

    _SMOOTH = 3
    _BLOCK = 25
    _BLOCKS = 6

    def __init__(self) -> None:
        self.now = 0.0
        """Level of the last 60 ms, dBFS."""
        self.floor = 0.0
        """dBFS. Counts from the first frame; a call that begins with speech learns better at the first pause."""
        self._powers: deque[int] = deque(maxlen=self._SMOOTH)
        self._lowest: deque[float] = deque(maxlen=self._BLOCKS)
        self._frames = 0

    def __repr__(self) -> str:
        return f"<NoiseFloor {self.floor:.0f} dBFS, now {self.now:.0f}>"

    def push(self, rms: int) -> None:
        """Take one frame's RMS."""
        self._powers.append(rms * rms)
        self.now = decibels((sum(self._powers) / len(self._powers)) ** 0.5)
        if self._frames % self._BLOCK == 0:
            self._lowest.append(self.now)
        elif self.now < self._lowest[-1]:
            self._lowest[-1] = self.now
        self._frames += 1
        self.floor = min(self._lowest)
