"""Read the requests of one connection within limits, until it is a phone's WebSocket or closed.

Uvicorn's protocol, with the limits for which uvicorn has no settings: time to a whole request head, its bytes and
headers, requests in a row, and the number of connections (`ivr.server.connection_limit`). docs/dependencies.md has the
figures beside stock uvicorn. A WebSocket begins as a request of the same kind, so its handshake is limited alike.

A connection that is closed for its fault is counted, never logged: there may be thousands a second.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from ivr.server.connection_limit import (
    DROPPED_BYTES,
    HEAD_BYTES,
    HEAD_SECONDS,
    MAX_HEADERS,
    PIPELINED,
    ConnectionLimit,
    LimitedConnection,
)

PARSER_BYTES: Final = 4096
"""Bytes given to the parser at once."""
_TOO_LARGE: Final = b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


class LimitedHttpProtocol(HttpToolsProtocol):
    """Serve one connection within limits."""

    def __init__(
        self,
        limit: ConnectionLimit[LimitedConnection],
        refused: Callable[[str], None],
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        """Count the connection in `limit`. `refused` is told, in a fixed word, why it is closed."""
        super().__init__(config, server_state, app_state, _loop)
        self._limit = limit
        self._refused = refused
        self._head: int | None = 0
        """Bytes of the head that is being read; None between a head and the end of its body."""
        self._dropped = 0
        """Bytes of a body that came after its answer."""
        self._deadline: asyncio.TimerHandle | None = None

    # -- life of the connection ----------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        evicted = self._limit.add(self)
        if evicted is not None:
            evicted.refuse("too_many_connections")
        self._start_deadline()

    def connection_lost(self, exc: Exception | None) -> None:
        self._release()
        super().connection_lost(exc)

    def handle_websocket_upgrade(self) -> None:
        """Hand the connection to the WebSocket's protocol, or close it when its handshake cannot be read."""
        if self.transport.is_closing():
            return
        self._release()
        others = set(self.connections)
        # Uvicorn gives the head to a second parser. What only that one refuses would raise into the loop, or leave a
        # socket on which nothing ever happens.
        try:
            super().handle_websocket_upgrade()
        except Exception:
            for half_made in self.connections - others:
                self.connections.discard(half_made)
            self.refuse("not_http")
            return
        # It knows this protocol, which uvicorn breaks at the end of a connection, but not where another one takes it.
        self.parser = None  # type: ignore[assignment]
        if not getattr(self.transport.get_protocol(), "handshake_initiated", True):
            self.refuse("not_http")

    def refuse(self, reason: str, answer: bytes = b"") -> None:
        """Close the connection for this reason, after an answer if there is one."""
        self._refused(reason)
        self._release()
        if answer:
            self.transport.write(answer)
            self.transport.close()
        else:
            self.transport.abort()

    def _release(self) -> None:
        """Count the connection no more, and stop its timers."""
        self._limit.remove(self)
        self._unset_keepalive_if_required()
        self._stop_deadline()

    def _stop_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _start_deadline(self) -> None:
        """Close the connection unless the head, or the rest of an answered body, has come in `HEAD_SECONDS`."""
        self._stop_deadline()
        self._deadline = self.loop.call_later(HEAD_SECONDS, self.refuse, "too_slow")

    # -- what comes ----------------------------------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        # The parser copies an unfinished header line whole with every read: in small pieces a line without end is
        # refused before that takes the loop from the calls.
        for start in range(0, len(data), PARSER_BYTES):
            if self.transport.is_closing():
                return
            piece = data[start : start + PARSER_BYTES]
            super().data_received(piece)
            if self.transport.is_closing() or self.transport.get_protocol() is not self:
                return
            if self._head is not None:
                self._head += len(piece)
                if self._head > HEAD_BYTES:
                    self.refuse("head_too_long", _TOO_LARGE)
                    return

    def on_message_begin(self) -> None:
        super().on_message_begin()
        # A kept connection may be silent for as long as it is kept: the time of a head runs from its first byte.
        if self._deadline is None:
            self._start_deadline()

    def on_header(self, name: bytes, value: bytes) -> None:
        if len(self.headers) < MAX_HEADERS:
            super().on_header(name, value)
        elif not self.transport.is_closing():
            self.refuse("too_many_headers", _TOO_LARGE)

    def on_headers_complete(self) -> None:
        if self.transport.is_closing():
            return
        self._head, self._dropped = None, 0
        self._stop_deadline()
        self._unset_keepalive_if_required()
        self._limit.change(self, "asking")
        before = self.cycle
        super().on_headers_complete()
        # After either of these headers it is not known whether the next byte belongs to this request: a client that was
        # refused need not send its body, and the parser takes a refused upgrade for one that came about.
        if self.cycle is not before and (self.expect_100_continue or self.parser.should_upgrade()):
            self.cycle.keep_alive = False
        if self.cycle is not before and not self._limit.keeps():
            self.cycle.keep_alive = False
        if len(self.pipeline) > PIPELINED:
            self.refuse("too_many_requests")

    def on_body(self, body: bytes) -> None:
        if self.transport.is_closing():
            return
        super().on_body(body)
        # A proxy sends the body of a request that was refused for its head, and then the next caller's request on the
        # same connection: the rest is dropped, within a limit, and the connection kept.
        if self.cycle is not None and self.cycle.response_complete:
            self._dropped += len(body)
            if self._dropped > DROPPED_BYTES:
                self.refuse("body_too_long")

    def on_message_complete(self) -> None:
        if self.transport.is_closing():
            return
        super().on_message_complete()
        self._head = 0
        # The body came after the answer: the connection is idle from now on.
        if self.cycle is not None and self.cycle.response_complete:
            self._stop_deadline()
            self._unset_keepalive_if_required()
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )

    def on_response_complete(self) -> None:
        waiting = bool(self.pipeline)
        super().on_response_complete()
        if not waiting and not self.transport.is_closing():
            self._limit.change(self, "idle")
            if self._head is None:
                self._unset_keepalive_if_required()
                self._start_deadline()

    def _unsupported_upgrade_warning(self) -> None:
        """Say nothing: anyone may ask for an upgrade, and the request is answered as it is."""

    def send_400_response(self, msg: str) -> None:
        if not self.transport.is_closing():
            self._refused("not_http")
            self._release()
            super().send_400_response(msg)
