"""What a record of a reply calls itself, by `type`, by `event` or by the name of its server-sent event -> what it is.

A `type` that is not in the table is somebody's future and is not spoken. The name of an event is looser: agents that
name their events as they like are spoken unless the name says that these are no words. Where both are given, the one
that says less is believed. The table holds the names of

- OpenAI Responses: platform.openai.com/docs/api-reference/responses-streaming
- Anthropic: platform.claude.com/docs/build-with-claude/streaming
- Vercel's AI SDK: ai-sdk.dev/v5/docs/ai-sdk-ui/stream-protocol
- LangGraph and LangServe: docs.langchain.com/oss/python/langgraph/streaming
- AG-UI, Cohere, Dify, Flowise: the words that their documents give these events.
"""

from __future__ import annotations

import re
from enum import IntEnum
from functools import lru_cache
from typing import Any, Final


class RecordType(IntEnum):
    """What a record is; the higher says less."""

    WORDS = 0
    """New words."""
    SNAPSHOT = 1
    """All words of one message so far."""
    WHOLE = 2
    """All words of the reply: only those that were not said yet are new."""
    UNKNOWN = 3
    """Nothing that we know."""
    QUIET = 4
    """Of no use to a caller."""
    TOOL = 5
    """A tool is called, or has answered: there may be no words for a while."""
    ERROR = 6
    """The agent failed."""


_NAMES: Final = {
    RecordType.WORDS: """
        text message response answer reply output output_text content token delta chunk speech dtmf data success
        ai assistant agent bot aimessage aimessagechunk agent_message bot_message message_chunk text_chunk
        text_delta text-delta content_block_delta content-delta text_message_content text_message_chunk
        response.output_text.delta response.refusal.delta on_chat_model_stream on_llm_stream messages messages-tuple
        """,
    RecordType.SNAPSHOT: "messages/partial messages/complete",
    RecordType.WHOLE: """
        final final_answer final_response result done complete completed close end finish stop values
        response.completed response.done workflow_finished
        """,
    RecordType.ERROR: "error exception failed response.failed run_error",
}
_KINDS: Final = {name: kind for kind, names in _NAMES.items() for name in names.split()}
_TOOL: Final = frozenset(("tool", "tools", "function", "functions", "mcp"))
_SILENT: Final = """
    think thinking thought thoughts reason reasoning analysis usage meta metadata signature log logs debug trace
    ping keep keepalive alive heartbeat progress status session open start started begin created added queued
    end ended done stop stopped finish finished complete completed replace update updates updated on
    node nodes step steps graph source sources citation citations annotation annotations audio file files image
    human user system
    """
_QUIET: Final = frozenset(_SILENT.split())
_PARTS: Final = re.compile("[A-Z]?[a-z]+|[A-Z]+")
_LONGEST_NAME: Final = 64


@lru_cache(maxsize=256)
def _short_named(name: str) -> RecordType:
    if (kind := _KINDS.get(name.lower())) is not None:
        return kind
    parts = {part.lower() for part in _PARTS.findall(name)}
    if parts & _TOOL:
        return RecordType.TOOL
    return RecordType.QUIET if parts & _QUIET or name.lower() == "message_delta" else RecordType.UNKNOWN


def _named(name: str) -> RecordType:
    return _short_named(name) if len(name) <= _LONGEST_NAME else RecordType.UNKNOWN


def kind_of_event(name: str) -> RecordType:
    """What the name of an event says; any name may stand for words, and so does none."""
    kind = _named(name) if name else RecordType.WORDS
    return RecordType.WORDS if kind is RecordType.UNKNOWN else kind


def kind_of(record: dict[str, Any], event: str = "") -> RecordType:
    """What a record is, and its part if it opens one: a message may be announced as well as a tool's call."""
    own, told = record.get("type"), record.get("event")
    kind = kind_of_event(event)
    if isinstance(told, str):
        kind = max(kind, kind_of_event(told))
    if isinstance(own, str):
        kind = max(kind, _named(own))
    opened = record.get("content_block") or record.get("item")
    if kind is RecordType.QUIET and isinstance(opened, dict) and _named(str(opened.get("type"))) is RecordType.TOOL:
        return RecordType.TOOL
    return kind
