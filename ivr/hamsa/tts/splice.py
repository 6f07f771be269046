"""Continue a sentence whose audio broke off: find where in a second rendering of it to go on. Pure, in audio time.

There is no way to ask for the rest of a sentence, and the place in its text is only guessed at. So the whole text is
asked for again, and as much of the new audio is left out as was given out of the old: the same speaker says the same
words in nearly the same time.
"""

from __future__ import annotations

from typing import Final

from ivr.call.events import Encoding
from ivr.media import g711

WINDOW_MS: Final = 240
"""How far back the join may be."""
STEP_MS: Final = 10
"""Length of a piece whose loudness is measured."""
LEAST_MS: Final = 100
"""Audio beyond the place that is waited for, unless the rendering ends."""
NOTHING_MS: Final = 40
"""Audio at the end of a sentence that is not worth coming back for."""
PAUSE_SHARE: Final = 0.25
"""The loudness that counts as a pause, as a share of the window's mean."""


class Splice:
    """Leave out the beginning of one rendering: `feed` its audio in order, then `finish`."""

    def __init__(self, skip_ms: int) -> None:
        """Skip as much audio as was given out of the sentence before, in ms."""
        self._skip_ms = skip_ms
        self._held = b""
        self._joined = skip_ms <= 0
        self.repeated_ms = 0
        """Audio from before the place that is given out again."""

    def feed(self, audio: bytes, rate: int, encoding: Encoding) -> bytes:
        """Return the part that continues the sentence. Whole samples in, whole samples out."""
        if self._joined:
            return audio
        self._held += audio
        unit = rate // 1000 * (1 if encoding == "mulaw" else 2)
        # A few milliseconds, and the next frame a while later, would be a blip.
        return self._join(unit, encoding) if len(self._held) > (self._skip_ms + LEAST_MS) * unit else b""

    def finish(self, rate: int, encoding: Encoding) -> bytes:
        """End the rendering; return what is left that continues the sentence, unless it is next to nothing."""
        unit = rate // 1000 * (1 if encoding == "mulaw" else 2)
        over = self._joined or len(self._held) <= (self._skip_ms + NOTHING_MS) * unit
        return b"" if over else self._join(unit, encoding)

    def _join(self, unit: int, encoding: Encoding) -> bytes:
        self._joined = True
        # The join is put into the quietest moment just before the place: a word is rather said again from its beginning
        # than begun in its middle. Where nothing is quiet, the join is exactly at the place.
        first = max(0, self._skip_ms - WINDOW_MS)
        places = range(first, self._skip_ms - STEP_MS + 1, STEP_MS)
        pieces = [self._held[at * unit : (at + STEP_MS) * unit] for at in places]
        levels = [g711.audioop.rms(g711.decode(piece) if encoding == "mulaw" else piece, 2) for piece in pieces]
        joined_at = self._skip_ms
        if levels and min(levels) < PAUSE_SHARE * sum(levels) / len(levels):
            joined_at = places[max(place for place, level in enumerate(levels) if level == min(levels))]
        self.repeated_ms = self._skip_ms - joined_at
        rest, self._held = self._held[(self._skip_ms - self.repeated_ms) * unit :], b""
        return rest
