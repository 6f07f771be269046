"""Who may open a connection to the speech service, and when: one gate for all that this process opens.

Thin: the pace is decided by `peers.pace`. Whoever wants a connection says how urgent it is and waits; the most urgent
goes first, a spare last. A place is given up by no longer being urgent: then no connection is counted.

After a failure one attempt is made at a time, until a connection has served: many would meet the same wall together.
How eagerly spares are opened is decided by `peers.lifetimes`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from ivr.hamsa.reasons import LinkLost
from ivr.upstream.connection_lifetimes import ConnectionLifetimes
from ivr.upstream.pace import Backoff, Bucket, TokenBucket

RATE, BURST = 4.0, 8.0
"""Connections a second, and at once, where nobody decided."""
BACKOFF_LEAST, BACKOFF_MOST = 0.4, 10.0
"""Seconds of the first and the longest pause after a failed connect."""
TRIAL = 8.0
"""Seconds an attempt may take while others wait for what comes of it: more than a connect may."""
PROOF = 1.0
"""Seconds in which a connection that came about after a failure has to serve before others follow."""
SPARE = float("inf")
"""The urgency of a connection that nobody waits for."""


@dataclass(slots=True, eq=False)
class _Place:
    urgency: Callable[[], float | None]


class ConnectRate:
    """The pace of new connections. Belongs to one loop."""

    def __init__(
        self, bucket: Bucket | None = None, *, clock: Callable[[], float] | None = None, chance: Callable[[], float]
    ) -> None:
        """`bucket`: None is one of its own. `chance`: 0 to 1, spreads the pauses after failures."""
        self.bucket: Bucket = bucket or TokenBucket(RATE, BURST)
        self.backoff = Backoff(BACKOFF_LEAST, BACKOFF_MOST, chance)
        self.lifetimes = ConnectionLifetimes(chance=chance)
        self._clock = clock
        self._queue: list[_Place] = []
        self._stirred = asyncio.Event()
        self._trial_until = 0.0

    def __repr__(self) -> str:
        return f"<ConnectRate {self.bucket!r} {self.backoff!r}, {len(self._queue)} wait>"

    async def permit(self, urgency: Callable[[], float | None]) -> bool:
        """Wait for leave to open one connection. False: it is not wanted any more.

        `urgency`: a time, the earlier the sooner it is needed; None: not any more. Asked again at every turn.
        """
        place = _Place(urgency)
        self._queue.append(place)
        try:
            while urgency() is not None:
                delay = self._delay(place)
                if delay == 0.0:
                    return True
                await self._rest(delay)
        finally:
            self._queue.remove(place)
            self.stir()
        return False

    @property
    def pause(self) -> float:
        """Seconds until the next attempt, after failures; 0.0 or less: none."""
        return self.backoff.ready_at - self._now()

    def stir(self) -> None:
        """Something has changed: those who wait look again."""
        self._stirred.set()

    def failed(self, began: float, lost: LinkLost) -> None:
        """A connect that began then has failed. One too many is a matter of pace, anything else one of patience."""
        self._trial_until = 0.0
        if lost.row.too_many:
            self.bucket.slower(began, self._now())
        else:
            self.backoff.failed(began, self._now())

    def opened(self) -> None:
        """A connection came about."""
        self.bucket.faster()
        self._trial_until = min(self._trial_until, self._now() + PROOF)

    def proven(self) -> None:
        """A connection has served."""
        self.backoff.succeeded()
        self._trial_until = 0.0

    def lives(self, opened_at: float) -> None:
        """A connection of that time is of use now."""
        self.lifetimes.lives(opened_at, self._now())

    def died(self, opened_at: float, replies: int) -> None:
        """The service has ended a connection of that time, after so many replies."""
        self.lifetimes.died(opened_at, self._now(), replies)

    def _delay(self, place: _Place) -> float | None:
        """Seconds until it is this one's turn: 0.0 is now, None that another one comes first."""
        urgent = [(when, other) for other in self._queue if (when := other.urgency()) is not None]
        when, first = min(urgent, key=lambda entry: entry[0])
        if first is not place:
            return None
        now = self._now()
        spared = self.lifetimes.wait(now) if when == SPARE else 0.0
        delay = max(self.pause, self._trial_until - now, spared)
        if delay > 0:
            return delay
        if (delay := self.bucket.take(now)) == 0.0:
            self._begin(when, now)
        return delay

    def _begin(self, when: float, now: float) -> None:
        if self.backoff.failures:
            self._trial_until = now + TRIAL
        if when == SPARE:
            self.lifetimes.opening(now)

    async def _rest(self, seconds: float | None) -> None:
        self._stirred.clear()
        try:
            async with asyncio.timeout(seconds):
                await self._stirred.wait()
        except TimeoutError:
            pass

    def _now(self) -> float:
        return self._clock() if self._clock else asyncio.get_running_loop().time()
