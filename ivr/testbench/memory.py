"""A phone line without a network: two ends of one wire, for whole calls under virtual time.

`wire_pair()` gives both ends. Each has what the bridge's session asks of its wire (`receive`, `send`, `close`), and
the faults a real network has: latency, a peer that reads too slowly (`depth`), a stall, a half-open connection
(`cut`) and a connection that dies without a word (`drop`).

Order is never changed and nothing is delivered twice: it stands for one TCP connection.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from ivr.call.ports import WireClosed

NORMAL = 1000
"""The WebSocket close code of an orderly end."""
EARLY = 1e-6
"""Seconds by which a loop's timers may ring before their time; waiting again for so little would never end."""


class MemoryWire:
    """One end of a wire. One task may receive and one may send at a time."""

    def __init__(self, latency: float, depth: int | None, closed: Callable[[int | None], Exception]) -> None:
        self._latency = latency
        self._depth = depth
        self._closed_error = closed
        self._inbox: deque[tuple[float, str | bytes]] = deque()
        self._changed = asyncio.Event()
        self._drained = asyncio.Event()
        self._held_until = 0.0
        self._cut = False
        self._over = False
        self._far: MemoryWire = self
        self.code: int | None = None
        """How the wire ended; None while it lives or when it died."""
        self.sent: list[str | bytes] = []
        """Everything sent from this end, for tests."""

    def __repr__(self) -> str:
        state = "over" if self._over else "cut" if self._cut else "open"
        return f"<MemoryWire {state}, {len(self._inbox)} to read, {len(self.sent)} sent>"

    @property
    def over(self) -> bool:
        """Closed or dead, from either end."""
        return self._over

    async def receive(self) -> str:
        """The next message, when its latency has passed. Raises `WireClosed` once the wire is over and read empty."""
        while True:
            now = asyncio.get_running_loop().time()
            due = max(self._inbox[0][0], self._held_until) if self._inbox else None
            if due is not None and due <= now + EARLY:
                return self._take()
            if due is None and self._over:
                raise self._closed_error(self.code)
            self._changed.clear()
            await self._wait_changed(due)

    async def send(self, message: str | bytes) -> None:
        """Send a message; waits while the far end has `depth` messages unread. Raises `WireClosed` when it is over."""
        far = self._far
        while not self._over and self._depth is not None and len(far._inbox) >= self._depth:
            far._drained.clear()
            await far._drained.wait()
        if self._over:
            raise self._closed_error(self.code)
        self.sent.append(message)
        if not self._cut:
            far._inbox.append((asyncio.get_running_loop().time() + self._latency, message))
            far._changed.set()

    async def close(self, code: int = NORMAL) -> None:
        """End the wire in order: the far end reads what was sent, then sees `code`. Again: nothing happens."""
        if not self._over:
            self._inbox.clear()
            self._end(code)
            if not self._cut:
                self._far._end(code)

    def drop(self) -> None:
        """The connection dies: both ends see it, nobody sends a close, what was under way is lost."""
        for end in (self, self._far):
            end._inbox.clear()
            end._end(None)

    def stall(self, seconds: float) -> None:
        """Deliver nothing to this end for `seconds`; it all comes afterwards."""
        self._held_until = asyncio.get_running_loop().time() + seconds
        self._changed.set()

    def cut(self) -> None:
        """Half-open from now on: both ends may send, nothing arrives, neither learns of it."""
        for end in (self, self._far):
            end._cut = True

    def _take(self) -> str:
        message = self._inbox.popleft()[1]
        self._drained.set()
        return message  # type: ignore[return-value]  # bytes only when the far end sent some: a peer's fault, on purpose

    def _end(self, code: int | None) -> None:
        if self._over:
            return
        self._over, self.code = True, code
        self._changed.set()
        self._drained.set()
        self._far._drained.set()

    async def _wait_changed(self, due: float | None) -> None:
        try:
            async with asyncio.timeout_at(due):
                await self._changed.wait()
        except TimeoutError:
            return


def wire_pair(
    *,
    latency: float = 0.0,
    depth: int | None = None,
    closed: Callable[[int | None], Exception] = WireClosed,
) -> tuple[MemoryWire, MemoryWire]:
    """Both ends of one wire.

    `latency` in seconds, each way. `depth`: unread messages after which `send` waits; None never waits. `closed`
    makes the exception that a wire which is over raises. Call it inside a running loop.
    """
    one, other = MemoryWire(latency, depth, closed), MemoryWire(latency, depth, closed)
    one._far, other._far = other, one
    return one, other
