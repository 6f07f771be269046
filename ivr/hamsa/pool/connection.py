"""Drive a link with its socket.

One task per link reads the socket for as long as it is open, so the link's state is true at every moment: an `end`
frees the link when it arrives, a cancelled reply drains by itself, a socket that dies idle is known at once. The same
task pings, judges and closes.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable
from typing import Final, Protocol

from ivr.hamsa.messages import Ack, Audio, End, Error, SpeechMessage, Text, ends_reply, parse
from ivr.hamsa.pool.link import Link, LinkState
from ivr.hamsa.pool.socket import Probed, SpeechSocket, lost_from
from ivr.hamsa.reasons import LinkLost

REPLY_BACKLOG: Final = 16 * 1024 * 1024
"""Bytes of one reply that may wait to be read: more than twice the longest reply the service's own limit allows."""


def _weight(message: SpeechMessage) -> int:
    """Return the memory that a message takes, in bytes."""
    return 64 + (len(message.payload) if isinstance(message, Audio) else 0)


class LinkWatch(Protocol):
    """Hear what happens to a link. Called from the loop; must not wait."""

    def changed(self, live: LiveLink) -> None:
        """Learn that the link may have become free."""

    def aged(self, live: LiveLink) -> None:
        """Learn that the link is idle and old."""

    def quiet(self, live: LiveLink) -> None:
        """Learn that the link has been idle for a while."""

    def stray(self, live: LiveLink, what: str) -> None:
        """Learn that a frame belongs to no request. Called once per kind."""

    def lost(self, live: LiveLink, lost: LinkLost) -> None:
        """Learn that the link is over. Called exactly once."""


class Exchange:
    """Hold one request in flight and its reply."""

    def __init__(self, live: LiveLink) -> None:
        self.live = live
        self.reused = live.link.reused
        """The link had served before."""
        self._loop = asyncio.get_running_loop()
        self._inbox: deque[SpeechMessage] = deque()
        self._waiting_bytes = 0
        self._reader: asyncio.Future[bool] | None = None
        """Wakes the reader that waits for a message. False: it has waited to its deadline."""
        self._deadline = 0.0
        """When the reader has waited for long enough."""
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = 0.0
        self._lost: LinkLost | None = None

    async def next(self, deadline: float) -> SpeechMessage:
        """Return the next message of the reply, up to the one that ends it.

        Raises LinkLost when the link is over, TimeoutError at the deadline (a time of the loop's clock).
        """
        while not self._inbox:
            if self._lost is not None:
                raise self._lost
            self._deadline, self._reader = deadline, self._loop.create_future()
            # A timer that fires before the deadline stays, and is set again then: deadlines move with every message.
            if self._timer is None or deadline < self._timer_at:
                self._set_timer()
            try:
                in_time = await self._reader
            finally:
                self._reader = None
            if not (in_time or self._inbox):
                raise TimeoutError
        message = self._inbox.popleft()
        self._waiting_bytes -= _weight(message)
        return message

    def _set_timer(self) -> None:
        self._stop_timer()
        self._timer_at = self._deadline
        self._timer = self._loop.call_at(self._timer_at, self._tick)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _tick(self) -> None:
        """Tell a reader that has waited to its deadline."""
        self._timer = None
        if self._reader is None or self._reader.done():
            return
        if self._timer_at < self._deadline:
            self._set_timer()
        else:
            self._reader.set_result(False)

    def _wake(self) -> None:
        if self._reader is not None and not self._reader.done():
            self._reader.set_result(True)

    def deliver(self, message: SpeechMessage) -> None:
        """Keep a message for the reader. A reader too far behind loses the link."""
        self._inbox.append(message)
        self._waiting_bytes += _weight(message)
        self._wake()
        if self._waiting_bytes > REPLY_BACKLOG:
            self.live.drop("flood")

    def fail(self, lost: LinkLost) -> None:
        self._lost = self._lost or lost
        self._stop_timer()
        self._wake()

    def cancel(self) -> None:
        """Give up the rest of the reply. Harmless when it is over."""
        self._stop_timer()
        self.live.cancel(self)


class LiveLink:
    """Hold an open socket under the rules of its `Link`. Create it where a loop runs; end it with `drop`."""

    def __init__(
        self,
        socket: SpeechSocket,
        link: Link,
        *,
        clock: Callable[[], float],
        watch: LinkWatch,
        close_timeout: float,
    ) -> None:
        """Begin to read the socket. `link` is IDLE; `clock` is the loop's."""
        self.link = link
        self._socket = socket
        self._probe = socket if isinstance(socket, Probed) else None
        self._clock = clock
        self._watch = watch
        self._close_timeout = close_timeout
        self._exchange: Exchange | None = None
        self._frame: bytes | None = None
        """The last frame of audio, while its reply lasts..."""
        self._frame_hash = hash(b"")
        """...and then its hash: a frame may be 64 kB, and only whether it comes again is asked."""
        self._strays: set[str] = set()
        self._waiting: asyncio.Timeout | None = None
        self._lost: LinkLost | None = None
        self._started = False
        self.task = asyncio.create_task(self._run(), name=f"hamsa-link-{link.number}")

    def __repr__(self) -> str:
        return f"<Live{repr(self.link)[1:]}"

    @property
    def free(self) -> bool:
        """Return whether a request may be made now."""
        return self.link.state is LinkState.IDLE and self.is_open

    @property
    def is_open(self) -> bool:
        """Return whether the socket is not closing."""
        return self._probe is None or self._probe.is_open

    async def ask(self, message: str, deadline: float) -> Exchange:
        """Send a request. The link must be free. Raises LinkLost when the socket does not take it."""
        self.link.request(self._clock())
        exchange = self._exchange = Exchange(self)
        self._rearm()
        try:
            async with asyncio.timeout_at(deadline):
                await self._socket.send(message)
                # A dead socket takes a request without an error, so a ping goes with it.
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
        """Ask for a sign of life. `LinkWatch.changed` tells when it came; without one the link is lost."""
        if self.link.state is LinkState.IDLE and self.link.pinged_at is None:
            self.link.suspect()
            self._rearm()

    @property
    def fate(self) -> LinkLost | None:
        """Return why the link is over; None: it is not."""
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
        # The owner hears of the end at once; the closing handshake goes on in the background.
        self.link.retire(self._clock())
        self._lose(LinkLost(reason))
        if self._started and asyncio.current_task() is not self.task:
            self.task.cancel()

    async def _run(self) -> None:
        """Read the socket to its end."""
        self._started = True
        try:
            while not self.link.ended:
                await self._read()
        except Exception as exc:
            self._lose(lost_from(exc, "open"))
        # `drop` has told the owner. A task that ends cancelled keeps where that was, and with it the link for ever.
        except asyncio.CancelledError:
            pass
        finally:
            if self.link.state is not LinkState.CLOSED:
                self.link.lost(self._clock())
            with contextlib.suppress(Exception):
                async with asyncio.timeout(self._close_timeout):
                    await self._socket.close()

    async def _read(self) -> None:
        """Take frames until something is due, and do that."""
        # One timer serves for many frames. It is moved when something falls due earlier (`_rearm`), and finds nothing
        # due when the frames have put that off.
        timeout = asyncio.timeout_at(self.link.wake_at())
        try:
            async with timeout as self._waiting:
                while not self.link.ended:
                    self._take(await self._socket.recv())
        except TimeoutError:
            if not timeout.expired():
                raise
            self._waiting = None
            await self._keep()
        finally:
            self._waiting = None

    def _take(self, frame: str | bytes) -> None:
        """Take one frame."""
        now, message = self._clock(), parse(frame)
        self.link.heard(now)
        if isinstance(message, Ack):
            self.link.acknowledged()
        size, again = 0, False
        if isinstance(message, Audio):
            size, again = len(message.payload), self._comes_again(message.payload, now)
        if isinstance(message, Audio | End) and self.link.stale(now, size, again=again):
            self._stray("stale")
        elif isinstance(message, Text) and self.link.trailing(now):
            self._stray("unasked_text")
        elif self.link.asked:
            self._answer(message, now)
        elif isinstance(message, Text):
            self._stray("unasked_text")
        elif isinstance(message, Audio):
            self._stray("unasked_audio")

    def _comes_again(self, frame: bytes, now: float) -> bool:
        """Return whether audio is the same as the frame before; asked only about what may trail behind a reply."""
        # Hashing takes longer than all else that is done with a frame.
        if self.link.asked and not self.link.trailing(now):
            self._frame = frame
            return False
        before, self._frame_hash = self._frame_hash, hash(frame)
        return before == self._frame_hash

    def _answer(self, message: SpeechMessage, now: float) -> None:
        """Deliver a message of the reply in flight."""
        exchange, over = self._exchange, ends_reply(self.link.kind, message)
        if isinstance(message, Audio | Text):
            self.link.answered(now)
        if over:
            self.link.end(now)
            self._exchange = None
            if self._frame is not None:
                self._frame, self._frame_hash = None, hash(self._frame)
            self._rearm()
        if exchange is not None:
            exchange.deliver(message)
        if over:
            self._watch.changed(self)
        # After an error it is unknown whether an `end` still comes, so the link cannot be used again.
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
        """Ask for a sign of life."""
        self.link.pinged(self._clock())
        # A socket that cannot be asked is believed to live.
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
        """Wake the waiting task when the link's next due time has changed."""
        if self._waiting is not None and not self._waiting.expired():
            self._waiting.reschedule(self.link.wake_at())

    def _stray(self, what: str) -> None:
        """Report a frame that belongs to no request, once per kind."""
        if what not in self._strays:
            self._strays.add(what)
            self._watch.stray(self, what)

    def _lose(self, lost: LinkLost) -> None:
        """Report the end of the link, once."""
        if self._lost is not None:
            return
        self._lost = lost
        if self.link.state is not LinkState.RETIRING:
            self.link.lost(self._clock())
        if self._exchange is not None:
            self._exchange.fail(lost)
            self._exchange = None
        self._watch.lost(self, lost)
