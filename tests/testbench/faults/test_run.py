"""One report of a fault: which bounds were broken, and how it is shown."""

from __future__ import annotations

import io
import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from ivr.cli import app
from ivr.testbench.faults import run as faults
from ivr.testbench.faults.fault_file import Bounds, FaultScenario, caller_scenario, shipped
from ivr.testbench.faults.harness import play, render_phrases
from ivr.testbench.faults.measure import EarMeasurement
from ivr.testbench.faults.run import DOCUMENT, FaultReport, heading, listed, measured, row, shown, verdict

SCENARIO = FaultScenario("f", "a fault", bounds=Bounds(connects=4, instead=("apology",)))
GOOD = FaultReport(
    SCENARIO,
    EarMeasurement(silence_s=2.5, silence_from_speech_s=3.0, instead=Counter(filler=2, apology=1)),
    connects=4,
    sentences=5,
    reused=3,
    rest=1,
    fallback=False,
    dialled=False,
    hang_up="caller_stop",
    violations={},
    left=[],
)


def test_what_follows_the_stream_is_said_too() -> None:
    assert replace(GOOD, fallback=True).instead() == "apology, filler x2, the document's words"
    person = replace(GOOD, dialled=True)
    assert person.instead() == "apology, filler x2, a person"
    assert person.broken == []
    assert replace(person, scenario=replace(SCENARIO, bounds=Bounds(instead=("a person",)))).broken == []


def test_a_report_within_its_bounds() -> None:
    assert GOOD.broken == []
    assert GOOD.reuse == 0.75
    assert GOOD.instead() == "apology, filler x2"
    assert row(GOOD) == ["a fault", "2.50", "3.00", "-", "4 + 1 REST", "75%", "apology, filler x2"]
    assert json.loads(json.dumps(GOOD.as_json()))["instead"] == {"filler": 2, "apology": 1}


def test_everything_that_may_be_broken() -> None:
    bad = replace(
        GOOD,
        ear=EarMeasurement(silence_s=2.6, lost=1, unanswered=2, repeated=3, swapped=4, again=5, bad_ms=20),
        connects=5,
        hang_up="lost",
        violations={"overlap": 1},
        left=["1 places"],
    )
    assert bad.broken == [
        "silence_s 2.6, at most 2.5",
        "lost 1, at most 0",
        "unanswered 2, at most 0",
        "repeated 3, at most 0",
        "swapped 4, at most 0",
        "again 5, at most 1",
        "bad_ms 20, at most 0",
        "connects 5, at most 4",
        "not heard: apology",
        "ended by lost, not caller_stop",
        "violation overlap",
        "left: 1 places",
    ]
    assert row(bad)[3] == "lost 1, no answer 2, twice 3, out of order 4, begun again 5, bad ms 20"


def test_the_document_s_words_are_words() -> None:
    wanted = replace(SCENARIO, bounds=Bounds(instead=(DOCUMENT,)))
    said = replace(GOOD, scenario=wanted, fallback=True)
    assert said.broken == []
    assert said.instead() == f"apology, filler x2, {DOCUMENT}"
    assert replace(said, fallback=False).broken == [f"not heard: {DOCUMENT}"]


def test_a_fault_without_sockets_has_no_reuse() -> None:
    none = replace(GOOD, sentences=1, rest=1, reused=0)
    assert none.reuse is None
    assert row(none)[5] == "-"


@pytest.mark.parametrize("width", [80, 120])
def test_a_report_on_a_screen(width: int) -> None:
    console = Console(width=width, record=True, file=io.StringIO())
    console.print(heading())
    console.print(shown(replace(GOOD, scenario=replace(SCENARIO, name="dropped:1-[b]2[/b]"))))
    console.print(shown(replace(GOOD, connects=9, rest=0, ear=EarMeasurement(lost=1, instead=Counter(apology=1)))))
    lines = [line.rstrip() for line in console.export_text().splitlines()]
    assert lines == [
        "    silence   since  sockets  reuse  fault",
        "          s  speech   + REST",
        "ok     2.50    3.00    4 + 1    75%  dropped:1-[b]2[/b]",
        "                                     a fault",
        "                                     said instead: apology, filler x2",
        "NO     0.00    0.00        9    60%  f",
        "                                     a fault",
        "                                     wrong: lost 1",
        "                                     said instead: apology",
        "                                     BROKEN: lost 1, at most 0",
        "                                     BROKEN: connects 9, at most 4",
    ]


def test_the_faults_there_are_fit_a_terminal() -> None:
    console = Console(width=80, record=True, file=io.StringIO())
    console.print(listed(shipped()))
    assert "…" not in console.export_text()


def test_all_of_them_in_a_line() -> None:
    assert verdict({"f": False, "g": False}) == "2 played, every one within its bounds"
    assert verdict({"f": True, "g": False}) == "1 of 2 played broke a bound: f"


def test_too_many_requests_cannot_be_told_apart(tmp_path: Path) -> None:
    (scenario,) = shipped(["riff"])
    harness = render_phrases(tmp_path)
    call = play(scenario, harness)
    assert measured(call, harness).broken == []
    call.stats.requests["tts"] = 51
    with pytest.raises(ValueError, match="cannot be told apart"):
        measured(call, harness)


def test_text_given_up_without_tts_is_lost(tmp_path: Path) -> None:
    """The agent is told to stop when there is no voice for him; what he meant to say counts as lost all the same."""
    scenario = replace(shipped(["degenerate-always"])[0], agent=("slow",), caller=caller_scenario())
    report = faults.run(scenario, render_phrases(tmp_path))
    assert report.ear.lost >= 3


def test_a_call_that_never_began_is_told_by_its_record(tmp_path: Path) -> None:
    harness = render_phrases(tmp_path)
    call = play(shipped(["riff"])[0], harness)
    call.observer.hang_up = None
    assert measured(call, harness).hang_up == "caller"


def test_faults_command_shows_a_table_or_json() -> None:
    shown = CliRunner().invoke(app, ["faults", "riff"])
    assert shown.exit_code == 0
    assert "header" in shown.stdout
    assert "2.32" in shown.stdout
    plain = CliRunner().invoke(app, ["faults", "riff", "--json"])
    assert json.loads(plain.stdout)["name"] == "riff"
    document = CliRunner().invoke(app, ["faults", "riff", "--markdown"])
    assert document.stdout.startswith("| fault |")
    wrong = CliRunner().invoke(app, ["faults", "rif"])
    assert wrong.exit_code == 2
    assert "no fault 'rif'" in wrong.stderr


def test_the_command_fails_when_a_bound_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faults, "run", lambda scenario, harness, seed: replace(GOOD, connects=9))
    result = CliRunner().invoke(app, ["faults", "riff"])
    assert (result.exit_code, result.stdout.splitlines()[-1]) == (1, "1 of 1 played broke a bound: f")
    machine = CliRunner().invoke(app, ["faults", "riff", "--json"])
    assert (machine.exit_code, len(machine.stdout.splitlines())) == (1, 1)
    assert "broke a bound: f" in machine.stderr


def test_faults_command_names_the_seed_that_broke_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    reports = {3: GOOD, 4: replace(GOOD, connects=9)}
    monkeypatch.setattr(faults, "run", lambda scenario, harness, seed: reports[seed])
    result = CliRunner().invoke(app, ["faults", "riff", "--seeds", "3-4"])
    assert result.exit_code == 1
    assert "BROKEN: seed 4: connects 9" in result.stdout
    wrong = CliRunner().invoke(app, ["faults", "riff", "--seeds", "none"])
    assert (wrong.exit_code, "seeds are" in wrong.stderr) == (2, True)


def test_the_command_names_what_there_is() -> None:
    result = CliRunner().invoke(app, ["faults", "--list", "stall"])
    assert result.exit_code == 0
    assert result.stdout.startswith("stall:")
