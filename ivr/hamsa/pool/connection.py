"""A link with its socket: the I/O twin of `link.Link`.

One task per link reads the socket for as long as it is open, so the link's state is true at every moment: an `end`
frees it when it arrives and not when somebody asks, a cancelled reply drains by itself, a socket that dies idle is
known at once. The same task pings, judges and, at the end, closes.

A request's frames go to its `Exchange` and to nobody else; once that is cancelled they go nowhere.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable
from typing import Final, Protocol

from ivr.hamsa.messages import Ack, Audio, End, Error, Message, Text, ends_reply, parse
from ivr.hamsa.pool.link import Link, LinkState
from ivr.hamsa.pool.socket import Probed, SpeechSocket, lost_from
from ivr.hamsa.reasons import LinkLost

BACKLOG: Final = 16 * 1024 * 1024
"""Bytes of one reply that may wait to be read: more than twice the longest reply the service's own limit allows."""


def _weight(message: Message) -> int:
    return 64 + (len(message.payload) if isinstance(message, Audio) else 0)


class LinkWatch(Protocol):
    """Who owns a link hears of it here. Called from the loop; must not wait."""

    def changed(self, live: LiveLink) -> None:
        """The link may have become free."""

    def aged(self, live: LiveLink) -> None:
        """The link is idle and old: time for another."""

    def quiet(self, live: LiveLink) -> None:
        """The link has had nothing to do for a while."""

    def stray(self, live: LiveLink, what: str) -> None:
        """A frame arrived that belongs to no request. Told once per kind."""

    def lost(self, live: LiveLink, lost: LinkLost) -> None:
        """The link is over. Told exactly once."""


class Exchange:
    """One request in flight and its reply."""

    def __init__(self, live: LiveLink) -> None:
        self.live = live
        self.reused = live.link.reused
        """The link had served before."""
        self._inbox: deque[Message] = deque()
        self._waiting_bytes = 0
        self._news = asyncio.Event()
        self._lost: LinkLost | None = None

    async def next(self, deadline: float) -> Message:
        """The next message of the reply, up to the one that ends it.

        Raises LinkLost when the link is over, TimeoutError at the deadline (a time of the loop's clock).
        """
        while not self._inbox:
            if self._lost is not None:
                raise self._lost
            self._news.clear()
            async with asyncio.timeout_at(deadline):
                await self._news.wait()
        message = self._inbox.popleft()
        self._waiting_bytes -= _weight(message)
        return message

    def deliver(self, message: Message) -> None:
        """Keep a message for whoever reads; a reader too far behind loses the link."""
        self._inbox.append(message)
        self._waiting_bytes += _weight(message)
        self._news.set()
        if self._waiting_bytes > BACKLOG:
            self.live.drop("flood")

    def fail(self, lost: LinkLost) -> None:
        self._lost = self._lost or lost
        self._news.set()

    def cancel(self) -> None:
        """Nobody waits for the rest of it. Harmless when it is over."""
        self.live.cancel(self)


class LiveLink:
    """An open socket under the rules of its `Link`. Create it where a loop runs; end it with `drop`."""

    def __init__(
        self,
        wire: SpeechSocket,
        link: Link,
        *,
        clock: Callable[[], float],
        watch: LinkWatch,
        close_timeout: float,
    ) -> None:
        """`link` is IDLE."""
        self.link = link
        self._wire = wire
        self._probe = wire if isinstance(wire, Probed) else None
        self._clock = clock
        self._watch = watch
        self._close_timeout = close_timeout
        self._exchange: Exchange | None = None
        self._frame = 0  # the hash of the last one
        self._strays: set[str] = set()
        self._waiting: asyncio.Timeout | None = None
        self._lost: LinkLost | None = None
        self._started = False
        self.task = asyncio.create_task(self._run(), name=f"hamsa-link-{link.number}")

    def __repr__(self) -> str:
        return f"<Live{repr(self.link)[1:]}"

    @property
    def free(self) -> bool:
        """A request may be made now."""
        return self.link.state is LinkState.IDLE and (self._probe is None or self._probe.is_open)

    async def ask(self, message: str, deadline: float) -> Exchange:
        """Send a request. The link must be free. Raises LinkLost when the socket does not take it."""
        self.link.request(self._clock())
        exchange = self._exchange = Exchange(self)
        self._rearm()
        try:
            async with asyncio.timeout_at(deadline):
                await self._wire.send(message)
                if self.link.doubtful(self._clock()):
                    await self._ping()
        except Exception as exc:
            lost = lost_from(exc, "open")
            self.drop(lost.reason)
            raise lost from exc
        except BaseException:
            self.drop("cancelled")
            raise
        return exchange

    def probe(self) -> None:
        """Have it show that it lives. `LinkWatch.changed` tells when it has; if it has not, it is lost."""
        if self.link.state is LinkState.IDLE and self.link.pinged_at is None:
            self.link.suspect()
            self._rearm()

    @property
    def fate(self) -> LinkLost | None:
        """Why the link is over, if it is."""
        return self._lost

    def cancel(self, exchange: Exchange) -> None:
        """Let the reply of this exchange drain."""
        if self._exchange is exchange and self.link.state is LinkState.BUSY:
            self._exchange = None
            self.link.cancel(self._clock())
            self._rearm()

    def drop(self, reason: str) -> None:
        """Close the socket, whatever it is doing; the closing goes on in the background."""
        if self.link.ended:
            return
        self.link.retire(self._clock())
        self._lose(LinkLost(reason))
        if self._started and asyncio.current_task() is not self.task:
            self.task.cancel()

    async def _run(self) -> None:
        self._started = True
        try:
            while not self.link.ended:
                await self._turn()
        except Exception as exc:
            self._lose(lost_from(exc, "open"))
        finally:
            if self.link.state is not LinkState.CLOSED:
                self.link.lost(self._clock())
            await self._close()

    async def _turn(self) -> None:
        """Wait for one frame, or for what is due."""
        timeout = asyncio.timeout_at(self.link.wake_at())
        try:
            async with timeout as self._waiting:
                frame = await self._wire.recv()
        except TimeoutError:
            if not timeout.expired():
                raise
            self._waiting = None
            await self._keep()
            return
        finally:
            self._waiting = None
        self._receive(frame)

    def _receive(self, frame: str | bytes) -> None:
        now = self._clock()
        self.link.heard(now)
        message = parse(frame)
        if isinstance(message, Ack):
            self.link.acknowledged()
        if isinstance(message, Audio | End) and self._stale(message, now):
            self._stray("stale")
        elif isinstance(message, Text) and self.link.trailing(now):
            self._stray("unasked_text")
        elif self.link.state in {LinkState.BUSY, LinkState.DRAINING}:
            self._answer(message, now)
        elif isinstance(message, Text):
            self._stray("unasked_text")
        elif isinstance(message, Audio):
            self._stray("unasked_audio")

    def _stale(self, message: Audio | End, now: float) -> bool:
        if isinstance(message, End):
            return self.link.stale(now)
        before, self._frame = self._frame, hash(message.payload)
        again = before == self._frame
        return self.link.stale(now, len(message.payload), again=again)

    def _answer(self, message: Message, now: float) -> None:
        """A message of the reply in flight. After an error nobody knows whether an `end` still comes: the link goes."""
        exchange, over = self._exchange, ends_reply(self.link.kind, message)
        if isinstance(message, Audio | Text):
            self.link.answered(now)
        if over:
            self.link.end(now)
            self._exchange = None
        if exchange is not None:
            exchange.deliver(message)
        if over:
            self._watch.changed(self)
        if isinstance(message, Error):
            self.drop(message.kind)

    async def _keep(self) -> None:
        """Do what the link says is due."""
        now = self._clock()
        match self.link.due(now):
            case "ping":
                self._watch.quiet(self)
                await self._ping()
            case "age":
                self.link.postpone(now)
                self._watch.aged(self)
            case "dead" | "stuck" as reason:
                raise LinkLost(reason)
            case _:
                pass

    async def _ping(self) -> None:
        """Ask for a sign of life. A socket that cannot be asked is believed."""
        now = self._clock()
        self.link.pinged(now)
        if self._probe is None:
            self._pong()
            return
        self._rearm()
        with contextlib.suppress(Exception):
            await self._probe.ping(self._pong)

    def _pong(self) -> None:
        self.link.heard(self._clock())
        self._rearm()
        if self.free:
            self._watch.changed(self)

    def _rearm(self) -> None:
        """The link's next due time has changed under the waiting task."""
        if self._waiting is not None and not self._waiting.expired():
            self._waiting.reschedule(self.link.wake_at())

    def _stray(self, what: str) -> None:
        if what not in self._strays:
            self._strays.add(what)
            self._watch.stray(self, what)

    def _lose(self, lost: LinkLost) -> None:
        """Tell whoever waits, once."""
        if self._lost is not None:
            return
        self._lost = lost
        if self.link.state is not LinkState.RETIRING:
            self.link.lost(self._clock())
        if self._exchange is not None:
            self._exchange.fail(lost)
            self._exchange = None
        self._watch.lost(self, lost)

    async def _close(self) -> None:
        with contextlib.suppress(Exception):
            async with asyncio.timeout(self._close_timeout):
                await self._wire.close()
