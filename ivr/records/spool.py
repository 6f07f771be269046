"""Write records to the spool from a thread: files of this machine from which the keeper takes them to the database.

Each process has files of its own. It holds a lock on the one that it writes, so that the keeper can tell a process that
is there from one that died. The event loop only puts a record into a queue: the thread encodes it, writes it, and waits
for the disk. What cannot be written is counted, and told once; calls go on.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import queue
import threading
import uuid
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeAlias

from ivr.records.folder import folder_bytes, lock_file, open_folder
from ivr.records.frames import encode_frame

log = logging.getLogger("ivr.records")

Payload: TypeAlias = Callable[[], bytes]
"""Returns a record as bytes. Called in the thread."""

SPOOL_SUFFIX: Final = ".spool"
MOST_QUEUED: Final = 20_000
"""Records that may wait for the disk."""
FILE_BYTES: Final = 1_000_000
"""Bytes after which a process begins another file: the keeper deletes one only when nothing is added to it."""
SPOOL_CLOSE_S: Final = 5.0
"""Seconds for which the end of the process waits for the disk."""
_WRITTEN_AT_ONCE: Final = 256
_BYTES_A_MB: Final = 1_000_000
_NO_LINKS: Final = getattr(os, "O_NOFOLLOW", 0)
_DISK_LOSSES: Final = {errno.ENOSPC: "disk_full", errno.EDQUOT: "disk_full", errno.EROFS: "read_only"}
LOSSES: Final = ("disk_full", "disk_slow", "disk_failed", "read_only", "spool_full", "failed")
"""Why records are lost: the words of the log and of the metric."""


class SpoolWriter:
    """Queue records for a thread that writes them. Only the thread waits for the disk."""

    def __init__(self, folder: Path, megabytes: int, *, most: int = MOST_QUEUED) -> None:
        """Take the spool's `folder`, and the megabytes that all its files may have together."""
        self.writer = uuid.uuid4().hex
        """Names this process in the database, and its files in the spool."""
        self.lost: Counter[str] = Counter()
        """Records that were lost, by why."""
        self._folder = folder
        self._limit = megabytes * _BYTES_A_MB
        self._most = most
        self._queue: queue.SimpleQueue[Payload | threading.Event | None] = queue.SimpleQueue()
        # Each of these is changed by one side only, so that neither waits for the other.
        self._given = 0
        self._taken = 0
        self._told = ""
        self._file: int | None = None
        self._path: Path | None = None
        self._good = 0
        """Bytes of the open file that are whole frames."""
        self._number = 0
        self._thread = threading.Thread(target=self._run, name="records", daemon=True)

    def __repr__(self) -> str:
        return f"<SpoolWriter {self._given - self._taken} records waiting>"

    # -- for the event loop --------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def put(self, payload: Payload) -> None:
        """Write a record, or count it as lost when too many wait. From any thread."""
        if self._given - self._taken >= self._most:
            self.lost["disk_slow"] += 1
            return
        self._given += 1
        self._queue.put(payload)

    def wait(self, seconds: float) -> bool:
        """Wait until all is written that was put before, so many seconds at most; return whether it is."""
        done = threading.Event()
        self._queue.put(done)
        return done.wait(seconds)

    def close(self) -> None:
        """Write what waits and end the thread; wait for `SPOOL_CLOSE_S` seconds at most."""
        if not self._thread.is_alive():
            return
        self._queue.put(None)
        self._thread.join(SPOOL_CLOSE_S)
        if self._thread.is_alive():
            log.warning("records_not_written", extra={"records": self._given - self._taken})

    # -- the thread ----------------------------------------------------------------------------------------------

    def _run(self) -> None:
        over = False
        while not over:
            # What has come meanwhile goes to the disk in one go: it is waited for once.
            batch = [self._queue.get()]
            with contextlib.suppress(queue.Empty):
                while len(batch) < _WRITTEN_AT_ONCE:
                    batch.append(self._queue.get_nowait())
            payloads = [one for one in batch if one is not None and not isinstance(one, threading.Event)]
            self._write(payloads)
            self._taken += len(payloads)
            for one in batch:
                if isinstance(one, threading.Event):
                    one.set()
            over = None in batch
        self._close_file()

    def _write(self, payloads: list[Payload]) -> None:
        """Write records; those that cannot be written are lost."""
        frames = []
        for payload in payloads:
            try:
                frames.append(encode_frame(payload()))
            except OSError as fault:
                # It wants the data folder's secret, and cannot have it.
                self._lose(_DISK_LOSSES.get(fault.errno or 0, "disk_failed"), 1)
            except Exception:
                log.exception("record_failed")
                self.lost["failed"] += 1
        if not frames:
            return
        data = b"".join(frames)
        try:
            if folder_bytes(open_folder(self._folder), SPOOL_SUFFIX) + len(data) > self._limit:
                self._lose("spool_full", len(frames))
                return
            self._append(data)
        except OSError as fault:
            # What is half written is cut off; where that fails, another file is begun.
            try:
                if self._file is not None:
                    os.ftruncate(self._file, self._good)
            except OSError:
                self._close_file()
            self._lose(_DISK_LOSSES.get(fault.errno or 0, "disk_failed"), len(frames))
        else:
            if self._told:
                log.info("records_written_again")
            self._told = ""

    def _append(self, data: bytes) -> None:
        file = self._open()
        left = memoryview(data)
        while left:
            left = left[os.write(file, left) :]
        os.fsync(file)
        # Deleted beneath this process, as by a person who cleans up: no process would read it.
        if not os.fstat(file).st_nlink:
            self._close_file()
            raise OSError(errno.EIO, "the spool was deleted")
        self._good += len(data)

    def _open(self) -> int:
        """Return the file to write to. Another one is begun where it is long enough, or was deleted."""
        if self._file is not None and self._good < FILE_BYTES and os.fstat(self._file).st_nlink:
            return self._file
        self._number += 1
        path = self._folder / f"{self.writer}-{self._number}{SPOOL_SUFFIX}"
        file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL | _NO_LINKS, 0o600)
        lock_file(file)
        # The last one is let go of once the new one is locked: at no moment does this process seem to be dead.
        self._close_file()
        self._file, self._path, self._good = file, path, 0
        return file

    def _close_file(self) -> None:
        if self._file is not None:
            with contextlib.suppress(OSError):
                os.close(self._file)
        self._file = None

    def _lose(self, reason: str, count: int) -> None:
        self.lost[reason] += count
        if self._told != reason:
            self._told = reason
            log.warning("records_lost", extra={"reason": reason, "setting": "IVR_DATA_DIR"})
