"""How many links, and whose they are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.hamsa.link import TRAIL, Link, LinkLimits
from ivr.hamsa.spares import Stock, Wish, floor, spares


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
    ("nothing is wanted", Stock(), 0),
    ("a spare is missing", Stock(spares=1), 1),
    ("the spare is on its way", Stock(spares=1, opening=1), 0),
    ("the spare is there", Stock(spares=1, free=1), 0),
    ("a link that drains will be the spare", Stock(spares=1, draining=1), 0),
    ("a link at work is no spare", Stock(spares=1, busy=1, most=9), 1),
    ("who begins to wait takes the one that drains", Stock(patient=1, draining=1), 0),
    ("and then the spare is missing", Stock(patient=1, draining=1, spares=1), 1),
    ("who begins to wait and nothing drains", Stock(patient=2, draining=1), 1),
    ("who has waited gets his own", Stock(urgent=1, draining=1), 1),
    ("which may be on its way", Stock(urgent=1, opening=1), 0),
    ("one on its way serves one", Stock(urgent=2, opening=1), 1),
    ("what is left of those on their way serves the patient", Stock(urgent=1, patient=1, opening=2), 0),
    ("who is calm waits for a link at work", Stock(calm=3, busy=1), 0),
    ("or for one that drains", Stock(calm=3, draining=1), 0),
    ("or for one on its way", Stock(calm=3, opening=1), 0),
    ("but not for nothing", Stock(calm=2), 2),
    ("never more than may be", Stock(urgent=9, most=4, busy=1, free=1), 2),
    ("full", Stock(urgent=1, most=3, busy=3), 0),
    ("full, but what drains gives way", Stock(urgent=1, most=3, draining=3), 1),
    ("once", Stock(urgent=1, most=3, draining=3, opening=1), 0),
    ("below the floor", Stock(floor=3, free=1, busy=1, most=9), 1),
    ("at the floor", Stock(floor=3, free=1, busy=1, draining=1), 0),
    ("one for who comes next", Stock(standby=True), 1),
    ("whatever is free", Stock(standby=True, free=2), 1),
    ("is one alone", Stock(standby=True, opening=1), 0),
    ("also for who waits", Stock(standby=True, urgent=1), 1),
]


@pytest.mark.parametrize(("stock", "short"), [row[1:] for row in SHORT], ids=[row[0] for row in SHORT])
def test_short(stock: Stock, short: int) -> None:
    assert stock.short == short


SURPLUS = [
    (Stock(), 0),
    (Stock(free=1), 0),
    (Stock(free=2), 1),
    (Stock(free=2, draining=1), 2),
    (Stock(free=5, spares=3), 2),
    (Stock(free=5, floor=4, busy=1), 2),
    (Stock(free=2, patient=1), 0),
    (Stock(free=2, urgent=1), 0),
    (Stock(free=2, calm=1), 0),
]


@pytest.mark.parametrize(("stock", "surplus"), SURPLUS)
def test_surplus(stock: Stock, surplus: int) -> None:
    assert stock.surplus == surplus


FEW = st.integers(0, 6)


@given(st.builds(Stock, FEW, FEW, FEW, FEW, FEW, FEW, FEW, FEW, FEW, st.integers(3, 20), st.booleans()))
def test_never_short_and_in_surplus_at_once_and_never_too_many(stock: Stock) -> None:
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


def best(wish: Wish, *links: Link, now: float = 100.0) -> int:
    return min(links, key=lambda one: wish.rank(one, now)).number


def test_who_fits() -> None:
    one = link(1)
    assert Wish(0.0, 1.0).fits(one)
    assert not Wish(0.0, 1.0, avoid=frozenset({1})).fits(one)
    assert not Wish(0.0, 1.0, alive_since=50.0).fits(one)
    one.heard(50.0)
    assert Wish(0.0, 1.0, alive_since=50.0).fits(one)


def test_who_is_best() -> None:
    wish = Wish(0.0, 1.0, last=3)
    idle, used, own = link(1), link(2, uses=1, since=50.0), link(3, uses=1, since=10.0)
    assert best(wish, idle, used, own) == 3
    assert best(wish, idle, used) == 2
    own.doubts = 2
    assert best(wish, idle, own) == 1
    idle.old = True
    assert best(wish, idle, own) == 3
    just = link(4, uses=1, since=100.0 - TRAIL / 2)
    assert best(Wish(0.0, 1.0), used, just) == 2
    assert best(Wish(0.0, 1.0, last=4), used, just) == 4
