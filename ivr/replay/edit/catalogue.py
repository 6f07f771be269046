"""List the tapes of a folder: when, which line, how long, how it ended, what was wrong."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from ivr.replay import tape_file
from ivr.replay.tape import TapeError
from ivr.replay.terminal_text import printable
from ivr.replay.trouble import KINDS

TAPE_SUFFIX: Final = ".tape"
CUT_OFF_SUFFIX: Final = ".tape.part"
"""What a crash of the bridge has left of a tape."""
_TIMES_AGO: Final = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class CatalogueEntry:
    """Hold what a list shows of one tape."""

    path: Path
    name: str
    """Path below the folder that is listed."""
    date: datetime
    """Wall time of the start; where the tape does not say it, of the last change of the file."""
    line: str = ""
    side: str = ""
    seconds: float | None = None
    """None: the tape breaks off."""
    turns: int = 0
    result: str = ""
    reason: str = ""
    trouble: tuple[str, ...] = ()
    """What was wrong with the call: fixed words, each once."""
    size: int = 0
    """Bytes of the file."""
    fault: str = ""
    """Why it cannot be read; empty: it can."""

    def as_json(self) -> dict[str, Any]:
        """Return the entry as JSON holds it."""
        return {
            "tape": str(self.path), "date": self.date.isoformat(), "line": self.line, "side": self.side,
            "seconds": self.seconds, "turns": self.turns, "result": self.result, "reason": self.reason,
            "trouble": list(self.trouble), "bytes": self.size, "fault": self.fault,
        }  # fmt: skip

    def __str__(self) -> str:
        # The path as it was given: the next command takes it.
        local = self.date.astimezone()
        if self.fault:
            return printable(f"{local:%Y-%m-%d %H:%M:%S}  {self.path}: {self.fault}")
        length = "   cut off" if self.seconds is None else f"{self.seconds:8.1f} s"
        ended = f"{self.result} {self.reason}".strip() or self.side
        wrong = ", ".join(self.trouble) or "-"
        line = self.line or "-"
        return printable(
            f"{local:%Y-%m-%d %H:%M:%S} {length} {self.turns:3} turns  {line:<10} {ended:<28} {wrong:<24} {self.path}"
        )


def tapes_in(places: Iterable[Path]) -> Iterator[tuple[Path, str]]:
    """Yield the tapes of folders, and files as they are, each with its name. Raises OSError for what is not there."""
    for place in places:
        if not place.is_dir():
            place.stat()
            yield place, place.name
            continue
        for path in sorted(place.rglob("*")):
            if path.name.endswith((TAPE_SUFFIX, CUT_OFF_SUFFIX)) and path.is_file():
                yield path, str(path.relative_to(place))


def catalogue(
    places: Iterable[Path], *, since: datetime | None = None, line: str | None = None, trouble: str | None = None
) -> list[CatalogueEntry]:
    """Return the tapes of folders, the newest first. What cannot be read is an entry with its fault.

    `since`: not before. `line`: of this one alone. `trouble`: those with trouble of this kind. Raises OSError, and
    ValueError for a kind of trouble that is not known.
    """
    if trouble is not None and trouble not in KINDS:
        raise ValueError(f"--trouble {trouble}: there are {', '.join(KINDS)}")
    found = [entry_of(path, name) for path, name in tapes_in(places)]
    kept = [
        entry
        for entry in found
        if (since is None or entry.date >= since)
        and (line is None or entry.line == line)
        and (trouble is None or trouble in entry.trouble)
    ]
    return sorted(kept, key=lambda entry: (entry.date, entry.name), reverse=True)


def entry_of(path: Path, name: str) -> CatalogueEntry:
    """Return the entry of one tape, also where it cannot be read."""
    try:
        status = path.stat()
        changed = datetime.fromtimestamp(status.st_mtime, UTC)
    except OSError as fault:
        return CatalogueEntry(path, name, _LONG_AGO, fault=str(fault.strerror))
    try:
        _, header, end = tape_file.summary(path)
    except (TapeError, OSError) as fault:
        # The name stands in front already.
        why = str(fault).removeprefix(f"{path.name}: ")
        return CatalogueEntry(path, name, changed, size=status.st_size, fault=why)
    entry = CatalogueEntry(path, name, wall_time(header.started_on) or changed, header.line, header.side)
    ended: dict[str, Any] = {}
    if end is not None:
        kinds = tuple(dict.fromkeys(one.kind for one in end.trouble))
        ended = {
            "seconds": end.seconds, "turns": end.turns, "result": end.result, "reason": end.reason, "trouble": kinds
        }  # fmt: skip
    return CatalogueEntry(entry.path, entry.name, entry.date, entry.line, entry.side, size=status.st_size, **ended)


def wall_time(said: str) -> datetime | None:
    """Return the time that a header says; None where it says none."""
    try:
        date = datetime.fromisoformat(said)
        return (date if date.tzinfo else date.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def moment_of(said: str, now: datetime) -> datetime:
    """Return the time that `--since` means: a date, a date with a time, or `30m`, `2h`, `3d`, `1w` ago.

    Without a zone it is local time. Raises ValueError.
    """
    number, unit = said[:-1], said[-1:]
    try:
        if unit in _TIMES_AGO and number.isascii() and number.isdigit():
            return now - timedelta(**{_TIMES_AGO[unit]: int(number)})
        return datetime.fromisoformat(said).astimezone()
    except (ValueError, OverflowError):
        raise ValueError(f"--since {said}: neither a date such as 2026-11-30T15:00 nor a time ago such as 2h") from None
