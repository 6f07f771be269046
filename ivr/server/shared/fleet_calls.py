"""Ask the fleet for the places of this process's calls, where there is one (`IVR_REDIS_URL`).

Two questions wait for the store, for a bounded time: `take` when a call rings, and `arrive` when its stream begins.
Without a fleet, and while its store is away, both answer at once, and the machine's own places decide.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sized
from typing import Final, Protocol

from ivr.config.lines import Line
from ivr.config.settings import Settings
from ivr.fleet.client import Valkey
from ivr.fleet.fleet import Fleet
from ivr.fleet.heartbeat import share
from ivr.fleet.messages import Message, Superseded
from ivr.observe.metrics import Metrics, ReadGauge
from ivr.server.admission import Room
from ivr.server.compose import node_name
from ivr.server.shared.worker import Worker

SKEW_S: Final = 90.0
"""Seconds by which the clocks of two machines may differ."""


class OwnCalls(Sized, Protocol):
    """Know the calls of this process."""

    max_calls: int
    others_take: Callable[[], bool]

    @property
    def draining(self) -> bool:
        """Tell whether no new calls are taken."""

    def awaited(self, now: float) -> int:
        """Return how many places are given and not yet taken."""

    def forget(self, call_id: str) -> None:
        """Free the place of a call that does not come."""


class FleetCalls:
    """Share the places of one process's calls with other machines."""

    def __init__(
        self,
        settings: Settings,
        worker: Worker,
        own: OwnCalls,
        store: Valkey | None,
        leaving: Callable[[], bool] = lambda: False,
    ) -> None:
        """Take the calls of this process. `store`: None where the machine is alone.

        `leaving`: the process is about to take no calls.
        """
        self.fleet: Fleet | None = None
        self._settings, self._worker, self._own = settings, worker, own
        self._tasks: set[asyncio.Task[bool]] = set()
        if store is None:
            return
        fleet = self.fleet = Fleet(
            store,
            node_name(settings, worker),
            lambda: worker.share(own.max_calls),
            most=settings.fleet_max_calls,
            draining=lambda: leaving() or own.draining,
        )
        fleet.tell.settled = own.forget
        own.others_take = lambda: fleet.others_take

    def __repr__(self) -> str:
        return f"<FleetCalls {self.fleet!r}>"

    @property
    def node(self) -> str:
        """Return the name of this process among all that carry calls. In a fleet it may change once."""
        return node_name(self._settings, self._worker) if self.fleet is None else self.fleet.node

    def clock(self) -> float:
        """Return the time by which tokens are good, in seconds.

        The monotonic clock of a machine says nothing to another: between machines it is the time of day, which is
        never quite the same on two of them, and therefore believed within `SKEW_S`. A token is used once all the same.
        """
        return time.time() if self.fleet is not None else asyncio.get_running_loop().time()

    @property
    def skew_s(self) -> float:
        """Return by how many seconds the clock may be off."""
        return SKEW_S if self.fleet is not None else 0.0

    def open(
        self,
        superseded: Callable[[Message], None],
        tell_node: TellNode,
        metrics: Metrics,
        paced: Callable[[float], None] = lambda _part: None,
    ) -> None:
        """Begin, in the running loop. `superseded` hears what ends a stream here, `tell_node` what ends one there.

        `paced` is told which part of the connections to the speech service this process may open.
        """
        if (fleet := self.fleet) is None:
            return
        for gauge in fleet_gauges(fleet):
            metrics.add(gauge)

        def tell(node: str, call: str, stream: int) -> None:
            task = asyncio.create_task(tell_node(node, Superseded(call, stream)))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

        fleet.tell.superseded = tell
        fleet.tell.name_taken = lambda: metrics.noted("node_name_taken")
        fleet.tell.nodes = lambda: paced(share(self._worker.count, fleet.beats.values()))
        fleet.tell.lost = lambda call, stream: superseded(Superseded(call, stream))
        fleet.open()

    async def close(self) -> None:
        """End: what this process holds is free."""
        if self.fleet is not None:
            for task in list(self._tasks):
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            await self.fleet.close()

    # -- calls ---------------------------------------------------------------------------------------------------

    async def take(self, call_id: str, line: Line, *, known: bool = False) -> Room:
        """Take a place for a call that rings. `known`: it was let in before, and is not turned away now."""
        if self.fleet is None:
            return "unknown"
        answer = await self.fleet.take(call_id, line.name, line.max_calls, known=known)
        return "unknown" if answer is None else "given" if answer in ("new", "known") else "full"

    async def arrive(self, call_id: str, line: Line, stream: int, nonce: bytes) -> bool:
        """Note that this process carries a call. False: its token was used at another node."""
        return self.fleet is None or await self.fleet.arrive(call_id, line.name, stream, nonce)

    def leave(self, call_id: str, stream: int) -> None:
        """Free the place of a call whose stream is over."""
        if self.fleet is not None:
            self.fleet.leave(call_id, stream)

    def forget(self, call_id: str) -> None:
        """Free the place of a call that does not come."""
        if self.fleet is not None:
            # Another node may have answered it, for any line.
            self.fleet.forget(call_id, [line.name for line in self._settings.all_lines])

    def stream_url(self, now: float) -> str:
        """Return the URL of the stream of a call that is answered now.

        Where it names a node, that is this one as long as it has room, and then the one with the most.
        """
        settings, fleet = self._settings, self.fleet
        room = self._own.max_calls - len(self._own) - self._own.awaited(now)
        # The call that is answered now is awaited already.
        if not settings.node_path or fleet is None or room >= 0:
            return settings.stream_url
        free: Counter[str] = Counter()
        for beat in fleet.others:
            machine = beat.node.partition(".")[0]
            if machine != settings.node and not beat.draining:
                free[machine] += beat.max_calls - beat.calls
        best = max(free, key=lambda machine: free[machine], default=settings.node)
        return settings.stream_url_of(best if free[best] > 0 else settings.node)


class TellNode(Protocol):
    """Tell another node something. False: it cannot be reached."""

    async def __call__(self, node: str, message: Message) -> bool: ...


def fleet_gauges(fleet: Fleet) -> Iterator[ReadGauge]:
    """Yield what Prometheus reads of a fleet. NaN is what is not known."""
    yield ReadGauge("ivr_fleet_store_up", "Whether the store of the fleet can be asked", lambda: fleet.store_up)
    yield ReadGauge("ivr_fleet_calls", "Calls of all nodes, awaited ones included", lambda: fleet.calls)
    yield ReadGauge("ivr_fleet_nodes", "Nodes that live", lambda: fleet.nodes)
