"""How many links, and whose they are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.hamsa.pool.link import TRAIL, Link, LinkLimits
from ivr.hamsa.pool.sizing import (
    HOPE,
    LEAD,
    LinkRequest,
    PoolState,
    Priority,
    Waiter,
    first_due,
    floor,
    in_turn,
    should_leave,
    spares,
)


@pytest.mark.parametrize(
    ("calls", "per_ten", "links"),
    [(0, 1, 1), (1, 1, 1), (10, 1, 1), (11, 1, 2), (50, 1, 5), (50, 3, 15), (0, 3, 3), (500, 0, 0)],
)
def test_spares_are_a_share_of_the_calls(calls: int, per_ten: int, links: int) -> None:
    assert spares(calls, per_ten) == links


@pytest.mark.parametrize(
    ("calls", "per_ten", "load", "links"), [(0, 1, 0.25, 1), (1, 1, 0.25, 2), (50, 1, 0.1, 10), (50, 0, 0.25, 0)]
)
def test_the_floor_is_what_is_at_work_and_the_spares(calls: int, per_ten: int, load: float, links: int) -> None:
    assert floor(calls, per_ten, load) == links


SHORT = [
    ("nothing is wanted", PoolState(), 0),
    ("a spare is missing", PoolState(spares=1), 1),
    ("the spare is on its way", PoolState(spares=1, opening=1), 0),
    ("the spare is there", PoolState(spares=1, free=1), 0),
    ("a link that drains will be the spare", PoolState(spares=1, draining=1), 0),
    ("a link at work is no spare", PoolState(spares=1, busy=1, most=9), 1),
    ("who begins to wait takes the one that drains", PoolState(patient=1, draining=1), 0),
    ("and then the spare is missing", PoolState(patient=1, draining=1, spares=1), 1),
    ("who begins to wait and nothing drains", PoolState(patient=2, draining=1), 1),
    ("who has waited gets his own", PoolState(urgent=1, draining=1), 1),
    ("which may be on its way", PoolState(urgent=1, opening=1), 0),
    ("one on its way serves one", PoolState(urgent=2, opening=1), 1),
    ("what is left of those on their way serves the patient", PoolState(urgent=1, patient=1, opening=2), 0),
    ("who is calm waits for a link at work", PoolState(calm=3, busy=1), 0),
    ("or for one that drains", PoolState(calm=3, draining=1), 0),
    ("or for one on its way", PoolState(calm=3, opening=1), 0),
    ("but not for nothing", PoolState(calm=2), 2),
    ("never more than may be", PoolState(urgent=9, most=4, busy=1, free=1), 2),
    ("full", PoolState(urgent=1, most=3, busy=3), 0),
    ("full, but what drains gives way", PoolState(urgent=1, most=3, draining=3), 1),
    ("once", PoolState(urgent=1, most=3, draining=3, opening=1), 0),
    ("below the floor", PoolState(floor=3, free=1, busy=1, most=9), 1),
    ("at the floor", PoolState(floor=3, free=1, busy=1, draining=1), 0),
    ("one for who comes next", PoolState(standby=True), 1),
    ("whatever is free", PoolState(standby=True, free=2), 1),
    ("is one alone", PoolState(standby=True, opening=1), 0),
    ("also for who waits", PoolState(standby=True, urgent=1), 1),
]


@pytest.mark.parametrize(("stock", "short"), [row[1:] for row in SHORT], ids=[row[0] for row in SHORT])
def test_short(stock: PoolState, short: int) -> None:
    assert stock.short == short


SURPLUS = [
    (PoolState(), 0),
    (PoolState(free=1), 0),
    (PoolState(free=2), 1),
    (PoolState(free=2, draining=1), 2),
    (PoolState(free=5, spares=3), 2),
    (PoolState(free=5, floor=4, busy=1), 2),
    (PoolState(free=2, patient=1), 0),
    (PoolState(free=2, urgent=1), 0),
    (PoolState(free=2, calm=1), 0),
]


@pytest.mark.parametrize(("stock", "surplus"), SURPLUS)
def test_surplus(stock: PoolState, surplus: int) -> None:
    assert stock.surplus == surplus


FEW = st.integers(0, 6)


@given(st.builds(PoolState, FEW, FEW, FEW, FEW, FEW, FEW, FEW, FEW, FEW, st.integers(3, 20), st.booleans()))
def test_never_short_and_in_surplus_at_once_and_never_too_many(stock: PoolState) -> None:
    links = stock.free + stock.opening + stock.busy + stock.draining
    assert 0 <= stock.short <= max(1, stock.most - links)
    assert stock.standby or not (stock.short and stock.surplus and stock.free > max(stock.spares, stock.floor))
    if stock.urgent + stock.patient and links < stock.most and not (stock.opening or stock.draining):
        assert stock.short


def link(number: int, *, uses: int = 0, since: float = 0.0) -> Link:
    made = Link(number, LinkLimits())
    made.connect(0.0)
    made.opened(0.0)
    for _ in range(uses):
        made.request(since)
        made.end(since)
    return made


def best(wish: LinkRequest, *links: Link, now: float = 100.0) -> int:
    return min(links, key=lambda one: wish.rank(one, now)).number


def test_who_fits() -> None:
    one = link(1)
    assert LinkRequest("tts", 0.0, 1.0).fits(one)
    assert not LinkRequest("stt", 0.0, 1.0).fits(one)
    assert not LinkRequest("tts", 0.0, 1.0, avoid=frozenset({1})).fits(one)
    assert not LinkRequest("tts", 0.0, 1.0, alive_since=50.0).fits(one)
    one.heard(50.0)
    assert LinkRequest("tts", 0.0, 1.0, alive_since=50.0).fits(one)


def test_who_is_best() -> None:
    wish = LinkRequest("tts", 0.0, 1.0, last=3)
    idle, used, own = link(1), link(2, uses=1, since=50.0), link(3, uses=1, since=10.0)
    assert best(wish, idle, used, own) == 3
    assert [wish.is_best(one) for one in (idle, used, own)] == [False, False, True]
    assert not LinkRequest("tts", 0.0, 1.0, avoid=frozenset({3}), last=3).is_best(own)
    assert best(wish, idle, used) == 2
    own.doubts = 2
    assert best(wish, idle, own) == 1
    assert not wish.is_best(own)
    idle.old = True
    assert best(wish, idle, own) == 3
    just = link(4, uses=1, since=100.0 - TRAIL / 2)
    assert best(LinkRequest("tts", 0.0, 1.0), used, just) == 2
    assert best(LinkRequest("tts", 0.0, 1.0, last=4), used, just) == 4


def waiter(due: float, patient_until: float = 0.0) -> Waiter:
    return Waiter(LinkRequest("tts", due, 99.0), patient_until)


@pytest.mark.parametrize(
    ("now", "priority"), [(10.0 - LEAD - 0.1, "calm"), (10.0 - LEAD, "patient"), (8.9, "patient"), (9.0, "urgent")]
)
def test_a_request_grows_urgent(now: float, priority: Priority) -> None:
    assert waiter(10.0, patient_until=9.0).priority(now) == priority


def test_the_caller_who_falls_quiet_first_comes_first() -> None:
    """Of callers who hear nothing already, the earliest request."""
    late, dry, drier, soon = waiter(9.0), waiter(4.0), waiter(3.0), waiter(6.0)
    waiters = [late, dry, drier, soon]
    assert in_turn(waiters, 5.0) == [dry, drier, soon, late]
    assert in_turn(waiters, 0.0) == [drier, dry, soon, late]


def test_a_pending_connection_covers_the_first_request() -> None:
    waiters = [waiter(9.0), waiter(4.0)]
    assert [first_due(waiters, opening) for opening in range(3)] == [4.0, 9.0, float("inf")]


@pytest.mark.parametrize(
    ("state", "second", "leaves"),
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
def test_a_request_with_rest_leaves_where_no_link_is_coming(
    state: PoolState, second: bool, leaves: tuple[bool, bool]
) -> None:
    """At once, and after a while."""
    one, other = waiter(5.0), waiter(6.0)
    waiters, asked = [one, other], other if second else one
    due = asked.request.due
    assert tuple(should_leave(asked, waiters, now, state) for now in (due, due + HOPE)) == leaves
