"""STT starts early: speculation, its withdrawal, and an end that follows the words."""

from __future__ import annotations

import pytest

from ivr.call.commands import ForgetTranscript, RequestReply, Transcribe
from ivr.call.events import TranscriptArrived, TranscriptFailed
from tests.call.stage import Stage, options


def test_stt_begins_before_the_end_and_is_asked_once() -> None:
    stage = Stage()
    stage.speak(600)
    stage.wait(240)
    assert stage.all(Transcribe) == []
    stage.wait(20)
    assert [asked.utterance for asked in stage.all(Transcribe)] == [1]
    stage.wait(240)
    assert stage.state == "transcribing"
    stage.now += 0.5
    stage.feed(TranscriptArrived(1, "where is my parcel"))
    assert stage.last(RequestReply).request.text == "where is my parcel"
    assert len(stage.all(Transcribe)) == 1


def test_words_that_are_there_at_the_end_are_asked_at_the_end() -> None:
    stage = Stage()
    stage.speak(600)
    stage.wait(300)
    stage.feed(TranscriptArrived(1, "hello"))
    assert stage.state == "hearing"
    stage.wait(180)
    assert stage.all(RequestReply) == []
    stage.wait(20)
    assert stage.state == "thinking"
    turn = stage.call.turns[0]
    assert turn.transcript_at is not None
    assert turn.endpoint_at == turn.asked_at
    assert turn.endpoint_at is not None
    assert turn.transcript_at < turn.endpoint_at


def test_a_caller_who_goes_on_is_heard_whole() -> None:
    stage = Stage()
    stage.speak(600)
    stage.wait(300)
    stage.speak(20)
    assert stage.all(ForgetTranscript) == [ForgetTranscript(1)]
    assert len(stage.notes("early_taken_back")) == 1
    stage.feed(TranscriptArrived(1, "half of it"))
    stage.speak(600)
    stage.wait(500)
    assert [asked.utterance for asked in stage.all(Transcribe)] == [1, 2]
    assert len(stage.last(Transcribe).pcm) > 16 * 1500
    stage.feed(TranscriptArrived(2, "half of it and the rest"))
    assert stage.last(RequestReply).request.text == "half of it and the rest"


def test_early_words_are_taken_back_without_telling_stt() -> None:
    stage = Stage()
    stage.speak(600)
    stage.wait(280)
    stage.feed(TranscriptArrived(1, "half"))
    stage.speak(200)
    assert stage.all(ForgetTranscript) == []
    stage.wait(500)
    stage.feed(TranscriptArrived(2, "all of it"))
    assert stage.last(RequestReply).request.text == "all of it"


@pytest.mark.parametrize(
    ("words", "end"),
    [("yes", 280), ("7826459301240", 280), ("my number is", 2000), ("where is my parcel", 280), ("hello", 500)],
)
def test_the_end_listens_to_the_words(words: str, end: int) -> None:
    stage = Stage()
    stage.speak(600)
    stage.wait(260)
    stage.feed(TranscriptArrived(1, words))
    waited = 260
    while stage.state == "hearing":
        stage.wait(20)
        waited += 20
    assert waited == end
    assert stage.last(RequestReply).request.text == words
    stage.reply()
    stage.voice(200)
    stage.wait(300)
    stage.hear("next", ms=400)
    assert stage.call.turns[-1].text == "next"


def test_an_early_failure_is_tried_again_at_the_end() -> None:
    stage = Stage()
    stage.speak(600)
    stage.wait(280)
    stage.feed(TranscriptFailed(1, "closed"))
    assert stage.state == "hearing"
    stage.wait(220)
    assert [asked.utterance for asked in stage.all(Transcribe)] == [1, 2]
    stage.feed(TranscriptArrived(2, "hello"))
    assert stage.last(RequestReply).request.text == "hello"


def test_speculation_can_be_switched_off() -> None:
    stage = Stage(options(speculate_ms=0))
    stage.speak(600)
    stage.wait(480)
    assert stage.all(Transcribe) == []
    stage.wait(20)
    assert len(stage.all(Transcribe)) == 1


@pytest.mark.parametrize(("endpoint", "asked"), [(500, 250), (480, 240), (300, 160), (200, 100), (120, 100)])
def test_stt_begins_at_half_of_a_shorter_end(endpoint: int, asked: int) -> None:
    stage = Stage(options(endpoint_ms=endpoint))
    stage.speak(600)
    waited = 0
    while not stage.all(Transcribe):
        stage.wait(20)
        waited += 20
    assert waited == -(-asked // 20) * 20
    assert stage.state == "hearing"
    stage.wait(endpoint - waited)
    assert stage.state == "transcribing"
    assert len(stage.all(Transcribe)) == 1


def test_an_end_as_short_as_a_consonant_is_waited_for() -> None:
    stage = Stage(options(endpoint_ms=100))
    stage.speak(600)
    stage.wait(100)
    assert [asked.utterance for asked in stage.all(Transcribe)] == [1]
    assert stage.state == "transcribing"
