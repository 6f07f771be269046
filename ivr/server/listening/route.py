"""Serve the audio of a call to an operator's browser: `WS /board/listen/CALL`.

The first message is text, what the audio is; each further one is binary: 80 ms of both sides, mu-law at 8 kHz, a sample
of the caller and one of the agent in turn. The server says nothing else, and closes when the call is over (1000), when
there is no such call (4404), when too many listen (4429), or when the operator may listen no more (1008). A browser
that is slow misses the oldest.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import time
from collections.abc import Callable
from typing import Final

from starlette.responses import Response
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from ivr.fleet.directory import Directory
from ivr.server.listening.live_audio import PIECE
from ivr.server.roles import Operator, require

log = logging.getLogger("ivr.board")

MOST_HERE: Final = 50
"""Listeners of one process."""
MAY_LISTEN_S: Final = 10.0
"""Seconds between two looks whether the operator may still listen: a token expires, or is removed."""
NO_CALL: Final = 4404
TOO_MANY: Final = 4429
_REFUSED: Final = 1008
AUDIO_FORM: Final = json.dumps({"encoding": "mulaw", "rate": 8000, "channels": 2, "samples": PIECE})


class ListenRoute:
    """Serve those who listen."""

    def __init__(self, directory: Directory, require: Callable[..., Operator | Response] = require) -> None:
        """Take the directory, and what decides who asks (`ivr.server.roles.require`)."""
        self._directory = directory
        self._require = require
        self._here = 0

    def __repr__(self) -> str:
        return f"<ListenRoute {self._here} listen>"

    def route(self) -> WebSocketRoute:
        """Return the route."""
        return WebSocketRoute("/board/listen/{call_id}", self.listen)

    async def listen(self, socket: WebSocket) -> None:
        """Serve one browser until it or the call is gone."""
        who = self._require(socket, "listen")
        if isinstance(who, Response):
            # Before it is accepted: the browser is told nothing but that.
            await socket.close(_REFUSED)
            return
        await socket.accept()
        if self._here >= MOST_HERE:
            await socket.close(TOO_MANY)
            return
        call_id, began = socket.path_params["call_id"], time.monotonic()
        log.info("listen_began", extra={"call": call_id, "by": who.name})
        self._here += 1
        try:
            sending = asyncio.create_task(self._send(socket, call_id, who.name))
            gone = asyncio.create_task(_until_gone(socket))
            refused = asyncio.create_task(self._until_refused(socket))
            await asyncio.wait((sending, gone, refused), return_when=asyncio.FIRST_COMPLETED)
            for task in (sending, gone, refused):
                task.cancel()
            heard, _, barred = await asyncio.gather(sending, gone, refused, return_exceptions=True)
        finally:
            self._here -= 1
            log.info("listen_ended", extra={"call": call_id, "by": who.name, "s": round(time.monotonic() - began, 1)})
        code = (1000 if heard else NO_CALL) if isinstance(heard, int) else _REFUSED if barred is None else None
        if code is not None:
            with contextlib.suppress(RuntimeError, WebSocketDisconnect):
                await socket.close(code)

    async def _until_refused(self, socket: WebSocket) -> None:
        """Wait until the operator may listen no more."""
        while True:
            await asyncio.sleep(MAY_LISTEN_S)
            if isinstance(self._require(socket, "listen"), Response):
                return

    async def _send(self, socket: WebSocket, call_id: str, by: str) -> int:
        """Send the audio until the call is over; return the pieces that there were."""
        pieces = 0
        async with contextlib.aclosing(self._directory.listen(call_id, by)) as audio:
            async for piece in audio:
                if not pieces:
                    await socket.send_text(AUDIO_FORM)
                await socket.send_bytes(piece)
                pieces += 1
        return pieces


async def _until_gone(socket: WebSocket) -> None:
    """Wait until the browser is gone. What it says means nothing."""
    with contextlib.suppress(WebSocketDisconnect):
        while (await socket.receive())["type"] != "websocket.disconnect":
            pass
