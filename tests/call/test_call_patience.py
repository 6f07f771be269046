"""A caller who is silent: on hold, muted, looking for a number, or gone."""

from __future__ import annotations

import pytest

from ivr.call.commands import HangUp, RequestReply, SendMark, Transcribe
from ivr.call.events import MarkReached, ReplyDelta, ReplyEnded, TranscriptArrived
from ivr.call.line_watch import GAP_S, PROBE
from tests.call.stage import Stage, options, phrases


def without_audio(stage: Stage, seconds: float, *, alive: bool = True) -> None:
    """The phone sends no audio; one that is alive returns marks at once."""
    for _ in range(int(seconds * 10)):
        place = len(stage.log)
        stage.let_time_pass_without_media(0.1)
        for command in stage.since(place):
            if isinstance(command, SendMark) and alive:
                stage.feed(MarkReached(command.name))


# -- no audio --------------------------------------------------------------------------------------------------------


def test_a_phone_on_hold_is_no_hang_up() -> None:
    stage = Stage(options(silence_timeout=0.0))
    stage.wait(500)
    without_audio(stage, 120.0)
    assert stage.ended is None
    assert SendMark(PROBE) in stage.all(SendMark)
    stage.hear("are you still there")
    assert stage.last(RequestReply).request.text == "are you still there"


def test_a_phone_that_returns_no_mark_is_gone_after_ten_seconds() -> None:
    stage = Stage(options(silence_timeout=0.0))
    stage.wait(500)
    without_audio(stage, 9.9, alive=False)
    assert stage.ended is None
    without_audio(stage, 0.2, alive=False)
    assert stage.ended == HangUp("indeterminate", "no_media")


def test_an_utterance_before_the_mute_key_has_an_end() -> None:
    stage = Stage()
    stage.speak(800)
    without_audio(stage, GAP_S - 0.2)
    assert stage.state == "hearing"
    without_audio(stage, 0.9)
    assert stage.state == "transcribing"
    stage.feed(TranscriptArrived(stage.last(Transcribe).utterance, "where is my parcel"))
    assert stage.last(RequestReply).request.text == "where is my parcel"


def test_audio_that_is_only_late_ends_nothing() -> None:
    stage = Stage()
    stage.speak(800)
    without_audio(stage, GAP_S - 0.2)
    stage.speak(400)
    assert (stage.state, stage.all(Transcribe)) == ("hearing", [])


def test_a_cough_before_the_mute_key_does_not_keep_the_agent_quiet() -> None:
    stage = Stage()
    stage.answer(ms=6000)
    stage.wait(500)
    stage.speak(80)
    assert stage.state == "yielding"
    without_audio(stage, GAP_S + 1.5)
    assert stage.state == "speaking"


# -- patience that the agent asks for --------------------------------------------------------------------------------


@pytest.mark.parametrize("words", ["Take your time.", "خذ راحتك."])
def test_the_agent_gives_the_caller_time_for_one_question(words: str) -> None:
    stage = Stage(options(phrases=phrases(greeting=""), silence_timeout=3.0))
    stage.hear()
    turn = stage.last(RequestReply).turn
    stage.feed(ReplyDelta(turn, words))
    stage.feed(ReplyEnded(turn, idle_s=30.0))
    stage.voice(500)
    stage.wait(30_000)
    assert [t.kind for t in stage.call.turns] == ["speech"]
    stage.wait(1000)
    assert stage.call.turns[-1].sentences[0].text == "still_there words"
    stage.wait(1000)
    stage.hear("seven eight")
    stage.reply()
    stage.voice(500)
    stage.wait(4000)
    assert stage.call.turns[-1].sentences[0].text == "still_there words"
