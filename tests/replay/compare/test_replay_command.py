"""`ivr replay` as a developer meets it."""

from __future__ import annotations

import dataclasses
import io
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner, Result

from ivr import cli
from ivr.call.caller import barge_in
from ivr.commands import console
from ivr.commands.replay import tell
from ivr.replay import tape_file
from ivr.replay.tape import Tape


def replay(*words: str | Path) -> Result:
    return CliRunner().invoke(cli.app, ["replay", *map(str, words)])


def test_one_tape_is_the_same(tape: Tape, tmp_path: Path) -> None:
    tape_file.write(tmp_path / "a.tape", tape)
    result = replay(tmp_path / "a.tape")
    assert result.exit_code == 0
    assert "a.tape: same" in result.output


def test_one_tape_differs(tape: Tape, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tape_file.write(tmp_path / "a.tape", tape)
    monkeypatch.setattr(barge_in, "PAUSE_MS", 300)
    result = replay(tmp_path / "a.tape")
    assert result.exit_code == 1
    assert "a.tape: different" in result.output


def test_a_tape_that_cannot_be_read_is_one_line(tape: Tape, tmp_path: Path) -> None:
    (tmp_path / "a.tape").write_bytes(b"hello")
    tape_file.write(tmp_path / "b.tape", Tape(dataclasses.replace(tape.header, side="phone")))
    for name, said in (("a.tape", "this is no tape"), ("b.tape", "a phone's tape"), ("c.tape", "No such file")):
        result = replay(tmp_path / name)
        assert (result.exit_code, result.output.count("\n")) == (2, 1)
        assert said in result.output


def test_a_long_line_goes_on_below_its_words(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = io.StringIO()
    monkeypatch.setattr(console, "out", Console(file=screen, force_terminal=True, width=40, soft_wrap=True))
    tell("  then      " + "word " * 12 + "كلمة")
    tell("short")
    assert screen.getvalue() == (
        "  then      word word word word word\n"
        "            word word word word word\n"
        "            word word كلمة\nshort\n"
    )
    whole = io.StringIO()
    monkeypatch.setattr(console, "out", Console(file=whole, width=40, soft_wrap=True))
    tell("  then      " + "word " * 12 + "end")
    assert whole.getvalue().count("\n") == 1
