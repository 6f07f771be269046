"""Delete the records of calls that are over their time, and what is only needed for a while."""

from __future__ import annotations

import logging
from typing import Any, Final

from sqlalchemy import Select, delete, not_, or_, select

from ivr.config.settings import Settings
from ivr.keeper.records_database import RecordsDatabase
from ivr.records import tables
from ivr.records.database import DatabaseProblem
from ivr.records.queries import delete_calls
from ivr.records.store import RecordStore

log = logging.getLogger("ivr.records")

DELETE_EVERY_S: Final = 3600.0
DELETED_AT_ONCE: Final = 2000
"""Calls deleted in one transaction."""
DAY_S: Final = 86_400.0
TOMBS_S: Final = 30 * DAY_S
"""Seconds for which a request to delete is remembered: longer than a spool waits for its database."""
POSTED_S: Final = 7 * DAY_S
"""Seconds for which an event is kept that was posted or given up."""
OPEN_S: Final = 25 * 3600.0
"""Seconds after which a call without an end has one that was lost: none lasts longer than a day."""


class DeleteOld:
    """Keep to the days that the lines say."""

    name = "deletion"

    def __init__(self, settings: Settings, database: RecordsDatabase) -> None:
        self._days = {line.name: line.keep_days for line in settings.all_lines}
        self._database = database

    def report(self) -> dict[str, float]:
        """Return nothing."""
        return {}

    def work(self, now: float) -> float:
        """Delete some; return 0 where there is more."""
        try:
            with self._database.transaction() as connection:
                store = RecordStore(connection, events=False, now=now)
                parts = tables.parts.c
                lost = select(parts.writer).where(parts.ended_at.is_(None), parts.started_at < now - OPEN_S).distinct()
                for writer in list(connection.scalars(lost)):
                    store.end_parts(writer, now)
                gone = delete_calls(connection, list(connection.scalars(self._too_old(now))))
                files, tombs, outbox = tables.files, tables.deletions, tables.outbox
                # Of a call without a record, or whose record is gone.
                orphan = files.c.call_id.not_in(select(tables.calls.c.call_id)) & (files.c.at < now - 2 * DAY_S)
                connection.execute(delete(files).where(orphan))
                connection.execute(delete(tombs).where(tombs.c.at < now - TOMBS_S))
                posted = (outbox.c.state != "waiting") & (outbox.c.at < now - POSTED_S)
                connection.execute(delete(outbox).where(posted))
        except DatabaseProblem as problem:
            return self._database.lost(problem)
        if gone:
            log.info("records_deleted", extra={"calls": gone})
        return 0.0 if gone >= DELETED_AT_ONCE else DELETE_EVERY_S

    def _too_old(self, now: float) -> Select[Any]:
        """Choose the calls whose days are over: those of their line today, else those it had then."""
        calls = tables.calls.c
        known = [calls.line == line for line in self._days]
        over = [
            (calls.line == line) & (calls.started_at < now - days * DAY_S) for line, days in self._days.items() if days
        ]
        then = (calls.keep_days > 0) & (calls.started_at < now - calls.keep_days * DAY_S)
        over.append(then & not_(or_(*known)) if known else then)
        return select(calls.call_id).where(or_(*over)).order_by(calls.started_at).limit(DELETED_AT_ONCE)
