"""Read the frames of one WebSocket within limits.

Uvicorn's protocol, with the limits for which uvicorn has no settings: control frames and fragments, which never become
a message that the stream could count, and bytes that the other side does not read. What the messages themselves may be
is the business of `ivr.twilio.budget`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final, cast

from uvicorn.config import Config
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState
from websockets.frames import Frame
from websockets.http11 import Request

from ivr.server.connection_limit import ConnectionLimit, LimitedConnection
from ivr.twilio.budget import Allowance
from ivr.twilio.stream import FLOODED

STARTED: Final = "ivr.started"
"""The key of the scope under which the application finds what it calls once the socket carries a call."""
READ_BYTES: Final = 4096
"""Bytes given to the parser at once."""
CONTROL_FRAMES: Final = (10.0, 200.0)
"""Pings, pongs and fragments a second in the long run, and at once. The carrier sends none."""
AFTER_CLOSE_BYTES: Final = 256 * 1024
"""Bytes that a phone may send after it was told that the socket closes: ten seconds of its audio."""
MOST_UNREAD: Final = 512 * 1024
"""Bytes that may wait for a phone that does not read. Its audio takes 64 KB before the writing waits."""


class LimitedWebSocketProtocol(WebSocketsSansIOProtocol):
    """Serve one WebSocket within limits."""

    def __init__(
        self,
        limit: ConnectionLimit[LimitedConnection],
        refused: Callable[[str], None],
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        """Count the socket in `limit` until a call starts. `refused` is told, in a fixed word, why it is cut."""
        super().__init__(config, server_state, app_state, _loop)
        self._limit = limit
        self._refused = refused
        self._control = Allowance(*CONTROL_FRAMES)
        self._after_close = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        # A handshake is signed for its URL alone: one that is repeated must not take the files of the calls.
        evicted = self._limit.add(self)
        if evicted is not None:
            evicted.refuse("too_many_connections")
        self._limit.change(self, "asking")

    def connection_lost(self, exc: Exception | None) -> None:
        self._limit.remove(self)
        super().connection_lost(exc)

    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        if not self.transport.is_closing():
            cast(dict[str, Any], self.scope)[STARTED] = self.started

    def started(self) -> None:
        """Count the socket no more: it carries a call."""
        self._limit.remove(self)

    def data_received(self, data: bytes) -> None:
        # In small pieces, so that no more than one of them is read after the limit.
        for start in range(0, len(data), READ_BYTES):
            if self.transport.is_closing():
                return
            piece = data[start : start + READ_BYTES]
            super().data_received(piece)
            # Uvicorn reads on for ten seconds, so that the other side can answer the close. A flood never does.
            if self.close_sent:
                self._after_close += len(piece)
                if self._after_close > AFTER_CLOSE_BYTES:
                    self.refuse("deaf_to_close")
            # Each ping is answered, whether or not the answers are read.
            if self.transport.get_write_buffer_size() > MOST_UNREAD:
                self.refuse("unread_answers")

    def handle_ping(self) -> None:
        self._count_control()
        if not self.transport.is_closing():
            super().handle_ping()

    def handle_pong(self, event: Frame) -> None:
        self._count_control()
        super().handle_pong(event)

    def handle_cont(self, event: Frame) -> None:
        self._count_control()
        super().handle_cont(event)

    def _count_control(self) -> None:
        if self._control.take(1, self.loop.time()) < 0:
            self.refuse("too_many_frames")

    def refuse(self, reason: str) -> None:
        """Cut the connection for this reason, and tell the session that it was a flood."""
        self._limit.remove(self)
        if not self.transport.is_closing():
            self._refused(reason)
            self.queue.put_nowait({"type": "websocket.disconnect", "code": FLOODED})
            self.transport.abort()
