"""Read and write the frames of one WebSocket within limits.

Uvicorn's protocol, with the limits for which uvicorn has no settings: control frames and fragments, which never become
a message that the stream could count, and bytes that the other side does not read. What the messages themselves may be
is the business of `ivr.twilio.budget`.

Fifty messages a second and call come in, so the common frame, a whole message, is read here and goes straight to who
listens. Every other frame is the library's, with its outcome: it gets whole frames, or a part and then the rest of it,
so that it is never in the middle of one when a frame is read here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Any, Final, cast

from uvicorn._types import ASGIReceiveEvent
from uvicorn.config import Config
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState
from websockets.frames import Frame
from websockets.http11 import Request
from websockets.protocol import State

from ivr.server.connection_limit import ConnectionLimit, LimitedConnection
from ivr.twilio.budget import Allowance
from ivr.twilio.stream import FLOODED

try:
    from websockets.speedups import apply_mask
except ImportError:
    from websockets.utils import apply_mask

STARTED: Final = "ivr.started"
"""The key of the scope under which the application finds what it calls once the socket carries a call."""
DIRECT: Final = "ivr.direct"
"""The key of the scope under which the application finds the socket's own `listen` and `send_now`."""
READ_BYTES: Final = 4096
"""Bytes given to the library at once."""
CONTROL_FRAMES: Final = (10.0, 200.0)
"""Pings, pongs and fragments a second in the long run, and at once. The carrier sends none."""
AFTER_CLOSE_BYTES: Final = 256 * 1024
"""Bytes that a phone may send after it was told that the socket closes: ten seconds of its audio."""
MOST_UNREAD: Final = 512 * 1024
"""Bytes that may wait for a phone that does not read. Its audio takes 64 KB before the writing waits."""
WHOLE_TEXT: Final = 0x81
"""The first byte of a text frame that is a whole message."""
_WHOLE: Final = frozenset({WHOLE_TEXT, 0x82})
_MASK_BIT: Final = 0x80
_OPCODES: Final = frozenset({0x0, 0x1, 0x2, 0x8, 0x9, 0xA})


def frame_bounds(data: bytes, at: int) -> tuple[int, int]:
    """Return where the data of the frame at `at` begin and end. The end is 0 where its header is not whole."""
    there = len(data) - at
    if there < 2:
        return 0, 0
    length = data[at + 1] - _MASK_BIT
    # The library refuses such a frame before it has read more of it.
    if length < 0 or data[at] & 0x0F not in _OPCODES:
        return at + 2, at + 2
    if length < 126:
        return at + 6, at + 6 + length
    if length == 126:
        return (at + 8, at + 8 + (data[at + 2] << 8 | data[at + 3])) if there >= 4 else (0, 0)
    return (at + 14, at + 14 + int.from_bytes(data[at + 2 : at + 10])) if there >= 10 else (0, 0)


class _Inbox(asyncio.Queue[ASGIReceiveEvent]):
    """Hold what waits for the application, and tell when there is more."""

    def __init__(self, added: Callable[[], None]) -> None:
        super().__init__()
        self._added = added

    def put_nowait(self, item: ASGIReceiveEvent) -> None:
        super().put_nowait(item)
        self._added()


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
        self._in_step = True
        """The library is where a frame begins, but for what is in `_rest`."""
        self._unread = b""
        """The first bytes of a frame's header, until it is whole, or all that is left while the listener rests."""
        self._rest = 0
        """Bytes still to come of the frame that the library reads."""
        self.queue = _Inbox(self._hand_over)
        self._take: Callable[[str | bytes | None], bool] | None = None
        """Takes the messages, see `listen`. None: they wait for the application to ask."""
        self._over: asyncio.Future[int] | None = None
        self._resting = False
        """The other connections have their turn before more is handed over."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        # A handshake is signed for its URL alone: one that is repeated must not take the files of the calls.
        evicted = self._limit.add(self)
        if evicted is not None:
            evicted.refuse("too_many_connections")
        self._limit.change(self, "asking")

    def connection_lost(self, exc: Exception | None) -> None:
        self._limit.remove(self)
        # What came before the end is told before it.
        self._parse(to_the_end=True)
        super().connection_lost(exc)

    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        if not self.transport.is_closing():
            scope = cast(dict[str, Any], self.scope)
            scope[STARTED], scope[DIRECT] = self.started, self

    def started(self) -> None:
        """Count the socket no more: it carries a call."""
        self._limit.remove(self)

    # -- bytes in ------------------------------------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        self._unread += data
        if not self._resting:
            self._parse()

    def _parse(self, *, to_the_end: bool = False) -> None:
        """Read what has come, until who listens rests or the socket closes. `to_the_end`: even then."""
        data, self._unread = self._unread, b""
        at, conn = 0, self.conn
        if self._rest:
            at = min(self._rest, len(data))
            self._rest -= at
            self._read(data[:at])
        while at < len(data):
            if self._resting and not to_the_end:
                self._unread = data[at:]
                self._pause()
                return
            if self.transport.is_closing() and not to_the_end:
                return
            if conn.state is not State.OPEN or not self._in_step:
                # No client sends before its handshake is answered. Where one does, the library may be anywhere.
                if conn.state is State.CONNECTING and self.handshake_initiated:
                    self._in_step = False
                self._read(data[at:])
                return
            body, end = frame_bounds(data, at)
            if not end:
                self._unread = data[at:]
                return
            if end > len(data) or not self._read_message(data, at, body, end):
                self._rest = max(0, end - len(data))
                self._read(data[at:end])
            at = end

    def _read_message(self, data: bytes, at: int, body: int, end: int) -> bool:
        """Read a whole message; False where the frame is another, or its outcome is none."""
        kind = data[at]
        if kind not in _WHOLE or data[at + 1] < _MASK_BIT:
            return False
        if end - body > self.config.ws_max_size or self.conn.current_size is not None:
            return False
        unmasked = apply_mask(data[body:end], data[body - 4 : body])
        try:
            message = unmasked.decode() if kind == WHOLE_TEXT else unmasked
        except UnicodeDecodeError:
            return False
        if self._take is not None and not self._resting:
            self._give(message)
            return True
        if isinstance(message, str):
            self.queue.put_nowait({"type": "websocket.receive", "text": message})
        else:
            self.queue.put_nowait({"type": "websocket.receive", "bytes": message})
        self._pause()
        return True

    def _read(self, data: bytes) -> None:
        """Let the library read."""
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

    # -- messages to who listens ---------------------------------------------------------------------------------

    async def listen(self, take: Callable[[str | bytes | None], bool]) -> int:
        """Give each message to `take` in the turn of the loop in which it was read; return the code of the end.

        `take` returns True to let the others have their turn first: then it is called with None in a later turn, to go
        on with the same message, and gets no other before it has returned False. What it raises is raised here.
        """
        self._take, self._over = take, self.loop.create_future()
        try:
            self._hand_over()
            return await self._over
        finally:
            self._take, self._resting = None, False
            self._parse()

    def _give(self, message: str | bytes | None) -> None:
        """Give a message to who listens; None: let it go on with the last."""
        try:
            if self._take is not None and self._take(message):
                self._resting = True
                self.loop.call_soon(self._go_on)
        except Exception as error:
            self._end(error)

    def _go_on(self) -> None:
        self._resting = False
        self._give(None)
        self._hand_over()

    def _hand_over(self) -> None:
        """Give what waits to who listens, in order, then read on."""
        while self._take is not None and not self._resting and not self.queue.empty():
            event = self.queue.get_nowait()
            if event["type"] == "websocket.disconnect":
                self._end(event["code"])
            elif event["type"] == "websocket.receive":
                text = event.get("text")
                self._give(text if text is not None else event.get("bytes") or b"")
        if self._take is None or self._resting:
            return
        self._parse()
        if self.read_paused and not self._resting and not self.transport.is_closing():
            self.read_paused = False
            self.transport.resume_reading()

    def _end(self, outcome: int | Exception) -> None:
        """Give no more to who listens, and say why."""
        self._take = None
        if self._over is None or self._over.done():
            return
        if isinstance(outcome, Exception):
            self._over.set_exception(outcome)
        else:
            self._over.set_result(outcome)

    def _pause(self) -> None:
        if not self.read_paused and not self.transport.is_closing():
            self.read_paused = True
            self.transport.pause_reading()

    def send_receive_event_to_app(self) -> None:
        super().send_receive_event_to_app()
        # It was handed over already, and uvicorn waits for the application to ask for it.
        self._hand_over()

    # -- messages out --------------------------------------------------------------------------------------------

    def send_now(self, messages: Iterable[str]) -> bool:
        """Send texts at once. False: not now, and nothing was taken of `messages`."""
        # What waits in the transport's own buffer is bounded, as in uvicorn's `send`.
        if not self.writable.is_set() or self.conn.state is not State.OPEN or self.transport.is_closing():
            return False
        self.transport.write(b"".join([_framed(message.encode()) for message in messages]))
        return True

    # -- limits --------------------------------------------------------------------------------------------------

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


def _framed(data: bytes) -> bytes:
    """Return a whole text frame of a server."""
    length = len(data)
    if length < 126:
        return bytes((WHOLE_TEXT, length)) + data
    if length < 0x10000:
        return b"\x81\x7e" + length.to_bytes(2) + data
    return b"\x81\x7f" + length.to_bytes(8) + data
