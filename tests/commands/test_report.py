"""`ivr report` writes what is asked for, and names what is wrong in a line."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ivr.commands import report
from ivr.commands.report import app
from ivr.media import wav
from ivr.replay import tape_file
from ivr.replay.phone.phone_tape import phone_tape
from ivr.replay.tape import Tape
from ivr.testbench.recording import PhoneRecord
from ivr.testbench.report.artifacts import ReportedCall
from tests.replay.taped import taped


@pytest.fixture(scope="module")
def tape(tmp_path_factory: pytest.TempPathFactory) -> Tape:
    return taped(tmp_path_factory.mktemp("phrases"))


@pytest.fixture
def path(tape: Tape, tmp_path: Path) -> Path:
    path = tmp_path / "CA12.tape"
    tape_file.write(path, tape)
    return path


def test_the_page_lies_beside_the_tape(path: Path) -> None:
    done = CliRunner().invoke(app, [str(path)])
    assert done.exit_code == 0, done.output
    page = path.with_suffix(".html")
    assert f"ivr replay {path} --from-turn 1" in page.read_text("utf-8")
    assert page.stat().st_mode & 0o777 == 0o600


def test_the_wav_and_the_figures(path: Path, tmp_path: Path) -> None:
    done = CliRunner().invoke(app, [str(path), "--wav", str(tmp_path / "a.wav"), "--json"])
    assert done.exit_code == 0, done.output
    sound = wav.decode((tmp_path / "a.wav").read_bytes())
    assert (sound.channels, sound.rate) == (2, 8000)
    assert json.loads(done.stdout)["turns"][1]["wait"]["ms"] > 1000
    assert not path.with_suffix(".html").exists()


def test_a_tape_without_sound_gives_no_wav(tape: Tape, tmp_path: Path) -> None:
    path = tmp_path / "silent.tape"
    tape_file.write(path, Tape(replace(tape.header, legs={"caller": "scores"}), tape.moments, end=tape.end))
    done = CliRunner().invoke(app, [str(path), "--wav", str(tmp_path / "a.wav")])
    assert done.exit_code == 2
    assert "its audio is not on the tape" in done.output


def test_a_broken_tape_has_a_page_with_the_fault(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:400_000])
    done = CliRunner().invoke(app, [str(path)])
    assert done.exit_code == 0, done.output
    assert "breaks off" in done.output
    assert "breaks off" in path.with_suffix(".html").read_text("utf-8")


def test_a_tape_of_the_phone_has_the_phone_s_page(tmp_path: Path) -> None:
    record = PhoneRecord(call_sid="CA9", t0=0.0, caller=bytearray(b"\xff" * 800), heard=bytearray(b"\xff" * 800))
    path, sound = tmp_path / "phone.tape", tmp_path / "a.wav"
    tape_file.write(path, phone_tape(ReportedCall(record, title="A call of the phone")))
    done = CliRunner().invoke(app, [str(path), "-o", str(tmp_path / "p.html"), "--wav", str(sound)])
    assert done.exit_code == 0, done.output
    assert "A call of the phone" in (tmp_path / "p.html").read_text("utf-8")
    assert sound.exists()
    assert CliRunner().invoke(app, [str(path), "--json"]).stdout == "null\n"


@pytest.mark.parametrize("junk", [b"", b"hello"])
def test_what_is_no_tape_is_one_line(junk: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.tape"
    path.write_bytes(junk)
    done = CliRunner().invoke(app, [str(path)])
    assert done.exit_code == 2
    assert "a.tape" in done.output
    assert "Traceback" not in done.output
    assert CliRunner().invoke(app, [str(tmp_path / "none.tape")]).exit_code == 2


def test_a_folder_has_a_page_and_its_calls(tape: Tape, tmp_path: Path) -> None:
    for name in ("a.tape", "deep/b.tape"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        tape_file.write(tmp_path / name, tape)
    (tmp_path / "junk.tape").write_bytes(b"hello")
    tape_file.write(tmp_path / "phone.tape", phone_tape(ReportedCall(PhoneRecord(call_sid="CA9", t0=0.0))))
    done = CliRunner().invoke(app, [str(tmp_path), "--all", "--jobs", "1"])
    assert done.exit_code == 0, done.output
    page = (tmp_path / "index.html").read_text("utf-8")
    for name in ("a.tape", "deep-b.tape", "phone.tape"):
        assert f"index-calls/{name}.html" in page
        assert (tmp_path / "index-calls" / f"{name}.html").exists()
    assert "this is no tape" in page
    rows = json.loads(CliRunner().invoke(app, [str(tmp_path), "--json", "--jobs", "1"]).stdout)
    assert {row["name"] for row in rows} == {"a.tape", "deep/b.tape", "junk.tape", "phone.tape"}
    assert CliRunner().invoke(app, [str(tmp_path), "--wav", str(tmp_path / "x.wav")]).exit_code == 2


def test_a_tape_that_breaks_the_report_is_a_row(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*given: object) -> None:
        raise RecursionError("too deep")

    monkeypatch.setattr(report, "call_row", broken)
    monkeypatch.setattr(report, "call_page", broken)
    done = CliRunner().invoke(report.app, [str(path.parent)])
    assert done.exit_code == 0, done.output
    assert "RecursionError: too deep" in (path.parent / "index.html").read_text("utf-8")


def test_an_empty_folder_is_one_line(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, [str(tmp_path)])
    assert done.exit_code == 2
    assert "there is no tape in this folder" in done.output


def test_files_for_other_programs(path: Path, tmp_path: Path) -> None:
    trace, vcon = tmp_path / "trace.json", tmp_path / "call.vcon.json"
    done = CliRunner().invoke(app, [str(path), "--perfetto", str(trace), "--vcon", str(vcon)])
    assert done.exit_code == 0, done.output
    assert json.loads(trace.read_text())["traceEvents"]
    # A call in virtual time has no date: its first event is at the beginning of time, and its sound begins before.
    assert json.loads(vcon.read_text())["created_at"].startswith("1969-12-31T23:59:59")
    assert not path.with_suffix(".html").exists()
    phone = tmp_path / "phone.tape"
    tape_file.write(phone, phone_tape(ReportedCall(PhoneRecord(call_sid="CA9", t0=0.0))))
    assert CliRunner().invoke(app, [str(phone), "--vcon", str(vcon)]).exit_code == 2


@pytest.mark.parametrize("option", ["-o", "--wav", "--perfetto", "--vcon"])
def test_no_file_is_written_over_a_tape(option: str, path: Path) -> None:
    before = path.read_bytes()
    done = CliRunner().invoke(app, [str(path), option, str(path)])
    assert done.exit_code == 2
    assert "this is a tape, name another file" in done.output
    assert path.read_bytes() == before


def test_the_phone_s_sound_is_not_written_over_a_tape(tmp_path: Path) -> None:
    record = PhoneRecord(call_sid="CA9", t0=0.0, caller=bytearray(b"\xff" * 800), heard=bytearray(b"\xff" * 800))
    path = tmp_path / "phone.tape"
    tape_file.write(path, phone_tape(ReportedCall(record, title="A call of the phone")))
    assert CliRunner().invoke(app, [str(path), "--wav", str(path)]).exit_code == 2
    assert tape_file.read(path).header.side == "phone"


def test_a_vcon_of_a_time_on_no_calendar_is_one_line(tape: Tape, tmp_path: Path) -> None:
    path = tmp_path / "early.tape"
    tape_file.write(
        path, replace(tape, header=replace(tape.header, call_id="CA\x1b[31m", started_on="0001-01-01T00:00:00+14:00"))
    )
    done = CliRunner().invoke(app, [str(path), "--vcon", str(tmp_path / "a.json")])
    assert done.exit_code == 2
    assert "its times are on no calendar" in done.output
    assert "\x1b" not in done.output
    assert not (tmp_path / "a.json").exists()
