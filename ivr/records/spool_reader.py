"""Read the spool: which files there are, how far each is in the database, and whether its process is still there."""

from __future__ import annotations

import contextlib
import logging
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from ivr.records.folder import lock_file, open_folder, replace_file
from ivr.records.frames import MOST_BYTES, Frame, read_frames
from ivr.records.spool import SPOOL_SUFFIX

log = logging.getLogger("ivr.records")

SPOOL_READ_BYTES: Final = 2 * MOST_BYTES
"""Bytes read in one go: more than the longest frame has."""
PLACES: Final = "places.json"
REFUSED_RECORDS: Final = "refused"
"""The folder of records that the database does not take."""


@dataclass(slots=True)
class SpoolFile:
    """Hold a file of the spool."""

    path: Path
    place: int
    """Bytes whose records are in the database."""
    counted_to: int = 0
    waiting: int = 0
    """Records between the two that are not."""

    @property
    def writer(self) -> str:
        """Return the process that writes it."""
        return self.path.stem.rpartition("-")[0]


class SpoolReader:
    """Hold the files of one spool. Every method may raise OSError."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: dict[str, SpoolFile] = {}
        self._places: dict[str, int] | None = None

    def files(self) -> list[SpoolFile]:
        """Return the files there are, the oldest first."""
        open_folder(self._folder)
        if self._places is None:
            try:
                self._places = msgspec.json.decode((self._folder / PLACES).read_bytes(), type=dict[str, int])
            except (OSError, ValueError):
                # What is read again is in the database already, and stays as it is.
                self._places = {}
        found = []
        for path in self._folder.glob(f"*{SPOOL_SUFFIX}"):
            with contextlib.suppress(FileNotFoundError):
                found.append((path.stat().st_mtime_ns, path))
        there = [path for _, path in sorted(found)]
        known = self._files
        self._files = {
            path.name: known.get(path.name) or SpoolFile(path, self._places.get(path.name, 0)) for path in there
        }
        return list(self._files.values())

    def read(self, file: SpoolFile) -> list[Frame]:
        """Return whole frames from where the database ends, some at a time."""
        with file.path.open("rb") as opened:
            opened.seek(file.place)
            data = opened.read(SPOOL_READ_BYTES)
        read = read_frames(data, file.place)
        if read.damaged:
            log.warning("records_damaged", extra={"bytes": read.damaged})
        return read.frames

    def done(self, file: SpoolFile, place: int) -> None:
        """Remember that the database has all records up to this place."""
        file.place = place
        file.counted_to, file.waiting = max(file.counted_to, place), 0
        self._save()

    def waiting(self) -> int:
        """Return how many records the database does not have. What was counted before is not read again."""
        for file in self._files.values():
            with contextlib.suppress(FileNotFoundError), file.path.open("rb") as opened:
                start = max(file.place, file.counted_to)
                opened.seek(start)
                read = read_frames(opened.read(SPOOL_READ_BYTES), start)
                file.counted_to, file.waiting = max(start, read.end), file.waiting + len(read.frames)
        return sum(file.waiting for file in self._files.values())

    def is_left(self, file: SpoolFile) -> bool:
        """Return whether no process adds to a file any more."""
        with contextlib.suppress(FileNotFoundError), file.path.open("rb") as opened:
            return lock_file(opened.fileno())
        return True

    def is_writer_gone(self, file: SpoolFile) -> bool:
        """Return whether the process that wrote a file is gone: it holds no other file."""
        return all(self.is_left(other) for other in self._files.values() if other.writer == file.writer)

    def age(self, file: SpoolFile, now: float) -> float:
        """Return the seconds since something was added to a file."""
        return now - file.path.stat().st_mtime

    def delete(self, file: SpoolFile) -> None:
        """Delete a file whose records are all in the database."""
        file.path.unlink(missing_ok=True)
        self._files.pop(file.path.name, None)
        self._save()

    def refuse(self, payload: bytes, name: str) -> None:
        """Put a record aside that the database does not take, for a person to look at."""
        path = open_folder(self._folder / REFUSED_RECORDS) / name
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(file, "wb") as opened:
            opened.write(payload)

    def _save(self) -> None:
        self._places = {name: file.place for name, file in self._files.items() if file.place}
        replace_file(self._folder / PLACES, msgspec.json.encode(self._places))
