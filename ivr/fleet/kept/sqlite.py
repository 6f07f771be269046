"""Keep the states of calls in an SQLite file, for the processes of one machine and for those that come after them.

One thread writes: it takes what has come since its last transaction, the newest state of each call alone. The file's
log is written without waiting for the disk (`synchronous = NORMAL`): a process that is killed loses nothing that was
written, a machine that loses its power may lose the last moments. A file that cannot be used is tried again.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import sqlite3
import threading
import time
from concurrent.futures import Future
from pathlib import Path
from typing import Final

from ivr.fleet.kept.calls import FORGET_S, MOST_STATES

log = logging.getLogger("ivr.fleet")

STATES_FILE: Final = "resumable.sqlite"
TAKE_S: Final = 0.5
"""Seconds that a question may take."""
LOCKED_S: Final = 1.0
"""Seconds that the thread waits for another process's transaction."""
TRY_AGAIN_S: Final = 5.0
"""Seconds before a file that could not be used is tried again."""
JOIN_S: Final = 2.0
"""Seconds that the end of the process waits for the thread."""
CLEAN_S: Final = 300.0
"""Seconds between two looks for states that are too old."""
_TABLE: Final = "CREATE TABLE IF NOT EXISTS calls_1 (call TEXT PRIMARY KEY, at REAL NOT NULL, state BLOB) WITHOUT ROWID"


class SqliteKept:
    """Keep states in a file of this folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.up: bool | None = None
        self._waiting: dict[str, bytes | None] = {}
        """What is to be written; None: the call is to be forgotten."""
        self._asked: list[tuple[str, Future[bytes | None]]] = []
        self._changed = threading.Condition()
        self._over = False
        self._thread: threading.Thread | None = None
        self._cleaned_at = float("-inf")

    def __repr__(self) -> str:
        return f"<SqliteKept {'up' if self.up else 'unknown' if self.up is None else 'away'}>"

    def open(self) -> None:
        """See `KeptCalls`."""
        self._thread = threading.Thread(target=self._work, name="resumable", daemon=True)
        self._thread.start()

    def keep(self, call_id: str, state: bytes) -> None:
        """See `KeptCalls`."""
        self._put(call_id, state)

    def drop(self, call_id: str) -> None:
        """See `KeptCalls`."""
        self._put(call_id, None)

    async def take(self, call_id: str) -> bytes | None:
        """See `KeptCalls`."""
        found: Future[bytes | None] = Future()
        with self._changed:
            # Nothing newer can be in the file while this is still to be written.
            if call_id in self._waiting:
                return self._waiting[call_id]
            self._asked.append((call_id, found))
            self._changed.notify()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(TAKE_S):
                return await asyncio.wrap_future(found)
        return None

    async def close(self) -> None:
        """See `KeptCalls`."""
        with self._changed:
            self._over = True
            self._changed.notify()
        if self._thread is not None:
            await asyncio.to_thread(self._thread.join, JOIN_S)

    def _put(self, call_id: str, state: bytes | None) -> None:
        with self._changed:
            if len(self._waiting) < MOST_STATES or call_id in self._waiting:
                self._waiting[call_id] = state
                self._changed.notify()

    # -- the thread ----------------------------------------------------------------------------------------------

    def _work(self) -> None:
        database: sqlite3.Connection | None = None
        begun = False
        while True:
            with self._changed:
                # The file is opened at once: later there may be no free file any more.
                while begun and not (self._waiting or self._asked or self._over):
                    self._changed.wait()
                begun = True
                waiting, self._waiting = self._waiting, {}
                asked, self._asked = self._asked, []
                over = self._over
            try:
                if database is None:
                    database = _connect(self._folder)
                self._write(database, waiting)
                for call_id, found in asked:
                    _answer(found, _read(database, call_id))
                self._tell(up=True)
            except (sqlite3.Error, OSError) as error:
                if database is not None:
                    with contextlib.suppress(sqlite3.Error):
                        database.close()
                database = None
                self._tell(up=False, why=error)
                self._give_back(waiting, asked)
            if over:
                break
        if database is not None:
            with contextlib.suppress(sqlite3.Error):
                database.close()

    def _write(self, database: sqlite3.Connection, waiting: dict[str, bytes | None]) -> None:
        now = time.time()
        with database:
            kept = [(call_id, now, state) for call_id, state in waiting.items() if state is not None]
            database.executemany("INSERT OR REPLACE INTO calls_1 VALUES (?, ?, ?)", kept)
            gone = [(call_id,) for call_id, state in waiting.items() if state is None]
            database.executemany("DELETE FROM calls_1 WHERE call = ?", gone)
            if time.monotonic() >= self._cleaned_at + CLEAN_S:
                self._cleaned_at = time.monotonic()
                database.execute("DELETE FROM calls_1 WHERE at < ?", (now - FORGET_S,))

    def _give_back(self, waiting: dict[str, bytes | None], asked: list[tuple[str, Future[bytes | None]]]) -> None:
        """Keep what could not be written, unless something newer has come, and try again later."""
        for call_id, found in asked:
            _answer(found, waiting.get(call_id))
        with self._changed:
            self._waiting = waiting | self._waiting
            if not self._over:
                self._changed.wait_for(lambda: self._over or bool(self._asked), TRY_AGAIN_S)

    def _tell(self, *, up: bool, why: Exception | None = None) -> None:
        if up is self.up:
            return
        if not up:
            log.warning("resumable_not_kept", extra={"setting": "IVR_DATA_DIR", "why": _reason(why)})
        elif self.up is False:
            log.info("resumable_kept_again")
        self.up = up


def _answer(found: Future[bytes | None], state: bytes | None) -> None:
    """Give an answer to who still waits for it."""
    with contextlib.suppress(Exception):
        found.set_result(state)


def _read(database: sqlite3.Connection, call_id: str) -> bytes | None:
    row = database.execute("SELECT state FROM calls_1 WHERE call = ? AND at >= ?", (call_id, time.time() - FORGET_S))
    found = row.fetchone()
    return bytes(found[0]) if found is not None else None


def _connect(folder: Path) -> sqlite3.Connection:
    """Open the file; it holds speech, and is the operator's alone. Raises sqlite3.Error and OSError."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / STATES_FILE
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    path.chmod(0o600)
    database = sqlite3.connect(path, timeout=LOCKED_S)
    try:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = NORMAL")
        # What is deleted was said on a call: it does not stay in the file.
        database.execute("PRAGMA secure_delete = ON")
        database.execute(_TABLE)
    except sqlite3.Error:
        database.close()
        raise
    return database


def _reason(error: Exception | None) -> str:
    """Return why the file cannot be used, without its path."""
    return (error.strerror or type(error).__name__) if isinstance(error, OSError) else str(error)
