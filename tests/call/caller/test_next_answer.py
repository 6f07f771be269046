"""Hold what the agent has said of the caller's next answer."""

from __future__ import annotations

from typing import Any

import pytest

from ivr.call.actions import Expect, Gather
from ivr.call.commands import RequestReply, SendAudio, Transcribe
from ivr.call.events import DigitPressed, ReplyDelta, ReplyEnded, TranscriptArrived
from ivr.call.options import CallOptions, Phrase
from tests.call.stage import LOUD, Stage, options, phrases


def asking(choices: CallOptions | None = None, *, said_ms: int = 400, **more: Any) -> Stage:
    """Return a stage whose agent has asked the caller for something and is silent now."""
    stage = Stage(choices)
    stage.hear()
    stage.feed(ReplyDelta(0, "Your order number, please."))
    stage.feed(ReplyEnded(0, **more))
    stage.voice(said_ms)
    stage.wait(said_ms + 200)
    return stage


def press(stage: Stage, keys: str) -> None:
    for key in keys:
        stage.feed(DigitPressed(key))
        stage.wait(100)


def asked(stage: Stage) -> list[str]:
    return [request.request.text for request in stage.all(RequestReply)][1:]


def test_the_last_key_of_a_gather_asks_at_once() -> None:
    stage = asking(gather=Gather(digits=4))
    press(stage, "123")
    assert asked(stage) == []
    press(stage, "4")
    assert asked(stage) == ["1234"]
    # The next answer is gathered as the line says.
    stage.reply("And the next?")
    stage.voice(200)
    stage.wait(1000)
    press(stage, "1234")
    assert len(asked(stage)) == 1
    stage.wait(2000)
    assert asked(stage) == ["1234", "1234"]


def test_expected_digits_are_gathered_as_well() -> None:
    stage = asking(expect=Expect("digits", 3))
    press(stage, "123")
    assert asked(stage) == ["123"]
    # Without a length, and for anything else, the line decides.
    for expect in (Expect("digits"), Expect("date")):
        stage = asking(expect=expect)
        press(stage, "123")
        assert asked(stage) == []


def test_keys_over_the_question_count() -> None:
    stage = Stage()
    stage.hear()
    stage.feed(ReplyDelta(0, "Your order number, please, it is on your letter."))
    stage.feed(ReplyEnded(0, gather=Gather(digits=2)))
    stage.voice(5000)
    stage.wait(1000)
    press(stage, "12")
    assert asked(stage) == ["12"]


def test_the_caller_has_the_time_of_the_gather() -> None:
    stage = asking(gather=Gather(digits=2, timeout_s=5.0, first_timeout_s=3.0), idle_s=60.0)
    stage.wait(3000)
    assert [note.fields["name"] for note in stage.notes("phrase")] == ["still_there"]
    press(stage, "1")
    stage.wait(4800)
    assert asked(stage) == []
    stage.wait(400)
    assert asked(stage) == ["1"]


def test_a_voice_is_no_answer_where_only_keys_are() -> None:
    stage = asking(options(silence_timeout=4.0), gather=Gather(digits=4, allow_speech=False))
    before = len(stage.all(Transcribe))
    stage.speak(1000)
    stage.wait(1000)
    assert (len(stage.all(Transcribe)), stage.state) == (before, "listening")
    press(stage, "12")
    stage.speak(300)
    press(stage, "34")
    assert asked(stage) == ["1234"]
    # Nor does it interrupt what is said; the answer to the next question is as ever.
    assert repr(stage.call._next_answer) == "<NextAnswer keys_only=False>"


def test_a_voice_does_not_interrupt_where_only_keys_answer() -> None:
    stage = Stage()
    stage.hear()
    stage.feed(ReplyDelta(0, "Type your order number, please, it is on your letter."))
    stage.feed(ReplyEnded(0, gather=Gather(digits=2, allow_speech=False)))
    stage.voice(4000)
    stage.wait(1000)
    stage.speak(1000)
    assert stage.state == "speaking"
    stage.wait(3000)
    press(stage, "12")
    assert asked(stage) == ["12"]


def test_a_voice_that_holds_the_agent_is_judged_to_its_end() -> None:
    stage = Stage()
    stage.hear()
    stage.feed(ReplyDelta(0, "Type your order number, please, it is on your letter."))
    stage.voice(4000)
    stage.wait(600)
    stage.speak(300)
    assert stage.state == "yielding"
    stage.feed(ReplyEnded(0, gather=Gather(digits=2, allow_speech=False)))
    stage.wait(200)
    stage.feed(TranscriptArrived(stage.last(Transcribe).utterance, ""))
    stage.voice(400)
    stage.wait(5000)
    assert stage.state == "listening"


def test_a_voice_counts_again_when_no_key_has_come() -> None:
    stage = asking(options(silence_timeout=2.0), gather=Gather(digits=4, allow_speech=False))
    stage.wait(2000)
    stage.wait(1000)
    stage.hear("I do not have one")
    assert asked(stage) == ["I do not have one"]


# The agent's words ask for a number.
@pytest.mark.parametrize(
    ("expect", "waited"), [(None, 2500), (Expect("digits", 4), 2500), (Expect("open"), 260), (Expect("yes_no"), 260)]
)
def test_what_is_expected_says_how_long_words_are_waited_for(expect: Expect | None, waited: int) -> None:
    stage = asking(expect=expect)
    stage.speak(400)
    stage.pass_time(240)
    assert asked(stage) == []
    stage.pass_time(20)
    stage.feed(TranscriptArrived(stage.last(Transcribe).utterance, "certainly"))
    if waited > 260:
        stage.wait(waited - 260 - 20)
        assert asked(stage) == []
    stage.wait(60)
    assert asked(stage) == ["certainly"]


@pytest.mark.parametrize(
    ("expect", "sent"), [(Expect("yes_no"), 100), (Expect("digits", 4), 100), (Expect("digits", 13), 260), (None, 260)]
)
def test_words_of_a_short_answer_are_looked_for_at_once(expect: Expect | None, sent: int) -> None:
    stage = asking(expect=expect)
    before = len(stage.all(Transcribe))
    stage.speak(400)
    stage.wait(sent - 20)
    assert len(stage.all(Transcribe)) == before
    stage.wait(20)
    assert len(stage.all(Transcribe)) == before + 1


THIRTEEN = "7826459301240"


@pytest.mark.parametrize("more", [{"expect": Expect("digits", 13)}, {"gather": Gather(13)}])
def test_a_number_of_known_length_is_typed_in_its_own_time(more: dict[str, Any]) -> None:
    stage = asking(**more)
    for place in range(0, 13, 4):
        press(stage, THIRTEEN[place : place + 4])
        stage.wait(2200 if place < 12 else 20)
        assert asked(stage) == ([THIRTEEN] if place == 12 else [])


def by_words(length: int) -> Stage:
    """Return a stage whose agent has asked for a number of this length in its words."""
    stage = asking()
    stage.call._speculation.awaits = lambda: ("digits", length)  # type: ignore[method-assign]
    return stage


@pytest.mark.parametrize(
    ("expect", "awaited"),
    [(Expect("digits"), ("digits", 4)), (Expect("digits", 6), ("digits", 6)), (Expect("date"), ("date", 0))],
)
def test_a_kind_without_a_length_has_that_of_the_words(expect: Expect, awaited: tuple[str, int]) -> None:
    stage = Stage()
    stage.hear()
    stage.feed(ReplyDelta(0, "Your four-digit PIN, please."))
    stage.feed(ReplyEnded(0, expect=expect))
    stage.voice(400)
    stage.wait(600)
    assert stage.call._speculation.awaits() == awaited


def test_a_length_in_the_agents_words_counts_for_keys() -> None:
    stage = by_words(4)
    press(stage, "12")
    stage.wait(2200)
    press(stage, "3")
    assert asked(stage) == []
    press(stage, "4")
    assert asked(stage) == ["1234"]
    # The words may have meant another number.
    press(stage, "5#")
    assert asked(stage) == ["1234", "12345"]


@pytest.mark.parametrize("said", ["78", "seven eight", "it's double seven", "سبعة ثمانية"])
def test_a_part_that_was_said_counts_for_the_keys_behind_it(said: str) -> None:
    for stage in (by_words(4), asking(expect=Expect("digits", 4))):
        stage.speak(600)
        stage.wait(300)
        stage.found(said)
        press(stage, "2")
        assert asked(stage) == []
        press(stage, "6")
        assert asked(stage) == [f"{said} 26"]


def test_nothing_is_said_while_a_number_is_typed_behind_words() -> None:
    filler = {**phrases(greeting=""), "filler": Phrase("filler words", LOUD * 25)}
    stage = asking(options(phrases=filler, filler_after_ms=1500), expect=Expect("digits", 6))
    stage.speak(600)
    stage.wait(300)
    stage.found("seven eight")
    press(stage, "12")
    before = len(stage.all(SendAudio))
    stage.wait(2200)
    assert (asked(stage), len(stage.all(SendAudio))) == ([], before)
    press(stage, "34")
    assert asked(stage) == ["seven eight 1234"]
    # From the question on the caller is owed an answer.
    stage.wait(2000)
    assert len(stage.all(SendAudio)) > before
