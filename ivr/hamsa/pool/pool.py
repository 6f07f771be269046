"""Open the links of a process to the speech service before they are needed, and give out free ones.

One pool serves all calls. A link carries requests of one kind, `tts` or `stt`: a transcript has no type and no number,
so it must not come on a link on which anything else might come. An idle link may change its kind: nothing more is to
come on it. How many links there should be and which request gets one is decided in `sizing`, how fast they may be
opened in `connect_rate`. A link is opened in a task of its own, so that a request that is cancelled meanwhile leaves
the link for the next.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from operator import itemgetter
from typing import Final, TypeAlias

from ivr.hamsa.messages import SpeechKind
from ivr.hamsa.options import HamsaSettings, SpeechServiceOptions
from ivr.hamsa.pool import sizing
from ivr.hamsa.pool.connect_rate import ConnectRate
from ivr.hamsa.pool.connection import LiveLink
from ivr.hamsa.pool.link import Link, LinkState
from ivr.hamsa.pool.sizing import HOPE, LEAD, SURPLUS_AFTER, LinkRequest, PoolState, Waiter
from ivr.hamsa.pool.socket import Connect, SpeechSocket, lost_from
from ivr.hamsa.reasons import REASONS, LinkLost
from ivr.upstream.breaker import Breaker

NoteCallback: TypeAlias = Callable[[str, Mapping[str, str | int | float | bool]], None]

SETTLED: Final = 1.0
"""Seconds after which a link that closes unused was not refused."""
DENIALS: Final = 3
"""Requests of all calls that were denied for the account's sake, without a success, until the breaker opens."""
DOUBTS_MOST: Final = 5
"""Replies without speech in a row after which a link is closed."""
HOPELESS: Final = 1.0
"""Seconds until the next attempt to connect from which on no request waits for it when there is no link."""
GRACE: Final = 0.2
"""Seconds beyond the close timeout that tasks get to end."""
SPARE: Final = float("inf")
"""When a link is due that no request waits for."""


@dataclass(slots=True)
class _KindLinks:
    """Hold what the pool has of one kind."""

    breaker: Breaker
    links: list[LiveLink] = field(default_factory=list)
    states: Counter[LinkState] = field(default_factory=Counter)
    """How many they are by their state."""
    closing: set[LiveLink] = field(default_factory=set)
    """Idle links that were closing when a free one was last looked for."""
    waiting: dict[Waiter, asyncio.Future[LiveLink]] = field(default_factory=dict)
    """Requests that wait for a link."""
    newest: int = 0
    """The number of the link whose opening began last."""
    opening: int = 0
    """Connections under way."""
    opened: int = 0
    """Connections that came about so far."""
    standby: bool = False
    """One link is to be opened whatever there is."""
    standby_due: float = SPARE
    """When it will be needed."""
    denials: int = 0
    """Requests in a row that were denied for the account's sake."""
    refusal: str = "connect"
    """Why the last connect failed: a word of `REASONS`."""


class LinkPool:
    """Own all sockets to the speech service and their tasks; everything is gone after `aclose`."""

    def __init__(
        self,
        settings: HamsaSettings,
        options: SpeechServiceOptions,
        *,
        connect: Connect,
        rate: ConnectRate,
        calls: Callable[[], int],
        note: NoteCallback,
        chance: Callable[[], float],
    ) -> None:
        """Serve `calls`, which counts the calls on the line. `chance`: 0 to 1, spreads what links would do together."""
        self.rate = rate
        self._settings = settings
        self._options = options
        self._connect = connect
        self._calls = calls
        self._note = note
        self._chance = chance
        kinds: tuple[SpeechKind, ...] = ("tts", "stt")
        self._kinds = {kind: _KindLinks(Breaker(options.breaker, chance)) for kind in kinds}
        self._given: set[LiveLink] = set()
        """Links that a request has got and not used yet."""
        self._numbers = count(1)
        self._connects: set[asyncio.Task[None]] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        """The loop that the pool belongs to, once it is used. Asking for it each time takes a system call."""
        self._timer: asyncio.TimerHandle | None = None
        self._news = asyncio.Event()
        self._closed = False

    def use_key(self, key: str) -> None:
        """Open sockets with another key from now on; those that are open stay."""
        self._settings = replace(self._settings, api_key=key)

    def __repr__(self) -> str:
        kinds = self._kinds.values()
        links = [live for kind in kinds for live in kind.links]
        opening, waiting = sum(kind.opening for kind in kinds), sum(len(kind.waiting) for kind in kinds)
        parts = [f", {opening} opening"] * bool(opening) + [f", {waiting} waiting"] * bool(waiting)
        return f"<LinkPool {links}{''.join(parts)}, {sum(kind.opened for kind in kinds)} opened>"

    def now(self) -> float:
        """Return the loop's time in seconds."""
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
        return self._loop.time()

    def breaker(self, kind: SpeechKind) -> Breaker:
        """Return the breaker of the requests of one kind."""
        return self._kinds[kind].breaker

    def opened(self, kind: SpeechKind) -> int:
        """Return how many connections of one kind came about so far."""
        return self._kinds[kind].opened

    def state(self, kind: SpeechKind) -> PoolState:
        """Count the links of one kind at this moment."""
        # Asked several times for each request of every call: nothing here may look at all links.
        calls, side = self._calls(), self._kinds[kind]
        given = self._given_of(kind)
        now = self.now() if side.waiting else 0.0
        priorities = [waiter.priority(now) for waiter in side.waiting]
        spares = sizing.spares(calls, self._options.spare_links)
        load = max(sizing.AT_WORK[kind], self._options.links_per_call)
        return PoolState(
            free=side.states[LinkState.IDLE] - given - len(side.closing),
            opening=side.opening,
            draining=side.states[LinkState.DRAINING],
            busy=side.states[LinkState.BUSY] + given,
            calm=priorities.count("calm"),
            patient=priorities.count("patient"),
            urgent=priorities.count("urgent"),
            spares=spares,
            floor=sizing.floor(calls, self._options.spare_links, load),
            # Each call may have one link at work and one that drains.
            most=sizing.LINKS_BESIDE + spares + 2 * calls,
            standby=side.standby,
        )

    async def warm(self, kind: SpeechKind) -> None:
        """Have a link: return once there is one or the attempt has failed. Never raises."""
        side = self._kinds[kind]
        # Without spares no link would be opened before the first request.
        side.standby = side.standby or not side.links
        self.tend(kind)
        while not (self._closed or side.links) and (side.opening or self.state(kind).short):
            self._news.clear()
            await self._news.wait()

    async def take(self, request: LinkRequest) -> LiveLink:
        """Wait for a free link. The taker asks on it before anything else. Raises LinkLost when none comes in time."""
        kind, now = request.kind, self.now()
        side = self._kinds[kind]
        if kind == "stt":
            self._expect_answer()
        if not side.breaker.admits(now):
            raise LinkLost("breaker")
        if self._closed:
            raise LinkLost("shut")
        # A request waits as long as there is a prospect. Without a link and with a long pause there is none.
        if self._is_hopeless(side):
            raise LinkLost(side.refusal)
        # Links died in silence: the others have to show that they live.
        if request.alive_since is not None:
            for live in side.links:
                if live.link.heard_at < request.alive_since:
                    live.probe()
        free = None if side.waiting else self._best(request, now)
        if free is None:
            return await self._wait_for_link(request)
        self._given.add(free)
        self.tend(kind)
        self._given.discard(free)
        return self._taken(free, request)

    async def _wait_for_link(self, request: LinkRequest) -> LiveLink:
        """Wait until a link is free, and no request that comes first wants it."""
        kind, now, loop = request.kind, self.now(), asyncio.get_running_loop()
        # A draining link serves a request that has only just begun to wait, unless it wants a certain link.
        is_picky = bool(request.avoid) or request.alive_since is not None
        waiter = Waiter(request, now + (0.0 if is_picky else self._settings.drain_patience))
        link: asyncio.Future[LiveLink] = loop.create_future()
        self._kinds[kind].waiting[waiter] = link
        moments = (request.due, request.due + HOPE) if request.elsewhere else (max(request.due, now) + HOPE,)
        timers = [loop.call_at(when, self.tend, kind) for when in (waiter.calm_until, waiter.patient_until)]
        timers += [loop.call_at(when, self._reconsider, waiter) for when in moments]
        self.tend(kind)
        try:
            async with asyncio.timeout_at(request.until):
                live = await link
        except BaseException as exc:
            self._leave(waiter, link)
            self.tend(kind)
            if isinstance(exc, TimeoutError):
                raise LinkLost("no_link") from None
            if not isinstance(exc, LinkLost):
                self.forgo(kind)
            raise
        finally:
            for timer in timers:
                timer.cancel()
        self._leave(waiter, link)
        return self._taken(live, request)

    def _taken(self, live: LiveLink, request: LinkRequest) -> LiveLink:
        """Return a link to its taker. Raises LinkLost when it is over: it may have died since it was given out."""
        if not live.free:
            raise live.fate or LinkLost("closed")
        live.link.same_caller = live.link.number == request.last or not live.link.uses
        return live

    def _expect_answer(self) -> None:
        """Open a TTS link with the question where links die before they are needed, so that no spare is kept."""
        side = self._kinds["tts"]
        if self.rate.spare_backoff.failures and not (side.opening or self._idle(side)):
            side.standby, side.standby_due = True, self.now() + LEAD
            self.tend("tts")

    def report(self, kind: SpeechKind, lost: LinkLost | None) -> None:
        """Say how a request on a link went: None is well."""
        side = self._kinds[kind]
        if lost is None:
            # One success of any call shows that the account is well.
            side.denials = 0
            self.rate.served()
            if side.breaker.succeeded():
                self._note(f"{kind}_breaker_closed", {})
        elif lost.row.service_is_bad:
            side.denials += lost.row.account_is_bad
            if side.breaker.failed(self.now(), fatal=side.denials >= DENIALS):
                self._note(f"{kind}_breaker_opened", {"reason": lost.reason, "failures": side.breaker.failures})
        elif lost.reason != "breaker":  # that request was not made: a probe of another caller may be under way
            self.forgo(kind)

    def forgo(self, kind: SpeechKind) -> None:
        """Say that a request was given up before its result was known."""
        self._kinds[kind].breaker.forgo(self.now())

    def doubt(self, live: LiveLink) -> None:
        """Say that a reply of this link had no speech in it."""
        live.link.doubts += 1
        # Bad luck is not the link's fault, but a long series may be.
        if live.link.doubts >= DOUBTS_MOST:
            live.drop("degenerate")

    def tend(self, kind: SpeechKind | None = None) -> None:
        """Give out free links, and open those that are missing as fast as connections may be opened.

        `kind`: something has changed for requests of this kind.
        """
        if self._closed:
            return
        self._give_out()
        if self._timer is not None:
            if kind is not None:  # a link is missing that could not be opened before
                self._change_kinds(kind)
            self._timer.cancel()
            self._timer = None
        while needs := [(due, side.newest, k) for k, side in self._kinds.items() if (due := self._need(k)) is not None]:
            # The most urgent first; of equals, the kind that was opened longer ago.
            due, _, kind = min(needs, key=itemgetter(0, 1))
            delay = self.rate.take(self.now(), spare=due == SPARE)
            if delay > 0.0:
                self._timer = asyncio.get_running_loop().call_later(delay, self.tend)
                break
            number = self._kinds[kind].newest = next(self._numbers)
            self._kinds[kind].opening += 1
            task = asyncio.create_task(self._open(kind, number), name=f"hamsa-{kind}-open")
            self._connects.add(task)
            task.add_done_callback(self._connects.discard)
        self._news.set()

    def trim(self) -> None:
        """Close links that are not needed any more now that a call is over, the longest idle first."""
        for kind, side in self._kinds.items():
            idle = sorted(self._idle(side), key=lambda live: live.link.since) if self.state(kind).surplus else []
            for live in idle:
                if not self.state(kind).surplus:
                    break
                live.drop("surplus")

    async def aclose(self) -> None:
        """Close everything, within little more than the close timeout."""
        self._closed = True
        self._news.set()
        if self._timer is not None:
            self._timer.cancel()
        for side in self._kinds.values():
            self._fail(side, "shut")
        for task in self._connects:
            task.cancel()
        for live in self._all():
            live.drop("shut")
        if tasks := self._tasks | self._connects:
            await asyncio.wait(tasks, timeout=self._settings.close_timeout + GRACE)

    # -- what links report ---------------------------------------------------------------------------------------

    def changed(self, live: LiveLink) -> None:
        """Give out a link that may have become free."""
        now = self.now()
        self.rate.lives(now - live.link.age(now), now)
        self.tend(live.link.kind)

    def aged(self, live: LiveLink) -> None:
        """Close an old link when its successor is there; have one opened otherwise."""
        state = self.state(live.link.kind)
        if any(other.free for other in self._kinds[live.link.kind].links if other is not live) and state.surplus:
            live.drop("replaced")
        else:
            self._kinds[live.link.kind].standby = not state.opening
            self.tend(live.link.kind)

    def quiet(self, live: LiveLink) -> None:
        """Close a link that has been idle for long, unless it is needed as a spare."""
        if live.free and self.now() - live.link.since > SURPLUS_AFTER and self.state(live.link.kind).surplus:
            live.drop("surplus")

    def stray(self, live: LiveLink, what: str) -> None:
        """Note a frame that belongs to no request."""
        self._note(f"{live.link.kind}_stray", {"what": what, "uses": live.link.uses})
        # A transcript that comes late would be taken for the words of the next utterance.
        if what == "unasked_text" and live.link.kind == "stt":
            live.drop("unasked_text")

    def lost(self, live: LiveLink, lost: LinkLost) -> None:
        """Replace a link that is over, if there is reason to."""
        kind, age, now = live.link.kind, live.link.age(self.now()), self.now()
        side = self._kinds[kind]
        side.links.remove(live)
        side.closing.discard(live)
        fields: dict[str, str | int | float | bool] = {"reason": lost.reason, "uses": live.link.uses}
        self._note(f"{kind}_link_lost", {**fields, "age_s": round(age, 1), "code": lost.code or 0})
        # A link that the bridge closed says nothing about how long links live.
        if live.link.state is LinkState.CLOSED:
            self.rate.died(now - age, now, live.link.replies)
        if live.link.replies or age > SETTLED:
            # A link that had served is replaced at once. A close code may say that a fresh link would be closed, too.
            may_live = lost.row.retry or lost.code is None
            side.standby = side.standby or (may_live and not side.links)
        elif lost.code is not None:
            # A link that is closed at once, before it has served, is a connect that failed.
            self._failed(side, lost, now - age)
        self.tend(kind)

    # -- giving out ----------------------------------------------------------------------------------------------

    def _all(self) -> list[LiveLink]:
        return [live for side in self._kinds.values() for live in side.links]

    def _idle(self, side: _KindLinks) -> list[LiveLink]:
        """Return the free links of a kind."""
        state = LinkState.IDLE
        idle = [live for live in side.links if live.link.state is state and live not in self._given]
        side.closing = {live for live in idle if not live.is_open}
        return [live for live in idle if live not in side.closing] if side.closing else idle

    def _given_of(self, kind: SpeechKind) -> int:
        """Count the links of a kind that were given out and are still idle."""
        return sum(live.link.kind == kind and live.link.state is LinkState.IDLE for live in self._given)

    def _best(self, request: LinkRequest, now: float) -> LiveLink | None:
        """Return the best free link that fits a request; None: there is none."""
        side = self._kinds[request.kind]
        own = next((live for live in side.links if live.link.number == request.last), None) if request.last else None
        if own is not None and own.free and own not in self._given and request.is_best(own.link):
            return own
        free = [live for live in self._idle(side) if request.fits(live.link)]
        return min(free, key=lambda live: request.rank(live.link, now), default=None)

    def _give_out(self) -> None:
        """Give each waiting request in turn the best free link that fits."""
        for kind, side in self._kinds.items():
            left = side.states[LinkState.IDLE] - self._given_of(kind) if side.waiting else 0
            if not left:
                continue
            now = self.now()
            for waiter in sizing.in_turn(side.waiting, now):
                live = self._best(waiter.request, now)
                if live is not None and not side.waiting[waiter].done():
                    self._given.add(live)
                    side.waiting.pop(waiter).set_result(live)
                    left -= 1
                if not left:
                    break

    def _leave(self, waiter: Waiter, link: asyncio.Future[LiveLink]) -> None:
        """Forget a request that has its link, or wants none any more."""
        self._kinds[waiter.request.kind].waiting.pop(waiter, None)
        if link.done() and not link.cancelled() and link.exception() is None:
            self._given.discard(link.result())

    def _reconsider(self, waiter: Waiter) -> None:
        """Send a request away when no link is to be expected soon: to REST, or with the reason of the last failure."""
        side = self._kinds[waiter.request.kind]
        link, reason = side.waiting.get(waiter), ""
        if link is None or link.done():
            return
        if waiter.request.elsewhere:
            state = self.state(waiter.request.kind)
            reason = "no_link" if sizing.should_leave(waiter, side.waiting, self.now(), state) else ""
        elif self._is_hopeless(side):
            reason = side.refusal
        if reason:
            side.waiting.pop(waiter)
            link.set_exception(LinkLost(reason))

    def _fail(self, side: _KindLinks, reason: str) -> None:
        """Let all waiting requests of a kind fail."""
        waiting, side.waiting = side.waiting, {}
        for link in waiting.values():
            if not link.done():
                link.set_exception(LinkLost(reason))

    def _is_hopeless(self, side: _KindLinks) -> bool:
        """Return whether there is no link, none is being opened and the next attempt is far."""
        is_alone = not (side.opening or side.links)
        return is_alone and self.rate.pause(self.now()) > HOPELESS and not REASONS[side.refusal].too_many

    # -- opening -------------------------------------------------------------------------------------------------

    def _need(self, kind: SpeechKind) -> float | None:
        """Return when the next link of a kind is needed; `SPARE`: no request waits for it. None: no link is missing."""
        state = self.state(kind)
        if not state.short:
            return None
        side = self._kinds[kind]
        return sizing.first_due(side.waiting, state.opening) if state.wanted else side.standby_due

    async def _open(self, kind: SpeechKind, number: int) -> None:
        side, began = self._kinds[kind], self.now()
        link = Link(number, self._settings.limits, self._chance(), kind, side.states)
        link.connect(began)
        socket: SpeechSocket | None = None
        lost, error = LinkLost("connect"), ""
        try:
            async with asyncio.timeout(self._settings.connect_timeout):
                socket = await self._connect(self._settings)
        except Exception as exc:
            lost, error = lost_from(exc, "connect"), type(exc).__name__
        finally:
            side.opening -= 1
            side.standby, side.standby_due = False, SPARE
        if socket is None:
            link.lost(self.now())
            self._note(f"{kind}_connect_failed", {"reason": lost.reason, "error": error})
            self._failed(side, lost, began)
        else:
            self._keep(socket, link)
            self._note(f"{kind}_connected", {"link": link.number, "s": round(self.now() - began, 3)})
        self.tend(kind)

    def _keep(self, socket: SpeechSocket, link: Link) -> None:
        """Take in an open socket; close the link that it replaces."""
        side, most = self._kinds[link.kind], self.state(link.kind).most
        link.opened(self.now())
        side.opened += 1
        self.rate.opened(self.now())
        side.breaker.hint(self.now())
        # An aged link goes only now that its successor is there.
        replaced = [live for live in side.links if live.link.old and live.link.state is LinkState.IDLE][:1]
        if len(side.links) >= most:
            replaced += [live for live in side.links if live.link.state is LinkState.DRAINING][:1]
        live = LiveLink(socket, link, clock=self.now, watch=self, close_timeout=self._settings.close_timeout)
        side.links.append(live)
        self._tasks.add(live.task)
        live.task.add_done_callback(self._tasks.discard)
        for other in replaced:
            other.drop("replaced")

    def _failed(self, side: _KindLinks, lost: LinkLost, began: float) -> None:
        """Learn from a connect that failed; tell the waiting requests when no link is to be expected."""
        self.rate.failed(began, self.now(), lost)
        side.refusal = lost.reason
        # A service that counts connections will take one in a moment: the requests go on waiting.
        if not (side.opening or side.links or lost.row.too_many):
            self._fail(side, lost.reason)

    def _change_kinds(self, kind: SpeechKind) -> None:
        """Let idle links of the other kind serve requests for which no link may be opened now."""
        side, now = self._kinds[kind], self.now()
        other: SpeechKind = "stt" if kind == "tts" else "tts"
        for waiter in sizing.in_turn(side.waiting, now)[: self.state(kind).wanted]:
            idle, state = self._idle(self._kinds[other]), self.state(other)
            # One link is kept, and all of them while requests of their own kind wait.
            if len(idle) < 2 or state.urgent or state.patient:
                break
            alive_since = waiter.request.alive_since or 0.0
            alive = [live for live in idle if live.link.heard_at >= alive_since]
            live = min(alive, key=lambda live: live.link.since, default=None)
            if live is not None:
                self._kinds[other].links.remove(live)
                side.links.append(live)
                live.link.change_kind(kind, next(self._numbers), side.states)
                self._note(f"{kind}_link_borrowed", {"link": live.link.number, "uses": live.link.uses})
        self._give_out()
