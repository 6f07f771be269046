"""When workers are started, told to end and killed."""

from __future__ import annotations

import pytest

from ivr.server.workers.supervision import KILL_S, LONGEST_RESTART_S, RESTART_S, SETTLED_S, Supervision


def running(count: int = 2) -> Supervision:
    """Workers that were started at 0, and listen."""
    supervision = Supervision(count)
    for index in supervision.due(0):
        supervision.started(index, 0)
    supervision.ready()
    return supervision


def test_all_are_started_at_once() -> None:
    supervision = Supervision(3)
    assert supervision.due(0) == [0, 1, 2]
    assert supervision.wake_at() == 0
    for index in (0, 1, 2):
        supervision.started(index, 0)
    assert supervision.due(100) == []
    assert supervision.wake_at() is None
    assert repr(supervision) == "<Supervision 3 of 3 workers>"


def test_a_worker_that_ends_again_and_again_is_started_ever_later() -> None:
    supervision, now, delays = running(), 0.0, []
    for _ in range(8):
        delay = supervision.ended(1, now)
        assert delay is not None
        delays.append(delay)
        assert supervision.due(now + delay - 0.01) == []
        now += delay
        assert supervision.wake_at() == now
        assert supervision.due(now) == [1]
        supervision.started(1, now)
    assert delays == [RESTART_S, 2, 4, 8, 16, LONGEST_RESTART_S, LONGEST_RESTART_S, LONGEST_RESTART_S]


def test_a_worker_that_has_settled_is_started_soon() -> None:
    supervision = running()
    assert supervision.ended(0, 1) == RESTART_S
    supervision.started(0, 2)
    assert supervision.ended(0, 2 + SETTLED_S - 0.1) == 2 * RESTART_S
    supervision.started(0, 100)
    assert supervision.ended(0, 100 + SETTLED_S) == RESTART_S


def test_where_no_worker_can_start_the_parent_ends() -> None:
    supervision = Supervision(2)
    for index in supervision.due(0):
        supervision.started(index, 0)
    assert supervision.ended(1, 0.3) is None
    assert (supervision.failed, supervision.stopping, supervision.over) == (True, True, False)
    assert supervision.ended(0, 0.4) is None
    assert supervision.over
    assert supervision.wake_at() is None


def test_a_worker_that_cannot_start_beside_one_that_listens_is_tried_again() -> None:
    assert running().ended(1, 0.3) == RESTART_S


@pytest.mark.parametrize("order", ["leave", "end"])
def test_an_order_to_end_goes_to_those_that_live(order: str) -> None:
    supervision = running(3)
    supervision.ended(1, 5)
    assert supervision.ordered("leave" if order == "leave" else "end", 5.5) == [0, 2]
    assert supervision.due(100) == []
    assert supervision.ended(0, 6) is None
    assert not supervision.over
    assert supervision.ended(2, 7) is None
    assert supervision.over
    assert not supervision.failed
    assert repr(supervision) == "<Supervision 0 of 3 workers stopping>"


def test_after_the_third_order_what_is_left_is_killed() -> None:
    supervision = running()
    for now in (1, 2):
        supervision.ordered("leave", now)
        assert supervision.wake_at() is None
        assert supervision.kills(1000) == []
    for now in (3, 4):
        assert supervision.ordered("end", now) == [0, 1]
    assert supervision.wake_at() == 3 + KILL_S
    supervision.ended(0, 5)
    assert supervision.kills(3 + KILL_S - 0.1) == []
    assert supervision.kills(3 + KILL_S) == [1]
    supervision.ended(1, 24)
    assert supervision.wake_at() is None
    assert supervision.kills(1000) == []


def test_to_read_the_secrets_again_is_no_end() -> None:
    supervision = running()
    assert supervision.ordered("reload", 1) == [0, 1]
    assert (supervision.stopping, supervision.ends) == (False, 0)
    assert supervision.ended(0, 2) == RESTART_S
