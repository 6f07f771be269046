"""Options that are to be otherwise, as a developer writes them."""

from __future__ import annotations

import inspect
from dataclasses import fields, replace
from typing import Any

import pytest

from ivr.call import events
from ivr.call.options import CallOptions, Phrase
from ivr.replay.tape import Tape, TapeHeader, kept_phrases
from ivr.replay.what_if import changes as room
from ivr.replay.what_if.changes import (
    ChangeError,
    changed,
    meanings,
    read_changes,
    read_grid,
    without_effect,
)
from ivr.replay.what_if.taped_call import TapedCall


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("endpoint_ms=700", {"endpoint_ms": 700}),
        ("IVR_ENDPOINT_MS=700", {"endpoint_ms": 700}),
        ("call.lead-ms = 300", {"lead_ms": 300}),
        ("[call]", None),
        ("reply_timeout=9", {"reply_timeout": 9.0}),
        ("interruptible_greeting=false", {"interruptible_greeting": False}),
        ("keypad_terminator=*", {"keypad_terminator": "*"}),
        ("keypad_terminator=", {"keypad_terminator": ""}),
        ("transfer_to=+966110000001,+966110000002", {"transfer_to": ("+966110000001", "+966110000002")}),
    ],
)
def test_a_change_is_read(written: str, read: dict[str, Any] | None) -> None:
    if read is None:
        with pytest.raises(ChangeError, match="write NAME=VALUE"):
            read_changes([written])
        return
    assert read_changes([written]) == read
    assert type(next(iter(read_changes([written]).values()))) is type(next(iter(read.values())))


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("endpont_ms=1", "nearest: endpoint_ms: Silence that ends an utterance"),
        ("filler=1", "filler_after_ms"),
        ("xyzzy=1", "the options are ask_agent_on_silence"),
        ("=1", "the options are ask_agent_on_silence"),
        ("endpoint_ms=seven", r"a whole number from 100 to 3000, not 'seven' \(Silence that ends"),
        ("endpoint_ms=7.5", "a whole number"),
        ("endpoint_ms=9", "from 100 to 3000, not '9'"),
        ("interruptible_greeting=yes", "write true or false"),
        ("transfer_to=office", "is not a telephone number"),
        ("language=en", "the caller spoke the language of then"),
        ("phrases=x", "place a call"),
        ("max_utterance_ms=1", r"not '1'$"),
    ],
)
def test_a_wrong_change_says_what_is_right(written: str, told: str) -> None:
    with pytest.raises(ChangeError, match=told):
        read_changes([written])


def test_every_option_can_be_changed_or_says_why_not() -> None:
    assert set(meanings()) | {"language", "phrases", "languages", "language_by_words", "changed_to", "keys"} == {
        one.name for one in fields(CallOptions)
    }
    assert meanings()["word_ms"].startswith("Speech over the agent that may have been a word")


def test_options_need_no_meaning(monkeypatch: pytest.MonkeyPatch) -> None:
    def lost(_: object) -> str:
        raise OSError("no source")

    monkeypatch.setattr(inspect, "getsource", lost)
    meanings.cache_clear()
    assert set(meanings().values()) == {""}
    with pytest.raises(ChangeError, match=r"nearest: endpoint_ms; "):
        room.option_name("endpoint")
    with pytest.raises(ChangeError, match=r"not '9'$"):
        room.read_value("endpoint_ms", "9")
    meanings.cache_clear()


def test_a_grid_has_one_option_or_two() -> None:
    assert read_grid(["endpoint_ms=300,400,300"]) == {"endpoint_ms": [300, 400]}
    assert read_grid(["endpoint_ms=300,400", "lead_ms=200"]) == {"endpoint_ms": [300, 400], "lead_ms": [200]}
    for wrong in ([], ["endpoint_ms=1,2", "x=1"], ["a_ms=1", "lead_ms=2", "fade_ms=3"], ["endpoint_ms"]):
        with pytest.raises(ChangeError):
            read_grid(wrong)
    with pytest.raises(ChangeError, match="one option or two"):
        read_grid(["endpoint_ms=300", "lead_ms=200", "fade_ms=20"])
    with pytest.raises(ChangeError, match=r"NAME=VALUE,VALUE"):
        read_grid(["transfer_to=+966110000001"])


def test_changes_that_contradict_each_other() -> None:
    assert changed(CallOptions(), {"endpoint_ms": 200}).endpoint_ms == 200
    with pytest.raises(ChangeError, match=r"start_ms \(500\) is more than commit_ms \(300\)"):
        changed(CallOptions(), {"start_ms": 500, "commit_ms": 300})


def test_changes_that_cannot_matter() -> None:
    options, phrases = kept_phrases(CallOptions(phrases={"filler": Phrase("One moment", b"\xff" * 8)}))
    taped = TapedCall(Tape(TapeHeader("CA1", options=options, phrases=phrases)))
    told = without_effect(taped, {"endpoint_ms": 500, "keypad_timeout": 1.0, "filler_after_ms": 9, "pre_roll_ms": 9})
    assert set(told) == {"endpoint_ms", "keypad_timeout", "pre_roll_ms"}
    assert told["endpoint_ms"] == "it was 500 already"
    assert without_effect(taped, {"turn_model": True}) == {"turn_model": "the tape has nothing that a model said"}
    taped.caller.append((1.0, 0, events.DigitPressed("1")))
    taped.tape = Tape(replace(taped.tape.header, phrases={}))
    assert without_effect(taped, {"keypad_timeout": 1.0, "fillers_most": 9}) == {
        "fillers_most": "the line has no filler"
    }
