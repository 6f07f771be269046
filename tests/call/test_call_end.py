"""Keys, silence, length and loss: how a call is steered without words and how it ends."""

from __future__ import annotations

from typing import Any

import pytest

from ivr.call.commands import CancelSpeech, CloseReply, ForgetTranscript, HangUp, RequestReply, SendClear
from ivr.call.events import SUPERSEDED, AudioIn, CallerLeft, DigitPressed, ReplyDelta, Tick, TranscriptArrived, Withdraw
from ivr.call.options import Phrase
from tests.call.stage import LOUD, Stage, options, phrases

# -- keys ------------------------------------------------------------------------------------------------------------


def test_keys_are_an_answer_of_their_own() -> None:
    stage = Stage()
    for key in "1234#":
        stage.feed(DigitPressed(key))
        stage.wait(100)
    request = stage.last(RequestReply).request
    assert (request.text, request.event) == ("1234", "dtmf")
    assert stage.call.turns[0].kind == "dtmf"


def test_keys_without_an_end_are_sent_after_a_while() -> None:
    stage = Stage()
    stage.feed(DigitPressed("7"))
    stage.wait(1900)
    assert stage.all(RequestReply) == []
    stage.wait(200)
    assert stage.last(RequestReply).request.text == "7"


def test_a_key_stops_the_agent_and_its_tone_is_no_speech() -> None:
    stage = Stage()
    stage.answer(ms=3000)
    stage.wait(500)
    place = len(stage.log)
    stage.feed(DigitPressed("1"))
    assert isinstance(stage.since(place)[0], SendClear)
    assert stage.state == "listening"
    stage.speak(180)
    assert stage.state == "listening"
    stage.wait(2000)
    assert stage.last(RequestReply).request.heard == "It"


def test_no_key_stops_a_last_goodbye() -> None:
    stage = Stage(options(silence_timeout=1.0, silence_prompts=0))
    stage.wait(1100)
    stage.feed(DigitPressed("1"))
    stage.speak(200)
    stage.wait(600)
    assert stage.ended == HangUp("caller_error", "caller_silent")
    assert stage.all(RequestReply) == []


# -- silence, length, loss -------------------------------------------------------------------------------------------


def test_a_silent_caller_is_asked_twice_and_then_let_go() -> None:
    stage = Stage(options(silence_timeout=3.0, silence_prompts=2))
    stage.wait(3100)
    assert stage.call.turns[-1].sentences[0].text == "still_there words"
    stage.wait(600 + 2900)
    assert len(stage.call.turns) == 2
    stage.wait(600 + 2900)
    assert stage.call.turns[-1].sentences[0].text == "goodbye words"
    assert stage.ended is None
    stage.wait(600)
    assert stage.ended == HangUp("caller_error", "caller_silent")


def test_a_caller_who_speaks_again_starts_the_count_anew() -> None:
    stage = Stage(options(silence_timeout=3.0, silence_prompts=1))
    stage.wait(3700)
    stage.answer()
    stage.wait(1000 + 3200)
    assert stage.ended is None
    assert stage.call.turns[-1].sentences[0].text == "still_there words"


def test_silence_on_a_line_without_words_for_it() -> None:
    stage = Stage(options(phrases={}, silence_timeout=1.0, silence_prompts=2))
    stage.wait(2500)
    assert stage.ended is None
    stage.wait(1000)
    assert stage.ended == HangUp("caller_error", "caller_silent")


def test_silence_without_a_timeout_lasts_for_ever() -> None:
    stage = Stage(options(silence_timeout=0.0))
    stage.wait(60_000)
    assert stage.ended is None
    assert stage.call.turns == []


def test_a_phone_that_sends_nothing_is_given_up() -> None:
    stage = Stage(options(media_timeout=5.0, silence_timeout=0.0))
    stage.wait(1000)
    stage.let_time_pass_without_media(4.9)
    assert stage.ended is None
    stage.let_time_pass_without_media(0.2)
    assert stage.ended == HangUp("indeterminate", "no_media")


def test_a_phone_is_not_given_up_for_the_bridge_s_own_pause() -> None:
    stage = Stage(options(media_timeout=5.0, silence_timeout=0.0))
    stage.wait(1000)
    stage.now += 12.0
    stage.feed(Tick(stood_s=12.0))
    assert stage.ended is None
    stage.let_time_pass_without_media(4.9)
    assert stage.ended is None
    stage.let_time_pass_without_media(0.2)
    assert stage.ended == HangUp("indeterminate", "no_media")


def test_a_call_has_a_greatest_length() -> None:
    stage = Stage(options(max_call=5.0))
    stage.wait(3000)
    stage.answer(ms=5000)
    stage.wait(1000)
    assert stage.call.turns[-1].sentences[0].text == "goodbye words"
    stage.wait(700)
    assert stage.ended == HangUp("success", "call_too_long")
    endless = Stage(options(max_call=0.0, silence_timeout=0.0))
    endless.wait(10_000)
    assert endless.ended is None


def test_the_length_ends_a_call_whose_caller_is_speaking() -> None:
    stage = Stage(options(max_call=1.0))
    stage.speak(1400)
    assert stage.state == "speaking"
    stage.speak(400)
    assert stage.ended == HangUp("success", "call_too_long")


@pytest.mark.parametrize(
    ("how", "result"),
    [("stop", "success"), ("closed", "indeterminate"), ("dropped", "indeterminate"), ("stalled", "indeterminate")],
)
@pytest.mark.parametrize("state", ["listening", "hearing", "transcribing", "thinking", "speaking", "yielding"])
def test_a_caller_may_leave_at_any_time(state: str, how: str, result: str) -> None:
    stage = Stage()
    if state in ("hearing", "transcribing"):
        stage.speak(300)
        stage.wait(500 if state == "transcribing" else 0)
    elif state != "listening":
        stage.hear()
        stage.feed(ReplyDelta(0, "It is in Riyadh today. And"))
        if state != "thinking":
            stage.voice(1000, end=False)
            stage.speak(60 if state == "yielding" else 0)
    assert stage.state == state
    place = len(stage.log)
    stage.feed(CallerLeft(how))  # type: ignore[arg-type]
    out = stage.since(place)
    assert out[-1] == HangUp(result, f"caller_{how}", from_caller=True)  # type: ignore[arg-type]
    if state == "transcribing":
        assert ForgetTranscript(1) in out
    if state in ("thinking", "speaking", "yielding"):
        assert CloseReply(0) in out
        assert CancelSpeech(0, 1) in out
        assert stage.call.turns[-1].outcome == ("superseded" if state == "thinking" else "interrupted")
    assert stage.call.wake_at() is None
    for event in (AudioIn(0, LOUD), Tick(), ReplyDelta(0, "x"), TranscriptArrived(1, "x"), CallerLeft("stop")):
        assert stage.feed(event) == []


SILENT = phrases(greeting="")
READY = SILENT | {"shutdown": Phrase("shutdown words", LOUD * 25)}
LONG = SILENT | {"shutdown": Phrase("shutdown words", LOUD * 125)}
"""Last words that take longer than there is time."""


def test_a_call_that_is_withdrawn_has_last_words() -> None:
    stage = Stage(options(phrases=READY))
    stage.wait(100)
    stage.feed(Withdraw("shutdown", 2.0))
    assert stage.call.turns[-1].sentences[-1].text == "shutdown words"
    stage.speak(400)
    stage.wait(900)
    assert stage.ended == HangUp("bridge_error", "shutdown")


@pytest.mark.parametrize(
    "words", [SILENT, SILENT | {"shutdown": Phrase("not rendered")}, LONG], ids=["none", "not rendered", "not heard"]
)
def test_last_words_have_their_time(words: Any) -> None:
    stage = Stage(options(phrases=words))
    stage.hear()
    stage.feed(Withdraw("shutdown", 2.0))
    if words is not LONG:
        assert stage.ended == HangUp("bridge_error", "shutdown")
    stage.let_time_pass_without_media(1.9)
    assert (stage.ended is None) == (words is LONG)
    stage.let_time_pass_without_media(0.2)
    assert stage.ended == HangUp("bridge_error", "shutdown")


def test_the_agents_own_goodbye_may_end() -> None:
    stage = Stage(options(phrases=READY))
    stage.hear()
    stage.reply("Goodbye.", hang_up=True)
    stage.voice(1000)
    stage.wait(300)
    stage.feed(Withdraw("shutdown", 2.0))
    stage.wait(1500)
    assert stage.ended == HangUp("success", "agent_goodbye")
    assert [turn.sentences[-1].text for turn in stage.call.turns] == ["Goodbye."]


def test_the_bridge_may_withdraw() -> None:
    stage = Stage()
    stage.answer()
    stage.feed(Withdraw("shutdown"))
    assert stage.ended == HangUp("bridge_error", "shutdown")


def test_a_superseded_stream_is_no_failure() -> None:
    stage = Stage()
    stage.answer()
    stage.feed(Withdraw(SUPERSEDED))
    assert stage.ended == HangUp("indeterminate", SUPERSEDED)
    assert not stage.last(HangUp).at_carrier
