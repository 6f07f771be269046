"""Serve the mock speech service over REST in memory, with answers that stream.

httpx has a transport for ASGI applications, but it gives an answer only when all of it is there. Synthesis over REST
plays while it is made, so it needs this one. Connections cost what real ones would: `connect` seconds for the first
request and whenever none is idle.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, MutableMapping
from typing import Any, Final

import httpx
from starlette.types import ASGIApp

KEEP_ALIVE_S: Final = 30.0
"""Seconds an idle connection is kept."""

_Message = MutableMapping[str, Any]


class StreamingTransport(httpx.AsyncBaseTransport):
    """Send requests to an ASGI application, in the event loop's time."""

    def __init__(self, app: ASGIApp, *, connect: float, refused: Callable[[float], bool] = lambda _now: False) -> None:
        """Connect in `connect` seconds. `refused`: whether connections are refused at a time."""
        self._app = app
        self._connect = connect
        self._refused = refused
        self._idle: list[float] = []
        """Since when each idle connection is idle."""
        self.connects = 0
        """Connections made so far."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Return the head of the answer when it is there. Raises `httpx.ConnectError`."""
        loop = asyncio.get_running_loop()
        now = loop.time()
        if self._refused(now):
            raise httpx.ConnectError("refused")
        self._idle = [since for since in self._idle if now - since < KEEP_ALIVE_S]
        if self._idle:
            self._idle.pop()
        else:
            self.connects += 1
            await asyncio.sleep(self._connect)
        body = await request.aread()
        return await _Answer(self._app, request, body, lambda: self._idle.append(loop.time())).head()


class _Answer(httpx.AsyncByteStream):
    """Hold one answer while it is made."""

    def __init__(self, app: ASGIApp, request: httpx.Request, body: bytes, done: Callable[[], None]) -> None:
        """Start the application. `done` is called when the answer was read to its end."""
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": "1.1",
            "method": request.method,
            "scheme": request.url.scheme,
            "path": request.url.path,
            "raw_path": request.url.raw_path.partition(b"?")[0],
            "query_string": request.url.query,
            "root_path": "",
            "headers": [(name.lower(), value) for name, value in request.headers.raw],
            "server": (request.url.host, request.url.port),
            "client": ("127.0.0.1", 40000),
        }
        self._done = done
        self._sent: asyncio.Queue[_Message | None] = asyncio.Queue()
        self._making = asyncio.create_task(self._make(app, scope, body), name="served")

    async def head(self) -> httpx.Response:
        """Return the answer when its head is there. Raises `httpx.RemoteProtocolError` when there is none."""
        try:
            start = await self._sent.get()
        except BaseException:
            await self.aclose()
            raise
        if start is None:
            raise httpx.RemoteProtocolError("no answer")
        return httpx.Response(start["status"], headers=start["headers"], stream=self)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            part = await self._sent.get()
            if part is None:
                raise httpx.RemoteProtocolError("the answer was cut")
            if part.get("body"):
                yield part["body"]
            if not part.get("more_body"):
                self._done()
                return

    async def aclose(self) -> None:
        """Cancel the application, as when the client's connection dies."""
        self._making.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._making

    async def _make(self, app: ASGIApp, scope: dict[str, Any], body: bytes) -> None:
        """Run the application for this answer."""
        unread = [body]

        async def receive() -> _Message:
            # After the body comes only a disconnect, and this client never disconnects by itself.
            if not unread:
                await asyncio.Event().wait()
            return {"type": "http.request", "body": unread.pop(), "more_body": False}

        async def send(message: _Message) -> None:
            self._sent.put_nowait(message)

        try:
            # A failure of the server is a cut answer for its client.
            with contextlib.suppress(Exception):
                await app(scope, receive, send)
        finally:
            self._sent.put_nowait(None)
