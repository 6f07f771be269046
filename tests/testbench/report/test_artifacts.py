"""The folder in which a call is kept."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from ivr.testbench.recording import PhoneRecord
from ivr.testbench.report import artifacts
from ivr.testbench.scenario import from_words


def test_the_files_are_written(tmp_path: Path) -> None:
    out = tmp_path / "some" / "where"
    artifacts.prepare(out)
    assert list(out.iterdir()) == []
    call = artifacts.ReportedCall(PhoneRecord(), title="T", figures={"a": "b"}, result={"x": "مرحبا"})
    told = artifacts.write(out, call)
    assert {path.name for path in out.iterdir()} == set(artifacts.FILES)
    assert told == ", ".join(str(out / name) for name in artifacts.FILES)
    assert (out / "call.json").read_text("utf-8") == '{\n "x": "مرحبا"\n}\n'
    before = (out / "call.wav").read_bytes()
    artifacts.prepare(out)
    assert (out / "call.wav").read_bytes() == before


@pytest.mark.parametrize(
    ("path", "words"), [("file", "a folder is needed"), ("file/below", "Not a directory"), ("taken", "Is a directory")]
)
def test_what_cannot_be_written_is_said_before_the_call(tmp_path: Path, path: str, words: str) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "taken" / "call.html").mkdir(parents=True)
    with pytest.raises(OSError, match=words) as raised:
        artifacts.prepare(tmp_path / path)
    assert str(tmp_path / path) in str(raised.value)


def test_a_tape_is_among_the_files(tmp_path: Path) -> None:
    def keep(path: Path, kept: artifacts.ReportedCall) -> None:
        path.write_text(kept.title)

    told = artifacts.write(tmp_path, artifacts.ReportedCall(PhoneRecord(), result={}), keep)
    assert told.endswith(str(tmp_path / "call.tape"))
    assert (tmp_path / "call.tape").read_text() == "A call"


@pytest.mark.parametrize("fault", [KeyboardInterrupt, OSError])
def test_a_call_that_is_broken_off_is_kept(tmp_path: Path, fault: type[BaseException]) -> None:
    call, kept, shown = artifacts.ReportedCall(PhoneRecord()), list[Path](), io.StringIO()
    script, console = from_words(["press 1"]), Console(file=shown, width=400)

    def keep(path: Path, _: artifacts.ReportedCall) -> None:
        kept.append(path)

    def place(out: Path | None) -> None:
        with pytest.raises(fault), artifacts.kept_if_broken_off(out, call, script, keep, console):
            raise fault

    # Nothing has happened yet.
    place(tmp_path)
    call.record.note(1.0, "request")
    place(None)
    assert kept == []
    place(tmp_path)
    assert kept == [tmp_path / "call.tape"]
    assert shown.getvalue() == f"written: {tmp_path / 'call.tape'}\n"
    assert call.result is not None
    assert call.result["untold"] == artifacts.BROKEN_OFF
