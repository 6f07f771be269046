"""Keys on a call: what they interrupt, what they are asked with, and what ends them."""

from __future__ import annotations

import pytest

from ivr.call.commands import HangUp, RequestReply, SendClear, Transcribe
from ivr.call.events import DigitPressed, ReplyDelta, ReplyEnded, TranscriptArrived, TranscriptFailed
from ivr.call.options import Phrase
from tests.call.stage import LOUD, Stage, options, phrases

ARABIC = "رقم الشحنة"


def press(stage: Stage, keys: str, every_ms: int = 100) -> None:
    for key in keys:
        stage.feed(DigitPressed(key))
        stage.wait(every_ms)


def asked(stage: Stage) -> list[tuple[str, str, str]]:
    """What the agent was asked: text, digits, event."""
    return [(r.request.text, r.request.digits, r.request.event) for r in stage.all(RequestReply)]


@pytest.mark.parametrize("words", ["where is my parcel", ARABIC])
@pytest.mark.parametrize("when", ["hearing", "transcribing", "thinking", "yielding"])
def test_keys_join_the_words_before_them(when: str, words: str) -> None:
    stage = Stage()
    if when in ("hearing", "transcribing"):
        stage.speak(400)
        stage.wait(500 if when == "transcribing" else 100)
    else:
        stage.hear(words)
        stage.speak(60 if when == "yielding" else 0)
    assert stage.state == when
    press(stage, "5#")
    if when in ("hearing", "transcribing"):
        assert asked(stage) == []
        stage.feed(TranscriptArrived(stage.last(Transcribe).utterance, words))
    assert asked(stage)[-1] == (f"{words} 5", "5", "speech")
    assert stage.state == "thinking"


def test_words_end_the_keys_before_them() -> None:
    stage = Stage()
    press(stage, "9")
    stage.wait(300)
    stage.hear("that is my number")
    assert asked(stage) == [("9 that is my number", "9", "speech")]


def test_keys_wait_for_a_caller_who_speaks() -> None:
    stage = Stage()
    press(stage, "9")
    stage.speak(2500)
    assert asked(stage) == []
    stage.wait(500)
    stage.feed(TranscriptArrived(stage.last(Transcribe).utterance, "or so"))
    stage.say_no_more()
    assert asked(stage) == [("9 or so", "9", "speech")]


def test_a_noise_does_not_end_the_keys() -> None:
    stage = Stage()
    press(stage, "9", 300)
    stage.speak(100)
    stage.wait(600)
    stage.feed(TranscriptArrived(stage.last(Transcribe).utterance, ""))
    assert asked(stage) == []
    press(stage, "8#")
    assert asked(stage) == [("98", "98", "dtmf")]


def test_keys_are_asked_where_stt_has_failed() -> None:
    stage = Stage()
    press(stage, "9")
    stage.speak(400)
    stage.wait(500)
    stage.feed(TranscriptFailed(stage.last(Transcribe).utterance, "closed"))
    press(stage, "#")
    assert asked(stage) == [("9", "9", "dtmf")]


def test_keys_without_an_answer_come_again_with_the_words() -> None:
    stage = Stage()
    press(stage, "1#")
    stage.wait(200)
    stage.speak(700)
    stage.wait(500)
    stage.feed(TranscriptArrived(stage.last(Transcribe).utterance, "a person please"))
    assert asked(stage)[-1] == ("1 a person please", "1", "speech")


def test_a_tone_before_its_key_is_no_speech() -> None:
    stage = Stage()
    stage.speak(200)
    press(stage, "5#")
    assert stage.all(Transcribe) == []
    assert asked(stage) == [("5", "5", "dtmf")]


# -- groups, and late ends -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("answer_ms", [None, 60, 500])
def test_digits_in_two_groups_are_one_answer(answer_ms: int | None) -> None:
    """The answer to the first group has not come, or has sounded too short to be reacted to."""
    stage = Stage()
    press(stage, "12")
    stage.wait(2000)
    if answer_ms is not None:
        stage.reply("I have got that.")
        stage.voice(3000)
        stage.wait(answer_ms)
    press(stage, "34#")
    assert [text for text, _, _ in asked(stage)] == ["12", "1234"]


def test_keys_in_reply_to_an_answer_are_new() -> None:
    stage = Stage()
    press(stage, "1")
    stage.wait(2000)
    stage.reply("For sales press two.")
    stage.voice(3000)
    stage.wait(1000)
    press(stage, "2#")
    assert [text for text, _, _ in asked(stage)] == ["1", "2"]


@pytest.mark.parametrize("terminator", ["#", "*"])
@pytest.mark.parametrize("answer_ms", [None, 200, 800])
def test_a_late_terminator_leaves_the_answer_alone(terminator: str, answer_ms: int | None) -> None:
    stage = Stage(options(keypad_terminator=terminator))
    press(stage, "12")
    stage.wait(2000)
    if answer_ms is not None:
        stage.reply("Your parcel is in Riyadh.")
        stage.voice(3000)
        stage.wait(answer_ms)
    press(stage, terminator)
    assert stage.all(SendClear) == []
    assert [text for text, _, _ in asked(stage)] == ["12"]
    assert stage.state == ("thinking" if answer_ms is None else "speaking")


def test_a_terminator_pressed_twice_asks_once() -> None:
    stage = Stage()
    press(stage, "12##")
    assert [text for text, _, _ in asked(stage)] == ["12"]
    assert stage.state == "thinking"


def test_a_terminator_ends_what_the_caller_says() -> None:
    stage = Stage()
    stage.speak(600)
    stage.wait(100)
    press(stage, "#")
    assert stage.state == "transcribing"
    stage.feed(TranscriptArrived(stage.last(Transcribe).utterance, "one two three"))
    press(stage, "#")
    assert asked(stage) == [("one two three", "", "speech")]


@pytest.mark.parametrize("terminator", ["#", "*"])
@pytest.mark.parametrize("when", ["greeting", "listening", "answer"])
def test_a_lone_terminator_is_an_answer(terminator: str, when: str) -> None:
    given = phrases() if when == "greeting" else phrases(greeting="")
    stage = Stage(options(keypad_terminator=terminator, phrases=given))
    if when == "answer":
        stage.answer(ms=4000)
        stage.wait(1500)
    stage.wait(200)
    press(stage, terminator)
    assert asked(stage)[-1] == (terminator, terminator, "dtmf")


# -- what keys leave alone -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["greeting", "notice"])
def test_keys_wait_for_the_end_of_protected_words(name: str) -> None:
    given = phrases(greeting="") | {name: Phrase("words", LOUD * 100)}
    stage = Stage(options(phrases=given, interruptible_greeting=False))
    press(stage, "12#")
    assert (stage.state, stage.all(SendClear), asked(stage)) == ("speaking", [], [])
    stage.wait(2000)
    assert asked(stage) == [("12", "12", "dtmf")]
    assert stage.state == "thinking"


def test_keys_typed_over_the_end_of_protected_words() -> None:
    stage = Stage(options(phrases=phrases(), interruptible_greeting=False))
    stage.wait(300)
    press(stage, "1234", 400)
    assert stage.state == "listening"
    press(stage, "#")
    assert asked(stage) == [("1234", "1234", "dtmf")]


def test_a_caller_who_types_is_not_asked_whether_they_are_there() -> None:
    stage = Stage(options(keypad_timeout=30.0, silence_timeout=3.0, silence_prompts=1))
    stage.wait(2900)
    press(stage, "123456", 5000)
    assert stage.call.turns == []
    press(stage, "#")
    assert asked(stage) == [("123456", "123456", "dtmf")]


def test_keys_count_as_a_sign_that_the_caller_is_there() -> None:
    stage = Stage(options(silence_timeout=3.0, silence_prompts=1))
    stage.wait(3700)
    press(stage, "1#")
    stage.reply()
    stage.voice(500)
    stage.wait(3700)
    assert stage.ended is None
    assert [turn.kind for turn in stage.call.turns] == ["phrase", "dtmf", "phrase"]


def test_keys_do_not_undo_the_length_of_a_call() -> None:
    for at_ms in range(0, 12_000, 400):
        stage = Stage(options(max_call=6.0, phrases=phrases(ready=True)))
        stage.wait(400)
        stage.answer(ms=3000)
        stage.wait(at_ms)
        press(stage, "1")
        for _ in range(30):
            if stage.ended is None:
                stage.wait(300)
                press(stage, "2")
        assert stage.ended == HangUp("success", "call_too_long"), at_ms
        assert stage.now < 1000 + 6.0 + 1.0 or at_ms > 5000, at_ms


def test_a_key_before_the_call_has_begun_is_ignored() -> None:
    stage = Stage(start=False)
    assert stage.feed(DigitPressed("#")) == []


def test_what_is_no_key_is_ignored() -> None:
    stage = Stage()
    stage.answer(ms=2000)
    stage.wait(300)
    for junk in ("x", "12", ""):
        assert stage.feed(DigitPressed(junk)) == []
    assert stage.state == "speaking"


def test_a_key_over_an_answer_that_has_just_been_asked_for() -> None:
    stage = Stage()
    stage.hear("track it")
    turn = stage.last(RequestReply).turn
    stage.feed(ReplyDelta(turn, "Here it is."))
    press(stage, "7#")
    stage.feed(ReplyEnded(turn))
    assert [text for text, _, _ in asked(stage)] == ["track it", "track it 7"]


def test_a_key_in_a_voice_whose_beginning_said_nothing() -> None:
    stage = Stage()
    stage.answer(ms=4000)
    stage.wait(300)
    stage.speak(400)
    stage.wait(180)
    stage.speak(300)
    # The words of the beginning decide nothing while the voice goes on.
    begun = stage.last(Transcribe)
    stage.feed(TranscriptArrived(begun.utterance, "mm-hm"))
    assert stage.state == "yielding"
    press(stage, "7#")
    whole = stage.last(Transcribe)
    assert len(whole.pcm) > len(begun.pcm)
    stage.feed(TranscriptArrived(whole.utterance, "mm-hm my number is"))
    assert asked(stage)[-1][0] == "mm-hm my number is 7"
