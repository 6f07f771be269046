"""JSON values of a reply -> pieces. Knows n8n's records, OpenAI's chunks, everybody's events and plain answers.

The story of the rules (reference: n8n's webhook stream):

- n8n writes `begin`, `item`..., `end` once per LLM call, so a reply with tools has several; `end` is a pause, not the
  end. Items carry the node's name and the index of the input item they answer.
- One conversation is spoken: the items of one node (the configured one, else any that does not merely respond) and of
  the first item index that says something. Two indexes streaming at once are two answers to two inputs.
- The Respond-to-Webhook node repeats the whole answer as a JSON string inside an item: it counts only for what was not
  streamed before, and may close. An agent may stream such an object too: a run that begins with `{` or a code fence is
  held to its end, and read out unless it repeats what was said.
- A configured node that never speaks was renamed: what the last other node said is spoken at the end, with a fault.
- Other records say what they are (`ivr.webhook.formats.record_types`); where their words stand is one rule
  (`ivr.webhook.formats.text_fields`).
- `error` records are in-band and the workflow may go on; unknown types are somebody's future, not ours.
- A reply that said nothing although there were words has a fault of its own: `not_understood`, `only_thoughts` where a
  model only thought aloud, `respond_immediately` where n8n's webhook node does not wait for its workflow.
"""

from __future__ import annotations

from typing import Any

from ivr.webhook.formats.parts import Failure, Piece
from ivr.webhook.formats.record_types import RecordType, kind_of, kind_of_event
from ivr.webhook.formats.reply_text import MAX_TEXT, ReplyText
from ivr.webhook.formats.text_fields import failing, has_letters, told, words_of

_RESPONDERS = ("respond to webhook", "respondtowebhook")
_STARTED = {"message": "Workflow was started"}


class Records:
    """The JSON values of one reply, in order. `over` once nothing more of it will be spoken."""

    def __init__(self, agent_node: str | None = None) -> None:
        self._agent_node = agent_node
        self._saying = ReplyText()
        self._index: object = None
        self._aside: list[str] = []
        self._aside_of: tuple[str, object] = ("", None)
        self._unread = False

    @property
    def over(self) -> bool:
        """More was said than a telephone can say."""
        return self._saying.over

    def take(self, value: Any, event: str = "") -> list[Piece]:
        """The pieces of one JSON value: a record, a list of them, or a string to say. Other scalars say nothing.

        `event`: the name of the server-sent event it came in.
        """
        match value:
            case dict():
                return self._record(value, event)
            case str():
                return self.say(value, event)
            case list():
                return self._list(value, event)
        return []

    def say(self, text: str, event: str = "") -> list[Piece]:
        """Words to be spoken as they are, if the name of their event does not say otherwise."""
        match kind_of_event(event):
            case RecordType.WORDS | RecordType.SNAPSHOT:
                return self._saying.say(text)
            case RecordType.WHOLE if text.strip() and kind_of_event(text.strip()) is RecordType.WORDS:
                return self._saying.rest_of(text, strict=False)
            case RecordType.TOOL:
                return self._saying.pause()
            case RecordType.ERROR:
                return [Failure("agent_error")]
        return []

    def unread(self, text: str) -> None:
        """Something of the body that is in none of the formats."""
        self._unread = self._unread or has_letters(text)

    def finish(self) -> list[Piece]:
        """What was held back until the reply's end, and why there is nothing."""
        pieces = self._saying.finish()
        if self._aside and not self._saying.audible:
            aside, self._aside = "".join(self._aside), []
            pieces += [Failure("agent_node_missing"), *self._saying.whole_or_words(aside, strict=True)]
        if self._saying.audible or self._saying.asked:
            return pieces
        if self._saying.thought:
            return [*pieces, Failure("only_thoughts")]
        return [*pieces, Failure("not_understood")] if self._unread else pieces

    def _list(self, values: list[Any], event: str) -> list[Piece]:
        """Several records at once are several messages; of several `output` the first one is the answer."""
        pieces: list[Piece] = []
        for value in values:
            if isinstance(value, dict):
                second = bool(pieces) and not isinstance(value.get("type"), str)
                if second and isinstance(value.get("output"), (str, dict)):
                    pieces += self._saying.whole(value, strict=True)
                    continue
                new = self._record(value, event)
                pieces += [*self._saying.say("\n"), *new] if second and new else new
            elif isinstance(value, str):
                self.unread(value)
        return pieces

    def _record(self, record: dict[str, Any], event: str) -> list[Piece]:
        match record.get("type"):
            case "item":
                return self._item(record)
            case "begin":
                if self._is_spoken(*_origin(record)):
                    self._saying.begin()
                return []
            case "end":
                ended = self._saying.pause() if self._is_spoken(*_origin(record)) else []
                return ended + self._saying.wish(record)
        if isinstance(record.get("choices"), list):
            return self._choices(record["choices"]) + self._saying.wish(record)
        if isinstance(record.get("candidates"), list):
            return self._saying.told("candidates", words_of(record["candidates"][:1])) + self._saying.wish(record)
        return self._answer(record, kind_of(record, event))

    def _answer(self, record: dict[str, Any], kind: RecordType) -> list[Piece]:
        """Any other record, as its kind says."""
        if kind is RecordType.TOOL:
            return self._saying.pause()
        if kind is RecordType.ERROR:
            return [Failure("agent_error")]
        if kind > RecordType.WHOLE:
            if kind is RecordType.UNKNOWN:
                self._unread = self._unread or has_letters(record)
            return self._saying.wish(record)
        if record == _STARTED:
            return [Failure("respond_immediately")]
        if (found := told(record)) is None:
            return self._wordless(record)
        return self._words(*found, record, kind) + self._saying.wish(record)

    def _words(self, key: str, text: str, record: dict[str, Any], kind: RecordType) -> list[Piece]:
        if kind is RecordType.SNAPSHOT:
            return self._saying.so_far(record.get("id"), text)
        if kind is RecordType.WHOLE or key == "messages":
            return self._saying.rest_of(text, strict=True)
        return self._saying.told(key, text)

    def _wordless(self, record: dict[str, Any]) -> list[Piece]:
        asked = self._saying.wish(record)
        if failing(record):
            return [*asked, Failure("agent_error")]
        self._unread = self._unread or has_letters(record)
        return asked

    def _item(self, record: dict[str, Any]) -> list[Piece]:
        node, index = _origin(record)
        content = record.get("content")
        if isinstance(content, dict):
            return self._saying.whole(content, strict=True)
        if not isinstance(content, str):
            return [] if content is None else [Failure("bad_record")]
        if node.strip().lower() in _RESPONDERS:
            return self._repeated(content)
        if not self._is_agent(node):
            return self._set_aside(content, (node, index))
        if self._index is None and content.strip():
            self._index = index
        return self._saying.token(content) if index == self._index else []

    def _repeated(self, content: str) -> list[Piece]:
        """What a responding node says: the whole answer, mostly a second time."""
        if self._saying.audible and content.lstrip()[:1] not in ("{", "["):
            return []
        return self._saying.whole_or_words(content, strict=True)

    def _is_agent(self, node: str) -> bool:
        return self._agent_node is None or node in ("", self._agent_node)

    def _is_spoken(self, node: str, index: object) -> bool:
        """Whether records of this origin are those of the conversation that is spoken."""
        responds = node.strip().lower() in _RESPONDERS
        return not responds and self._is_agent(node) and self._index in (None, index)

    def _set_aside(self, content: str, origin: tuple[str, object]) -> list[Piece]:
        if origin[0] != self._aside_of[0]:
            self._aside, self._aside_of = [], origin
        if origin == self._aside_of and sum(map(len, self._aside)) + len(content) <= MAX_TEXT:
            self._aside.append(content)
        return []

    def _choices(self, choices: list[Any]) -> list[Piece]:
        """OpenAI: the first choice's delta, message or text. `reasoning` and `reasoning_content` are not read."""
        choice = next((c for c in choices if isinstance(c, dict) and c.get("index", 0) == 0), None)
        if choice is None:
            return []
        spoken = next((choice[key] for key in ("delta", "message") if isinstance(choice.get(key), dict)), choice)
        pieces = self._saying.token(words_of(spoken.get("content") or spoken.get("text") or spoken.get("refusal")))
        return pieces + (self._saying.pause() if choice.get("finish_reason") == "tool_calls" else [])


def _origin(record: dict[str, Any]) -> tuple[str, object]:
    """The node and the input item a record belongs to; `("", 0)` where it does not say."""
    metadata = record.get("metadata")
    if not isinstance(metadata, dict):
        return "", 0
    node, index = metadata.get("nodeName"), metadata.get("itemIndex")
    return node if isinstance(node, str) else "", index if isinstance(index, int) else 0
