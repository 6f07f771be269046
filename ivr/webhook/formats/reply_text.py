"""Remember what one reply has said so far. Every word to be spoken passes here, once.

Formats repeat: a last record holds the whole answer, n8n's Respond-to-Webhook node says it a second time, a state holds
all messages, some agents send the text so far. What of a delta is new, and how it joins the words before it, `deltas`
decides by content.
"""

from __future__ import annotations

import re
from typing import Any, Final

from ivr.webhook.formats.actions.asked import AskedActions, sounds
from ivr.webhook.formats.deltas import Joints, Repeats, letters_of
from ivr.webhook.formats.json_values import json_text
from ivr.webhook.formats.parts import Delta, Failure, Pause, Piece
from ivr.webhook.formats.text_fields import find_text
from ivr.webhook.sanitize.sanitizer import Sanitizer, Unspoken, Written

MAX_REPLY_TEXT = 20_000
"""Characters of one reply, over half an hour of speech. A longer text was not meant for a telephone."""
MAX_WRITTEN = 8 * MAX_REPLY_TEXT
"""Characters that one reply may take together with what is not spoken, such as thoughts."""
_FENCED_VALUE: Final = re.compile(r"\A```\w*|```\Z")
END_MARKS: Final = ("[DONE]", "[END]")
"""What some agents send as their last words."""


class ReplyText:
    """Hold the words of one reply, in order. `over` once nothing more of it will be spoken."""

    def __init__(self) -> None:
        self.over = False
        self.audible = False
        """Whether something that is not blank was said."""
        self.asked = AskedActions()
        """What the agent asked for beside its words."""
        self.unspoken = Unspoken()
        """What was there beside words, and not said."""
        self._sanitizer = Sanitizer(self.unspoken)
        self._repeats = Repeats()
        self._joints = Joints()
        self._said: list[str] = []
        self._length = 0
        self._written_length = 0
        self._told_broken = False
        self._unpaused = False
        self._snapshot: tuple[object, str] = (None, "")
        self._behind_object = False
        self._repeated = False
        """The last words repeated what was said, as a whole or in part."""

    def literal(self, text: str) -> list[Piece]:
        """Add words that are spoken as they are."""
        return self._token(text, plain=True)

    def delta(self, text: str, key: str = "") -> list[Piece]:
        """Add some more words, as far as they are new. `key`: where they stood in their record."""
        if text.strip() in END_MARKS:
            return []
        new = self._repeats.new(text, key)
        self._repeats.note(new)
        self._repeated = new != text
        if self._repeats.another:
            self._joints.divide()
        elif new != text:
            self._joints.separate(False)
        return self._token(self._joints.add(new))

    def separate(self, apart: bool) -> None:
        """Begin a new message with the next delta, or not."""
        self._joints.separate(apart)

    def so_far(self, message: object, text: str) -> list[Piece]:
        """Add all words of one message so far, as far as they are new."""
        before = self._snapshot[1] if message == self._snapshot[0] else ""
        self._snapshot = message, text
        pieces = self.delta(text[len(before) :]) if text.startswith(before) else []
        self._repeated = True
        return pieces

    def rest_of(self, text: str, *, strict: bool = False) -> list[Piece]:
        """Add a text that is a whole answer: what of it was not said yet.

        `strict`: there is one answer, so a text that differs from what was said is not said.
        """
        if text.strip() in END_MARKS:
            return []
        pieces, new = self._joined(), self._repeats.new(text, "whole")
        self._repeated = True
        written = Sanitizer(self.unspoken).read(new)
        objects: list[Written] = [part for part in written if isinstance(part, dict)]
        clean, said = "".join(part for part in written if isinstance(part, str)), "".join(self._said)
        if new == text:
            clean = clean.lstrip()
            if clean.startswith(said.strip()):
                rest = clean[len(said.strip()) :]
                clean = rest.lstrip() if said[-1:].isspace() else rest
            elif strict or _alike(letters_of(clean), letters_of(said)):
                clean = ""
            elif not said[-1:].isspace():
                # Two messages never touch.
                clean = f" {clean}"
        if clean.strip():
            self._repeats.begin_segment()
            self._repeats.note(new)
        return pieces + self._speak(clean) + self._given(objects, strict=strict)

    def whole(self, record: dict[str, Any], *, strict: bool = False, among_words: bool = False) -> list[Piece]:
        """Add a complete answer: what of it was not said yet, and what it asks for.

        `among_words`: it stands in a text, and what was written before it was given out.
        """
        found = find_text(record)
        pieces = self.rest_of(found[1], strict=strict) if found else []
        self._repeated = strict or found is not None
        return pieces + self.ask(record, among_words=among_words)

    def whole_or_words(self, text: str, *, strict: bool = False) -> list[Piece]:
        """Add a text that is an answer's JSON, also within further strings, or just words."""
        # A model may put its value into a Markdown code fence.
        match json_text(_FENCED_VALUE.sub("", text.strip()).strip()):
            case str() as inner:
                return self.whole_or_words(inner, strict=strict)
            case None | bool() | []:
                return []
        return self.rest_of(text, strict=strict)

    def ask(self, record: dict[str, Any], *, among_words: bool = False) -> list[Piece]:
        """Return what a record asks for beside the words that were added last. Each thing is asked for once."""
        asked = self.asked.take(record, again=self._repeated)
        # What has its place among the words comes behind all that was written before it.
        written = self._joined() if sounds(asked) and not among_words else []
        if sounds(asked) and not among_words and not self._sanitizer.is_within:
            written += self._given(self._sanitizer.end())
        return [*written, *asked]

    def pause(self) -> list[Piece]:
        """End an LLM call."""
        pieces = self.finish()
        self._repeats.begin_segment()
        # A pause comes only after words: an LLM call that just chose a tool leaves nothing to flush.
        unpaused, self._unpaused = self._unpaused, False
        return [*pieces, Pause()] if unpaused else pieces

    def finish(self) -> list[Piece]:
        """Return what was held back until the end of an LLM call, or of the reply."""
        return self._joined() + self._given(self._sanitizer.end())

    def _joined(self) -> list[Piece]:
        """Add the deltas that were held until it is known how they join."""
        held = self._joints.finish()
        return self._token(held) if held else []

    def _token(self, text: str, *, plain: bool = False) -> list[Piece]:
        """Add a text that may hold machinery. `plain`: the body is in no format."""
        self._written_length += len(text)
        if self._written_length > MAX_WRITTEN:
            return self._too_long()
        return self._given(self._sanitizer.feed(text, first=not (self._length or plain), plain=plain))

    def _given(self, written: list[Written], *, strict: bool = False) -> list[Piece]:
        """Add what the sanitizer gives out: words, and objects in place of words or among them."""
        pieces: list[Piece] = []
        for part in written:
            if isinstance(part, dict):
                # What was written of the object was not said: only its words will be.
                self._repeats = Repeats()
                self._repeats.note("".join(self._said))
                pieces += self.whole(part, strict=strict, among_words=True)
                self._behind_object = True
            else:
                glued = self._behind_object and self._said and part[0].isalnum() and not self._said[-1][-1].isspace()
                pieces += self._speak(f" {part}" if glued else part)
                self._behind_object = False
        if self.unspoken.broken and not self._told_broken:
            self._told_broken = True
            pieces.append(Failure("bad_record"))
        return pieces

    def _too_long(self) -> list[Piece]:
        over, self.over = self.over, True
        return [] if over else [Failure("too_long")]

    def _speak(self, text: str) -> list[Piece]:
        if not text or self.over:
            return []
        if self._length + len(text) > MAX_REPLY_TEXT:
            return self._too_long()
        self._said.append(text)
        self._length += len(text)
        self.audible = self.audible or not text.isspace()
        self._unpaused = True
        return [Delta(text)]


def _alike(text: str, said: str) -> bool:
    """Return whether a whole answer was said already, perhaps written a little differently."""
    alike = next(
        (at for at, (one, other) in enumerate(zip(text, said, strict=False)) if one != other), min(len(text), len(said))
    )
    framed = said in text and 3 * len(said) >= 2 * len(text)
    return text in said or framed or alike * 2 >= min(len(text), len(said)) > 0
