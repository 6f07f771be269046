"""Serve an application on loopback while a block runs: real sockets, several servers in one event loop.

Port 0 takes a free port. It is bound before the block begins, so that the server's own settings can name it.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable, Iterator

import uvicorn
from starlette.applications import Starlette

STOPPING = 5.0
"""Seconds a server gets to end."""


class _Server(uvicorn.Server):
    """Serve without handling signals and without ending the process: both belong to the caller's event loop."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        try:
            await super().startup(sockets)
        except SystemExit as gave_up:
            raise RuntimeError("a server on loopback did not start") from gave_up

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def bound(host: str = "127.0.0.1", port: int = 0) -> socket.socket:
    """Return a bound socket; `getsockname()` tells its port. Raises OSError when the port is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio sends small frames at once (TCP_NODELAY) only on sockets whose protocol is named.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError:
        listener.close()
        raise
    return listener


def plain(app: Starlette) -> uvicorn.Config:
    """Return the configuration of a server without logs."""
    return uvicorn.Config(
        app, ws="websockets-sansio", ws_per_message_deflate=False, log_config=None, access_log=False, lifespan="on"
    )


@contextlib.asynccontextmanager
async def serving(
    app: Starlette, listener: socket.socket, configure: Callable[[Starlette], uvicorn.Config] = plain
) -> AsyncIterator[None]:
    """Serve `app` on `listener` while the block runs. Raises RuntimeError when the server does not start."""
    server = _Server(configure(app))
    task = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        while not server.started:
            if task.done():
                await task
            await asyncio.sleep(0.005)
        yield
    finally:
        server.should_exit = True
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(STOPPING):
                await asyncio.gather(task, return_exceptions=True)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        listener.close()
