"""Keep the places of one machine's workers in an SQLite file in memory (tmpfs), which every worker opens for itself.

Every operation is one transaction that takes the file's only write lock at its begin, so no two workers decide at once.
A worker that is killed in the middle has changed nothing: the log that SQLite writes first (WAL) is complete or void.
Nothing is made durable: the file lives as long as its workers do. A row says which process holds it, so that the rows
of a dead one are found. Raises `sqlite3.Error` where the file cannot be used: see `ivr.server.shared.shared_places`.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import msgspec

from ivr.server.shared.facts import read_facts, write_facts
from ivr.server.shared.places import NEXT_STREAM_SECONDS, Admitted, Awaited, Owner, Place, Terms, decide
from ivr.server.shared.worker import Worker

FILE: Final = "calls.sqlite"
BUSY_S: Final = 0.1
"""Seconds that an operation waits for another worker's. The loop stands still for it; callers have 0.4 s of audio."""
PARENT_BUSY_S: Final = 1.0
"""The same of the parent of the workers, which carries no calls."""
_SCHEMA: Final = """
CREATE TABLE awaited (call BLOB PRIMARY KEY, facts BLOB NOT NULL, deadline REAL NOT NULL, nonce BLOB NOT NULL,
    line TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE live (call BLOB PRIMARY KEY, worker INTEGER NOT NULL, pid INTEGER NOT NULL, stream INTEGER NOT NULL,
    late BLOB NOT NULL, line TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE used (nonce BLOB PRIMARY KEY, void_at REAL NOT NULL) WITHOUT ROWID;
CREATE TABLE workers (worker INTEGER PRIMARY KEY, pid INTEGER NOT NULL, draining INTEGER NOT NULL);
CREATE TABLE kept (at INTEGER PRIMARY KEY AUTOINCREMENT, call BLOB NOT NULL UNIQUE, snapshot BLOB NOT NULL);
"""
_PAGES_OF_LOG: Final = 200
"""Pages after which the log is put into the file: so few take no time to speak of."""
_LATE: Final = msgspec.json.Decoder(dict[str, str])


def prepare(folder: Path) -> None:
    """Make the common file, once, before the first worker. Raises `sqlite3.Error`, or ValueError where it is there."""
    if (folder / FILE).exists():
        raise ValueError(f"{folder / FILE} is there already: the workers of another bridge may use it")
    with contextlib.closing(_connect(folder, PARENT_BUSY_S, "rwc")) as database:
        database.execute("PRAGMA journal_mode = WAL")
        database.executescript(_SCHEMA)


def release(folder: Path, worker: int, busy_s: float = PARENT_BUSY_S) -> None:
    """Free what a dead worker held, before another is started with its index. Raises `sqlite3.Error`."""
    with contextlib.closing(_connect(folder, busy_s, "rw")) as database:
        _free(database, "worker = ?", worker)


class SqlitePlaces:
    """Keep the places of a machine: see `Places`. Belongs to the process that opened it."""

    def __init__(self, folder: Path, worker: Worker, busy_s: float = BUSY_S) -> None:
        """Open the file that `prepare` made, as this worker. Raises `sqlite3.Error`."""
        self._index, self._pid = worker.index, worker.pid
        self._database = _connect(folder, busy_s, "rw")
        self._file = folder / FILE
        self._number = _number(self._file)
        try:
            with self._writing() as database:
                # What a dead worker held that had this index is free.
                _free(database, "worker = ? AND pid <> ?", self._index, self._pid)
                database.execute("INSERT OR REPLACE INTO workers VALUES (?, ?, 0)", (self._index, self._pid))
        except sqlite3.Error:
            self._database.close()
            raise

    def __repr__(self) -> str:
        return f"<SqlitePlaces of worker {self._index}>"

    def is_shared(self) -> bool:
        """Tell whether the file is still where the others open it: one that was deleted is this worker's alone."""
        return self._number is not None and self._number == _number(self._file)

    def close(self) -> None:
        """Let the file go."""
        self._database.close()

    def end(self) -> None:
        """Free everything that this worker holds: it takes no calls any more."""
        with self._writing() as database:
            _free(database, "worker = ? AND pid = ?", self._index, self._pid)

    def restore(
        self, live: Mapping[str, Owner], awaited: Iterable[Place], used: Mapping[bytes, float], draining: bool
    ) -> None:
        """Write again what this worker knows: the file could not be used for a time."""
        with self._writing() as database:
            database.execute("DELETE FROM live WHERE worker = ? AND pid = ?", (self._index, self._pid))
            for call_id, owner in live.items():
                row = _key(call_id), self._index, self._pid, owner.stream, msgspec.json.encode(owner.late), owner.line
                # Where another worker carries the call, it has the newer stream.
                database.execute("INSERT OR IGNORE INTO live VALUES (?, ?, ?, ?, ?, ?)", row)
            for place in awaited:
                key = _key(place.call_id)
                sql = """INSERT OR IGNORE INTO awaited
                    SELECT ?, ?, ?, ?, ? WHERE NOT EXISTS (SELECT 1 FROM live WHERE call = ?)"""
                database.execute(sql, (key, write_facts(place), place.deadline, place.nonce, place.line, key))
            database.executemany("INSERT OR IGNORE INTO used VALUES (?, ?)", used.items())
            database.execute("UPDATE workers SET draining = ? WHERE worker = ?", (draining, self._index))

    def counts(self) -> tuple[int, int]:
        """Return how many calls are awaited or on the line, and how many are awaited."""
        sql = """SELECT (SELECT count(*) FROM live) + (SELECT count(*) FROM awaited WHERE call NOT IN
            (SELECT call FROM live)), (SELECT count(*) FROM awaited)"""
        taken, awaited = self._database.execute(sql).fetchone()
        return taken, awaited

    def _of_line(self, line: str, terms: Terms) -> int:
        """Return how many calls of a line are awaited or on it; 0 where it has no limit."""
        if not terms.max_line:
            return 0
        sql = (
            "SELECT count(*) FROM (SELECT call FROM live WHERE line = ? UNION SELECT call FROM awaited WHERE line = ?)"
        )
        return int(_one(self._database, sql, line, line))

    def admit(self, asked: Place, terms: Terms, now: float) -> Admitted:
        """See `Places`."""
        key = _key(asked.call_id)
        with self._writing() as database:
            database.execute("DELETE FROM awaited WHERE deadline <= ?", (now,))
            nonce = _one(database, "SELECT nonce FROM awaited WHERE call = ?", key)
            known = nonce is not None or _one(database, "SELECT 1 FROM live WHERE call = ?", key) is not None
            verdict = decide(known, *self.counts(), terms, self.others_take, self._of_line(asked.line, terms))
            # A worker that died without its parent's notice must not keep callers out.
            if verdict == "busy" and self._free_dead():
                verdict = decide(known, *self.counts(), terms, self.others_take, self._of_line(asked.line, terms))
            if verdict != "answer":
                return Admitted(verdict)
            if nonce is not None and _one(database, "SELECT 1 FROM used WHERE nonce = ?", nonce) is None:
                asked = replace(asked, nonce=nonce)
            row = key, write_facts(asked), asked.deadline, asked.nonce, asked.line
            database.execute("INSERT OR REPLACE INTO awaited VALUES (?, ?, ?, ?, ?)", row)
            return Admitted(verdict, asked, not known)

    def expect(self, call_id: str, now: float) -> Place | None:
        """See `Places`."""
        sql = "SELECT facts, deadline, nonce FROM awaited WHERE call = ? AND deadline > ?"
        row = self._database.execute(sql, (_key(call_id), now)).fetchone()
        return read_facts(call_id, *row) if row is not None else None

    def redeem(self, nonce: bytes, until: float, now: float) -> bool:
        """See `Places`."""
        with self._writing() as database:
            database.execute("DELETE FROM used WHERE void_at <= ?", (now,))
            return database.execute("INSERT OR IGNORE INTO used VALUES (?, ?)", (nonce, until)).rowcount == 1

    def arrive(self, call_id: str, stream: int, line: str = "") -> Owner | None:
        """See `Places`."""
        key = _key(call_id)
        with self._writing() as database:
            older = self.owner(call_id)
            late = msgspec.json.encode(older.late if older is not None else {})
            database.execute("DELETE FROM awaited WHERE call = ?", (key,))
            row = key, self._index, self._pid, stream, late, line
            database.execute("INSERT OR REPLACE INTO live VALUES (?, ?, ?, ?, ?, ?)", row)
            return older

    def leave(self, call_id: str, stream: int, now: float) -> bool:
        """See `Places`."""
        key = _key(call_id)
        with self._writing() as database:
            sql = "DELETE FROM live WHERE call = ? AND worker = ? AND pid = ? AND stream = ?"
            if not database.execute(sql, (key, self._index, self._pid, stream)).rowcount:
                return False
            # A call that asked again while on the line may be about to open another stream: a short time decides.
            sql = "UPDATE awaited SET deadline = min(deadline, ?) WHERE call = ?"
            database.execute(sql, (now + NEXT_STREAM_SECONDS, key))
            return True

    def forget(self, call_id: str) -> None:
        """See `Places`."""
        self._database.execute("DELETE FROM awaited WHERE call = ?", (_key(call_id),))

    def learn(self, call_id: str, found: Mapping[str, str]) -> None:
        """See `Places`."""
        key = _key(call_id)
        with self._writing() as database:
            # Expired or not: a place that is gone is not looked at.
            if (place := self.expect(call_id, float("-inf"))) is not None:
                told = write_facts(place, {**place.parameters, **found})
                database.execute("UPDATE awaited SET facts = ? WHERE call = ?", (told, key))
            if (owner := self.owner(call_id)) is not None:
                late = msgspec.json.encode({**owner.late, **found})
                database.execute("UPDATE live SET late = ? WHERE call = ?", (late, key))

    def owner(self, call_id: str) -> Owner | None:
        """See `Places`."""
        sql = "SELECT worker, stream, late, line FROM live WHERE call = ?"
        row = self._database.execute(sql, (_key(call_id),)).fetchone()
        return Owner(row[0], row[1], _LATE.decode(row[2]), row[3]) if row is not None else None

    def awaited(self, now: float) -> Awaited:
        """See `Places`."""
        sql = """SELECT count(*), count(*) FILTER (WHERE call NOT IN (SELECT call FROM live)), min(deadline)
            FROM awaited WHERE deadline > ?"""
        return Awaited(*self._database.execute(sql, (now,)).fetchone())

    def drain(self) -> None:
        """See `Places`."""
        self._database.execute("UPDATE workers SET draining = 1 WHERE worker = ?", (self._index,))

    def others_take(self) -> bool:
        """See `Places`."""
        sql = "SELECT pid FROM workers WHERE worker <> ? AND NOT draining"
        return any(alive(pid) for (pid,) in self._database.execute(sql, (self._index,)).fetchall())

    def keep(self, call_id: str, snapshot: bytes, most: int) -> None:
        """See `Places`."""
        with self._writing() as database:
            database.execute("INSERT OR REPLACE INTO kept (call, snapshot) VALUES (?, ?)", (_key(call_id), snapshot))
            sql = "DELETE FROM kept WHERE at NOT IN (SELECT at FROM kept ORDER BY at DESC LIMIT ?)"
            database.execute(sql, (most,))

    def kept(self, call_id: str) -> bytes | None:
        """See `Places`."""
        found: bytes | None = _one(self._database, "SELECT snapshot FROM kept WHERE call = ?", _key(call_id))
        return found

    def carriers(self) -> dict[str, int]:
        """Return the worker that carries each call, those of dead workers left out."""
        rows = self._database.execute("SELECT call, worker, pid FROM live").fetchall()
        living = {pid: alive(pid) for _, _, pid in rows}
        return {call.decode("utf-8", "surrogatepass"): worker for call, worker, pid in rows if living[pid]}

    def _free_dead(self) -> bool:
        """Free what dead processes hold. Return whether there were any."""
        holders = self._database.execute("SELECT DISTINCT worker, pid FROM live").fetchall()
        dead = [(worker, pid) for worker, pid in holders if not alive(pid)]
        for worker, pid in dead:
            _free(self._database, "worker = ? AND pid = ?", worker, pid)
        return bool(dead)

    @contextlib.contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """Let no other worker write while the block runs. An error undoes what the block did."""
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield self._database
            self._database.execute("COMMIT")
        except BaseException:
            # SQLite has undone it itself where the disk was full.
            with contextlib.suppress(sqlite3.Error):
                self._database.execute("ROLLBACK")
            raise


def alive(pid: int) -> bool:
    """Tell whether there is a process of this number."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _number(file: Path) -> int | None:
    """Return the number by which the system knows a file. None: it is not there."""
    try:
        return file.stat().st_ino
    except OSError:
        return None


def _connect(folder: Path, busy_s: float, mode: str) -> sqlite3.Connection:
    """Open the file. `mode`: `rw` where it must be there, `rwc` where it is made."""
    where = f"{(folder / FILE).absolute().as_uri()}?mode={mode}"
    database = sqlite3.connect(where, uri=True, timeout=busy_s, isolation_level=None)
    try:
        database.execute("PRAGMA synchronous = OFF")
        database.execute(f"PRAGMA wal_autocheckpoint = {_PAGES_OF_LOG}")
        database.execute("PRAGMA temp_store = MEMORY")
    except sqlite3.Error:
        database.close()
        raise
    return database


def _free(database: sqlite3.Connection, whose: str, *values: int) -> None:
    """Delete the rows of a worker. Places that it gave stay: their streams may come to any worker."""
    for table in ("live", "workers"):
        database.execute(f"DELETE FROM {table} WHERE {whose}", values)


def _one(database: sqlite3.Connection, sql: str, *values: object) -> Any:
    """Return the first value of the first row; None: there is none."""
    row = database.execute(sql, values).fetchone()
    return row[0] if row is not None else None


def _key(call_id: str) -> bytes:
    """Return a call's id as it stands in the file: it may be any text."""
    return call_id.encode("utf-8", "surrogatepass")
