"""STT, agent and TTS that fail: what the caller hears instead, and when the call is given up."""

from __future__ import annotations

import pytest

from ivr.call.commands import (
    CancelSpeech,
    CloseReply,
    ForgetTranscript,
    HangUp,
    RequestReply,
    SendAudio,
    Speak,
    Transcribe,
)
from ivr.call.events import (
    ReplyDelta,
    ReplyEnded,
    ReplyFailed,
    TranscriptArrived,
    TranscriptFailed,
    TtsAudio,
    TtsEnded,
    TtsFailed,
)
from tests.call.stage import LOUD, Stage, options, phrases

# -- STT -------------------------------------------------------------------------------------------------------------


def test_nothing_understood_is_asked_again_but_a_click_is_not() -> None:
    stage = Stage()
    stage.hear("", ms=80)
    assert stage.state == "listening"
    stage.hear(" ", ms=600)
    assert stage.state == "speaking"
    assert stage.call.turns[-1].sentences[0].text == "reprompt words"
    assert stage.all(RequestReply) == []
    stage.wait(600)
    assert stage.state == "listening"


@pytest.mark.parametrize(("ms", "asked"), [(280, False), (300, True)])
def test_speech_of_300_ms_may_have_been_words(ms: int, asked: bool) -> None:
    stage = Stage()
    stage.hear("", ms=ms)
    assert bool(stage.notes("nothing_understood")) is asked


def test_nothing_understood_on_a_line_without_a_phrase_for_it() -> None:
    stage = Stage(options(phrases={}))
    stage.hear("", ms=600)
    assert stage.state == "listening"


def test_stt_that_fails_is_apologised_for_and_then_given_up() -> None:
    stage = Stage()
    for _ in range(2):
        stage.speak(600)
        stage.wait(500)
        stage.feed(TranscriptFailed(stage.last(Transcribe).utterance, "closed"))
        assert stage.call.turns[-1].sentences[0].text == "apology words"
        assert stage.call.turns[-1].sentences[0].fixed
        stage.wait(600)
        assert stage.state == "listening"
    stage.speak(600)
    stage.wait(500)
    stage.feed(TranscriptFailed(3, "closed"))
    assert stage.ended is None
    stage.wait(600)
    assert stage.ended == HangUp("upstream_error", "stt_unavailable")
    assert not stage.last(HangUp).meant


def test_stt_has_a_deadline() -> None:
    stage = Stage(options(transcript_timeout=2.0))
    stage.speak(400)
    stage.wait(500)
    stage.wait(2000)
    assert ForgetTranscript(1) in stage.all(ForgetTranscript)
    assert [note.fields["reason"] for note in stage.notes("transcript_failed")] == ["timeout"]
    assert stage.state == "speaking"
    stage.feed(TranscriptArrived(1, "too late"))
    assert stage.all(RequestReply) == []


def test_words_found_in_one_of_two_utterances_are_enough() -> None:
    stage = Stage()
    stage.speak(400)
    stage.wait(500)
    stage.speak(400)
    stage.feed(TranscriptFailed(1, "closed"))
    stage.wait(500)
    stage.feed(TranscriptArrived(2, "hello"))
    assert stage.last(RequestReply).request.text == "hello"


# -- the agent -------------------------------------------------------------------------------------------------------


def test_a_reply_that_fails_is_apologised_for() -> None:
    stage = Stage()
    stage.hear()
    stage.feed(ReplyFailed(0, "http_500"))
    assert stage.state == "speaking"
    stage.wait(600)
    turn = stage.call.turns[0]
    assert (turn.outcome, turn.failure, turn.heard) == ("failed", "http_500", "apology words")
    assert stage.state == "listening"


def test_a_reply_that_breaks_off_is_said_as_far_as_it_came() -> None:
    stage = Stage()
    stage.hear()
    stage.feed(ReplyDelta(0, "Your parcel is "))
    stage.feed(ReplyFailed(0, "broken"))
    assert stage.last(Speak).text == "Your parcel is"
    stage.voice(400)
    stage.wait(1100)
    assert stage.call.turns[0].heard == "Your parcel is apology words"


def test_a_reply_that_fails_under_a_voice_waits_to_apologise() -> None:
    stage = Stage()
    stage.hear()
    stage.speak(80)
    stage.feed(ReplyFailed(0, "connect"))
    assert stage.state == "yielding"
    assert stage.all(SendAudio) == []
    stage.wait(300)
    assert stage.state == "speaking"
    stage.wait(600)
    assert stage.call.turns[0].heard == "apology words"


def test_an_empty_reply_is_a_failure() -> None:
    stage = Stage()
    stage.hear()
    stage.feed(ReplyEnded(0))
    assert stage.call.turns[0].failure == "empty"
    assert stage.call.turns[0].sentences[0].text == "apology words"


def test_a_failed_reply_without_an_apology_frees_the_floor() -> None:
    stage = Stage(options(phrases={}))
    stage.hear()
    stage.feed(ReplyFailed(0, "connect"))
    assert stage.state == "listening"
    assert stage.call.turns[0].outcome == "failed"


def test_an_agent_that_stalls_is_closed_and_apologised_for() -> None:
    stage = Stage(options(reply_timeout=2.0))
    stage.hear()
    stage.wait(1500)
    stage.feed(ReplyDelta(0, "Let me "))
    stage.wait(1500)
    assert stage.all(CloseReply) == []
    stage.wait(600)
    assert stage.all(CloseReply) == [CloseReply(0)]
    assert stage.call.turns[0].failure == "stalled"
    assert stage.state == "speaking"
    assert [sentence.text for sentence in stage.call.turns[0].sentences][-1] == "apology words"


def test_three_failures_in_a_row_end_the_call() -> None:
    stage = Stage()
    for _ in range(2):
        stage.hear()
        stage.feed(ReplyFailed(stage.last(RequestReply).turn, "connect"))
        stage.wait(600)
    stage.answer()
    stage.wait(1200)
    for _ in range(3):
        assert stage.ended is None
        stage.hear()
        stage.feed(ReplyFailed(stage.last(RequestReply).turn, "connect"))
        stage.wait(600)
    assert stage.ended == HangUp("upstream_error", "agent_unavailable")


def test_a_goodbye_of_the_agent_is_heard_before_the_end() -> None:
    stage = Stage()
    stage.hear("no thank you")
    stage.reply("Goodbye then.", hang_up=True)
    stage.voice(800)
    stage.wait(780)
    assert stage.ended is None
    stage.wait(40)
    assert stage.ended == HangUp("success", "agent_goodbye")
    assert stage.last(HangUp).meant
    assert len(stage.heard) == 6400
    assert stage.log[-1][1] is stage.ended


def test_the_agent_hangs_up_without_a_word() -> None:
    stage = Stage()
    stage.hear("bye")
    stage.feed(ReplyEnded(0, hang_up=True))
    assert stage.ended == HangUp("success", "agent_goodbye")


def test_a_caller_with_one_more_question_keeps_the_call() -> None:
    stage = Stage()
    stage.hear("no thank you")
    stage.reply("Goodbye then.", hang_up=True)
    stage.voice(800)
    stage.wait(400)
    stage.hear("wait, one more")
    assert stage.last(RequestReply).request.text == "wait, one more"
    stage.wait(1000)
    assert stage.ended is None


# -- TTS -------------------------------------------------------------------------------------------------------------


def test_tts_that_fails_twice_ends_the_answer() -> None:
    stage = Stage()
    stage.hear()
    stage.feed(ReplyDelta(0, "The first one is here. The second one comes next. The third one is last. And "))
    stage.voice(400)
    stage.feed(TtsFailed(0, 2, "degenerate"))
    assert stage.all(CloseReply) == []
    assert stage.last(Speak).sentence == 3
    stage.feed(TtsFailed(0, 3, "degenerate"))
    assert CloseReply(0) in stage.all(CloseReply)
    stage.wait(1200)
    turn = stage.call.turns[0]
    assert (turn.outcome, turn.failure) == ("failed", "tts")
    assert turn.heard == "The first one is here. apology words"
    assert turn.unheard == "The second one comes next. The third one is last."
    assert stage.state == "listening"


def test_one_sentence_that_cannot_be_said_is_left_out() -> None:
    stage = Stage()
    stage.hear()
    stage.reply("The first one is here. The second one comes next. The third one is last.")
    stage.voice(400)
    stage.feed(TtsFailed(0, 2, "invalid"))
    assert [note.fields["reason"] for note in stage.notes("sentence_lost")] == ["invalid"]
    stage.voice(400)
    stage.wait(1000)
    turn = stage.call.turns[0]
    assert turn.heard == "The first one is here. The third one is last."
    assert turn.unheard == "The second one comes next."
    assert stage.state == "listening"


def test_tts_that_never_speaks_ends_the_call() -> None:
    stage = Stage()
    for _ in range(3):
        assert stage.ended is None
        stage.hear()
        stage.reply()
        asked = stage.last(Speak)
        stage.feed(TtsFailed(asked.turn, asked.sentence, "degenerate"))
        stage.wait(700)
    assert stage.ended == HangUp("upstream_error", "tts_unavailable")


def test_without_tts_and_phrase_the_carrier_has_the_last_word() -> None:
    stage = Stage(options(phrases=phrases(ready=False, greeting="")))
    stage.hear()
    stage.reply()
    stage.feed(TtsFailed(0, 1, "connect"))
    assert stage.ended == HangUp("upstream_error", "tts_unavailable")


def test_tts_that_stalls_is_given_up() -> None:
    stage = Stage(options(speech_timeout=2.0))
    stage.hear()
    stage.reply()
    stage.voice(300, end=False)
    stage.wait(2200)  # of them 300 are heard
    assert stage.all(CancelSpeech) == []
    stage.wait(200)
    assert stage.all(CancelSpeech) == [CancelSpeech(0, 1)]
    assert stage.notes("sentence_again")[0].fields["reason"] == "stalled"
    stage.wait(2000)
    assert stage.all(CancelSpeech) == [CancelSpeech(0, 1), CancelSpeech(0, 2)]
    assert stage.notes("speech_failed")[0].fields["reason"] == "stalled"
    assert stage.call.turns[0].sentences[1].failed == "stalled"
    stage.wait(1000)
    assert stage.state == "listening"
    assert stage.call.turns[0].heard.endswith("apology words")


def test_tts_that_stalls_is_borne_while_the_caller_listens() -> None:
    stage = Stage(options(speech_timeout=2.0))
    stage.hear()
    stage.reply("It left the depot in Jeddah this morning at nine. It will be in Riyadh today or tomorrow.")
    stage.voice(5000)
    stage.wait(6900)
    assert stage.all(CancelSpeech) == []
    stage.wait(200)
    assert stage.all(CancelSpeech) == [CancelSpeech(0, 2)]


def test_late_audio_of_tts_is_dropped() -> None:
    stage = Stage()
    stage.answer()
    for late in (TtsAudio(0, 1, LOUD), TtsAudio(7, 1, LOUD), TtsEnded(0, 9), TtsFailed(0, 1, "x")):
        place = len(stage.log)
        stage.feed(late)
        assert not [command for command in stage.since(place) if not isinstance(command, SendAudio)]
    stage.wait(1100)
    assert len(stage.heard) == 8000
