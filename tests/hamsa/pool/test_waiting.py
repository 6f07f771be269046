"""Whose turn it is among those who wait for a link."""

from __future__ import annotations

import pytest

from ivr.hamsa.pool.sizing import HOPE, LEAD, LinkRequest, PoolState
from ivr.hamsa.pool.waiting import Mood, Waiter, WaitQueue


def waiter(due: float, patient_until: float = 0.0) -> Waiter:
    return Waiter(LinkRequest(due, 99.0), patient_until)


def waiting(*waiters: Waiter) -> WaitQueue[Waiter]:
    made: WaitQueue[Waiter] = WaitQueue()
    for one in waiters:
        made.add(one)
    return made


@pytest.mark.parametrize(
    ("now", "mood"), [(10.0 - LEAD - 0.1, "calm"), (10.0 - LEAD, "patient"), (8.9, "patient"), (9.0, "urgent")]
)
def test_moods(now: float, mood: Mood) -> None:
    assert waiter(10.0, patient_until=9.0).mood(now) == mood
    moods = waiting(waiter(10.0, patient_until=9.0)).moods(now)
    assert [name for name, count in moods.items() if count] == [mood]


def test_who_is_silent_first_is_first_and_of_the_silent_who_came_first() -> None:
    late, dry, drier, soon = waiter(9.0), waiter(4.0), waiter(3.0), waiter(6.0)
    those = waiting(late, dry, drier, soon)
    assert those.in_turn(5.0) == [dry, drier, soon, late]
    assert those.in_turn(0.0) == [drier, dry, soon, late]


def test_what_is_on_its_way_is_for_the_first() -> None:
    those = waiting(waiter(9.0), waiter(4.0))
    assert [those.due(served) for served in range(3)] == [4.0, 9.0, float("inf")]


@pytest.mark.parametrize(
    ("stock", "second", "hopeless"),
    [
        (PoolState(busy=1), False, (False, True)),
        (PoolState(busy=1), True, (True, True)),
        (PoolState(busy=2), True, (False, True)),
        (PoolState(busy=1, draining=1), True, (False, True)),
        (PoolState(opening=1), False, (False, False)),
        (PoolState(opening=1), True, (False, True)),
        (PoolState(opening=2), True, (False, False)),
        (PoolState(), False, (False, True)),
        (PoolState(), True, (True, True)),
    ],
)
def test_who_can_go_elsewhere_goes_when_no_link_is_to_be_expected(
    stock: PoolState, second: bool, hopeless: tuple[bool, bool]
) -> None:
    """At once, and after a while."""
    one, other = waiter(5.0), waiter(6.0)
    those, asked = waiting(one, other), other if second else one
    due = asked.wish.due
    assert (those.hopeless(asked, due, stock), those.hopeless(asked, due + HOPE, stock)) == hopeless


def test_leaving() -> None:
    one, other, third = waiter(1.0), waiter(2.0), waiter(3.0)
    those = waiting(one, other, third)
    those.leave(one)
    those.leave(one)
    assert one not in those
    assert other in those
    assert (len(those), repr(those)) == (2, "<WaitQueue 2>")
    assert those.leave_all(lambda waiter: waiter.wish.due > 2.0) == [third]
    assert those.leave_all() == [other]
    assert not those
