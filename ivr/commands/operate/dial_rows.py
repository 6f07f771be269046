"""Read whom a CSV file wants called, and keep what became of each beside it."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from ivr.config.address import shown
from ivr.outbound.job import OVER

NOT_TAKEN: Final = "refused"
"""The state of a number that the bridge does not call."""
FINAL: Final = frozenset({*OVER, NOT_TAKEN})
MOST_DIALLED_ROWS: Final = 100_000
_RESULT: Final = ("number", "id", "state", "reason", "attempts", "talked_s", "answered_by", "at")


@dataclass(frozen=True, slots=True)
class DialRow:
    """Hold one number to call."""

    id: str
    number: str = field(repr=False)
    line: str
    context: Any = field(default=None, repr=False)

    def body(self, at: str = "") -> dict[str, Any]:
        """Return what the bridge is asked for."""
        body: dict[str, Any] = {"to": self.number, "line": self.line, "id": self.id}
        if self.context is not None:
            body["context"] = self.context
        return body | ({"at": at} if at else {})


def row_id(campaign: str, number: str) -> str:
    """Return the id of the one call that a campaign makes to a number: the same in every run."""
    kept = "".join(sign if sign.isascii() and (sign.isalnum() or sign in "._-") else "-" for sign in campaign)[:32]
    digest = hashlib.sha256(f"{campaign}\n{shown(number)}".encode()).hexdigest()
    return f"{kept}-{digest[:20]}"


def read_rows(path: Path, line: str, campaign: str) -> tuple[list[DialRow], int]:
    """Return the numbers of a file, each once, and how many rows name one again.

    Columns: `number`; `line`, where not all are of one; `context` as JSON, or any others, which are the context by
    their names. Raises ValueError, one line, with the row; OSError.
    """
    rows: dict[str, DialRow] = {}
    again = 0
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            if "number" not in (reader.fieldnames or ()):
                raise ValueError(f"{path.name}: the first row names the columns, and one of them is number")
            for place, entry in enumerate(reader, 2):
                number = shown(entry.get("number") or "")
                if not number:
                    continue
                if len(rows) >= MOST_DIALLED_ROWS:
                    raise ValueError(f"{path.name}:{place}: more than {MOST_DIALLED_ROWS} numbers: divide the file")
                again += number in rows
                own = (entry.get("line") or "").strip() or line
                rows.setdefault(number, DialRow(row_id(campaign, number), number, own, _context(entry, path, place)))
    except (csv.Error, UnicodeDecodeError) as error:
        raise ValueError(f"{path.name}: cannot be read as CSV in UTF-8: {type(error).__name__}") from None
    return list(rows.values()), again


def _context(entry: dict[str, Any], path: Path, place: int) -> Any:
    if entry.get("context"):
        try:
            return json.loads(entry["context"])
        except ValueError:
            raise ValueError(f"{path.name}:{place}: context is no JSON") from None
    others = {name: value for name, value in entry.items() if name and name not in ("number", "line", "context")}
    return {name: value for name, value in others.items() if value} or None


class Results:
    """Keep what became of each number in a file beside the CSV. A second run goes on from it."""

    def __init__(self, path: Path) -> None:
        """Read what is there. Raises OSError."""
        self._path = path
        self.states: dict[str, str] = {}
        """The last known state of each id."""
        if path.exists():
            with path.open(encoding="utf-8", newline="") as file:
                self.states = {row["id"]: row["state"] for row in csv.DictReader(file) if row.get("state")}

    def __repr__(self) -> str:
        return f"<Results {len(self.states)}>"

    def open_rows(self, rows: list[DialRow]) -> Iterator[DialRow]:
        """Yield the rows whose calls are not over."""
        return (row for row in rows if self.states.get(row.id) not in FINAL)

    def put(self, row: DialRow, job: dict[str, Any]) -> bool:
        """Write a state down. False: it is no news. Raises OSError."""
        if self.states.get(row.id) == job["state"]:
            return False
        begins = not self._path.exists()
        with self._path.open("a", encoding="utf-8", newline="") as file:
            if begins:
                # It holds numbers: it is for the operator alone.
                self._path.chmod(0o600)
            writer = csv.DictWriter(file, _RESULT, extrasaction="ignore", restval="")
            if begins:
                writer.writeheader()
            at = datetime.now(UTC).isoformat(timespec="seconds")
            writer.writerow({**job, "id": row.id, "number": row.number, "at": at})
        self.states[row.id] = job["state"]
        return True

    def counts(self, rows: list[DialRow]) -> dict[str, int]:
        """Return how many of the rows are in each state."""
        found: dict[str, int] = {}
        for row in rows:
            state = self.states.get(row.id, "not asked")
            found[state] = found.get(state, 0) + 1
        return found
