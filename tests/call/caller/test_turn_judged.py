"""A turn model's judgement of a pause: asked for once, and counted for that pause alone."""

from __future__ import annotations

from typing import Any

import pytest

from ivr.call.commands import ForgetTranscript, JudgeTurn, RequestReply, Transcribe
from ivr.call.events import ReplyDelta, ReplyEnded, TurnJudged
from tests.call.stage import Stage, options


def paused(ms: int = 300, **choices: Any) -> Stage:
    """Return a stage whose caller has fallen silent, so that the model is asked."""
    stage = Stage(options(turn_model=True, **choices))
    stage.speak(800)
    stage.wait(ms)
    return stage


def said(stage: Stage, probability: float) -> None:
    """Let the model answer what it was asked last."""
    stage.feed(TurnJudged(stage.last(JudgeTurn).utterance, probability))


def reason(stage: Stage) -> dict[str, Any]:
    return dict(stage.notes("turn_end")[-1].fields)


def test_it_is_asked_once_a_pause_about_what_stt_is_asked_for() -> None:
    stage = paused(480)
    assert [(one.utterance, one.pcm) for one in stage.all(JudgeTurn)] == [
        (one.utterance, one.pcm) for one in stage.all(Transcribe)
    ]
    stage.speak(300)
    stage.wait(480)
    assert [one.utterance for one in stage.all(JudgeTurn)] == [1, 2]
    assert len(stage.all(JudgeTurn)[1].pcm) > len(stage.all(JudgeTurn)[0].pcm)


@pytest.mark.parametrize("choices", [{"turn_model": False}, {"speculate_ms": 0}])
def test_it_is_not_asked_where_there_is_none(choices: dict[str, Any]) -> None:
    stage = Stage(options(**{"turn_model": True, **choices}))
    stage.hear()
    assert stage.all(JudgeTurn) == []


@pytest.mark.parametrize("words_first", [True, False])
def test_it_counts_before_the_words_and_behind_them(words_first: bool) -> None:
    waits = []
    for probability in (0.05, 0.5, 0.95):
        stage = paused()
        if words_first:
            stage.found("where is my parcel")
        said(stage, probability)
        if not words_first:
            stage.found("where is my parcel")
        stage.say_no_more()
        waits.append(reason(stage)["silence_ms"])
        assert (stage.last(RequestReply).request.text, reason(stage)["model"]) == (
            "where is my parcel",
            pytest.approx({0.05: -2.94, 0.5: 0, 0.95: 2.94}[probability]),
        )
    assert waits == sorted(waits, reverse=True)
    assert waits[0] > options().endpoint_ms > waits[2]


def test_of_a_pause_that_is_over_it_says_nothing() -> None:
    stage = paused()
    first = stage.last(JudgeTurn).utterance
    stage.speak(300)
    stage.feed(TurnJudged(first, 0.01))
    stage.wait(300)
    stage.feed(TurnJudged(first, 0.01))
    stage.found("where is my parcel")
    stage.say_no_more()
    assert "model" not in reason(stage)
    # Nor does a question that was asked wait for it.
    last = stage.last(JudgeTurn).utterance
    assert stage.feed(TurnJudged(last, 0.01)) == []
    assert len(stage.all(RequestReply)) == 1


def test_it_counts_once() -> None:
    stage = paused()
    said(stage, 0.95)
    said(stage, 0.01)
    stage.found("where is my parcel")
    stage.say_no_more()
    assert reason(stage)["model"] > 0


@pytest.mark.parametrize(("probability", "more_ms"), [(None, 1000), (0.95, 0), (0.5, 1000), (0.05, 1500)])
def test_a_held_question_is_held_as_long_as_it_says(probability: float | None, more_ms: int) -> None:
    stage = paused(1000)
    stage.found("I wanted to")
    assert stage.all(RequestReply) == []
    if probability is not None:
        said(stage, probability)
    asked_ms = 0
    while not stage.all(RequestReply) and asked_ms < 3000:
        stage.wait(20)
        asked_ms += 20
    assert asked_ms == pytest.approx(more_ms, abs=100)
    assert reason(stage)["held"]


def test_a_caller_who_goes_on_calls_it_off_also_behind_the_words() -> None:
    for probability, called_off in ((None, [ForgetTranscript(1)]), (0.5, [])):
        stage = paused()
        stage.found("where is")
        if probability is not None:
            said(stage, probability)
        stage.speak(300)
        assert stage.all(ForgetTranscript) == called_off


def test_it_hears_what_was_said_before_a_pause_that_was_taken_for_the_end() -> None:
    stage = paused(1000)
    stage.found("I wanted to")
    stage.wait(200)
    stage.speak(600)
    stage.wait(300)
    before, after = (one.pcm for one in stage.all(Transcribe))
    heard = stage.last(JudgeTurn).pcm
    assert heard.startswith(before)
    assert heard.endswith(after)
    # Each holds some of the 1200 ms between them, the rest is silence, and 200 ms are behind it.
    assert len(heard) / 16 == 800 + 1200 + 600 + 200
    assert not any(heard[len(before) : -len(after)])


def test_it_hears_a_question_whose_answer_was_withdrawn_as_well() -> None:
    stage = paused(1000)
    stage.found("where is my")
    stage.say_no_more()
    stage.speak(600)
    stage.wait(300)
    stage.found("parcel of the")
    stage.speak(400)
    stage.wait(300)
    assert len(stage.all(RequestReply)) == 1
    assert stage.last(JudgeTurn).pcm.startswith(stage.all(Transcribe)[0].pcm)


def test_it_hears_nothing_of_a_question_that_was_answered() -> None:
    stage = paused(1000)
    stage.found("where is my parcel")
    stage.reply()
    stage.feed(ReplyDelta(1, "x"))
    stage.feed(ReplyEnded(1))
    stage.voice(200)
    stage.wait(3000)
    stage.speak(400)
    stage.wait(300)
    assert stage.last(JudgeTurn).pcm == stage.last(Transcribe).pcm
