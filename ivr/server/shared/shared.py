"""Join what a worker shares with the others: their common places, and messages from one to another.

`Shared()` is that of a process that serves alone: its places are in its memory, and there is no other to tell.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping

from ivr.fleet.messages import Message
from ivr.observe.metrics import ReadGauge
from ivr.server.shared.control import Control
from ivr.server.shared.memory_places import MemoryPlaces
from ivr.server.shared.places import Places
from ivr.server.shared.shared_places import SharedPlaces
from ivr.server.shared.sqlite_places import SqlitePlaces
from ivr.server.shared.worker import Worker
from ivr.server.shared.worker_messages import OfDirectory, WorkerMessage

log = logging.getLogger("ivr.shared")


class Shared:
    """Hold what one worker shares. The parent has called `sqlite_places.prepare(folder)` before."""

    def __init__(self, worker: Worker | None = None) -> None:
        """Take which worker this is; by default one that serves alone."""
        self.worker = worker or Worker()
        self.places: Places = MemoryPlaces(self.worker.index)
        self._common: SharedPlaces | None = None
        self._control: Control | None = None
        folder = self.worker.folder
        if folder is not None:
            self.places = self._common = SharedPlaces(self.worker, lambda: SqlitePlaces(folder, self.worker))
            self._control = Control(folder, self.worker.index)
        self._was_up = True
        self.takes: Callable[[WorkerMessage], bool] = lambda message: isinstance(message, OfDirectory)
        """Takes what is for the directory of this worker. False: it is for the bridge."""

    def __repr__(self) -> str:
        return f"<Shared worker {self.worker.index} of {self.worker.count}, {self.places!r}>"

    @property
    def alone(self) -> bool:
        """Tell whether this process serves alone."""
        return self._common is None

    @property
    def up(self) -> bool:
        """Tell whether the common places can be read. Without them each worker takes its part of the calls."""
        return self._common is None or self._common.up

    @property
    def index(self) -> int:
        """Return the index of this worker."""
        return self.worker.index

    def gauge(self) -> ReadGauge:
        """Return what tells Prometheus whether the common places can be read."""
        help_text = "Whether the places that all workers share can be read"
        return ReadGauge("ivr_shared_store_up", help_text, lambda: float(self.up))

    def open(self, receive: Callable[[Message], None], now: float) -> None:
        """Begin, in the running loop of the worker, not of its parent. `receive` is given what other workers tell."""
        if self._control is not None:
            # Without messages the calls go on: see `ivr.fleet.messages`.
            try:
                self._control.open(lambda message: self._pass(message, receive))
            except OSError as error:
                log.warning("workers_not_heard", extra={"why": error.strerror or type(error).__name__})
        self.beat(now)

    def close(self) -> None:
        """End: what this worker holds is free."""
        if self._control is not None:
            self._control.close()
        if self._common is not None:
            self._common.end()

    def _pass(self, message: WorkerMessage, receive: Callable[[Message], None]) -> None:
        if not self.takes(message) and not isinstance(message, OfDirectory):
            receive(message)

    def tell(self, worker: int, message: Message) -> None:
        """Tell another worker, without waiting. A message may be lost."""
        self.send(worker, message)

    def send(self, worker: int, message: WorkerMessage) -> bool:
        """Tell another worker, without waiting. False: there is none, or it does not read."""
        return self._control is not None and self._control.send(worker, message)

    def carriers(self) -> Mapping[str, int] | None:
        """Return the worker that carries each call. None: it cannot be read now."""
        return self._common.carriers() if self._common is not None else None

    def carrier(self, call_id: str) -> int | None:
        """Return the worker that carries a call."""
        owner = self.places.owner(call_id)
        return owner.worker if owner is not None else None

    def beat(self, now: float) -> bool:
        """Try again what could not be had. Return whether the common places came or went since the last beat."""
        if self._common is None:
            return False
        self._common.beat(now)
        if self._common.up == self._was_up:
            return False
        self._was_up = self._common.up
        if self._was_up:
            log.info("shared_store_back")
        else:
            log.warning("shared_store_lost", extra={"why": self._common.why})
        return True
