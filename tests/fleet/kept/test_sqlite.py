"""States in a file: another process finds them, also one that comes after a kill, and no disk stops a call."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import sqlite3
import stat
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from ivr.fleet.kept import sqlite
from ivr.fleet.kept.calls import FORGET_S
from ivr.fleet.kept.sqlite import STATES_FILE, SqliteKept

ROOT = Path(__file__).parents[3]
SOON = 10.0
WRITER = """
import sys, time
from pathlib import Path
from ivr.fleet.kept.sqlite import SqliteKept
kept = SqliteKept(Path(sys.argv[1]))
kept.open()
for number in range(100):
    kept.keep("CA1", b"state %d" % number)
kept.keep("CA2", b"dropped")
kept.drop("CA2")
while kept._waiting or kept.up is not True:
    time.sleep(0.01)
kept.keep("CA3", b"last")
print("kept", flush=True)
time.sleep(600)
"""


@contextlib.asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[SqliteKept]:
    kept = SqliteKept(folder)
    kept.open()
    try:
        yield kept
    finally:
        await kept.close()


async def until(true: Callable[[], object]) -> None:
    async with asyncio.timeout(SOON):
        while not true():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


def rows(folder: Path) -> dict[str, bytes]:
    with contextlib.closing(sqlite3.connect(folder / STATES_FILE)) as database:
        there = database.execute("SELECT 1 FROM sqlite_master WHERE name = 'calls_1'").fetchall()
        return dict(database.execute("SELECT call, state FROM calls_1")) if there else {}


def test_a_killed_process_leaves_its_states(tmp_path: Path) -> None:
    command = [sys.executable, "-c", WRITER, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == b"kept\n"
            deadline = time.monotonic() + SOON
            while "CA3" not in rows(tmp_path):
                assert time.monotonic() < deadline
                time.sleep(0.01)
        finally:
            os.kill(process.pid, signal.SIGKILL)

    async def main() -> list[bytes | None]:
        async with opened(tmp_path) as kept:
            return [await kept.take(call) for call in ("CA1", "CA2", "CA3", "CA4")]

    assert asyncio.run(main()) == [b"state 99", None, b"last", None]


def test_the_newest_is_taken_and_stays_until_it_is_dropped(tmp_path: Path) -> None:
    async def main() -> None:
        async with opened(tmp_path) as one, opened(tmp_path) as other:
            one.keep("CA1", b"1")
            one.keep("CA1", b"2")
            assert await one.take("CA1") == b"2"
            await until(lambda: rows(tmp_path).get("CA1") == b"2")
            assert [await other.take("CA1") for _ in range(2)] == [b"2", b"2"]
            other.drop("CA1")
            assert await other.take("CA1") is None
            await until(lambda: not rows(tmp_path))
            assert await one.take("CA1") is None
            assert one.up is True
            assert repr(one) == "<SqliteKept up>"

    asyncio.run(main())

    # What waits at the end is written.
    async def last() -> None:
        async with opened(tmp_path) as kept:
            kept.keep("CA9", b"at the end")

    asyncio.run(last())
    assert rows(tmp_path) == {"CA9": b"at the end"}


def test_the_file_is_the_operators_alone(tmp_path: Path) -> None:
    async def main() -> None:
        async with opened(tmp_path / "data") as kept:
            kept.keep("CA1", b"said on a call")
            await until(lambda: kept.up)

    asyncio.run(main())
    assert stat.S_IMODE((tmp_path / "data" / STATES_FILE).stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700


def test_what_is_dropped_does_not_stay_in_the_file(tmp_path: Path) -> None:
    async def main() -> None:
        async with opened(tmp_path) as kept:
            kept.keep("CA1", b"said on a call")
            await until(lambda: kept.up and not kept._waiting)
            kept.drop("CA1")

    asyncio.run(main())
    assert rows(tmp_path) == {}
    assert all(b"said on a call" not in path.read_bytes() for path in tmp_path.iterdir())


def test_a_state_is_forgotten_after_an_hour(tmp_path: Path) -> None:
    async def main() -> None:
        async with opened(tmp_path) as kept:
            kept.keep("CA1", b"old")
            kept.keep("CA2", b"new")
        with contextlib.closing(sqlite3.connect(tmp_path / STATES_FILE)) as database, database:
            database.execute("UPDATE calls_1 SET at = ? WHERE call = 'CA1'", (time.time() - FORGET_S - 1,))
        async with opened(tmp_path) as kept:
            # The first transaction of a process cleans up.
            kept.keep("CA3", b"newer")
            assert await kept.take("CA1") is None
            assert await kept.take("CA2") == b"new"

    asyncio.run(main())
    assert set(rows(tmp_path)) == {"CA2", "CA3"}


def test_a_file_that_cannot_be_used_costs_nothing_but_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "ivr.fleet")
    monkeypatch.setattr(sqlite, "TRY_AGAIN_S", 0.05)
    (tmp_path / "data").write_bytes(b"no folder")

    async def main() -> None:
        async with opened(tmp_path / "data") as kept:
            kept.keep("CA1", b"1")
            await until(lambda: kept.up is False)
            assert repr(kept) == "<SqliteKept away>"
            assert await kept.take("CA1") == b"1"
            assert await kept.take("CA2") is None
            kept.keep("CA1", b"2")
            (tmp_path / "data").unlink()
            await until(lambda: kept.up)
            assert await kept.take("CA1") == b"2"

    asyncio.run(main())
    assert rows(tmp_path / "data") == {"CA1": b"2"}
    assert [record.message for record in caplog.records] == ["resumable_not_kept", "resumable_kept_again"]
    assert str(tmp_path) not in str([record.__dict__.get("why") for record in caplog.records])


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    (tmp_path / STATES_FILE).write_bytes(b"no database " * 200)

    async def main() -> None:
        async with opened(tmp_path) as kept:
            await until(lambda: kept.up is False)
            assert await kept.take("CA1") is None

    asyncio.run(main())


def test_too_many_states_are_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "MOST_STATES", 2)

    async def main() -> None:
        kept = SqliteKept(tmp_path)
        for call in ("CA1", "CA2", "CA3"):
            kept.keep(call, b"1")
        kept.keep("CA1", b"2")
        kept.open()
        await until(lambda: kept.up)
        assert [await kept.take(call) for call in ("CA1", "CA2", "CA3")] == [b"2", b"1", None]
        await kept.close()

    asyncio.run(main())


def test_it_does_not_wait_before_it_is_open(tmp_path: Path) -> None:
    async def main() -> None:
        kept = SqliteKept(tmp_path)
        assert repr(kept) == "<SqliteKept unknown>"
        kept.keep("CA1", b"1")
        assert await kept.take("CA1") == b"1"
        await kept.close()

    asyncio.run(main())
