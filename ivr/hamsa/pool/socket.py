"""Open and use a socket to the speech service: the one file that knows the WebSocket library.

What the library raises becomes a `LinkLost` with a fixed word.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Awaitable, Callable
from functools import lru_cache
from typing import Any, Final, Literal, Protocol, TypeAlias, runtime_checkable
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as websocket_connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.protocol import State

from ivr.hamsa.options import HamsaSettings
from ivr.hamsa.reasons import LinkLost
from ivr.upstream.resolver import SHARED

_LIBRARY_LOG: Final = logging.getLogger("ivr.hamsa.wire")

SocketPhase: TypeAlias = Literal["connect", "open"]

REFUSALS: Final = {401: "auth", 402: "funds", 403: "auth", 429: "rate_limit"}
"""What a status instead of an upgrade means."""
CLOSE_CODES: Final = {
    1000: "closed",
    1001: "going_away",
    1007: "bad_text",
    1009: "too_big",
    4001: "auth",
    4003: "funds",
    4500: "auth",
}
"""What a close code means."""


class SpeechSocket(Protocol):
    """Say what a link needs of an open socket. `recv` must survive being cancelled without losing a frame."""

    async def send(self, message: str, /) -> None: ...
    async def recv(self) -> str | bytes: ...
    async def close(self) -> None: ...


@runtime_checkable
class Probed(Protocol):
    """Say what a socket has that can be asked whether it lives."""

    @property
    def is_open(self) -> bool: ...

    async def ping(self, heard: Callable[[], None]) -> None:
        """Send a ping; `heard` is called when it is answered."""


Connect: TypeAlias = Callable[[HamsaSettings], Awaitable[SpeechSocket]]


class WebSocketWire:
    """Use a real connection as a `SpeechSocket`."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection

    @property
    def is_open(self) -> bool:
        return self._connection.state is State.OPEN

    async def send(self, message: str, /) -> None:
        await self._connection.send(message)

    async def recv(self) -> str | bytes:
        return await self._connection.recv()

    async def ping(self, heard: Callable[[], None]) -> None:
        def answered(pong: asyncio.Future[float]) -> None:
            if not pong.cancelled() and pong.exception() is None:
                heard()

        asyncio.ensure_future(await self._connection.ping()).add_done_callback(answered)

    async def close(self) -> None:
        """Close politely; when that is cut short, cut the connection."""
        try:
            await self._connection.close()
        finally:
            self._connection.transport.abort()


class _Direct(websocket_connect):
    """Follow no redirect: the library would carry the key to another host."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


async def connect(settings: HamsaSettings) -> SpeechSocket:
    """Open a socket. Raises what the library raises; the caller limits the time."""
    # The debug level of the library's log prints headers, and with them the key: it stays off whatever was configured.
    _LIBRARY_LOG.setLevel(logging.WARNING)
    secure: dict[str, Any] = {"ssl": _tls()} if settings.url.startswith("wss:") else {}

    async def opened(address: str) -> ClientConnection:
        return await _Direct(
            settings.url,
            host=address,
            additional_headers={"X-Api-Key": settings.api_key},
            user_agent_header="ivr-bridge",
            # Audio does not compress, and neither a proxy of the environment nor the library may add latency.
            compression=None,
            proxy=None,
            open_timeout=None,
            ping_interval=None,
            close_timeout=settings.close_timeout,
            max_size=settings.max_frame,
            logger=_LIBRARY_LOG,
            **secure,
        )

    return WebSocketWire(await SHARED.connect(urlsplit(settings.url).hostname or "", opened))


def lost_from(exc: Exception, phase: SocketPhase) -> LinkLost:
    """Return the fixed word for what happened to a socket."""
    match exc:
        case LinkLost():
            return exc
        case ConnectionClosed():
            frame = exc.rcvd or exc.sent
            if frame is None:
                return LinkLost("broken", code=1006)
            return LinkLost(CLOSE_CODES.get(frame.code, "closed_badly"), code=frame.code)
        case InvalidStatus():
            return LinkLost(REFUSALS.get(exc.response.status_code, "refused"))
        case TimeoutError() if phase == "connect":
            return LinkLost("connect_timeout")
        case _:
            return LinkLost("connect" if phase == "connect" else "broken")


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    """Return the TLS context of the process: reading the certificates takes longer than a handshake."""
    return ssl.create_default_context()
