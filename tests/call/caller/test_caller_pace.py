"""The pauses of one caller: what is learned of them, how much it adds, and how it is forgotten."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.call.caller.caller_pace import GOES_ON_MS, MORE_MOST_MS, PAUSE_LEAST_MS, PAUSE_MOST_MS, CallerPace

WAIT_MS = 500


def paused(*pauses: int) -> CallerPace:
    """Return the pace of a caller who has gone on after these pauses, in one turn."""
    pace = CallerPace()
    voiced = 0
    for pause in pauses:
        pace.speaks(pause, voiced)
        voiced += 400
        pace.falls_silent(voiced)
    return pace


@pytest.mark.parametrize(
    ("pauses", "more"),
    [
        ((), 0),
        ((PAUSE_LEAST_MS - 20,), 0),
        # What is well within the wait needs no more of it.
        ((300, 300), 0),
        ((460, 460, 460, 460), 18),
        ((900,), 40),
        ((900, 900, 900), 445),
        ((2000, 2000, 2000), WAIT_MS),
        # So long a silence is between two turns.
        ((PAUSE_MOST_MS + 20,), 0),
    ],
)
def test_pauses_add_to_the_wait(pauses: tuple[int, ...], more: int) -> None:
    assert paused(*pauses).more_ms(WAIT_MS) == more


def test_a_breath_behind_a_pause_is_not_going_on() -> None:
    pace = CallerPace()
    pace.speaks(900, 400)
    pace.falls_silent(480)
    pace.falls_silent(900)
    assert pace.more_ms(WAIT_MS) == 0


def test_each_cut_off_that_was_seen_adds() -> None:
    pace = CallerPace()
    for seen in range(1, 6):
        pace.cut_off(300, WAIT_MS)
        assert pace.more_ms(1000) == min(MORE_MOST_MS, 250 * seen)
    # A voice that begins later is no cut-off; nor is one before the end.
    other = CallerPace()
    other.cut_off(WAIT_MS + GOES_ON_MS + 1, WAIT_MS)
    other.cut_off(-40, WAIT_MS)
    assert other.more_ms(WAIT_MS) == 0


def test_turns_without_a_pause_take_it_back() -> None:
    pace = paused(900, 900)
    pace.cut_off(700, WAIT_MS)
    before = pace.more_ms(1000)
    # The turn in which it was learned takes nothing back.
    pace.turn_over()
    assert pace.more_ms(1000) == before
    waits = []
    for _ in range(12):
        pace.turn_over()
        waits.append(pace.more_ms(1000))
    assert waits == sorted(waits, reverse=True)
    assert (waits[0] < before, waits[-1] <= 1) == (True, True)


def test_a_pause_of_the_turn_before_is_not_learned() -> None:
    pace = CallerPace()
    pace.speaks(900, 0)
    pace.turn_over()
    pace.falls_silent(2000)
    assert pace.more_ms(WAIT_MS) == 0


def test_a_pace_prints_itself() -> None:
    assert repr(paused(900)) == "<CallerPace pauses=450 ms cut_off=0 ms>"


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("pause"), st.integers(0, 5000)),
        st.tuples(st.just("cut_off"), st.integers(-100, 3000)),
        st.tuples(st.just("turn"), st.just(0)),
    ),
    max_size=30,
)


@given(STEPS, st.integers(100, 3000), st.integers(PAUSE_LEAST_MS, PAUSE_MOST_MS))
def test_more_is_bounded_and_never_falls_by_a_pause(steps: list[tuple[str, int]], wait_ms: int, last: int) -> None:
    pace = CallerPace()
    for step, ms in steps:
        before = pace.more_ms(wait_ms)
        if step == "turn":
            pace.turn_over()
            assert pace.more_ms(wait_ms) <= before
            continue
        if step == "pause":
            pace.speaks(ms, 0)
            pace.falls_silent(400)
        else:
            pace.cut_off(ms, wait_ms)
        assert before <= pace.more_ms(wait_ms) <= min(MORE_MOST_MS, wait_ms)
    shorter, longer = (paused(*[ms] * 3).more_ms(wait_ms) for ms in (last // 2, last))
    assert shorter <= longer
