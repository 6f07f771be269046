"""Hold the schemas and the table of docs/agents.md against the bridge."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from typing import Any, get_args

import pytest
from jsonschema import Draft202012Validator

from ivr.call.commands import ReplyRequest, ToldEvent
from ivr.webhook import request
from ivr.webhook.formats.actions import schema
from ivr.webhook.formats.actions.fields import Field
from ivr.webhook.formats.actions.found import actions_of
from ivr.webhook.formats.actions.table import ACTIONS, MOST_ACTIONS
from ivr.webhook.formats.parts import Failure
from ivr.webhook.request_schema import request_schema
from scripts.changelog import ROOT

REPLY = Draft202012Validator(schema.reply_schema())
REQUEST = Draft202012Validator(request_schema())
EXAMPLES: dict[str, dict[str, Any]] = {
    "say": {"text": "This must be heard.", "interruptible": False},
    "play": {"file": "menu.wav", "interruptible": True},
    "pause": {"ms": 500},
    "dtmf": {"digits": "12w#"},
    "language": {"language": "en"},
    "hangup": {"text": "Goodbye."},
    "transfer": {
        "to": "+966500000001", "mode": "warm", "whisper": "Sara, a lost parcel.", "accept_key": "1", "timeout_s": 20,
        "caller_id": "+966110000002", "on_failure": "return",
    },
    "voicemail": {"announce": "Speak after the tone.", "max_s": 60, "silence_s": 3},
    "gather": {
        "digits": 4, "terminator": "#", "timeout_ms": 3000, "first_timeout_ms": 8000, "allow_speech": False,
    },
    "expect": {"kind": "digits", "length": 4},
    "idle": {"seconds": 45},
    "context": {"value": {"step": "order"}},
}  # fmt: skip


def valid(record: dict[str, Any]) -> bool:
    return bool(REPLY.is_valid(record))


def read(record: dict[str, Any]) -> bool:
    """Return whether the bridge does what a record asks for."""
    found = actions_of(record)
    return bool(found) and not any(isinstance(piece, Failure) for piece in found)


def wrong(field: Field) -> list[Any]:
    """Return values that a field refuses."""
    match field.kind:
        case "number":
            beyond = [] if field.clamped else [field.most + 1]
            return [field.least - 1, [1], *beyond, *([field.least + 1.5] if field.whole else [])]
        case "flag":
            return [5, "perhaps"]
        case "choice":
            return ["nonsense", 5]
        case "keys" | "key":
            return ["one", "1" * 65, ["1"]]
        case "language":
            return ["fr", 5]
        case "text" | "callee":
            return ["x" * (int(field.most) + 1), ["x"]]
        case "json":
            return []


def test_the_files_are_what_the_bridge_reads_and_writes() -> None:
    for name, described in (("reply", schema.reply_schema()), ("request", request_schema())):
        text = (ROOT / "docs" / f"agent-{name}.schema.json").read_text("utf-8")
        assert json.loads(text) == described, f"python -m prints docs/agent-{name}.schema.json"
        Draft202012Validator.check_schema(described)
    assert schema.table() in (ROOT / "docs" / "agents.md").read_text("utf-8")


@pytest.mark.parametrize(("module", "begins"), [("ivr.webhook.request_schema", "{"), (schema.__name__, "{")])
def test_the_schemas_are_printed(module: str, begins: str) -> None:
    out = subprocess.run([sys.executable, "-m", module], capture_output=True, text=True, check=True, cwd=ROOT)
    assert out.stdout.startswith(begins)


@pytest.mark.parametrize("action", ACTIONS, ids=[action.name for action in ACTIONS])
def test_an_example_of_each_action_is_valid_and_read(action: Any) -> None:
    values = EXAMPLES[action.name]
    named = {"action": action.name, **values}
    under = {action.name: values["value"] if action.name == "context" else values}
    for record in (named, under, {"actions": [named]}, {"actions": [under]}, {"output": "Hello.", **named}):
        assert (valid(record), read(record)) == (True, True), record


def test_what_the_schema_refuses_is_left_out() -> None:
    for action in ACTIONS:
        for field in action.fields:
            for value in wrong(field):
                record = {"action": action.name, **copy.deepcopy(EXAMPLES[action.name]), field.name: value}
                # Of a hang-up beside words, the text is the answer's.
                if action.name == "hangup":
                    record = {"hangup": {field.name: value}}
                assert (valid(record), read(record)) == (False, False), record
    for record in ({"action": "dance"}, {"actions": ["dance"]}, {"action": "say"}, {"action": "play"}):
        assert (valid(record), read(record)) == (False, False), record
    assert not valid({"actions": [{"action": "pause", "ms": 20}] * (MOST_ACTIONS + 1)})


def test_short_forms_are_valid_and_read() -> None:
    for record in (
        {"is_closing": True},
        {"output": "Bye.", "hang_up": True},
        {"text": "I connect you.", "transfer": True, "to": "+966500000001"},
        {"idle": 45},
        {"expect": "yes_no"},
        {"play": "menu.wav"},
        {"dtmf": "12"},
        {"pause": 500},
        {"gather": True},
        {"voicemail": True},
        {"context": {"step": 1}},
    ):
        assert (valid(record), read(record)) == (True, True), record


def test_requests_are_as_the_schema_says() -> None:
    for event in get_args(ToldEvent):
        asked = ReplyRequest("", "CA1", event, 3, "en", "CA1", "+966500000001", "+966110000002", "inbound")
        assert REQUEST.is_valid(request.body(asked)), event
    full = ReplyRequest(
        "12", "CA1", "ended", 3, "ar", "CA1", "", "", "inbound", digits="12", parameters={"a": "b"},
        context='{"step":[1]}', details={"result": "success", "reason": "caller_stop", "seconds": 1.5, "turns": 2},
    )  # fmt: skip
    body = request.body(full)
    assert REQUEST.is_valid(body)
    assert body["context"] == {"step": [1]}
    assert body["ended"]["turns"] == 2
    assert not REQUEST.is_valid(body | {"more": 1})
