"""Join what a worker shares with the others: their common places, and messages from one to another.

`Shared()` is that of a process that serves alone: its places are in its memory, and there is no other to tell.
"""

from __future__ import annotations

from collections.abc import Callable

from ivr.server.shared.memory_places import MemoryPlaces
from ivr.server.shared.messages import Message
from ivr.server.shared.places import Places
from ivr.server.shared.worker import Worker


class Shared:
    """Hold what one worker shares. The parent of the workers prepares the folder (`prepare_folder`)."""

    def __init__(self, worker: Worker | None = None) -> None:
        """Take which worker this is; by default one that serves alone."""
        self.worker = worker or Worker()
        self.places: Places = MemoryPlaces(self.worker.index)

    def __repr__(self) -> str:
        return f"<Shared worker {self.worker.index} of {self.worker.count}, {self.places!r}>"

    @property
    def alone(self) -> bool:
        """Tell whether this process serves alone."""
        return self.worker.folder is None

    @property
    def up(self) -> bool:
        """Tell whether the common places can be read. Without them each worker takes its part of the calls."""
        return True

    def open(self, receive: Callable[[Message], None]) -> None:
        """Begin, in the running loop of the worker, not of its parent. `receive` is given what other workers tell."""

    def close(self) -> None:
        """End. What this worker holds of the places stays as it is: `release` frees it."""

    def tell(self, worker: int, message: Message) -> None:
        """Tell another worker, without waiting. A message may be lost."""

    def beat(self, now: float) -> bool:
        """Do from time to time what has to be done again. Return whether the places came or went."""
        return False
