"""Remember what one reply has said so far. Every word to be spoken passes here, once.

Formats repeat: a last record holds the whole answer, n8n's Respond-to-Webhook node says it a second time, a state holds
all messages, some agents send the text so far. What of a delta is new, and how it joins the words before it, `deltas`
decides by content.
"""

from __future__ import annotations

import re
from typing import Any, Final

from ivr.webhook.formats.actions import actions_of
from ivr.webhook.formats.deltas import Joints, Repeats, letters_of
from ivr.webhook.formats.json_values import JsonValue, StrayText, ValueScanner, json_text
from ivr.webhook.formats.parts import Delta, Failure, Pause, Piece
from ivr.webhook.formats.reasoning import ReasoningFilter, without_thoughts
from ivr.webhook.formats.sanitize import Sanitizer, sanitized
from ivr.webhook.formats.text_fields import find_text

MAX_REPLY_TEXT = 20_000
"""Characters of one reply, over half an hour of speech. A longer text was not meant for a telephone."""
_OBJECT: Final = re.compile(r"\s*(?:`|[\"\[\s]*\{)")
"""How an object begins: bare, in a list, in a string, in a Markdown code fence."""
_PERHAPS_OBJECT: Final = re.compile(r"[\s\"\[]*")
_CODE_FENCE: Final = re.compile(r"\A```\w*|```\Z")
_END_MARKS: Final = ("[DONE]", "[END]")
"""What some agents send as their last words."""
_STRINGS_IN_STRINGS: Final = 4
"""JSON values within strings of each other."""


class ReplyText:
    """Hold the words of one reply, in order. `over` once nothing more of it will be spoken."""

    def __init__(self) -> None:
        self.over = False
        self.audible = False
        """Whether something that is not blank was said."""
        self.actions: set[type[Piece]] = set()
        """What the agent asked for beside its words."""
        self.thought = False
        """Whether something was a thought, and not said."""
        self._sanitizer = Sanitizer()
        self._thoughts = ReasoningFilter()
        self._repeats = Repeats()
        self._joints = Joints()
        self._said: list[str] = []
        self._length = 0
        self._unpaused = False
        self._run_started = True
        self._held: list[str] | None = None
        self._held_length = 0
        self._snapshot: tuple[object, str] = (None, "")

    def literal(self, text: str) -> list[Piece]:
        """Add words that are spoken as they are."""
        return self._speak(self._thoughts.feed(self._sanitizer.feed(text)))

    def delta(self, text: str, key: str = "") -> list[Piece]:
        """Add some more words, as far as they are new. `key`: where they stood in their record."""
        if text.strip() in _END_MARKS:
            return []
        new = self._repeats.new(text, key)
        self._repeats.note(new)
        return self._token(self._joints.add(new))

    def separate(self, apart: bool) -> None:
        """Begin a new message with the next delta, or not."""
        self._joints.separate(apart)

    def so_far(self, message: object, text: str) -> list[Piece]:
        """Add all words of one message so far, as far as they are new."""
        before = self._snapshot[1] if message == self._snapshot[0] else ""
        self._snapshot = message, text
        return self.delta(text[len(before) :]) if text.startswith(before) else []

    def rest_of(self, text: str, *, strict: bool = False) -> list[Piece]:
        """Add a text that is a whole answer: what of it was not said yet.

        `strict`: there is one answer, so a text that differs from what was said is not said.
        """
        if text.strip() in _END_MARKS:
            return []
        pieces, new = self._token(self._joints.finish()), self._repeats.new(text, "whole")
        clean, said = without_thoughts(sanitized(new)), "".join(self._said)
        self.thought = self.thought or (not clean.strip() and bool(new.strip()))
        if new == text:
            clean = clean.lstrip()
            if clean.startswith(said.strip()):
                rest = clean[len(said.strip()) :]
                clean = rest.lstrip() if said[-1:].isspace() else rest
            elif strict or _alike(letters_of(clean), letters_of(said)):
                return pieces
        if clean.strip():
            self._repeats.begin_segment()
            self._repeats.note(new)
        return pieces + self._speak(clean)

    def whole(self, record: dict[str, Any], *, strict: bool = False, depth: int = _STRINGS_IN_STRINGS) -> list[Piece]:
        """Add a complete answer: what of it was not said yet, and what it asks for."""
        found = find_text(record)
        if found is None:
            return self.ask(record)
        text = found[1]
        if not _OBJECT.match(text):
            return self.rest_of(text, strict=strict) + self.ask(record)
        inner = self.whole_or_words(text, strict=strict, depth=depth - 1) if depth else [Failure("bad_record")]
        return inner + self.ask(record)

    def whole_or_words(self, text: str, *, strict: bool = False, depth: int = _STRINGS_IN_STRINGS) -> list[Piece]:
        """Add a text that is an answer's JSON, also within further strings, or just words."""
        # A model may put its object into a Markdown code fence.
        bare = _CODE_FENCE.sub("", text.strip()).strip()
        value = json_text(bare)
        if isinstance(value, list):
            value = next((part for part in value if isinstance(part, dict)), None)
        match value:
            case dict():
                return self.whole(value, strict=strict, depth=depth)
            case str() if depth and _OBJECT.match(value):
                return self.whole_or_words(value, strict=strict, depth=depth - 1)
            case str():
                return self.rest_of(value, strict=strict)
            case None | bool():
                return []
        # An object may be followed by the words that it announces.
        items = list(ValueScanner(lambda: True).feed(bare)) if bare.startswith("{") else []
        if not items or not isinstance(items[0], JsonValue):
            return [Failure("bad_record")] if bare.startswith('{"') else self._speak(text)
        values = [item.value for item in items if isinstance(item, JsonValue) and isinstance(item.value, dict)]
        pieces = [piece for value in values for piece in self.whole(value, strict=strict, depth=depth)]
        return pieces + self.rest_of("".join(item.text for item in items if isinstance(item, StrayText)), strict=strict)

    def ask(self, record: dict[str, Any]) -> list[Piece]:
        """Return what a record asks for beside its words. Each action is asked for once in a reply."""
        new = [piece for piece in actions_of(record) if type(piece) not in self.actions]
        self.actions.update(map(type, new))
        return new

    def begin(self) -> None:
        """Begin an LLM call."""
        self._run_started = True

    def pause(self) -> list[Piece]:
        """End an LLM call."""
        pieces = self.finish()
        self._run_started = True
        self._repeats.begin_segment()
        # A pause comes only after words: an LLM call that just chose a tool leaves nothing to flush.
        unpaused, self._unpaused = self._unpaused, False
        return [*pieces, Pause()] if unpaused else pieces

    def finish(self) -> list[Piece]:
        """Return what was held back until the end of an LLM call, or of the reply."""
        pieces = self._token(self._joints.finish())
        self.thought = self.thought or self._thoughts.seen
        return pieces + self._written(self._thoughts.end()) + self._released()

    def _token(self, text: str) -> list[Piece]:
        return self._written(self._thoughts.feed(self._sanitizer.feed(text), first=not self._length))

    def _speak(self, text: str) -> list[Piece]:
        if not text or self.over:
            return []
        if self._length + len(text) > MAX_REPLY_TEXT:
            self.over = True
            return [Failure("too_long")]
        self._said.append(text)
        self._length += len(text)
        self.audible = self.audible or not text.isspace()
        self._unpaused = True
        return [Delta(text)]

    def _written(self, text: str) -> list[Piece]:
        # An LLM call that begins with `{` or a code fence writes an object: it is held to its end and read then.
        if self._held is None and self._run_started and text.strip():
            self._held, self._held_length = [], 0
        if self._held is None:
            return self._speak(text)
        self._held.append(text)
        self._held_length += len(text)
        if self._run_started:
            begun = "".join(self._held)
            if _PERHAPS_OBJECT.fullmatch(begun):
                return []
            self._run_started = False
            if not _OBJECT.match(begun):
                self._held = None
                return self._speak(begun)
        return self._released() if self._held_length > MAX_REPLY_TEXT else []

    def _released(self) -> list[Piece]:
        if self._held is None:
            return []
        held, self._held = "".join(self._held), None
        # What was held was not said: only its words will be.
        self._repeats = Repeats()
        self._repeats.note("".join(self._said))
        return self.whole_or_words(held)


def _alike(text: str, said: str) -> bool:
    """Return whether a whole answer was said already, perhaps written a little differently."""
    alike = next(
        (at for at, (one, other) in enumerate(zip(text, said, strict=False)) if one != other), min(len(text), len(said))
    )
    return text in said or alike * 2 >= min(len(text), len(said)) > 0
