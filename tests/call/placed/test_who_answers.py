"""A call that the bridge has placed, from its first sound: what is said to a person, and what to a machine."""

from __future__ import annotations

import gc
import weakref
from dataclasses import replace
from typing import Any

import pytest

from ivr.call.call import Call
from ivr.call.commands import HangUp, RequestReply, Transcribe
from ivr.call.events import CallAnswered, CallerLeft, Operated, Resumption
from ivr.media import g711
from tests.call.stage import STARTED, Stage, options, phrases
from tests.media.test_beep import tones

BEEP = g711.encode(tones(1000, ms=20))


def a_call(machine: str = "talk", **choices: Any) -> Stage:
    words = phrases(greeting="Hello, this is the clinic.", ready=True)
    words["machine_message"] = replace(words["greeting"], text="Please call us back.")
    return Stage(options(phrases=words, placed=True, machine=machine, **choices))


def said(stage: Stage) -> list[str]:
    return [sentence.text for turn in stage.call.turns for sentence in turn.sentences]


def answered(stage: Stage) -> list[tuple[str, str]]:
    return [(str(note.fields["by"]), str(note.fields["how"])) for note in stage.notes("answered_by")]


@pytest.mark.parametrize("placed", [True, False])
def test_a_call_is_gone_as_soon_as_it_is_let_go_of(placed: bool) -> None:
    gc.collect()
    gc.disable()
    try:
        call = Call(options(placed=placed))
        call.receive(STARTED, 0.0)
        call.receive(CallerLeft("stop"), 1.0)
        left = weakref.ref(call)
        del call
        assert left() is None
    finally:
        gc.enable()


def test_a_person_says_hello_and_is_greeted() -> None:
    stage = a_call()
    stage.wait(300)
    stage.speak(500)
    assert said(stage) == []
    stage.wait(600)
    assert said(stage) == ["Hello, this is the clinic."]
    assert answered(stage) == [("person", "short")]
    # The hello is no question.
    stage.wait(1000)
    assert stage.all(RequestReply) == []
    assert stage.all(Transcribe) == []
    stage.answer()
    assert len(stage.all(RequestReply)) == 1


def test_where_no_one_says_hello_the_bridge_does() -> None:
    stage = a_call()
    stage.wait(1480)
    assert said(stage) == []
    stage.wait(40)
    assert said(stage) == ["Hello, this is the clinic."]
    assert answered(stage) == [("unknown", "silence")]


def test_without_any_audio_the_bridge_speaks_first() -> None:
    stage = a_call()
    stage.let_time_pass_without_media(2.1)
    assert answered(stage) == [("unknown", "silence")]
    assert said(stage) == ["Hello, this is the clinic."]


def test_a_machine_is_hung_up_on() -> None:
    stage = a_call("hang_up")
    stage.speak(3200)
    assert answered(stage) == [("machine", "long")]
    assert stage.ended == HangUp("success", "answered_by_machine")
    assert stage.ended.at_carrier
    assert said(stage) == []


@pytest.mark.parametrize("beep", [True, False])
def test_a_machine_gets_a_message_behind_its_greeting(beep: bool) -> None:
    stage = a_call("message")
    stage.speak(5000)
    stage.wait(600)
    assert said(stage) == []
    if beep:
        stage.pass_time(400, BEEP)
        stage.wait(40)
    else:
        stage.wait(1500)
    assert said(stage) == ["Please call us back."]
    stage.wait(2000)
    assert stage.ended == HangUp("success", "machine_message")
    assert stage.all(RequestReply) == []


def test_a_machine_is_talked_to_where_the_line_says_so() -> None:
    stage = a_call("talk")
    stage.speak(3000)
    assert answered(stage) == [("machine", "long")]
    assert said(stage) == ["Hello, this is the clinic."]


def test_the_carrier_says_late_that_it_is_a_machine() -> None:
    stage = a_call("message")
    stage.speak(500)
    stage.wait(1600)
    stage.answer()
    stage.feed(CallAnswered("machine"))
    assert answered(stage) == [("person", "short"), ("machine", "carrier")]
    # What was said as to a person is dropped, and the machine's greeting is waited for.
    asked = len(stage.all(RequestReply))
    stage.speak(2000)
    stage.wait(1900)
    assert "Please call us back." not in said(stage)
    stage.wait(200)
    assert said(stage)[-1] == "Please call us back."
    stage.wait(2000)
    assert stage.ended == HangUp("success", "machine_message")
    assert len(stage.all(RequestReply)) == asked


def test_a_person_taken_for_a_machine_is_greeted_after_all() -> None:
    stage = a_call("message")
    stage.speak(3000)
    assert said(stage) == []
    stage.feed(CallAnswered("person"))
    assert answered(stage) == [("machine", "long"), ("person", "carrier")]
    assert said(stage) == ["Hello, this is the clinic."]


def test_a_fax_is_always_hung_up_on() -> None:
    stage = a_call("talk")
    stage.feed(CallAnswered("fax"))
    assert stage.ended == HangUp("success", "answered_by_machine")


def test_a_person_found_late_goes_on_with_the_call() -> None:
    stage = a_call("message")
    stage.speak(500)
    stage.wait(1600)
    stage.feed(CallAnswered("machine"))
    stage.feed(CallAnswered("person"))
    stage.wait(100)
    stage.answer()
    assert len(stage.all(RequestReply)) == 1
    stage.wait(20_000)
    assert stage.ended is None


def test_a_call_that_was_not_placed_begins_at_once() -> None:
    stage = Stage(options(phrases=phrases(greeting="Welcome.")))
    assert said(stage) == ["Welcome."]
    stage.feed(CallAnswered("machine"))
    assert stage.ended is None
    assert answered(stage) == []


def test_an_operator_may_end_it_meanwhile() -> None:
    stage = a_call("message")
    stage.speak(3000)
    stage.feed(Operated("hang_up"))
    stage.wait(1500)
    assert stage.ended is not None
    assert "WhoAnswers" in repr(stage.call._who_answers)


def test_a_call_that_goes_on_does_not_ask_who_answers() -> None:
    stage = Stage(options(phrases=phrases(greeting="Welcome."), placed=True, machine="hang_up"), start=False)
    stage.feed(replace(STARTED, resumption=Resumption(count=1)))
    stage.speak(4000)
    assert answered(stage) == []
    assert stage.ended is None
