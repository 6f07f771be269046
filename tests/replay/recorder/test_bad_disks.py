"""No disk touches a call: a tape that cannot be written is dropped, with a word for why."""

from __future__ import annotations

import errno
import logging
import os
import random
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ivr.call.call import Call
from ivr.call.events import AudioIn, CallStarted, TtsAudio, Withdraw
from ivr.call.options import CallOptions
from ivr.replay import tape_file
from ivr.replay.recorder import writer as writing
from ivr.replay.recorder.folder import TapeFolder
from ivr.replay.recorder.options import RecorderOptions
from ivr.replay.recorder.recorder import TapeRecorder
from ivr.replay.recorder.writer import TapeWriter


@pytest.fixture(autouse=True)
def _no_thread_is_left() -> Iterator[None]:
    yield
    assert not [thread for thread in threading.enumerate() if thread.name == "tapes"]


def recorder(folder: TapeFolder, **more: Any) -> TapeRecorder:
    made = TapeRecorder(RecorderOptions(folder.path, keep="all"), writer=TapeWriter(folder, **more))
    made.start()
    return made


def record(
    live: TapeRecorder, call_id: str = "CA1", *, seconds: float = 5.0, during: Callable[[float], None] | None = None
) -> None:
    """Record a call of so many seconds. `during` is called every second."""
    call = Call(CallOptions())
    live.began(call_id, 0.0, call)
    live.happened(call_id, 0.0, CallStarted(call_id, "MZ1"), [])
    for at in range(int(seconds * 50)):
        now = at / 50
        live.happened(call_id, now, AudioIn(at * 20, b"\xff" * 160), [])
        if during is not None and at % 50 == 0:
            during(now)
    out = call.receive(Withdraw("x"), seconds)
    live.happened(call_id, seconds, Withdraw("x"), out)
    assert call.ended is not None
    live.ended(call_id, seconds, call.turns, call.ended)


def settle(live: TapeRecorder) -> None:
    """Wait until the thread has nothing to do."""
    assert live.writer.wait(20)


class Failing(TapeFolder):
    """A folder whose disk fails from the so manieth write on, for a while."""

    def __init__(self, path: Path, number: int, *, at: int = 3, until: int = 10**9) -> None:
        super().__init__(path)
        self.number, self.at, self.until = number, at, until
        self.writes = 0

    def add(self, part: Path, data: bytes) -> None:
        self.writes += 1
        if self.at <= self.writes < self.until:
            # Half of it is written, as a disk that fills up does.
            super().add(part, data[: len(data) // 2])
            raise OSError(self.number, "x")
        super().add(part, data)


def left(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("*.tape*"))


@pytest.mark.parametrize(
    ("number", "reason"),
    [(errno.ENOSPC, "disk_full"), (errno.EROFS, "read_only"), (errno.EIO, "disk_failed"), (errno.EMFILE, "few_files")],
)
def test_a_disk_that_fails_costs_the_tape(
    number: int, reason: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    told: list[tuple[str, int]] = []
    folder = Failing(tmp_path, number, until=4)
    live = recorder(folder)
    live.on_tape = lambda outcome, size: told.append((outcome, size))
    record(live, during=lambda _: settle(live))
    assert left(tmp_path) == []
    # Nothing more of the call is taken once its tape is lost.
    assert folder.writes <= 4
    # The disk is good again, and so is the next tape.
    record(live, "CA2")
    live.close()
    assert left(tmp_path) == ["CA2.tape"]
    assert live.writer.outcomes == {reason: 1, "kept": 1}
    assert [outcome for outcome, _ in told] == [reason, "kept"]
    assert [one.__dict__.get("reason") for one in caplog.records if one.message == "tape_dropped"] == [reason]
    assert live.writer.lost == set()


def test_a_folder_that_cannot_be_made(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").touch()
    live = recorder(TapeFolder(tmp_path / "file" / "tapes"))
    record(live)
    live.close()
    assert [one.message for one in caplog.records] == ["tapes_folder", "tape_dropped"]
    assert live.writer.outcomes == {"disk_failed": 1}
    assert live.writer.lost == set()


def test_a_folder_that_goes_away(tmp_path: Path) -> None:
    live = recorder(TapeFolder(tmp_path / "tapes"))

    def delete(now: float) -> None:
        settle(live)
        if now == 2:
            shutil.rmtree(tmp_path / "tapes")

    record(live, during=delete)
    live.close()
    assert live.writer.outcomes == {"gone": 1}


def test_a_part_that_cannot_be_deleted_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    class Stuck(Failing):
        def delete(self, part: Path) -> None:
            raise OSError(errno.EROFS, "x")

    live = recorder(Stuck(tmp_path, errno.EIO))
    record(live, during=lambda _: settle(live))
    live.close()
    assert [one.__dict__.get("reason") for one in caplog.records] == ["disk_failed", "read_only"]


def test_a_bug_costs_the_tape(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    live = recorder(TapeFolder(tmp_path))
    call = Call(CallOptions())
    live.began("CA1", 0.0, call)
    live.happened("CA1", 0.0, CallStarted("CA1", "MZ1", parameters={"a": object()}), [])  # type: ignore[dict-item]
    settle(live)
    record(live, "CA2")
    live.close()
    assert left(tmp_path) == ["CA2.tape"]
    assert live.writer.outcomes == {"failed": 1, "kept": 1}
    assert "tape_failed" in caplog.text


class Hanging(TapeFolder):
    """A folder whose disk answers no write until it is let go."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.go_on = threading.Event()

    def add(self, part: Path, data: bytes) -> None:
        self.go_on.wait(20)
        super().add(part, data)


def test_a_disk_that_hangs_costs_what_does_not_fit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    monkeypatch.setattr(writing, "CLOSE_S", 0.05)
    folder = Hanging(tmp_path)
    live = recorder(folder, most=50_000)
    record(live, "CA1", seconds=1)
    record(live, "CA2", seconds=20)
    record(live, "CA3", seconds=20)
    assert live.writer._given - live.writer._taken <= 50_000
    assert live._calls == {}
    # The process does not wait for it.
    live.close()
    assert "tapes_not_written" in caplog.text
    folder.go_on.set()
    live.writer._thread.join(10)
    assert left(tmp_path) == ["CA1.tape"]
    assert live.writer.outcomes == {"kept": 1, "disk_slow": 2}
    assert live.writer.lost == set()


def test_much_audio_of_the_agent_is_not_held(tmp_path: Path) -> None:
    live = recorder(TapeFolder(tmp_path))
    call = Call(CallOptions())
    live.began("CA1", 0.0, call)
    live.happened("CA1", 0.0, CallStarted("CA1", "MZ1"), [])
    for _ in range(40):
        live.happened("CA1", 0.1, TtsAudio(1, 1, bytes(32_000)), [])
    [[held]] = live._calls.values()
    assert held.audio < 1_000_000
    live.close()
    [path] = tmp_path.glob("*.tape")
    assert len(tape_file.read(path).moments) == 41


def test_two_bridges_may_share_a_folder(tmp_path: Path) -> None:
    both = [recorder(TapeFolder(tmp_path)) for _ in range(2)]
    for live in both:
        settle(live)
    # The carrier may open the second stream of a call at the other bridge.
    for live in both:
        record(live, "CA1")
        settle(live)
    third = recorder(TapeFolder(tmp_path))
    settle(third)
    for live in [*both, third]:
        live.close()
    assert left(tmp_path) == ["CA1-2.tape", "CA1.tape"]


def test_tapes_of_a_worker_that_died_are_kept_beside_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("ivr.replay.recorder.writer.LEFT_S", 0.0)
    caplog.set_level(logging.INFO)
    live = recorder(TapeFolder(tmp_path))
    settle(live)
    part = tmp_path / "CA9.tape.part"
    part.write_bytes(b"left")
    os.utime(part, (1, 1))
    record(live, "CA1")
    settle(live)
    live.close()
    assert (tmp_path / "CA9.tape").read_bytes() == b"left"
    assert caplog.text.count("tape_recovered") == 1


def test_a_thousand_short_calls(tmp_path: Path) -> None:
    live = recorder(TapeFolder(tmp_path))
    for number in range(1000):
        record(live, f"CA{number}", seconds=0.1)
    live.close()
    assert live.writer.outcomes == {"kept": 1000}
    assert len(left(tmp_path)) == 1000
    assert (live.writer._given, live.writer.lost, live._calls) == (live.writer._taken, set(), {})


def test_the_limits_hold_while_calls_come(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    live = recorder(TapeFolder(tmp_path, megabytes=1))
    chance = random.Random(1)
    for number in range(12):
        call = Call(CallOptions())
        live.began(f"CA{number}", 0.0, call)
        live.happened(f"CA{number}", 0.0, CallStarted(f"CA{number}", "MZ1"), [])
        for part in range(4):
            audio = chance.randbytes(50_000)
            live.happened(f"CA{number}", 1.0 + part, TtsAudio(1, 1, audio, encoding="mulaw"), [])
        out = call.receive(Withdraw("x"), 9.0)
        live.happened(f"CA{number}", 9.0, Withdraw("x"), out)
        assert call.ended is not None
        live.ended(f"CA{number}", 9.0, call.turns, call.ended)
        settle(live)
        assert sum(path.stat().st_size for path in tmp_path.glob("*.tape")) <= 1_000_000
    live.close()
    assert (tmp_path / "CA11.tape").exists()
    assert "tapes_deleted" in caplog.text
