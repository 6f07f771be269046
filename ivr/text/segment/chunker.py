"""Sentences -> pieces of text, each one request to the voice.

Text arrives about six times faster than speech plays, so only the first piece of a reply is in a hurry: it goes out at
a clause mark, before the sentence is whole. Later pieces are whole sentences; short ones wait for company while the
caller still has audio to hear, and a run-on is cut where a speaker would breathe. Nothing is said twice, nothing is
lost: the pieces joined are the text, up to blanks and what has nothing to say. When the caller hears nothing and no
token comes, the agent is slow: then a clause goes out, and after a longer wait a phrase, as a slow speaker would pause.

`now` is the driver's clock in seconds. Duty of the driver: `tick` when `wake_at` is due, `queued` when the amount of
unheard audio changed, `pause` when the agent announces a wait, `finish` at the reply's end.
"""

from __future__ import annotations

from typing import Final

from ivr.text.segment import long_text
from ivr.text.segment.punctuation import says_something
from ivr.text.segment.sentences import Segmenter

_SLOW: Final = 0.75
"""Seconds of hunger, and a wait of `idle` for a token, after which the ear gets a phrase of a slow agent."""
_SLOW_CLAUSE: Final = 12
"""Characters a slow agent's clause has at least."""
_SLOW_PHRASE: Final = 20
"""Characters a slow agent's phrase has at least."""


class Chunker:
    """One reply's text -> pieces of at most `hard` characters."""

    def __init__(
        self,
        language: str = "ar",
        *,
        first_least: int = 20,
        first_clause: int = 25,
        first_most: int | None = None,
        merge_under: int = 20,
        longest: int = 250,
        hard: int = 300,
        hungry_ms: int = 1500,
        idle: float = 0.25,
    ) -> None:
        self.language = language
        self.first_least = first_least
        """Characters the first piece has at least, unless the reply pauses or ends before."""
        self.first_clause = first_clause
        """Characters from which the first piece may end at a clause mark."""
        self.first_most = first_most or (80 if language.startswith("ar") else 90)
        """Characters of the first piece at most."""
        self.merge_under = merge_under
        """Characters under which a sentence waits for the next one while audio is queued."""
        self.longest = longest
        """Characters of a later piece at most; a whole sentence may be a little longer."""
        self.hard = hard
        """Characters of any piece at most."""
        self.hungry_ms = hungry_ms
        """Unheard audio, in ms, from which down nothing is held back: about what the voice needs to begin."""
        self.idle = idle
        """Seconds without a token after which a sentence that looks whole goes out, and a clause to a hungry ear."""
        self._segmenter = Segmenter(language, longest=hard)
        self._held = ""
        self._first = True
        self._queued_ms = 0
        self._last = 0.0
        self._look_at: float | None = None
        self._hungry_since: float | None = None

    def __repr__(self) -> str:
        state = "first" if self._first else "later"
        return f"<Chunker {self.language} {state} held={len(self._held)} pending={len(self._segmenter.pending)}>"

    def push(self, delta: str, now: float = 0.0) -> list[str]:
        """Pieces that are ready now that `delta` arrived."""
        self._last = now
        self._look_at = now + self.idle
        out: list[str] = []
        for sentence in self._segmenter.feed(delta):
            self._add(sentence, out)
        self._cut_pending(out)
        return out

    def queued(self, ms: int) -> None:
        """How much audio the caller has not heard yet, in ms. With little, what is held goes out at the next tick."""
        self._queued_ms = ms

    def wake_at(self) -> float | None:
        """When to `tick`, None if there is nothing to wait for."""
        if self._held and self._hungry():
            return self._last
        if self._held:
            return self._last + self.idle
        return self._look_at if self._segmenter.pending else None

    def tick(self, now: float) -> list[str]:
        """Pieces that waited long enough."""
        due = self.wake_at()
        if due is None or now < due:
            return []
        out: list[str] = []
        if now >= self._last + self.idle:
            for sentence in self._segmenter.take_ended():
                self._add(sentence, out)
            self._breathe(now, out)
        self._release(out)
        return out

    def pause(self, now: float = 0.0) -> list[str]:
        """The agent will be busy: everything that is there goes out. More text may follow."""
        self._last = now
        out: list[str] = []
        for sentence in self._segmenter.flush():
            self._add(sentence, out)
        self._release(out)
        return out

    def finish(self) -> list[str]:
        """The reply is whole: everything goes out. The packer is ready for another reply."""
        out = self.pause(self._last)
        self._first = True
        return out

    def _add(self, sentence: str, out: list[str]) -> None:
        """One more whole sentence: send it, or hold it until it has company."""
        if self._held and len(self._held) + 1 + len(sentence) > self.longest:
            self._release(out)
        self._held = f"{self._held} {sentence}" if self._held else sentence
        while len(self._held) > self._room():
            self._emit(long_text.cut(self._held, self._room_least(), self._room()), out)
        if self._hungry() or len(self._held) >= (self.first_least if self._first else self.merge_under):
            self._release(out)

    def _breathe(self, now: float, out: list[str]) -> None:
        """No token comes: a hungry ear gets what can be said of the sentence so far."""
        if not self._first and not self._hungry():
            self._hungry_since = None
            self._look_at = now + (self._queued_ms - self.hungry_ms) / 1000
            return
        if self._hungry_since is None:
            self._hungry_since = self._last
        phrase_at = self._hungry_since + _SLOW
        pending = self._segmenter.pending
        ahead = len(self._held) + 1 if self._held else 0
        phrase = _SLOW_PHRASE - ahead if now >= phrase_at else None
        if place := long_text.breath(pending, _SLOW_CLAUSE - ahead, phrase):
            self._take(place, out)
        longer = len(self._segmenter.pending) >= _SLOW_PHRASE
        self._look_at = phrase_at if longer and now < phrase_at else None

    def _take(self, length: int, out: list[str]) -> None:
        """Send the beginning of a sentence that is not whole."""
        self._held = " ".join(part for part in (self._held, self._segmenter.take(length).strip()) if part)
        self._release(out)

    def _cut_pending(self, out: list[str]) -> None:
        """Cut a sentence that is not whole yet: the first piece at a clause mark, a run-on where there is a place."""
        while True:
            pending = self._segmenter.pending
            ahead = len(self._held) + 1 if self._held else 0
            if self._first:
                least, most = self.first_clause - ahead, self.first_most - ahead
            else:
                least, most = self.longest // 3 - ahead, self.longest - ahead
            if len(pending) <= max(least, 1):
                return
            place = long_text.clause_end(pending, least, most) if self._first else 0
            if not place and len(pending) > most:
                place = long_text.cut(pending, max(1, least), max(1, most))
            if not place:
                return
            self._take(place, out)

    def _hungry(self) -> bool:
        """Whether the caller has heard nearly everything: a short piece is better than silence."""
        return not self._first and self._queued_ms <= self.hungry_ms

    def _room(self) -> int:
        return self.first_most if self._first else self.hard

    def _room_least(self) -> int:
        return self.first_clause if self._first else self.longest // 3

    def _emit(self, length: int, out: list[str]) -> None:
        pieces = [piece for piece in long_text.lighten(self._held[:length].strip()) if says_something(piece)]
        self._held = self._held[length:].strip()
        if pieces:
            self._first = False
            self._hungry_since = None
        out += pieces

    def _release(self, out: list[str]) -> None:
        if self._held:
            self._emit(len(self._held), out)
