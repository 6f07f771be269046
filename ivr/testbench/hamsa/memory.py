"""Serve the mock Hamsa without sockets: for tests of the speech wire and of whole calls in virtual time.

`MemoryHamsa.connect` fits `ivr.hamsa.pool.socket.Connect`: its sockets have the `send`, `recv`, `close`, `ping` and the
exceptions of the real client. Time is the running loop's. There is no task: each call of a client fetches what is due.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed, ConnectionClosedError, ConnectionClosedOK, InvalidStatus
from websockets.frames import Close as CloseFrame
from websockets.http11 import Response

from ivr.hamsa.options import HamsaSettings
from ivr.testbench.hamsa.app import until
from ivr.testbench.hamsa.mock import CloseSocket, HamsaSocket, MockHamsa, SendFrame
from ivr.testbench.hamsa.script import DROP


class MemoryHamsa:
    """Serve one mock service in memory."""

    def __init__(self, mock: MockHamsa | None = None) -> None:
        self.mock = mock or MockHamsa()

    def __repr__(self) -> str:
        return f"<MemoryHamsa {self.mock!r}>"

    async def connect(self, settings: HamsaSettings | None = None, *, key: str = "memory") -> MemorySocket:
        """Open a socket with the key of the settings. Raises InvalidStatus when the upgrade is refused."""
        loop = asyncio.get_running_loop()
        socket = self.mock.connect(settings.api_key if settings else key, loop.time())
        await asyncio.sleep(socket.delay)
        if socket.http_refusal:
            raise InvalidStatus(Response(socket.http_refusal, "Refused", Headers()))
        socket.opened(loop.time())
        return MemorySocket(socket)


class MemorySocket:
    """Represent a client's end of a socket."""

    def __init__(self, socket: HamsaSocket) -> None:
        self.socket = socket
        """Service's end of the socket."""
        self.pings = 0
        """Keepalives that the service sent."""
        self._frames: deque[str | bytes] = deque()
        self._over: ConnectionClosed | None = None
        self._changed = asyncio.Event()
        self._receiving = False

    def __repr__(self) -> str:
        return f"<MemorySocket {self.socket!r} unread={len(self._frames)}>"

    @property
    def is_open(self) -> bool:
        """Return whether frames can be sent."""
        self._fetch()
        return self._over is None

    async def send(self, message: str | bytes) -> None:
        """Send a frame. Raises ConnectionClosed."""
        self._fetch()
        if self._over:
            raise self._over
        self.socket.received(message, self._now())
        self._changed.set()

    async def recv(self) -> str | bytes:
        """Return the next frame. Raises ConnectionClosed. A cancelled call loses no frame."""
        if self._receiving:
            raise RuntimeError("another task is receiving from this socket")
        self._receiving = True
        try:
            while True:
                self._changed.clear()
                self._fetch()
                if self._frames:
                    return self._frames.popleft()
                if self._over:
                    raise self._over
                await until(self._changed, self.socket.wake_at())
        finally:
            self._receiving = False

    async def ping(self, heard: Callable[[], None]) -> None:
        """Ask whether the service lives. It calls `heard` if it does. Raises ConnectionClosed."""
        self._fetch()
        if self._over:
            raise self._over
        # A half-open socket never answers.
        if not self.socket.deaf:
            asyncio.get_running_loop().call_soon(heard)

    async def close(self) -> None:
        """Close the socket. Frames that were not read are lost."""
        self._fetch()
        self.socket.closed(self._now())
        self._frames.clear()
        if self._over is None:
            self._over = _closed(1000, by_client=True)
        self._changed.set()

    def _fetch(self) -> None:
        """Fetch what the service sends by now."""
        for out in self.socket.poll(self._now()):
            match out:
                case SendFrame(_, frame):
                    self._frames.append(frame)
                case CloseSocket(_, code):
                    self._over = _closed(code)
                case _:
                    self.pings += 1

    def _now(self) -> float:
        return asyncio.get_running_loop().time()


def _closed(code: int, *, by_client: bool = False) -> ConnectionClosed:
    """Return the exception that the real client raises for a close with `code`."""
    if code == DROP:
        return ConnectionClosedError(None, None)
    frame = CloseFrame(code, "")
    # The client takes 1000 and 1001 for an orderly end, every other code for an error.
    kind = ConnectionClosedOK if code in (1000, 1001) else ConnectionClosedError
    return kind(frame, frame, not by_client)
