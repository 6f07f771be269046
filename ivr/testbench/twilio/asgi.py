"""Serve the WebSockets and the lifespan of an ASGI application, without a port and in any loop's time.

It behaves as uvicorn does: a close before the accept is a 403, a socket that dies has code 1005, sending on a dead
socket is an OSError, and an application that returns or raises drops the connection.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, MutableMapping
from typing import Any, TypeAlias
from urllib.parse import unquote, urlsplit

from ivr.call.ports import WireClosed

DROPPED = 1005

AnyAsgiApp: TypeAlias = Callable[
    [MutableMapping[str, Any], Callable[[], Awaitable[Any]], Callable[[MutableMapping[str, Any]], Awaitable[None]]],
    Awaitable[None],
]
"""An ASGI application: scope, receive, send."""


class AsgiDisconnected(OSError):
    """Report to an application that it sent on a dead socket. The server ignores it when it comes back."""


class AsgiRefused(Exception):
    """Report that the application did not accept the socket."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class AsgiSocket:
    """Represent the client's end of one WebSocket, as the mock carrier needs it."""

    def __init__(self, app: AnyAsgiApp, url: str, headers: Mapping[str, str]) -> None:
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
            "path": unquote(parts.path),
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
        """Code that the application closed with; None before that."""
        self.serving = asyncio.ensure_future(self._serve(app))
        """Task of the application on this socket. Raises what the application raises."""

    async def open(self) -> None:
        """Open the socket. Raises `AsgiRefused`."""
        message = await self._inbox.get()
        if message["type"] == "websocket.accept":
            self.accepted = True
            return
        await self.serving
        raise AsgiRefused(403 if message["type"] == "websocket.close" else 500)

    async def receive(self) -> str | bytes:
        """Return the next message. Raises `WireClosed`."""
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

    async def ping(self) -> None:
        """Wait until the application has read all that was sent, or the socket is over."""
        while not self._to_app.empty() and not self.serving.done():  # noqa: ASYNC110 - a queue tells nothing
            await asyncio.sleep(0.01)

    async def close(self, code: int = 1000) -> None:
        """Close the socket with a close frame."""
        if self._over is None:
            self._over = WireClosed(code)
            self._to_app.put_nowait({"type": "websocket.disconnect", "code": code})

    def drop(self) -> None:
        """Drop the connection without a close frame."""
        self._over = WireClosed()
        self._to_app.put_nowait({"type": "websocket.disconnect", "code": DROPPED})

    async def _serve(self, app: AnyAsgiApp) -> None:
        try:
            with contextlib.suppress(AsgiDisconnected):
                await app(self._scope, self._to_app.get, self._sent)
        finally:
            self._inbox.put_nowait({"type": "over"})

    async def _sent(self, message: MutableMapping[str, Any]) -> None:
        if self._over is not None:
            raise AsgiDisconnected
        if message["type"] == "websocket.close":
            self.code = message.get("code", 1000)
            self._to_app.put_nowait({"type": "websocket.disconnect", "code": self.code})
        self._inbox.put_nowait(dict(message))


async def websocket(app: AnyAsgiApp, url: str, headers: Mapping[str, str] | None = None) -> AsgiSocket:
    """Return an open socket. Raises `AsgiRefused`."""
    socket = AsgiSocket(app, url, headers or {})
    await socket.open()
    return socket


@contextlib.asynccontextmanager
async def alive(app: AnyAsgiApp) -> AsyncIterator[None]:
    """Run the application between its start and its stop. Raises RuntimeError when it does not start or stop.

    An application that knows no lifespan is left alone, as uvicorn does.
    """
    to_app: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    from_app: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def send(message: MutableMapping[str, Any]) -> None:
        from_app.put_nowait(dict(message))

    async def run() -> None:
        try:
            await app({"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}, to_app.get, send)
        finally:
            from_app.put_nowait({"type": "over"})

    async def step(name: str) -> None:
        to_app.put_nowait({"type": f"lifespan.{name}"})
        answer = await from_app.get()
        if answer["type"] == f"lifespan.{name}.failed":
            raise RuntimeError(f"the application failed at its {name}: {answer.get('message', '')}")

    running = asyncio.ensure_future(run())
    try:
        await step("startup")
        yield
        if not running.done():
            await step("shutdown")
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
