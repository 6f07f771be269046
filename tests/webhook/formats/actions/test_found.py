"""Read what an agent asks for beside its words."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ivr.call.actions import Expect, Gather, Message, TransferOptions
from ivr.webhook.formats.actions.found import actions_of
from ivr.webhook.formats.actions.table import ACTIONS, LONGEST_IDLE_S, MOST_ACTIONS
from ivr.webhook.formats.parts import (
    Acting,
    Closing,
    Expecting,
    Failure,
    Gathering,
    Keeping,
    Piece,
    TakingMessage,
    Transferring,
    Waiting,
)
from tests.text.tables import failures

Row = tuple[dict[str, Any], list[Piece]]


def bad(name: str) -> list[Piece]:
    return [Failure(f"bad_{name}")]


SHORT_FORMS: list[Row] = [
    ({}, []),
    ({"output": "Hello."}, []),
    ({"idle": 30}, [Waiting(30.0)]),
    ({"idle": "45"}, [Waiting(45.0)]),
    ({"data": {"idle": 12.5}}, [Waiting(12.5)]),
    ({"idle": 1e9}, [Waiting(LONGEST_IDLE_S)]),
    ({"idle": {"seconds": 20}}, [Waiting(20.0)]),
    ({"action": "idle", "idle": "20"}, [Waiting(20.0)]),
    ({"idle": 0}, bad("idle")),
    ({"idle": -3}, bad("idle")),
    ({"idle": True}, bad("idle")),
    ({"idle": None}, bad("idle")),
    ({"idle": "long"}, bad("idle")),
    ({"idle": float("nan")}, bad("idle")),
    ({"idle": [1]}, bad("idle")),
    ({"idle": 10**400}, bad("idle")),
    ({"idle": 20, "transfer": True, "is_closing": "true"}, [Waiting(20.0), Transferring(), Closing()]),
    ({"hangUp": "True"}, [Closing()]),
    ({"end_call": 1}, []),
    ({"hangup": "no", "transfer": "no"}, []),
    ({"transfer": "true", "to": 5}, [Transferring()]),
    ({"text": "Bye.", "action": "hangup"}, [Closing()]),
]
HANG_UPS: list[Row] = [
    ({"action": "hangup", "text": "Bye.", "interruptible": False}, [Acting("say", "Bye.", 0, False), Closing()]),
    ({"hangup": {"text": "Bye."}}, [Acting("say", "Bye.", 0, False), Closing()]),
    ({"hang_up": {}}, [Closing()]),
    ({"actions": [{"action": "end_call", "text": "Bye."}]}, [Acting("say", "Bye.", 0, False), Closing()]),
    ({"hangup": {"text": 5}}, bad("hangup")),
]
TRANSFERS: list[Row] = [
    ({"action": "transfer", "to": "+966 (50) 000-0001"}, [Transferring("+966500000001")]),
    ({"action": "transfer", "to": 966500000001}, [Transferring("966500000001")]),
    ({"action": "transfer", "to": "sip:a.b-c@example.com"}, [Transferring("sip:a.b-c@example.com")]),
    ({"transfer": {"to": "queue:sales"}}, [Transferring("queue:sales")]),
    (
        {
            "action": "transfer", "to": "", "mode": "Warm", "whisper": "Sara, a lost parcel.", "accept_key": 5,
            "timeout_s": "30", "caller_id": "+966110000002", "on_failure": "hangup",
        },
        [Transferring("", TransferOptions("warm", "Sara, a lost parcel.", "5", 30.0, "+966110000002", returns=False))],
    ),
    ({"transfer": {"mode": "cold"}}, [Transferring("", TransferOptions())]),
    *(
        ({"action": "transfer", name: value}, bad("transfer"))
        for name, value in [
            ("to", "call my wife"), ("to", "+12;ext=3"), ("to", ["+1"]), ("to", True), ("to", "9" * 300),
            ("to", "sip:a b@c"), ("mode", "tepid"), ("mode", 1), ("whisper", 5), ("whisper", "x" * 1001),
            ("accept_key", "12"), ("accept_key", "w"), ("timeout_s", 1), ("timeout_s", 1000), ("timeout_s", "soon"),
            ("caller_id", "me"), ("on_failure", "retry"), ("on_failure", False),
        ]
    ),
]  # fmt: skip
IN_PLACE: list[Row] = [
    ({"action": "say", "text": " This must be heard. "}, [Acting("say", "This must be heard.", 0, False)]),
    ({"say": {"text": "Hi", "interruptible": "true"}}, [Acting("say", "Hi", 0, True)]),
    ({"say": "Hi"}, []),
    ({"action": "say"}, bad("say")),
    ({"action": "say", "text": ""}, bad("say")),
    ({"action": "say", "text": 5}, bad("say")),
    ({"action": "say", "text": "a\x00b"}, bad("say")),
    ({"action": "say", "text": "Hi", "interruptible": "perhaps"}, bad("say")),
    ({"action": "play", "url": "https://a.example/b.mp3"}, [Acting("play", "https://a.example/b.mp3")]),
    ({"action": "play", "file": "menu.wav", "interruptible": False}, [Acting("play", "menu.wav", 0, False)]),
    ({"play": {"file": "menu.wav"}}, [Acting("play", "menu.wav")]),
    ({"play": "menu.wav"}, [Acting("play", "menu.wav")]),
    ({"play": False}, []),
    ({"action": "play"}, bad("play")),
    ({"action": "play", "url": "file:///etc/passwd"}, bad("play")),
    ({"action": "play", "url": "ftp://a.example/b"}, bad("play")),
    ({"action": "play", "file": "File:x"}, bad("play")),
    ({"action": "play", "url": ["https://a.example"]}, bad("play")),
    ({"action": "play", "url": "https://" + "a" * 2048}, bad("play")),
    ({"action": "pause", "ms": 500}, [Acting("pause", ms=500)]),
    ({"action": "pause", "seconds": "1.5"}, [Acting("pause", ms=1500)]),
    ({"pause": 700}, [Acting("pause", ms=700)]),
    ({"pause": True}, []),
    ({"pause": {}}, bad("pause")),
    ({"action": "pause", "ms": 2}, bad("pause")),
    ({"action": "pause", "ms": 1e12}, bad("pause")),
    ({"action": "pause", "seconds": -1}, bad("pause")),
    ({"action": "pause", "ms": True}, bad("pause")),
    ({"action": "dtmf", "digits": "12w3 #a"}, [Acting("dtmf", "12w3#A")]),
    ({"action": "dtmf", "digits": 1234}, [Acting("dtmf", "1234")]),
    ({"dtmf": "1-2"}, [Acting("dtmf", "12")]),
    ({"action": "dtmf", "dtmf": "12"}, [Acting("dtmf", "12")]),
    ({"action": "dtmf", "digits": "one two"}, bad("dtmf")),
    ({"action": "dtmf", "digits": ""}, bad("dtmf")),
    ({"action": "dtmf", "digits": "1" * 65}, bad("dtmf")),
    ({"action": "dtmf", "digits": "1" * 1000}, bad("dtmf")),
    ({"action": "dtmf"}, bad("dtmf")),
    ({"dtmf": ["1"]}, bad("dtmf")),
    ({"action": "language", "language": "EN-us"}, [Acting("language", "en")]),
    ({"language": {"code": "ar"}}, [Acting("language", "ar")]),
    ({"language": "en"}, []),
    ({"action": "language", "to": "fr"}, bad("language")),
    ({"action": "language", "to": 5}, bad("language")),
    ({"action": "language"}, bad("language")),
]
NEXT_ANSWER: list[Row] = [
    ({"voicemail": True}, [TakingMessage(Message())]),
    ({"action": "voicemail", "announce": "Speak.", "max_s": "60", "silence_s": 3},
     [TakingMessage(Message("Speak.", 60.0, 3.0))]),
    ({"action": "voicemail", "max_s": 0}, bad("voicemail")),
    ({"gather": {"digits": "4", "terminator": "#", "timeout_ms": 3000, "first_timeout_ms": 8000,
                 "allow_speech": "false"}}, [Gathering(Gather(4, "#", 3.0, 8.0, allow_speech=False))]),
    ({"action": "gather", "digits": 4}, [Gathering(Gather(4))]),
    ({"gather": "true"}, [Gathering(Gather())]),
    ({"action": "gather", "terminator": ""}, [Gathering(Gather(terminator=""))]),
    ({"gather": None}, []),
    ({"gather": 4}, bad("gather")),
    ({"action": "gather", "digits": 4.5}, bad("gather")),
    ({"action": "gather", "digits": 65}, bad("gather")),
    ({"action": "gather", "terminator": "##"}, bad("gather")),
    ({"action": "gather", "timeout_ms": 5}, bad("gather")),
    ({"action": "gather", "allow_speech": 3}, bad("gather")),
    ({"expect": "yes-no"}, [Expecting(Expect("yes_no"))]),
    ({"expect": {"kind": "digits", "length": 10}}, [Expecting(Expect("digits", 10))]),
    ({"action": "expect", "expect": "date"}, [Expecting(Expect("date"))]),
    ({"expect": True}, bad("expect")),
    ({"expect": "anything"}, bad("expect")),
    ({"expect": {"length": 4}}, bad("expect")),
    ({"context": {"step": 2, "اسم": "سارة"}}, [Keeping('{"step":2,"اسم":"سارة"}')]),
    ({"action": "context", "value": [1, None]}, [Keeping("[1,null]")]),
    ({"action": "context", "value": None}, [Keeping("null")]),
    ({"context": [{"page_content": "of a retriever"}]}, []),
    ({"context": "text"}, []),
    ({"action": "context"}, bad("context")),
    ({"context": {"a": "x" * 9000}}, bad("context")),
    ({"context": {"a": float("inf")}}, bad("context")),
]  # fmt: skip
LISTS: list[Row] = [
    (
        {"output": "Hi.", "actions": [{"action": "pause", "ms": 500}, {"play": {"file": "a.wav"}}, "hangup"]},
        [Acting("pause", ms=500), Acting("play", "a.wav"), Closing()],
    ),
    ({"actions": {"type": "dtmf", "digits": "1"}}, [Acting("dtmf", "1")]),
    ({"actions": [{"name": "transfer"}]}, [Transferring()]),
    ({"actions": [5, "dance", {"action": "dance"}, {}]}, [Failure("unknown_action")] * 4),
    ({"actions": "hangup"}, []),
    ({"actions": [{"action": "pause", "ms": 100}] * 10_000}, [Acting("pause", ms=100)] * (MOST_ACTIONS + 1)),
]
OTHER_ACTIONS: list[Row] = [
    ({"action": "dance"}, [Failure("unknown_action")]),
    ({"action": ""}, []),
    ({"action": "continue"}, []),
    ({"action": "dance", "text": "I dance."}, []),
    ({"action": "input.welcome"}, []),
    ({"action": "search", "action_input": {"q": 1}}, []),
    ({"action": {"x": 1}}, []),
    ({**{f"key{at}": {} for at in range(1000)}, "action": "hangup"}, []),
    ({"user": {"action": "hangup"}, "tool": {"play": "a.wav"}}, []),
]


def test_actions_of_a_record() -> None:
    for rows in (SHORT_FORMS, HANG_UPS, TRANSFERS, IN_PLACE, NEXT_ANSWER, LISTS, OTHER_ACTIONS):
        assert failures(rows, actions_of) == []


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
NAMES = st.sampled_from([action.name for action in ACTIONS])
FIELDS = st.sampled_from([field.name for action in ACTIONS for field in action.fields])


@given(NAMES, st.dictionaries(FIELDS, ANY_JSON, max_size=4), ANY_JSON)
def test_actions_of_any_json_are_read_or_left_out(name: str, values: dict[str, Any], value: Any) -> None:
    for record in ({"action": name, **values}, {name: values}, {name: value}, {"actions": [{"action": name} | values]}):
        for piece in actions_of(record):
            # A name that is known is done, or is a fault of its own.
            assert not isinstance(piece, Failure) or piece.reason in ("unknown_action", *(a.fault for a in ACTIONS))
            if isinstance(piece, Keeping):
                json.loads(piece.context)
