"""Find where a voice falls silent, by its level."""

from __future__ import annotations

from ivr.media.loudness import QUIET_DBFS, NoiseFloor


class Hangover:
    """End a voice by its level while a model that remembers still says speech.

    Recurrent models let go of a voice 100 to 250 ms after its end, the longer the more noise there is. That time would
    be part of every answer's delay. In a closed consonant the level may be wrong for a few frames; endpointing counts
    half a second of them, so that costs nothing.
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
        """Take one frame's level (dBFS), the line's noise and the score; return whether the voice is over."""
        if probability < off:
            self._top, self._deep = None, 0
            return True
        self._top = level if self._top is None else max(level, self._top - self._FORGET)
        # The first sign: 60 ms far below the voice's own loudest frames.
        deep = level < max(self._top - self._DEEP, QUIET_DBFS)
        self._deep = self._deep + 1 if deep else 0
        if self._deep >= self._DEEP_FRAMES:
            return True
        # The second: the level is back at the noise floor while the model has begun to doubt.
        faint = noise.now < noise.floor + self._NEAR and self._top > noise.floor + self._CLEAR
        return faint and probability < self._SURE
