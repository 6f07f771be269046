"""Links that die before they are needed are not opened in advance for long; those that live are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.upstream.connection_lifetimes import PAUSE_LEAST, PAUSE_MOST, YOUNG, ConnectionLifetimes


def slow() -> ConnectionLifetimes:
    return ConnectionLifetimes(2.0, 60.0, chance=lambda: 0.0)


def test_without_a_death_nothing_waits() -> None:
    lifetimes = slow()
    lifetimes.opening(1.0)
    assert lifetimes.wait(1.0) == 0.0
    assert repr(lifetimes) == "<ConnectionLifetimes after 0 young deaths, until 0.0>"


def test_every_young_death_doubles_the_pause() -> None:
    lifetimes, now, waits = slow(), 0.0, []
    for _ in range(7):
        lifetimes.died(now, now + 3.0, 0)
        now += 3.0
        waits.append(lifetimes.wait(now))
        now += waits[-1]
        assert lifetimes.wait(now) == 0.0
    assert waits == [2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0]


def test_links_that_were_open_together_die_one_death() -> None:
    lifetimes = slow()
    for opened_at in (0.0, 0.1, 2.9):
        lifetimes.died(opened_at, 3.0, 0)
    assert lifetimes.deaths == 1
    lifetimes.died(3.0, 6.0, 0)
    assert lifetimes.deaths == 2


def test_in_doubt_one_is_opened_at_a_time() -> None:
    lifetimes = slow()
    lifetimes.died(0.0, 3.0, 0)
    assert lifetimes.wait(5.0) == 0.0
    lifetimes.opening(5.0)
    assert lifetimes.wait(5.0) == 2.0


@pytest.mark.parametrize(("age", "replies"), [(3.0, 1), (YOUNG, 0), (3000.0, 0)])
def test_a_link_that_served_or_lived_counts_as_no_death(age: float, replies: int) -> None:
    lifetimes = slow()
    lifetimes.died(100.0, 100.0 + age, replies)
    assert lifetimes.deaths == 0


def test_a_link_that_was_opened_after_the_last_death_and_lives_ends_the_doubt() -> None:
    lifetimes = slow()
    lifetimes.died(0.0, 3.0, 0)
    lifetimes.lives(4.0, 4.0 + YOUNG / 2)
    lifetimes.lives(2.9, 100.0)
    assert lifetimes.deaths == 1
    lifetimes.lives(4.0, 4.0 + YOUNG)
    assert (lifetimes.deaths, lifetimes.wait(4.0)) == (0, 0.0)
    lifetimes.died(100.0, 103.0, 0)
    assert lifetimes.wait(103.0) == 2.0


def test_a_link_that_dies_old_ends_the_doubt() -> None:
    lifetimes = slow()
    lifetimes.died(0.0, 3.0, 0)
    lifetimes.died(3.0, 3.0 + YOUNG, 0)
    assert lifetimes.deaths == 0


@given(st.floats(0.0, 1.0), st.integers(1, 200))
def test_a_pause_is_never_longer_than_the_longest_nor_shorter_than_half_the_first(chance: float, deaths: int) -> None:
    lifetimes = ConnectionLifetimes(chance=lambda: chance)
    for number in range(deaths):
        lifetimes.died(number, number + 0.5, 0)
    assert PAUSE_LEAST / 2 <= lifetimes.wait(deaths - 0.5) <= PAUSE_MOST
