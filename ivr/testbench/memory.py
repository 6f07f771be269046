"""Connect two ends of one wire in memory, for whole calls in virtual time.

`wire_pair()` gives both ends. Each end has what a session asks of its wire (`receive`, `send`, `close`) and the faults
of a real network: latency, a peer that reads too slowly (`depth`), a stall, a half-open connection (`cut`) and a
connection that dies without a close frame (`drop`). It stands for one TCP connection: order never changes, nothing
comes twice.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable

from ivr.call.ports import WireClosed

NORMAL = 1000
"""The WebSocket close code of an orderly end."""
TIMER_EARLY = 1e-6
"""Seconds by which an event loop's timer may fire before its time. To wait again for so little would never end."""


class MemoryWire:
    """Hold one end of a wire. One task may receive and one may send at a time."""

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
        """Return whether the wire is closed or dead, from either end."""
        return self._over

    async def receive(self) -> str:
        """Wait for the next message and return it. Raises `WireClosed` once the wire is over and read empty."""
        while True:
            now = asyncio.get_running_loop().time()
            due = max(self._inbox[0][0], self._held_until) if self._inbox else None
            if due is not None and due <= now + TIMER_EARLY:
                self._drained.set()
                # Bytes come only when the far end sent some: a peer's fault, which a test plays on purpose.
                return self._inbox.popleft()[1]  # type: ignore[return-value]
            if due is None and self._over:
                raise self._closed_error(self.code)
            self._changed.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(due):
                    await self._changed.wait()

    async def send(self, message: str | bytes) -> None:
        """Send a message. Wait while the far end has `depth` messages unread. Raises `WireClosed` when it is over."""
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
        """End the wire in order: the far end reads what was sent, then sees `code`. A second close does nothing."""
        if not self._over:
            self._inbox.clear()
            self._end(code)
            if not self._cut:
                self._far._end(code)

    def drop(self) -> None:
        """Let the connection die: both ends see it, no end sends a close, what was on its way is lost."""
        for end in (self, self._far):
            end._inbox.clear()
            end._end(None)

    def stall(self, seconds: float) -> None:
        """Deliver nothing to this end for `seconds`; it all comes afterwards."""
        self._held_until = asyncio.get_running_loop().time() + seconds
        self._changed.set()

    def cut(self) -> None:
        """Make the wire half-open: both ends may send, nothing arrives, neither end learns of it."""
        for end in (self, self._far):
            end._cut = True

    def _end(self, code: int | None) -> None:
        if self._over:
            return
        self._over, self.code = True, code
        self._changed.set()
        self._drained.set()
        self._far._drained.set()


def wire_pair(
    *,
    latency: float = 0.0,
    depth: int | None = None,
    closed: Callable[[int | None], Exception] = WireClosed,
) -> tuple[MemoryWire, MemoryWire]:
    """Return both ends of one wire.

    `latency` in seconds, each way. `depth`: unread messages after which `send` waits; None never waits. `closed`
    makes the exception that a wire that is over raises. Call it inside a running event loop.
    """
    one, other = MemoryWire(latency, depth, closed), MemoryWire(latency, depth, closed)
    one._far, other._far = other, one
    return one, other
