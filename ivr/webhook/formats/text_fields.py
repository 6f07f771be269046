"""Find the words in a JSON value, whichever agent wrote it.

A record's words are those of the first of `TEXT_KEYS` that has any: a string; an object, which is read in the same way;
or a list of parts, whose words are joined. So `{"output": {"text": ...}}`, the `content` parts of Anthropic and OpenAI,
OpenAI's `output` items, Gemini's `parts` and LangChain's messages are all one rule.
"""

from __future__ import annotations

from typing import Any, Final

from ivr.webhook.formats.record_types import RecordType, record_type

TEXT_KEYS: Final = ("output", "response", "answer", "reply", "text", "content", "message", "delta", "token", "result")
"""Keys whose words are spoken, in this order: agents that send the question back have it in `text`."""
_WRAPPING: Final = ("data", "chunk", "outputs", "parts")
_AGENT_ROLES: Final = ("assistant", "ai", "agent", "bot", "model")
_AMBIGUOUS_IN_FAILURES: Final = ("message", "content", "result", "data")
_MAX_DEPTH: Final = 6
"""Objects within objects."""


def find_text(record: dict[str, Any]) -> tuple[str, str] | None:
    """Return the key and the words of a record; None if it has none. The record's type does not matter here."""
    failed, named = reports_failure(record), "type" in record or "event" in record
    for key in (*TEXT_KEYS, *_WRAPPING):
        # Beside a sign of failure, `message` and its like are the failure's text and not the agent's words.
        if key in record and not (failed and key in _AMBIGUOUS_IN_FAILURES):
            words = _text(record[key], _MAX_DEPTH, bare=named or key in TEXT_KEYS)
            if words is not None:
                return key, words
    # A conversation (LangGraph's state) says what its last message says, if that is the agent's.
    wrapped = (record[key] for key in ("output", "data", "result") if isinstance(record.get(key), dict))
    messages: Any = record.get("messages") or next(filter(None, (inner.get("messages") for inner in wrapped)), None)
    last = messages[-1] if isinstance(messages, list) and messages else None
    words = _text(last, _MAX_DEPTH) if isinstance(last, dict) else None
    return None if words is None else ("messages", words)


def text_of(value: Any) -> str:
    """Return the words of a value that stands under a text key; empty if it has none."""
    return _text(value, _MAX_DEPTH) or ""


def reports_failure(record: dict[str, Any]) -> bool:
    """Return whether a record tells of a failure."""
    bad_state = record.get("status") in ("error", "failed") or False in (record.get("success"), record.get("ok"))
    coded = isinstance(record.get("message"), str) and any(key in record for key in ("code", "statusCode", "stack"))
    return bool(bad_state or coded or record.get("error") or record.get("errors"))


def has_letters(value: Any, depth: int = 4 * _MAX_DEPTH) -> bool:
    """Return whether words may be somewhere in a value that was not understood."""
    match value:
        case str():
            return any(map(str.isalpha, value))
        case dict() if depth and record_type(value) not in (RecordType.QUIET, RecordType.TOOL):
            return any(has_letters(part, depth - 1) for key, part in value.items() if key not in ("type", "event"))
        case list() if depth:
            return any(has_letters(part, depth - 1) for part in value)
    return False


def _text(value: Any, depth: int, *, bare: bool = True) -> str | None:
    """Return the words of a value, None if it has none. `bare`: a string by itself is words."""
    match value:
        case str() if bare:
            return value
        case dict() if depth:
            # A part has no words when the user, a tool or the system said it, or when its type is something else than
            # words: a tool's call, a thought, an image.
            by_agent = value.get("role") in (None, *_AGENT_ROLES) and value.get("thought") is not True
            if not by_agent or record_type(value) > RecordType.WHOLE:
                return None
            found = (_text(value.get(key), depth - 1, bare=key in TEXT_KEYS) for key in (*TEXT_KEYS, *_WRAPPING))
            return next((words for words in found if words is not None), None)
        case list() if depth:
            parts = [words for part in value if (words := _text(part, depth - 1)) is not None]
            return "".join(parts) if parts else None
    return None
