"""Know how much memory is left until the system refuses more, or ends the process.

A call that finds no memory fails in native code, and may take the process with it. Two limits count: that of the
control group (a container's), and that of the address space (`ulimit -v`). The files are opened at the start, so that
asking takes no file.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

CALL_BYTES: Final = 4 * 1024 * 1024
"""Bytes of a call: its audio, its replies and its connections take about one, a long answer three."""
RESERVE_BYTES: Final = 48 * 1024 * 1024
"""Bytes that stay free for what all calls share: phrases, threads, what waits for the log's reader."""
_UNLIMITED: Final = 1 << 60


class MemoryLimit:
    """Watch the memory of this process against its limits. Where the system tells of none, there is enough."""

    def __init__(self, proc: Path = Path("/proc/self"), groups: Path = Path("/sys/fs/cgroup")) -> None:
        self._size = _open(proc / "statm")
        self._groups = [
            (limit, _open(folder / used), _open(folder / "memory.stat"))
            for folder, most, used in _folders(_text(_open(proc / "cgroup")), groups)
            if (limit := _number(_text(_open(folder / most)))) is not None and limit < _UNLIMITED
        ]

    def __repr__(self) -> str:
        left = self.left()
        return "<MemoryLimit none>" if left is None else f"<MemoryLimit {left // 1024 // 1024} MB left>"

    def left(self) -> int | None:
        """Return how many bytes there are until the next limit; None: there is none."""
        left = []
        for limit, used, stat in self._groups:
            if (taken := _number(_text(used))) is not None:
                # Files that the system keeps in memory give way.
                left.append(limit - taken + _inactive(_text(stat)))
        if (space := address_space()) is not None and (pages := _number(_text(self._size))) is not None:
            left.append(space - pages * os.sysconf("SC_PAGE_SIZE"))
        return min(left, default=None)

    def fits(self, calls: int) -> bool:
        """Return whether there is memory for as many calls that have not begun."""
        left = self.left()
        return left is None or left >= RESERVE_BYTES + calls * CALL_BYTES


def address_space() -> int | None:
    """Return how large the process may become, in bytes; None: as large as it likes."""
    if sys.platform == "win32":
        return None
    import resource  # noqa: PLC0415 - there is none on Windows

    soft = resource.getrlimit(resource.RLIMIT_AS)[0]
    return None if soft == resource.RLIM_INFINITY else soft


def _folders(told: str, groups: Path) -> Iterator[tuple[Path, str, str]]:
    """Yield the folders of the process's control groups, with the names of their limit and of what is used."""
    for line in told.splitlines():
        _, controllers, path = [*line.split(":", 2), "", ""][:3]
        if controllers == "":
            root, most, used = groups, "memory.max", "memory.current"
        elif "memory" in controllers.split(","):
            root, most, used = groups / "memory", "memory.limit_in_bytes", "memory.usage_in_bytes"
        else:
            continue
        # The limit may be that of any group above. In a container the path may be the machine's, and not be there.
        own = root / path.strip("/")
        for folder in [own, *own.parents]:
            if folder.is_relative_to(root):
                yield folder, most, used


def _open(path: Path) -> int:
    """Open a file of the system for good; -1: there is none."""
    try:
        return os.open(path, os.O_RDONLY)
    except OSError:
        return -1


def _text(file: int) -> str:
    try:
        return os.pread(file, 65_536, 0).decode("ascii", "replace") if file >= 0 else ""
    except OSError:
        return ""


def _number(text: str) -> int | None:
    first = text.split(maxsplit=1)[:1]
    return int(first[0]) if first and first[0].isdecimal() else None


def _inactive(stat: str) -> int:
    found = dict(line.split(" ", 1) for line in stat.splitlines() if " " in line)
    return _number(found.get("total_inactive_file", found.get("inactive_file", ""))) or 0
