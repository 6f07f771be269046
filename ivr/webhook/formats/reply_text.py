"""Remember what one reply has said so far, and decide what of a text is new. Every word to be spoken passes here, once.

Formats repeat: a last record holds the whole answer, n8n's Respond-to-Webhook node says it a second time, a state holds
all messages. A text that begins with all that was said is continued; one that was said is not said again.
"""

from __future__ import annotations

import json
from typing import Any

from ivr.webhook.formats.actions import actions_of
from ivr.webhook.formats.parts import Delta, Failure, Pause, Piece
from ivr.webhook.formats.reasoning import ReasoningFilter, without_thoughts
from ivr.webhook.formats.sanitize import Sanitizer, sanitized
from ivr.webhook.formats.text_fields import find_text

MAX_REPLY_TEXT = 20_000
"""Characters of one reply, over half an hour of speech. A longer text was not meant for a telephone."""
SHORTEST_REPEAT = 16
"""Characters from which a text may be a repetition. A shorter text is a token: `"very "` twice is said twice."""

NOT_JSON: Any = object()
"""What `json_text` returns for a text that is not one JSON value."""


def json_text(text: str) -> Any:
    """Return the JSON value of a text, or `NOT_JSON`, also where values are nested too deep to be read."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return NOT_JSON


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
        self._said: list[str] = []
        self._length = 0
        self._key = ""
        self._unpaused = False
        self._run_started = True
        self._held: list[str] | None = None
        self._held_length = 0
        self._snapshot: tuple[object, str] = (None, "")

    def literal(self, text: str) -> list[Piece]:
        """Add words that are spoken as they are."""
        return self._speak(self._thoughts.feed(self._sanitizer.feed(text)))

    def token(self, text: str) -> list[Piece]:
        """Add some more of what an LLM writes: words, or an object."""
        return self._written(self._thoughts.feed(self._sanitizer.feed(text), first=not self._length))

    def keyed(self, key: str, text: str) -> list[Piece]:
        """Add words that stood under a key of a record, as far as they are new."""
        known = self._key or key
        # A stream of records uses one key, and its records are shorter than what came before them.
        if key == known and (self._length < SHORTEST_REPEAT or len(text) < self._length):
            self._key = known
            return self.token(text)
        # `output` after words under another key is the whole answer.
        if key == "output" != known:
            return self.rest_of(text, strict=True)
        if len(text) < SHORTEST_REPEAT and text.strip() != "".join(self._said).strip():
            return self.token(text)
        return self.rest_of(text, strict=False)

    def so_far(self, message: object, text: str) -> list[Piece]:
        """Add all words of one message so far, as far as they are new."""
        before = self._snapshot[1] if message == self._snapshot[0] else ""
        self._snapshot = message, text
        return self.token(text[len(before) :]) if text.startswith(before) else []

    def rest_of(self, text: str, *, strict: bool) -> list[Piece]:
        """Add what of a whole answer was not said. `strict`: after other words only their continuation is new."""
        clean = without_thoughts(sanitized(text)).strip()
        self.thought = self.thought or (not clean and bool(text.strip()))
        said = "".join(self._said)
        if clean.startswith(said.strip()):
            rest = clean[len(said.strip()) :]
            return self._speak(rest.lstrip() if said[-1:].isspace() else rest)
        if strict or "".join(clean.split()) in "".join(said.split()):
            return []
        return self._speak(clean)

    def whole(self, record: dict[str, Any], *, strict: bool) -> list[Piece]:
        """Add a complete answer: what of it was not said yet, and what it asks for."""
        found = find_text(record)
        return (self.rest_of(found[1], strict=strict) if found else []) + self.ask(record)

    def whole_or_words(self, text: str, *, strict: bool) -> list[Piece]:
        """Add a text that is an answer's JSON, or just words."""
        bare = text.strip()
        # A model may put its object into a Markdown code fence.
        value = json_text(bare.strip("`").removeprefix("json") if bare.startswith("```") else bare)
        if isinstance(value, list):
            value = next((part for part in value if isinstance(part, dict)), None)
        match value:
            case dict():
                return self.whole(value, strict=strict)
            case str():
                return self.rest_of(value, strict=strict)
            case None | bool():
                return []
        return [Failure("bad_record")] if bare.startswith('{"') else self._speak(text)

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
        # A pause comes only after words: an LLM call that just chose a tool leaves nothing to flush.
        unpaused, self._unpaused = self._unpaused, False
        return [*pieces, Pause()] if unpaused else pieces

    def finish(self) -> list[Piece]:
        """Return what was held back until the end of an LLM call, or of the reply."""
        self.thought = self.thought or self._thoughts.seen
        return self._written(self._thoughts.end()) + self._released()

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
            self._run_started = False
            if text.lstrip()[0] in "{`":
                self._held, self._held_length = [], 0
        if self._held is None:
            return self._speak(text)
        self._held.append(text)
        self._held_length += len(text)
        return self._released() if self._held_length > MAX_REPLY_TEXT else []

    def _released(self) -> list[Piece]:
        if self._held is None:
            return []
        held, self._held = "".join(self._held), None
        return self.whole_or_words(held, strict=False)
