"""Describe what an agent may ask for: as a JSON Schema, and as the table of docs/agents.md.

Both are made from the table of actions, so they follow it, and a test compares them with the files in `docs/`.
`python -m ivr.webhook.formats.actions.schema reply` prints docs/agent-reply.schema.json; `table` prints the table.
"""

from __future__ import annotations

import json
import sys
from typing import Any, Final

from ivr.webhook.formats.actions.fields import Field
from ivr.webhook.formats.actions.table import ACTIONS, MOST_ACTIONS, ActionType

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_WHEN: Final = {
    "place": "in its place",
    "end": "at the end",
    "answer": "for the next answer",
}
_PATTERNS: Final = {
    "keys": "^[0-9*#A-Da-dwW \\t().-]*$",
    "key": "^[0-9*#A-Da-d]?$",
    "language": "^(ar|en|AR|EN)([-_][A-Za-z]{2,4})?$",
}
_FLAG: Final = {"type": "boolean"}
_STRING: Final = {"type": "string"}


def reply_schema() -> dict[str, Any]:
    """Return the JSON Schema of one record of a reply: a whole answer, a line, or the data of an event."""
    # `{"action": NAME, ...}`
    named = [
        {
            "required": ["action"],
            "properties": {"action": {"enum": [action.name, *action.also]}},
            "$ref": f"#/$defs/{action.name}",
        }
        for action in ACTIONS
    ]
    # `{NAME: {...}}`
    under_name = {action.name: _under_name(action) for action in ACTIONS}
    one = {"type": "object", "minProperties": 1, "maxProperties": 1, "additionalProperties": False}
    return {
        "$schema": DIALECT,
        "title": "What an agent answers: one JSON, a line of NDJSON, or the data of a server-sent event",
        "description": "Strictly as documented. The bridge itself also takes numbers and booleans as strings.",
        "type": "object",
        "properties": {
            "output": _STRING | {"description": "Words to say; other names are in docs/agents.md."},
            "text": _STRING,
            "is_closing": _FLAG,
            "hang_up": {"anyOf": [_FLAG, {"$ref": "#/$defs/hangup"}]},
            "end_call": {"anyOf": [_FLAG, {"$ref": "#/$defs/hangup"}]},
            "actions": {
                "type": "array",
                "maxItems": MOST_ACTIONS,
                "items": {"anyOf": [{"$ref": "#/$defs/action"}, one | {"properties": under_name}]},
            },
        }
        | under_name,
        "if": {"required": ["action"]},
        "then": {"$ref": "#/$defs/action"},
        "$defs": {action.name: _values(action) for action in ACTIONS} | {"action": {"type": "object", "oneOf": named}},
    }


def _under_name(action: ActionType) -> dict[str, Any]:
    """Return the schema of what stands under an action's name."""
    main = next((field for field in action.fields if field.name == action.main), None)
    values: list[dict[str, Any]] = [] if dict in action.bare else [{"$ref": f"#/$defs/{action.name}"}]
    match action.name:
        case "context":
            values.append({"type": "object"})
        case "say" | "language":
            # Elsewhere a text of this name is words, or says which language these are in.
            values.append(_STRING)
        case _ if main is not None:
            values.append(_value(main))
        case _ if not any(field.required for field in action.fields):
            values.append(_FLAG)
    return values[0] if len(values) == 1 else {"anyOf": values}


def _values(action: ActionType) -> dict[str, Any]:
    """Return the schema of an action's values."""
    fields = {field.name: _value(field) for field in action.fields}
    described: dict[str, Any] = {"type": "object", "description": f"{action.about} ({_WHEN[action.when]})"}
    required = [field.name for field in action.fields if field.required]
    described |= {"properties": fields} | ({"required": required} if required else {})
    return described | ({"anyOf": [{"required": [name]} for name in action.either]} if action.either else {})


def _value(field: Field) -> dict[str, Any]:
    """Return the schema of one value."""
    described: dict[str, Any] = {"description": field.about.replace("`", "")}
    match field.kind:
        case "number":
            described |= {"type": "integer" if field.whole else "number", "minimum": field.least}
            described |= {} if field.clamped else {"maximum": field.most}
        case "flag":
            described |= _FLAG
        case "choice":
            described |= {"enum": list(field.choices)}
        case "text" | "callee" | "keys" | "key" | "language":
            described |= {"type": "string", "minLength": int(field.least)}
            described |= {"maxLength": int(field.most)} if field.most else {}
            described |= {"pattern": _PATTERNS[field.kind]} if field.kind in _PATTERNS else {}
    return described | ({} if field.default is None else {"default": field.default})


def table() -> str:
    """Return the table of docs/agents.md."""
    rows = ["| action | when | its values |", "|---|---|---|"]
    for action in ACTIONS:
        names = " or ".join(f"`{name}`" for name in (action.name, *action.also[:1]))
        values = "; ".join(map(in_words, action.fields))
        rows.append(f"| {names}: {action.about} | {_WHEN[action.when]} | {values} |")
    return "\n".join(rows)


def in_words(field: Field) -> str:
    """Return a value, what it may be and its default, for people."""
    notes: list[str] = []
    if field.kind == "number":
        notes.append(f"{field.least:g} to {field.most:g}")
    elif field.choices:
        notes.append(", ".join(f"`{name}`" for name in field.choices))
    elif field.most > 1:
        notes.append(f"at most {field.most:g} {'bytes' if field.kind == 'json' else 'characters'}")
    if field.default not in (None, ""):
        notes.append(f"else `{json.dumps(field.default).strip(chr(34))}`")
    return f"`{field.name}`: {field.about}" + (f" ({'; '.join(notes)})" if notes else "")


def as_file(schema: dict[str, Any]) -> str:
    """Return a schema as it stands in its file."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(table() + "\n" if sys.argv[1:] == ["table"] else as_file(reply_schema()))
