"""A folder of tapes comes out as rows, whatever is wrong with a tape."""

from __future__ import annotations

import dataclasses
import io
import json
import os
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from rich.console import Console
from typer.testing import CliRunner, Result

from ivr import cli
from ivr.call.call import Call
from ivr.call.caller import barge_in
from ivr.commands import console
from ivr.replay import tape_file
from ivr.replay.compare import folder
from ivr.replay.compare.declared import DECLARED_FILE
from ivr.replay.compare.junit import gate_junit
from ivr.replay.compare.table import MOST_ROWS, folder_lines, folder_table
from ivr.replay.compare.verdict import FolderVerdict, TapeVerdict, judge_tape, summed
from ivr.replay.tape import Tape, TapeHeader

DECLARED = '[[change]]\nname = "pauses"\nreason = "r"\nsince = "1"\ndecisions = ["endpoint"]\n'


@pytest.fixture
def tapes(tape: Tape, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a good tape, a broken one, one that breaks off, a phone's and an empty one."""
    monkeypatch.chdir(tmp_path)
    made = tmp_path / "tapes"
    (made / "sub").mkdir(parents=True)
    tape_file.write(made / "sub" / "good.tape", tape)
    (made / "broken.tape").write_bytes(b"hello")
    whole = (made / "sub" / "good.tape").read_bytes()
    (made / "off.tape").write_bytes(whole[: len(whole) // 2])
    tape_file.write(made / "phone.tape", Tape(dataclasses.replace(tape.header, side="phone")))
    tape_file.write(made / "empty.tape", Tape(tape.header))
    return made


def replay(*words: str | Path) -> Result:
    return CliRunner().invoke(cli.app, ["replay", *map(str, words)])


def results(folder: Path, *more: str) -> dict[str, str]:
    said = json.loads(replay(folder, "--json", *more).stdout)
    return {one["tape"]: one["result"] for one in said["tapes"]}


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_nothing_stops_the_gate(tapes: Path, jobs: str) -> None:
    assert results(tapes, "--jobs", jobs) == {
        "broken.tape": "unreadable",
        "empty.tape": "unreadable",
        "off.tape": "same",
        "phone.tape": "passed over",
        "sub/good.tape": "same",
    }


def test_the_table_of_a_good_folder(tapes: Path) -> None:
    result = replay(tapes, "--jobs", "1")
    assert result.exit_code == 0
    assert "1 passed over, 2 same, 2 unreadable" in result.output
    assert "5 of 5 tapes" in result.output


def test_a_difference_fails_unless_declared(tapes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(barge_in, "PAUSE_MS", 300)
    result = replay(tapes, "--jobs", "1", "--junit", "out/junit.xml")
    assert result.exit_code == 1
    assert "2 different" in result.output
    assert "in “endpoint”" in result.output
    suite = ET.parse("out/junit.xml").getroot()
    assert (suite.get("failures"), suite.get("errors"), suite.get("skipped")) == ("2", "2", "1")
    Path(DECLARED_FILE).write_text(DECLARED + DECLARED.replace("pauses", "other").replace("endpoint", "text"))
    result = replay(tapes, "--jobs", "1")
    assert result.exit_code == 0
    assert "2 declared" in result.output
    assert "no tape needs the declared change “other” any more" in result.output
    one = replay(tapes / "sub" / "good.tape")
    assert one.exit_code == 0
    assert "declared: pauses" in one.output
    assert json.loads(replay(tapes / "sub" / "good.tape", "--json").stdout)["declared"] == ["pauses"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["none"], "No such file"),
        (["tapes", "--score"], "this is a folder"),
        (["tapes", "--why", "list"], "this is a folder"),
        (["tapes/sub/empty"], "there is no tape in this folder"),
        (["tapes/sub", "--declared", "no.toml"], "No such file"),
        (["tapes/sub", "--declared", "tapes/sub/good.tape"], "this is no text"),
        (["tapes/bad"], "none of 1 tapes could be compared"),
        (["tapes/empty.tape"], "there is no event on this tape"),
    ],
)
def test_a_mistake_is_one_line(tapes: Path, words: list[str], said: str) -> None:
    (tapes / "sub" / "empty").mkdir()
    (tapes / "bad").mkdir()
    (tapes / "bad" / "a.tape").write_bytes(b"hello")
    result = replay(*words)
    assert result.exit_code == 2
    assert said in result.output
    assert "Traceback" not in result.output


def test_junit_of_one_tape(tapes: Path) -> None:
    assert replay(tapes / "sub" / "good.tape", "--junit", "one.xml").exit_code == 0
    assert ET.parse("one.xml").getroot().get("tests") == "1"


def test_a_bar_on_a_terminal(tapes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    screen = io.StringIO()
    monkeypatch.setattr(console, "err", Console(file=screen, force_terminal=True, width=80))
    assert replay(tapes, "--jobs", "1").exit_code == 0
    assert "of 5 tapes" not in screen.getvalue()
    assert "5/5" in screen.getvalue()


def test_a_process_that_dies_costs_one_row(tapes: Path, tmp_path: Path) -> None:
    # Unpickling the name in the other process ends it.
    paths = [tapes / "sub" / "good.tape", tapes / "broken.tape"]
    killing = [_Killing("a", "b", "c", frozenset())]
    rows = folder.judge_all(paths, tapes, killing, 2, lambda: None)  # type: ignore[arg-type]
    assert [row.what for row in rows] == ["the process that read it died"] * 2


class _Killing(tuple[object, ...]):
    """End the process that unpickles it."""

    def __new__(cls, *given: object) -> _Killing:
        return tuple.__new__(cls, given)

    def __reduce__(self) -> tuple[object, tuple[int]]:
        return os._exit, (1,)


def test_what_a_tape_raises_is_its_row(tapes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*given: object) -> TapeVerdict:
        raise RecursionError("too deep")

    monkeypatch.setattr(folder, "judge_tape", broken)
    row = folder.judge_file(tapes / "sub" / "good.tape", "good.tape", [])
    assert (row.result, row.what) == ("unreadable", "RecursionError: too deep")


def test_a_row_of_a_damaged_tape(tape: Tape) -> None:
    damaged = Tape(tape.header, tape.moments[:900] + tape.moments[1200:], tape.phrase_audio, gaps=[900], faults=["x"])
    row = judge_tape(damaged, "a.tape", [])
    assert (row.result, row.events, row.notes) == ("same", 900, ("x", "compared up to the gap before event 901"))
    assert judge_tape(Tape(TapeHeader("CA1", side="phone")), "a.tape", []).result == "passed over"
    assert judge_tape(Tape(TapeHeader("CA1")), "a.tape", []).what == "no event is on it"


def test_the_worst_comes_first() -> None:
    rows = [
        TapeVerdict("a", "same", events=5, took_s=0.1),
        TapeVerdict("b", "different", kind="note", what="x", events=5),
        TapeVerdict("c", "different", kind="end", what="y\x00", events=5, story=("z",)),
        TapeVerdict("d", "declared", kind="text", needs=("n",), what="w", events=5),
        TapeVerdict("e", "same", notes=("breaks off",), events=5),
        TapeVerdict("f", "unreadable", what="no"),
        TapeVerdict("g", "passed over", what="phone"),
    ]
    found = summed(rows, [])
    assert [one.name for one in found.worst_first()] == ["c", "b", "f", "d", "a", "e", "g"]
    screen = io.StringIO()
    Console(file=screen, width=100).print(folder_table(found))
    assert [line.split()[0] for line in screen.getvalue().splitlines()] == ["tape", "c", "b", "f", "d", "e"]
    assert "w (declared: n)" in screen.getvalue()
    assert list(folder_lines(found, 2.0, 1)) == [
        "first differences: 1 in “note”, 1 in “end”, 1 in “text”",
        "1 passed over, 2 same, 1 declared, 1 unreadable, 2 different. 0.0 minutes of calls in 2.0 s, one process, "
        "20 ms a tape",
    ]
    assert "y\N{REPLACEMENT CHARACTER}" in gate_junit(found)


def test_rows_that_are_alike_are_counted() -> None:
    rows = [TapeVerdict(f"{place:02}", "different", kind="text", what=f"said “{place}”") for place in range(9)]
    table = folder_table(FolderVerdict([*rows, TapeVerdict("x", "different", kind="text", what="other")]))
    screen = io.StringIO()
    Console(file=screen, width=100).print(table)
    told = [line.split()[:5] for line in screen.getvalue().splitlines()]
    assert [line[0] for line in told] == ["tape", "00", "01", "02", "…", "x"]
    assert told[4] == ["…", "to", "08", "6", "more"]


def test_a_long_table_is_cut() -> None:
    found = FolderVerdict([TapeVerdict(f"{place}", "unreadable", what="x" * place) for place in range(MOST_ROWS + 5)])
    table = folder_table(found)
    assert table is not None
    assert table.row_count == MOST_ROWS
    assert folder_table(FolderVerdict([TapeVerdict("a", "same")])) is None


def test_a_call_that_cannot_be_made_is_named(tape: Tape, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: Call, *given: object) -> None:
        raise ValueError("endpoint_ms is negative")

    path = tmp_path / "a.tape"
    tape_file.write(path, tape)
    monkeypatch.setattr(Call, "__init__", broken)
    result = replay(path)
    assert (result.exit_code, result.output.count("\n")) == (2, 1)
    assert "no call can be made with the options of this tape: endpoint_ms is negative" in result.output
    assert folder.judge_file(path, "a.tape", []).result == "unreadable"
