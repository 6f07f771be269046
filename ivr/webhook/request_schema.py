"""Describe what an agent is asked as a JSON Schema: docs/agent-request.schema.json.

`python -m ivr.webhook.request_schema` prints it; a test compares the two, and holds requests against it.
"""

from __future__ import annotations

import sys
from typing import Any, get_args

from ivr.call.actions import TransferOutcome
from ivr.call.commands import Result, ToldEvent
from ivr.webhook.formats.actions.schema import DIALECT, as_file

_STRING = {"type": "string"}
_COUNT = {"type": "integer", "minimum": 0}
_LENGTH_S = {"type": "number", "minimum": 0}
_ONLY_WHEN_TRUE = {
    "superseded": {
        "const": True,
        "description": "The question before was withdrawn, because the caller went on: this one holds both.",
    },
    "eager": {
        "const": True,
        "description": "The caller may go on: the answer is kept back until it is sure, and dropped where it is not.",
    },
}


def request_schema() -> dict[str, Any]:
    """Return the JSON Schema of a request."""
    details: dict[str, dict[str, Any]] = {
        "silence": {"times": _COUNT, "seconds": _LENGTH_S},
        "voicemail": {"seconds": _LENGTH_S, "complete": {"type": "boolean"}, "ended_by": _STRING},
        "transfer_result": {
            "outcome": {"enum": list(get_args(TransferOutcome))},
            "rang_ms": _COUNT,
            "talked_ms": _COUNT,
            "to": _STRING,
        },
        "ended": {
            "result": {"enum": list(get_args(Result))},
            "reason": _STRING,
            "seconds": _LENGTH_S,
            "turns": _COUNT,
            "may_return": {"type": "boolean"},
        },
    }
    own = {
        "text": _STRING | {"description": "What the caller said and the keys pressed; empty for most other events."},
        "session_id": _STRING | {"description": "The same for the whole call."},
        "event": {"enum": list(get_args(ToldEvent))},
        "digits": {"type": "string", "pattern": "^[0-9*#A-D ]*$"},
        "turn": _COUNT,
        "call": {
            "type": "object",
            "properties": {
                "sid": _STRING,
                "from": _STRING,
                "to": _STRING,
                "direction": _STRING,
                "parameters": {"type": "object", "additionalProperties": _STRING},
            },
            "required": ["sid", "from", "to", "direction", "parameters"],
            "additionalProperties": False,
        },
        "heard": _STRING,
        "unheard": _STRING,
        "language": {"enum": ["ar", "en"]},
    }
    told = {
        event: {"type": "object", "description": "What there is to say of this event."}
        | ({"properties": details[event]} if event in details else {})
        for event in get_args(ToldEvent)
    }
    return {
        "$schema": DIALECT,
        "title": "What an agent is asked, or told",
        "type": "object",
        "properties": own
        | told
        | _ONLY_WHEN_TRUE
        | {"context": {"description": "What the agent has asked to be given back: any JSON."}},
        "required": list(own),
        "additionalProperties": False,
    }


if __name__ == "__main__":
    sys.stdout.write(as_file(request_schema()))
