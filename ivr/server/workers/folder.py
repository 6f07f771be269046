"""Make the folder that the workers of one machine share, in memory where the system has such a place.

A lock on it lives as long as any of its processes. A folder whose lock is free was left by a crash, and is deleted by
the next bridge that starts.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

try:
    import fcntl
except ImportError:  # pragma: no cover (a system without it has no workers)
    fcntl = None  # type: ignore[assignment]

_IN_MEMORY: Final = Path("/dev/shm")  # noqa: S108 - made by `mkdtemp`, with a name that cannot be foreseen
_PREFIX: Final = "ivr-workers-"
_FOLDER_LOCK: Final = "lock"
_YOUNG_S: Final = 60.0
"""Seconds for which a folder may be one that is just being made."""


@contextlib.contextmanager
def shared_folder(base: Path | None = None) -> Iterator[Path]:
    """Make the folder (mode 0700) while the block runs. Raises OSError. `base`: where, for tests."""
    if base is None:
        base = _IN_MEMORY if os.access(_IN_MEMORY, os.W_OK | os.X_OK) else Path(tempfile.gettempdir())
    _delete_left(base)
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=base))
    # Inherited by the workers: it is free when the last process has ended.
    lock = os.open(folder / _FOLDER_LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


def mend(folder: Path) -> bool:
    """Make the folder again where it was deleted; return whether it was. Raises OSError."""
    try:
        folder.mkdir(0o700)
    except FileExistsError:
        # Its name was to be seen: another user may have been there first.
        if folder.lstat().st_uid != os.getuid():
            raise PermissionError(errno.EPERM, os.strerror(errno.EPERM)) from None
        return False
    return True


def _delete_left(base: Path) -> None:
    """Delete what crashes have left."""
    for folder in base.glob(f"{_PREFIX}*"):
        # Another user's, or one that is deleted at this moment.
        with contextlib.suppress(OSError):
            found = folder.stat()
            if found.st_uid != os.getuid() or time.time() - found.st_mtime < _YOUNG_S:
                continue
            lock = os.open(folder / _FOLDER_LOCK, os.O_RDWR)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
            finally:
                os.close(lock)
