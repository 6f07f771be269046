"""The list of tapes says what is there, the newest first."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ivr.call.events import CallStarted
from ivr.replay import tape_file
from ivr.replay.edit.catalogue import CatalogueEntry, catalogue, moment_of
from ivr.replay.tape import Moment, Tape, TapeEnd, TapeHeader, Trouble

NOON = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)


def put(
    folder: Path, name: str, *, hours: int = 0, line: str = "", kinds: tuple[str, ...] = (), end: bool = True
) -> Path:
    """Write a tape of a call that began so many hours before noon."""
    started = (NOON - timedelta(hours=hours)).isoformat()
    over = TapeEnd("success", "caller_stop", 12.5, 1, 2, trouble=tuple(Trouble(kind) for kind in kinds))
    tape = Tape(TapeHeader("CA1", line=line, started_on=started), [Moment(1.0, CallStarted("CA1", "MZ1"))])
    tape.end = over if end else None
    path = folder / name
    tape_file.write(path, tape)
    return path


def test_the_newest_call_comes_first(tmp_path: Path) -> None:
    (tmp_path / "calls").mkdir()
    put(tmp_path, "a.tape", hours=3, line="sales", kinds=("wait", "wait", "lost"))
    put(tmp_path / "calls", "b.tape", hours=1)
    put(tmp_path, "c.tape.part", hours=2, end=False)
    put(tmp_path, "d.other", hours=0)
    entries = catalogue([tmp_path])
    assert [entry.name for entry in entries] == ["calls/b.tape", "c.tape.part", "a.tape"]
    assert (entries[0].seconds, entries[0].turns, entries[0].reason) == (12.5, 2, "caller_stop")
    assert entries[1].seconds is None
    assert "cut off" in str(entries[1])
    assert entries[2].trouble == ("wait", "lost")
    assert "wait, lost" in str(entries[2])
    # A developer copies the path into the next command.
    assert str(entries[0]).endswith(f" {tmp_path / 'calls' / 'b.tape'}")
    assert entries[2].as_json()["trouble"] == ["wait", "lost"]


def test_the_list_is_filtered(tmp_path: Path) -> None:
    put(tmp_path, "a.tape", hours=3, line="sales", kinds=("wait",))
    put(tmp_path, "b.tape", hours=1)
    assert [e.name for e in catalogue([tmp_path], line="sales")] == ["a.tape"]
    assert [e.name for e in catalogue([tmp_path], trouble="wait")] == ["a.tape"]
    with pytest.raises(ValueError, match="--trouble waits: there are wait, lost, resumed, continued, failure, end"):
        catalogue([tmp_path], trouble="waits")
    assert [e.name for e in catalogue([tmp_path], since=NOON - timedelta(hours=2))] == ["b.tape"]
    assert [e.name for e in catalogue([tmp_path], since=NOON - timedelta(hours=1))] == ["b.tape"]


def test_what_cannot_be_read_is_listed_with_its_fault(tmp_path: Path) -> None:
    (tmp_path / "bad.tape").write_bytes(b"hello")
    os.mkfifo(tmp_path / "pipe.tape")
    (tmp_path / "folder.tape").mkdir()
    (entry,) = catalogue([tmp_path])
    assert entry.fault == "this is no tape: its first frame is missing: other bytes are in its place"
    assert str(entry).endswith("bad.tape: this is no tape: its first frame is missing: other bytes are in its place")
    assert entry.size == 5


def test_a_place_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nowhere"):
        catalogue([tmp_path / "nowhere"])
    path = put(tmp_path, "a.tape")
    assert [entry.name for entry in catalogue([path])] == ["a.tape"]


def test_a_tape_without_a_date_has_that_of_its_file(tmp_path: Path) -> None:
    tape = Tape(TapeHeader("CA1", started_on="yesterday"))
    path = tmp_path / "a.tape"
    tape_file.write(path, tape)
    os.utime(path, (1e9, 1e9))
    (entry,) = catalogue([tmp_path])
    assert entry.date == datetime.fromtimestamp(1e9, UTC)
    tape.header = TapeHeader("CA1", started_on="2026-11-30T12:00:00")
    tape_file.write(path, tape)
    assert catalogue([tmp_path])[0].date == NOON


def test_a_tape_that_vanishes_is_an_entry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    link = tmp_path / "gone.tape"
    link.symlink_to(tmp_path / "nothing")
    monkeypatch.setattr(Path, "is_file", lambda self: True)
    (entry,) = catalogue([tmp_path])
    assert entry.fault == "No such file or directory"


def test_no_name_steers_the_terminal(tmp_path: Path) -> None:
    entry = CatalogueEntry(tmp_path, "a\x1b[2J.tape", NOON, line="\u202e")
    assert "\x1b" not in str(entry)
    assert "\u202e" not in str(entry)


@pytest.mark.parametrize(
    ("said", "time"),
    [
        ("2h", NOON - timedelta(hours=2)),
        ("30m", NOON - timedelta(minutes=30)),
        ("3d", NOON - timedelta(days=3)),
        ("1w", NOON - timedelta(days=7)),
        ("2026-11-30T15:00+03:00", NOON),
    ],
)
def test_since_is_a_date_or_a_time_ago(said: str, time: datetime) -> None:
    assert moment_of(said, NOON) == time


@pytest.mark.parametrize("said", ["", "h", "yesterday", "-2h", "99999999999999d", "٣h"])
def test_another_since_is_named(said: str) -> None:
    with pytest.raises(ValueError, match="--since"):
        moment_of(said, NOON)
