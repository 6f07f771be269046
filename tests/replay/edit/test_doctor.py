"""The doctor names what makes a call irreproducible, and how late the process was."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from ivr.call.events import AudioIn, CallStarted, Tick, TranscriptArrived
from ivr.replay import tape_file
from ivr.replay.edit.doctor import Examination, examine, examined
from ivr.replay.edit.redact import redact
from ivr.replay.tape import Moment, Tape, TapeEnd, TapeHeader
from tests.replay.taped import taped

ALIVE = [["SendMark", {"name": "alive"}]]
VERSIONS = {"ivr": "1.0", "numpy": "2.0"}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Tape:
    tape = taped(tmp_path_factory.mktemp("phrases"), ("say thank you goodbye", "wait"))
    return replace(tape, header=replace(tape.header, versions=VERSIONS, model="energy"))


def test_a_sound_tape_is_reproducible(whole: Tape, tmp_path: Path) -> None:
    tape_file.write(tmp_path / "a.tape", whole)
    found = examined(tmp_path / "a.tape", VERSIONS, "energy")
    assert (found.hinders, found.remarks, found.reproducible) == ([], [], True)
    assert found.ticks > 10
    assert found.late_most_ms < 50
    assert found.lines[-1].startswith(f"ticks: {found.ticks}, late by ")
    assert found.as_json()["reproducible"] is True


CHANGES: dict[str, tuple[Callable[[Tape], Tape], str]] = {
    "no start": (lambda t: replace(t, moments=t.moments[1:]), "the start of the call is not on the tape"),
    "nothing": (lambda t: replace(t, moments=[]), "the start of the call is not on the tape"),
    "no leg": (
        lambda t: replace(t, header=replace(t.header, legs={"caller": "audio"})),
        "the leg stt was not recorded",
    ),
    "no sounds": (
        lambda t: replace(t, header=replace(t.header, legs={**t.header.legs, "caller": "scores"})),
        "neither the caller's audio is on the tape nor what was measured of it",
    ),
    "clock": (
        lambda t: replace(t, moments=[*t.moments[:5], replace(t.moments[5], now=-1.0), *t.moments[6:]]),
        "the clock goes back at ",
    ),
    "phrase": (lambda t: replace(t, phrase_audio={}), "the audio of a phrase that was said is missing: greeting"),
    "digest": (lambda t: replace(t, end=TapeEnd(digest="00")), "the decisions on the tape are not those of its digest"),
    "other": (
        lambda t: replace(t, header=replace(t.header, options=replace(t.header.options, lead_ms=200))),
        "today's code decides otherwise from 00:",
    ),
    "fault": (lambda t: replace(t, faults=["the tape breaks off"]), "the tape breaks off"),
    "sounds": (
        lambda t: replace(
            r := redact(t).tape, moments=[replace(m, sounds=()) if i == 9 else m for i, m in enumerate(r.moments)]
        ),
        "numbers that were measured of the audio are not on the tape",
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_hinders_is_named(whole: Tape, name: str) -> None:
    change, says = CHANGES[name]
    found = examine(change(whole))
    assert not found.reproducible
    assert any(says in line for line in found.hinders), found.hinders
    assert any(line.startswith("! ") for line in found.lines)


def test_a_call_that_cannot_go_on_is_named(whole: Tape, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(tape: Tape, call: object) -> object:
        raise RuntimeError("no")
        yield

    monkeypatch.setattr("ivr.replay.edit.doctor.exact.steps", breaks)
    assert examine(whole).hinders == ["today's code cannot go on: RuntimeError: no"]


def test_how_late_the_process_was_is_told() -> None:
    late = [
        Moment(1.0, CallStarted("CA1", "MZ1"), [["WarmUp", {}]]),
        Moment(30.0, Tick(17.0), ALIVE),
        Moment(31.0, Tick()),
    ]
    header = TapeHeader("CA1", legs={"caller": "audio", "stt": "words", "agent": "words", "tts": "audio"}, origin="cut")
    tape = Tape(header, late, end=TapeEnd(stood_s=3.0))
    found = examine(tape)
    assert found.remarks[:2] == ["nothing for 29.00 s from 00:00.000 on", "nothing for 1.00 s from 00:29.000 on"]
    assert "not as it was: cut" in found.remarks
    assert found.stood_s == 17.0
    assert found.ticks == 2
    assert found.late_most_ms > 1000
    assert any("ticks came more than 50 ms late" in line for line in found.remarks)
    assert "stood still for 17.00 s" in found.lines[-1]
    assert Examination().lines == []


def test_other_versions_and_models_are_remarks(whole: Tape, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.tape"
    tape_file.write(path, whole)
    found = examined(path, {"ivr": "2.0", "python": "3.13"}, "silero")
    assert found.reproducible
    assert found.remarks == [
        "ivr was 1.0, today 2.0",
        "numpy was 2.0, today not installed",
        "python was unknown, today 3.13",
        "the audio was scored by energy, today by silero",
    ]
    changed = replace(whole, newer=["start_ms = 60"], unknown=["old_ms"])
    monkeypatch.setattr(tape_file, "read", lambda path: changed)
    assert examined(path, VERSIONS, "energy").remarks == [
        "options that did not exist then have today's defaults: start_ms = 60",
        "options that do not exist any more: old_ms",
    ]


def test_a_tape_without_an_end_has_no_digest_to_compare(whole: Tape) -> None:
    assert examine(replace(whole, end=None)).hinders == []


def test_what_is_no_tape_of_a_bridge_is_named(tmp_path: Path) -> None:
    (tmp_path / "bad.tape").write_bytes(b"x")
    assert examined(tmp_path / "bad.tape", {}, "").hinders == [
        "this is no tape: its first frame is missing: other bytes are in its place"
    ]
    tape_file.write(tmp_path / "p.tape", Tape(TapeHeader("CA1", side="phone")))
    assert examined(tmp_path / "p.tape", {}, "").hinders == ["a phone's tape: nothing was decided there"]


def test_the_first_gaps_of_the_clock_are_told_alone(whole: Tape) -> None:
    back = [Moment(float(-at), AudioIn(0, b"")) for at in range(20)]
    hindered = examine(
        replace(whole, moments=[*whole.moments[:2], *back, Moment(1.0, TranscriptArrived(1, ""))])
    ).hinders
    assert sum("goes back" in line for line in hindered) == 5
