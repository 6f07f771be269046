"""Put the faults of a network between the phone and the bridge: latency, jitter, stalls, a dead line, a cut frame.

`NetworkWire` wraps any wire. Order never changes: it stands for one TCP connection. Times are call seconds from the
opening of the socket.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass

from ivr.call.ports import WireClosed
from ivr.testbench.twilio.stream import Clock, FarWire


@dataclass(frozen=True, slots=True)
class NetworkFaults:
    """Hold what is wrong with a connection. All of it is off by default."""

    latency_s: float = 0.0
    """Each way, for every message."""
    jitter_s: float = 0.0
    """At most so much more, drawn for each message."""
    stalls: tuple[tuple[float, float], ...] = ()
    """From when on, and for how long, nothing arrives on either side; all of it comes afterwards."""
    half_open_at_s: float | None = None
    """From then on nothing arrives, and neither side learns of it."""
    cut_at_s: float | None = None
    """Then the connection dies in the middle of a frame."""
    give_up_s: float = 30.0
    """Seconds of a half-open connection until the phone takes it for dead."""

    def __bool__(self) -> bool:
        """Return whether anything is wrong."""
        return self != NetworkFaults()

    def arrives(self, sent: float, chance: random.Random, before: float) -> float:
        """Return when a message that is sent at `sent` arrives. It never overtakes the one that arrives at `before`."""
        at = sent + self.latency_s + chance.random() * self.jitter_s
        for start, seconds in self.stalls:
            if start <= at < start + seconds:
                at = start + seconds
        return max(at, before)


class NetworkWire:
    """Carry messages over a wire as a faulty network does."""

    def __init__(self, wire: FarWire, faults: NetworkFaults, clock: Clock, chance: random.Random) -> None:
        self._wire, self._faults, self._clock, self._chance = wire, faults, clock, chance
        self._opened = clock.now()
        self._last = {">": 0.0, "<": 0.0}
        self._outbox: asyncio.Queue[tuple[float, str]] = asyncio.Queue()
        self._inbox: asyncio.Queue[tuple[float, str | bytes | WireClosed]] = asyncio.Queue()
        self._dead = asyncio.Event()
        self._tasks = [asyncio.ensure_future(work) for work in (self._carry_out(), self._carry_in())]
        if faults.cut_at_s is not None:
            self._tasks.append(asyncio.ensure_future(self._later(faults.cut_at_s, self._cut)))
        if faults.half_open_at_s is not None:
            self._tasks.append(asyncio.ensure_future(self._later(faults.half_open_at_s + faults.give_up_s, self.drop)))

    def __repr__(self) -> str:
        return f"<NetworkWire {self._faults}>"

    async def receive(self) -> str | bytes:
        """Return the next message once it has arrived. Raises `WireClosed` at the end."""
        at, message = await self._inbox.get()
        await self._until(at)
        if isinstance(message, WireClosed):
            raise message
        return message

    async def send(self, message: str) -> None:
        """Send a message. Raises `WireClosed` at the end."""
        if self._dead.is_set():
            raise WireClosed
        self._outbox.put_nowait((self._arrival(">"), message))

    async def close(self, code: int) -> None:
        """Close the socket once everything that was sent has arrived."""
        while not self._outbox.empty() and not self._dead.is_set():
            await self._clock.sleep(0.02)
        self._stop()
        await self._wire.close(code)

    def drop(self) -> None:
        """Drop the connection."""
        self._end()
        self._wire.drop()

    @property
    def half_open(self) -> bool:
        """Return whether nothing arrives any more."""
        at = self._faults.half_open_at_s
        return at is not None and self._clock.now() - self._opened >= at

    def _arrival(self, way: str) -> float:
        now = self._clock.now() - self._opened
        self._last[way] = self._faults.arrives(now, self._chance, self._last[way])
        return self._last[way]

    async def _until(self, at: float) -> None:
        await self._clock.sleep(max(0.0, self._opened + at - self._clock.now()))

    async def _carry_out(self) -> None:
        while True:
            at, message = await self._outbox.get()
            await self._until(at)
            if not self.half_open:
                try:
                    await self._wire.send(message)
                except WireClosed:
                    return

    async def _carry_in(self) -> None:
        while True:
            try:
                message = await self._wire.receive()
            except WireClosed as end:
                if not self.half_open:
                    self._inbox.put_nowait((self._arrival("<"), end))
                return
            if not self.half_open:
                self._inbox.put_nowait((self._arrival("<"), message))

    async def _later(self, seconds: float, act: Callable[[], None]) -> None:
        await self._clock.sleep(seconds)
        act()

    def _cut(self) -> None:
        """Let the connection die with half a frame on its way, where the wire has frames."""
        self._end()
        getattr(self._wire, "cut_in_frame", self._wire.drop)()

    def _end(self) -> None:
        if not self._dead.is_set():
            self._dead.set()
            self._inbox.put_nowait((0.0, WireClosed()))

    def _stop(self) -> None:
        self._dead.set()
        for task in self._tasks:
            task.cancel()
