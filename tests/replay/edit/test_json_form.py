"""A tape as JSON is what the published schema says, and the schema is what the code has."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from jsonschema import Draft202012Validator

from ivr.call import commands, events
from ivr.call.commands import Command
from ivr.call.options import CallOptions
from ivr.replay.edit import json_form
from ivr.replay.records import command_record
from ivr.replay.tape import KeptPhrase, Moment, Tape, TapeEnd, TapeHeader, Trouble
from scripts.changelog import ROOT
from tests.replay.taped import taped

SCHEMA = json.loads((ROOT / "docs" / "tape.schema.json").read_text("utf-8"))
VALIDATOR = Draft202012Validator(SCHEMA)

EVERY_EVENT: list[events.Event] = [
    events.CallStarted("CA1", "MZ1", "+966500000000", parameters={"a": "b"}),
    events.AudioIn(0, b"\xff" * 160, 0.5),
    events.DigitPressed("1"),
    events.MarkReached("p1"),
    events.CallerLeft("stop"),
    events.PeerFault("phone", "odd"),
    events.TranscriptArrived(1, "وين شحنتي"),
    events.TranscriptFailed(1, "timeout"),
    events.TurnJudged(1, 0.25),
    events.ReplyDelta(1, "Hello"),
    events.ReplyPause(1),
    events.ReplyAction(1, "play", "menu.wav"),
    events.ReplyEnded(1, transfer_to="+966500000001", idle_s=2.5),
    events.ReplyFailed(1, "status"),
    events.TtsAudio(1, 1, bytes(8)),
    events.TtsEnded(1, 1),
    events.TtsFailed(1, 1, "timeout"),
    events.CallAnswered("machine"),
    events.Transferred(),
    events.TransferFailed("gone"),
    events.Tick(0.2),
    events.Withdraw("shutdown"),
    events.Operated("say", "One moment."),
]
REQUEST = commands.ReplyRequest("q", "CA1", "speech", 1, "ar", "CA1", "+9", "+9", "inbound", heard="x")
EVERY_COMMAND: list[Command] = [
    commands.SendAudio(b"\xff" * 160),
    commands.SendMark("p1"),
    commands.SendClear(),
    commands.WarmUp(),
    commands.Transcribe(1, bytes(320)),
    commands.ForgetTranscript(1),
    commands.JudgeTurn(1, bytes(320)),
    commands.RequestReply(1, REQUEST),
    commands.TellAgent(REQUEST),
    commands.CloseReply(1),
    commands.Speak(1, 1, "Hello", 2.5),
    commands.PlayAudio(1, 2, "menu.wav"),
    commands.CancelSpeech(1, 1),
    commands.Transfer("+966500000001"),
    commands.HangUp("success", "caller_stop", from_caller=True),
    commands.Note("filler", {"state": "thinking", "ms": 3, "x": 0.5, "y": True}),
]


def of_everything(*, audible: bool = True) -> Tape:
    """Return a tape that has every event and every command once."""
    records = [command_record(command, audible=audible) for command in EVERY_COMMAND]
    moments = [Moment(0.1 * at, event) for at, event in enumerate(EVERY_EVENT)]
    moments[1] = Moment(0.1, EVERY_EVENT[1], records, [0.5, None, [1.0]])
    header = TapeHeader("CA1", options=CallOptions(transfer_to=("+966500000001",)), phrases={"notice": KeptPhrase("x")})
    end = TapeEnd("success", "caller_stop", 1.8, 19, 1, "ab", (Trouble("wait", 1, 2.0, "3 s"),))
    faults, gaps, phone = ["a frame is damaged"], [3], [["heard", b"\xff"]]
    return Tape(header, moments, {"notice": b"\xff"}, list(phone), end, faults, gaps)


def test_the_published_schema_is_that_of_the_code() -> None:
    # To renew it: json.dumps(json_form.schema(), indent=1, ensure_ascii=False) and a line end.
    assert json.loads(json.dumps(json_form.schema())) == SCHEMA
    Draft202012Validator.check_schema(SCHEMA)


def test_every_event_and_every_command_is_tried() -> None:
    assert tuple(type(event) for event in EVERY_EVENT) == json_form.EVENT_KINDS
    assert tuple(type(command) for command in EVERY_COMMAND) == json_form.COMMAND_KINDS


@pytest.mark.parametrize("audible", [True, False])
def test_every_line_keeps_to_the_schema(audible: bool) -> None:
    lines = list(json_form.lines(of_everything(audible=audible)))
    for line in lines:
        VALIDATOR.validate(json.loads(json.dumps(line)))
    assert [line["record"] for line in lines] == [
        "tape",
        "phrase",
        *["event"] * len(EVERY_EVENT),
        "phone",
        "fault",
        "end",
    ]


def test_a_whole_call_keeps_to_the_schema(tmp_path: Path) -> None:
    tape = taped(tmp_path)
    lines = list(json_form.lines(tape))
    for line in lines[:4] + [line for line in lines if line.get("commands")][::5] + lines[-2:]:
        VALIDATOR.validate(line)
    assert len(lines) == 1 + len(tape.phrase_audio) + len(tape.moments) + 1


def test_a_tape_that_breaks_off_has_no_end() -> None:
    assert [line["record"] for line in json_form.lines(Tape(TapeHeader("CA1")))] == ["tape"]


def test_lines_hold_all_that_the_tape_has() -> None:
    tape = of_everything()
    lines = list(json_form.lines(tape))
    assert msgspec.convert(lines[0], TapeHeader) == tape.header
    assert msgspec.convert(lines[-1], TapeEnd) == tape.end
    for moment, line in zip(tape.moments, lines[2 : 2 + len(EVERY_EVENT)], strict=True):
        assert (line["now"], line["event"]) == (moment.now, type(moment.event).__name__)
        assert msgspec.convert(line["fields"], type(moment.event)) == moment.event
    event = lines[3]
    assert base64.b64decode(event["fields"]["payload"]) == b"\xff" * 160
    assert (event["commands"], event["sounds"]) == (
        [msgspec.to_builtins(record) for record in tape.moments[1].commands],
        [0.5, None, [1.0]],
    )
    assert [line.get("gap") for line in lines[2:7]] == [None, None, None, True, None]


@pytest.mark.parametrize(
    "change",
    [
        {"fields": {"timestamp_ms": "0"}},
        {"event": "Nothing"},
        {"more": 1},
        {"now": None},
        {"commands": [["Nothing", {}]]},
        {"commands": [["Speak", {"words": "x"}]]},
        {"commands": []},
        {"gap": False},
    ],
)
def test_other_lines_are_refused(change: dict[str, Any]) -> None:
    line = json_form.event_line(tape := of_everything(), 1, tape.moments[1])
    VALIDATOR.validate(line)
    assert not VALIDATOR.is_valid({**line, **change})
