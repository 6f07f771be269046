"""Let one process at a time render the phrases of a folder: the workers of one machine, or several bridges.

The lock is the system's (`flock`): it is free when the process that holds it ends, however that is. Where there are no
locks, or the folder cannot be written, every process renders what it needs.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Final

try:
    import fcntl
except ImportError:  # pragma: no cover (a system without it)
    fcntl = None  # type: ignore[assignment]

LOOK_S: Final = 0.2
"""Seconds between two looks at what another process renders."""
LONGEST_WAIT_S: Final = 60.0
"""Seconds for which another process is waited for: one that hangs holds its lock."""


@contextlib.asynccontextmanager
async def sole_renderer(directory: Path, there: Callable[[], bool]) -> AsyncIterator[None]:
    """Run the block when no other process renders, or when all that is wanted is `there` already."""
    clock = asyncio.get_running_loop().time
    lock = _open(directory)
    try:
        until = clock() + LONGEST_WAIT_S
        while lock is not None and not _taken(lock) and not there() and clock() < until:  # noqa: ASYNC110 - processes tell nothing
            await asyncio.sleep(LOOK_S)
        yield
    finally:
        if lock is not None:
            os.close(lock)


def _open(directory: Path) -> int | None:
    """Open what is locked, the folder itself; None: there can be no lock."""
    if fcntl is None:  # pragma: no cover (a system without it)
        return None
    try:
        directory.mkdir(parents=True, exist_ok=True)
        return os.open(directory, os.O_RDONLY)
    except OSError:
        return None


def _taken(lock: int) -> bool:
    """Take the lock if it is free. True also where the file system has none."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True
