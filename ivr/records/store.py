"""Write records to the database, each once, however often and in whatever order they come.

A call is what its parts make of it: it is computed anew from them at each change, under a lock of its row. So a record
that comes twice changes nothing, and two machines may write parts of one call at once.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from ivr.records import tables
from ivr.records.queries import call_rows
from ivr.records.record import Began, CallFacts, Ended, Entry, FileNamed
from ivr.records.shapes import call_object, ended_event

RESUME_S: Final = 20.0
"""Seconds for which a call that broke off may come back, before it is told to have ended."""
_EVENT_NAMES: Final = uuid.UUID("0b6d9e0e-6d6f-4b6e-9f0c-7a1f4c9e2d11")
_PART_FACTS: Final = ("line", "direction", "node", "keep", "keep_days", "caller", "called", "caller_key", "called_key")
PROCESS_DIED: Final = ("bridge_error", "process_died")


class RecordStore:
    """Write entries in the transaction of a connection."""

    def __init__(self, connection: Connection, *, events: bool, now: float) -> None:
        """Take `events`: ends of calls are put into the outbox."""
        self._db = connection
        self._events = events
        self._now = now

    def write(self, entries: Sequence[Entry]) -> None:
        """Write entries of any calls."""
        named = {entry.call_id if isinstance(entry, FileNamed) else entry.facts.call_id for entry in entries}
        # Always in the same order: two machines that wait for one another would wait for ever.
        for call_id in sorted(named):
            self._write_call(call_id, [entry for entry in entries if _call_of(entry) == call_id])

    def end_parts(self, writer: str, at: float) -> int:
        """End what a process was carrying when it died; return how many calls that were."""
        found = select(tables.parts.c.call_id).where(tables.parts.c.writer == writer, tables.parts.c.ended_at.is_(None))
        calls = sorted(set(self._db.scalars(found)))
        for call_id in calls:
            self._lock(call_id)
            result, reason = PROCESS_DIED
            self._db.execute(
                update(tables.parts)
                .where(tables.parts.c.call_id == call_id)
                .where(tables.parts.c.writer == writer, tables.parts.c.ended_at.is_(None))
                .values(ended_at=at, result=result, reason=reason)
            )
            self._compute(call_id, wait_s=0.0)
        return len(calls)

    def open_parts(self, writer: str) -> int:
        """Return how many parts of a process have no end."""
        chosen = select(func.count()).where(tables.parts.c.writer == writer, tables.parts.c.ended_at.is_(None))
        return self._db.scalar(chosen) or 0

    def _write_call(self, call_id: str, entries: Sequence[Entry]) -> None:
        facts = next((entry.facts for entry in entries if not isinstance(entry, FileNamed)), None)
        gone = self._is_deleted(call_id, facts)
        if facts is not None and not gone:
            self._insert_call(facts)
            self._lock(call_id)
        settled = True
        for entry in entries:
            if gone:
                continue
            match entry:
                case FileNamed():
                    row = {"call_id": call_id, "kind": entry.kind, "name": entry.name, "at": entry.at}
                    self._insert_new(tables.files, row)
                case Began(facts=told):
                    self._insert_new(tables.parts, _part(told))
                case Ended(facts=told):
                    self._end_part(told, entry)
                    settled = entry.settled
        if facts is not None and not gone:
            self._compute(call_id, wait_s=0.0 if settled else RESUME_S)

    def _is_deleted(self, call_id: str, facts: CallFacts | None) -> bool:
        """Return whether this call was to be deleted, or all calls of its number."""
        chosen = select(tables.deletions.c.kind, tables.deletions.c.at).where(
            (tables.deletions.c.kind == "call") & (tables.deletions.c.key == call_id)
        )
        if self._db.execute(chosen).first() is not None:
            return True
        keys = [] if facts is None else [key for key in (facts.caller_key, facts.called_key) if key]
        if facts is None or not keys:
            return False
        numbers = select(func.max(tables.deletions.c.at)).where(
            tables.deletions.c.kind == "number", tables.deletions.c.key.in_(keys)
        )
        # A call of that number after it was deleted is kept.
        return (self._db.scalar(numbers) or 0.0) >= facts.started_at

    def _insert_call(self, facts: CallFacts) -> None:
        row: dict[str, Any] = {name: getattr(facts, name) for name in ("call_id", "started_at", *_PART_FACTS)}
        row |= {"result": "", "reason": "", "resumed": 0, "turns": 0, "failed": 0, "barge_ins": 0}
        self._insert_new(tables.calls, row)

    def _lock(self, call_id: str) -> None:
        """Let no other process write parts of the call until the end of the transaction."""
        self._db.execute(select(tables.calls.c.call_id).where(tables.calls.c.call_id == call_id).with_for_update())

    def _end_part(self, facts: CallFacts, entry: Ended) -> None:
        parts = tables.parts
        self._insert_new(parts, _part(facts))
        ended = {"ended_at": entry.ended_at, "result": entry.result, "reason": entry.reason}
        done = self._db.execute(
            update(parts)
            .where(parts.c.part == facts.part)
            # What a keeper took for dead has its own word for the end.
            .where(parts.c.ended_at.is_(None) | (parts.c.reason == PROCESS_DIED[1]))
            .values(**ended, superseded=entry.superseded)
        )
        if not done.rowcount:
            return
        own = {"part": facts.part, "call_id": facts.call_id}
        for turn in entry.turns:
            self._insert_new(tables.turns, {**own, **msgspec.structs.asdict(turn)})
        for kind, names in (("note", entry.notes), ("fault", entry.faults)):
            for name, number in names.items():
                self._insert_new(tables.counts, {**own, "kind": kind, "name": name, "number": number})

    def _compute(self, call_id: str, *, wait_s: float) -> None:
        """Compute a call from its parts. `wait_s`: how long it may come back, where it has ended."""
        parts = self._db.execute(
            select(tables.parts).where(tables.parts.c.call_id == call_id).order_by(tables.parts.c.started_at)
        ).mappings()
        found = list(parts)
        lasting = [part for part in found if not part["superseded"]] or found
        last = lasting[-1]
        started = min(part["started_at"] for part in found)
        ended = last["ended_at"]
        waits = select(tables.turns).where(tables.turns.c.call_id == call_id, tables.turns.c.kind != "phrase")
        turns = list(self._db.execute(waits).mappings())
        waited = sorted(turn["wait_ms"] for turn in turns if turn["wait_ms"] is not None)
        self._db.execute(
            update(tables.calls)
            .where(tables.calls.c.call_id == call_id)
            .values(
                **{name: last[name] for name in _PART_FACTS},
                started_at=started,
                ended_at=ended,
                seconds=None if ended is None else max(0.0, ended - started),
                result=last["result"],
                reason=last["reason"],
                resumed=len(lasting) - 1,
                turns=len(turns),
                failed=sum(turn["outcome"] == "failed" for turn in turns),
                barge_ins=sum(turn["barge_ins"] for turn in turns),
                wait_p50_ms=waited[len(waited) // 2] if waited else None,
                wait_max_ms=waited[-1] if waited else None,
            )
        )
        if self._events:
            self._tell(call_id, last["part"], ended, wait_s)

    def _tell(self, call_id: str, part: str, ended: float | None, wait_s: float) -> None:
        """Put the end of a call into the outbox, and take one out that was none: the call has come back."""
        outbox = tables.outbox
        event = str(uuid.uuid5(_EVENT_NAMES, part))
        early = (outbox.c.call_id == call_id) & (outbox.c.state == "waiting") & (outbox.c.tries == 0)
        self._db.execute(delete(outbox).where(early & (outbox.c.event != event)))
        if ended is None:
            return
        body = ended_event(event, ended, call_object(*call_rows(self._db, call_id)))
        row = {"event": event, "call_id": call_id, "at": ended, "due_at": self._now + wait_s, "tries": 0}
        row |= {"state": "waiting", "problem": "", "body": msgspec.json.encode(body).decode()}
        self._insert_new(outbox, row)

    def _insert_new(self, table: Any, row: dict[str, Any]) -> None:
        """Insert a row, unless it is there."""
        on = sqlite if self._db.dialect.name == "sqlite" else postgresql
        self._db.execute(on.insert(table).values(**row).on_conflict_do_nothing())


def _call_of(entry: Entry) -> str:
    return entry.call_id if isinstance(entry, FileNamed) else entry.facts.call_id


def _part(facts: CallFacts) -> dict[str, Any]:
    row = msgspec.structs.asdict(facts)
    return {**row, "ended_at": None, "result": "", "reason": "", "superseded": False}


def forget(connection: Connection, kind: str, key: str, at: float) -> None:
    """Remember that something was deleted, so that what still waits in a spool is not written."""
    tombs = tables.deletions
    connection.execute(delete(tombs).where(tombs.c.kind == kind, tombs.c.key == key))
    connection.execute(insert(tombs).values(kind=kind, key=key, at=at))
