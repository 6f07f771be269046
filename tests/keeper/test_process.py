"""The keeper as a process: its start, its death, a second one, and its end after the last record."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ivr.config.settings import Settings
from ivr.keeper import process
from ivr.keeper.child import START_S, KeeperChild
from ivr.keeper.chore import LONGEST_WAIT, delay_after
from ivr.keeper.process import ChoreThread, keep
from ivr.keeper.status import KeeperStatus, read_status, write_status
from tests.support.front import settings

ROOT = Path(__file__).parents[2]
PATIENCE = 30.0


def until(ready: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not ready():
        assert time.monotonic() < end
        time.sleep(0.02)


def chosen(folder: Path, **env: str) -> Settings:
    return settings(folder, IVR_DATA_DIR=str(folder / "data"), IVR_DATABASE_URL=f"sqlite:///{folder}/c.sqlite", **env)


@pytest.fixture
def child(tmp_path: Path) -> Iterator[KeeperChild]:
    found = KeeperChild(chosen(tmp_path))
    yield found
    found.close()


def up(folder: Path) -> bool:
    return read_status(folder / "data").is_up(time.time())


def test_the_keeper_is_started_and_ends_with_its_parent(child: KeeperChild, tmp_path: Path) -> None:
    child.watch(0.0)
    assert child.pid is None
    child.watch(START_S)
    pid = child.pid
    assert pid is not None
    until(lambda: up(tmp_path))
    assert os.getpriority(os.PRIO_PROCESS, pid) == 10
    # A service manager sends its signals to all processes of a service.
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        os.kill(pid, number)
    child.watch(START_S + 1)
    assert child.pid == pid
    child.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_keeper_that_dies_is_started_again_later(
    child: KeeperChild, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    child.watch(0.0)
    child.watch(START_S)
    for now, pause in ((1.0, 1.0), (3.0, 2.0)):
        pid = child.pid
        assert pid is not None
        until(lambda: up(tmp_path))
        os.kill(pid, signal.SIGKILL)
        until(lambda: os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is not None)  # noqa: B023
        child.watch(now)
        child.watch(now + pause - 0.1)
        assert child.pid is None
        child.watch(now + pause)
        assert child.pid not in (None, pid)
    pauses = [record.__dict__["again_in_s"] for record in caplog.records if record.message == "keeper_died"]
    assert pauses == [1.0, 2.0]


def test_without_records_there_is_no_keeper(tmp_path: Path) -> None:
    child = KeeperChild(settings(tmp_path))
    child.watch(0.0)
    child.watch(10.0)
    assert child.pid is None
    child.close()


def test_a_second_keeper_waits_for_the_first(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    first, second = KeeperChild(chosen(tmp_path)), KeeperChild(chosen(tmp_path))
    try:
        for child in (first, second):
            child.watch(0.0)
        first.watch(START_S)
        until(lambda: up(tmp_path))
        second.watch(START_S)
        assert second.pid is not None
        first.close()
        write_status(tmp_path / "data", KeeperStatus())
        until(lambda: up(tmp_path))
    finally:
        first.close()
        second.close()


def test_a_keeper_whose_parent_is_killed_ends(tmp_path: Path) -> None:
    code = f"""
import os, sys, time
from pathlib import Path
from ivr.keeper.child import START_S, KeeperChild
from tests.keeper.test_process import chosen
child = KeeperChild(chosen(Path({str(tmp_path)!r})))
child.watch(0.0)
child.watch(START_S)
print(child.pid, flush=True)
time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        until(lambda: up(tmp_path))
        parent.kill()

    def gone() -> bool:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except FileNotFoundError:
            return True
        return state == "Z"

    until(gone)


class Counted:
    """Work some times at once, then wait."""

    name = "counted"

    def __init__(self, busy: int = 0, *, fails: int = 0) -> None:
        self.busy, self.fails, self.calls = busy, fails, 0

    def work(self, now: float) -> float:
        self.calls += 1
        if self.calls <= self.fails:
            raise RuntimeError("away")
        return 0.0 if self.calls <= self.busy else 1000.0

    def report(self) -> dict[str, float]:
        return {"calls": float(self.calls)}


def test_the_end_lets_chores_finish_and_tells_how_far(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read, write = os.pipe()
    os.close(write)
    chore = Counted(3)
    (tmp_path / "data").mkdir()
    keep(tmp_path / "data", [chore], read)
    os.close(read)
    # One call more than it asked for: what came just before the end is done as well.
    assert chore.calls in (4, 5)
    assert read_status(tmp_path / "data").figures == {"calls": chore.calls}


def test_a_chore_that_does_not_finish_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    monkeypatch.setattr(process, "DRAIN_S", 0.05)
    read, write = os.pipe()
    os.close(write)
    keep(tmp_path, [Counted(10**9)], read)
    os.close(read)
    assert [record.message for record in caplog.records] == ["keeper_left_work"]


def test_a_chore_that_fails_is_called_again(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(process, "delay_after", lambda _: 0.001)
    chore = Counted(fails=3)
    thread = ChoreThread(chore)
    thread.start()
    until(lambda: chore.calls >= 4)
    thread.finish()
    assert thread.wait(10)
    assert [record.message for record in caplog.records] == ["chore_failed"] * 3


def test_failures_are_tried_again_ever_later() -> None:
    delays = [delay_after(failures) for failures in range(1, 20)]
    assert delays == sorted(delays)
    assert (delays[0], delays[-1]) == (1.0, LONGEST_WAIT)


def test_a_status_that_cannot_be_read_is_of_no_keeper(tmp_path: Path) -> None:
    assert not read_status(tmp_path).is_up(time.time())
    (tmp_path / "keeper.json").write_bytes(b"{")
    assert not read_status(tmp_path).is_up(time.time())
