"""The links to one service, voice or ears: opens them before they are needed and gives out free ones.

What is decided here is decided by others: how many there should be and who gets one, by `spares`; how fast they may be
opened, by the `ConnectRate`; whether the service is asked at all, by its breaker. A pool is either shared by all
calls of the
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
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from operator import itemgetter
from random import SystemRandom
from typing import Final, Literal, TypeAlias

from ivr.hamsa.messages import Message
from ivr.hamsa.options import HamsaSettings
from ivr.hamsa.pool.connect_rate import SPARE, ConnectRate
from ivr.hamsa.pool.connection import LiveLink
from ivr.hamsa.pool.connector import Connector
from ivr.hamsa.pool.link import Link, LinkState
from ivr.hamsa.pool.sharing import PoolSharing
from ivr.hamsa.pool.sizing import HOPE, LEAD, SURPLUS_AFTER, LinkRequest, PoolState
from ivr.hamsa.pool.socket import Connect, SpeechSocket
from ivr.hamsa.pool.waiting import Waiter, WaitQueue
from ivr.hamsa.reasons import LinkLost
from ivr.upstream.breaker import Breaker

NoteCallback: TypeAlias = Callable[[str, Mapping[str, str | int | float | bool]], None]

SETTLED: Final = 1.0
"""Seconds after which a link that closes unused was no refusal."""
DENIALS: Final = 3
"""Requests of all calls that were denied for the account's sake, without one that served, until it counts as gone."""
DOUBTS_MOST: Final = 5
"""Replies without speech in a row after which a link goes."""
HOPELESS: Final = 1.0
"""Seconds until the next attempt to connect from which on nobody waits for it when there is no link."""
GRACE: Final = 0.2
"""Seconds beyond the close timeout that tasks get to end."""
_CHANCE: Final = SystemRandom()


@dataclass(slots=True, eq=False)
class _QueuedRequest(Waiter):
    link: asyncio.Future[LiveLink] = field(default_factory=asyncio.Future)


class LinkPool:
    """Owns sockets and their tasks; everything is gone after `aclose`."""

    def __init__(
        self,
        peer: Literal["tts", "stt"],
        settings: HamsaSettings,
        ends: Callable[[Message], bool],
        *,
        connect: Connect,
        clock: Callable[[], float] | None,
        note: NoteCallback,
        jitter: Callable[[], float] = _CHANCE.random,
        sharing: PoolSharing | None = None,
    ) -> None:
        """`sharing`: None is a pool of one voice or one pair of ears alone."""
        self.connections = 0
        """Sockets opened so far."""
        self._peer = peer
        self._settings = settings
        self._ends = ends
        self._clock = clock
        self._note = note
        self._sharing = sharing or PoolSharing(ConnectRate(clock=self.now, chance=jitter))
        self._gate = self._sharing.gate
        self._links: list[LiveLink] = []
        self._given: set[LiveLink] = set()
        self._waiting: WaitQueue[_QueuedRequest] = WaitQueue()
        self._opener = Connector(peer, settings, connect, self._gate, self, now=self.now, jitter=jitter)
        self._standby = False
        self._expected_at = SPARE
        self._denials = 0
        self._refusal = LinkLost("connect")
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = False

    def __repr__(self) -> str:
        opening = f", {self._opener.opening} opening" if self._opener.opening else ""
        waiting = f", {len(self._waiting)} waiting" if self._waiting else ""
        return f"<LinkPool of {self._peer}: {self._links}{opening}{waiting}, {self.connections} opened>"

    def now(self) -> float:
        return self._clock() if self._clock else asyncio.get_running_loop().time()

    @property
    def breaker(self) -> Breaker | None:
        """Of the service; None: it is asked whatever it did."""
        return self._sharing.breaker

    @property
    def stock(self) -> PoolState:
        """What there is at this moment."""
        now = self.now()
        states = [live.link.state for live in self._links if live not in self._given]
        moods = self._waiting.moods(now)
        return PoolState(
            free=len(self._idle()),
            opening=self._opener.opening,
            draining=states.count(LinkState.DRAINING),
            busy=states.count(LinkState.BUSY) + len(self._given),
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
        alone = not self._links and not self._opener.opening
        return alone and self._gate.pause > HOPELESS and not self._refusal.row.too_many

    async def warm(self) -> None:
        """Have a link: returns once there is one or the attempt has failed. Never raises."""
        self._standby = self._standby or not self._links
        self.tend()
        while not self._links and (self._opener.opening or self._opener.waits):
            await self._opener.settled()

    def expect(self) -> None:
        """Somebody will want a link in a moment: where none is kept because they die, one is opened now."""
        stock = self.stock
        if self._gate.lifetimes.deaths and not (self._closed or stock.free or stock.opening):
            self._standby, self._expected_at = True, self.now() + LEAD
            self.tend()

    async def take(self, wish: LinkRequest) -> LiveLink:
        """A free link. The caller asks on it before anything else. Raises LinkLost when none can be had in time."""
        self._sharing.asked()
        if self._sharing.breaker is not None and not self._sharing.breaker.admits(self.now()):
            raise LinkLost("breaker")
        if self._closed:
            raise LinkLost("shut")
        loop = asyncio.get_running_loop()
        if self._hopeless:
            raise LinkLost(self._refusal.reason)
        picky = bool(wish.avoid) or wish.alive_since is not None
        patient_until = self.now() + (0.0 if picky else self._settings.drain_patience)
        waiter = _QueuedRequest(wish, patient_until)
        self._waiting.add(waiter)
        urges = [loop.call_at(when, self.tend) for when in (waiter.calm_until, patient_until)]
        moments = (wish.due, wish.due + HOPE) if wish.elsewhere else (max(wish.due, self.now()) + HOPE,)
        urges += [loop.call_at(when, self._reconsider, waiter) for when in moments]
        self._suspect(wish)
        self.tend()
        try:
            async with asyncio.timeout_at(wish.until):
                live = await waiter.link
        except BaseException as exc:
            self._leave(waiter)
            self.tend()
            if isinstance(exc, TimeoutError):
                raise LinkLost("no_link") from None
            if not isinstance(exc, LinkLost):
                self.forgo()
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
        breaker = self._sharing.breaker
        if lost is None:
            self._denials = 0
            self._gate.proven()
            if breaker is not None and breaker.succeeded():
                self._note(f"{self._peer}_breaker_closed", {})
        elif not lost.row.service_is_bad:
            if lost.reason != "breaker":  # that request was not made: a probe of another caller may be under way
                self.forgo()
        elif breaker is not None:
            self._denials += lost.row.account_is_bad
            if breaker.failed(self.now(), fatal=self._denials >= DENIALS):
                self._note(f"{self._peer}_breaker_opened", {"reason": lost.reason, "failures": breaker.failures})

    def forgo(self) -> None:
        """A request was given up before it was known how it goes."""
        if self._sharing.breaker is not None:
            self._sharing.breaker.forgo(self.now())

    def doubt(self, live: LiveLink) -> None:
        """A reply of this link had no speech in it."""
        live.link.doubts += 1
        if live.link.doubts >= DOUBTS_MOST:
            live.drop("degenerate")

    async def aclose(self) -> None:
        """Close everything, within little more than the close timeout."""
        self._closed = True
        self._fail(LinkLost("shut"))
        tasks = self._tasks | self._opener.stop()
        for live in list(self._links):
            live.drop("shut")
        if tasks:
            await asyncio.wait(tasks, timeout=self._settings.close_timeout + GRACE)

    def tend(self) -> None:
        """Give out what is free, and see that enough is on its way."""
        if self._closed:
            return
        self._give_out(self.now())
        if self._opener.waits and self._waiting:
            self._borrow()
        self._opener.need()

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
        if what == "unasked_text" and self._peer == "stt":
            live.drop("unasked_text")

    def lost(self, live: LiveLink, lost: LinkLost) -> None:
        self._links.remove(live)
        age = live.link.age(self.now())
        fields: dict[str, str | int | float | bool] = {"reason": lost.reason, "uses": live.link.uses}
        self._note(f"{self._peer}_link_lost", {**fields, "age_s": round(age, 1), "code": lost.code or 0})
        if live.link.state is LinkState.CLOSED:  # not by us
            self._gate.died(self.now() - age, live.link.replies)
        if live.link.replies or age > SETTLED:
            self._standby = self._standby or ((lost.row.retry or lost.code is None) and not self._links)
        elif lost.code is not None:
            self._failed(lost, self.now() - age)
        self.tend()

    # -- giving out ----------------------------------------------------------------------------------------------

    def _idle(self) -> list[LiveLink]:
        return [live for live in self._links if live.free and live not in self._given]

    def _give_out(self, now: float) -> None:
        free = self._idle() if self._waiting else []
        for waiter in self._waiting.in_turn(now) if free else ():
            fitting = [(waiter.wish.rank(live.link, now), live) for live in free if waiter.wish.fits(live.link)]
            if fitting and not waiter.link.done():
                _, live = min(fitting, key=itemgetter(0))
                free.remove(live)
                self._waiting.leave(waiter)
                self._given.add(live)
                waiter.link.set_result(live)

    def _suspect(self, wish: LinkRequest) -> None:
        """Links died in silence: the others have to show that they live."""
        if wish.alive_since is not None:
            for live in self._links:
                if live.link.heard_at < wish.alive_since:
                    live.probe()

    def _reconsider(self, waiter: _QueuedRequest) -> None:
        """Whether a link will be there soon for a request that can go elsewhere; otherwise it does. One that cannot is
        told when nothing is to be expected any more: the other pool's failures count, too."""
        if waiter not in self._waiting:
            return
        if self._hopeless and not waiter.wish.elsewhere:
            self._waiting.leave(waiter)
            waiter.link.set_exception(LinkLost(self._refusal.reason))
        elif waiter.wish.elsewhere and self._waiting.hopeless(waiter, self.now(), self.stock):
            self._waiting.leave(waiter)
            waiter.link.set_exception(LinkLost("no_link"))

    def _leave(self, waiter: _QueuedRequest) -> None:
        """The request has its link, or wants none any more."""
        self._waiting.leave(waiter)
        if waiter.link.done() and not waiter.link.cancelled() and waiter.link.exception() is None:
            self._given.discard(waiter.link.result())
        self._gate.stir()

    def _fail(self, lost: LinkLost) -> None:
        for waiter in self._waiting.leave_all():
            if not waiter.link.done():
                waiter.link.set_exception(lost)

    # -- the opener's news ---------------------------------------------------------------------------------------

    def urgency(self) -> float | None:
        stock = self.stock
        if self._closed or not stock.short:
            return None
        return self._waiting.due(stock.opening) if stock.wanted else self._expected_at

    def opened(self, wire: SpeechSocket, link: Link, took: float) -> None:
        """Take an open socket in; what it replaces goes."""
        link.opened(self.now())
        self.connections += 1
        self._standby, self._expected_at = False, SPARE
        self._gate.opened()
        if self._sharing.breaker is not None:
            self._sharing.breaker.hint(self.now())
        surplus = [live for live in self._links if live.link.old and live.link.state is LinkState.IDLE][:1]
        if len(self._links) >= self._sharing.most():
            surplus += [live for live in self._links if live.link.state is LinkState.DRAINING][:1]
        close_timeout = self._settings.close_timeout
        self._keep(LiveLink(wire, link, ends=self._ends, clock=self.now, watch=self, close_timeout=close_timeout))
        for other in surplus:
            other.drop("replaced")
        self._note(f"{self._peer}_connected", {"link": link.number, "s": round(took, 3)})
        self.tend()

    def refused(self, lost: LinkLost, began: float, error: str) -> None:
        self._standby, self._expected_at = False, SPARE
        self._note(f"{self._peer}_connect_failed", {"reason": lost.reason, "error": error})
        self._failed(lost, began)
        self.tend()

    def _failed(self, lost: LinkLost, began: float) -> None:
        """The service would not have us. Who waits is told when nothing else is to be expected."""
        self._gate.failed(began, lost)
        self._refusal = lost
        if not self._links and not self._opener.opening and not lost.row.too_many:
            self._fail(lost)

    # -- lending -------------------------------------------------------------------------------------------------

    def lend(self, fits: Callable[[Link], bool]) -> LiveLink | None:
        """Part with an idle link for another pool, the longest idle. One is kept, and all while somebody waits."""
        idle = self._idle()
        moods = self._waiting.moods(self.now())
        if len(idle) < 2 or moods["urgent"] or moods["patient"]:
            return None
        live = min((live for live in idle if fits(live.link)), key=lambda live: live.link.since, default=None)
        if live is not None:
            self._links.remove(live)
            self._tasks.discard(live.task)
        return live

    def _borrow(self) -> None:
        """Those who wait while no link may be opened get one of the other pool."""
        for waiter in self._waiting.in_turn(self.now())[: self.stock.wanted]:
            live = self._sharing.borrow(waiter.wish.fits)
            if live is not None:
                live.move(self._opener.number(), self._ends, self)
                self._keep(live)
                self._note(f"{self._peer}_link_borrowed", {"link": live.link.number, "uses": live.link.uses})
        self._give_out(self.now())

    def _keep(self, live: LiveLink) -> None:
        self._links.append(live)
        self._tasks.add(live.task)
        live.task.add_done_callback(self._tasks.discard)
