"""Turn one reply of the agent from deltas into sentences ready to be spoken.

The chunker decides where the text is cut and when. Each piece is made fit for speech unless the line says that it
already is; tags never reach TTS. A piece with nothing to say makes no sentence.
"""

from __future__ import annotations

from functools import partial
from typing import Final

from ivr.text.normalize.markup import strip_tags
from ivr.text.normalize.normalize import normalize
from ivr.text.segment import long_text
from ivr.text.segment.chunker import Chunker

LONGEST_SAID: Final = 1500
"""Characters of one request to TTS at most; the service takes 2000."""


class Reply:
    """Cut the reply to one turn."""

    def __init__(self, language: str, *, speakable_already: bool = False) -> None:
        self._fit = strip_tags if speakable_already else partial(normalize, language=language)
        self._chunker = Chunker(language)
        self.over = False
        """No more text will come."""

    def feed(self, delta: str, queued_ms: int, now: float) -> list[tuple[str, str]]:
        """Take more text; return pieces as (written, spoken). `queued_ms`: audio the caller has still to hear."""
        self._chunker.queued(queued_ms)
        return self._pieces(self._chunker.push(delta, now))

    def pause(self, now: float) -> list[tuple[str, str]]:
        """Return what is there: the agent is busy before it goes on."""
        return self._pieces(self._chunker.pause(now))

    def tick(self, queued_ms: int, now: float) -> list[tuple[str, str]]:
        """Return what is due: time has passed without a delta."""
        self._chunker.queued(queued_ms)
        return self._pieces(self._chunker.tick(now))

    def finish(self) -> list[tuple[str, str]]:
        """Return the rest: the reply is whole, or broke off."""
        self.over = True
        return self._pieces(self._chunker.finish())

    def wake_at(self) -> float | None:
        """Return when `tick` has something to do, in seconds of `now`."""
        return None if self.over else self._chunker.wake_at()

    def _pieces(self, texts: list[str]) -> list[tuple[str, str]]:
        return [pair for text in texts for pair in long_text.split_to_fit(text, self._fit, LONGEST_SAID)]
