"""The page pairs what was asked of a peer with its answer, and shows what a damaged tape has left of a call."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest

from ivr.call import commands as ask
from ivr.call import events
from ivr.call.commands import Command
from ivr.call.events import AudioIn, Event
from ivr.call.timeline import Turn
from ivr.replay.report.page import turn_article
from ivr.replay.report.page_data import (
    PeerAnswer,
    PeerAsked,
    frame_scores,
    peer_answer,
    peer_cancelled,
    peer_request,
)
from ivr.replay.report.replayed import RebuiltCall, replayed
from ivr.replay.tape import Moment, Tape
from tests.replay.taped import taped

STT: PeerAsked = ("stt", 3, 0)
AGENT: PeerAsked = ("agent", 2, 0)
TTS: PeerAsked = ("tts", 2, 1)


@pytest.fixture(scope="module")
def call(tmp_path_factory: pytest.TempPathFactory) -> RebuiltCall:
    return replayed(taped(tmp_path_factory.mktemp("phrases"), ("say what are your opening hours", "wait")))


@pytest.mark.parametrize(
    ("event", "answer"),
    [
        (events.TranscriptArrived(3, "yes"), PeerAnswer(STT)),
        (events.TranscriptFailed(3, "timeout"), PeerAnswer(STT, bad=True)),
        (events.ReplyDelta(2, "Yes"), PeerAnswer(AGENT, last=False)),
        (events.ReplyPause(2), PeerAnswer(AGENT, last=False)),
        (events.ReplyEnded(2), PeerAnswer(AGENT)),
        (events.ReplyFailed(2, "status"), PeerAnswer(AGENT, bad=True)),
        (events.TtsAudio(2, 1, b"", 8000), PeerAnswer(TTS, last=False)),
        (events.TtsEnded(2, 1), PeerAnswer(TTS)),
        (events.TtsFailed(2, 1, "closed"), PeerAnswer(TTS, bad=True)),
        (events.Tick(), None),
    ],
)
def test_an_answer_belongs_to_its_request(event: Event, answer: PeerAnswer | None) -> None:
    assert peer_answer(event) == answer


@pytest.mark.parametrize(
    ("command", "asked", "taken_back"),
    [
        (ask.Transcribe(3, b""), STT, None),
        (ask.Speak(2, 1, "Yes."), TTS, None),
        (ask.ForgetTranscript(3), None, PeerAnswer(STT)),
        (ask.CloseReply(2), None, PeerAnswer(AGENT)),
        (ask.CancelSpeech(2, 1), None, PeerAnswer(TTS)),
        (ask.SendClear(), None, None),
    ],
)
def test_a_request_is_asked_or_taken_back(
    command: Command, asked: PeerAsked | None, taken_back: PeerAnswer | None
) -> None:
    assert peer_request(command) == asked
    assert peer_cancelled(command) == taken_back


def test_a_score_beyond_the_track_has_no_place(call: RebuiltCall) -> None:
    beyond = replace(call, scores=[*call.scores, (len(call.caller.audio) + 8000, 1.0, 1.0)])
    assert frame_scores(beyond) == frame_scores(call)


def test_a_turn_without_a_time_has_nothing_to_play(call: RebuiltCall) -> None:
    text = turn_article(call, Turn(1, "speech", outcome="superseded"), None, "a.tape")
    assert "superseded" in text
    assert "data-at" not in text
    assert "data-at" in turn_article(call, call.turns[1], None, "a.tape")


def test_there_is_no_sentence_of_another_number(call: RebuiltCall) -> None:
    assert call.sentence(1, 1) is call.turns[1].sentences[0]
    assert call.sentence(1, 99) is None
    assert call.sentence(-1, 1) is None
    assert call.sentence(len(call.turns), 1) is None


def test_a_wait_without_the_voice_begins_at_the_detector(call: RebuiltCall) -> None:
    ended = call.turns[1].speech_ended_at
    started = call.turns[1].speech_started_at
    assert {wait.turn: wait.begins for wait in call.waits()}[1] == "voice"
    try:
        call.turns[1].speech_started_at = None
        assert {wait.turn: wait.begins for wait in call.waits()}[1] == "detector"
        call.turns[1].speech_ended_at = None
        assert 1 not in {wait.turn for wait in call.waits()}
    finally:
        call.turns[1].speech_started_at, call.turns[1].speech_ended_at = started, ended


def test_a_moment_without_a_time_is_passed_over(call: RebuiltCall, tmp_path: Path) -> None:
    lost = Moment(math.nan, AudioIn(10, bytes(160), 0.0))
    moments = [*call.tape.moments, lost]
    found = replayed(Tape(call.tape.header, moments, call.tape.phrase_audio))
    assert len(found.rows) == len(call.rows)
    assert math.isfinite(found.length)


def test_the_state_says_what_was_not_sent_yet(call: RebuiltCall) -> None:
    waiting = [row.after["agent: not sent, ms"] for row in call.rows]
    # Speech comes faster than it is played, and all of it is sent in the end.
    assert waiting[-1] == 0
    assert 500 < max(one for one in waiting if isinstance(one, int)) < 20_000
