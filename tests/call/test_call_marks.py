"""A call whose phone returns its marks late, or never: the play clock tells when the agent has finished."""

from __future__ import annotations

import pytest

from ivr.call.commands import Command, HangUp, Note, RequestReply, SendClear, SendMark
from ivr.call.events import Event, MarkReached, Tick
from ivr.call.options import Phrase
from ivr.media.mark_trust import FIRST_WAY_S
from tests.call.stage import LOUD, QUIET, STARTED, Stage, options, phrases


class LateStage(Stage):
    """A phone whose marks come some seconds late; None: never."""

    late_s: float | None = None
    waiting: list[tuple[float, str]]

    def feed(self, event: Event) -> list[Command]:
        if not isinstance(event, MarkReached):
            return super().feed(event)
        if self.late_s is not None:
            self.waiting.append((self.now + self.late_s, event.name))
        return []

    def pass_time(self, ms: int, frame: bytes = QUIET) -> None:
        for _ in range(ms // 20):
            super().pass_time(20, frame)
            for _, name in [one for one in self.waiting if one[0] <= self.now]:
                super().feed(MarkReached(name))
            self.waiting = [one for one in self.waiting if one[0] > self.now]
            if (wake := self.call.wake_at()) is not None and wake <= self.now:
                super().feed(Tick())


def late(seconds: float | None, **choices: object) -> LateStage:
    stage = LateStage(options(**choices), start=False)
    stage.late_s, stage.waiting = seconds, []
    return stage


def greeted(seconds: float | None, **choices: object) -> LateStage:
    """A call after its greeting of 3 s, whose marks have lied."""
    said = {**phrases(greeting=""), "greeting": Phrase("greeting words", LOUD * 150)}
    stage = late(seconds, phrases=said, **choices)
    stage.feed(STARTED)
    stage.wait(4600)
    assert stage.state == "listening"
    return stage


def ended_at(stage: Stage, turn: int) -> float:
    return stage.call.turns[turn].ended_at or 0.0


@pytest.mark.parametrize("seconds", [5.4, None])
def test_a_turn_is_over_when_its_audio_is(seconds: float | None) -> None:
    stage = greeted(seconds)
    stage.answer(ms=2000)
    begun = stage.now
    stage.wait(3000)
    turn = stage.call.turns[-1]
    assert turn.outcome == "heard"
    assert turn.ended_at == pytest.approx(begun + 2.0 + FIRST_WAY_S, abs=0.05)


@pytest.mark.parametrize("seconds", [5.4, None])
def test_the_lie_is_noted_once(seconds: float | None) -> None:
    stage = greeted(seconds)
    for _ in range(3):
        stage.answer(ms=2000)
        stage.wait(3000)
    assert [note.fields["why"] for note in stage.notes("marks_lie")] == ["late"]
    assert stage.notes("marks_agree") == []


def test_marks_that_come_in_time_again_are_believed() -> None:
    stage = greeted(None)
    stage.late_s = 0.0
    stage.answer(ms=4000)
    stage.wait(5000)
    assert len(stage.notes("marks_agree")) == 1


@pytest.mark.parametrize("seconds", [5.4, None])
def test_no_prompt_is_said_over_the_agent(seconds: float | None) -> None:
    stage = greeted(seconds, silence_timeout=3.0)
    stage.answer(ms=9000)
    over = stage.now + 9.0
    stage.wait(13_000)
    asked = [
        at for at, command in stage.log if isinstance(command, Note) and command.fields.get("name") == "still_there"
    ]
    assert asked
    assert asked[0] == pytest.approx(over + FIRST_WAY_S + 3.0, abs=0.1)


@pytest.mark.parametrize("seconds", [5.4, None])
def test_a_voice_after_the_answer_is_no_interruption(seconds: float | None) -> None:
    stage = greeted(seconds)
    stage.answer(ms=2000)
    stage.wait(2300)
    stage.hear("and tomorrow?")
    assert stage.notes("overlap") == []
    assert stage.all(SendClear) == []
    assert stage.last(RequestReply).request.heard == "It is in Riyadh today."


@pytest.mark.parametrize("seconds", [5.4, None])
def test_a_call_ends_behind_the_last_word_and_not_much_later(seconds: float | None) -> None:
    stage = greeted(seconds)
    stage.hear()
    stage.reply("Goodbye then.", hang_up=True)
    stage.voice(1500)
    begun = stage.now
    stage.wait(3000)
    assert [at for at, command in stage.log if isinstance(command, HangUp)] == [
        pytest.approx(begun + 1.5 + FIRST_WAY_S, abs=0.05)
    ]


def test_what_is_heard_at_an_interruption_is_what_the_clock_says() -> None:
    stage = greeted(None)
    stage.answer("One two three four five six seven eight nine ten.", ms=5000)
    stage.wait(2000)
    stage.interrupt()
    told = stage.last(RequestReply).request
    # The agent went quiet a little after the voice began: some 2.2 s of the 5 s had been played.
    assert told.heard.split()[-1] in ("three", "four")
    assert told.unheard.endswith("ten.")


def test_a_loop_that_stood_still_is_no_lie_of_the_phone() -> None:
    stage = greeted(0.0)
    stage.answer(ms=1000)
    assert stage.all(SendMark)
    stage.now += 3.0
    stage.feed(Tick(3.0))
    assert stage.notes("marks_lie") == []
