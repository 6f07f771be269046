"""Be one node of a fleet: its name, its heartbeat, and the places of its calls.

A call asks for two things, and waits for each no longer than the client's bound: a place when it rings (`take`), and
whether its stream's token is fresh (`arrive`). All else happens in the background, at each heartbeat: the places of the
calls on the line are renewed (and written again where the store has lost them), what became of awaited calls is looked
up, and the other nodes are read.

While the store is away nothing is known of the others, and nothing is waited for: None is the answer, and the node goes
by its own limits (`ivr.server.admission`).
"""

from __future__ import annotations

import asyncio
import logging
import math
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ivr import __version__
from ivr.fleet import heartbeat, scripts
from ivr.fleet.client import Valkey
from ivr.fleet.heartbeat import Heartbeat, NodeName
from ivr.fleet.keys import key
from ivr.fleet.slots import Arrival, LiveSlot, SlotAnswer, SlotLimits, Slots, Timing, run

if TYPE_CHECKING:
    from redis.asyncio import Redis

log = logging.getLogger("ivr.fleet")

UNSETTLED_S: Final = 1.0
"""Seconds between two heartbeats of a node that does not know yet whether its name is its own."""
_NODES, _LIMITS, _SLOTS, _OWNERS = key("nodes"), key("limits"), key("slots"), key("owners")


@dataclass(slots=True)
class FleetNews:
    """Hold what is called when a node learns something of the others. By default nothing is."""

    superseded: Callable[[str, str, int], None] = lambda _node, _call, _stream: None
    """Another node carried a call that a stream here has taken: node, call, and number of the stream to end."""
    lost: Callable[[str, int], None] = lambda _call, _stream: None
    """A call that is on the line here has a newer stream elsewhere: call, and number of the stream here."""
    settled: Callable[[str], None] = lambda _call: None
    """A call that was answered here has come to another node, or will not come."""
    nodes: Callable[[], None] = lambda: None
    """The other nodes were read."""
    name_taken: Callable[[], None] = lambda: None
    """The name is in use by another bridge."""


@dataclass(frozen=True, slots=True)
class _Given:
    line: str
    until: float


class Fleet:
    """Share the places of calls with other nodes. Belongs to the loop in which `open` is called."""

    def __init__(
        self,
        store: Valkey,
        name: str,
        max_calls: Callable[[], int],
        *,
        most: int = 0,
        draining: Callable[[], bool] = lambda: False,
        timing: Timing | None = None,
        wall: Callable[[], float] = time.time,
    ) -> None:
        """Take the store, the name of this node (of a worker: `NODE.INDEX`), and how many calls it carries at most.

        `most`: calls of the whole fleet; 0: as many as the nodes carry together. `wall`: the time of day.
        """
        self.store = store
        self.tell = FleetNews()
        self.beats: Mapping[str, Heartbeat] = {}
        """The heartbeats of all nodes by name, this one's too, as they were at the last beat."""
        self.slots = Slots(store, timing)
        self._calls = math.nan
        self._max_calls = max_calls
        self._most = most
        self._draining = draining
        self._wall = wall
        self._name = NodeName(name, secrets.token_hex(8), self.slots.timing.beat)
        self._seq = 0
        self._live: dict[str, LiveSlot] = {}
        self._given: dict[str, _Given] = {}
        """Calls that were answered here and have not come here."""
        self._offset: float | None = None
        """Seconds by which the store's clock is ahead of the loop's."""
        self._beat_now = asyncio.Event()
        self._beating: asyncio.Task[None] | None = None
        self._restores = True
        """The store may have lost the awaited calls."""
        store.on_back.append(self._note_back)

    def __repr__(self) -> str:
        return f"<Fleet {self._name!r} {len(self._live)} live, {len(self._given)} awaited, {self.store!r}>"

    @property
    def node(self) -> str:
        """Return the name of this node. It may change once, seconds after the start: see `NodeName`."""
        return self._name.name

    @property
    def others(self) -> list[Heartbeat]:
        """Return the other nodes that lived at the last beat."""
        return [beat for beat in self.beats.values() if beat.boot != self._name.boot]

    @property
    def others_take(self) -> bool:
        """Tell whether another node takes calls, and so may get the streams that are awaited."""
        return bool(self.store.up) and any(not beat.draining for beat in self.others)

    @property
    def calls(self) -> float:
        """Return the calls of the fleet at the last beat, awaited ones too. NaN: not known."""
        return self._calls if self.store.up else math.nan

    @property
    def nodes(self) -> float:
        """Return how many nodes lived at the last beat. NaN: not known."""
        return float(len(self.beats)) if self.store.up and self.beats else math.nan

    @property
    def store_up(self) -> float:
        """Return whether the store can be asked, 1 or 0. NaN: not known yet."""
        return math.nan if self.store.up is None else float(self.store.up)

    def open(self) -> None:
        """Begin, in the background of the running loop."""
        self.store.open()
        self._beating = asyncio.create_task(self._beat_again())

    async def close(self) -> None:
        """End: what this node holds is free, as far as the store hears of it."""
        if self._beating is not None:
            self._beating.cancel()
            await asyncio.gather(self._beating, return_exceptions=True)
            self._beating = None
        for call in list(self._live):
            self.leave(call, self._live[call].stream)
        keys, given = [key("node", self.node), _NODES, _LIMITS], [self.node, self._name.boot]
        self.store.post(lambda store: run(store, scripts.DEPART, keys, given))
        await self.store.close()

    def beat_soon(self) -> None:
        """Let the others hear at once what has changed here: that this node drains."""
        self._beat_now.set()

    # -- calls ---------------------------------------------------------------------------------------------------

    async def take(self, call: str, line: str, line_most: int = 0, *, known: bool = False) -> SlotAnswer | None:
        """Take a place for a call that rings. None: the store cannot be asked. `known`: it is never refused."""
        limits = SlotLimits(self._max_calls(), self._most, line_most)
        known = known or call in self._live or call in self._given
        answer = await self.slots.take(call, line, self.node, limits, known=known)
        # Also where the store is away: it may be back before the stream comes.
        if answer in ("new", "known", None) and call not in self._live:
            until = asyncio.get_running_loop().time() + self.slots.timing.hold
            self._given[call] = _Given(line, until)
        return answer

    async def arrive(self, call: str, line: str, stream: int, nonce: bytes = b"") -> bool:
        """Note that a stream here carries a call. False: its token was used before, the stream must be refused."""
        began = asyncio.get_running_loop().time()
        arrival = await self.slots.arrive(call, line, self.node, stream, nonce)
        if arrival is not None and not arrival.fresh:
            return False
        self._given.pop(call, None)
        if arrival is None:
            arrival = Arrival(True, began + self._offset if self._offset is not None else 0.0)
        self._live[call] = LiveSlot(line, stream, arrival.since)
        if arrival.older is not None and arrival.older.node != self.node:
            self.tell.superseded(arrival.older.node, call, arrival.older.stream)
        return True

    def leave(self, call: str, stream: int) -> None:
        """Free the place of a call whose stream is over. Nothing waits."""
        slot = self._live.get(call)
        if slot is not None and slot.stream == stream:
            del self._live[call]
            self.slots.leave(call, slot)

    def forget(self, call: str, lines: Sequence[str]) -> None:
        """Free the place of a call that will not come, of one of these lines. Nothing waits."""
        self._given.pop(call, None)
        self.slots.forget(call, lines)

    def _note_back(self) -> None:
        self._restores = True
        self._beat_now.set()

    # -- the heartbeat -------------------------------------------------------------------------------------------

    async def _beat_again(self) -> None:
        while True:
            try:
                await self._beat()
            except Exception:
                log.exception("fleet_beat_failed")
            seconds = self.slots.timing.beat if self._name.settled else min(UNSETTLED_S, self.slots.timing.beat)
            try:
                async with asyncio.timeout(seconds):
                    await self._beat_now.wait()
            except TimeoutError:
                pass
            self._beat_now.clear()

    async def _beat(self) -> None:
        """Say that this node lives, read the others, and keep the places of its calls."""
        now = asyncio.get_running_loop().time()
        if not await self._say_alive(now):
            return
        # In the queue of what is written, so that no call that has left by then gets its place back.
        self.store.post(self._renew)
        for call in [call for call, given in self._given.items() if now >= given.until]:
            del self._given[call]
        if self._restores:
            self._restores = False
            await self.slots.restore((call, given.line, given.until - now) for call, given in self._given.items())
        for call in await self.slots.settled(self._given):
            self._given.pop(call, None)
            self.tell.settled(call)

    async def _say_alive(self, now: float) -> bool:
        """Write this node's heartbeat and read those of all. False: the store cannot be asked."""
        timing, name = self.slots.timing, self._name
        self._seq += 1
        draining = self._draining()
        # One that drains gives no room for new calls, only for those that it has.
        limit = len(self._live) if draining else self._max_calls()
        beat = Heartbeat(
            name.name, name.boot, self._seq, len(self._live), self._max_calls(), draining, __version__, self._wall()
        )
        keys = [key("node", name.name), _NODES, _LIMITS, _SLOTS, _OWNERS]
        given = [name.name, name.boot, heartbeat.encode(beat), timing.live, limit]
        given += [int(name.may_force(now)), key("node", "")]
        found = await self.store.ask(lambda store: run(store, scripts.BEAT, keys, given), None)
        if found is None:
            return False
        mine, met, clock, calls, beats = found
        # The store was emptied, or this node was silent for so long that its places have fallen free.
        self._restores = self._restores or (name.settled and not met)
        if mine:
            name.accepted()
        elif name.met(heartbeat.decode(met), now):
            log.warning("node_name_taken", extra={"problem": in_use(keys[0].rpartition(":")[2]), "node": name.name})
            self.tell.name_taken()
            self._beat_now.set()
        self._offset = float(clock) - now
        self._calls = float(calls)
        self.beats = heartbeat.decode_all(beats)
        self.tell.nodes()
        return True

    async def _renew(self, store: Redis) -> None:
        for call in await self.slots.renew(store, self.node, self._live):
            slot = self._live.pop(call, None)
            if slot is not None:
                self.tell.lost(call, slot.stream)


def in_use(name: str) -> str:
    """Return what an operator reads where two bridges have one name."""
    return f"IVR_NODE {name} is in use by another bridge: give each its own name"
