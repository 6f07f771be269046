"""Opens the links of one pool: as fast as the gate lets it, in tasks of their own.

A request that is cancelled meanwhile leaves its socket for the next. Which link is needed, and how urgently, is the
pool's to say, again and again until there is one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Literal, Protocol

from ivr.hamsa.options import HamsaSettings
from ivr.hamsa.pool.connect_rate import ConnectRate
from ivr.hamsa.pool.link import Link
from ivr.hamsa.pool.socket import Connect, SpeechSocket, lost_from
from ivr.hamsa.reasons import LinkLost


class ConnectorOwner(Protocol):
    """The pool."""

    def urgency(self) -> float | None:
        """When a caller falls silent for want of a link; `SPARE` when nobody does, None when none is needed."""

    def opened(self, wire: SpeechSocket, link: Link, took: float) -> None:
        """A socket is open, after so many seconds."""

    def refused(self, lost: LinkLost, began: float, error: str) -> None:
        """A connect that began then has failed."""


class Connector:
    """Of one pool. `stop` ends what is under way."""

    def __init__(
        self,
        peer: Literal["tts", "stt"],
        settings: HamsaSettings,
        connect: Connect,
        gate: ConnectRate,
        client: ConnectorOwner,
        *,
        now: Callable[[], float],
        jitter: Callable[[], float],
    ) -> None:
        self.opening = 0
        """Connects under way."""
        self.waits = False
        """A link is needed and may not be opened yet."""
        self._peer = peer
        self._settings = settings
        self._connect = connect
        self._gate = gate
        self._client = client
        self._now = now
        self._jitter = jitter
        self._attempts = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._news = asyncio.Event()

    def __repr__(self) -> str:
        return f"<Connector of {self._peer}, {self.opening} opening, {self._attempts} numbers>"

    def number(self) -> int:
        """The next number of a link."""
        self._attempts += 1
        return self._attempts

    def need(self) -> None:
        """A link is needed, or needed more than before, or no more."""
        if self.waits:
            self._gate.stir()
        elif self._client.urgency() is not None:
            self.waits = True
            self._start(self._fill(), "fill")

    async def settled(self) -> None:
        """Until the next connect has come to an end, when one is to be expected."""
        if self.opening or self.waits:
            self._news.clear()
            await self._news.wait()

    def stop(self) -> set[asyncio.Task[None]]:
        """Cancel all connects. Returns the tasks that have still to end; nothing is opened any more."""
        self._news.set()
        for task in self._tasks:
            task.cancel()
        return set(self._tasks)

    def _start(self, work: Coroutine[Any, Any, None], name: str) -> None:
        task = asyncio.create_task(work, name=f"hamsa-{self._peer}-{name}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _fill(self) -> None:
        try:
            while await self._gate.permit(self._client.urgency):
                self.opening += 1
                self._start(self._open(), "open")
        finally:
            self.waits = False
            self._news.set()

    async def _open(self) -> None:
        began = self._now()
        link = Link(self.number(), self._settings.limits, self._jitter())
        link.connect(began)
        try:
            async with asyncio.timeout(self._settings.connect_timeout):
                wire = await self._connect(self._settings)
        except Exception as exc:
            self._done()
            link.lost(self._now())
            self._client.refused(lost_from(exc, "connect"), began, type(exc).__name__)
        except BaseException:
            self._done()
            raise
        else:
            self._done()
            self._client.opened(wire, link, self._now() - began)

    def _done(self) -> None:
        self.opening -= 1
        self._news.set()
