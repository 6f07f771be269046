"""Hold one HTTP/1.1 connection to the agent: one request at a time, its answer streamed.

It is written on asyncio's protocol and httptools, so that the event loop does not turn between the transcript and the
request's bytes. docs/dependencies.md has the figures beside other clients.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import httptools

MAX_HEAD = 64 * 1024
"""Bytes of an answer's status line and headers, interim answers included."""
MAX_UNREAD = 256 * 1024
"""Bytes of body received and not yet read, from which on the rest waits in the socket."""

_NO_BODY = (204, 304)


class Broken(Exception):
    """Report a connection that died or spoke no HTTP."""


class Connection(asyncio.Protocol):
    """Run one exchange at a time: `send`, then `head`, then `body` until it returns nothing."""

    def __init__(self) -> None:
        self.uses = 0
        """Requests sent on it."""
        self.usable_until = float("inf")
        """Loop time after which the peer may close it: do not start an exchange then."""
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._transport: asyncio.Transport | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._settled: Callable[[], None] | None = None
        self._begin()
        self._complete = True

    def __repr__(self) -> str:
        state = "closed" if self.closing else "idle" if self.idle else "busy"
        return f"<agent connection {state} uses={self.uses}>"

    def _begin(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._headers: list[tuple[bytes, bytes]] = []
        self._status = 0
        self._head_bytes = 0
        self._head_done = False
        self._until_close = False
        self._body: list[bytes] = []
        self._unread = 0
        self._paused = False
        self._complete = False
        self._spoiled = False

    @property
    def idle(self) -> bool:
        """Return whether the connection is ready for a request."""
        return self._complete and not self._spoiled and not self.closing

    @property
    def closing(self) -> bool:
        """Return whether the connection is closed or closes now."""
        return self.closed.done() or self._transport is None or self._transport.is_closing()

    @property
    def ready(self) -> bool:
        """Return whether a part of the body can be had without waiting."""
        return bool(self._body)

    @property
    def silent(self) -> bool:
        """Return whether no byte of this exchange's answer has come."""
        return self._head_bytes == 0

    def send(self, request: bytes) -> None:
        """Start an exchange: the whole request goes to the socket now. Raises `Broken` when the peer has left.

        The caller's duty: one exchange at a time.
        """
        if not self._complete:
            raise RuntimeError(f"busy: {self!r}")
        if self._transport is None or not self.idle:
            raise Broken
        self._begin()
        self.uses += 1
        self._transport.write(request)

    async def head(self) -> tuple[int, list[tuple[bytes, bytes]]]:
        """Wait for the answer's status and headers. Raises `Broken`."""
        while not self._head_done:
            await self._more()
        return self._status, self._headers

    async def body(self) -> bytes:
        """Wait for the next bytes of the body; none at its end. Raises `Broken` when it was cut."""
        while not self._body:
            if self._complete:
                return b""
            await self._more()
        return self._take()

    def _take(self) -> bytes:
        data = self._body[0] if len(self._body) == 1 else b"".join(self._body)
        self._body.clear()
        self._unread = 0
        if self._paused and self._transport is not None and not self.closing:
            self._transport.resume_reading()
        self._paused = False
        return data

    def settle(self, seconds: float, settled: Callable[[], None]) -> None:
        """Read and drop the rest of an answer whose words are all there. `settled` is called once, within `seconds`."""
        # Its end is due now or never; with it, the connection can be kept.
        self._settled = settled
        exchange = self._parser

        def give_up() -> None:
            if exchange is self._parser and not self._complete:
                self.abort()

        asyncio.get_running_loop().call_later(seconds, give_up)
        self._discard()

    def _discard(self) -> None:
        """Drop what has come, while settling."""
        if self._settled is None:
            return
        self._take()
        if self._complete or self.closing:
            settled, self._settled = self._settled, None
            settled()

    def abort(self) -> None:
        """Close at once, whatever is under way."""
        self._spoiled = True
        if self._transport is not None:
            self._transport.abort()

    async def _more(self) -> None:
        if self._spoiled or self.closing:
            raise Broken
        self._waiter = asyncio.get_running_loop().create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    # asyncio's calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport of the open socket."""
        self._transport = transport  # type: ignore[assignment]  # a stream socket's transport

    def data_received(self, data: bytes) -> None:
        """Take bytes of the answer."""
        # Bytes without a request are of no answer: the next answer must not begin with them.
        if self._complete:
            self.abort()
            return
        if not self._head_done:
            self._head_bytes += len(data)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self._spoiled = True
        if not self._head_done and self._head_bytes > MAX_HEAD:
            self._spoiled = True
        if self._spoiled:
            self.abort()
        # A body that is not read as fast as it comes waits in the socket.
        elif self._unread > MAX_UNREAD and not self._paused and self._transport is not None:
            self._transport.pause_reading()
            self._paused = True
        self._wake()
        self._discard()

    def eof_received(self) -> None:
        """Take the end of what the agent sends."""
        # It is the end of a body without a length.
        if self._head_done and self._until_close and not self._spoiled:
            self._complete = self._spoiled = True

    def connection_lost(self, exc: Exception | None) -> None:
        """Note that the socket is gone."""
        self._wake()
        if not self.closed.done():
            self.closed.set_result(None)
        self._discard()

    # httptools' calls

    def on_message_begin(self) -> None:
        """Begin an answer."""
        # A second answer to one request belongs to no request.
        if self._complete:
            self._spoiled = True

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take one header."""
        if not self._complete:
            self._headers.append((name, value))

    def on_headers_complete(self) -> None:
        """Decide by status and headers how the body ends."""
        if self._complete:
            return
        self._status = self._parser.get_status_code()
        names = {name.lower() for name, _ in self._headers}
        framed = self._status in _NO_BODY or not names.isdisjoint((b"content-length", b"transfer-encoding"))
        self._until_close = not framed
        self._head_done = self._status >= 200

    def on_body(self, body: bytes) -> None:
        """Take a part of the body."""
        if not self._complete:
            self._body.append(body)
            self._unread += len(body)

    def on_message_complete(self) -> None:
        """End the answer."""
        # An interim answer (100, 103) comes before the answer.
        if not self._head_done:
            self._headers.clear()
            return
        self._complete = True
        self._spoiled = self._spoiled or self._until_close or not self._parser.should_keep_alive()
