"""Turn the JSON values of a reply into pieces: n8n's records, OpenAI's chunks, other agents' records, plain answers.

What a record is, `record_types` decides; where its words stand, `text_fields`. A reply that said nothing although there
were words has a fault of its own: `not_understood`, `acknowledged`, and those of `Unspoken.reason`.
"""

from __future__ import annotations

import functools
from typing import Any

from ivr.webhook.formats.parts import Failure, Piece
from ivr.webhook.formats.record_types import RecordType, event_type, record_type
from ivr.webhook.formats.reply_text import MAX_REPLY_TEXT, ReplyText
from ivr.webhook.formats.text_fields import find_text, has_letters, reports_failure, said_by_another, text_of
from ivr.webhook.sanitize.leftovers import ACKNOWLEDGEMENTS

_RESPONDING_NODES = ("respond to webhook", "respondtowebhook")
_DELTA_KEYS = ("candidates", "choices", "chunk", "delta", "token")


_MOST_LISTED = 1000
"""Records of one list within an event."""
MAX_PARTS = 100_000
"""Values and lines of one reply: five for each character that can be said."""


class Records:
    """Read the JSON values of one reply, in order. `over` once nothing more of it will be spoken."""

    def __init__(self, agent_node: str | None = None) -> None:
        self._agent_node = agent_node
        self._text = ReplyText()
        self._index: object = None
        self._other_node: list[str] = []
        self._other_origin: tuple[str, object] = ("", None)
        self._unread = False
        self._listed = False
        self._turns: list[str] = []
        self._count = 0

    @property
    def audible(self) -> bool:
        """Return whether something that is not blank was said."""
        return self._text.audible

    @property
    def over(self) -> bool:
        """Return whether the reply is longer than a telephone can say, or in too many parts."""
        return self._text.over or self._count > MAX_PARTS

    def count(self) -> list[Piece]:
        """Count one more part of the body: a value, a line. Return the fault of the part that is too many."""
        self._count += 1
        return [Failure("too_long")] if self._count == MAX_PARTS + 1 else []

    def take(self, value: Any, event: str = "") -> list[Piece]:
        """Return the pieces of one JSON value: a record, a list of them, or a string. Other scalars say nothing.

        `event`: the name of the server-sent event it came in.
        """
        match value:
            case dict():
                return self._record(value, event)
            case str():
                return self.words(value, event)
            # LangGraph writes the name of several streams at once before each value.
            case [str() as name, dict() | list() as inner] if event_type(name) is not RecordType.UNKNOWN and not event:
                return self.take(inner, name)
            case list():
                return self._list(value, event)
        return []

    def take_listed(self, value: Any, place: int, event: str = "") -> list[Piece]:
        """Return the pieces of one element of a list of records. `place`: of the element, 0 the first."""
        self._listed = self._listed and place > 0
        if isinstance(value, str):
            return self.words(value, event)
        if not isinstance(value, dict):
            self.note_unread(value)
            return []
        # A list of a conversation's turns ends with the answer.
        if "role" in value and "content" in value:
            found = None if said_by_another(value) else find_text(value)
            self._turns = (
                [] if found is None and said_by_another(value) else self._turns + ([found[1]] if found else [])
            )
            return self._text.ask(value)
        # Of several `output` the first one is the answer.
        untyped = not isinstance(value.get("type"), str)
        if self._listed and untyped and isinstance(value.get("output"), (str, dict)):
            return self._text.whole(value, strict=True)
        # Several records at once are several messages, but not the deltas of a model.
        self._text.separate(self._listed and untyped and not any(key in value for key in _DELTA_KEYS))
        pieces = self._record(value, event)
        self._text.separate(False)
        self._listed = self._listed or bool(pieces)
        return pieces

    def literal(self, text: str) -> list[Piece]:
        """Return the pieces of text that is spoken as it is."""
        return self._text.literal(text)

    def words(self, text: str, event: str = "") -> list[Piece]:
        """Return the pieces of a string that is a delta, unless the name of its event forbids it."""
        match event_type(event):
            case RecordType.WORDS | RecordType.SNAPSHOT:
                return self._text.delta(text)
            # `event: done` with `data: done` names its end twice and holds no answer.
            case RecordType.WHOLE if text.strip() and event_type(text.strip()) is RecordType.WORDS:
                return self._text.rest_of(text)
            case RecordType.TOOL:
                return self._text.pause()
            case RecordType.ERROR:
                return [Failure("agent_error")]
        return []

    def note_unread(self, value: Any) -> None:
        """Note a part of the body that is in none of the formats."""
        self._unread = self._unread or has_letters(value)

    def finish(self) -> list[Piece]:
        """Return what was held back until the reply's end, and why there is nothing."""
        pieces = self._text.rest_of("\n".join(self._turns)) if self._turns else []
        pieces += self._text.finish()
        # The configured node never spoke, so it was renamed: the last other node's words are spoken, with a fault.
        if self._other_node and not self._text.audible:
            other, self._other_node = "".join(self._other_node), []
            pieces += [Failure("agent_node_missing"), *self._text.whole_or_words(other, strict=True)]
        if self._text.audible or self._text.asked.any:
            return pieces
        if reason := self._text.unspoken.reason:
            return [*pieces, Failure(reason)]
        return [*pieces, Failure("not_understood")] if self._unread else pieces

    def _list(self, values: list[Any], event: str) -> list[Piece]:
        if values and all(isinstance(value, str) for value in values):
            return self._text.delta(text_of(values))
        return [
            piece
            for place, value in enumerate(values[:_MOST_LISTED])
            for piece in self.take_listed(value, place, event)
        ]

    def _record(self, record: dict[str, Any], event: str) -> list[Piece]:
        match record.get("type"):
            case "item":
                return self._item(record)
            case "begin":
                return []
            # n8n writes `begin`, `item`..., `end` once per LLM call: `end` is a pause, and not the end of the reply.
            case "end":
                ended = self._text.pause() if self._is_spoken(*_origin(record)) else []
                return ended + self._text.ask(record)
        if isinstance(record.get("choices"), list):
            return self._choices(record["choices"]) + self._text.ask(record)
        if isinstance(record.get("candidates"), list):
            return self._text.delta(text_of(record["candidates"][:1]), "candidates") + self._text.ask(record)
        return self._typed(record, record_type(record, event))

    def _typed(self, record: dict[str, Any], kind: RecordType) -> list[Piece]:
        """Return the pieces of a record that only its type tells apart."""
        if kind is RecordType.TOOL:
            return self._text.pause()
        if kind is RecordType.ERROR:
            # The workflow may go on after an error.
            return [Failure("agent_error")]
        if kind > RecordType.WHOLE:
            if kind is RecordType.UNKNOWN:
                self.note_unread(record)
            return self._text.ask(record)
        if said_by_another(record):
            return []
        # n8n's webhook node that is not set to stream, and its like.
        message = record.get("message")
        if len(record) == 1 and isinstance(message, str) and message in ACKNOWLEDGEMENTS:
            return [Failure("acknowledged")]
        if (found := find_text(record)) is None:
            asked = self._text.ask(record)
            if reports_failure(record):
                return [*asked, Failure("agent_error")]
            self.note_unread(record)
            return asked
        key, text = found
        if kind is RecordType.SNAPSHOT:
            new = self._text.so_far(record.get("id"), text)
        elif kind is RecordType.WHOLE or key == "messages":
            new = self._text.rest_of(text)
        else:
            new = self._text.delta(text, key)
        return new + self._text.ask(record)

    def _item(self, record: dict[str, Any]) -> list[Piece]:
        """Return the pieces of n8n's `item`, which carries its node's name and the index of its input item."""
        node, index = origin = _origin(record)
        content = record.get("content")
        if isinstance(content, dict):
            return self._text.whole(content, strict=True)
        if not isinstance(content, str):
            return [] if content is None else [Failure("bad_record")]
        if _responds(node):
            # The Respond-to-Webhook node repeats the whole answer as a JSON string: it counts only for what was not
            # streamed before, and for what it asks. Its plain text counts only when no other node spoke.
            if self._text.audible and content.lstrip()[:1] not in ("{", "["):
                return []
            return self._text.whole_or_words(content, strict=True)
        if not self._is_agent(node):
            if node != self._other_origin[0]:
                self._other_node, self._other_origin = [], origin
            if origin == self._other_origin and sum(map(len, self._other_node)) + len(content) <= MAX_REPLY_TEXT:
                self._other_node.append(content)
            return []
        # Two indexes that stream at once are two answers to two inputs: the first index with words is spoken.
        if self._index is None and content.strip():
            self._index = index
        return self._text.delta(content, "item") if index == self._index else []

    def _is_agent(self, node: str) -> bool:
        return self._agent_node is None or node in ("", self._agent_node)

    def _is_spoken(self, node: str, index: object) -> bool:
        """Return whether records of this node and input item belong to the conversation that is spoken."""
        return not _responds(node) and self._is_agent(node) and self._index in (None, index)

    def _choices(self, choices: list[Any]) -> list[Piece]:
        """Return the pieces of OpenAI's first choice: its delta, message or text, never its `reasoning`."""
        choice = next((c for c in choices if isinstance(c, dict) and c.get("index", 0) == 0), None)
        if choice is None:
            return []
        key, spoken = next(
            ((key, choice[key]) for key in ("delta", "message") if isinstance(choice.get(key), dict)), ("text", choice)
        )
        content = spoken.get("content") or spoken.get("text") or spoken.get("refusal")
        text = content if isinstance(content, str) else text_of(content)
        pieces = [] if said_by_another(spoken) else self._text.delta(text, key)
        return pieces + (self._text.pause() if choice.get("finish_reason") == "tool_calls" else [])


@functools.lru_cache(256)
def _responds(node: str) -> bool:
    """Return whether a node is n8n's Respond-to-Webhook node."""
    return node.strip().lower() in _RESPONDING_NODES


def _origin(record: dict[str, Any]) -> tuple[str, object]:
    """Return the node and the input item a record belongs to; `("", 0)` where it does not say."""
    metadata = record.get("metadata")
    if not isinstance(metadata, dict):
        return "", 0
    node, index = metadata.get("nodeName"), metadata.get("itemIndex")
    return node if isinstance(node, str) else "", index if isinstance(index, int) else 0
