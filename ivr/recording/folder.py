"""Write the files of recordings: for the bridge's user alone, and never through a link."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Collection
from pathlib import Path
from typing import Final

_NO_LINKS: Final = getattr(os, "O_NOFOLLOW", 0)
_FAULT_WORDS: Final = {
    errno.ENOSPC: "disk_full",
    errno.EDQUOT: "disk_full",
    errno.EFBIG: "disk_full",
    errno.EROFS: "read_only",
    errno.EACCES: "no_access",
    errno.EPERM: "no_access",
    errno.ENOENT: "gone",
    errno.EMFILE: "few_files",
    errno.ENFILE: "few_files",
}


def why_not_written(fault: OSError) -> str:
    """Return a fixed word for why a file could not be written."""
    return _FAULT_WORDS.get(fault.errno or 0, "disk_failed")


def begin_file(path: Path, taken: Collection[Path] = ()) -> bool:
    """Make an empty file; return False where it, or one of `taken`, is there already. Raises OSError."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_LINKS, 0o600))
    except FileExistsError:
        return False
    if any(other.exists() for other in taken):
        path.unlink()
        return False
    return True


def add_to(path: Path, data: bytes) -> None:
    """Write behind what a file has. Raises OSError; then none of it is there."""
    # Opened each time: a call on the line costs no open file.
    file = os.open(path, os.O_WRONLY | os.O_APPEND | _NO_LINKS)
    try:
        before = os.fstat(file).st_size
        left = memoryview(data)
        try:
            while left:
                left = left[os.write(file, left) :]
        except OSError:
            os.ftruncate(file, before)
            raise
    finally:
        os.close(file)


def replace_whole(path: Path, content: bytes) -> None:
    """Put a file in the place of another in one step: a reader sees one of them, whole. Raises OSError."""
    made = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        file = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_LINKS, 0o600)
        try:
            os.write(file, content)
        finally:
            os.close(file)
        made.replace(path)
    except OSError:
        made.unlink(missing_ok=True)
        raise
