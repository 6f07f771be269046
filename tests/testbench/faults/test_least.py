"""What a broken bound does not depend on is dropped from its fault, and the rest is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from ivr.testbench.faults.fault_file import FaultScenario, from_text
from ivr.testbench.faults.least import least, named, rule_words, step_words
from ivr.testbench.faults.measure import EarMeasurement
from ivr.testbench.faults.run import FaultReport
from ivr.testbench.hamsa.profile import parse_rule
from ivr.testbench.scenario import from_words

(SCENARIO,) = from_text(
    """
    rules = ["tts stall requests=2 after=1", "stt error", "tts no_end limit=1"]
    agent = ["ok", "500", "cut"]
    caller = ["at 1.5 say one", "over 2000 say two", "after 0.5 press 1", "hang up"]
    transcripts = ["one", "two"]
    [service]
    refused_from = 7.5
    connect = 5.0
    """,
    "fault",
)


def plays(broken: Callable[[FaultScenario], bool], others: bool = False) -> Callable[[FaultScenario], FaultReport]:
    """Return what plays a fault: the caller waits for 9 s where `broken` says so."""

    def play(scenario: FaultScenario) -> FaultReport:
        ear = EarMeasurement(silence_s=9.0 if broken(scenario) else 1.0, lost=int(others))
        return FaultReport(scenario, ear, 1, 1, 0, 0, False, False, "caller_stop", {}, [])

    return play


def test_only_what_the_bound_depends_on_is_left() -> None:
    def needs(scenario: FaultScenario) -> bool:
        return any(rule.fault == "stall" for rule in scenario.rules) and len(scenario.caller.steps) > 1

    found = least(SCENARIO, plays(needs))
    assert found.bound == "silence_s"
    assert [rule.fault for rule in found.scenario.rules] == ["stall"]
    assert len(found.scenario.caller.steps) == 2
    assert (found.scenario.agent, found.scenario.transcripts) == (("ok",), None)
    assert found.scenario.service.refused_from is None
    assert found.scenario.service.profile == {}
    assert (found.before, len(found.found.kept), found.found.finished) == (12, 3, True)
    assert found.lines[0] == "fault: silence_s"
    assert "  rule    tts stall requests=2" in found.lines
    assert found.lines[-1] == "  broken  silence_s 9.0, at most 2.5"


def test_settings_and_modes_are_left_where_they_are_needed() -> None:
    def needs(scenario: FaultScenario) -> bool:
        heard = scenario.transcripts == ("one", "two")
        return scenario.agent[1:2] == ("500",) and scenario.service.profile.get("connect") == 5.0 and heard

    found = least(SCENARIO, plays(needs))
    assert found.scenario.agent == ("ok", "500", "ok")
    assert found.scenario.rules == ()
    assert len(found.scenario.caller.steps) == 1
    assert "  agent   ok, 500, ok" in found.lines
    assert "  service connect = 5.0" in found.lines
    assert "  hears   'one', 'two'" in found.lines
    again = least(replace(SCENARIO), plays(needs))
    assert again.scenario == found.scenario


def test_another_broken_bound_does_not_count() -> None:
    found = least(SCENARIO, plays(lambda scenario: len(scenario.rules) == 3, others=True))
    assert len(found.scenario.rules) == 3


def test_the_calls_are_bounded() -> None:
    found = least(SCENARIO, plays(lambda scenario: len(scenario.rules) == 3), most=4)
    assert (found.found.tries, found.found.finished) == (4, False)
    assert "more may go: the tries were used up" in found.lines[1]


def test_a_fault_within_its_bounds_is_not_shrunk() -> None:
    with pytest.raises(ValueError, match="nothing to shrink"):
        least(SCENARIO, plays(lambda scenario: False))


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("silence_s 3.1, at most 2.5", "silence_s"),
        ("connects 7, at most 3", "connects"),
        ("ended by no_media, not caller_stop", "ended by no_media"),
        ("not heard: apology", "not heard: apology"),
        ("violation overlap", "violation overlap"),
        ("left", "left"),
    ],
)
def test_a_bound_has_a_name_without_figures(line: str, name: str) -> None:
    assert named(line) == name


@pytest.mark.parametrize(
    "line",
    ["tts stall", "tts stall requests=2,4 after=0 pause=1.5", "stt error eos=true code=1011", "tts odd text=two words"],
)
def test_a_rule_is_written_as_its_file_has_it(line: str) -> None:
    rule = parse_rule(line) if "odd" not in line else replace(parse_rule("tts stall"), text="two words")
    assert rule_words(rule) == line.replace("odd", "stall")
    assert parse_rule(rule_words(rule)) == rule


def test_a_step_is_told_with_its_moment() -> None:
    steps = from_words(["at 1.5 say one", "over 2000 say two", "after 0.5 press 1", "hang up"]).steps
    assert [step_words(step) for step in steps] == [
        "at 1.5 s: say 'one'",
        "2000 ms into the answer: say 'two'",
        "0.5 s behind the agent: press 1",
        "hang up",
    ]
