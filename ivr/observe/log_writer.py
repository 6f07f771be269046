"""Write log lines to standard error from a thread, so that no reader of the log can stop a call.

The reader of the log may stop reading: a pipe holds 64 KB, and then a write waits. Here only the thread waits. What it
has not written yet is bounded; lines beyond that are dropped, counted, and told once the reader reads again.
"""

from __future__ import annotations

import logging
import os
import queue
import select
import threading
import time
from collections.abc import Callable
from typing import Final

STDERR: Final = 2
MOST_UNWRITTEN: Final = 4_000_000
"""Characters that may wait for the log's reader: about twenty thousand lines."""
FLUSH_S: Final = 1.0
"""Seconds for which the end of the process waits for lines that are not written yet."""
TELL_DROPPED_S: Final = 1.0
"""Seconds between two lines that tell how many were dropped."""


class LogWriter(logging.Handler):
    """Queue the lines of the log for a thread that writes them. `emit` never waits."""

    def __init__(self, write: Callable[[bytes], None] | None = None, *, most: int = MOST_UNWRITTEN) -> None:
        """Take `write`, which may wait for as long as it likes; by default it writes to standard error."""
        super().__init__()
        self.on_drop: Callable[[], None] = lambda: None
        """Called for every line that is dropped."""
        self._write = write or write_to_stderr
        self._most = most
        # Its `put` takes no lock of Python's: a signal may come in the middle of it and log as well.
        self._lines: queue.SimpleQueue[str | threading.Event | None] = queue.SimpleQueue()
        # Each counter is changed by one side only, so that neither waits for the other.
        self._given = 0
        self._written = 0
        self._dropped = 0
        self._unwritable = 0
        self._told = 0
        self._stuck = False
        self._thread = threading.Thread(target=self._write_all, name="log", daemon=True)
        self._thread.start()

    def __repr__(self) -> str:
        dropped = self._dropped + self._unwritable
        return f"<LogWriter {self._given - self._written} characters unwritten, {dropped} lines dropped>"

    def emit(self, record: logging.LogRecord) -> None:
        """Queue a line, or drop it when too much waits."""
        try:
            line = self.format(record)
        # A record that cannot be formatted is a bug of the code that logged it. It must not end the call it was about.
        except Exception:
            line = ""
        if not line or self._given - self._written + len(line) > self._most:
            self._dropped += 1
            self.on_drop()
            return
        self._given += len(line)
        self._lines.put(line)

    def flush(self) -> None:
        """Wait until everything is written, `FLUSH_S` seconds at most, and not again while nothing moves."""
        if self._stuck or not self._thread.is_alive():
            return
        done = threading.Event()
        self._lines.put(done)
        self._stuck = not done.wait(FLUSH_S)

    def close(self) -> None:
        """Write what waits, within `flush`'s bound, and end the thread."""
        self.flush()
        self._lines.put(None)
        super().close()

    def _write_all(self) -> None:
        """Write the lines in order until there are no more. Runs in the thread."""
        told_at = time.monotonic()
        while (line := self._lines.get()) is not None:
            if isinstance(line, threading.Event):
                self._tell_dropped()
                line.set()
                continue
            self._write_line(line)
            self._written += len(line)
            self._stuck = False
            now = time.monotonic()
            if self._lines.empty() or now - told_at >= TELL_DROPPED_S:
                self._tell_dropped()
                told_at = now

    def _tell_dropped(self) -> None:
        """Write how many lines were dropped since the last time, if any."""
        if lines := self._dropped + self._unwritable - self._told:
            self._told += lines
            fields = {"name": "ivr.logs", "levelno": logging.WARNING, "levelname": "WARNING", "lines": lines}
            self._write_line(self.format(logging.makeLogRecord({"msg": "log_lines_dropped", **fields})))

    def _write_line(self, line: str) -> None:
        # A closed pipe or a full disk costs lines, not calls.
        try:
            self._write(f"{line}\n".encode("utf-8", "backslashreplace"))
        except OSError:
            self._unwritable += 1
            self.on_drop()


def write_to_stderr(line: bytes) -> None:
    """Write bytes to standard error, however long it takes. Raises OSError when they cannot be read any more."""
    # Not through `sys.stderr`: its lock would be held while the pipe is full, and the interpreter's end waits for it.
    while line:
        try:
            line = line[os.write(STDERR, line) :]
        # Another program that shares the terminal may have made it non-blocking.
        except BlockingIOError:
            select.select([], [STDERR], [])
