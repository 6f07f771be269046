"""One thread writes the recordings of all calls; a disk that fails ends the recording alone."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from ivr.media import wav
from ivr.recording.audio_writer import AudioWriter
from ivr.recording.facts import RecordingFacts, read_facts
from ivr.recording.found import as_wav

FACTS = RecordingFacts("CA1", "main", 1000.0, 30)
ENDED = msgspec.structs.replace(FACTS, announced_s=1.5, pauses=[(3.0, 6.0)])
KEY = "11" * 32
SECOND = b"\x10" * 8000, b"\x90" * 8000


class Told:
    """A writer on a folder, and what it told."""

    def __init__(self, folder: Path, key: str = "", most: int = 1 << 20) -> None:
        self.writer = AudioWriter(folder, key, most=most)
        self.facts: list[RecordingFacts] = []
        self.writer.on_done = self.facts.append
        self.writer.start()

    def record(self, ticket: int = 1, seconds: int = 3) -> RecordingFacts:
        self.writer.begin(ticket, FACTS)
        for _ in range(seconds):
            self.writer.add(ticket, *SECOND)
        self.writer.end(ticket, ENDED)
        assert self.writer.wait(20)
        return self.facts[-1]


@pytest.fixture
def told(tmp_path: Path) -> Iterator[Told]:
    made = Told(tmp_path / "recordings")
    yield made
    made.writer.close()


def test_a_recording_is_a_wav_file_with_its_facts(told: Told, tmp_path: Path) -> None:
    facts = told.record()
    assert (facts.state, facts.reason, facts.seconds, facts.name) == ("kept", "", 3.0, "CA1.wav")
    assert (facts.announced_s, facts.pauses, facts.key) == (1.5, [(3.0, 6.0)], "")
    folder = tmp_path / "recordings"
    assert sorted(path.name for path in folder.iterdir()) == ["CA1.json", "CA1.wav"]
    data = (folder / "CA1.wav").read_bytes()
    assert len(data) == facts.bytes
    assert as_wav(data, "") == (data, "")
    assert len(wav.decode(data).pcm) == 3 * 8000 * 4
    assert read_facts((folder / "CA1.json").read_bytes()) == facts
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    assert folder.stat().st_mode & 0o777 == 0o700


def test_a_key_leaves_nothing_open_on_the_disk(tmp_path: Path) -> None:
    told = Told(tmp_path, f"{KEY},{'22' * 32}")
    told.writer.begin(1, FACTS)
    told.writer.add(1, *SECOND)
    assert told.writer.wait(20)
    part = (tmp_path / "CA1.rec.part").read_bytes()
    assert b"\x10\x90\x10\x90" not in part
    told.writer.end(1, ENDED)
    told.writer.close()
    [facts] = told.facts
    data = (tmp_path / "CA1.rec").read_bytes()
    assert (facts.name, facts.bytes, len(facts.key)) == ("CA1.rec", len(data), 16)
    opened, problem = as_wav(data, f"{'33' * 32},{KEY}")
    assert problem == ""
    assert opened[-16000:] == b"\x10\x90" * 8000


def test_a_call_with_two_streams_has_two_recordings(told: Told) -> None:
    assert [told.record(1).name, told.record(2).name] == ["CA1.wav", "CA1-2.wav"]


def test_a_disk_that_fails_ends_the_recording_alone(
    told: Told, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told.writer.begin(1, FACTS)
    told.writer.add(1, *SECOND)
    assert told.writer.wait(20)

    def full(path: Path, data: bytes) -> None:
        raise OSError(errno.ENOSPC, "no space")

    monkeypatch.setattr("ivr.recording.audio_writer.add_to", full)
    told.writer.add(1, *SECOND)
    assert told.writer.wait(20)
    assert told.writer.add(1, *SECOND) is False
    monkeypatch.undo()
    told.writer.end(1, ENDED)
    assert told.writer.wait(20)
    [facts] = told.facts
    assert (facts.state, facts.reason, facts.seconds, facts.announced_s) == ("cut", "disk_full", 1.0, 1.5)
    assert read_facts((tmp_path / "recordings" / "CA1.json").read_bytes()) == facts
    assert as_wav((tmp_path / "recordings" / "CA1.wav").read_bytes(), "")[1] == ""
    assert told.record(2).state == "kept"


def test_a_folder_that_cannot_be_made_costs_no_call(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    told = Told(tmp_path / "file")
    facts = told.record()
    assert (facts.state, facts.reason, facts.name, facts.announced_s) == ("none", "disk_failed", "", 1.5)
    told.writer.close()


def test_a_folder_deleted_beneath_a_call(told: Told, tmp_path: Path) -> None:
    told.writer.begin(1, FACTS)
    told.writer.add(1, *SECOND)
    assert told.writer.wait(20)
    for path in (tmp_path / "recordings").iterdir():
        path.unlink()
    told.writer.add(1, *SECOND)
    told.writer.end(1, ENDED)
    assert told.writer.wait(20)
    assert [(one.state, one.reason) for one in told.facts] == [("cut", "gone")]


def test_a_disk_that_is_too_slow_ends_the_recording(tmp_path: Path) -> None:
    told = Told(tmp_path, most=20_000)
    told.writer.begin(1, FACTS)
    assert told.writer.add(1, *SECOND)
    assert told.writer.wait(20)
    told.writer._given += 10_000
    assert told.writer.add(1, *SECOND) is False
    assert told.writer.add(1, *SECOND) is False
    told.writer.end(1, ENDED)
    told.writer.close()
    assert [(one.state, one.reason, one.seconds) for one in told.facts] == [("cut", "disk_slow", 1.0)]


def test_the_end_of_a_recording_may_fail(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    told.writer.begin(1, FACTS)
    told.writer.add(1, *SECOND)
    assert told.writer.wait(20)

    def broken(*given: object) -> int:
        raise OSError(errno.EROFS, "read only")

    monkeypatch.setattr(os, "pwrite", broken)
    told.writer.end(1, ENDED)
    assert told.writer.wait(20)
    assert [(one.state, one.reason) for one in told.facts] == [("cut", "read_only")]


def test_a_bug_costs_one_recording(
    told: Told, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("ivr.recording.audio_writer.interleave", lambda *given: 1 // 0)
    facts = told.record()
    assert (facts.state, facts.reason) == ("none", "failed")
    assert "recording_failed" in caplog.text
    assert "AudioWriter" in repr(told.writer)


def test_what_a_writer_does_not_know_is_passed_over(told: Told) -> None:
    told.writer.add(7, *SECOND)
    told.writer.end(7, ENDED)
    assert told.writer.wait(20)
    assert told.facts == []
