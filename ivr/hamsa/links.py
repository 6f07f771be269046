"""The links to one service, voice or ears: opens them before they are needed and gives out free ones.

What is decided here is decided by others: how many there should be and who gets one, by `spares`; how fast they may be
opened, by the `Gate`; whether the service is asked at all, by its breaker. A pool is either shared by all calls of the
process (the `Governor` makes it) or belongs to one voice or one pair of ears alone; then there are no spares, and a
link is opened when there is none.

Opening happens in tasks of their own, so that a request that is cancelled meanwhile leaves the socket for the next. A
request waits as long as there is a prospect: when a connect has failed and nothing else is there, everybody is told,
unless the service is merely counting connections.

A link that had served and was closed by the service is replaced at once, in the background; one that was closed without
having served counts as a failed connect. Where links do not live until they are needed, those that nobody waits for are
opened less and less eagerly (`peers.lifetimes`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from operator import itemgetter
from random import SystemRandom
from typing import Any, Final, Literal, TypeAlias

from ivr.hamsa.gate import SPARE, Gate
from ivr.hamsa.link import Link, LinkLost, State
from ivr.hamsa.live import LiveLink
from ivr.hamsa.messages import Message
from ivr.hamsa.options import HamsaSettings
from ivr.hamsa.spares import SURPLUS_AFTER, Stock, Wish
from ivr.hamsa.waiting import Waiter, Waiting
from ivr.hamsa.wire import Connect, Wire, lost_from
from ivr.peers.breaker import Breaker

NoteCallback: TypeAlias = Callable[[str, Mapping[str, str | int | float | bool]], None]

SETTLED: Final = 1.0
"""Seconds after which a link that closes unused was no refusal."""
MOST: Final = 3
"""Links of one voice alone: one that serves, one that drains, one that replaces it."""
DENIALS: Final = 3
"""Requests of all calls that were denied for the account's sake, without one that served, until it counts as gone."""
DOUBTS_MOST: Final = 5
"""Replies without speech in a row after which a link goes."""
HOPELESS: Final = 1.0
"""Seconds until the next attempt to connect from which on nobody waits for it when there is no link."""
GRACE: Final = 0.2
"""Seconds beyond the close timeout that tasks get to end."""
BLAMELESS: Final = frozenset(
    {"aborted", "audio_format", "breaker", "cancelled", "flood", "invalid", "no_link", "shut", "too_long", "voice"}
)
"""Losses that say nothing about how the service is."""
_CHANCE: Final = SystemRandom()


@dataclass(slots=True, eq=False)
class _Request(Waiter):
    link: asyncio.Future[LiveLink] = field(default_factory=asyncio.Future)


@dataclass(frozen=True, slots=True)
class Sharing:
    """What a pool has from the process it serves."""

    gate: Gate
    """The pace of connections, of this pool and of others."""
    breaker: Breaker | None = None
    """None: the service is asked whatever it did."""
    spares: Callable[[], int] = lambda: 0
    """Idle links there should be."""
    floor: Callable[[], int] = lambda: 0
    """Links there should be."""
    most: Callable[[], int] = lambda: MOST
    """Links there may be."""


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
        sharing: Sharing | None = None,
    ) -> None:
        """`sharing`: None is a pool of one voice or one pair of ears alone."""
        self.connections = 0
        """Sockets opened so far."""
        self._peer = peer
        self._settings = settings
        self._ends = ends
        self._connect = connect
        self._clock = clock
        self._note = note
        self._jitter = jitter
        self._sharing = sharing or Sharing(Gate(clock=self.now, chance=jitter))
        self._gate = self._sharing.gate
        self._limits = settings.limits
        self._links: list[LiveLink] = []
        self._given: set[LiveLink] = set()
        self._waiting: Waiting[_Request] = Waiting()
        self._attempts = 0
        self._opening = 0
        self._filling = False
        self._standby = False
        self._denials = 0
        self._refusal = LinkLost("connect")
        self._tasks: set[asyncio.Task[None]] = set()
        self._news = asyncio.Event()
        self._closed = False

    def __repr__(self) -> str:
        opening = f", {self._opening} opening" if self._opening else ""
        waiting = f", {len(self._waiting)} waiting" if self._waiting else ""
        return f"<Links of {self._peer}: {self._links}{opening}{waiting}, {self.connections} opened>"

    def now(self) -> float:
        return self._clock() if self._clock else asyncio.get_running_loop().time()

    @property
    def stock(self) -> Stock:
        """What there is at this moment."""
        now = self.now()
        states = [live.link.state for live in self._links if live not in self._given]
        moods = self._waiting.moods(now)
        return Stock(
            free=sum(1 for live in self._links if live.free and live not in self._given),
            opening=self._opening,
            draining=states.count(State.DRAINING),
            busy=states.count(State.BUSY) + len(self._given),
            patient=moods["patient"],
            urgent=moods["urgent"],
            calm=moods["calm"],
            spares=self._sharing.spares(),
            floor=self._sharing.floor(),
            most=self._sharing.most(),
            standby=self._standby,
        )

    @property
    def _hopeless(self) -> bool:
        """Nothing is there, nothing is coming, and the last attempt failed for more than the pace."""
        alone = not self._links and not self._opening
        return alone and self._gate.pause > HOPELESS and self._refusal.reason != "rate_limit"

    async def warm(self) -> None:
        """Have a link: returns once there is one or the attempt has failed. Never raises."""
        self._standby = self._standby or not self._links
        self.tend()
        while not self._links and (self._opening or self._filling):
            self._news.clear()
            await self._news.wait()

    async def take(self, wish: Wish) -> LiveLink:
        """A free link. The caller asks on it before anything else. Raises LinkLost when none can be had in time."""
        if self._sharing.breaker is not None and not self._sharing.breaker.admits(self.now()):
            raise LinkLost("breaker", retryable=False)
        if self._closed:
            raise LinkLost("shut", retryable=False)
        loop = asyncio.get_running_loop()
        if self._hopeless:
            raise LinkLost(self._refusal.reason, retryable=self._refusal.retryable)
        picky = bool(wish.avoid) or wish.alive_since is not None
        patient_until = self.now() + (0.0 if picky else self._settings.drain_patience)
        waiter = _Request(wish, patient_until)
        self._waiting.add(waiter)
        urges = [loop.call_at(when, self.tend) for when in (waiter.calm_until, patient_until)]
        self._suspect(wish)
        self.tend()
        try:
            async with asyncio.timeout_at(wish.until):
                live = await waiter.link
        except BaseException as exc:
            self._leave(waiter)
            self.tend()
            if isinstance(exc, TimeoutError):
                raise LinkLost("no_link", retryable=False) from None
            raise
        finally:
            for urge in urges:
                urge.cancel()
        self._leave(waiter)
        if not live.free:
            raise live.fate or LinkLost("closed")
        live.link.same_caller = live.link.number == wish.last or not live.link.uses
        return live

    def report(self, lost: LinkLost | None) -> None:
        """How a request on a link went: None is well."""
        if lost is None:
            self._denials = 0
            self._gate.proven()
            if self._sharing.breaker is not None and self._sharing.breaker.succeeded():
                self._note(f"{self._peer}_breaker_closed", {})
        elif self._sharing.breaker is not None and lost.reason not in BLAMELESS:
            self._denials += lost.reason in {"auth", "funds"}
            if self._sharing.breaker.failed(self.now(), fatal=self._denials >= DENIALS):
                self._note(
                    f"{self._peer}_breaker_opened", {"reason": lost.reason, "failures": self._sharing.breaker.failures}
                )

    def doubt(self, live: LiveLink) -> None:
        """A reply of this link had no speech in it."""
        live.link.doubts += 1
        if live.link.doubts >= DOUBTS_MOST:
            live.drop("degenerate")

    async def aclose(self) -> None:
        """Close everything, within little more than the close timeout."""
        self._closed = True
        self._news.set()
        self._fail(LinkLost("shut", retryable=False))
        tasks = set(self._tasks)
        for task in tasks - {live.task for live in self._links}:
            task.cancel()
        for live in list(self._links):
            live.drop("shut")
        if tasks:
            await asyncio.wait(tasks, timeout=self._settings.close_timeout + GRACE)

    def tend(self) -> None:
        """Give out what is free, and see that enough is on its way."""
        if self._closed:
            return
        self._give_out(self.now())
        if self._filling:
            self._gate.stir()
        elif self.stock.short:
            self._filling = True
            self._start(self._fill(), "fill")

    def trim(self) -> None:
        """Let go of what nobody would miss now that a call is over, the longest idle first."""
        for live in sorted((live for live in self._links if live.free), key=lambda live: live.link.since):
            if live not in self._given and self.stock.surplus:
                live.drop("surplus")

    # -- the links' own news -------------------------------------------------------------------------------------

    def changed(self, live: LiveLink) -> None:
        self._gate.lives(self.now() - live.link.age(self.now()))
        self.tend()

    def aged(self, live: LiveLink) -> None:
        """The old link goes when its successor is there."""
        stock = self.stock
        if any(other.free for other in self._links if other is not live) and stock.surplus:
            live.drop("replaced")
        else:
            self._standby = not stock.opening
            self.tend()

    def quiet(self, live: LiveLink) -> None:
        if live.free and self.now() - live.link.since > SURPLUS_AFTER and self.stock.surplus:
            live.drop("surplus")

    def stray(self, live: LiveLink, what: str) -> None:
        self._note(f"{self._peer}_stray", {"what": what, "uses": live.link.uses})
        if what == "unasked_text" and self._peer == "ears":
            live.drop("unasked_text")

    def lost(self, live: LiveLink, lost: LinkLost) -> None:
        self._links.remove(live)
        age = live.link.age(self.now())
        fields: dict[str, str | int | float | bool] = {"reason": lost.reason, "uses": live.link.uses}
        self._note(f"{self._peer}_link_lost", {**fields, "age_s": round(age, 1), "code": lost.code or 0})
        if live.link.state is State.CLOSED:  # not by us
            self._gate.died(self.now() - age, live.link.replies)
        if live.link.replies or age > SETTLED:
            self._standby = self._standby or (lost.retryable and not self._links)
        elif lost.code is not None:
            self._refused(lost, self.now() - age)
        self._news.set()
        self.tend()

    # -- giving out ----------------------------------------------------------------------------------------------

    def _give_out(self, now: float) -> None:
        free = [live for live in self._links if live.free and live not in self._given] if self._waiting else []
        for waiter in self._waiting.in_turn(now) if free else ():
            fitting = [(waiter.wish.rank(live.link, now), live) for live in free if waiter.wish.fits(live.link)]
            if fitting:
                _, live = min(fitting, key=itemgetter(0))
                free.remove(live)
                self._waiting.leave(waiter)
                self._given.add(live)
                waiter.link.set_result(live)

    def _suspect(self, wish: Wish) -> None:
        """Links died in silence: the others have to show that they live."""
        if wish.alive_since is not None:
            for live in self._links:
                if live.link.heard_at < wish.alive_since:
                    live.probe()

    def _leave(self, waiter: _Request) -> None:
        """The request has its link, or wants none any more."""
        self._waiting.leave(waiter)
        if waiter.link.done() and not waiter.link.cancelled() and waiter.link.exception() is None:
            self._given.discard(waiter.link.result())
        self._gate.stir()

    def _fail(self, lost: LinkLost) -> None:
        for waiter in self._waiting.leave_all():
            if not waiter.link.done():
                waiter.link.set_exception(lost)

    # -- opening -------------------------------------------------------------------------------------------------

    def _start(self, work: Coroutine[Any, Any, None], name: str) -> None:
        task = asyncio.create_task(work, name=f"hamsa-{self._peer}-{name}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _urgency(self) -> float | None:
        """When the first falls silent for whom nothing is on its way; infinity for a spare, None for nothing."""
        stock = self.stock
        if self._closed or not stock.short:
            return None
        return self._waiting.due(stock.opening) if stock.wanted else SPARE

    async def _fill(self) -> None:
        """Open what is missing, as fast as the gate lets us."""
        try:
            while await self._gate.permit(self._urgency):
                self._opening += 1
                self._start(self._open(), "open")
        finally:
            self._filling = False
            self._news.set()

    async def _open(self) -> None:
        """Open one link and add it."""
        began = self.now()
        self._attempts += 1
        link = Link(self._attempts, self._limits, self._jitter())
        link.connect(began)
        failed: LinkLost | None = None
        try:
            async with asyncio.timeout(self._settings.connect_timeout):
                wire = await self._connect(self._settings)
        except Exception as exc:
            failed = lost_from(exc, "connect")
            link.lost(self.now())
            self._note(f"{self._peer}_connect_failed", {"reason": failed.reason, "error": type(exc).__name__})
        finally:
            self._opening -= 1
            self._standby = False
            self._news.set()
        if failed is not None:
            self._refused(failed, began)
        else:
            self._adopt(wire, link)
            self._note(f"{self._peer}_connected", {"link": link.number, "s": round(self.now() - began, 3)})
        self.tend()

    def _refused(self, lost: LinkLost, began: float) -> None:
        """The service would not have us. Who waits is told when nothing else is to be expected."""
        self._gate.failed(began, lost.reason)
        self._refusal = lost
        if not self._links and not self._opening and lost.reason != "rate_limit":
            self._fail(lost)

    def _adopt(self, wire: Wire, link: Link) -> None:
        """Take an open socket in; what it replaces goes."""
        link.opened(self.now())
        self.connections += 1
        self._gate.opened()
        if self._sharing.breaker is not None:
            self._sharing.breaker.hint(self.now())
        surplus = [live for live in self._links if live.link.old and live.link.state is State.IDLE][:1]
        if len(self._links) >= self._sharing.most():
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
