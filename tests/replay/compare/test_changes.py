"""What differs between two answers to one event, by kind of decision."""

from __future__ import annotations

import pytest

from ivr.replay.compare.changes import DECISION_KINDS, HARMLESS, changes
from ivr.replay.tape import CommandRecord

AUDIO: CommandRecord = ["SendAudio", 160, 1]
CLEAR: CommandRecord = ["SendClear", {}]
UTTERANCE: CommandRecord = ["Transcribe", {"utterance": 1, "pcm": [320, 7]}]
SPEAK: CommandRecord = ["Speak", {"turn": 1, "sentence": 1, "text": "yes", "quiet_at": 2.0}]
ASK: CommandRecord = ["RequestReply", {"turn": 1, "request": {"text": "why"}}]
VERDICT: CommandRecord = ["Note", {"name": "overlap", "fields": {"verdict": "resume", "rule": "nothing", "ms": 5}}]
FILLER: CommandRecord = ["Note", {"name": "filler"}]
END: CommandRecord = ["HangUp", {"result": "success", "reason": "goodbye"}]


def having(record: CommandRecord, **fields: object) -> CommandRecord:
    return [record[0], {**record[1], **fields}]


@pytest.mark.parametrize(
    ("then", "now", "found"),
    [
        ([CLEAR], [], [("yield", "missing")]),
        ([], [CLEAR], [("yield", "new")]),
        ([AUDIO], [], [("playout", "missing")]),
        ([AUDIO], [["SendAudio", 160, 2]], [("audio", "other")]),
        ([AUDIO], [["SendAudio", 320, 2]], [("playout", "other")]),
        ([AUDIO, AUDIO], [AUDIO], [("playout", "missing")]),
        ([UTTERANCE], [having(UTTERANCE, pcm=[320, 8])], [("audio", "other")]),
        ([UTTERANCE], [having(UTTERANCE, pcm=[640, 8])], [("endpoint", "other")]),
        ([UTTERANCE], [having(UTTERANCE, pcm=5)], [("endpoint", "other")]),
        ([UTTERANCE], [having(UTTERANCE, utterance=2)], [("endpoint", "missing"), ("endpoint", "new")]),
        ([SPEAK], [having(SPEAK, text="no")], [("text", "other")]),
        ([SPEAK], [having(SPEAK, quiet_at=3.0)], [("playout", "other")]),
        ([SPEAK], [], [("speech", "missing")]),
        ([ASK], [having(ASK, request={"text": "who"})], [("question", "other")]),
        ([VERDICT], [having(VERDICT, fields={"verdict": "commit"})], [("verdict", "other")]),
        ([VERDICT], [having(VERDICT, fields={"verdict": "resume", "rule": "nothing", "ms": 6})], [("note", "other")]),
        ([["Note", {"name": "turn", "fields": 3}]], [["Note", {"name": "turn", "fields": 4}]], [("note", "other")]),
        ([], [FILLER, AUDIO], [("filler", "new"), ("playout", "new")]),
        ([END], [], [("end", "missing")]),
        ([FILLER, CLEAR], [CLEAR, FILLER], [("order", "order")]),
        ([CLEAR, FILLER], [CLEAR, FILLER], []),
        ([["Sing", {}]], [], [("playout", "missing")]),
    ],
)
def test_what_differs(then: list[CommandRecord], now: list[CommandRecord], found: list[tuple[str, str]]) -> None:
    assert [(one.kind, one.manner) for one in changes(then, now)] == found


def test_harmless_kinds_come_last() -> None:
    assert set(DECISION_KINDS[-len(HARMLESS) :]) == HARMLESS
