"""Where a voice falls silent, told by its level."""

from __future__ import annotations

from ivr.media.loudness import QUIET, NoiseFloor


class Hangover:
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
