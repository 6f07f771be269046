"""What one reply has said so far, and what of a text is new. Every word to be spoken passes here, once.

Formats repeat: a last record holds the whole answer, n8n's Respond-to-Webhook node says it a second time, a state holds
all messages. A text that begins with all that was said is continued; one that was said is not said again. Tokens are
never compared: `"very "` twice is said twice.

An LLM call that begins with `{` or a code fence writes an object, not words: it is held to its end and read then.
"""

from __future__ import annotations

import json
from typing import Any

from ivr.webhook.formats.actions import wishes
from ivr.webhook.formats.parts import Delta, Failure, Pause, Piece
from ivr.webhook.formats.reasoning import ReasoningFilter, without_thoughts
from ivr.webhook.formats.sanitize import Sanitizer, speakable_whole
from ivr.webhook.formats.text_fields import told

MAX_TEXT = 20_000
"""Characters of one reply, over half an hour of speech. What is longer was not meant for a telephone."""
REPEAT = 16
"""Characters from which on a text may be a repetition: a shorter one is a token."""

NOT_JSON: Any = object()
"""What `json_text` returns for a text that is not one JSON value."""


def json_text(text: str) -> Any:
    """The JSON value of a text, or `NOT_JSON`; nesting without end is not JSON either."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return NOT_JSON


class ReplyText:
    """The words of one reply, in order. `over` once nothing more of it will be spoken."""

    def __init__(self) -> None:
        self.over = False
        self.audible = False
        """Something that is not blank was said."""
        self.asked: set[type[Piece]] = set()
        """What the agent wants done after its words."""
        self.thought = False
        """Something was a thought, and not said."""
        self._wording = Sanitizer()
        self._thoughts = ReasoningFilter()
        self._said: list[str] = []
        self._length = 0
        self._key = ""
        self._unpaused = False
        self._run_started = True
        self._held: list[str] | None = None
        self._held_length = 0
        self._snapshot: tuple[object, str] = (None, "")

    def say(self, text: str) -> list[Piece]:
        """Words to be spoken as they are."""
        return self._speak(self._thoughts.feed(self._wording.feed(text)))

    def token(self, text: str) -> list[Piece]:
        """Some more of what an LLM writes: words, or an object."""
        return self._written(self._thoughts.feed(self._wording.feed(text), first=not self._length))

    def told(self, key: str, text: str) -> list[Piece]:
        """Words that stood under a key of a record: new ones, unless they repeat what was said."""
        known = self._key or key
        if key == known and (self._length < REPEAT or len(text) < self._length):
            self._key = known
            return self.token(text)
        if key == "output" != known:
            return self.rest_of(text, strict=True)
        if len(text) < REPEAT and text.strip() != "".join(self._said).strip():
            return self.token(text)
        return self.rest_of(text, strict=False)

    def so_far(self, message: object, text: str) -> list[Piece]:
        """All words of one message so far."""
        before = self._snapshot[1] if message == self._snapshot[0] else ""
        self._snapshot = message, text
        return self.token(text[len(before) :]) if text.startswith(before) else []

    def rest_of(self, text: str, *, strict: bool) -> list[Piece]:
        """What of a whole answer was not said. `strict`: after other words only their continuation is new."""
        clean = without_thoughts(speakable_whole(text)).strip()
        self.thought = self.thought or (not clean and bool(text.strip()))
        said = "".join(self._said)
        if clean.startswith(said.strip()):
            rest = clean[len(said.strip()) :]
            return self._speak(rest.lstrip() if said[-1:].isspace() else rest)
        if strict or "".join(clean.split()) in "".join(said.split()):
            return []
        return self._speak(clean)

    def whole(self, record: dict[str, Any], *, strict: bool) -> list[Piece]:
        """A complete answer: what of it was not said yet, and what comes after."""
        found = told(record)
        return (self.rest_of(found[1], strict=strict) if found else []) + self.wish(record)

    def whole_or_words(self, text: str, *, strict: bool) -> list[Piece]:
        """A text that is an answer's JSON, or just words."""
        value = json_text(_unfenced(text))
        if isinstance(value, list):
            value = next((part for part in value if isinstance(part, dict)), None)
        match value:
            case dict():
                return self.whole(value, strict=strict)
            case str():
                return self.rest_of(value, strict=strict)
            case None | bool():
                return []
        return [Failure("bad_record")] if text.lstrip().startswith('{"') else self._speak(text)

    def wish(self, record: dict[str, Any]) -> list[Piece]:
        """What the agent wants done after its words; each is asked once."""
        new = [piece for piece in wishes(record) if type(piece) not in self.asked]
        self.asked.update(map(type, new))
        return new

    def begin(self) -> None:
        """An LLM call begins."""
        self._run_started = True

    def pause(self) -> list[Piece]:
        """An LLM call is over. A pause only after words: one that just chose a tool leaves nothing to flush."""
        pieces = self.finish()
        self._run_started = True
        unpaused, self._unpaused = self._unpaused, False
        return [*pieces, Pause()] if unpaused else pieces

    def finish(self) -> list[Piece]:
        """What was held back until the end of an LLM call, or of the reply."""
        self.thought = self.thought or self._thoughts.seen
        return self._written(self._thoughts.end()) + self._released()

    def _speak(self, text: str) -> list[Piece]:
        if not text or self.over:
            return []
        if self._length + len(text) > MAX_TEXT:
            self.over = True
            return [Failure("too_long")]
        self._said.append(text)
        self._length += len(text)
        self.audible = self.audible or not text.isspace()
        self._unpaused = True
        return [Delta(text)]

    def _written(self, text: str) -> list[Piece]:
        if self._held is None and self._run_started and text.strip():
            self._run_started = False
            if text.lstrip()[0] in "{`":
                self._held, self._held_length = [], 0
        if self._held is None:
            return self._speak(text)
        self._held.append(text)
        self._held_length += len(text)
        return self._released() if self._held_length > MAX_TEXT else []

    def _released(self) -> list[Piece]:
        if self._held is None:
            return []
        held, self._held = "".join(self._held), None
        return self.whole_or_words(held, strict=False)


def _unfenced(text: str) -> str:
    """The text without a Markdown code fence around it."""
    text = text.strip()
    return text.strip("`").removeprefix("json") if text.startswith("```") else text
