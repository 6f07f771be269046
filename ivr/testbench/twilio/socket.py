"""Open and end a real WebSocket as the carrier does. Every way to fail has the carrier's error number."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TypeAlias

from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as websocket
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus

from ivr.call.ports import WireClosed
from ivr.testbench.twilio.stream import WEBSOCKET_PROTOCOL_ERROR, FarWire, WireBroken
from ivr.testbench.twilio.twiml import BAD_HANDSHAKE

USER_AGENT = "Twilio.TmeWs/1.0"
HANDSHAKE_TIMEOUT = 31901
"""Error: no answer to the handshake in time."""
CONNECTION_REFUSED = 31902
"""Error: the connection was refused."""
MAX_MESSAGE_BYTES = 16 * 1024 * 1024
"""Bytes of the largest message from the bridge. Twilio does not document its own limit."""
CLOSE_PROTOCOL_ERROR = 1002
"""WebSocket close code that this side sends when the bridge broke the protocol (RFC 6455, section 7.4.1)."""


class StreamRefused(Exception):
    """Report that the socket could not be opened."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"{code} {reason}")
        self.code = code
        self.reason = reason


OpenStream: TypeAlias = Callable[[str, Mapping[str, str], float], Awaitable[FarWire]]
"""Function that opens a socket: URL, extra headers, seconds it may take. Raises `StreamRefused`."""


class SocketWire:
    """Represent a WebSocket as a stream needs it."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket

    def __repr__(self) -> str:
        return f"<SocketWire {self._socket.state.name}>"

    async def receive(self) -> str | bytes:
        """Return the next message. Raises `WireClosed` at the end."""
        try:
            return await self._socket.recv()
        except ConnectionClosed as end:
            raise _ended(end) from None

    async def send(self, message: str) -> None:
        """Send a message. Waits while the bridge does not read."""
        try:
            await self._socket.send(message)
        except ConnectionClosed as end:
            raise _ended(end) from None

    async def ping(self) -> None:
        """Wait until the bridge has answered a ping. Raises `WireClosed` at the end."""
        try:
            await (await self._socket.ping())
        except ConnectionClosed as end:
            raise _ended(end) from None

    async def close(self, code: int) -> None:
        """Close the socket with a close frame."""
        await self._socket.close(code)

    def drop(self) -> None:
        """Drop the connection without a close frame."""
        self._socket.transport.abort()

    def cut_in_frame(self) -> None:
        """Let the connection die in the middle of a frame."""
        # A text frame of 126 bytes or more, masked, whose payload never comes.
        self._socket.transport.write(b"\x81\xfe\x01\x90abcd{")
        self._socket.transport.close()


def _ended(end: ConnectionClosed) -> WireClosed:
    """Return why the connection ended, from the library's exception."""
    if end.sent is not None and end.sent.code == CLOSE_PROTOCOL_ERROR and not end.rcvd_then_sent:
        return WireBroken(CLOSE_PROTOCOL_ERROR)
    return WireClosed(end.rcvd.code if end.rcvd is not None else None)


async def open_socket(url: str, headers: Mapping[str, str], timeout: float) -> FarWire:
    """Open a WebSocket exactly as the carrier does."""
    # Captures of Twilio's upgrade show no extension, no origin, no subprotocol and no ping. A bridge that needs one of
    # them would refuse Twilio.
    try:
        socket = await websocket(
            url,
            additional_headers={**headers, "accept-encoding": "gzip"},
            user_agent_header=USER_AGENT,
            compression=None,
            proxy=None,
            open_timeout=timeout,
            close_timeout=2,
            ping_interval=None,
            max_size=MAX_MESSAGE_BYTES,
        )
    except InvalidStatus as error:
        raise StreamRefused(BAD_HANDSHAKE, f"HTTP {error.response.status_code} where 101 belongs") from error
    except InvalidHandshake as error:
        raise StreamRefused(WEBSOCKET_PROTOCOL_ERROR, f"broken handshake: {error}") from error
    except TimeoutError as error:
        raise StreamRefused(HANDSHAKE_TIMEOUT, f"no answer to the handshake in {timeout:g} s") from error
    except OSError as error:
        raise StreamRefused(CONNECTION_REFUSED, f"refused: {error.strerror or error}") from error
    return SocketWire(socket)
