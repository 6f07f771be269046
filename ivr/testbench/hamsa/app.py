"""The mock Hamsa on real sockets: the WebSocket route, its statistics, and both with REST in one application.

What a server of this kind cannot do: it does not send its own pings nor stop answering those of the client, because
the WebSocket library below it does that by itself (run uvicorn with `ws_ping_interval=PING`, `ws_ping_timeout=None`).
A `deaf` socket here is one that neither reads nor writes. `hamsa_memory` does it all.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import Final

from starlette.applications import Starlette
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from ivr.testbench.hamsa import rest
from ivr.testbench.hamsa.mock import CloseSocket, HamsaSocket, MockHamsa, SendFrame
from ivr.testbench.hamsa.script import DROP

PATH: Final = "/v1/realtime/ws"
PING: Final = 30.0
"""Seconds between the service's keepalive pings."""


def create_app(mock: MockHamsa | None = None) -> Starlette:
    """The mock service as an application of its own."""
    return Starlette(routes=routes(mock or MockHamsa()))


def routes(mock: MockHamsa, *, stats: str = "/stats") -> list[BaseRoute]:
    """The socket, its REST twins, and the statistics under a path of the host's choice."""

    async def socket(websocket: WebSocket) -> None:
        with contextlib.suppress(WebSocketDisconnect):
            await _serve(mock, websocket)

    async def told(request: Request) -> Response:
        return JSONResponse(mock.stats.as_json())

    return [WebSocketRoute(PATH, socket), *rest.routes(mock), Route(stats, told)]


def key_of(connection: HTTPConnection) -> str | None:
    """The client's key, from the header or the query."""
    return connection.headers.get("x-api-key") or connection.query_params.get("api_key")


async def _serve(mock: MockHamsa, websocket: WebSocket) -> None:
    loop = asyncio.get_running_loop()
    socket = mock.connect(key_of(websocket), loop.time())
    await asyncio.sleep(socket.delay)
    if socket.http_refusal:
        refusal = {"code": socket.http_refusal, "message": rest.message_of(socket.http_refusal)}
        return await websocket.send_denial_response(JSONResponse(refusal, socket.http_refusal))
    await websocket.accept()
    socket.opened(loop.time())
    stirred = asyncio.Event()
    listener = asyncio.create_task(_listen(mock, socket, websocket, stirred))
    try:
        await _talk(socket, websocket, stirred, listener)
    finally:
        listener.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await listener
        socket.closed(loop.time())


async def _listen(mock: MockHamsa, socket: HamsaSocket, websocket: WebSocket, stirred: asyncio.Event) -> None:
    """Hand the client's frames to the machine until the client leaves."""
    loop = asyncio.get_running_loop()
    try:
        while (message := await websocket.receive())["type"] != "websocket.disconnect":
            now = loop.time()
            text = message.get("text")
            frame: str | bytes = message["bytes"] if text is None else text
            if mock.slow:
                await asyncio.to_thread(mock.prepare, frame)
            socket.received(frame, now)
            stirred.set()
    finally:
        socket.closed(loop.time())
        stirred.set()


async def _talk(
    socket: HamsaSocket, websocket: WebSocket, stirred: asyncio.Event, listener: asyncio.Task[None]
) -> None:
    """Send what is due when it is due, until the socket is over. Going without a close drops the connection."""
    loop = asyncio.get_running_loop()
    while True:
        stirred.clear()
        for out in socket.poll(loop.time()):
            if isinstance(out, SendFrame):
                await _send(websocket, out.frame)
            elif isinstance(out, CloseSocket) and out.code != DROP:
                await websocket.close(out.code)
        if listener.done():
            return listener.result()
        if not socket.open:
            return None
        await until(stirred, socket.wake_at())


async def _send(websocket: WebSocket, frame: str | bytes) -> None:
    if isinstance(frame, str):
        await websocket.send_text(frame)
    else:
        await websocket.send_bytes(frame)


async def until(stirred: asyncio.Event, due: float | None) -> None:
    """Wait for the event or the time, whichever comes first."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout_at(due):
            await stirred.wait()
