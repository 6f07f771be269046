"""One reply of the agent, from deltas to sentences ready to be spoken.

The packer decides where the text is cut and when; each piece is made fit for speech unless the line says that it
already is; tags never reach the voice. A piece with nothing to say makes no sentence.
"""

from __future__ import annotations

from functools import partial
from typing import Final

from ivr.text.normalize.markup import strip_tags
from ivr.text.normalize.normalize import normalize
from ivr.text.segment import long_text
from ivr.text.segment.chunker import Chunker

LONGEST_SAID: Final = 1500
"""Characters of one request to the voice at most; the voice takes 2000."""


class Reply:
    """The reply to one turn."""

    def __init__(self, language: str, *, speakable_already: bool = False) -> None:
        self._language = language
        self._as_it_is = speakable_already
        self._packer = Chunker(language)
        self.over = False
        """No more text will come."""

    def feed(self, delta: str, queued_ms: int, now: float) -> list[tuple[str, str]]:
        """More text; `queued_ms` is the audio the caller has still to hear. Returns pieces as (written, spoken)."""
        self._packer.queued(queued_ms)
        return self._pieces(self._packer.push(delta, now))

    def pause(self, now: float) -> list[tuple[str, str]]:
        """The agent is busy before it goes on: say what is there."""
        return self._pieces(self._packer.pause(now))

    def tick(self, queued_ms: int, now: float) -> list[tuple[str, str]]:
        """Time has passed without a delta."""
        self._packer.queued(queued_ms)
        return self._pieces(self._packer.tick(now))

    def finish(self) -> list[tuple[str, str]]:
        """The reply is whole, or broke off."""
        self.over = True
        return self._pieces(self._packer.finish())

    def wake_at(self) -> float | None:
        """When `tick` has something to do."""
        return None if self.over else self._packer.wake_at()

    def _pieces(self, texts: list[str]) -> list[tuple[str, str]]:
        fit = strip_tags if self._as_it_is else partial(normalize, language=self._language)
        return [pair for text in texts for pair in long_text.within(text, fit, LONGEST_SAID)]
