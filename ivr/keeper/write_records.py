"""Take the records of calls from the spool to the database."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Sequence
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from ivr.config.settings import Settings
from ivr.keeper.records_database import RecordsDatabase
from ivr.records.database import DatabaseProblem
from ivr.records.folder import spool_folder
from ivr.records.frames import Frame
from ivr.records.record import Entry, decode_entry
from ivr.records.spool_reader import SpoolFile, SpoolReader
from ivr.records.store import RESUME_S, RecordStore

log = logging.getLogger("ivr.records")

SPOOL_LOOK_S: Final = 0.5
"""Seconds between two looks into the spool."""
WRITTEN_BATCH: Final = 200
"""Records of one transaction."""


class WriteRecords:
    """Write what the spool has."""

    name = "records"

    def __init__(self, settings: Settings, database: RecordsDatabase) -> None:
        self._events = bool(settings.events_url)
        self._database = database
        self._reader = SpoolReader(spool_folder(settings.data_dir))
        self._behind = 0
        self._refused = 0

    def report(self) -> dict[str, float]:
        """Return how many records wait, and how many the database does not take."""
        return {"records_behind": float(self._behind), "records_refused": float(self._refused)}

    def work(self, now: float) -> float:
        """Write some records of each file."""
        more = False
        files = self._reader.files()
        try:
            for file in files:
                more = self._take(file, now) or more
        except DatabaseProblem as problem:
            self._behind = self._reader.waiting()
            return self._database.lost(problem)
        self._behind = self._reader.waiting() if more else 0
        return 0.0 if more else SPOOL_LOOK_S

    def _take(self, file: SpoolFile, now: float) -> bool:
        """Write some records of a file; return whether it may have more."""
        # Looked at before it is read: what is added afterwards is seen the next time.
        left = self._reader.is_left(file)
        frames = self._reader.read(file)[:WRITTEN_BATCH]
        if frames:
            self._write(frames, now)
            self._reader.done(file, frames[-1].end)
            return True
        if left:
            self._finish(file, now)
        return False

    def _write(self, frames: Sequence[Frame], now: float) -> None:
        entries = []
        for frame in frames:
            try:
                entries.append((decode_entry(frame.payload), frame))
            except ValueError as fault:
                self._refuse(frame, str(fault))
        try:
            self._store([entry for entry, _ in entries], now)
        except DatabaseProblem:
            raise
        except (SQLAlchemyError, ValueError, OverflowError):
            # One of them is not fit for the database: each by itself, so that it costs the others nothing.
            for entry, frame in entries:
                try:
                    self._store([entry], now)
                except DatabaseProblem:
                    raise
                except (SQLAlchemyError, ValueError, OverflowError) as fault:
                    self._refuse(frame, type(fault).__name__)

    def _store(self, entries: Sequence[Entry], now: float) -> None:
        with self._database.transaction() as connection:
            RecordStore(connection, events=self._events, now=now).write(entries)
        self._database.there()

    def _refuse(self, frame: Frame, why: str) -> None:
        self._refused += 1
        name = f"{uuid.uuid4().hex}.json"
        self._reader.refuse(frame.payload, name)
        log.warning("record_refused", extra={"file": name, "why": why.partition("\n")[0][:200]})

    def _finish(self, file: SpoolFile, now: float) -> None:
        """Delete a file that is done. Where its process died with calls on the line, say so of them first."""
        if self._reader.is_writer_gone(file):
            with self._database.transaction() as connection:
                store = RecordStore(connection, events=self._events, now=now)
                if store.open_parts(file.writer):
                    # A call may come back to another process, which then has the word.
                    age = self._reader.age(file, now)
                    if age < RESUME_S:
                        return
                    calls = store.end_parts(file.writer, now - age)
                    log.warning("calls_broke_off", extra={"calls": calls})
            self._database.there()
        self._reader.delete(file)
