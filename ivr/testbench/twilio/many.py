"""Place many calls from one process, and say whether the process kept up: its CPU time and its own lateness.

A measurement is about the bridge only while the phones themselves are on time (`certified`).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from ivr.testbench.recording import CERTIFIED_MS, PhoneRecord


@dataclass(frozen=True, slots=True)
class ManyCalls:
    """Hold what came of them."""

    records: Sequence[PhoneRecord]
    """Of each call, in the order of their numbers."""
    wall_s: float
    cpu_s: float
    """CPU time of this process."""

    def __str__(self) -> str:
        kept = "kept time" if self.certified else "was late: its figures are not the bridge's"
        return (
            f"{len(self.records)} calls in {self.wall_s:.1f} s, {100 * self.cpu_share:.0f} % of a core; this process "
            f"{kept} (p99 {self.lateness_p99_ms:.1f} ms)"
        )

    @property
    def cpu_share(self) -> float:
        """Return the share of one core that the phones took."""
        return self.cpu_s / self.wall_s if self.wall_s else 0.0

    @property
    def lateness_p99_ms(self) -> float:
        """Return how late the chunks of all calls left, in milliseconds, 99th percentile."""
        late = sorted(ms for record in self.records for ms in record.lateness_ms)
        return late[int(len(late) * 0.99)] if late else 0.0

    @property
    def certified(self) -> bool:
        """Return whether all the phones together kept their time."""
        return self.lateness_p99_ms <= CERTIFIED_MS


async def place_many(count: int, place: Callable[[int], Awaitable[PhoneRecord]], *, every_s: float = 0.0) -> ManyCalls:
    """Place `count` calls, one each `every_s` seconds. `place` gets the number of each, from 0."""
    loop = asyncio.get_running_loop()
    began, cpu = loop.time(), time.process_time()

    async def one(number: int) -> PhoneRecord:
        await asyncio.sleep(number * every_s)
        return await place(number)

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one(number)) for number in range(count)]
    return ManyCalls([task.result() for task in tasks], loop.time() - began, time.process_time() - cpu)
