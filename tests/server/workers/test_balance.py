"""Which worker takes a connection."""

from __future__ import annotations

import random

import pytest

from ivr.server.workers.balance import LEAVING, LONGEST_S, STAND_BACK_S, UNEVEN, keeps, patience


@pytest.mark.parametrize(
    ("own", "others", "seconds"),
    [
        (5, [], 0.0),
        (5, [5, 7], 0.0),
        (3, [5, 7], 0.0),
        (7, [5, 9], 2 * STAND_BACK_S),
        (500, [5], LONGEST_S),
        (LEAVING, [5], LONGEST_S),
        (LEAVING + 1, [LEAVING], STAND_BACK_S),
    ],
    ids=["alone", "as the least", "less", "two more", "many more", "leaving", "all leave"],
)
def test_how_long_a_worker_stands_back(own: int, others: list[int], seconds: float) -> None:
    assert patience(own, others) == pytest.approx(seconds)


@pytest.mark.parametrize("count", [2, 4])
def test_a_thousand_calls_are_even_at_any_time(count: int) -> None:
    """Loops that are up to a step late, so that the least is not always first; calls that end when they like."""
    chance = random.Random(3)
    calls: list[list[float]] = [[] for _ in range(count)]
    for now in range(1000):
        calls = [[end for end in own if end > now] for own in calls]
        loads = [len(own) for own in calls]
        waits = [
            patience(load, loads[:index] + loads[index + 1 :]) + chance.uniform(0, STAND_BACK_S)
            for index, load in enumerate(loads)
        ]
        calls[waits.index(min(waits))].append(now + 400.0)
        even = sum(map(len, calls)) / count
        assert all(abs(len(own) - even) <= 2 for own in calls)


@pytest.mark.parametrize(
    ("own", "others", "kept"),
    [(9, [], True), (9, [9, 12], True), (9, [8, 12], True), (9, [9 - UNEVEN], False), (LEAVING, [3], False)],
)
def test_which_worker_keeps_a_connection_after_its_answer(own: int, others: list[int], kept: bool) -> None:
    assert keeps(own, others) == kept
