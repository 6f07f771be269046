"""Keep the jobs of one machine in an SQLite file, for its workers and for those that come after them.

`take` chooses and marks in one transaction, so no two workers place the same job, and what is marked is on the disk
before the carrier is asked. Every method blocks: `ivr.server.outbound` calls them in a thread. Raises `sqlite3.Error`.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec

from ivr.outbound.job import ACTIVE, PLACING_S, Job, JobState, give_up, place
from ivr.outbound.queue import (
    DAY_S,
    DialLimits,
    LineTerms,
    PlaceNow,
    Postpone,
    Standing,
    judge,
    may_place,
)

JOBS_FILE: Final = "outbound.sqlite"
JOBS_LOCKED_S: Final = 5.0
"""Seconds that a transaction waits for another process's."""
MOST_JOBS: Final = 100_000
"""Jobs that may wait at once."""
MOST_LISTED: Final = 500
"""Jobs that one question returns."""
_CANDIDATES: Final = 200
"""Waiting jobs that are looked at for the next one to place."""
KEEP_OVER_S: Final = 7 * DAY_S
"""Seconds for which a job that is over is kept."""
_JOB_TABLES: Final = """
CREATE TABLE IF NOT EXISTS jobs_1 (seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,
    state TEXT NOT NULL, not_before REAL NOT NULL, changed_at REAL NOT NULL, line TEXT NOT NULL,
    number TEXT NOT NULL, job BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS jobs_1_state ON jobs_1 (state, not_before, seq);
CREATE TABLE IF NOT EXISTS placed_1 (number TEXT NOT NULL, at REAL NOT NULL);
CREATE INDEX IF NOT EXISTS placed_1_number ON placed_1 (number, at);
CREATE INDEX IF NOT EXISTS placed_1_at ON placed_1 (at);
"""
_JOB_ENCODER: Final = msgspec.json.Encoder()
_JOB_DECODER: Final = msgspec.json.Decoder(Job)


class QueueFull(Exception):
    """Too many jobs wait already."""


class Jobs:
    """Keep jobs in a file of this folder. Any thread may use it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._database: sqlite3.Connection | None = None

    def __repr__(self) -> str:
        return f"<Jobs {'open' if self._database is not None else 'closed'}>"

    def close(self) -> None:
        """Let the file go."""
        with self._lock:
            if self._database is not None:
                self._database.close()
                self._database = None

    # -- what operators ask for ----------------------------------------------------------------------------------

    def add(self, job: Job) -> Job:
        """Keep a new job and return it; one whose id is known already stays as it is, and is returned.

        Raises `QueueFull`.
        """
        with self._writing() as database:
            if (known := _find(database, job.id)) is not None:
                return known
            waiting = database.execute("SELECT count(*) FROM jobs_1 WHERE state = 'waiting'").fetchone()[0]
            if waiting >= MOST_JOBS:
                raise QueueFull
            database.execute(
                "INSERT INTO jobs_1 (id, state, not_before, changed_at, line, number, job)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                (job.id, *_row(job)),
            )
            return job

    def get(self, job_id: str) -> Job | None:
        """Return a job. None: there is none, or it has been over for long."""
        with self._writing() as database:
            return _find(database, job_id)

    def latest(self, most: int = MOST_LISTED) -> list[Job]:
        """Return the jobs that came last, the newest first."""
        with self._writing() as database:
            rows = database.execute("SELECT job FROM jobs_1 ORDER BY seq DESC LIMIT ?", (most,))
            return [_JOB_DECODER.decode(row[0]) for row in rows]

    def counts(self) -> dict[JobState, int]:
        """Return how many jobs are in each state."""
        with self._writing() as database:
            return dict(database.execute("SELECT state, count(*) FROM jobs_1 GROUP BY state"))

    # -- what happens to them ------------------------------------------------------------------------------------

    def change(self, job_id: str, decide: Callable[[Job], Job]) -> tuple[Job, Job] | None:
        """Change a job as `decide` says, and return it before and after. None: there is no such job."""
        with self._writing() as database:
            before = _find(database, job_id)
            if before is None:
                return None
            after = decide(before)
            if after != before:
                _write(database, after)
            return before, after

    def take(
        self, limits: DialLimits, terms: Callable[[str], LineTerms], room: int, now: float
    ) -> tuple[Job | None, float]:
        """Mark the next job as being placed, and return it. Without one, return when to look again, in Unix seconds.

        `terms`: of a line, by its name. `room`: calls that the bridge has places for.
        """
        with self._writing() as database:
            standing = _standing(database, room)
            if (later := may_place(standing, limits, now)) is not None:
                return None, later.at
            # What waits for another call to end is not looked at: behind it may stand thousands that need not.
            full = [line for line, calls in standing.active_of_line.items() if 0 < terms(line).at_once <= calls]
            sql = f"""SELECT job FROM jobs_1 WHERE state = 'waiting' AND not_before <= ?
                AND line NOT IN ({_marks(full)}) AND number NOT IN ({_marks(standing.numbers)})
                ORDER BY not_before, seq LIMIT ?"""
            found = database.execute(sql, (now, *full, *standing.numbers, _CANDIDATES)).fetchall()
            for (written,) in found:
                job = _JOB_DECODER.decode(written)
                lately = database.execute("SELECT at FROM placed_1 WHERE number = ? ORDER BY at", (job.to,))
                called = tuple(at for (at,) in lately)
                match judge(job, standing, limits, terms(job.line), called, now):
                    case PlaceNow():
                        _write(database, placed := place(job, now))
                        database.execute("INSERT INTO placed_1 VALUES (?, ?)", (job.to, now))
                        return placed, now
                    case Postpone(until, reason):
                        _write(database, msgspec.structs.replace(job, not_before=until, reason=reason))
            return None, now if len(found) == _CANDIDATES else _next_due(database, now)

    def put_back(self, job: Job) -> None:
        """Forget that a number was called: the carrier did not take the job on."""
        with self._writing() as database:
            database.execute(
                "DELETE FROM placed_1 WHERE rowid = (SELECT max(rowid) FROM placed_1 WHERE number = ?)", (job.to,)
            )

    def active(self) -> list[Job]:
        """Return the jobs whose calls may be on the line."""
        with self._writing() as database:
            return list(_active(database))

    def settle(self, now: float) -> list[Job]:
        """Give up what has been placed without a word since, and forget what has been over for long.

        Return the jobs that are given up.
        """
        with self._writing() as database:
            given_up = []
            sql = "SELECT job FROM jobs_1 WHERE state = 'placing' AND changed_at <= ?"
            for (written,) in database.execute(sql, (now - PLACING_S,)).fetchall():
                _write(database, job := give_up(_JOB_DECODER.decode(written), now))
                given_up.append(job)
            over = "state NOT IN ('waiting', 'placing', 'ringing', 'talking')"
            database.execute(f"DELETE FROM jobs_1 WHERE {over} AND changed_at < ?", (now - KEEP_OVER_S,))
            database.execute("DELETE FROM placed_1 WHERE at < ?", (now - 2 * DAY_S,))
            return given_up

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """Open one transaction that no other process comes between."""
        with self._lock:
            database = self._database = self._database or _connect(self._folder)
            try:
                database.execute("BEGIN IMMEDIATE")
                yield database
            except BaseException:
                if database.in_transaction:
                    database.rollback()
                raise
            else:
                database.commit()


def _connect(folder: Path) -> sqlite3.Connection:
    """Open the file. It holds numbers, and is the operator's alone. Raises sqlite3.Error and OSError."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / JOBS_FILE
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    path.chmod(0o600)
    database = sqlite3.connect(path, timeout=JOBS_LOCKED_S, check_same_thread=False, isolation_level=None)
    try:
        database.execute("PRAGMA journal_mode = WAL")
        # A job that is marked must be marked after a power cut too: a second call would be made otherwise.
        database.execute("PRAGMA synchronous = FULL")
        database.execute("PRAGMA secure_delete = ON")
        database.executescript(_JOB_TABLES)
    except sqlite3.Error:
        database.close()
        raise
    return database


def _row(job: Job) -> tuple[str, float, float, str, str, bytes]:
    return job.state, job.not_before, job.changed_at, job.line, job.to, _JOB_ENCODER.encode(job)


def _find(database: sqlite3.Connection, job_id: str) -> Job | None:
    row = database.execute("SELECT job FROM jobs_1 WHERE id = ?", (job_id,)).fetchone()
    return None if row is None else _JOB_DECODER.decode(row[0])


def _write(database: sqlite3.Connection, job: Job) -> None:
    database.execute(
        "UPDATE jobs_1 SET state = ?, not_before = ?, changed_at = ?, line = ?, number = ?, job = ? WHERE id = ?",
        (*_row(job), job.id),
    )


def _marks(values: Collection[str]) -> str:
    """Return as many marks for bound values."""
    return ", ".join("?" * len(values))


def _active(database: sqlite3.Connection) -> Iterator[Job]:
    states = ", ".join(f"'{state}'" for state in sorted(ACTIVE))
    for (written,) in database.execute(f"SELECT job FROM jobs_1 WHERE state IN ({states})"):
        yield _JOB_DECODER.decode(written)


def _standing(database: sqlite3.Connection, room: int) -> Standing:
    """Return what is known of the calls that are placed."""
    active = list(_active(database))
    of_line: dict[str, int] = {}
    for job in active:
        of_line[job.line] = of_line.get(job.line, 0) + 1
    last = database.execute("SELECT max(at) FROM placed_1").fetchone()[0]
    numbers = frozenset(job.to for job in active)
    return Standing(float("-inf") if last is None else last, len(active), of_line, numbers, room)


def _next_due(database: sqlite3.Connection, now: float) -> float:
    """Return when the first job that is not due yet is; infinity: there is none."""
    sql = "SELECT min(not_before) FROM jobs_1 WHERE state = 'waiting' AND not_before > ?"
    due = database.execute(sql, (now,)).fetchone()[0]
    return float("inf") if due is None else float(due)
