"""The links of one voice or one pair of ears: opens them before they are needed and gives out a free one.

There is normally one. A second is opened only while the first drains a cancelled reply longer than a new request wants
to wait; whichever is free first takes it and the other is the spare. Opening happens in a task of its own, so that a
request that is cancelled meanwhile leaves the socket for the next.

A link that had served and was closed by the service is replaced at once, in the background; one that was closed without
having served is not, nor after a refusal, so that a service that turns everybody away is asked once per request and no
more often. What decides how fast sockets may be opened over all calls belongs into the `connect` that is given here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from random import SystemRandom
from typing import Final, Literal, TypeAlias

from ivr.hamsa.link import Link, LinkLimits, LinkLost, State
from ivr.hamsa.live import LiveLink
from ivr.hamsa.messages import Message
from ivr.hamsa.options import HamsaSettings
from ivr.hamsa.wire import Connect, Wire, lost_from

NoteCallback: TypeAlias = Callable[[str, Mapping[str, str | int | float | bool]], None]

SETTLED: Final = 5.0
"""Seconds after which a link that closes unused was no refusal."""
MOST: Final = 3
"""Links at once: one that serves, one that drains, one that replaces it."""
GRACE: Final = 0.2
"""Seconds beyond the close timeout that tasks get to end."""
_CHANCE: Final = SystemRandom()


class Links:
    """Owns sockets and their tasks; everything is gone after `aclose`."""

    def __init__(
        self,
        peer: Literal["voice", "ears"],
        settings: HamsaSettings,
        ends: Callable[[Message], bool],
        *,
        connect: Connect,
        clock: Callable[[], float] | None,
        note: NoteCallback,
        jitter: Callable[[], float] = _CHANCE.random,
    ) -> None:
        self.connections = 0
        """Sockets opened so far."""
        self._peer = peer
        self._settings = settings
        self._ends = ends
        self._connect = connect
        self._clock = clock
        self._note = note
        self._jitter = jitter
        self._limits = LinkLimits(
            settings.max_age,
            settings.ping_interval,
            settings.ping_verdict,
            settings.drain_stall,
            settings.drain_limit,
        )
        self._links: list[LiveLink] = []
        self._opening: asyncio.Task[LinkLost | None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._news = asyncio.Event()
        self._last: LinkLost | None = None
        self._closed = False

    def __repr__(self) -> str:
        opening = ", opening" if self._opening else ""
        return f"<Links of {self._peer}: {self._links}{opening}, {self.connections} opened>"

    def now(self) -> float:
        return self._clock() if self._clock else asyncio.get_running_loop().time()

    async def warm(self) -> None:
        """Have a link: returns once there is one or the attempt has failed. Never raises."""
        if not self._links and not self._closed:
            await asyncio.wait({self._open()})

    async def take(self, *, fresh: bool = False) -> LiveLink:
        """A free link; with `fresh` one that has not served. The caller asks on it before anything else.

        Raises LinkLost when none can be had.
        """
        patience: float | None = self.now() + self._settings.drain_patience
        opening: asyncio.Task[LinkLost | None] | None = None
        while (live := self._free(fresh)) is None:
            if self._closed:
                raise LinkLost("shut", retryable=False)
            failed = self._failure(opening) if opening and opening.done() else None
            draining = not fresh and any(live.link.state is State.DRAINING for live in self._links)
            if draining and patience is not None:
                patience = patience if await self._wait(patience) else None
            elif failed and not draining:
                raise failed
            else:
                opening = opening if failed else self._open()
                await self._wait(None)
        return live

    async def aclose(self) -> None:
        """Close everything, within little more than the close timeout."""
        self._closed = True
        self._news.set()
        tasks: set[asyncio.Task[None] | asyncio.Task[LinkLost | None]] = {*self._tasks}
        if self._opening:
            self._opening.cancel()
            tasks.add(self._opening)
        for live in list(self._links):
            live.drop("shut")
        if tasks:
            await asyncio.wait(tasks, timeout=self._settings.close_timeout + GRACE)

    def changed(self, live: LiveLink) -> None:
        self._news.set()

    def aged(self, live: LiveLink) -> None:
        """The old link goes when its successor is there."""
        if any(other.free for other in self._links if other is not live):
            live.drop("replaced")
        else:
            self._open()

    def stray(self, live: LiveLink, what: str) -> None:
        self._note(f"{self._peer}_stray", {"what": what, "uses": live.link.uses})
        if what == "unasked_text" and self._peer == "ears":
            live.drop("unasked_text")

    def lost(self, live: LiveLink, lost: LinkLost) -> None:
        self._links.remove(live)
        self._last = lost
        self._news.set()
        age = live.link.age(self.now())
        fields: dict[str, str | int | float | bool] = {"reason": lost.reason, "uses": live.link.uses}
        self._note(f"{self._peer}_link_lost", {**fields, "age_s": round(age, 1), "code": lost.code or 0})
        served = live.link.replies > 0 or age > SETTLED
        if served and lost.retryable and not self._links and not self._closed:
            self._open()

    def _free(self, fresh: bool) -> LiveLink | None:
        """The link that was opened first, for the others are spares; an old one last."""
        if self._closed:
            return None
        free = [live for live in self._links if live.free and not (fresh and live.link.uses)]
        return min(free, key=lambda live: live.link.old, default=None)

    def _failure(self, opening: asyncio.Task[LinkLost | None]) -> LinkLost:
        """Why an attempt that is over has left no free link: it failed, or the link was closed as soon as it opened."""
        refused = None if opening.cancelled() else opening.result()
        return refused or self._last or LinkLost("closed")

    async def _wait(self, until: float | None) -> bool:
        """Until something has changed; False when the time came first."""
        self._news.clear()
        try:
            async with asyncio.timeout_at(until):
                return await self._news.wait()
        except TimeoutError:
            return False

    def _open(self) -> asyncio.Task[LinkLost | None]:
        """Start opening a link, unless that is under way."""
        if self._opening is None:
            self._opening = asyncio.create_task(self._opened(), name=f"hamsa-{self._peer}-open")
        return self._opening

    async def _opened(self) -> LinkLost | None:
        """Open one link and add it; what stood in the way, if anything did."""
        started = self.now()
        link = Link(self.connections + 1, self._limits, self._jitter())
        link.connect(started)
        try:
            async with asyncio.timeout(self._settings.connect_timeout):
                wire = await self._connect(self._settings)
        except Exception as exc:
            lost = lost_from(exc, "connect")
            link.lost(self.now())
            self._note(f"{self._peer}_connect_failed", {"reason": lost.reason, "error": type(exc).__name__})
            return lost
        finally:
            self._opening = None
            self._news.set()
        self.connections += 1
        link.opened(self.now())
        self._adopt(wire, link)
        self._note(f"{self._peer}_connected", {"link": link.number, "s": round(self.now() - started, 3)})
        return None

    def _adopt(self, wire: Wire, link: Link) -> None:
        """Take an open socket in; what it replaces goes."""
        surplus = [live for live in self._links if live.link.old and live.link.state is State.IDLE]
        if len(self._links) >= MOST:
            surplus += [live for live in self._links if live.link.state is State.DRAINING][:1]
        live = LiveLink(
            wire,
            link,
            ends=self._ends,
            clock=self.now,
            watch=self,
            close_timeout=self._settings.close_timeout,
        )
        self._links.append(live)
        self._tasks.add(live.task)
        live.task.add_done_callback(self._tasks.discard)
        for other in surplus:
            other.drop("replaced")
