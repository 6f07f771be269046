"""Keep the files of tapes in one folder: claim a name, add to a file, keep it or delete it, delete the old.

While a call runs its tape is `NAME.tape.part`; kept, it is `NAME.tape`. A bridge holds a shared lock on the folder for
as long as it runs. One that finds no other bridge there keeps what a crash has left; while others are at work, as the
workers of one machine are, a part that has not grown for two minutes was left.
"""

from __future__ import annotations

import contextlib
import errno
import math
import os
import time
from collections.abc import Collection
from pathlib import Path
from typing import Final

from ivr.replay.recorder.options import file_name
from ivr.replay.tape_file import MAGIC

try:
    import fcntl
except ImportError:  # pragma: no cover (a system without it)
    fcntl = None  # type: ignore[assignment]

SUFFIX: Final = ".tape"
PART: Final = ".tape.part"
_LOCK_FILE: Final = ".bridge.lock"
MOST_OF_A_CALL: Final = 100
"""Streams of one call that get a name of their own."""
LEFT_S: Final = 120.0
"""Seconds after which a part that does not grow was left by a crash, beside other bridges at work."""
_PRUNED_TO: Final = 0.95
"""Share of the limit that is left after tapes were deleted, so that the next tape finds room."""
_SECONDS_A_DAY: Final = 86_400
_BYTES_A_MB: Final = 1_000_000
_NO_LINKS: Final = getattr(os, "O_NOFOLLOW", 0)
_DISK_REASONS: Final = {
    errno.ENOSPC: "disk_full",
    errno.EDQUOT: "disk_full",
    errno.EROFS: "read_only",
    errno.EACCES: "no_access",
    errno.EPERM: "no_access",
    errno.ENOENT: "gone",
    errno.EMFILE: "few_files",
    errno.ENFILE: "few_files",
}


def why(fault: OSError) -> str:
    """Return a fixed word for why a file could not be written."""
    return _DISK_REASONS.get(fault.errno or 0, "disk_failed")


def look(path: Path) -> str:
    """Return what there is in a folder of tapes, for people. Raises ValueError, one line, where none can be kept."""
    if path.exists() and not path.is_dir():
        raise ValueError(f"{path} is a file: set it to a folder, existing or new")
    there = path if path.exists() else next(parent for parent in path.absolute().parents if parent.exists())
    if not os.access(there, os.W_OK | os.X_OK):
        raise ValueError(f"{path} cannot be written by this user")
    if not path.exists():
        return f"none yet: {path} is made at the start"
    sizes = [tape.stat().st_size for tape in path.glob(f"*{SUFFIX}")]
    return f"{len(sizes)}, {sum(sizes) / _BYTES_A_MB:.1f} MB, in {path}"


class TapeFolder:
    """Hold the tapes of one folder. Every method may wait for the disk, and raises OSError."""

    def __init__(self, path: Path, *, days: int = 0, megabytes: int = 0) -> None:
        """Take the limits: days a tape stays, megabytes of all together; 0: none."""
        self.path = path
        self._days = days
        self.most = megabytes * _BYTES_A_MB if megabytes else math.inf
        """Bytes that all tapes may have together."""
        self._lock: int | None = None

    def __repr__(self) -> str:
        return f"<TapeFolder {self.path}>"

    def open(self) -> list[Path]:
        """Make the folder, and keep what a crash has left in it; return those tapes."""
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        alone = self._take_lock()
        left = self.keep_left((), alone=alone)
        if alone and self._lock is not None:
            fcntl.flock(self._lock, fcntl.LOCK_SH)
        return left

    def keep_left(self, own: Collection[Path], *, alone: bool = False) -> list[Path]:
        """Keep what a crash has left, but not the parts `own`; return those tapes. `alone`: no other bridge writes."""
        left = []
        for part in self.path.glob(f"*{PART}"):
            # Another bridge may keep or delete it at this moment.
            with contextlib.suppress(FileNotFoundError):
                # Without a lock that says more: a live call adds to its tape every second.
                if part not in own and (alone or time.time() - part.stat().st_mtime > LEFT_S):
                    left.append(self.keep(part))
        return left

    def close(self) -> None:
        """Let other bridges know that this one is gone."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def claim(self, call_id: str) -> Path:
        """Make an empty part for a call under a name that no other tape has."""
        name = file_name(call_id)
        for number in range(1, MOST_OF_A_CALL + 1):
            own = name if number == 1 else f"{name}-{number}"
            part = self.path / f"{own}{PART}"
            try:
                os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_LINKS, 0o600))
            except FileExistsError:
                continue
            # The name is this bridge's from here on: another one that kept a tape by it did so before.
            if not (self.path / f"{own}{SUFFIX}").exists():
                return part
            part.unlink()
        raise OSError(errno.EEXIST, "too many tapes of one call")

    def add(self, part: Path, data: bytes) -> None:
        """Write behind what a part has."""
        # Opened each time: a call on the line costs no open file.
        file = os.open(part, os.O_WRONLY | os.O_APPEND | _NO_LINKS)
        try:
            while data:
                data = data[os.write(file, data) :]
        finally:
            os.close(file)

    def keep(self, part: Path) -> Path:
        """Give a part the name of a tape; return it."""
        tape = part.with_name(part.name.removesuffix(".part"))
        part.rename(tape)
        return tape

    def delete(self, part: Path) -> None:
        """Delete a part, if it is there."""
        part.unlink(missing_ok=True)

    def prune(self, now: float) -> tuple[int, int]:
        """Delete the tapes that are too old or too many; return how many, and the bytes of those left. `now`: wall."""
        found = []
        with os.scandir(self.path) as entries:
            for entry in entries:
                if entry.name.endswith(SUFFIX) and entry.is_file(follow_symlinks=False):
                    with contextlib.suppress(FileNotFoundError):
                        seen = entry.stat(follow_symlinks=False)
                        found.append((seen.st_mtime, seen.st_size, Path(entry.path)))
        found.sort()
        size = sum(one[1] for one in found)
        goal = self.most * _PRUNED_TO if size > self.most else size
        deleted = 0
        for written, bytes_, path in found:
            old = bool(self._days) and now - written > self._days * _SECONDS_A_DAY
            if not old and size <= goal:
                break
            # Only what is a tape: the operator may keep other files here under such a name.
            if _is_tape(path):
                path.unlink(missing_ok=True)
                size -= bytes_
                deleted += 1
        return deleted, size

    def _take_lock(self) -> bool:
        """Lock the folder; return whether no other bridge uses it."""
        if fcntl is None:  # pragma: no cover (a system without it)
            return False
        try:
            self._lock = os.open(self.path / _LOCK_FILE, os.O_RDWR | os.O_CREAT | _NO_LINKS, 0o600)
            try:
                fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                fcntl.flock(self._lock, fcntl.LOCK_SH)
                return False
        except OSError:
            # A file system without locks.
            return False
        return True


def _is_tape(path: Path) -> bool:
    """Return whether a file begins as a tape does."""
    try:
        with path.open("rb") as file:
            return file.read(len(MAGIC)) == MAGIC
    except OSError:
        return False
