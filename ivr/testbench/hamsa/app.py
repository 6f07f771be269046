"""Serve the mock Hamsa on real sockets: the WebSocket route, its statistics, and both with REST in one application.

The WebSocket library sends and answers pings by itself: run uvicorn with `ws_ping_interval=PING` and
`ws_ping_timeout=None`. A `deaf` socket here neither reads nor writes, but it answers pings. `memory` can do it all.
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
"""Seconds between the service's keepalive pings, as its documentation of the WebSocket API says."""


def create_app(mock: MockHamsa | None = None) -> Starlette:
    """Return the mock service as an application of its own."""
    return Starlette(routes=routes(mock or MockHamsa()))


def routes(mock: MockHamsa, *, stats: str = "/stats") -> list[BaseRoute]:
    """Return the routes of the socket, of its REST twins, and of the statistics under a path to choose."""

    async def socket(websocket: WebSocket) -> None:
        with contextlib.suppress(WebSocketDisconnect):
            await _serve(mock, websocket)

    async def report(request: Request) -> Response:
        return JSONResponse(mock.stats.as_json())

    return [WebSocketRoute(PATH, socket), *rest.routes(mock), Route(stats, report)]


def key_of(connection: HTTPConnection) -> str | None:
    """Return the client's key, from the header or the query."""
    return connection.headers.get("x-api-key") or connection.query_params.get("api_key")


async def _serve(mock: MockHamsa, websocket: WebSocket) -> None:
    """Serve one socket to its end."""
    loop = asyncio.get_running_loop()
    socket = mock.connect(key_of(websocket), loop.time())
    await asyncio.sleep(socket.delay)
    # Whether the service ever refuses the upgrade itself is not known: a client must handle both forms.
    if socket.http_refusal:
        refusal = {"code": socket.http_refusal, "message": rest.message_of(socket.http_refusal)}
        return await websocket.send_denial_response(JSONResponse(refusal, socket.http_refusal))
    await websocket.accept()
    socket.opened(loop.time())
    changed = asyncio.Event()
    listener = asyncio.create_task(_listen(mock, socket, websocket, changed))
    try:
        while True:
            changed.clear()
            for out in socket.poll(loop.time()):
                match out:
                    case SendFrame(_, str(frame)):
                        await websocket.send_text(frame)
                    case SendFrame(_, bytes(frame)):
                        await websocket.send_bytes(frame)
                    # An endpoint that returns without a close drops the connection.
                    case CloseSocket(_, code) if code != DROP:
                        await websocket.close(code)
            if listener.done():
                return listener.result()
            if not socket.open:
                return None
            await until(changed, socket.wake_at())
    finally:
        listener.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await listener
        socket.closed(loop.time())


async def _listen(mock: MockHamsa, socket: HamsaSocket, websocket: WebSocket, changed: asyncio.Event) -> None:
    """Hand the client's frames to the machine until the client leaves."""
    loop = asyncio.get_running_loop()
    try:
        while (message := await websocket.receive())["type"] != "websocket.disconnect":
            now = loop.time()
            text = message.get("text")
            frame: str | bytes = message["bytes"] if text is None else text
            # Speech and recognition take real time: not on the loop.
            if mock.slow:
                await asyncio.to_thread(mock.prepare, frame)
            socket.received(frame, now)
            changed.set()
    finally:
        socket.closed(loop.time())
        changed.set()


async def until(changed: asyncio.Event, due: float | None) -> None:
    """Wait for the event or the time, whichever comes first."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout_at(due):
            await changed.wait()
