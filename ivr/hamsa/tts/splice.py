"""Goes on with a sentence whose audio broke off: where in a second rendering of it the ear is to be rejoined.

Pure, counted in audio time. There is no way to ask for the rest of a sentence, and the place in its text is only
guessed at. So the whole text is asked for again and as much of the new audio is left out as was given out of the old:
the same voice says the same words in nearly the same time. The join is put into the quietest moment just before that
place, so that a word is rather said again from its beginning than begun in its middle; where nothing is quiet, it is
exactly there. No less than `LEAST_MS` is given first: a few milliseconds, and the next frame a while later, would be a
blip.
"""

from __future__ import annotations

from typing import Final

from ivr.call.events import Encoding
from ivr.media import g711

WINDOW_MS: Final = 240
"""How far back the join may be."""
STEP_MS: Final = 10
LEAST_MS: Final = 100
"""Audio beyond the place that is waited for, unless the rendering ends."""
NOTHING_MS: Final = 40
"""Audio at the end of a sentence that is not worth coming back for."""
QUIET: Final = 0.25
"""The loudness that counts as a pause, as a share of the window's mean."""


class Splice:
    """Leaves out the beginning of a rendering. `feed` its audio in order, then `finish`. For one rendering."""

    def __init__(self, skip_ms: int) -> None:
        """`skip_ms`: audio of the sentence that was given out before."""
        self._skip_ms = skip_ms
        self._held = b""
        self._joined = skip_ms <= 0
        self.repeated_ms = 0
        """Audio from before the place that is given out again."""

    def feed(self, audio: bytes, rate: int, encoding: Encoding) -> bytes:
        """The part of it that continues the sentence. Whole samples in, whole samples out."""
        if self._joined:
            return audio
        self._held += audio
        unit = rate // 1000 * (1 if encoding == "mulaw" else 2)
        return self._join(unit, encoding) if len(self._held) > (self._skip_ms + LEAST_MS) * unit else b""

    def finish(self, rate: int, encoding: Encoding) -> bytes:
        """The rendering is over: what is left of it that continues the sentence, unless it is next to nothing."""
        unit = rate // 1000 * (1 if encoding == "mulaw" else 2)
        over = self._joined or len(self._held) <= (self._skip_ms + NOTHING_MS) * unit
        return b"" if over else self._join(unit, encoding)

    def _join(self, unit: int, encoding: Encoding) -> bytes:
        self._joined = True
        self.repeated_ms = self._skip_ms - self._quietest(unit, encoding)
        rest, self._held = self._held[(self._skip_ms - self.repeated_ms) * unit :], b""
        return rest

    def _quietest(self, unit: int, encoding: Encoding) -> int:
        """The best place to join, in ms."""
        first = max(0, self._skip_ms - WINDOW_MS)
        places = range(first, self._skip_ms - STEP_MS + 1, STEP_MS)
        levels = [_loudness(self._held[at * unit : (at + STEP_MS) * unit], encoding) for at in places]
        if not levels or min(levels) >= QUIET * sum(levels) / len(levels):
            return self._skip_ms
        latest = max(place for place, level in enumerate(levels) if level == min(levels))
        return places[latest]


def _loudness(audio: bytes, encoding: Encoding) -> int:
    return g711.audioop.rms(g711.decode(audio) if encoding == "mulaw" else audio, 2)
