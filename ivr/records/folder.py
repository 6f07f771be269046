"""Keep what must not be lost in one folder: the spool, the database, the key, what the keeper says of itself."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path
from typing import Final

try:
    import fcntl
except ImportError:  # pragma: no cover (a system without it)
    fcntl = None  # type: ignore[assignment]

_NO_LINKS: Final = getattr(os, "O_NOFOLLOW", 0)
_KEY_BYTES: Final = 32


def open_folder(path: Path) -> Path:
    """Make a folder of the bridge's user alone, where there is none; return it. Raises OSError."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def spool_folder(data: Path) -> Path:
    """Return where records wait for the database."""
    return data / "spool"


def own_key(data: Path) -> bytes:
    """Return the secret of a data folder; the first process that asks makes it. Raises OSError."""
    path = open_folder(data) / "records.key"
    with contextlib.suppress(FileNotFoundError):
        return path.read_bytes()
    made = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    file = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_LINKS, 0o600)
    try:
        os.write(file, secrets.token_bytes(_KEY_BYTES))
        os.fsync(file)
    finally:
        os.close(file)
    # Of several that make one at once, the first stays.
    with contextlib.suppress(FileExistsError):
        os.link(made, path)
    made.unlink()
    return path.read_bytes()


def folder_bytes(path: Path, suffix: str) -> int:
    """Return the bytes of the files with such an end in a folder. Raises OSError."""
    found = 0
    with os.scandir(path) as entries:
        for entry in entries:
            # Another process may delete it at this moment.
            with contextlib.suppress(FileNotFoundError):
                found += entry.stat().st_size if entry.name.endswith(suffix) else 0
    return found


def replace_file(path: Path, content: bytes) -> None:
    """Put a file in the place of another in one step: a reader sees one of them, whole. Raises OSError."""
    made = path.with_name(f".{path.name}.{os.getpid()}")
    made.write_bytes(content)
    made.replace(path)


def lock_file(file: int) -> bool:
    """Lock an open file for this process, and return whether it could. The system frees it when the process ends."""
    if fcntl is None:  # pragma: no cover (a system without it)
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        # A file system without locks: each process goes on as if it had it.
        return True
    return True
