"""Carry the socket of a softphone's call: the session's messages, and between them what the page is told."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any, Final

import msgspec

from ivr.call.ports import DirectPhonePort, PhonePort, WireClosed

MOST_UNTOLD: Final = 200
"""Messages for a page that does not read. The oldest are dropped: they hold no audio."""


class TalkWire:
    """Tell a page what its call does, on the socket of the call."""

    def __init__(self, port: PhonePort) -> None:
        self.port = port
        """What the session uses."""
        self._waiting: deque[str] = deque(maxlen=MOST_UNTOLD)
        self._sending: asyncio.Task[None] | None = None

    def __repr__(self) -> str:
        return f"<TalkWire {len(self._waiting)} waiting>"

    def tell(self, message: dict[str, Any]) -> None:
        """Send a message, in order, now or when the socket takes it. Never waits and never raises."""
        text = msgspec.json.encode(message).decode()
        if self._sending is None and isinstance(self.port, DirectPhonePort) and self.port.send_now([text]):
            return
        self._waiting.append(text)
        if self._sending is None:
            self._sending = asyncio.get_running_loop().create_task(self._send())

    async def _send(self) -> None:
        """Send what waits."""
        try:
            while self._waiting:
                await self.port.send(self._waiting.popleft())
        # The page has gone: its call hears of that by itself.
        except WireClosed:
            self._waiting.clear()
        finally:
            self._sending = None
