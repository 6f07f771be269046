"""Tell agents in the background what needs no answer: that a call is over.

A call waits for none of it, and neither does its end. What an agent answers is read and thrown away. An agent that does
not take it in time is not told, nor is any while too many are being told: no breaker counts it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

import httpx

from ivr.webhook.reading import AGENT_FAULTS, BadStatus

log = logging.getLogger("ivr.webhook")

TELL_S: Final = 5.0
"""Seconds that an agent has to take what it is told."""
TOLD_AT_ONCE: Final = 64
"""Agents that are being told at once. What comes on top of that is dropped."""
LAST_TELLING_S: Final = 1.5
"""Seconds that are left for what is under way when the bridge ends."""
THROWN_AWAY_BYTES: Final = 65_536
"""Bytes of an answer that are read, so that its connection can be used again."""


class BackgroundTelling:
    """Hold what is being told. Used within one event loop."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()
        self.told = 0
        """Requests that an agent has taken."""
        self.lost = 0
        """Requests that no agent has taken."""

    def __repr__(self) -> str:
        return f"<BackgroundTelling open={len(self._tasks)} told={self.told} lost={self.lost}>"

    def start(self, ask: Callable[[], Awaitable[httpx.Response]], event: str) -> None:
        """Begin to tell. Never raises. `event`: what is told, for the log."""
        if len(self._tasks) >= TOLD_AT_ONCE:
            self._lose(event, "busy")
            return
        task = asyncio.get_running_loop().create_task(self._tell(ask, event))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def finish(self) -> None:
        """Wait for what is under way, for `LAST_TELLING_S` seconds at most, and end it."""
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=LAST_TELLING_S)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _tell(self, ask: Callable[[], Awaitable[httpx.Response]], event: str) -> None:
        try:
            async with asyncio.timeout(TELL_S):
                response = await ask()
                try:
                    if not response.is_success:
                        raise BadStatus(response.status_code)
                    await _read(response)
                finally:
                    await response.aclose()
        except asyncio.CancelledError:
            self._lose(event, "stopped")
            raise
        except AGENT_FAULTS as fault:
            self._lose(event, type(fault).__name__)
        except Exception:
            # A task that dies would be told of only when it is collected.
            log.exception("tell_failed")
            self._lose(event, "error")
        else:
            self.told += 1

    def _lose(self, event: str, reason: str) -> None:
        self.lost += 1
        # Without the URL, which may hold a secret.
        log.warning("agent_not_told", extra={"told_event": event, "reason": reason})


async def _read(response: httpx.Response) -> None:
    """Read an answer to its end, or as much of it as is worth a connection."""
    size = 0
    async for part in response.aiter_raw():
        size += len(part)
        if size > THROWN_AWAY_BYTES:
            return
