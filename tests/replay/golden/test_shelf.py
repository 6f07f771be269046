"""Golden calls in a folder: added, judged, renewed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from typer.testing import CliRunner

from ivr.commands.judge import golden as golden_command
from ivr.commands.judge.golden import app
from ivr.replay.golden import shelf
from ivr.replay.golden.check import judge
from ivr.replay.golden.expected import GoldenError, from_toml
from ivr.replay.golden.place import TapeInMemory, placed
from ivr.replay.golden.suite import GoldenRun, one, run_all
from ivr.replay.tape import Moment, Tape, TapeError
from ivr.replay.tape_file import read, write
from ivr.testbench.hamsa.audio import MARKERS
from ivr.testbench.scenario import ScenarioError, from_words
from tests.replay.taped import taped

SCENARIO = """
name = "a short one"
[[step]]
say = "What are your opening hours?"
[[step]]
say = "Thank you, goodbye"
over_ms = 1500
[[step]]
wait = true
"""


@pytest.fixture(scope="module")
def tape(tmp_path_factory: pytest.TempPathFactory) -> Tape:
    return taped(tmp_path_factory.mktemp("phrases"))


@pytest.fixture
def kept(tape: Tape, tmp_path: Path) -> shelf.GoldenPlace:
    write(tmp_path / "live.tape", tape)
    return shelf.add(tmp_path / "calls", tmp_path / "live.tape", "", no_scenario, "it cut me off")


def no_scenario(scenario: object) -> Tape:
    raise AssertionError("no scenario here")


def otherwise(tape: Tape) -> Tape:
    """The same call, as if it had been decided otherwise in one place."""
    moments = list(tape.moments)
    at = next(place for place, one in enumerate(moments) if place > 100 and one.commands)
    moments[at] = Moment(moments[at].now, moments[at].event, [["SendClear", {}]], moments[at].sounds)
    return Tape(tape.header, moments, tape.phrase_audio, end=tape.end)


def test_a_tape_becomes_a_golden_call(kept: shelf.GoldenPlace) -> None:
    assert (kept.name, kept.expected.name) == ("live", "live.toml")
    assert shelf.found(kept.tape.parent) == [kept]
    golden = from_toml(kept.expected.read_text("utf-8"), "live.toml")
    assert (golden.why, golden.scenario) == ("it cut me off", "")
    verdict = shelf.run(kept)
    assert verdict.passed
    assert verdict.pair.failed is False


def test_a_call_is_added_once_under_a_name(kept: shelf.GoldenPlace, tmp_path: Path) -> None:
    again = (kept.tape.parent, tmp_path / "live.tape", "live", no_scenario)
    with pytest.raises(GoldenError, match="--over"):
        shelf.add(*again)
    assert shelf.add(*again, over=True) == kept
    with pytest.raises(GoldenError, match="no name"):
        shelf.add(kept.tape.parent, tmp_path / "live.tape", "a/b", no_scenario)
    (tmp_path / "half.tape").write_bytes((tmp_path / "live.tape").read_bytes()[:-5000])
    with pytest.raises(TapeError, match="only a whole tape can be kept"):
        shelf.add(kept.tape.parent, tmp_path / "half.tape", "", no_scenario)
    with pytest.raises(GoldenError, match="no golden calls"):
        shelf.found(tmp_path / "nowhere")


def test_a_tape_in_its_place_needs_no_copy(kept: shelf.GoldenPlace) -> None:
    kept.expected.unlink()
    folder = kept.tape.parent
    with pytest.raises(GoldenError, match="--over"):
        shelf.add(folder, folder / "gone.tape", "live", no_scenario)
    assert shelf.add(folder, kept.tape, "", no_scenario) == kept
    assert shelf.run(kept).passed
    with pytest.raises(GoldenError, match="--over"):
        shelf.add(folder, kept.tape, "", no_scenario)


def test_a_phone_s_tape_leaves_nothing_behind(tape: Tape, tmp_path: Path) -> None:
    write(tmp_path / "p.tape", Tape(replace(tape.header, side="phone")))
    with pytest.raises(TapeError, match=r"p\.tape: a phone's tape holds no decisions"):
        shelf.add(tmp_path / "calls", tmp_path / "p.tape", "", lambda _: tape)
    assert not (tmp_path / "calls").exists()


def test_what_differs_is_told_and_can_be_accepted(kept: shelf.GoldenPlace, tape: Tape) -> None:
    was = kept.expected.read_text("utf-8")
    write(kept.tape, otherwise(tape))
    kept.expected.write_text(was.replace("# wait_ms = 0 ", "wait_ms = 100 ").replace("Our branches", "My branches"))
    verdict = shelf.run(kept)
    faults = "\n".join(verdict.faults)
    assert "turn 1, heard: 'My branches" in faults
    assert "live: different. The first of" in faults
    assert "budget wait_ms: " in faults
    assert [budget.kept for budget in verdict.pair.budgets] == [False]
    shelf.accept(kept, no_scenario)
    renewed = shelf.run(kept)
    assert [fault.partition(":")[0] for fault in renewed.faults] == ["budget wait_ms"]
    renewed_commands = [list(one.commands) for one in read(kept.tape).moments]
    assert renewed_commands == [list(one.commands) for one in tape.moments]


def test_two_files_of_two_calls_are_not_one(kept: shelf.GoldenPlace, tape: Tape) -> None:
    golden = from_toml(kept.expected.read_text("utf-8"), "live.toml")
    other = replace(golden, call=replace(golden.call, digest="of another"))
    faults = judge("live", tape, other).faults
    assert faults == ("the tape and live.toml are of two calls: their digests differ",)
    # A tape without an end has no digest of its own.
    open_end = Tape(tape.header, tape.moments, tape.phrase_audio)
    assert judge("live", open_end, other).faults == (f"digest: of another, now {golden.call.digest}",)


def test_a_scenario_becomes_the_same_tape_each_time(tmp_path: Path) -> None:
    source, phrases = tmp_path / "short.toml", tmp_path / "phrases"
    source.write_text(SCENARIO, "utf-8")
    make = lambda scenario: placed(scenario, phrases)  # noqa: E731
    first = shelf.add(tmp_path / "calls", source, "", make)
    loud = shelf.add(tmp_path / "calls", source, "loud", make, audio=True)
    golden = from_toml(first.expected.read_text("utf-8"), "short.toml")
    assert golden.scenario == "../short.toml"
    assert [turn.text for turn in golden.call.turns] == ["", "What are your opening hours?", "Thank you, goodbye"]
    assert first.tape.stat().st_size < 60_000 < loud.tape.stat().st_size
    assert shelf.run(first).passed
    assert shelf.run(loud).passed
    for place in (first, loud):
        was = (place.tape.read_bytes(), place.expected.read_bytes())
        shelf.accept(place, make)
        assert (place.tape.read_bytes(), place.expected.read_bytes()) == was


def test_a_scenario_that_cannot_be_placed_is_named(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match=f"more than {MARKERS} texts"):
        placed(from_words([f"say {number}" for number in range(MARKERS + 1)]), tmp_path)
    with pytest.raises(ScenarioError, match="the bridge had no call"):
        TapeInMemory().tape
    assert repr(TapeInMemory()) == "<TapeInMemory None>"


def test_calls_run_on_processes_as_in_one(kept: shelf.GoldenPlace, tmp_path: Path) -> None:
    places = [kept]
    for number in range(9):
        copy = shelf.GoldenPlace(kept.tape.with_name(f"copy{number}.tape"))
        copy.tape.write_bytes(kept.tape.read_bytes() if number else b"")
        copy.expected.write_bytes(kept.expected.read_bytes())
        places.append(copy)
    told: list[str] = []
    runs = run_all(places, 2, lambda run: told.append(run.place.name))
    assert [run.place for run in runs] == places
    assert sorted(told) == sorted(place.name for place in places)
    assert [run.passed for run in runs] == [True, False] + [True] * 8
    assert runs[1].faults == ("copy0.tape: the file is empty",)
    assert [run.passed for run in run_all(places, 1, lambda run: None)] == [run.passed for run in runs]
    assert one(shelf.GoldenPlace(tmp_path / "gone.tape")).faults[0].endswith("gone.tape: No such file or directory")


def test_the_command_tells_and_writes(kept: shelf.GoldenPlace, tmp_path: Path) -> None:
    folder, runner = str(kept.tape.parent), CliRunner()
    good = runner.invoke(app, ["run", folder])
    assert (good.exit_code, good.stdout.splitlines()[-1]) == (0, "1 of 1 golden calls are as expected")
    kept.expected.write_text(kept.expected.read_text("utf-8").replace("marks = ", "marks = 1"), "utf-8")
    files = ["--junit", str(tmp_path / "out/g.xml"), "--html", str(tmp_path / "out/g.html")]
    bad = runner.invoke(app, ["run", folder, *files])
    assert bad.exit_code == 1
    assert "DIFFERENT live" in bad.stdout
    (case,) = ElementTree.parse(tmp_path / "out/g.xml").iter("testcase")
    failure = case.find("failure")
    assert failure is not None
    assert failure.attrib["message"].startswith("marks: 1")
    assert [one.attrib["value"] for one in case.iter("property")] == [kept.tape.as_posix()]
    page = (tmp_path / "out/g.html").read_text("utf-8")
    assert "1 of 1 failed" in page
    assert f"ivr replay {kept.tape}" in page
    accepted = runner.invoke(app, ["run", folder, "--accept"])
    assert (accepted.exit_code, runner.invoke(app, ["run", folder]).exit_code) == (0, 0)
    assert "renewed: " in accepted.stdout
    kept.tape.with_name("other").mkdir()
    write(kept.tape.parent / "other/live.tape", read(kept.tape))
    (kept.tape.parent / "other/live.toml").write_bytes(kept.expected.read_bytes())
    twice = runner.invoke(app, ["run", folder])
    assert (twice.exit_code, twice.stderr) == (2, "ivr: two golden calls are called live\n")


def test_the_command_adds_a_scenario(tmp_path: Path) -> None:
    (tmp_path / "short.toml").write_text(SCENARIO, "utf-8")
    folder = str(tmp_path / "calls")
    made = CliRunner().invoke(app, ["add", str(tmp_path / "short.toml"), "--dir", folder, "--name", "short"])
    assert made.exit_code == 0, made.output
    assert (tmp_path / "calls/short.tape").exists()
    bad = CliRunner().invoke(app, ["add", str(tmp_path / "none.tape"), "--dir", folder])
    assert bad.exit_code == 2
    assert bad.stderr.startswith("ivr: ")


def test_a_fault_of_a_golden_call_steers_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    place = shelf.GoldenPlace(Path("a\x1b[31m.tape"))
    golden_command._show(GoldenRun(place, None, "noted \x1b[31m\u202e\nand \x9b31m"))
    said = capsys.readouterr().out
    assert "noted" in said
    assert "and" in said
    assert not set("\x1b\x9b\u202e") & set(said)
