"""JSON values of a reply -> pieces. Knows n8n's records, OpenAI's chunks and the plain `{"output": ...}` answer.

The story of the rules (reference: n8n's webhook stream):

- n8n writes `begin`, `item`..., `end` once per LLM call, so a reply with tools has several; `end` is a pause, not the
  end. Items carry the node's name and the index of the input item they answer.
- One conversation is spoken: the items of one node (the configured one, else any that does not merely respond) and of
  the first item index that says something. Two indexes streaming at once are two answers to two inputs.
- The Respond-to-Webhook node repeats the whole answer as a JSON string inside an item: it counts only for what was not
  streamed before, and may close. An agent may stream such an object too: a run that begins with `{` or a code fence is
  held to its end, and read out unless it repeats what was said.
- What the agent wants done after its words stands beside them: `is_closing`, `hang_up` or `"action": "hangup"` end the
  call, `"transfer": true` or `"action": "transfer"` hand it to a person, whose number may stand in `to`.
- A configured node that never speaks was renamed: what the last other node said is spoken at the end, with a fault.
- `error` records are in-band and the workflow may go on; unknown types are somebody's future, not ours.
"""

from __future__ import annotations

import json
import re
from typing import Any

from ivr.webhook.pieces import Closing, Delta, Fault, Pause, Piece, Transfer
from ivr.webhook.wording import Wording, speakable_whole

MAX_TEXT = 20_000
"""Characters of one reply, over half an hour of speech. What is longer was not meant for a telephone."""

NOT_JSON: Any = object()
"""What `json_text` returns for a text that is not one JSON value."""

_WHOLE_KEYS = ("output", "text", "response")
_RESPONDERS = ("respond to webhook", "respondtowebhook")
_HANG_UPS = ("hangup", "hang_up", "hang-up")
_FOR_THE_EYE = re.compile(r"[\s().-]")


def _parts(record: dict[str, Any]) -> list[dict[str, Any]]:
    """The answer, and the object that is its text."""
    return [record, *(record[key] for key in _WHOLE_KEYS if isinstance(record.get(key), dict))]


def _says(record: dict[str, Any], *names: str) -> bool:
    return any(record.get(name) in (True, "true") for name in names)


def _closes(record: dict[str, Any]) -> bool:
    """Whether the answer says that the conversation is over."""
    return any(_says(part, "is_closing", "hang_up") or part.get("action") in _HANG_UPS for part in _parts(record))


def _transfer(record: dict[str, Any]) -> Transfer | None:
    """Whether the answer says that a person should take over, and who."""
    for part in _parts(record):
        if _says(part, "transfer") or part.get("action") == "transfer":
            number = part.get("to")
            return Transfer(_FOR_THE_EYE.sub("", number) if isinstance(number, str) else "")
    return None


def _whole_text(record: dict[str, Any]) -> str | None:
    """The answer in `output`, `text` or `response`, one level of nesting allowed; None without such a key."""
    for key in _WHOLE_KEYS:
        value = record.get(key)
        if isinstance(value, dict):
            value = next((value[k] for k in _WHOLE_KEYS if isinstance(value.get(k), str)), None)
        if isinstance(value, str):
            return value
    return None


def json_text(text: str) -> Any:
    """The JSON value of a text, or `NOT_JSON`; nesting without end is not JSON either."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return NOT_JSON


def _unfenced(text: str) -> str:
    """The text without a Markdown code fence around it."""
    text = text.strip()
    return text.strip("`").removeprefix("json") if text.startswith("```") else text


def _content(value: Any) -> str:
    """The words of an OpenAI `content`: a string, or a list of parts with `text`."""
    if isinstance(value, list):
        parts = (part.get("text") for part in value if isinstance(part, dict))
        return "".join(part for part in parts if isinstance(part, str))
    return value if isinstance(value, str) else ""


class Records:
    """The JSON values of one reply, in order. `over` once nothing more of it will be spoken."""

    def __init__(self, agent_node: str | None = None) -> None:
        self.over = False
        self._agent_node = agent_node
        self._wording = Wording()
        self._said: list[str] = []
        self._said_length = 0
        self._audible = False
        self._unpaused = False
        self._asked: set[type[Piece]] = set()
        self._index: object = None
        self._held: list[str] | None = None
        self._held_length = 0
        self._run_started = True
        self._aside: list[str] = []
        self._aside_of: tuple[str, object] = ("", None)

    def take(self, value: Any) -> list[Piece]:
        """The pieces of one JSON value: a record, a list of them, or a string to say. Other scalars say nothing."""
        match value:
            case dict():
                return self._record(value)
            case str():
                return self.say(value)
            case list():
                return [piece for part in value if isinstance(part, dict) for piece in self._record(part)]
        return []

    def say(self, text: str) -> list[Piece]:
        """Words to be spoken as they are."""
        text = self._wording.feed(text)
        if not text or self.over:
            return []
        if self._said_length + len(text) > MAX_TEXT:
            self.over = True
            return [Fault("too_long")]
        self._said.append(text)
        self._said_length += len(text)
        self._audible = self._audible or not text.isspace()
        self._unpaused = True
        return [Delta(text)]

    def finish(self) -> list[Piece]:
        """What was held back until the reply's end."""
        pieces = self._released()
        if self._aside and not self._audible:
            aside, self._aside = "".join(self._aside), []
            pieces += [Fault("agent_node_missing"), *self._whole_or_words(aside, strict=True)]
        return pieces

    def _record(self, record: dict[str, Any]) -> list[Piece]:
        match record.get("type"):
            case "item":
                return self._item(record)
            case "begin":
                self._run_started = self._run_started or self._is_spoken(*_origin(record))
                return []
            case "end":
                return self._end(record)
            case "error":
                return [Fault("agent_error")]
            case str():
                return []
        if isinstance(record.get("choices"), list):
            return self._choices(record["choices"])
        return self._answer(record)

    def _item(self, record: dict[str, Any]) -> list[Piece]:
        node, index = _origin(record)
        content = record.get("content")
        if isinstance(content, dict):
            return self._whole(content, strict=True)
        if not isinstance(content, str):
            return [] if content is None else [Fault("bad_record")]
        if node.strip().lower() in _RESPONDERS:
            return self._repeated(content)
        if not self._is_agent(node):
            return self._set_aside(content, (node, index))
        if self._index is None and content.strip():
            self._index = index
        return self._token(content) if index == self._index else []

    def _repeated(self, content: str) -> list[Piece]:
        """What a responding node says: the whole answer, mostly a second time."""
        if self._audible and content.lstrip()[:1] not in ("{", "["):
            return []
        return self._whole_or_words(content, strict=True)

    def _is_agent(self, node: str) -> bool:
        return self._agent_node is None or node in ("", self._agent_node)

    def _is_spoken(self, node: str, index: object) -> bool:
        """Whether records of this origin are those of the conversation that is spoken."""
        responds = node.strip().lower() in _RESPONDERS
        return not responds and self._is_agent(node) and self._index in (None, index)

    def _token(self, content: str) -> list[Piece]:
        if self._held is None and self._run_started and content.strip():
            self._run_started = False
            if content.lstrip()[0] in "{`":
                self._held, self._held_length = [], 0
        if self._held is None:
            return self.say(content)
        self._held.append(content)
        self._held_length += len(content)
        return self._released() if self._held_length > MAX_TEXT else []

    def _set_aside(self, content: str, origin: tuple[str, object]) -> list[Piece]:
        if origin[0] != self._aside_of[0]:
            self._aside, self._aside_of = [], origin
        if origin == self._aside_of and sum(map(len, self._aside)) + len(content) <= MAX_TEXT:
            self._aside.append(content)
        return []

    def _end(self, record: dict[str, Any]) -> list[Piece]:
        if not self._is_spoken(*_origin(record)):
            return []
        self._run_started = True
        return self._released() + self._pause()

    def _pause(self) -> list[Piece]:
        """Only after words: an LLM call that just chose a tool leaves nothing to flush."""
        unpaused, self._unpaused = self._unpaused, False
        return [Pause()] if unpaused else []

    def _released(self) -> list[Piece]:
        if self._held is None:
            return []
        held, self._held = "".join(self._held), None
        return self._whole_or_words(held, strict=False)

    def _whole_or_words(self, text: str, *, strict: bool) -> list[Piece]:
        value = json_text(_unfenced(text))
        if isinstance(value, list):
            value = next((part for part in value if isinstance(part, dict)), None)
        match value:
            case dict():
                return self._whole(value, strict=strict)
            case str():
                return self._rest_of(value, strict=strict)
            case None | bool():
                return []
        return [Fault("bad_record")] if text.lstrip().startswith('{"') else self.say(text)

    def _whole(self, record: dict[str, Any], *, strict: bool) -> list[Piece]:
        """A complete answer: what of it was not said yet, and what comes after."""
        text = _whole_text(record)
        return (self._rest_of(text, strict=strict) if text else []) + self._after(record)

    def _rest_of(self, text: str, *, strict: bool) -> list[Piece]:
        """`strict`: after other words only their continuation is new, not a different text."""
        whole, said = speakable_whole(text).strip(), "".join(self._said)
        if whole.startswith(said.strip()):
            rest = whole[len(said.strip()) :]
            return self.say(rest.lstrip() if said[-1:].isspace() else rest)
        if strict or "".join(whole.split()) in "".join(said.split()):
            return []
        return self.say(whole)

    def _after(self, record: dict[str, Any]) -> list[Piece]:
        """What the agent wants done after its words; each is asked once."""
        asked = [_transfer(record), Closing() if _closes(record) else None]
        new = [piece for piece in asked if piece is not None and type(piece) not in self._asked]
        self._asked.update(map(type, new))
        return [*new]

    def _answer(self, record: dict[str, Any]) -> list[Piece]:
        """A record without a type: one JSON answer, or one of a stream of `{"text": ...}` lines."""
        if isinstance(record.get("output"), (str, dict)):
            return self._whole(record, strict=True)
        text = _whole_text(record)
        if text is None and record.get("error"):
            return [Fault("agent_error")]
        return (self.say(text) if text else []) + self._after(record)

    def _choices(self, choices: list[Any]) -> list[Piece]:
        """OpenAI: the first choice's delta, message or text."""
        choice = next((c for c in choices if isinstance(c, dict) and c.get("index", 0) == 0), None)
        if choice is None:
            return []
        spoken = next((choice[key] for key in ("delta", "message") if isinstance(choice.get(key), dict)), choice)
        pieces = self.say(_content(spoken.get("content") or spoken.get("text")))
        return pieces + (self._pause() if choice.get("finish_reason") == "tool_calls" else [])


def _origin(record: dict[str, Any]) -> tuple[str, object]:
    """The node and the input item a record belongs to; `("", 0)` where it does not say."""
    metadata = record.get("metadata")
    if not isinstance(metadata, dict):
        return "", 0
    node, index = metadata.get("nodeName"), metadata.get("itemIndex")
    return node if isinstance(node, str) else "", index if isinstance(index, int) else 0
