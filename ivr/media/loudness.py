"""Measure loudness: levels of frames, and the line's noise floor.

Levels are dBFS: 0 is the level of a full-scale square wave, -20 a normal telephone voice, -75 an idle line. All of it
is a few integers a frame, so that every frame of every call can afford it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from math import log10

from ivr.media.g711 import audioop

FAINT_DBFS = -36.0
"""Level under which a voice may be that of a television..."""
FAINT_DB = 15.0
"""...when it is as far below the caller's, in dB."""
QUIET_DBFS = -62.0
"""Level under which no caller speaks on a telephone."""


def level(pcm: bytes) -> float:
    """Return the level of PCM16 in dBFS; -90.3 and less is digital silence."""
    return decibels(audioop.rms(pcm, 2))


def is_faint(level: float, usual: float) -> bool:
    """Return whether a voice of so many dBFS is likely not the caller's, whose voice usually has so many."""
    return level < min(FAINT_DBFS, usual - FAINT_DB)


def voice_level(loud: Iterable[int]) -> float:
    """Return the level of a voice by the RMS of its frames, dBFS: what its loudest tenth exceeds; pauses are free."""
    frames = sorted(loud)
    return decibels(frames[-1 - len(frames) // 10] if frames else 0)


def decibels(rms: float) -> float:
    """Return an RMS value of 16-bit samples in dBFS."""
    return 20 * log10(rms / 32768 if rms > 1 else 1 / 32768)


class NoiseFloor:
    """Follow the line's noise: the quietest 60 ms of the last three seconds and a bit."""

    _BLOCK = 25
    _BLOCKS = 6

    def __init__(self) -> None:
        self._last = self._before = 0
        """Squares of the RMS of the last two frames."""
        self._now = 0.0
        self._lowest: deque[float] = deque(maxlen=self._BLOCKS)
        self._frames = 0
        self._floor: float | None = None
        """None: it may have changed since it was asked for."""

    def __repr__(self) -> str:
        return f"<NoiseFloor {self.floor:.0f} dBFS, now {self.now:.0f}>"

    @property
    def now(self) -> float:
        """Return the level of the last 60 ms, dBFS."""
        return decibels(self._now**0.5)

    @property
    def floor(self) -> float:
        """Return the floor, dBFS; 0 before the first frame.

        It counts from the first frame. A call that begins with speech learns better at the first pause.
        """
        if self._floor is None:
            self._floor = decibels(min(self._lowest) ** 0.5) if self._lowest else 0.0
        return self._floor

    def push(self, rms: int) -> None:
        """Take one frame's RMS."""
        # Every frame of every call comes through here, and few of them ask for decibels.
        power, frame = rms * rms, self._frames
        self._now = now = (power + self._last + self._before) / (3 if frame > 1 else frame + 1)
        self._last, self._before, self._frames = power, self._last, frame + 1
        if frame % self._BLOCK == 0:
            self._lowest.append(now)
            self._floor = None
        elif now < self._lowest[-1]:
            self._lowest[-1] = now
            self._floor = None
