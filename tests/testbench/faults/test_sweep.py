"""The same fault under other chances: what a seed changes, what it leaves alone, and which figure is the worst."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from ivr.testbench.agent.script import FOUR_PACE, TokenPace
from ivr.testbench.faults.fault_file import FaultScenario, Service, from_text
from ivr.testbench.faults.measure import EarMeasurement
from ivr.testbench.faults.run import FaultReport
from ivr.testbench.faults.sweep import (
    FASTEST,
    MAX_DELAY_S,
    MAX_SHIFT_S,
    MIN_TIME_S,
    SLOWEST,
    Sweep,
    Variation,
    markdown,
    seeds_of,
    swept,
    variation,
    varied,
)
from ivr.testbench.scenario import AfterAgent, At, IntoReply

(SCENARIO,) = from_text(
    """
    rules = ["socket drop pause=3", "socket deaf pause=0.5", "socket slow pause=3", "tts stall pause=8"]
    caller = ["at 1.5 say one", "say two", "over 2000 say three", "hang up"]
    [service]
    refused_from = 7.5
    refused_until = 10
    connect = 5.0
    seed = 2
    """,
    "fault",
)
REPORT = FaultReport(
    SCENARIO,
    EarMeasurement(silence_s=2.3, instead=Counter(filler=1)),
    connects=4,
    sentences=5,
    reused=4,
    rest=0,
    fallback=False,
    dialled=False,
    hang_up="caller_stop",
    violations={},
    left=[],
)


def test_the_first_seed_is_the_fault_as_filed() -> None:
    assert varied(SCENARIO, variation(1)) is SCENARIO


@pytest.mark.parametrize("seed", range(2, 30))
def test_a_seed_changes_the_timing_and_not_the_fault(seed: int) -> None:
    how = variation(seed)
    assert how == variation(seed)
    assert all(0 <= later <= MAX_DELAY_S for later in how.later)
    assert -MAX_SHIFT_S <= how.shift <= MAX_SHIFT_S
    assert FASTEST <= how.pace <= SLOWEST
    other = varied(SCENARIO, how)
    assert other.rules[2:] == SCENARIO.rules[2:]
    assert (other.bounds, other.agent, other.caller.texts) == (SCENARIO.bounds, ("ok",), SCENARIO.caller.texts)


def test_what_a_variation_moves() -> None:
    other = varied(SCENARIO, Variation(3, (0.25, 0.5), -1.0, 1.2, 0.15))
    moments = [step.moment for step in other.caller.steps]
    assert moments == [At(1.75), AfterAgent(0.5), IntoReply(2250.0, None), AfterAgent(0.5)]
    assert [rule.pause for rule in other.rules] == [2.0, MIN_TIME_S, 3.0, 8.0]
    assert (other.service.refused_from, other.service.refused_until) == (6.5, 9.0)
    profile = other.service.profile
    assert profile["connect"] == pytest.approx(6.0)
    assert profile["hearing"] == pytest.approx(0.96)
    assert (profile["seed"], profile["first_frame_spread"], other.pace) == (3002, 0.15, 1.2)


@pytest.mark.parametrize("since", [None, -1])
def test_a_service_that_was_never_there_stays_so(since: float | None) -> None:
    down = replace(SCENARIO, service=Service(refused_from=since, refused_until=9.0))
    service = varied(down, Variation(2, (0.0,), 1.0)).service
    assert (service.refused_from, service.refused_until) == (since, 9.0)


def test_a_slower_agent() -> None:
    assert FOUR_PACE.slower(2.0) == TokenPace(3.0, FOUR_PACE.rate / 2, 11.8)
    assert TokenPace(1.0, 50.0).slower(0.5) == TokenPace(0.5, 100.0)


def test_the_worst_of_each_figure() -> None:
    longer = replace(REPORT, ear=EarMeasurement(silence_s=2.6, instead=Counter(filler=3)), connects=3)
    losing = replace(
        REPORT, ear=EarMeasurement(silence_s=1.0, lost=1, bad_ms=20), connects=6, reused=1, violations={"overlap": 2}
    )
    silent = replace(REPORT, sentences=0, reused=0, dialled=True, left=["1 places"])
    sweep = Sweep({1: REPORT, 5: longer, 6: losing, 7: silent})
    worst = sweep.worst
    assert (worst.ear.silence_s, worst.ear.lost, worst.ear.bad_ms, worst.ear.instead) == (2.6, 1, 20, {"filler": 3})
    assert (worst.connects, worst.reuse, worst.dialled, worst.violations) == (6, 0.2, True, {"overlap": 2})
    assert sweep.broken == [
        "seed 5: silence_s 2.6, at most 2.5",
        "seed 6: lost 1, at most 0",
        "seed 6: bad_ms 20, at most 0",
        "seed 6: violation overlap",
        "seed 7: left: 1 places",
    ]
    assert sweep.as_json()["seeds"] == [1, 5, 6, 7]
    assert sweep.as_json()["broken"] == sweep.broken
    assert (sweep.filed, sweep.scenario) == (REPORT, SCENARIO)


def test_a_single_seed_needs_no_name() -> None:
    assert Sweep({1: replace(REPORT, connects=3, ear=EarMeasurement(lost=1))}).broken == ["lost 1, at most 0"]


def test_a_reuse_that_is_not_known_is_no_better() -> None:
    unknown = replace(REPORT, sentences=0, reused=0)
    assert Sweep({1: unknown, 2: REPORT}).worst.reuse == 0.8


def test_each_seed_plays_its_own_variation() -> None:
    played: list[tuple[int, FaultScenario]] = []

    def play(scenario: FaultScenario, seed: int) -> FaultReport:
        played.append((seed, scenario))
        return replace(REPORT, scenario=scenario)

    sweep = swept(play, SCENARIO, range(1, 4))
    assert played == [(seed, varied(SCENARIO, variation(seed))) for seed in (1, 2, 3)]
    assert list(sweep.reports) == [1, 2, 3]


@pytest.mark.parametrize(("text", "seeds"), [("1", [1]), ("3", [1, 2, 3]), ("5-7", [5, 6, 7]), ("9-9", [9])])
def test_seeds_are_a_number_or_a_span(text: str, seeds: list[int]) -> None:
    assert list(seeds_of(text)) == seeds


@pytest.mark.parametrize("text", ["", "0", "-1", "0-3", "3-1", "two", "1-x", "1.5"])
def test_what_no_seeds_are(text: str) -> None:
    with pytest.raises(ValueError, match="8 or 5-9"):
        seeds_of(text)


def test_a_table_of_worsts() -> None:
    late = replace(REPORT, scenario=replace(SCENARIO, title="a | b", why="because"))
    worse = replace(late, ear=EarMeasurement(silence_s=2.5, lost=1))
    lines = markdown([Sweep({1: late, 2: worse}), Sweep({1: late, 2: late})]).splitlines()
    assert lines == [
        "| fault | silence s | since speech | wrong | worst silence s | worst wrong | sockets | reuse | said instead |",
        "|---|---|---|---|---|---|---|---|---|",
        "| a \\| b | 2.30 | 0.00 | - | 2.50 | lost 1 | 4 | 80% | filler |",
        "| a \\| b | 2.30 | 0.00 | - | 2.30 | - | 4 | 80% | filler |",
        "",
        "- `fault`: because.",
    ]


def test_a_table_of_single_runs() -> None:
    late = replace(REPORT, scenario=replace(SCENARIO, why="because"))
    lines = markdown([Sweep({1: late}), Sweep({1: late})]).splitlines()
    assert lines[0].startswith("| fault | silence s |")
    assert lines[2] == "| fault | 2.30 | 0.00 | - | 4 | 80% | filler |"
    assert lines[4:] == ["", "- `fault`: because."]
