"""Silence at the ear while a reply is owed."""

from __future__ import annotations

import math

import pytest

from ivr.call.agent.fillers import Fillers
from ivr.call.agent.output import BREATH_MS
from ivr.call.commands import RequestReply, SendAudio, SendClear, Speak, Transcribe
from ivr.call.events import ReplyDelta, ReplyEnded, TranscriptArrived
from ivr.call.options import CallOptions, Phrase
from tests.call.stage import LOUD, QUIET, Stage, options, phrases

FILLER = bytes((0x30, 0xB0)) * 80


def with_fillers(**choices: object) -> Stage:
    """Fillers of 600 ms whose audio differs from every other."""
    words = phrases(greeting="")
    words |= {"filler": Phrase("one moment", FILLER * 30), "still_working": Phrase("still here", FILLER * 30)}
    return Stage(options(phrases=words, **{"filler_after_ms": 2000, **choices}))


def fillers(stage: Stage) -> int:
    """How many were begun: turns keep their times."""
    return sum(len(turn.fillers) for turn in stage.call.turns)


def test_when_a_filler_is_due_and_which() -> None:
    watch = Fillers(CallOptions(filler_after_ms=2000, filler_grace_ms=400, fillers_most=3))

    def due(silent_from: float, now: float, *, owed: bool = True, arriving: bool = False) -> float | None:
        return watch.due_at(silent_from, now, owed=owed, arriving=arriving)

    assert due(0.0, 5.0, owed=False) is None
    assert due(0.0, 10.0) == 12.0
    assert due(0.0, 99.0) == 12.0, "what is owed is owed from the first moment on"
    assert due(11.5, 11.6) == 13.5
    assert due(11.5, 11.6, arriving=True) == 13.5 + 0.4
    assert due(math.inf, 11.6) is None
    assert [watch.next() for _ in range(3)] == ["filler", "filler", "still_working"]
    assert due(0.0, 15.0) is None, "no more than three"
    watch.sounded()
    assert due(20.0, 20.0) == 22.0
    assert [watch.next(), watch.next()] == ["filler", "filler"]
    assert due(20.0, 20.0, owed=False) is None
    assert due(0.0, 20.0) == 22.0
    assert repr(watch) == "<Fillers owed since 20.0 said=0>"
    assert Fillers(CallOptions(filler_after_ms=0)).due_at(0.0, 1.0, owed=True, arriving=False) is None


def test_a_filler_bridges_an_agent_that_thinks_long() -> None:
    stage = with_fillers()
    stage.hear()
    stage.wait(1900)
    assert fillers(stage) == 0
    stage.wait(200)
    assert fillers(stage) == 1
    assert stage.state == "thinking"
    stage.wait(600 + 1900)
    assert fillers(stage) == 1
    stage.wait(200)
    assert fillers(stage) == 2
    stage.reply("It is in Riyadh.")
    stage.wait(600)
    stage.voice(500)
    stage.wait(900)
    turn = stage.call.turns[0]
    assert (turn.outcome, turn.heard) == ("heard", "It is in Riyadh.")
    assert turn.own_overhead is not None


def test_a_filler_is_not_cut_off_by_the_answer() -> None:
    stage = with_fillers()
    stage.hear()
    stage.wait(2200)
    assert fillers(stage) == 1
    stage.reply("It is in Riyadh.")
    stage.voice(500)
    assert stage.all(SendClear) == []
    stage.wait(1400)
    assert stage.call.turns[0].outcome == "heard"
    assert bytes(stage.heard) == FILLER * 30 + QUIET * 8 + LOUD * 25


def test_a_filler_bridges_stt_that_takes_long() -> None:
    stage = with_fillers()
    stage.speak(600)
    stage.wait(2600)
    assert stage.state == "transcribing"
    assert fillers(stage) == 0
    assert stage.all(SendAudio)
    stage.feed(TranscriptArrived(stage.last(Transcribe).utterance, "hello"))
    assert stage.last(RequestReply).request.text == "hello"


def test_a_filler_between_sentences_loses_none() -> None:
    stage = with_fillers()
    stage.hear()
    stage.feed(ReplyDelta(0, "I have found your parcel. "))
    stage.feed(ReplyDelta(0, "It"))
    stage.voice(500)
    stage.wait(600)
    stage.wait(2400)
    assert fillers(stage) == 1
    stage.wait(700)
    stage.feed(ReplyDelta(0, " is in Riyadh."))
    stage.feed(ReplyEnded(0))
    stage.voice(500)
    stage.wait(700)
    turn = stage.call.turns[0]
    assert (turn.outcome, turn.heard) == ("heard", "I have found your parcel. It is in Riyadh.")


def test_fillers_are_counted_again_behind_words_of_the_answer() -> None:
    stage = with_fillers(fillers_most=1, reply_timeout=60.0)
    stage.hear()
    stage.wait(5000)
    assert fillers(stage) == 1
    stage.feed(ReplyDelta(0, "I have found your parcel. It"))
    stage.voice(500)
    stage.wait(5000)
    assert fillers(stage) == 2


def test_fillers_come_to_an_end() -> None:
    stage = with_fillers(fillers_most=2, reply_timeout=60.0)
    stage.hear()
    stage.wait(20_000)
    assert fillers(stage) == 2


def test_without_its_audio_there_is_no_filler() -> None:
    stage = Stage(options(phrases=phrases(ready=False, greeting=""), filler_after_ms=1000, reply_timeout=60.0))
    stage.hear()
    stage.wait(5000)
    assert stage.all(Speak) == []
    assert stage.all(SendAudio) == []


def test_a_caller_who_speaks_over_a_filler_is_heard() -> None:
    stage = with_fillers()
    stage.hear()
    stage.wait(2200)
    stage.interrupt("the other one")
    assert stage.state == "thinking"
    assert len(stage.all(SendClear)) == 1
    assert stage.call.turns[0].outcome == "superseded"


def test_an_answer_waits_for_a_cough_over_a_filler() -> None:
    stage = with_fillers()
    stage.hear()
    stage.wait(2200)
    stage.speak(80)
    assert stage.state == "yielding"
    stage.reply("It is in Riyadh.")
    place = len(stage.log)
    stage.voice(500)
    assert not [command for command in stage.since(place) if isinstance(command, SendAudio)]
    stage.wait(400)
    stage.wait(1400)
    assert stage.call.turns[0].outcome == "heard"
    assert bytes(stage.heard).endswith(FILLER * 10 + QUIET * 8 + LOUD * 25)


def test_a_silent_caller_is_owed_nothing() -> None:
    stage = with_fillers(silence_timeout=0.0)
    stage.wait(10_000)
    assert stage.all(SendAudio) == []


def test_a_new_question_over_an_answer_begins_a_new_wait() -> None:
    """The agent has been muted for as long as the caller spoke: that was no wait."""
    stage = with_fillers()
    stage.answer(ms=6000)
    stage.wait(1000)
    stage.speak(2600)
    stage.wait(400)
    stage.feed(TranscriptArrived(stage.last(Transcribe).utterance, "no the other parcel please"))
    stage.say_no_more()
    assert stage.last(RequestReply).request.text == "no the other parcel please"
    stage.wait(1500)
    assert stage.call.turns[-1].fillers == []
    stage.wait(600)
    assert len(stage.call.turns[-1].fillers) == 1


def test_the_breath_behind_a_filler_is_silence() -> None:
    stage = with_fillers(filler_after_ms=1000)
    stage.hear()
    stage.wait(10_000)
    first, second = stage.call.turns[-1].fillers[:2]
    assert second.ready_at - first.ready_at == pytest.approx(first.audio_ms / 1000 - BREATH_MS / 1000 + 1.0, abs=0.05)
