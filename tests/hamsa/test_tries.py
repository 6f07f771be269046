"""The order of the ways to a sentence."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.hamsa.link import LinkLost
from ivr.hamsa.tries import BREAKS_MOST, DEGENERATE_LEAST, DEGENERATE_MOST, DEGENERATE_PATIENCE, ELSEWHERE, Tries, Way

GONE = LinkLost("closed")
FATAL = LinkLost("auth", retryable=False)
NO_LINK = LinkLost("no_link", retryable=False)


def ways(tries: Tries, *steps: tuple[LinkLost, float, bool]) -> list[Way | None]:
    """The way after each loss; None: no more."""
    return [tries.way if tries.lost(*step) else None for step in steps]


def test_begins_with_any_link_and_prints_itself() -> None:
    tries = Tries(rest=True)
    assert tries.way == "any"
    assert tries.fallback
    assert not Tries(rest=False).fallback
    assert repr(tries) == "<Tries by any: 0 lost, 0 degenerate, 0 broken off>"


def test_a_link_that_fails_costs_one_more_link_then_rest_then_nothing() -> None:
    slow = (GONE, 2.0, True)
    assert ways(Tries(rest=True), slow, slow, slow) == ["other", "rest", None]
    assert ways(Tries(rest=False), slow, slow) == ["other", None]


def test_a_link_that_was_closed_before_counts_as_nothing_twice() -> None:
    quick, fresh = (GONE, 0.1, True), (GONE, 0.1, False)
    assert ways(Tries(rest=False), quick, quick, quick, quick) == ["other", "other", "other", None]
    assert ways(Tries(rest=False), quick, fresh, fresh) == ["other", "other", None]


@pytest.mark.parametrize("reason", sorted(ELSEWHERE))
def test_without_a_link_there_is_rest(reason: str) -> None:
    none = (LinkLost(reason, retryable=False), 2.0, False)
    assert ways(Tries(rest=True), none) == ["rest"]
    assert ways(Tries(rest=False), none) == [None]


def test_after_rest_a_link_once_when_none_was_lost_yet() -> None:
    none, gone = (NO_LINK, 2.0, False), (GONE, 2.0, False)
    assert ways(Tries(rest=True), none, gone, none) == ["rest", "other", None]
    assert ways(Tries(rest=True), none, gone, gone, gone) == ["rest", "other", "other", None]
    assert ways(Tries(rest=True), none, (FATAL, 0.1, False)) == ["rest", None]


def test_what_another_link_would_meet_too_is_final() -> None:
    assert ways(Tries(rest=True), (FATAL, 0.1, True)) == [None]


@pytest.mark.parametrize(
    ("rest", "order"),
    [
        (True, ["any", "other", "rest", "other", "any", "other", "rest", "other", "any", "other", "rest"]),
        (False, ["any", "other", "other", "other", "any", "other", "other", "other", "any", "other", "other"]),
    ],
)
def test_bad_luck_goes_round(rest: bool, order: list[Way]) -> None:
    tries, found = Tries(rest=rest), []
    while tries.degenerate(5.0, 0.0, 0.3):
        found.append(tries.way)
    assert found == order
    assert tries.degenerates == DEGENERATE_MOST


def test_bad_luck_has_its_time() -> None:
    tries = Tries(rest=False)
    assert tries.degenerate(100.0, 0.0, 0.3)
    assert tries.degenerate(100.0 + DEGENERATE_LEAST, 0.0, 0.3)
    assert tries.degenerate(100.1 + DEGENERATE_LEAST, 102.5, 0.3)
    assert not tries.degenerate(102.6, 102.5, 0.3)
    assert tries.degenerate(100.0 + DEGENERATE_PATIENCE, 999.0, 0.3)
    assert not tries.degenerate(100.1 + DEGENERATE_PATIENCE, 999.0, 0.3)


def test_time_spent_on_rest_is_not_counted() -> None:
    tries = Tries(rest=True)
    assert all(tries.degenerate(now, 0.0, 0.3) for now in (1.0, 1.3, 1.6))
    assert tries.way == "rest"
    assert tries.degenerate(3.5, 0.0, 1.5)
    assert tries.degenerate(1.0 + DEGENERATE_LEAST + 1.5, 0.0, 0.3)
    assert not tries.degenerate(1.1 + DEGENERATE_LEAST + 1.5, 0.0, 0.3)


@pytest.mark.parametrize(("rest", "order"), [(True, ["other", "rest", "rest"]), (False, ["other"] * 3)])
def test_what_breaks_off_is_taken_up_again(rest: bool, order: list[Way]) -> None:
    tries = Tries(rest=rest)
    assert [tries.way if tries.broken(GONE) else None for _ in range(4)] == [*order, None]
    assert tries.breaks == BREAKS_MOST + 1


def test_a_break_forgives_what_was_lost_before() -> None:
    tries = Tries(rest=False)
    assert ways(tries, (GONE, 2.0, False)) == ["other"]
    assert tries.broken(GONE)
    assert ways(tries, (GONE, 2.0, False)) == ["other"]
    assert not tries.broken(FATAL)


EVENTS = st.sampled_from(["lost", "quick", "none", "fatal", "degenerate", "broken"])


@given(st.booleans(), st.lists(EVENTS, max_size=80))
def test_it_always_comes_to_an_end_and_never_uses_what_is_not_there(rest: bool, events: list[str]) -> None:
    tries, more = Tries(rest=rest), 0
    for event in itertools.chain(events, itertools.repeat("lost", 80)):
        match event:
            case "degenerate":
                going = tries.degenerate(float(more), 0.0, 0.3)
            case "broken":
                going = tries.broken(GONE)
            case "none":
                going = tries.lost(NO_LINK, 2.0, False)
            case "fatal":
                going = tries.lost(FATAL, 2.0, False)
            case _:
                going = tries.lost(GONE, 0.1 if event == "quick" else 2.0, True)
        assert rest or tries.way != "rest"
        if not going:
            break
        more += 1
    assert more < 60
