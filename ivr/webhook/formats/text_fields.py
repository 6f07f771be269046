"""Where the words stand in a JSON value, whoever wrote it.

A record says what the first of `SAYING` says that it has: a string; an object, which is read the same way; or a list of
parts, of which those that are words are joined. So `{"output": {"text": ...}}`, Anthropic's and OpenAI's messages with
their `content` parts, OpenAI's `output` items, Gemini's `parts` and LangChain's messages are all one rule. A part that
calls itself something else (a tool's call, a thought, an image), or that the user, a tool or the system said, has no
words. `message` beside a sign of failure is the failure's text and not the agent's.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from ivr.webhook.formats.record_types import RecordType, kind_of

SAYING: Final = ("output", "response", "answer", "reply", "text", "content", "message", "delta", "token", "result")
"""Keys whose words are spoken, in this order: agents that send the question back have it in `text`."""
_WRAPPING: Final = ("data", "chunk", "outputs", "parts")
_AGENTS: Final = ("assistant", "ai", "agent", "bot", "model")
_UNSURE: Final = ("message", "content", "result", "data")
_DEEP: Final = 6
"""Objects within objects."""


def told(record: dict[str, Any]) -> tuple[str, str] | None:
    """The key and the words of a record; None if it has none. What kind of record it is does not matter here."""
    failed, named = failing(record), "type" in record or "event" in record
    for key in (*SAYING, *_WRAPPING):
        if key in record and not (failed and key in _UNSURE):
            words = _words(record[key], _DEEP, bare=named or key in SAYING)
            if words is not None:
                return key, words
    return _last_message(record)


def words_of(value: Any) -> str:
    """The words of a value that stands under such a key; empty if there are none."""
    return _words(value, _DEEP) or ""


def failing(record: dict[str, Any]) -> bool:
    """Whether a record tells of a failure."""
    bad_state = record.get("status") in ("error", "failed") or False in (record.get("success"), record.get("ok"))
    coded = isinstance(record.get("message"), str) and any(key in record for key in ("code", "statusCode", "stack"))
    return bool(bad_state or coded or record.get("error") or record.get("errors"))


def has_letters(value: Any, deep: int = 4 * _DEEP) -> bool:
    """Whether words may be somewhere in a value that was not understood."""
    match value:
        case str():
            return any(map(str.isalpha, value))
        case dict() if deep and kind_of(value) not in (RecordType.QUIET, RecordType.TOOL):
            return any(has_letters(part, deep - 1) for key, part in value.items() if key not in ("type", "event"))
        case list() if deep:
            return any(has_letters(part, deep - 1) for part in value)
    return False


def _words(value: Any, deep: int, *, bare: bool = True) -> str | None:
    match value:
        case str() if bare:
            return value
        case dict() if deep and _is_words(value):
            found = (_words(value.get(key), deep - 1, bare=key in SAYING) for key in (*SAYING, *_WRAPPING))
            return next((words for words in found if words is not None), None)
        case list() if deep:
            parts = [words for part in value if (words := _words(part, deep - 1)) is not None]
            return "".join(parts) if parts else None
    return None


def _is_words(part: dict[str, Any]) -> bool:
    role = part.get("role")
    return role in (None, *_AGENTS) and part.get("thought") is not True and kind_of(part) <= RecordType.WHOLE


def _last_message(record: dict[str, Any]) -> tuple[str, str] | None:
    """A conversation (LangGraph's state) says what its last message says, if that is the agent's."""
    messages: Any = record.get("messages")
    for wrapped in _inside(record):
        messages = messages or wrapped.get("messages")
    if not isinstance(messages, list) or not messages or not isinstance(messages[-1], dict):
        return None
    words = _words(messages[-1], _DEEP)
    return None if words is None else ("messages", words)


def _inside(record: dict[str, Any]) -> Iterator[dict[str, Any]]:
    return (record[key] for key in ("output", "data", "result") if isinstance(record.get(key), dict))
