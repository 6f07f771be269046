"""Decide what a record of a reply is, by its `type`, its `event` or the name of its server-sent event.

The table holds the names of

- OpenAI Responses: platform.openai.com/docs/api-reference/responses-streaming
- Anthropic: platform.claude.com/docs/build-with-claude/streaming
- Vercel's AI SDK: ai-sdk.dev/v5/docs/ai-sdk-ui/stream-protocol
- LangGraph and LangServe: docs.langchain.com/oss/python/langgraph/streaming
- AG-UI, Cohere, Dify, Flowise: the words that their documents give these events.
"""

from __future__ import annotations

import functools
import re
from enum import IntEnum
from typing import Any, Final


class RecordType(IntEnum):
    """Say what a record is. The higher value carries less to speak."""

    WORDS = 0
    """New words."""
    SNAPSHOT = 1
    """All words of one message so far."""
    WHOLE = 2
    """All words of the reply: only those that were not said yet are new."""
    UNKNOWN = 3
    """A type that is not in the table."""
    QUIET = 4
    """Of no use to a caller."""
    TOOL = 5
    """A tool is called, or has answered: there may be no words for a while."""
    ERROR = 6
    """The agent failed."""


_NAMES_BY_TYPE: Final = {
    RecordType.WORDS: """
        text message response answer reply output output_text content token delta chunk speech dtmf data success
        ai assistant agent bot aimessage aimessagechunk agent_message bot_message message_chunk text_chunk
        text_delta text-delta content_block_delta content-delta text_message_content text_message_chunk
        response.output_text.delta response.refusal.delta on_chat_model_stream on_llm_stream messages messages-tuple
        updates update partial interim snapshot speak say plaintext
        """,
    RecordType.SNAPSHOT: "messages/partial messages/complete",
    RecordType.WHOLE: """
        final final_answer final_response result done complete completed close end finish stop values
        response.completed response.done workflow_finished
        """,
    RecordType.QUIET: "message_delta",
    RecordType.ERROR: "error exception failed response.failed run_error",
}
_TYPES_BY_NAME: Final = {name: kind for kind, names in _NAMES_BY_TYPE.items() for name in names.split()}
_TOOL_WORDS: Final = frozenset(("tool", "tools", "function", "functions", "mcp"))
_WITHOUT_WORDS: Final = """
    think thinking thought thoughts reason reasoning analysis usage meta metadata signature log logs debug trace
    ping keep keepalive alive heartbeat progress status session open start started begin created added queued
    end ended done stop stopped finish finished complete completed replace update updates updated on
    node nodes step steps graph source sources citation citations annotation annotations audio file files image
    human user system
    """
_QUIET_WORDS: Final = frozenset(_WITHOUT_WORDS.split())
_NAMES_WORDS_OF_SPEECH: Final = """
    text message response answer reply output content token delta chunk speech utterance completion
    """
_WORDS_OF_SPEECH: Final = frozenset(_NAMES_WORDS_OF_SPEECH.split())
_WORDS_OF_AN_END: Final = frozenset(("completed", "complete", "done", "finished", "final"))
_NAMES_WHOSE_SPEECH: Final = """
    ai agent assistant bot plain spoken generated chat text final raw rich event
    """
_WHOSE_SPEECH: Final = frozenset(_NAMES_WHOSE_SPEECH.split())
_WORDS_IN_NAME: Final = re.compile("[A-Z]?[a-z]+|[A-Z]+")
_LONGEST_TYPE_NAME: Final = 64
"""Characters; a longer name is not a type's."""


@functools.lru_cache(1024)
def words_of_name(name: str) -> tuple[str, ...]:
    """Return the words of a name such as `finalAnswer` or `final_answer`, in small letters."""
    return tuple(word.lower() for word in _WORDS_IN_NAME.findall(name[:_LONGEST_TYPE_NAME]))


def _type_named(name: str) -> RecordType:
    if len(name) > _LONGEST_TYPE_NAME:
        return RecordType.UNKNOWN
    if (kind := _TYPES_BY_NAME.get(name.lower())) is not None:
        return kind
    words = frozenset(words_of_name(name))
    if words & _TOOL_WORDS:
        return RecordType.TOOL
    # `message.completed` and `output_text.done` hold the whole: nothing of it is new where deltas came before.
    if (
        words & _WORDS_OF_SPEECH
        and words & _WORDS_OF_AN_END
        and words <= _WORDS_OF_SPEECH | _WHOSE_SPEECH | _WORDS_OF_AN_END
    ):
        return RecordType.WHOLE
    if words & _QUIET_WORDS:
        return RecordType.QUIET
    # A name made of such words only, as `bot_reply`, says what it is. Any other name is of a format that is not known.
    speech = words & _WORDS_OF_SPEECH and words <= _WORDS_OF_SPEECH | _WHOSE_SPEECH
    return RecordType.WORDS if speech else RecordType.UNKNOWN


def event_type(name: str) -> RecordType:
    """Return what the name of an event says."""
    kind = _type_named(name) if name else RecordType.WORDS
    # Agents name their events as they like: an unknown name, or none, stands for words.
    return RecordType.WORDS if kind is RecordType.UNKNOWN else kind


def record_type(record: dict[str, Any], event: str = "") -> RecordType:
    """Return what a record is. `event`: the name of its server-sent event."""
    own, named, ids = record.get("type"), record.get("event"), record.get("id")
    # Voiceflow names all its events so: what each is, its type says.
    event = "" if event == "trace" and isinstance(own, str) else event
    # LangChain.js writes the class of a message into its `id`.
    if own == "constructor" and isinstance(ids, list) and ids:
        own = ids[-1]
    kind = event_type(event)
    # Where several names are given, the one that promises least is believed.
    if isinstance(named, str):
        kind = max(kind, event_type(named))
    if isinstance(own, str):
        kind = max(kind, _type_named(own))
    # A record that announces a part: a message and a tool's call are announced alike.
    opened = record.get("content_block") or record.get("item")
    if (
        kind is RecordType.QUIET
        and isinstance(opened, dict)
        and _type_named(str(opened.get("type"))) is RecordType.TOOL
    ):
        return RecordType.TOOL
    return kind
