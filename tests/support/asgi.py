"""An ASGI server of a few lines: WebSockets and the lifespan of an application, without a port and in any loop's time.

It does what uvicorn does where the two could differ: a close before the accept is a 403, a socket that dies is code
1005, sending on a dead socket is an OSError, and an application that returns or raises drops the connection.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping, MutableMapping
from typing import Any
from urllib.parse import urlsplit

from starlette.types import ASGIApp

from ivr.call.ports import WireClosed

DROPPED = 1005


class Disconnected(OSError):
    """What a server raises when an application sends on a dead socket, and does not mind when it comes back."""


class Refused(Exception):
    """The application did not accept the socket."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Socket:
    """The client's end of one WebSocket; what the carrier's side needs of its wire."""

    def __init__(self, app: ASGIApp, url: str, headers: Mapping[str, str]) -> None:
        parts = urlsplit(url)
        fields = {"host": parts.netloc, **{name.lower(): value for name, value in headers.items()}}
        self._scope = {
            "type": "websocket",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": "1.1",
            "scheme": parts.scheme,
            "server": ("127.0.0.1", 8000),
            "client": ("127.0.0.1", 40000),
            "root_path": "",
            "path": parts.path,
            "raw_path": parts.path.encode("latin-1"),
            "query_string": parts.query.encode("latin-1"),
            "headers": [(name.encode("latin-1"), value.encode("latin-1")) for name, value in fields.items()],
            "subprotocols": [],
        }
        self._to_app: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._inbox: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._to_app.put_nowait({"type": "websocket.connect"})
        self._over: WireClosed | None = None
        self.accepted = False
        self.code: int | None = None
        """What the application closed with; None while it has not."""
        self.serving = asyncio.ensure_future(self._serve(app))
        """Over when the application is done with the socket. Raises what it raises."""

    async def open(self) -> None:
        """Shake hands. Raises `Refused`."""
        message = await self._inbox.get()
        if message["type"] == "websocket.accept":
            self.accepted = True
            return
        await self.serving
        raise Refused(403 if message["type"] == "websocket.close" else 500)

    async def receive(self) -> str | bytes:
        """The next message. Raises `WireClosed`."""
        if self._over is not None and self._inbox.empty():
            raise self._over
        message = await self._inbox.get()
        if message["type"] == "websocket.send":
            text = message.get("text")
            return text if text is not None else bytes(message["bytes"])
        self._over = WireClosed(message.get("code"))
        raise self._over

    async def send(self, message: str | bytes) -> None:
        """Send one message. Raises `WireClosed`."""
        if self._over is not None or self.serving.done():
            raise self._over or WireClosed()
        kind = "text" if isinstance(message, str) else "bytes"
        self._to_app.put_nowait({"type": "websocket.receive", kind: message})

    async def close(self, code: int = 1000) -> None:
        """End in order."""
        if self._over is None:
            self._over = WireClosed(code)
            self._to_app.put_nowait({"type": "websocket.disconnect", "code": code})

    def drop(self) -> None:
        """The connection dies."""
        self._over = WireClosed()
        self._to_app.put_nowait({"type": "websocket.disconnect", "code": DROPPED})

    async def _serve(self, app: ASGIApp) -> None:
        try:
            with contextlib.suppress(Disconnected):
                await app(self._scope, self._to_app.get, self._sent)
        finally:
            self._inbox.put_nowait({"type": "over"})

    async def _sent(self, message: MutableMapping[str, Any]) -> None:
        if self._over is not None:
            raise Disconnected
        if message["type"] == "websocket.close":
            self.code = message.get("code", 1000)
            self._to_app.put_nowait({"type": "websocket.disconnect", "code": self.code})
        self._inbox.put_nowait(dict(message))


async def websocket(app: ASGIApp, url: str, headers: Mapping[str, str] | None = None) -> Socket:
    """An open socket. Raises `Refused`."""
    socket = Socket(app, url, headers or {})
    await socket.open()
    return socket


@contextlib.asynccontextmanager
async def alive(app: ASGIApp) -> AsyncIterator[None]:
    """The application between its start and its stop."""
    to_app: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    told: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def send(message: MutableMapping[str, Any]) -> None:
        told.put_nowait(dict(message))

    running = asyncio.ensure_future(app({"type": "lifespan", "asgi": {"version": "3.0"}}, to_app.get, send))
    try:
        to_app.put_nowait({"type": "lifespan.startup"})
        assert (await told.get())["type"] == "lifespan.startup.complete"
        yield
        to_app.put_nowait({"type": "lifespan.shutdown"})
        assert (await told.get())["type"] == "lifespan.shutdown.complete"
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
