"""Pack sentences into chunks of text, each one request to TTS.

Text arrives about six times faster than speech plays (61 and 10 characters a second). So only the first chunk of a
reply is urgent: it goes out at a clause mark, before its sentence is whole. Later chunks are whole sentences. Nothing
is said twice and nothing is lost: the joined chunks are the text, up to blanks and text without a letter or digit.

`now` is the driver's clock in seconds. The driver calls `tick` when `wake_at` is due, `queued` when the amount of audio
that the caller has not heard changes, `pause` when the agent announces a wait, and `finish` at the reply's end.
"""

from __future__ import annotations

from typing import Final

from ivr.text.segment import long_text, unfinished
from ivr.text.segment.punctuation import NEWLINES, says_something
from ivr.text.segment.sentences import MAX_SENTENCE, Segmenter
from ivr.text.segment.tags import TagFilter

FIRST_MIN: Final = 20
"""Characters of the first chunk at least, unless the reply pauses or ends before."""
FIRST_CLAUSE_MIN: Final = 25
"""Characters from which on the first chunk may end at a clause mark."""
FIRST_MAX: Final = {"ar": 80, "en": 90}
"""Characters of the first chunk at most."""
MERGE_UNDER: Final = 20
"""Characters under which a sentence waits for the next one while audio is queued."""
LATER_MAX: Final = 250
"""Characters of a later chunk at most; a single sentence may be as long as the segmenter lets it."""
LOW_AUDIO_MS: Final = 1500
"""Unheard audio, in ms, at which no text is held back any more: about what TTS needs to begin."""
IDLE_S: Final = 0.25
"""Seconds without a token after which a sentence that looks whole goes out; with little audio also a clause."""
SLOW_S: Final = 0.75
"""Seconds without a token and with little audio after which a phrase goes out: the agent is slow."""
SLOW_CLAUSE_MIN: Final = 12
"""Characters of a slow agent's clause at least."""
SLOW_PHRASE_MIN: Final = 20
"""Characters of a slow agent's phrase at least."""


class Chunk(str):
    """One request to TTS: text without blanks around it, and that text as it was written."""

    __slots__ = ("as_written",)
    as_written: str
    """With the blanks around it: put together, these are the reply, so the context of each chunk is known."""

    def __new__(cls, as_written: str) -> Chunk:
        """Make the chunk of a part of the reply."""
        chunk = super().__new__(cls, as_written.strip())
        chunk.as_written = as_written
        return chunk


class Chunker:
    """Turn one reply's text into chunks of at most 300 characters; after `finish` the next reply may follow."""

    def __init__(self, language: str = "ar") -> None:
        self.language = language
        self._first_max = FIRST_MAX["ar" if language.startswith("ar") else "en"]
        self._tags = TagFilter()
        self._segmenter = Segmenter(language)
        self._held = ""
        """Whole sentences that wait to go out, as written."""
        self._gap = ""
        """The blank that stands in front of the next chunk, where nothing else does."""
        self._first = True
        """No chunk of this reply has gone out."""
        self._queued_ms = 0
        """Audio that the caller has not heard, in ms."""
        self._last_token = 0.0
        """When the last token came, in seconds of `now`."""
        self._look_at: float | None = None
        """When to look again at a sentence that is not whole, in seconds of `now`."""
        self._low_since: float | None = None
        """When the last token came before the agent became slow, in seconds of `now`."""

    def __repr__(self) -> str:
        state = "first" if self._first else "later"
        return f"<Chunker {self.language} {state} held={len(self._held)} pending={len(self._segmenter.pending)}>"

    def push(self, delta: str, now: float = 0.0) -> list[Chunk]:
        """Return the chunks that are ready now that `delta` arrived."""
        return self._push(self._tags.feed(delta), now)

    def queued(self, ms: int) -> None:
        """Note how much audio the caller has not heard yet, in ms. With little, held text goes out at the next tick."""
        self._queued_ms = ms

    def wake_at(self) -> float | None:
        """Return when to `tick`, in seconds of `now`; None if there is nothing to wait for."""
        if self._held and self._audio_is_low():
            return self._last_token
        if self._held:
            return self._last_token + IDLE_S
        return self._look_at if self._segmenter.pending else None

    def tick(self, now: float) -> list[Chunk]:
        """Return the chunks that waited long enough."""
        due = self.wake_at()
        if due is None or now < due:
            return []
        out: list[Chunk] = []
        if now < self._last_token + IDLE_S:
            self._release(out)
            return out
        for sentence in self._segmenter.take_ended():
            self._add(sentence, out)
        if self._first or self._audio_is_low():
            # A slow agent, and the caller hears nearly nothing: say a clause, and after a longer wait a phrase.
            if self._low_since is None:
                self._low_since = self._last_token
            phrase_at = self._low_since + SLOW_S
            ahead = self._held_ahead()
            phrase = SLOW_PHRASE_MIN - ahead if now >= phrase_at else None
            if place := long_text.pause_place(self._segmenter.pending, SLOW_CLAUSE_MIN - ahead, phrase):
                self._take(place, out)
            long_enough = len(self._segmenter.pending) >= SLOW_PHRASE_MIN
            self._look_at = phrase_at if long_enough and now < phrase_at else None
        else:
            # Enough audio is queued: look again when it has played.
            self._low_since = None
            self._look_at = now + (self._queued_ms - LOW_AUDIO_MS) / 1000
        self._release(out)
        return out

    def pause(self, now: float = 0.0) -> list[Chunk]:
        """Return all text that is there, because the agent will be busy. More text may follow."""
        self._last_token = now
        out: list[Chunk] = []
        rest = self._segmenter.pending
        for sentence in self._segmenter.flush_as_written():
            self._add(sentence, out)
        self._release(out)
        if not says_something(rest):
            self._skip(rest)
        return out

    def finish(self) -> list[Chunk]:
        """Return all text that is there, because the reply is whole, and get ready for another reply."""
        out = self._push(self._tags.flush(), self._last_token) + self.pause(self._last_token)
        self._first = True
        return out

    def break_off(self) -> list[Chunk]:
        """Return all text but the word or number at its end that may not be whole, because the reply broke off."""
        out: list[Chunk] = []
        if place := unfinished.whole_length(self._segmenter.pending):
            self._take(place, out)
        # What is left, and an open tag, is not said.
        self._tags.flush()
        self._segmenter.flush()
        self._release(out)
        self._first = True
        return out

    def _push(self, text: str, now: float) -> list[Chunk]:
        """Return the chunks that are ready now that text without tags arrived."""
        self._last_token = now
        self._look_at = now + IDLE_S
        out: list[Chunk] = []
        for sentence in self._segmenter.feed_as_written(text):
            self._add(sentence, out)
        # Cut also a sentence that is not whole yet: the first chunk at a clause mark, a run-on at its best place.
        while True:
            pending = self._segmenter.pending
            ahead = self._held_ahead()
            least = (FIRST_CLAUSE_MIN if self._first else LATER_MAX // 3) - ahead
            most = (self._first_max if self._first else LATER_MAX) - ahead
            if len(pending) <= max(least, 1):
                return out
            place = long_text.clause_end(pending, least, most) if self._first else 0
            if not place and len(pending) > most:
                place = long_text.cut(pending, max(1, least), max(1, most))
            if not place:
                return out
            self._take(place, out)

    def _add(self, sentence: str, out: list[Chunk]) -> None:
        """Send one more whole sentence, or hold it until another one joins it."""
        # Short sentences go out together, but not as one long chunk.
        if self._held and len((self._held + sentence).strip()) > LATER_MAX:
            self._release(out)
        self._hold(sentence)
        while len(self._held.strip()) > (most := self._first_max if self._first else MAX_SENTENCE):
            least = FIRST_CLAUSE_MIN if self._first else LATER_MAX // 3
            front = len(self._held) - len(self._held.lstrip())
            self._emit(front + long_text.cut(self._held.strip(), least, most), out)
        # With little audio left, nothing waits.
        if self._audio_is_low() or len(self._held.strip()) >= (FIRST_MIN if self._first else MERGE_UNDER):
            self._release(out)

    def _take(self, length: int, out: list[Chunk]) -> None:
        """Send the beginning of a sentence that is not whole."""
        self._hold(self._segmenter.take(length))
        self._release(out)

    def _hold(self, text: str) -> None:
        """Put text behind the held text; sentences that were written together are parted."""
        together = self._held and not self._held[-1].isspace() and not text[:1].isspace()
        self._held += f" {text}" if together else text

    def _held_ahead(self) -> int:
        """Return how many characters of held text go in front of the pending text, with the blank between."""
        return len(self._held.strip()) + 1 if self._held else 0

    def _audio_is_low(self) -> bool:
        """Return whether the caller has heard nearly everything: then a short chunk is better than silence."""
        return not self._first and self._queued_ms <= LOW_AUDIO_MS

    def _emit(self, length: int, out: list[Chunk]) -> None:
        """Send the first characters of the held text."""
        parts = long_text.split_by_weight(self._held[:length])
        self._held = self._held[length:]
        for part in parts:
            if not says_something(part):
                self._skip(part)
                continue
            out.append(Chunk(self._gap + part))
            self._gap = ""
            self._first = False
            self._low_since = None

    def _skip(self, text: str) -> None:
        """Leave out text that says nothing, but for the blank in it."""
        if any(char in NEWLINES for char in text):
            self._gap = "\n"
        elif any(map(str.isspace, text)):
            self._gap = self._gap or " "

    def _release(self, out: list[Chunk]) -> None:
        """Send the held text, if any."""
        if self._held:
            self._emit(len(self._held), out)
