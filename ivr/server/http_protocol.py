"""One connection to the server, from its beginning until it is a phone's socket or closed.

Uvicorn's protocol with the bounds it has no settings for: bytes and number of headers, time to a whole request head,
requests waiting in a row, and how many connections there may be (`ivr.server.connection_limit`). A WebSocket begins
as a request of the
same kind, so its handshake is bounded alike; what comes after it is the app's to judge.

Data is given to the parser in small pieces. A header line that never ends would otherwise be copied whole with every
read, and nothing else would run meanwhile.

A visitor who is sent away is counted, never logged: there may be thousands a second.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from ivr.server.connection_limit import HEAD_BYTES, HEAD_SECONDS, HEADERS, PIPELINED, ConnectionLimit

PIECE: Final = 4096
"""Bytes given to the parser at once."""
LINGER: Final = 1.0
"""Seconds a connection stays after an answer that was given before its request was read: closed at once, the answer
would be lost to whoever is still sending."""
_TOO_LARGE: Final = b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


class LimitedHttpProtocol(HttpToolsProtocol):
    """A connection that has to say what it wants, briefly and soon."""

    def __init__(
        self,
        lobby: ConnectionLimit[LimitedHttpProtocol],
        refused: Callable[[str], None],
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        """`refused` is told, in a fixed word, why somebody is sent away."""
        super().__init__(config, server_state, app_state, _loop)
        self._lobby = lobby
        self._refused = refused
        self._head: int | None = 0
        """Bytes of the head that is being read; None between a head and the end of its body."""
        self._deadline: asyncio.TimerHandle | None = None
        self._deaf = False

    # -- its life ------------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        leaver = self._lobby.enter(self)
        if leaver is not None:
            leaver.send_away("too_many_connections")
        self._expect(HEAD_SECONDS)

    def connection_lost(self, exc: Exception | None) -> None:
        self._gone()
        super().connection_lost(exc)

    def handle_websocket_upgrade(self) -> None:
        """The connection is a socket from now on, or, when its handshake cannot be read, over.

        Uvicorn gives the head to a second parser. What only that one minds would raise into the loop, or leave a socket
        on which nothing ever happens.
        """
        if self.transport.is_closing():
            return
        self._gone()
        others = set(self.connections)
        try:
            super().handle_websocket_upgrade()
        except Exception:
            for half_made in self.connections - others:
                self.connections.discard(half_made)
            self.send_away("not_http")
            return
        if not getattr(self.transport.get_protocol(), "handshake_initiated", True):
            self.send_away("not_http")

    def send_away(self, reason: str, answer: bytes = b"") -> None:
        """Close, for a reason."""
        self._refused(reason)
        self._gone()
        if answer:
            self.transport.write(answer)
            self.transport.close()
        else:
            self.transport.abort()

    def _gone(self) -> None:
        self._lobby.leave(self)
        self._unset_keepalive_if_required()
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _expect(self, seconds: float) -> None:
        """Send the visitor away unless it has said a whole head by then."""
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline = self.loop.call_later(seconds, self.send_away, "too_slow")

    # -- what it says --------------------------------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        for start in range(0, len(data), PIECE):
            if self._deaf or self.transport.is_closing() or self.transport.get_protocol() is not self:
                return
            piece = data[start : start + PIECE]
            super().data_received(piece)
            self._weigh(len(piece))

    def _weigh(self, length: int) -> None:
        """Keep count of a head that goes on."""
        if self._head is None or self.transport.is_closing() or self.transport.get_protocol() is not self:
            return
        self._head += length
        if self._head > HEAD_BYTES:
            self.send_away("head_too_long", _TOO_LARGE)

    def on_header(self, name: bytes, value: bytes) -> None:
        if len(self.headers) < HEADERS:
            super().on_header(name, value)
        elif not self.transport.is_closing():
            self.send_away("too_many_headers", _TOO_LARGE)

    def on_headers_complete(self) -> None:
        if self.transport.is_closing():
            return
        self._head = None
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
        self._lobby.turns(self, "asking")
        super().on_headers_complete()
        if len(self.pipeline) > PIPELINED:
            self.send_away("too_many_requests")

    def on_body(self, body: bytes) -> None:
        if not self.transport.is_closing():
            super().on_body(body)

    def on_message_complete(self) -> None:
        if not self.transport.is_closing():
            super().on_message_complete()
            self._head = 0

    def on_response_complete(self) -> None:
        waiting = bool(self.pipeline)
        super().on_response_complete()
        if waiting or self.transport.is_closing():
            return
        self._lobby.turns(self, "idle")
        self._expect(HEAD_SECONDS)
        if self._head is None:  # its body is still to come
            self._deaf = True
            self.loop.call_later(LINGER, self.transport.abort)

    def send_400_response(self, msg: str) -> None:
        if not self.transport.is_closing():
            self._refused("not_http")
            self._gone()
            super().send_400_response(msg)
