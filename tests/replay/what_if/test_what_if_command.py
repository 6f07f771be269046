"""`ivr replay --set`, as a developer meets it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from rich.text import Text
from typer.testing import CliRunner, Result

from ivr.commands import console, replay
from ivr.replay import tape_file
from ivr.replay.tape import Moment, Tape, TapeError
from ivr.replay.tape_folder import bridge_tapes
from ivr.replay.what_if.folder import run_path
from ivr.replay.what_if.outcome import CallOutcome, Happened
from ivr.replay.what_if.show import call_lines, change_table, remarks
from ivr.replay.what_if.summing import FigureChange
from ivr.replay.what_if.tape_result import TapeResult, run_tape


@pytest.fixture
def folder(tmp_path: Path, plain: Tape, paused: Tape) -> Path:
    tape_file.write(tmp_path / "plain.tape", plain)
    tape_file.write(tmp_path / "paused.tape", paused)
    return tmp_path


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(console.out, "width", 120)


def ivr(*args: object) -> Result:
    return CliRunner().invoke(replay.app, [str(arg) for arg in args])


def test_a_tape_as_it_would_have_been(folder: Path) -> None:
    ran = ivr(folder / "paused.tape", "--set", "endpoint_ms=200", "--set", "endpoint_least_ms=200")
    assert ran.exit_code == 0, ran.output
    assert "paused.tape, 0." in ran.output and "endpoint_ms=200, endpoint_least_ms=200" in ran.output
    row = next(line for line in ran.output.splitlines() if line.startswith("callers cut off"))
    assert row.split() == ["callers", "cut", "off", "0", "1", "+1", "1", "of", "1"]
    assert "modelled: words by their share of the recorded utterances" in ran.output


def test_a_folder_is_summed_up(folder: Path) -> None:
    (folder / "broken.tape").write_bytes(b"no tape")
    for jobs in (1, 2):
        ran = ivr(folder, "--set", "endpoint_ms=200", "--set", "endpoint_least_ms=200", "--jobs", jobs)
        assert ran.exit_code == 0, ran.output
        assert "2 calls, " in ran.output
        assert "paused.tape: cut off 0 -> 1" in ran.output
        assert "left out: broken.tape: " in ran.output


def test_figures_for_a_machine(folder: Path) -> None:
    ran = ivr(folder, "--set", "start_ms=60", "--json", "--jobs", 1)
    told = json.loads(ran.output)
    assert told["changes"] == {"start_ms": 60}
    assert [one["tape"] for one in told["calls"]] == ["paused.tape", "plain.tape"]
    assert told["calls"][0]["without_effect"] == [{"start_ms": "it was 60 already"}]
    assert told["figures"][0]["before"] == told["figures"][0]["after"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("endpont_ms=3", "no option is called 'endpont_ms'. The nearest: endpoint_ms"),
        ("endpoint_ms=x", "write a whole number"),
        ("start_ms=500", "broken.tape"),
    ],
)
def test_a_mistake_is_one_line(tmp_path: Path, change: str, told: str) -> None:
    (tmp_path / "broken.tape").write_bytes(b"no tape")
    ran = ivr(tmp_path, "--set", change)
    assert ran.exit_code == 2
    assert "Traceback" not in ran.output and told in ran.output + ran.stderr


def test_a_folder_without_tapes(tmp_path: Path) -> None:
    ran = ivr(tmp_path, "--set", "endpoint_ms=300")
    assert ran.exit_code == 2 and "no tape in this folder" in ran.stderr
    assert bridge_tapes(tmp_path / "a.tape") == [tmp_path / "a.tape"]


def test_a_tape_that_breaks_off_is_run_as_far_as_it_goes(plain: Tape) -> None:
    half = Tape(plain.header, plain.moments[:900], plain.phrase_audio, faults=["the tape breaks off"])
    result = run_tape(half, "half", [{"endpoint_ms": 700}])
    assert result.notes == ["the tape breaks off"]
    assert result.before.end == result.after[0].end == ""


def test_tapes_of_which_nothing_can_be_said(plain: Tape) -> None:
    with pytest.raises(TapeError, match="phone's tape"):
        run_tape(Tape(replace(plain.header, side="phone")), "x", [])
    with pytest.raises(TapeError, match="no event"):
        run_tape(Tape(plain.header), "x", [])


def test_code_that_decides_otherwise_is_compared_with_itself(plain: Tape) -> None:
    moments = [Moment(one.now, one.event, one.commands, one.sounds) for one in plain.moments]
    at = next(place for place, one in enumerate(moments) if any(c[0] == "Transcribe" for c in one.commands))
    moments[at - 1] = replace(moments[at - 1], commands=[["Note", {"name": "gone"}]])
    result = run_tape(Tape(plain.header, moments, plain.phrase_audio, end=plain.end), "x", [{}])
    assert result.notes == [
        f"today's code decides otherwise from event {at} on: compared with today's code under the options of then"
    ]
    assert result.before.waits == result.after[0].waits


def test_a_call_that_is_otherwise_has_a_line() -> None:
    def outcome(count: int, end: str, *said: str) -> CallOutcome:
        found = [Happened(float(at)) for at in range(count)]
        return CallOutcome(commits=found, silences=found, sentences=[(one, False) for one in said], end=end)

    calls = [
        TapeResult("same", before=outcome(1, "success", "a"), after=[outcome(1, "success", "a")]),
        TapeResult("more", before=outcome(0, "success", "a", "b"), after=[outcome(2, "", "x", "y", "c")]),
        *(TapeResult(f"{n:02}", before=outcome(0, "x"), after=[outcome(1, "x")]) for n in range(21)),
        TapeResult("lost", before=outcome(0, "", "a"), after=[outcome(0, "error late")], error=""),
        TapeResult("broken", error="broken: no tape"),
    ]
    lines = list(call_lines(calls))
    assert lines[0] == (
        "more: barge-ins 0 -> 2, silences 0 -> 2, 2 sentences changed, 1 sentence added, "
        "ends with nothing, it goes on instead of success"
    )
    assert lines[1] == "00: barge-ins 0 -> 1, silences 0 -> 1"
    assert lines[-1] == "... and 3 calls more: --json has all"
    assert "lost: 1 sentence lost, ends with error late instead of nothing" in list(call_lines(calls[-2:]))


def test_remarks_are_counted() -> None:
    one = CallOutcome(modelled=("speech of the usual length",))
    good = TapeResult("a", notes=["odd"], after=[one], without_effect=[{"lead_ms": "it was 480 already"}])
    assert list(remarks([good])) == [
        "lead_ms cannot matter: it was 480 already",
        "note: odd",
        "modelled: speech of the usual length",
    ]
    assert list(remarks([good, good, TapeResult("b", error="b: no tape")])) == [
        "lead_ms cannot matter: it was 480 already (2 of 2 calls)",
        "note: odd (2 calls)",
        "modelled: speech of the usual length (2 of 2 calls)",
        "left out: b: no tape",
    ]


def test_a_figure_that_grows_worse_is_red() -> None:
    table = change_table([FigureChange("callers cut off", 0, 2, 1, 2), FigureChange("silences over 2 s", 3, 1)])
    changes = [cell for cell in table.columns[3].cells if isinstance(cell, Text)]
    assert [(one.plain, one.style) for one in changes] == [("+2", "bold red"), ("-2", "green")]


def test_a_change_of_nothing_has_no_sign() -> None:
    table = change_table([FigureChange("- change in the same turns, ms", None, after) for after in (-0.4, 0.4, -0.6)])
    assert list(table.columns[3].cells) == ["0", "0", "-1"]


def test_tapes_of_phones_are_passed_over(folder: Path, plain: Tape) -> None:
    tape_file.write(folder / "plain.phone.tape", Tape(replace(plain.header, side="phone")))
    (folder / "junk.tape").write_bytes(b"x")
    assert [path.name for path in bridge_tapes(folder)] == ["junk.tape", "paused.tape", "plain.tape"]
    assert "phone's tape" in run_path(folder / "plain.phone.tape", []).error


def test_a_failure_of_one_tape_is_its_own(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("odd")

    monkeypatch.setattr("ivr.replay.what_if.folder.run_tape", fail)
    assert run_path(folder / "plain.tape", []).error == "plain.tape: RuntimeError: odd"


@pytest.mark.parametrize("more", [[], ["--json"]])
def test_nothing_that_can_be_run_is_exit_code_2(tmp_path: Path, more: list[str]) -> None:
    (tmp_path / "junk.tape").write_bytes(b"junk")
    ran = ivr(tmp_path, "--set", "start_ms=60", *more)
    assert (ran.exit_code, ran.stdout) == (2, "")
