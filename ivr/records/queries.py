"""Ask the database for calls, and delete them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Select, delete, or_, select

from ivr.records import tables
from ivr.records.shapes import Row

CALLS_A_STATEMENT: Final = 500
"""Calls that one statement is about."""


@dataclass(frozen=True, slots=True)
class CallFilter:
    """Say which calls are meant. None: all."""

    line: str | None = None
    result: str | None = None
    since: float | None = None
    """Not before, in Unix time."""
    before: float | None = None

    def apply(self, chosen: Select[Any]) -> Select[Any]:
        """Return a selection of calls with these conditions."""
        calls = tables.calls.c
        if self.line is not None:
            chosen = chosen.where(calls.line == self.line)
        if self.result is not None:
            # "open": it has no end yet.
            chosen = chosen.where(calls.ended_at.is_(None) if self.result == "open" else calls.result == self.result)
        if self.since is not None:
            chosen = chosen.where(calls.started_at >= self.since)
        if self.before is not None:
            chosen = chosen.where(calls.started_at < self.before)
        return chosen


def list_calls(connection: Connection, chosen: CallFilter, limit: int) -> list[Row]:
    """Return the newest calls, the newest first."""
    newest = tables.calls.c.started_at.desc(), tables.calls.c.call_id
    return _rows(connection, chosen.apply(select(tables.calls)).order_by(*newest).limit(limit))


def each_call(connection: Connection, chosen: CallFilter) -> Iterator[tuple[Row, list[Row], list[Row], list[Row]]]:
    """Yield the calls from the oldest on with their turns, counts and files, holding few of them at once."""
    order = tables.calls.c.started_at, tables.calls.c.call_id
    after: tuple[float, str] | None = None
    while True:
        found = chosen.apply(select(tables.calls)).order_by(*order).limit(CALLS_A_STATEMENT)
        if after is not None:
            at, call_id = after
            later = (order[0] > at) | ((order[0] == at) & (order[1] > call_id))
            found = found.where(later)
        calls = _rows(connection, found)
        for call in calls:
            yield call_rows(connection, call["call_id"], call)
        if len(calls) < CALLS_A_STATEMENT:
            return
        after = calls[-1]["started_at"], calls[-1]["call_id"]


def call_rows(
    connection: Connection, call_id: str, call: Row | None = None
) -> tuple[Row, list[Row], list[Row], list[Row]]:
    """Return a call with its turns in order, its counts and its files. Raises LookupError where there is none."""
    if call is None:
        call = next(iter(_rows(connection, select(tables.calls).where(tables.calls.c.call_id == call_id))), None)
    if call is None:
        raise LookupError(call_id)
    turns, parts, counts, files = tables.turns, tables.parts, tables.counts, tables.files
    own = (
        select(turns, parts.c.started_at.label("began_at"))
        .join(parts, parts.c.part == turns.c.part)
        .where(turns.c.call_id == call_id)
        .order_by(parts.c.started_at, turns.c.number)
    )
    summed: dict[tuple[str, str], int] = {}
    for row in _rows(connection, select(counts).where(counts.c.call_id == call_id)):
        key = row["kind"], row["name"]
        summed[key] = summed.get(key, 0) + row["number"]
    counted: list[Row] = [{"kind": kind, "name": name, "number": summed[kind, name]} for kind, name in sorted(summed)]
    named = select(files).where(files.c.call_id == call_id).order_by(files.c.kind, files.c.name)
    return call, _rows(connection, own), counted, _rows(connection, named)


def _rows(connection: Connection, chosen: Select[Any]) -> list[Row]:
    return [dict(row) for row in connection.execute(chosen).mappings()]


# -- deletion --------------------------------------------------------------------------------------------------------


def calls_of_number(connection: Connection, number: str, key: str) -> list[str]:
    """Return the calls from or to a number, by its plain form where that is kept, else by its key."""
    calls = tables.calls.c
    chosen = select(calls.call_id).where(
        or_(
            calls.caller_key == key,
            calls.called_key == key,
            calls.caller.in_([number, f"+{number}"]),
            calls.called.in_([number, f"+{number}"]),
        )
    )
    return list(connection.scalars(chosen))


def calls_where(connection: Connection, chosen: CallFilter) -> list[str]:
    """Return the ids of these calls."""
    return list(connection.scalars(chosen.apply(select(tables.calls.c.call_id))))


def files_of(connection: Connection, call_ids: Sequence[str]) -> list[Row]:
    """Return the tapes and recordings of these calls."""
    found: list[Row] = []
    for some in _slices(call_ids):
        found += _rows(connection, select(tables.files).where(tables.files.c.call_id.in_(some)))
    return found


def delete_calls(connection: Connection, call_ids: Sequence[str]) -> int:
    """Delete calls with all that is kept of them, and events that are not posted; return how many there were."""
    gone = 0
    for some in _slices(call_ids):
        for table in (tables.turns, tables.counts, tables.parts, tables.files, tables.outbox):
            connection.execute(delete(table).where(table.c.call_id.in_(some)))
        gone += connection.execute(delete(tables.calls).where(tables.calls.c.call_id.in_(some))).rowcount
    return gone


def _slices(call_ids: Sequence[str]) -> Iterator[Sequence[str]]:
    return (call_ids[start : start + CALLS_A_STATEMENT] for start in range(0, len(call_ids), CALLS_A_STATEMENT))
