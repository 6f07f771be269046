"""Scripts of events and commands: an ordinary call, and peers that do not keep their word."""

from __future__ import annotations

from typing import Any

import pytest

from ivr.call.commands import HangUp, Note, RequestReply, SendAudio, SendClear, Speak, Transcribe, WarmUp
from ivr.call.events import (
    AudioIn,
    CallerLeft,
    MarkReached,
    PeerFault,
    ReplyDelta,
    ReplyEnded,
    ReplyFailed,
    ReplyPause,
    Tick,
    TranscriptArrived,
    TtsEnded,
)
from ivr.call.timeline import Turn
from tests.call.stage import LOUD, QUIET, STARTED, Stage, options, phrases

# -- an ordinary call ------------------------------------------------------------------------------------------------


def test_links_are_warmed_while_the_greeting_is_heard() -> None:
    stage = Stage(options(phrases=phrases()))
    assert stage.all(WarmUp) == [WarmUp()]
    assert stage.state == "speaking"
    assert isinstance([one for _, one in stage.log if not isinstance(one, Note)][1], SendAudio)
    stage.wait(600)
    assert stage.state == "listening"
    assert bytes(stage.heard) == LOUD * 25
    turn = stage.call.turns[0]
    assert (turn.kind, turn.outcome, turn.heard, turn.unheard) == ("phrase", "heard", "greeting words", "")


def test_a_line_without_a_greeting_listens() -> None:
    stage = Stage()
    assert stage.state == "listening"
    assert stage.all(SendAudio) == []
    assert stage.call.turns == []


def test_a_greeting_that_was_not_rendered_is_asked_of_tts() -> None:
    stage = Stage(options(phrases=phrases(ready=False)))
    assert stage.last(Speak) == Speak(0, 1, "greeting words", stage.now)
    stage.voice(500)
    stage.wait(600)
    assert stage.state == "listening"
    assert stage.call.turns[0].outcome == "heard"


def test_a_question_is_asked_answered_and_the_floor_is_free() -> None:
    stage = Stage()
    stage.speak(600)
    assert stage.state == "hearing"
    stage.wait(480)
    assert stage.state == "hearing"
    stage.wait(20)
    assert stage.state == "transcribing"
    asked = stage.last(Transcribe)
    assert asked.utterance == 1
    assert 600 <= len(asked.pcm) // 16 <= 600 + 300 + 200
    stage.now += 0.8
    stage.feed(TranscriptArrived(1, " where is my parcel "))
    assert stage.state == "thinking"
    request = stage.last(RequestReply).request
    assert (request.text, request.session_id, request.event, request.turn) == ("where is my parcel", "CA1", "speech", 0)
    assert (request.caller, request.called, request.direction) == ("+966500000001", "+966110000000", "inbound")
    assert (request.heard, request.unheard, request.language) == ("", "", "en")
    stage.reply("It is in Riyadh today.")
    assert stage.last(Speak) == Speak(0, 1, "It is in Riyadh today.", stage.now)
    assert stage.state == "thinking"
    stage.voice(1000)
    assert stage.state == "speaking"
    stage.wait(960)
    assert stage.state == "speaking"
    stage.wait(60)
    assert stage.state == "listening"
    turn = stage.call.turns[0]
    assert (turn.outcome, turn.heard, turn.text) == ("heard", "It is in Riyadh today.", "where is my parcel")
    assert bytes(stage.heard) == LOUD * 50
    stage.hear("thank you")
    assert stage.last(RequestReply).request.heard == "It is in Riyadh today."
    assert stage.last(RequestReply).turn == 1


def test_the_times_of_a_turn_are_kept() -> None:
    stage = Stage()
    began = stage.now
    stage.answer()
    stage.wait(1100)
    turn = stage.call.turns[0]
    assert turn.speech_started_at == pytest.approx(began, abs=0.021)
    assert turn.speech_ended_at == pytest.approx(began + 0.6, abs=0.021)
    assert turn.endpoint_at == pytest.approx(began + 1.1, abs=0.021)
    assert turn.transcript_at == turn.asked_at == turn.first_delta_at == turn.first_sent_at == turn.endpoint_at
    sentence = turn.sentences[0]
    assert (sentence.audio_ms, sentence.heard_ms, sentence.finished, sentence.whole) == (1000, 1000, True, True)
    assert turn.own_overhead == 0.0
    assert turn.ended_at == pytest.approx(began + 2.1, abs=0.05)


def test_the_next_sentence_is_asked_for_when_the_last_has_ended() -> None:
    stage = Stage()
    stage.hear()
    stage.reply("The first one is here. The second one comes next. The third one is last.")
    assert stage.all(Speak) == [Speak(0, 1, "The first one is here.", stage.now)]
    stage.voice(400, end=False)
    assert len(stage.all(Speak)) == 1
    out = stage.feed(TtsEnded(0, 1))
    quiet_at = stage.now + 0.4  # the caller has the whole first sentence still to hear
    second = Speak(0, 2, "The second one comes next.", quiet_at)
    assert [command for command in out if isinstance(command, Speak)] == [second]
    stage.voice(400)
    stage.voice(400)
    stage.wait(1300)
    assert stage.state == "listening"
    assert stage.call.turns[0].heard == "The first one is here. The second one comes next. The third one is last."
    assert len(stage.heard) == 9600


def test_a_reply_is_spoken_while_it_still_streams() -> None:
    stage = Stage()
    stage.hear()
    for delta in ("I have found your parcel. ", "It is"):
        stage.feed(ReplyDelta(0, delta))
    assert [speak.text for speak in stage.all(Speak)] == ["I have found your parcel."]
    stage.voice(300)
    stage.wait(500)
    assert stage.state == "speaking"
    stage.feed(ReplyPause(0))
    assert stage.last(Speak).text == "It is"
    stage.voice(300)
    stage.feed(ReplyEnded(0))
    stage.wait(400)
    assert stage.state == "listening"


def test_a_sentence_left_hanging_is_spoken_after_a_while() -> None:
    stage = Stage()
    stage.hear()
    stage.feed(ReplyDelta(0, "Your parcel arrives tomorrow."))
    assert stage.all(Speak) == []
    stage.wait(300)
    assert stage.last(Speak).text == "Your parcel arrives tomorrow."


@pytest.mark.parametrize(("as_it_is", "spoken"), [(False, "You owe five."), (True, "You owe *5*.")])
def test_speakable_text_is_said_as_it_is_without_tags(as_it_is: bool, spoken: str) -> None:
    stage = Stage(options(speakable_reply=as_it_is))
    stage.hear()
    stage.reply("<prosody>You owe *5*.</prosody>")
    assert stage.last(Speak).text == spoken


# -- peers that do not keep their word -------------------------------------------------------------------------------


def test_a_second_start_is_a_fault_and_no_more() -> None:
    stage = Stage()
    stage.feed(STARTED)
    assert stage.notes("peer_fault")[0].fields == {"wire": "phone", "reason": "second_start"}
    assert len(stage.all(WarmUp)) == 1


def test_faults_are_noted() -> None:
    stage = Stage()
    out = stage.feed(PeerFault("agent", "bad_line"))
    assert out == [Note("peer_fault", {"wire": "agent", "reason": "bad_line"})]


def test_nothing_happens_before_the_start() -> None:
    stage = Stage(start=False)
    for event in (AudioIn(0, QUIET), MarkReached("x"), Tick(), ReplyDelta(0, "x"), ReplyEnded(3), ReplyPause(0)):
        assert stage.feed(event) == []
    stage.feed(CallerLeft("closed"))
    assert stage.ended == HangUp("indeterminate", "caller_closed", from_caller=True)


def test_replies_to_turns_that_are_over_are_ignored() -> None:
    stage = Stage()
    stage.answer()
    stage.wait(1100)
    for event in (ReplyDelta(0, "x"), ReplyDelta(5, "x"), ReplyFailed(0, "x"), ReplyEnded(0), ReplyPause(0)):
        assert stage.feed(event) == []


def test_marks_that_are_not_ours_say_nothing() -> None:
    stage = Stage()
    stage.answer()
    stage.feed(MarkReached("unknown"))
    assert stage.state == "speaking"


def test_echo_of_the_agent_is_not_the_caller() -> None:
    soft = bytes((0x50, 0xD0)) * 80
    stage = Stage()
    stage.answer(ms=3000)
    stage.wait(300)
    for _ in range(50):
        stage.media_ms += 20
        stage.feed(AudioIn(stage.media_ms - 20, soft, 1.0))
    assert stage.all(SendClear) == []
    stage.wait(5000)
    assert stage.state == "listening"
    for _ in range(50):
        stage.media_ms += 20
        stage.feed(AudioIn(stage.media_ms - 20, soft, 1.0))
    assert stage.state == "hearing"


def test_what_sounds_like_no_speech_is_not_the_caller() -> None:
    stage = Stage()
    for at in range(50):
        stage.feed(AudioIn(20 * at, LOUD, 0.1))
    assert stage.state == "listening"


def test_a_question_needs_a_call() -> None:
    stage = Stage(start=False)
    with pytest.raises(RuntimeError, match="before the call has started"):
        stage.call._ask(Turn(1, "speech"), 0.0)


def test_a_call_prints_itself_in_one_line() -> None:
    stage = Stage()
    assert repr(stage.call).startswith("<Call CA1 listening turns=0 <SpeechOutput queue=0 tts=False <Playout")
    stage.feed(CallerLeft("stop"))
    assert repr(stage.call).startswith("<Call CA1 over:caller_stop")
    assert repr(Stage(start=False).call).startswith("<Call - listening")


def test_the_levels_of_the_call_are_in_its_record() -> None:
    stage = Stage()
    stage.wait(3000)
    stage.answer(ms=3000)
    stage.wait(4000)
    stage.feed(CallerLeft("stop"))
    levels: dict[str, Any] = dict(stage.notes("levels")[0].fields)
    assert -25 < levels["caller_dbfs"] < -5
    assert levels["noise_dbfs"] <= -80
    assert levels["echo_db"] < -40
    silent = Stage()
    silent.feed(CallerLeft("stop"))
    assert silent.notes("levels") == []
