"""Let the workers of one machine see how much each has to do: a few whole numbers in memory that they share.

The parent makes the table before it forks. Each worker writes its own row, all read all; a value that is old by some
milliseconds does no harm.
"""

from __future__ import annotations

import mmap
from typing import Final

ABSENT: Final = -1
ROW_COUNTS_S: Final = 0.5
"""Seconds for which a row counts. A worker writes its own ten times a second: one that does not hangs."""
_BYTES: Final = 8
_ROW_FIELDS: Final = 3


class WorkerTable:
    """Hold a row for each worker: its load, whether its phrases are rendered, and when it wrote that."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._shared = mmap.mmap(-1, _ROW_FIELDS * count * _BYTES)
        values = memoryview(self._shared).cast("q")
        self._loads, self._prepared, self._written = (
            values[column * count : (column + 1) * count] for column in range(_ROW_FIELDS)
        )
        for index in range(count):
            self.clear(index)

    def __repr__(self) -> str:
        return f"<WorkerTable {list(self._loads)}>"

    def clear(self, index: int) -> None:
        """Note that there is no such worker any more, or not yet."""
        self._loads[index], self._prepared[index] = ABSENT, False

    def publish(self, index: int, load: int, prepared: bool, now: float) -> None:
        """Write a worker's row: calls and connections that it serves, and whether its phrases are rendered.

        `now`: seconds of the machine's clock that is never set.
        """
        self._loads[index], self._prepared[index], self._written[index] = load, prepared, int(1000 * now)

    def others(self, index: int, now: float) -> list[int]:
        """Return the loads of the other workers that live and do not hang."""
        since = 1000 * (now - ROW_COUNTS_S)
        return [
            load
            for other, (load, written) in enumerate(zip(self._loads, self._written, strict=True))
            if other != index and load != ABSENT and written >= since
        ]

    def prepared(self) -> bool:
        """Tell whether the phrases of any worker that lives are rendered."""
        return any(self._prepared)
