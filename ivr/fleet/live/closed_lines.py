"""Keep which lines an operator has closed on one machine, in a file that its processes share and the next ones read.

The file is small, written whole (a new one takes its place) and looked at once a second: a change elsewhere is seen
without a message. Where it cannot be written, the process that was asked knows alone, and a line in the log says so.
"""

from __future__ import annotations

import contextlib
import logging
import os
import tempfile
from pathlib import Path
from typing import Final

import msgspec

log = logging.getLogger("ivr.fleet")

FILE_NAME: Final = "closed_lines.json"
LOOK_EVERY_S: Final = 1.0
"""Seconds between two looks at the file."""
_MOST_BYTES: Final = 1_000_000
_LINE_NAMES: Final = msgspec.json.Decoder(list[str])


class ClosedLines:
    """Know the closed lines of a machine. Without a folder: those of this process alone."""

    def __init__(self, folder: Path | None = None) -> None:
        """Take the folder of the file. It need not be there yet."""
        self.names: frozenset[str] = frozenset()
        self._path: Path | None = None
        self._seen: tuple[int, int] | None = None
        """What the file looked like when it was read: its number and the time of its change."""
        self._look_at = float("-inf")
        if folder is not None:
            self.keep_in(folder)

    def __repr__(self) -> str:
        return f"<ClosedLines {', '.join(sorted(self.names)) or 'none'}>"

    def keep_in(self, folder: Path) -> None:
        """Keep them in a file of this folder from now on, and read what is there. It need not be there yet."""
        self._path = folder / FILE_NAME
        self._read()
        for line in sorted(self.names):
            log.warning("line_closed", extra={"line": line})

    def look(self, now: float) -> None:
        """Read the file again where it has changed."""
        if now >= self._look_at:
            self._look_at = now + LOOK_EVERY_S
            self._read()

    def set(self, line: str, closed: bool) -> None:
        """Close a line, or open it again."""
        self._read()
        self.names = self.names | {line} if closed else self.names - {line}
        log.warning("line_closed" if closed else "line_opened", extra={"line": line})
        if self._path is None:
            return
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            number, name = tempfile.mkstemp(dir=self._path.parent)
            with os.fdopen(number, "wb") as file:
                file.write(msgspec.json.encode(sorted(self.names)))
            Path(name).replace(self._path)
            self._seen = self._stamp()
        except OSError as error:
            log.warning("closed_lines_not_kept", extra={"path": str(self._path), "why": error.strerror or ""})

    def _stamp(self) -> tuple[int, int] | None:
        try:
            found = self._path.stat() if self._path is not None else None
        except OSError:
            return None
        return (found.st_ino, found.st_mtime_ns) if found is not None else None

    def _read(self) -> None:
        stamp = self._stamp()
        if self._path is None or stamp is None or stamp == self._seen:
            return
        self._seen = stamp
        # What is no list of names changes nothing: it was not written here.
        with contextlib.suppress(OSError, msgspec.DecodeError, UnicodeDecodeError), self._path.open("rb") as file:
            self.names = frozenset(_LINE_NAMES.decode(file.read(_MOST_BYTES)))
