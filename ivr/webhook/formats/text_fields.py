"""Find the words in a JSON value, whichever agent wrote it.

A record's words stand under a key whose name says so: `TEXT_KEYS` in their order, names that are made of such words
(`fulfillmentText`, `bot_reply`), and the same inside whatever wraps them, except for what is named after something that
is not said: a question, a tool's arguments, a source. So the parts of Anthropic and OpenAI, Gemini's candidates,
LangChain's messages, Dialogflow's results and Voiceflow's traces are all one rule.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from itertools import islice
from typing import Any, Final

from ivr.webhook.formats.actions.table import known
from ivr.webhook.formats.deltas import ENDS_SENTENCE, letters_of
from ivr.webhook.formats.record_types import RecordType, record_type, words_of_name

TEXT_KEYS: Final = ("output", "response", "answer", "reply", "text", "content", "message", "delta", "token", "result")
"""Keys whose words are spoken, in this order: agents that send the question back have it in `text`."""
_TEXT_NAMES: Final = frozenset(
    (*TEXT_KEYS, "completion", "generation", "speech", "speak", "say", "utterance", "chunk", "msg", "ssml", "body")
)
_NAMES_BESIDE_TEXT_NAMES: Final = """
    ai agent assistant bot final full generated fulfillment llm model raw rich spoken
    """
_BESIDE_TEXT_NAMES: Final = frozenset(_NAMES_BESIDE_TEXT_NAMES.split())
_PLURALS: Final = {"replies": "reply", "utterances": "utterance"} | {f"{name}s": name for name in _TEXT_NAMES}
_MESSAGE_LISTS: Final = ("messages", "activities", "replies", "responses", "utterances")
_WRAPPING: Final = ("data", "chunk", "outputs", "parts", "payload", "kwargs", "results", "raw")
_VALUES: Final = ("value", "body")
"""Keys of words within the object of a text key: `{"text": {"value": ...}}`."""
_NAMES_NOT_SAID: Final = """
    action annotation arg args argument artifact attachment audio button citation config configurable context
    customer debug description developer document entity entities error event example file function header history id
    image input instruction intent log match memory meta metadata name option parameter params profile prompt
    question rating reason reasoning request safety schema search session setting slot source state step steps
    suggestion system task thinking thought title tool trace transcript url usage user variable vars
    """
_NOT_SAID: Final = frozenset(_NAMES_NOT_SAID.split())
"""Words in the name of what is never said."""
_AGENT_ROLES: Final = ("assistant", "ai", "agent", "bot", "model")
_SPEAKER_KEYS: Final = ("author", "from", "sender", "sender_type", "source", "speaker")
_WHO: Final = frozenset(("role", *_SPEAKER_KEYS))
_SPEAKER_TYPES: Final = ("ai", "aimessage", "constructor", "human", "humanmessage", "system", "tool", "toolmessage")
_OTHER_SPEAKERS: Final = ("user", "human", "customer", "caller", "client", "visitor", "system", "tool", "function")
_AMBIGUOUS_IN_FAILURES: Final = ("message", "msg", "content", "result", "data", "body")
_CODES: Final = ("code", "statusCode", "status_code")
_GOOD_CODE: Final = re.compile(r"0+|2\d\d|ok|success", re.IGNORECASE)
_BAD_CODE: Final = re.compile(r"[45]\d\d")
_SUCCESS: Final = frozenset(("ok", "success", "successful", "succeeded", "done", "completed", "accepted", "received"))
"""What an envelope says of itself, beside the words in it."""
_MAX_DEPTH: Final = 7
"""Objects within objects."""
_MOST_OBJECTS: Final = 1000
"""Objects, lists and strings of one value that are looked at: a value cannot hold up other calls."""
_MOST_KEYS: Final = 100
"""Keys of one object that are looked at."""


def find_text(record: dict[str, Any]) -> tuple[str, str] | None:
    """Return the key and the words of a record; None if it has none. The record's type does not matter here."""
    failed, named, search = reports_failure(record), "type" in record or "event" in record, _Search()
    rest: tuple[str, str] | None = None
    for key in _keys(record):
        # Beside a sign of failure, `message` and its like are the failure's text and not the agent's words.
        if not (failed and key in _AMBIGUOUS_IN_FAILURES):
            words = search.under(key, record[key], _MAX_DEPTH, named=named)
            if words and letters_of(words[:20]) not in _SUCCESS:
                return key, words
            rest = (key, words) if words is not None and not (rest and rest[1]) else rest
    return rest


def text_of(value: Any) -> str:
    """Return the words of a value that stands under a text key; empty if it has none."""
    return _Search().words(value, _MAX_DEPTH, bare=True) or ""


def reports_failure(record: dict[str, Any]) -> bool:
    """Return whether a record tells of a failure."""
    bad_state = record.get("status") in ("error", "failed") or False in (record.get("success"), record.get("ok"))
    code = str(next((record[key] for key in _CODES if record.get(key) is not None), 0))
    told = isinstance(record.get("message"), str) and (not _GOOD_CODE.fullmatch(code) or "stack" in record)
    return bool(bad_state or told or _BAD_CODE.fullmatch(code) or record.get("error") or record.get("errors"))


def said_by_another(value: dict[str, Any]) -> bool:
    """Return whether a message is not the agent's: the caller's, a tool's, the system's."""
    if _WHO.isdisjoint(value):
        return False
    if "role" in value and not (value["role"] is None or str(value["role"]).lower() in _AGENT_ROLES):
        return True
    speakers = (value.get(key) for key in _SPEAKER_KEYS)
    named = (who.get("role", who.get("type")) if isinstance(who, dict) else who for who in speakers)
    return any(isinstance(who, str) and who.lower() in _OTHER_SPEAKERS for who in named)


def objects_within(record: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield a record and the objects inside it that may be the agent's own words, outermost first."""
    level, depth, left = [record], _MAX_DEPTH, _MOST_OBJECTS
    while level and depth:
        yield from level
        depth, left = depth - 1, left - len(level)
        values = [value for part in level for key, value in islice(part.items(), _MOST_KEYS)
                  if isinstance(value, dict | list) and _may_wrap(key)]  # fmt: skip
        parts = (part for value in values for part in (value[:_MOST_KEYS] if isinstance(value, list) else [value]))
        objects = (part for part in parts if isinstance(part, dict) and _is_of_agent(part))
        level = list(islice(objects, max(0, left)))


def _is_of_agent(value: dict[str, Any]) -> bool:
    return record_type(value) is not RecordType.TOOL and not said_by_another(value)


def has_letters(value: Any) -> bool:
    """Return whether words may be somewhere in a value that was not understood."""
    waiting, left = [value], _MOST_OBJECTS
    while waiting and left:
        left -= 1
        match waiting.pop():
            case str() as text if any(map(str.isalpha, text)):
                return True
            case dict() as record if record_type(record) not in (RecordType.QUIET, RecordType.TOOL):
                inner = (part for key, part in record.items() if key not in ("type", "event"))
                waiting += islice(inner, _MOST_KEYS)
            case list() as values:
                waiting += values[:_MOST_OBJECTS]
    return False


@functools.lru_cache(1024)
def _may_wrap(key: str) -> bool:
    """Return whether the agent's words may be inside what has this name."""
    names = words_of_name(key)
    if known(key) is not None:
        return False
    return key != "query" and not any(name in _NOT_SAID or name.removesuffix("s") in _NOT_SAID for name in names)


@functools.lru_cache(1024)
def _is_text_key(key: str) -> bool:
    return key in TEXT_KEYS or _is_made_of_text_names(key)


@functools.lru_cache(1024)
def _is_made_of_text_names(key: str) -> bool:
    """Return whether a name says that it holds words, and whose: `fulfillmentText`, `bot_reply`, `speech`."""
    names = [_PLURALS.get(name, name) for name in words_of_name(key)]
    return any(name in _TEXT_NAMES for name in names) and all(n in _TEXT_NAMES | _BESIDE_TEXT_NAMES for n in names)


def _keys(record: dict[str, Any]) -> list[str]:
    """Return the keys under which words may stand, the likeliest first."""
    # The words of an action are its own.
    names = [key for key in islice(record, _MOST_KEYS) if not _is_of_action(key, record)]
    found = [key for key in names if len(words_of_name(key)) > 1 and _is_made_of_text_names(key)]
    found += [key for key in TEXT_KEYS if key in record and not _is_of_action(key, record)]
    found += [key for key in names if key not in found and key not in _WRAPPING and _is_made_of_text_names(key)]
    found += [key for key in _WRAPPING if key in record]
    known = set(found)
    return found + [k for k in names if k not in known and isinstance(record[k], dict | list) and _may_wrap(k)]


def _is_of_action(key: str, record: dict[str, Any]) -> bool:
    """Return whether what stands under a key is an action's: of `{"say": {...}}`, of `{"action": "say", ...}`."""
    if key == "text":
        name = record.get("action")
        action = known(name) if isinstance(name, str) else None
        return action is not None and (action.name == "say" or (action.name == "hangup" and "interruptible" in record))
    return isinstance(record[key], dict) and known(key) is not None


@functools.lru_cache(1024)
def _lists_messages(key: str) -> bool:
    return key == "generic" or (words_of_name(key) or ("",))[-1] in _MESSAGE_LISTS


def _names_its_speaker(message: Any) -> bool:
    if not isinstance(message, dict):
        return False
    kind = str(message.get("type")).lower()
    return kind in _SPEAKER_TYPES or "role" in message or any(key in message for key in _SPEAKER_KEYS)


def _by_caller(message: Any) -> bool:
    return isinstance(message, dict) and "user" in (message.get("role"), *map(message.get, _SPEAKER_KEYS))


class _Search:
    """Look for the words in one value, in a bounded number of objects."""

    def __init__(self) -> None:
        self._left = _MOST_OBJECTS

    def under(self, key: str, value: Any, depth: int, *, named: bool) -> str | None:
        """Return the words under a key. Strings under keys that only wrap are words where the record has a name."""
        if isinstance(value, list) and (_lists_messages(key) or not (key in _WRAPPING or _is_text_key(key))):
            return self._messages(key, value, depth)
        phrase = isinstance(value, str) and len(value.split()) > 1
        bare = _is_text_key(key) or key == "raw" or ((named or phrase) and key in _WRAPPING)
        return self.words(value, depth, bare=bare)

    def words(self, value: Any, depth: int, *, bare: bool) -> str | None:
        """Return the words of a value, None if it has none. `bare`: a string by itself is words."""
        self._left -= 1
        match value:
            case str() if bare:
                return value
            case dict() if depth and self._left > 0:
                # A part has no words when the caller, a tool or the system said it, or when its type is something else
                # than words: a tool's call, a thought, an image.
                kind = RecordType.WORDS if "children" in value else record_type(value)
                if said_by_another(value) or value.get("thought") is True or kind > RecordType.WHOLE:
                    return None
                return self._of_object(value, depth, bare=bare)
            case list() if depth and self._left > 0:
                found = (self.words(part, depth - 1, bare=bare) for part in value[:_MOST_OBJECTS])
                parts = [words for words in found if words is not None]
                return _joined(parts, words=all(isinstance(part, str) for part in value)) if parts else None
        return None

    def _of_object(self, value: dict[str, Any], depth: int, *, bare: bool) -> str | None:
        named, empty = bare or "type" in value or "event" in value, None
        for key in _keys(value):
            if words := self.under(key, value[key], depth - 1, named=named):
                return words
            empty = words if empty is None else empty
        for key in _VALUES if bare else ():
            if words := self.words(value.get(key), depth - 1, bare=True):
                return words
        return empty

    def _messages(self, key: str, values: list[Any], depth: int) -> str | None:
        """Return what a list of messages says. A conversation says what its last message says, if it is the agent's."""
        last = values[-1] if values else None
        if key == "messages" and any(map(_names_its_speaker, (*values[:2], last))):
            # Some keep their newest message first.
            return self.words(values[0] if _by_caller(last) else last, depth - 1, bare=False)
        bare = _lists_messages(key)
        parts = [words for value in values[:_MOST_OBJECTS] if (words := self.words(value, depth - 1, bare=bare))]
        return "\n".join(parts) if parts else None


def _joined(parts: list[str], *, words: bool) -> str:
    """Return the parts of a list as one text. `words`: each is a string by itself."""
    # Parts of a model carry their blanks. Where none has any, strings are messages, and so are whole sentences.
    if any(part[:1].isspace() or part[-1:].isspace() for part in parts if part):
        return "".join(parts)
    joined = parts[0]
    for part in parts[1:]:
        apart = words or (ENDS_SENTENCE.search(joined[-8:]) and part[:1].isalpha())
        joined += f" {part}" if apart else part
    return joined
