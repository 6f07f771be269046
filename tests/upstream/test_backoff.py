"""The pause after failures grows, and a success forgets it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.upstream.backoff import Backoff


def test_pauses_grow_and_a_success_forgets_them() -> None:
    backoff = Backoff(0.5, 4.0, lambda: 0.0)
    now, pauses = 0.0, []
    for _ in range(6):
        backoff.failed(now, now)
        pauses.append(backoff.ready_at - now)
        now = backoff.ready_at
    assert pauses == [0.5, 1.0, 2.0, 4.0, 4.0, 4.0]
    assert repr(backoff) == "<Backoff after 6 failures, until 15.5>"
    backoff.succeeded()
    assert (backoff.failures, backoff.ready_at) == (0, 0.0)


def test_failures_that_began_together_are_one() -> None:
    backoff = Backoff(0.5, 30.0)
    backoff.failed(1.0, 2.0)
    backoff.failed(1.0, 2.1)
    backoff.failed(1.9, 3.0)
    assert backoff.failures == 1
    backoff.failed(2.0, 3.0)
    assert backoff.failures == 2


@pytest.mark.parametrize(("chance", "pause"), [(0.0, 1.0), (0.5, 0.75), (1.0, 0.5)])
def test_chance_takes_off_up_to_a_half(chance: float, pause: float) -> None:
    backoff = Backoff(1.0, 9.0, lambda: chance)
    backoff.failed(0.0, 0.0)
    assert backoff.ready_at == pause


def test_a_pause_begins_again_only_after_failures() -> None:
    backoff = Backoff(2.0, 60.0, lambda: 0.0)
    backoff.pause(1.0)
    assert backoff.ready_at == 0.0
    backoff.failed(0.0, 3.0)
    backoff.pause(5.0)
    assert (backoff.failures, backoff.ready_at) == (1, 7.0)


def test_a_success_that_began_before_the_last_failure_proves_nothing() -> None:
    backoff = Backoff(2.0, 60.0)
    backoff.failed(0.0, 3.0)
    backoff.succeeded(2.9)
    assert backoff.failures == 1
    backoff.succeeded(3.0)
    assert (backoff.failures, backoff.ready_at) == (0, 0.0)


@given(st.floats(0.0, 1.0), st.integers(1, 2000))
def test_a_pause_stays_between_its_bounds(chance: float, failures: int) -> None:
    backoff = Backoff(2.0, 30.0, lambda: chance)
    for number in range(failures):
        backoff.failed(number, number + 0.5)
    assert 1.0 <= backoff.ready_at - (failures - 0.5) <= 30.0
