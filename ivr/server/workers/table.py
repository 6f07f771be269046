"""Let the workers of one machine see how much each has to do: a few whole numbers in memory that they share.

The parent makes the table before it forks. Each worker writes its own row, all read all; a value that is old by some
milliseconds does no harm.
"""

from __future__ import annotations

import mmap
from typing import Final

ABSENT: Final = -1
_BYTES: Final = 8


class WorkerTable:
    """Hold a row for each worker: its load, and whether its phrases are rendered."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._shared = mmap.mmap(-1, 2 * count * _BYTES)
        self._values = memoryview(self._shared).cast("q")
        for index in range(count):
            self.clear(index)

    def __repr__(self) -> str:
        return f"<WorkerTable {list(self._values[: self._count])}>"

    def clear(self, index: int) -> None:
        """Note that there is no such worker any more, or not yet."""
        self._values[index] = ABSENT
        self._values[self._count + index] = False

    def publish(self, index: int, load: int, prepared: bool) -> None:
        """Write a worker's row: calls and connections that it serves, and whether its phrases are rendered."""
        self._values[index] = load
        self._values[self._count + index] = prepared

    def others(self, index: int) -> list[int]:
        """Return the loads of the other workers that live."""
        loads = (self._values[other] for other in range(self._count) if other != index)
        return [load for load in loads if load != ABSENT]

    def prepared(self) -> bool:
        """Tell whether the phrases of any worker that lives are rendered."""
        return any(self._values[self._count : 2 * self._count])
