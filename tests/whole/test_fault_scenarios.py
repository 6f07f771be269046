"""Every shipped fault file as whole calls in virtual time: what the caller hears stays within the file's bounds.

The goal is no more than 2.5 s of silence while a reply is owed, no sentence lost, none twice, none out of order, and no
bad sound. A file whose bounds are beyond that says why.
"""

from __future__ import annotations

import pytest

from ivr.testbench.faults.fault_file import Bounds, FaultScenario, shipped
from ivr.testbench.faults.harness import FaultHarness, render_phrases
from ivr.testbench.faults.run import run
from ivr.testbench.faults.sweep import variation, varied

SCENARIOS = shipped()
GOAL = Bounds()
SENSITIVE = shipped(["down-for-a-while", "stall-pause", "stall:requests=2,3,4-after=1"])


@pytest.fixture(scope="module")
def harness(tmp_path_factory: pytest.TempPathFactory) -> FaultHarness:
    return render_phrases(tmp_path_factory.mktemp("phrases"))


@pytest.mark.parametrize("scenario", SCENARIOS, ids=[scenario.name for scenario in SCENARIOS])
def test_fault_stays_within_its_bounds(scenario: FaultScenario, harness: FaultHarness) -> None:
    report = run(scenario, harness)
    assert report.broken == [], report.as_json()


@pytest.mark.parametrize("seed", [5, 6])
@pytest.mark.parametrize("scenario", SENSITIVE, ids=[scenario.name for scenario in SENSITIVE])
def test_fault_stays_within_bounds_at_other_times(scenario: FaultScenario, seed: int, harness: FaultHarness) -> None:
    """Sweep the faults whose figures depend on their time, in small. `ivr faults --seeds 24` is the large sweep."""
    report = run(varied(scenario, variation(seed)), harness, seed=seed)
    assert report.broken == [], report.as_json()


def test_fault_gives_the_same_report(harness: FaultHarness) -> None:
    """Chance has a seed: the same file gives the same figures, to the last request."""
    (scenario,) = shipped(["half-dead-all"])
    assert run(scenario, harness).as_json() == run(scenario, harness).as_json()


@pytest.mark.parametrize("scenario", SCENARIOS, ids=[scenario.name for scenario in SCENARIOS])
def test_bounds_beyond_the_goal_have_a_reason(scenario: FaultScenario) -> None:
    given = scenario.bounds
    beyond = given.silence_s > GOAL.silence_s or given.lost or given.repeated or given.swapped or given.bad_ms
    assert not beyond or scenario.why
