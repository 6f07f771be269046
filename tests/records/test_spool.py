"""The spool: a thread writes, no disk stops a call, and nothing half written stays."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from ivr.records import spool as spool_module
from ivr.records.folder import lock_file, own_key
from ivr.records.frames import read_frames
from ivr.records.spool import SpoolWriter

ROOT = Path(__file__).parents[2]


def payloads(folder: Path) -> list[bytes]:
    files = sorted(folder.glob("*.spool"), key=lambda path: int(path.stem.rpartition("-")[2]))
    return [frame.payload for path in files for frame in read_frames(path.read_bytes()).frames]


def started(folder: Path, megabytes: int = 1, most: int = 100) -> SpoolWriter:
    writer = SpoolWriter(folder, megabytes, most=most)
    writer.start()
    return writer


def test_what_is_put_is_there_in_order(tmp_path: Path) -> None:
    writer = started(tmp_path / "spool")
    for number in range(50):
        writer.put(str(number).encode)
    assert writer.wait(10)
    assert payloads(tmp_path / "spool") == [str(number).encode() for number in range(50)]
    writer.close()
    assert not writer.lost


def test_a_file_is_locked_until_its_writer_is_gone(tmp_path: Path) -> None:
    writer = started(tmp_path)
    writer.put(lambda: b"x")
    assert writer.wait(10)
    [path] = tmp_path.glob("*.spool")
    assert path.stat().st_mode & 0o777 == 0o600
    with path.open("rb") as file:
        assert not lock_file(file.fileno())
        writer.close()
        assert lock_file(file.fileno())


def test_a_long_file_is_followed_by_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spool_module, "FILE_BYTES", 50)
    writer = started(tmp_path)
    for number in range(6):
        writer.put(lambda number=number: bytes([number]) * 30)  # type: ignore[misc]
        assert writer.wait(10)
    writer.close()
    assert len(list(tmp_path.glob("*.spool"))) == 3
    assert payloads(tmp_path) == [bytes([number]) * 30 for number in range(6)]


def test_a_full_disk_is_told_once_and_leaves_no_half(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    writer = started(tmp_path)
    writer.put(lambda: b"before")
    assert writer.wait(10)
    real = os.write

    def full(file: int, data: Any) -> int:
        if len(data) < 20:
            raise OSError(errno.ENOSPC, "full")
        return real(file, data[:10])

    monkeypatch.setattr(os, "write", full)
    for _ in range(2):
        writer.put(lambda: b"lost" * 10)
        assert writer.wait(10)
    monkeypatch.setattr(os, "write", real)
    writer.put(lambda: b"after")
    assert writer.wait(10)
    writer.close()
    assert payloads(tmp_path) == [b"before", b"after"]
    assert [path.read_bytes().count(b"lost") for path in tmp_path.glob("*.spool")] == [0]
    assert writer.lost == {"disk_full": 2}
    told = [record for record in caplog.records if record.message.startswith("records_")]
    assert [record.message for record in told] == ["records_lost", "records_written_again"]


def test_a_spool_that_is_full_takes_no_more(tmp_path: Path) -> None:
    writer = started(tmp_path)
    (tmp_path / "of-another.spool").write_bytes(bytes(999_990))
    writer.put(lambda: b"x" * 20)
    assert writer.wait(10)
    writer.close()
    assert writer.lost == {"spool_full": 1}


def test_a_queue_that_is_full_takes_no_more(tmp_path: Path) -> None:
    writer = SpoolWriter(tmp_path, 1, most=2)
    for _ in range(5):
        writer.put(lambda: b"x")
    assert writer.lost == {"disk_slow": 3}
    writer.start()
    assert writer.wait(10)
    writer.put(lambda: b"y")
    assert writer.wait(10)
    writer.close()
    assert payloads(tmp_path) == [b"x", b"x", b"y"]


def test_a_record_that_cannot_be_made_costs_itself(tmp_path: Path) -> None:
    def broken() -> bytes:
        raise TypeError("no")

    writer = started(tmp_path)
    for payload in (lambda: b"a", broken, lambda: b"b"):
        writer.put(payload)
    assert writer.wait(10)
    writer.close()
    assert (payloads(tmp_path), writer.lost) == ([b"a", b"b"], {"failed": 1})


def test_a_spool_that_was_deleted_is_made_again(tmp_path: Path) -> None:
    folder = tmp_path / "spool"
    writer = started(folder)
    writer.put(lambda: b"a")
    assert writer.wait(10)
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    writer.put(lambda: b"b")
    assert writer.wait(10)
    writer.close()
    assert payloads(folder) == [b"b"]


def test_what_was_written_survives_a_kill(tmp_path: Path) -> None:
    code = f"""
import os, signal
from pathlib import Path
from ivr.records.spool import SpoolWriter
writer = SpoolWriter(Path({str(tmp_path)!r}), 1)
writer.start()
for number in range(20):
    writer.put(str(number).encode)
assert writer.wait(10)
os.kill(os.getpid(), signal.SIGKILL)
"""
    ended = subprocess.run([sys.executable, "-c", code], cwd=ROOT, timeout=60, check=False)
    assert ended.returncode == -signal.SIGKILL
    assert payloads(tmp_path) == [str(number).encode() for number in range(20)]


def test_closing_does_not_wait_for_a_disk_that_hangs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(spool_module, "SPOOL_CLOSE_S", 0.05)
    ready: list[bool] = []

    def hangs() -> bytes:
        while not ready:
            time.sleep(0.01)
        return b"late"

    writer = started(tmp_path)
    writer.put(hangs)
    writer.close()
    assert [record.message for record in caplog.records] == ["records_not_written"]
    ready.append(True)
    monkeypatch.setattr(spool_module, "SPOOL_CLOSE_S", 10.0)
    writer.close()
    assert payloads(tmp_path) == [b"late"]
    writer.close()


def test_the_key_of_a_folder_is_made_once(tmp_path: Path) -> None:
    key = own_key(tmp_path / "data")
    assert (len(key), own_key(tmp_path / "data")) == (32, key)
    [path] = (tmp_path / "data").iterdir()
    assert path.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700
