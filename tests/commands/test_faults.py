"""`ivr faults --shrink` as a developer meets it."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from ivr import cli
from ivr.testbench.faults import run as faults
from ivr.testbench.faults.fault_file import FaultScenario
from ivr.testbench.faults.measure import EarMeasurement
from ivr.testbench.faults.run import FaultReport


def test_a_broken_bound_is_shrunk(monkeypatch: pytest.MonkeyPatch) -> None:
    def play(scenario: FaultScenario, harness: object, *, seed: int = 1) -> FaultReport:
        ear = EarMeasurement(silence_s=9.0 if scenario.rules else 1.0)
        return FaultReport(scenario, ear, 1, 1, 0, 0, False, False, "caller_stop", {}, [])

    monkeypatch.setattr(faults, "run", play)
    result = CliRunner().invoke(cli.app, ["faults", "riff", "--seeds", "2", "--shrink", "--json"])
    assert result.exit_code == 1
    assert "riff: silence_s" in result.output
    assert "parts, 2 left" in result.output


def test_what_keeps_its_bounds_is_not_shrunk(monkeypatch: pytest.MonkeyPatch) -> None:
    def play(scenario: FaultScenario, harness: object, *, seed: int = 1) -> FaultReport:
        return FaultReport(scenario, EarMeasurement(), 1, 1, 0, 0, False, False, scenario.bounds.hang_up, {}, [])

    monkeypatch.setattr(faults, "run", play)
    result = CliRunner().invoke(cli.app, ["faults", "riff", "--shrink", "--json"])
    assert (result.exit_code, "parts" in result.output) == (0, False)
