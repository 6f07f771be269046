"""When the process stood still, and which turns paid for it."""

from __future__ import annotations

import pytest

from ivr.call.timeline import Turn
from ivr.observe.event_loop.loop_lag import STALL_S, STALLS_KEPT, LoopLag


@pytest.mark.parametrize(
    ("due", "now", "late", "stalls"),
    [(1.0, 1.0, 0.0, 0), (1.0, 0.9, 0.0, 0), (1.0, 1.0 + STALL_S / 2, 0.01, 0), (1.0, 8.0, 7.0, 1)],
)
def test_a_beat_that_is_late(due: float, now: float, late: float, stalls: int) -> None:
    lag = LoopLag()
    assert lag.beat(due, now) == pytest.approx(late)
    assert repr(lag) == f"<LoopLag {stalls} stalls>"


def test_a_turn_is_told_of_the_stalls_while_it_was_waited_for() -> None:
    lag = LoopLag()
    for due, now in ((1.0, 2.0), (4.5, 5.5), (6.0, 7.0), (9.9, 10.5), (11.0, 12.0)):
        lag.beat(due, now)
    waited = Turn(1, "speech", endpoint_at=5.0, first_sent_at=10.0)
    others = [Turn(0, "phrase", first_sent_at=10.0), Turn(2, "speech", endpoint_at=5.0)]
    told = lag.add_stalls([waited, *others])
    assert [turn.number for turn in told] == [1, 0, 2]
    assert [turn.stalls for turn in told] == [[(4.5, 5.5), (6.0, 7.0), (9.9, 10.5)], [], []]
    assert waited.stalls == [], "the call's own record is the call's"


def test_only_so_many_are_remembered() -> None:
    lag = LoopLag()
    for number in range(STALLS_KEPT * 2):
        lag.beat(number, number + 0.5)
    assert repr(lag) == f"<LoopLag {STALLS_KEPT} stalls>"
