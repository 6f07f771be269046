"""Signs of life, and the silence of a line without audio."""

from __future__ import annotations

import pytest

from ivr.call.events import AudioIn, CallStarted, DigitPressed, Event, MarkReached, ReplyDelta, Tick
from ivr.call.line_watch import GAP_S, STEP_S, LineWatch

AUDIO = AudioIn(0, b"\xff" * 160)
STARTED = CallStarted("CA1", "MZ1")


def test_nothing_is_awaited_before_the_call() -> None:
    watch = LineWatch(10.0)
    assert watch.wake_at(speaking=True) is None
    assert watch.due(99.0, 0.0) == []


def test_a_silent_phone_is_asked_and_then_given_up() -> None:
    watch = LineWatch(10.0)
    watch.take(STARTED, 1.0)
    assert watch.wake_at(speaking=False) == 6.0
    assert watch.due(5.9, 0.0) == []
    assert watch.due(6.0, 0.0) == ["probe"]
    assert repr(watch) == "<LineWatch probed=True>"
    assert watch.wake_at(speaking=False) == 11.0
    assert watch.due(10.9, 0.0) == []
    assert watch.due(11.0, 0.0) == ["media"]


def test_time_in_which_nothing_could_be_heard_does_not_count() -> None:
    watch = LineWatch(10.0)
    watch.take(STARTED, 1.0)
    assert watch.due(60.0, 55.0) == []
    assert watch.due(61.0, 0.0) == ["probe"]
    assert watch.due(90.0, 26.0) == []
    assert watch.due(92.0, 0.0) == ["media"]


def test_no_phone_is_given_up_unasked() -> None:
    watch = LineWatch(10.0)
    watch.take(STARTED, 1.0)
    assert watch.due(60.0, 0.0) == ["probe"]
    assert watch.due(64.9, 0.0) == []
    assert watch.due(65.0, 0.0) == ["media"]


@pytest.mark.parametrize("event", [AUDIO, MarkReached("alive"), MarkReached("p7"), DigitPressed("5")])
def test_anything_from_the_phone_is_a_sign_of_life(event: Event) -> None:
    watch = LineWatch(10.0)
    watch.take(STARTED, 0.0)
    assert watch.due(5.0, 0.0) == ["probe"]
    watch.take(event, 9.0)
    assert watch.due(10.0, 0.0) == []
    assert watch.due(14.0, 0.0) == ["probe"]


@pytest.mark.parametrize("event", [Tick(), ReplyDelta(1, "x")])
def test_what_others_say_is_none(event: Event) -> None:
    watch = LineWatch(10.0)
    watch.take(STARTED, 0.0)
    watch.take(event, 4.9)
    assert watch.wake_at(speaking=False) == 5.0


def test_without_a_limit_there_is_no_end() -> None:
    watch = LineWatch(0.0)
    watch.take(AUDIO, 0.0)
    assert watch.wake_at(speaking=False) is None
    assert watch.due(1e6, 0.0) == []


def test_an_open_utterance_hears_silence_in_time_with_the_clock() -> None:
    watch = LineWatch(10.0)
    watch.take(STARTED, 0.0)
    watch.take(AUDIO, 1.0)
    assert watch.silence(1.0 + GAP_S - 0.01, speaking=True) == []
    assert watch.silence(1.0 + GAP_S, speaking=False) == []
    heard = 0
    for tenth in range(20):
        now = 1.0 + GAP_S + tenth * STEP_S + 0.001
        assert watch.wake_at(speaking=True) == pytest.approx(now - 0.001)
        while frames := watch.silence(now, speaking=True):
            heard += len(frames)
            assert set(frames) == {(b"\xff" * 160, 0.0)}
    assert heard == 20 * STEP_S * 50
    watch.take(AUDIO, 5.1)
    assert watch.wake_at(speaking=True) == 5.1 + GAP_S
