"""The breaker's table, its pauses and its probes."""

from __future__ import annotations

from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.upstream.breaker import Breaker, BreakerLimits, BreakerState

LIMITS = BreakerLimits(failures=3, pause=2.0, longest=8.0, probe=10.0)


def opened(now: float = 0.0) -> Breaker:
    breaker = Breaker(LIMITS)
    assert [breaker.failed(now) for _ in range(3)] == [False, False, True]
    return breaker


def test_defaults_and_repr() -> None:
    breaker = Breaker()
    assert breaker.limits == BreakerLimits()
    assert repr(breaker) == "<Breaker closed, 0 failures>"
    assert repr(opened()) == "<Breaker open, 3 failures>"


def test_failures_in_a_row_open_it_and_a_success_begins_the_row_anew() -> None:
    breaker = Breaker(LIMITS)
    for _ in range(5):
        assert not breaker.failed(0.0)
        assert not breaker.failed(0.0)
        assert not breaker.succeeded()
    assert breaker.state(0.0) is BreakerState.CLOSED
    assert (opened().opened, opened().failures) == (1, 3)


def test_a_fatal_failure_opens_it_alone() -> None:
    breaker = Breaker(LIMITS)
    assert breaker.failed(0.0, fatal=True)
    assert not breaker.admits(1.0)


def test_open_admits_nobody_until_one_probe() -> None:
    breaker = opened()
    assert not breaker.admits(1.99)
    assert breaker.state(2.0) is BreakerState.HALF_OPEN
    assert breaker.admits(2.0)
    assert not breaker.admits(2.0)
    assert breaker.succeeded()
    assert breaker.admits(2.1)
    assert breaker.admits(2.1)


def test_a_failed_probe_doubles_the_pause_up_to_the_longest() -> None:
    breaker, now, pauses = opened(), 0.0, []
    for _ in range(5):
        began = now
        while not breaker.admits(now):
            now += 0.25
        pauses.append(now - began)
        assert not breaker.failed(now)
    assert pauses == [2.0, 4.0, 8.0, 8.0, 8.0]
    assert breaker.opened == 1


def test_late_failures_of_before_change_nothing() -> None:
    breaker = opened()
    assert not breaker.failed(1.0)
    assert breaker.admits(2.0)


def test_a_success_of_before_closes() -> None:
    breaker = opened()
    assert breaker.succeeded()
    assert breaker.admits(0.1)


def test_a_probe_nobody_reports_on_makes_room() -> None:
    breaker = opened()
    assert breaker.admits(2.0)
    assert not breaker.admits(11.9)
    assert breaker.admits(12.0)


def test_a_probe_that_is_given_up_makes_room_at_once() -> None:
    breaker = opened()
    assert breaker.admits(2.0)
    breaker.forgo(3.0)
    assert breaker.state(3.0) is BreakerState.HALF_OPEN
    assert breaker.admits(3.0)
    assert not breaker.failed(3.5)
    assert not breaker.admits(7.4)
    assert breaker.admits(7.5)


def test_what_was_no_probe_and_is_given_up_changes_nothing() -> None:
    breaker = opened()
    breaker.forgo(1.0)
    assert not breaker.admits(1.9)
    closed = Breaker(LIMITS)
    closed.forgo(0.0)
    assert closed.state(0.0) is BreakerState.CLOSED


def test_a_hint_allows_a_probe_and_no_second_one() -> None:
    breaker = opened()
    breaker.hint(0.5)
    assert breaker.admits(0.5)
    breaker.hint(0.6)
    assert not breaker.admits(0.7)
    closed = Breaker(LIMITS)
    closed.hint(0.0)
    assert closed.state(0.0) is BreakerState.CLOSED


@pytest.mark.parametrize(("chance", "until"), [(0.0, 1.5), (0.5, 2.0), (1.0, 2.5)])
def test_chance_spreads_the_pause(chance: float, until: float) -> None:
    breaker = Breaker(LIMITS, lambda: chance)
    assert breaker.failed(0.0, fatal=True)
    assert breaker.state(until - 0.01) is BreakerState.OPEN
    assert breaker.state(until) is BreakerState.HALF_OPEN


Act = Literal["ask", "good", "bad", "fatal"]


@given(st.lists(st.tuples(st.sampled_from(["ask", "good", "bad", "fatal"]), st.floats(0, 5)), max_size=60))
def test_it_never_shuts_for_good_and_never_lets_two_probes_at_once(acts: list[tuple[Act, float]]) -> None:
    breaker, now = Breaker(LIMITS), 0.0
    for act, wait in acts:
        now += wait
        if act == "ask":
            before = breaker.state(now)
            assert breaker.admits(now) == (before is not BreakerState.OPEN)
            assert before is not BreakerState.HALF_OPEN or not breaker.admits(now)
        elif act == "good":
            breaker.succeeded()
            assert breaker.state(now) is BreakerState.CLOSED
        else:
            breaker.failed(now, fatal=act == "fatal")
    assert breaker.state(now + LIMITS.longest * 1.25 + LIMITS.probe) is not BreakerState.OPEN
