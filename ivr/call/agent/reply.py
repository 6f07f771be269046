"""Turn one reply of the agent from deltas into sentences ready to be spoken.

The chunker decides where the text is cut and when. Each piece is made fit for speech unless the line says that it
already is; tags never reach TTS. A piece with nothing to say makes no sentence. Long text is taken in steps: what one
step leaves is done in the next `tick`, so that no reply holds up the other calls.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final, TypeAlias

from ivr.text.normalize.markup import strip_tags
from ivr.text.normalize.normalize import SpokenReply
from ivr.text.segment import long_text
from ivr.text.segment.chunker import Chunk, Chunker

LONGEST_SAID: Final = 1500
"""Characters of one request to TTS at most; the service takes 2000."""
SLICE: Final = 500
"""Characters that the chunker gets at once."""
STEP: Final = 300
"""Characters of speech, roughly, after which a step ends."""
_CHUNK_COST: Final = 20
"""What a chunk costs on top of its characters."""

Pieces: TypeAlias = list[tuple[str, str]]
"""Pieces of the reply, as written and as spoken."""


class Reply:
    """Cut the reply to one turn."""

    def __init__(self, language: str, *, speakable_already: bool = False) -> None:
        self._spoken = SpokenReply(language)
        self._fit = strip_tags if speakable_already else self._spoken.preview
        self._chunker = Chunker(language)
        self._slices: deque[str | None] = deque()
        """Text that the chunker has not seen; None is a pause."""
        self._chunks: deque[Chunk] = deque()
        """Chunks that were not made fit for speech."""
        self._worked_at = 0.0
        self.over = False
        """No more text will come."""

    @property
    def behind(self) -> bool:
        """Return whether text came that was not looked at: the next `tick` takes it, at once."""
        return bool(self._chunks or self._slices)

    def feed(self, delta: str, queued_ms: int, now: float) -> Pieces:
        """Take more text; return pieces as (written, spoken). `queued_ms`: audio the caller has still to hear."""
        self._chunker.queued(queued_ms)
        if self.behind or len(delta) > SLICE:
            self._slices += [delta[at : at + SLICE] for at in range(0, len(delta), SLICE)]
            return self._step(now)
        # Nearly every delta is a token that completes no chunk.
        self._worked_at = now
        if delta:
            self._chunks += self._chunker.push(delta, now)
        return self._step(now, len(delta) // 2) if self._chunks else []

    def pause(self, now: float) -> Pieces:
        """Return what is there: the agent is busy before it goes on."""
        self._slices.append(None)
        return self._step(now)

    def tick(self, queued_ms: int, now: float) -> Pieces:
        """Return what is due: text was left, or time has passed without any."""
        self._chunker.queued(queued_ms)
        return self._step(now) if self.behind else self._pieces(self._chunker.tick(now))

    def finish(self) -> Pieces:
        """Return the rest: the reply is whole."""
        return self._end(self._chunker.finish)

    def break_off(self) -> Pieces:
        """Return the rest but for a word or a number that may not be whole: the reply broke off."""
        return self._end(self._chunker.break_off)

    def close(self) -> None:
        """Take no more text, and forget what was not returned."""
        self.over = True
        self._slices.clear()
        self._chunks.clear()

    def wake_at(self) -> float | None:
        """Return when `tick` has something to do, in seconds of `now`."""
        return None if self.over else self._worked_at if self.behind else self._chunker.wake_at()

    def _step(self, now: float, cost: int = 0) -> Pieces:
        """Return pieces until there are no more, or until they have cost enough. `cost`: of this step so far."""
        self._worked_at = now
        out: Pieces = []
        while self.behind and cost < STEP:
            if self._chunks:
                chunk = self._chunks.popleft()
                out += self._pieces([chunk])
                cost += _CHUNK_COST + long_text.weight_of_text(chunk)
            else:
                text = self._slices.popleft()
                self._chunks += self._chunker.pause(now) if text is None else self._chunker.push(text, now)
                cost += len(text or "") // 2
        return out

    def _end(self, last: Callable[[], list[Chunk]]) -> Pieces:
        """Return all that is left."""
        out: Pieces = []
        while self.behind:
            out += self._step(self._worked_at)
        self.over = True
        return out + self._pieces(last())

    def _pieces(self, chunks: list[Chunk]) -> Pieces:
        """Return chunks as they are said."""
        out: Pieces = []
        for chunk in chunks:
            for written, spoken in long_text.split_to_fit(chunk.as_written, self._fit, LONGEST_SAID):
                self._spoken.advance()
                if spoken:
                    out.append((written.strip(), spoken))
        return out
