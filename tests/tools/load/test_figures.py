"""A level and its verdict, the table, and the search for the most calls."""

from __future__ import annotations

from typing import Any

import pytest

from tools.load.capacity import FLOOR, HERE, Capacity
from tools.load.figures import Level, Processes, Search, level, percentile, table

FINE: dict[str, Any] = {
    "turn_ms": [700.0, 710.0, 720.0],
    "barge_in_ms": [60.0, 64.0],
    "answer_ms": [8000.0, 7950.0],
    "underrun_ms": [],
    "late_ms": [0.1] * 99,
    "interrupted": 2,
    "not_cleared": 0,
    "lost": 0,
    "dropped": 0,
}
USED = Processes(20.0, 0.5, 0.1, 0.05, 0.01, 20.0, 0.48)


def measured(calls: int = 50, bound: float | None = 860.0, used: Processes = USED, **told: Any) -> Level:
    return level(HERE, calls, FINE | told, used, 570.0, bound)


def test_a_level_within_all_limits() -> None:
    one = measured()
    assert (one.broken, one.doubtful) == ((), ())
    assert (one.turn_p50_ms, one.own_p50_ms, one.own_p99_ms, one.cpu_ms, one.mb_a_call) == (
        710.0,
        140.0,
        149.8,
        10.0,
        0.4,
    )


@pytest.mark.parametrize(
    ("told", "broken"),
    [
        ({"turn_ms": []}, "no turn"),
        ({"turn_ms": [700.0, 900.0]}, "turn p99 898 > 860 ms"),
        ({"underrun_ms": [21.0]}, "1 underruns"),
        ({"not_cleared": 1}, "1 interruptions without clear"),
        ({"lost": 2}, "2 turns lost"),
        ({"dropped": 3}, "3 calls lost"),
        ({"answer_ms": [8000.0, 7900.0]}, "1 answers short"),
    ],
)
def test_every_limit_can_break(told: dict[str, Any], broken: str) -> None:
    assert measured(**told).broken == (broken,)


def test_a_level_that_may_say_nothing_says_why() -> None:
    used = Processes(20.0, 0.5, 0.7, 0.2, 0.5, 20.0)
    assert measured(used=used, late_ms=[30.0]).doubtful == (
        "phones late by 30 ms",
        "phones' core full",
        "others used 0.50 cores",
    )


def test_one_answer_in_a_hundred_may_end_by_itself() -> None:
    assert measured(interrupted=200, not_cleared=2).broken == ()
    assert measured(interrupted=200, not_cleared=3).broken == ("3 interruptions without clear",)


def test_a_percentile_lies_between_values() -> None:
    assert [percentile([1.0, 3.0, 2.0], share) for share in (0, 50, 75, 100)] == [1.0, 2.0, 2.5, 3.0]
    assert percentile([], 50) is None


def test_the_table_has_a_row_for_each_level() -> None:
    lines = table([measured(), measured(underrun_ms=[30.0], turn_ms=[])]).splitlines()
    assert len({line.count("|") for line in lines}) == 1
    assert lines[2].startswith(
        "| the bridge | 50 | 710.0 | 719.8 | 140.0 | 149.8 | 62.0 | 64.0 | 0 | 10.0 | 0.5 | 0.4 |"
    )
    assert lines[3].endswith("| no turn; 1 underruns |")


@pytest.mark.parametrize(("holds", "found"), [(65, 65), (185, 181), (400, 400), (1000, 400), (7, 7), (0, 0)])
def test_the_search_finds_the_most(holds: int, found: int) -> None:
    search = Search(first=20, most=400)
    while (calls := search.next()) is not None:
        search.took(calls, held=calls <= holds)
    assert search.passed <= holds
    assert holds - search.passed <= max(1, 0.05 * holds) or search.passed == 400
    assert search.passed == pytest.approx(found, abs=max(1, 0.05 * found))
    assert len(search.tried) == len(set(search.tried)) < 12


def test_ratios_compare_the_same_number_of_calls() -> None:
    def named(label: str, cpu: float, calls: int = 50) -> Level:
        return level(label, calls, FINE, Processes(20.0, cpu, 0.1, 0.1, 0.0, 1.0), 570.0, None)

    run = Capacity(
        [named("v1", 0.6), named(HERE, 0.3), named(FLOOR, 0.1), named(FLOOR, 0.1, 99)], {"v1": 60, HERE: 180}
    )
    assert run.ratios() == [
        "50 calls: 12.0 ms of CPU a call-second for v1, 6.0 for the bridge: v1 costs 2.00 times the bridge",
        "50 calls: 2.0 ms of CPU a call-second for floor, 6.0 for the bridge: the bridge costs 3.00 times the floor",
        "capacity: v1 60, the bridge 180: 3.00 times as many",
    ]
    assert "capacity of the bridge: 180 calls" in run.text()
    assert run.as_json()["capacity"] == {"v1": 60, HERE: 180}
