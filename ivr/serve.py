"""Serving: uvicorn, with a drain.

The first SIGTERM or SIGINT stops new calls (`/readyz` turns 503, `/voice` answers with drain.xml) and lets those that
were answered end, also where the stream has still to come; the second ends everything at once. Uvicorn itself would
close every socket within 0.1 s.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from functools import partial
from types import FrameType
from typing import Any, cast

import uvicorn
from starlette.applications import Starlette

from ivr import logs
from ivr.app import create_app
from ivr.bridge import Bridge
from ivr.files import raise_limit
from ivr.lobby import BACKLOG, IDLE_SECONDS, MOST, Lobby, needed, room
from ivr.settings import Settings
from ivr.visitor import Visitor

log = logging.getLogger("ivr.serve")

MESSAGE_LIMIT = 1024 * 1024
"""Bytes of the longest message the phone may send; its audio takes 400."""


class Server(uvicorn.Server):
    """Uvicorn, draining before it exits."""

    def __init__(self, config: uvicorn.Config, bridge: Bridge) -> None:
        super().__init__(config)
        self._bridge = bridge
        self._draining: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def startup(self, sockets: list[object] | None = None) -> None:  # type: ignore[override]
        self._loop = asyncio.get_running_loop()
        await super().startup(sockets)  # type: ignore[arg-type]
        log.info("listening", extra={"host": self.config.host, "port": self.config.port})

    async def shutdown(self, sockets: list[object] | None = None) -> None:  # type: ignore[override]
        await super().shutdown(sockets)  # type: ignore[arg-type]
        log.info("stopped")

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """First signal: drain. Second: exit."""
        draining = self._draining is not None
        if self._loop is None or draining or not self._bridge.registry.owed(self._loop.time()):
            super().handle_exit(sig, frame)
            return
        self._loop.call_soon_threadsafe(self._begin_drain)

    def _begin_drain(self) -> None:
        if self._draining is None:
            self._draining = asyncio.ensure_future(self._drain())

    async def _drain(self) -> None:
        try:
            await self._bridge.drain()
        except Exception:
            log.exception("drain_failed")
        finally:
            self.should_exit = True


def config_for(
    app: Starlette,
    settings: Settings,
    *,
    places: int = MOST,
    refused: Callable[[str], None] = lambda _reason: None,
) -> uvicorn.Config:
    """How the server listens: to so many connections that are no calls; `refused` hears why one of them was sent away.

    The carrier offers no compression, requests are checked against the public URL, and whether the carrier answers
    pings is nowhere said: the call's own watch on its media finds a dead phone.
    """
    return uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        ws="websockets-sansio",
        ws_max_size=MESSAGE_LIMIT,
        ws_per_message_deflate=False,
        ws_ping_interval=None,
        http=cast(Any, partial(Visitor, Lobby(places), refused)),
        backlog=BACKLOG,
        timeout_keep_alive=int(IDLE_SECONDS),
        proxy_headers=False,
        server_header=False,
        access_log=False,
        log_config=None,
        timeout_graceful_shutdown=3,
    )


def serve(settings: Settings) -> None:
    """Serve until a signal ends it. Blocks."""
    logs.set_up(settings.log_format)
    for note in settings.notes:
        log.warning("setting", extra={"problem": note})
    app = create_app(settings)
    bridge: Bridge = app.state.bridge
    config = config_for(app, settings, places=_places(settings), refused=partial(bridge.metrics.rejected, "connection"))
    Server(config, bridge).run()


def _places(settings: Settings) -> int:
    """How many connections there may be beside the calls, with a warning when the calls themselves may run short."""
    files = raise_limit()
    places, enough = room(files, settings.max_calls)
    if not enough:
        log.warning("few_files", extra={"limit": files, "needed": needed(settings.max_calls), "setting": "ulimit -n"})
    return places
