"""`ivr tape` as a developer meets it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from ivr import cli
from ivr.call.events import Tick
from ivr.replay import exact, tape_file
from ivr.replay.tape import Moment, Tape, TapeHeader
from tests.replay.taped import taped


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the tape of one call."""
    path = tmp_path_factory.mktemp("tapes")
    tape_file.write(path / "a.tape", taped(tmp_path_factory.mktemp("phrases")))
    return path


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(cli.app, ["tape", *map(str, words)])


def test_tapes_are_listed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = run("list", folder)
    assert (result.exit_code, "a.tape" in result.output, "success caller_stop" in result.output) == (0, True, True)
    assert json.loads(run("list", folder, "--json").output)["turns"] == 3
    assert run("list", folder, "--line", "other").output == "no tapes\n"
    monkeypatch.setenv("IVR_TAPES", str(folder))
    assert "a.tape" in run("list").output


def test_a_tape_is_shown(folder: Path) -> None:
    tape = folder / "a.tape"
    assert "what are your opening hours" in run("show", tape, "--turn", "1").output
    assert "00:08." in run("show", tape, "--from", "8", "--to", "9", "--all").output
    lines = [json.loads(line) for line in run("show", tape, "--json").output.splitlines()]
    assert (lines[0]["record"], lines[-1]["record"]) == ("tape", "end")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("list", "nowhere"), "nowhere"),
        (("list", "--since", "soon"), "--since soon"),
        (("show", "nowhere.tape"), "nowhere.tape"),
        (("show", "."), "ivr:"),
    ],
)
def test_a_mistake_is_one_line(
    words: tuple[str, ...], says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("IVR_TAPES", raising=False)
    (tmp_path / "tapes").mkdir()
    result = run(*words)
    assert result.exit_code == 2
    assert says in result.output
    assert "Traceback" not in result.output
    assert result.output.count("\n") == 1


def test_a_tape_is_cut(folder: Path, tmp_path: Path) -> None:
    result = run("cut", folder / "a.tape", "-o", tmp_path / "new" / "cut.tape", "--effect", "clear")
    assert result.exit_code == 0
    assert "clear at 00:" in result.output
    assert "nothing more can go" in result.output
    assert all(step.same for step in exact.steps(tape_file.read(tmp_path / "new" / "cut.tape")))
    result = run("cut", folder / "a.tape", "-o", tmp_path / "turn.tape", "--turn", "0", "--seconds", "0")
    assert "more may go" in result.output


def test_what_cannot_be_cut_is_one_line(folder: Path, tmp_path: Path) -> None:
    tape_file.write(tmp_path / "phone.tape", Tape(TapeHeader("CA1", side="phone")))
    tape_file.write(tmp_path / "none.tape", Tape(TapeHeader("CA1"), [Moment(1.0, Tick())]))
    output = ("-o", tmp_path / "x.tape")
    for words, says in (
        ((folder / "a.tape", *output), "one of --turn, --effect, --difference"),
        ((folder / "a.tape", *output, "--turn", "1", "--difference"), "one of --turn"),
        ((folder / "a.tape", "-o", folder / "a.tape", "--turn", "1"), "name another file"),
        ((folder / "a.tape", *output, "--turn", "9"), "there is no turn 9"),
        ((folder / "a.tape", *output, "--difference"), "there is no difference"),
        ((tmp_path / "phone.tape", *output, "--turn", "1"), "holds no decisions"),
        ((tmp_path / "none.tape", *output, "--turn", "1"), "does not hold the start"),
    ):
        result = run("cut", *words)
        assert result.exit_code == 2, words
        assert says in result.output.replace("\n", " ")
        assert "Traceback" not in result.output
    assert not (tmp_path / "x.tape").exists()


def test_a_tape_is_redacted(folder: Path, tmp_path: Path) -> None:
    result = run("redact", folder / "a.tape", "-o", tmp_path / "r.tape")
    assert result.exit_code == 0
    assert "every decision is the same; rule words stay readable" in result.output
    assert "branches" not in run("show", tmp_path / "r.tape").output


def test_tapes_are_examined(folder: Path, tmp_path: Path) -> None:
    result = run("doctor", folder)
    assert result.exit_code == 0
    assert "a.tape: reproducible" in result.output
    assert "ticks: " in result.output
    (tmp_path / "bad.tape").write_bytes(b"x")
    result = run("doctor", folder, tmp_path, "--json")
    assert result.exit_code == 1
    assert [json.loads(line)["reproducible"] for line in result.output.splitlines()] == [True, False]
    nowhere = run("doctor", tmp_path / "nowhere")
    assert (nowhere.exit_code, nowhere.output) == (2, f"ivr: {tmp_path / 'nowhere'}: No such file or directory\n")


def test_a_phone_beside_the_bridge_is_no_fault(folder: Path) -> None:
    phone = folder / "a.phone.tape"
    tape_file.write(phone, Tape(TapeHeader("CA1", side="phone")))
    assert run("doctor", folder).exit_code == 0
    assert "nothing was decided there" in run("doctor", phone).output
    assert run("doctor", phone).exit_code == 1


def test_nothing_to_examine_is_not_good(tmp_path: Path) -> None:
    result = run("doctor", tmp_path)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "no tape of a bridge" in result.output


def test_nothing_of_a_tape_steers_a_terminal(tmp_path: Path) -> None:
    steering = "CA\x1b[31m\x9b31m\u202e\u2028"
    path = tmp_path / "a.tape"
    tape_file.write(path, Tape(TapeHeader(steering, line=steering), [Moment(1.0, Tick(), [["Later", {}]])]))
    for words in (("show",), ("show", "--json"), ("list",), ("list", "--json"), ("doctor",)):
        said = run(words[0], path, *words[1:]).stdout
        assert not set("\x1b\x9b\u202e\u2028") & set(said), words
    shown = [json.loads(line) for line in run("show", path, "--json").stdout.splitlines()]
    assert shown[0]["call_id"] == steering
