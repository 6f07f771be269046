"""How loud: levels of frames, the line's noise floor, and where a voice falls silent.

Levels are dBFS: 0 is the level of a full-scale square wave, -20 a normal telephone voice, -75 an idle line. All of it
is a few integers a frame, so that every frame of every call can afford it.
"""

from __future__ import annotations

from collections import deque
from math import log10

from ivr.media.g711 import audioop

QUIET = -62.0
"""dBFS under which nobody speaks on a telephone."""


def level(pcm: bytes) -> float:
    """Level of PCM16 in dBFS; -90.3 and less is digital silence."""
    return decibels(audioop.rms(pcm, 2))


def decibels(rms: float) -> float:
    """An RMS value of 16-bit samples in dBFS."""
    return 20 * log10(max(rms, 1.0) / 32768)


class NoiseFloor:
    """The quietest 60 ms of the last three seconds and a bit: what is there when nobody speaks."""

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
        """One frame's RMS."""
        self._powers.append(rms * rms)
        self.now = decibels((sum(self._powers) / len(self._powers)) ** 0.5)
        if self._frames % self._BLOCK == 0:
            self._lowest.append(self.now)
        elif self.now < self._lowest[-1]:
            self._lowest[-1] = self.now
        self._frames += 1
        self.floor = min(self._lowest)


class Falloff:
    """Says that a voice has stopped, by its level, while a model that remembers still says speech.

    Recurrent models let go of a voice 100 to 250 ms after its end, the longer the more noise there is; that time is
    part of every answer's delay. Two signs are surer and quicker: 60 ms far below the voice's own loudest frames, or
    the level back at the noise floor while the model has begun to doubt. In a closed consonant both may be
    wrong for a few frames; endpointing counts half a second of them, so that costs nothing.
    """

    _DEEP = 25.0
    """dB under the voice's loudest frame, for `_DEEP_FRAMES` frames."""
    _DEEP_FRAMES = 3
    _NEAR = 5.0
    """dB above the noise floor that are still noise..."""
    _CLEAR = 8.0
    """...when the voice is at least this many dB above it..."""
    _SURE = 0.98
    """...and the model is no longer this sure."""
    _FORGET = 0.1
    """dB a frame by which the loudest frame is forgotten."""

    def __init__(self) -> None:
        self._top: float | None = None
        self._deep = 0

    def over(self, level: float, noise: NoiseFloor, probability: float, off: float) -> bool:
        """One frame: its level (dBFS), the line's noise, what the model says; True when the voice is over."""
        if probability < off:
            self._top, self._deep = None, 0
            return True
        self._top = level if self._top is None else max(level, self._top - self._FORGET)
        deep = level < max(self._top - self._DEEP, QUIET)
        self._deep = self._deep + 1 if deep else 0
        if self._deep >= self._DEEP_FRAMES:
            return True
        faint = noise.now < noise.floor + self._NEAR and self._top > noise.floor + self._CLEAR
        return faint and probability < self._SURE
