"""Share the database among the chores: opened once, brought to this version by the first that wants it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from random import SystemRandom
from typing import Final

from sqlalchemy import Connection, Engine

from ivr.config.settings import Settings
from ivr.records.database import DatabaseProblem, make_engine, prepare, writing

log = logging.getLogger("ivr.records")

CHANCE: Final = SystemRandom()
LONGEST_AWAY: Final = 30.0
"""Seconds between two attempts while the database is away."""


class RecordsDatabase:
    """Hold the database of the keeper."""

    def __init__(self, settings: Settings, chance: Callable[[], float] = CHANCE.random) -> None:
        self._settings = settings
        self._chance = chance
        self._engine: Engine | None = None
        self._lock = threading.Lock()
        self._failures = 0

    def __repr__(self) -> str:
        return f"<RecordsDatabase {'away' if self._failures else 'there'}>"

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Open a transaction. Raises DatabaseProblem."""
        with self._lock:
            if self._engine is None:
                engine = make_engine(self._settings)
                try:
                    prepare(engine, self._settings)
                except BaseException:
                    engine.dispose()
                    raise
                self._engine = engine
        with writing(self._engine) as connection:
            yield connection

    def close(self) -> None:
        """Close every connection. It opens again when it is wanted."""
        with self._lock:
            if self._engine is not None:
                self._engine.dispose()
            self._engine = None

    def lost(self, problem: DatabaseProblem) -> float:
        """Note that the database cannot be used; return the seconds until it is tried again. Told once."""
        self._failures += 1
        if self._failures == 1:
            log.warning("database_lost", extra={"why": str(problem), "setting": "IVR_DATABASE_URL"})
        # Many machines that lost one database do not come back to it at once.
        return min(LONGEST_AWAY, 2.0 ** min(self._failures - 1, 10)) * (0.5 + self._chance() / 2)

    def there(self) -> None:
        """Note that the database was used."""
        if self._failures:
            log.info("database_back")
        self._failures = 0
