"""What a page is told of its call: whose turn it is, the words when they are heard, the wait, the end."""

from __future__ import annotations

from typing import Any

from ivr.call.commands import HangUp, Note
from ivr.call.events import CallerLeft, DigitPressed, Event, TranscriptFailed
from ivr.server.talk.told import ToldCall
from tests.call.stage import STARTED, Stage, options, phrases


class Page(Stage):
    """A stage whose call is told to a page."""

    def __init__(self, **choices: Any) -> None:
        super().__init__(options(**choices), start=False)
        self.got: list[dict[str, Any]] = []
        self.told = ToldCall(self.got.append, self.call)

    def feed(self, event: Event) -> list[Any]:
        commands = super().feed(event)
        self.told.happened(commands)
        return commands

    def what(self, *kinds: str) -> list[dict[str, Any]]:
        assert all(message["event"] == "talk" for message in self.got)
        found = [{**message} for message in self.got if message["what"] in kinds]
        for message in found:
            del message["event"]
        return found


def a_call(**choices: Any) -> Page:
    page = Page(**choices)
    page.feed(STARTED)
    return page


def test_a_question_and_its_answer() -> None:
    page = a_call()
    page.answer("It is in Riyadh today.")
    page.wait(1500)
    assert page.what("asked") == [{"what": "asked", "turn": 0, "text": "where is my parcel", "keys": False}]
    assert page.what("said") == [{"what": "said", "turn": 0, "text": "It is in Riyadh today.", "kind": "answer"}]
    (closed,) = page.what("closed")
    assert closed == {
        "what": "closed", "turn": 0, "outcome": "heard", "heard": "It is in Riyadh today.", "unheard": "",
    }  # fmt: skip
    (wait,) = page.what("wait")
    assert wait["ms"] == sum(wait["parts"].values())
    assert wait["parts"]["endpoint"] == 500
    states = [message["state"] for message in page.what("state")]
    assert states == ["listening", "hearing", "transcribing", "thinking", "speaking", "listening"]


def test_a_wait_is_told_before_the_words_that_ended_it() -> None:
    page = a_call()
    page.answer()
    page.wait(100)
    assert [message["what"] for message in page.what("asked", "wait", "said")] == ["asked", "wait", "said"]


def test_phrases_are_told_from_answers() -> None:
    page = a_call(phrases=phrases(greeting="Hello there."))
    page.wait(800)
    assert page.what("said") == [{"what": "said", "turn": 0, "text": "Hello there.", "kind": "phrase"}]
    assert page.what("wait", "asked") == []


def test_an_interruption_says_what_was_not_heard() -> None:
    page = a_call()
    page.answer("It is in Riyadh today, and it will be at your door on Sunday morning.", ms=4000)
    page.wait(1000)
    page.interrupt("stop please")
    (closed,) = page.what("closed")
    assert closed["outcome"] == "interrupted"
    assert closed["heard"]
    assert closed["unheard"]


def test_each_filler_is_told_once() -> None:
    ready = phrases(greeting="One moment.")["greeting"]
    page = a_call(phrases={**phrases(greeting=""), "filler": ready, "still_working": ready})
    page.hear()
    page.wait(8000)
    fillers = [message["text"] for message in page.what("said") if message["kind"] == "filler"]
    assert fillers == ["One moment."] * len(page.call.turns[0].fillers)
    assert len(fillers) > 1


def test_keys_are_told_as_keys() -> None:
    page = a_call()
    page.feed(DigitPressed("1"))
    page.feed(DigitPressed("#"))
    (asked,) = page.what("asked")
    assert asked["keys"] is True


def test_faults_are_told_with_their_reason() -> None:
    page = a_call()
    page.speak(600)
    page.wait(500)
    page.feed(TranscriptFailed(1, "timeout"))
    faults = page.what("fault")
    assert {"what": "fault", "name": "transcript_failed", "reason": "timeout"} in faults
    assert {"what": "fault", "name": "upstream_failed", "reason": "stt"} in faults


def test_the_end_is_told() -> None:
    page = a_call()
    page.feed(CallerLeft("stop"))
    assert page.what("ended") == [{"what": "ended", "result": "success", "reason": "caller_stop"}]
    page.told.happened([Note("levels"), HangUp("success", "again")])
    assert len(page.what("ended")) == 2
    assert repr(page.told).startswith("<ToldCall listening")


def test_a_question_that_is_asked_ahead_is_told_when_the_turn_is_over() -> None:
    page = a_call(eager=True)
    for words in ("hello", "hello"):
        page.speak(600)
        page.wait(260)
        page.found(words)
        page.reply()
        assert page.what("asked", "said", "closed") == []
    page.voice(300)
    page.wait(1500)
    assert [(one["what"], one["turn"]) for one in page.what("asked", "said", "closed")] == [
        ("asked", 1), ("said", 1), ("closed", 1),
    ]  # fmt: skip
