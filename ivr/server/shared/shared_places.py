"""Ask the common places of the machine, and go on without them where they cannot be read.

A worker keeps in its own memory what it gave and what it carries. While the common file is locked for too long, full or
gone, each worker takes calls up to its part of the limit by that; then it writes all of it into the file again.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final, TypeVar

from ivr.server.shared.memory_places import MemoryPlaces
from ivr.server.shared.places import Admitted, Awaited, Owner, Place, Terms
from ivr.server.shared.sqlite_places import SqlitePlaces
from ivr.server.shared.worker import Worker

T = TypeVar("T")

AGAIN_S: Final = 1.0
"""Seconds until a file that could not be used is tried again."""
LOOK_AGAIN_S: Final = 0.5
"""Seconds after which to look again whether the streams that are awaited have come to other workers."""


class SharedPlaces:
    """Keep the places of a worker that does not serve alone: see `Places`."""

    def __init__(self, worker: Worker, connect: Callable[[], SqlitePlaces]) -> None:
        """Take how the common file is opened. It is not before `beat`."""
        self.why = "not open yet"
        """Why the common file cannot be used, in words of SQLite; empty: it can."""
        self._worker = worker
        self._connect = connect
        self._own = MemoryPlaces(worker.index)
        self._common: SqlitePlaces | None = None
        self._again_at = float("-inf")
        self._draining = False

    def __repr__(self) -> str:
        return f"<SharedPlaces {self._common or 'down'}, own {self._own!r}>"

    @property
    def up(self) -> bool:
        """Tell whether the common file can be used."""
        return self._common is not None

    def beat(self, now: float) -> None:
        """Open the common file where it is not open, and write what this worker knows into it."""
        if not self._ask(lambda common: common.is_shared(), otherwise=True):
            self.why = "the file was deleted"
            self._close()
        if self._common is not None or now < self._again_at:
            return
        self._again_at = now + AGAIN_S
        try:
            common = self._connect()
        except sqlite3.Error as error:
            self.why = str(error)
            return
        self._common, self.why = common, ""
        awaited = [place for place in self._own.all_awaited() if now < place.deadline]
        live, used = self._own.all_live(), self._own.all_used()
        self._ask(lambda common: common.restore(live, awaited, used, self._draining), None)

    def end(self) -> None:
        """Free what this worker holds, and close the file."""
        self._ask(lambda common: common.end(), None)
        self._close()
        self._again_at = float("inf")

    def admit(self, asked: Place, terms: Terms, now: float) -> Admitted:
        """See `Places`. Without the common file there is room for this worker's part of the calls."""
        admitted = self._ask(lambda common: common.admit(asked, terms, now), None)
        if admitted is None:
            # A part of none would be no limit.
            line = max(1, self._worker.share(terms.max_line)) if terms.max_line else 0
            part = replace(terms, max_calls=self._worker.share(terms.max_calls), max_line=line)
            return self._own.admit(asked, part, now)
        if admitted.place is not None:
            self._own.put(admitted.place, now)
        return admitted

    def expect(self, call_id: str, now: float) -> Place | None:
        """See `Places`."""
        own = self._own.expect(call_id, now)
        return self._ask(lambda common: common.expect(call_id, now), own)

    def redeem(self, nonce: bytes, until: float, now: float) -> bool:
        """See `Places`. Without the common file a token may be used once at each worker."""
        if not self._own.redeem(nonce, until, now):
            return False
        return self._ask(lambda common: common.redeem(nonce, until, now), otherwise=True)

    def arrive(self, call_id: str, stream: int, line: str = "") -> Owner | None:
        """See `Places`."""
        own = self._own.arrive(call_id, stream, line)
        return self._ask(lambda common: common.arrive(call_id, stream, line), own)

    def leave(self, call_id: str, stream: int, now: float) -> bool:
        """See `Places`."""
        own = self._own.leave(call_id, stream, now)
        return self._ask(lambda common: common.leave(call_id, stream, now), own)

    def forget(self, call_id: str) -> None:
        """See `Places`."""
        self._own.forget(call_id)
        self._ask(lambda common: common.forget(call_id), None)

    def learn(self, call_id: str, found: Mapping[str, str]) -> None:
        """See `Places`."""
        self._own.learn(call_id, found)
        self._ask(lambda common: common.learn(call_id, found), None)

    def owner(self, call_id: str) -> Owner | None:
        """See `Places`."""
        return self._ask(lambda common: common.owner(call_id), self._own.owner(call_id))

    def awaited(self, now: float) -> Awaited:
        """See `Places`. `expires_at` is soon: no other worker tells when a stream has come to it."""
        awaited = self._ask(lambda common: common.awaited(now), self._own.awaited(now))
        if awaited.expires_at is None:
            return awaited
        return replace(awaited, expires_at=min(awaited.expires_at, now + LOOK_AGAIN_S))

    def drain(self) -> None:
        """See `Places`."""
        self._draining = True
        self._ask(lambda common: common.drain(), None)

    def others_take(self) -> bool:
        """See `Places`. Without the common file it is not known: this worker waits for what it answered itself."""
        return self._ask(lambda common: common.others_take(), otherwise=False)

    def keep(self, call_id: str, snapshot: bytes, most: int) -> None:
        """See `Places`."""
        self._own.keep(call_id, snapshot, most)
        self._ask(lambda common: common.keep(call_id, snapshot, most), None)

    def kept(self, call_id: str) -> bytes | None:
        """See `Places`."""
        return self._ask(lambda common: common.kept(call_id), self._own.kept(call_id))

    def carriers(self) -> Mapping[str, int] | None:
        """Return the worker that carries each call. None: it cannot be read now."""
        return self._ask(lambda common: common.carriers(), None)

    def _ask(self, ask: Callable[[SqlitePlaces], T], otherwise: T) -> T:
        """Return what the common file says, or `otherwise` where it cannot be used."""
        if self._common is None:
            return otherwise
        try:
            return ask(self._common)
        except sqlite3.Error as error:
            self.why = str(error) or type(error).__name__
            self._close()
            return otherwise

    def _close(self) -> None:
        if self._common is not None:
            self._common.close()
        self._common = None
