"""One HTTP/1.1 connection to the agent: one request at a time, its answer streamed.

Written on asyncio's protocol and httptools because of one figure: from the transcript to the request's bytes there is
no turn of the event loop here. A general client passes through several locks, each a turn of the loop, and a loop that
carries a hundred calls makes every turn cost milliseconds.

The rules: what was sent is never sent again here; an answer that was not read to its end spoils the connection; bytes
nobody asked for spoil it too; the peer's headers are bounded, and its body waits in the socket when nobody reads.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import httptools

MAX_HEAD = 64 * 1024
"""Bytes of an answer's status line and headers, interim answers included."""
MAX_UNREAD = 256 * 1024
"""Bytes of body received and not yet read before the socket is left alone."""

_NO_BODY = (204, 304)


class Broken(Exception):
    """The connection died or spoke no HTTP."""


class Connection(asyncio.Protocol):
    """Idle, or busy with one exchange: `send`, then `head`, then `body` until it returns nothing."""

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
        """Ready for a request."""
        return self._complete and not self._spoiled and not self.closing

    @property
    def closing(self) -> bool:
        """Closed or on its way there."""
        return self.closed.done() or self._transport is None or self._transport.is_closing()

    @property
    def silent(self) -> bool:
        """Not a byte of this exchange's answer has come."""
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
        """Read the rest of the answer for nobody, so that the connection can be kept; `settled` is called once.

        For an answer whose words are all there: its end is due in this moment or never.
        """
        self._settled = settled
        asyncio.get_running_loop().call_later(seconds, self._give_up, self._parser)
        self._discard()

    def _give_up(self, parser: httptools.HttpResponseParser) -> None:
        if parser is self._parser and not self._complete:
            self.abort()

    def _discard(self) -> None:
        """While settling: nobody reads."""
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
        """The socket is open."""
        self._transport = transport  # type: ignore[assignment]  # a stream socket's transport

    def data_received(self, data: bytes) -> None:
        """Bytes of the answer, or bytes nobody asked for."""
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
        elif self._unread > MAX_UNREAD and not self._paused and self._transport is not None:
            self._transport.pause_reading()
            self._paused = True
        self._wake()
        self._discard()

    def eof_received(self) -> None:
        """The peer has sent all it will: the end of a body that has no other."""
        if self._head_done and self._until_close and not self._spoiled:
            self._complete = self._spoiled = True

    def connection_lost(self, exc: Exception | None) -> None:
        """The socket is gone."""
        self._wake()
        if not self.closed.done():
            self.closed.set_result(None)
        self._discard()

    # httptools' calls

    def on_message_begin(self) -> None:
        """A status line begins. A second answer to one request is none of ours."""
        if self._complete:
            self._spoiled = True

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header."""
        if not self._complete:
            self._headers.append((name, value))

    def on_headers_complete(self) -> None:
        """Status and headers are there; how the body ends is known."""
        if self._complete:
            return
        self._status = self._parser.get_status_code()
        names = {name.lower() for name, _ in self._headers}
        framed = self._status in _NO_BODY or not names.isdisjoint((b"content-length", b"transfer-encoding"))
        self._until_close = not framed
        self._head_done = self._status >= 200

    def on_body(self, body: bytes) -> None:
        """A part of the body."""
        if not self._complete:
            self._body.append(body)
            self._unread += len(body)

    def on_message_complete(self) -> None:
        """The answer is whole, or it was an interim one."""
        if not self._head_done:
            self._headers.clear()
            return
        self._complete = True
        self._spoiled = self._spoiled or self._until_close or not self._parser.should_keep_alive()
