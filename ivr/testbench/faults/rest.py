"""The mock service's REST twin in memory: an ASGI application as a transport whose answers stream.

httpx has a transport for ASGI applications, but it gives an answer only when all of it is there; a synthesis that
sounds while it grows needs this one. Connections are imaginary and cost what a real one would: `connect` seconds for
the first request and whenever none is idle.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, MutableMapping
from typing import Any, Final

import httpx
from starlette.types import ASGIApp

KEPT: Final = 30.0
"""Seconds an idle connection is kept."""

_Message = MutableMapping[str, Any]


class Served(httpx.AsyncBaseTransport):
    """Requests to an application, in the loop's time."""

    def __init__(self, app: ASGIApp, *, connect: float, refused: Callable[[float], bool] = lambda _now: False) -> None:
        """`connect`: seconds for a connection. `refused`: whether nothing listens at a time."""
        self._app = app
        self._connect = connect
        self._refused = refused
        self._idle: list[float] = []
        self.connects = 0
        """Connections made so far."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The head of the answer, when it is there."""
        await self._connection()
        answer = _Answer(self._app, request, await request.aread(), self._release)
        return await answer.head()

    async def _connection(self) -> None:
        now = asyncio.get_running_loop().time()
        if self._refused(now):
            raise httpx.ConnectError("refused")
        self._idle = [since for since in self._idle if now - since < KEPT]
        if self._idle:
            self._idle.pop()
            return
        self.connects += 1
        await asyncio.sleep(self._connect)

    def _release(self) -> None:
        self._idle.append(asyncio.get_running_loop().time())


class _Answer(httpx.AsyncByteStream):
    """One answer, while it is made."""

    def __init__(self, app: ASGIApp, request: httpx.Request, body: bytes, done: Callable[[], None]) -> None:
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
        self._body = body
        self._read = False
        self._done = done
        self._sent: asyncio.Queue[_Message | None] = asyncio.Queue()
        self._making = asyncio.create_task(self._make(app, scope), name="served")

    async def head(self) -> httpx.Response:
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
        """Nobody reads any more: as when the connection dies."""
        self._making.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._making

    async def _make(self, app: ASGIApp, scope: dict[str, Any]) -> None:
        try:
            with contextlib.suppress(Exception):  # a server's failure is a cut for its client
                await app(scope, self._receive, self._send)
        finally:
            self._sent.put_nowait(None)

    async def _receive(self) -> _Message:
        if self._read:
            await asyncio.Event().wait()
        self._read = True
        return {"type": "http.request", "body": self._body, "more_body": False}

    async def _send(self, message: _Message) -> None:
        self._sent.put_nowait(message)
