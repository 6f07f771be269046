"""Decide when the process may open its next connection to the speech service.

Pure: `now` is seconds of the driver's clock, chance is given. A bucket limits the pace. Failed connects make all
connections wait. Links that die before they are used make spare links wait, because opening them in advance would be a
storm: each dies unused and is replaced at once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from ivr.hamsa.pool.link import TIMER_SLACK
from ivr.hamsa.reasons import LinkLost
from ivr.upstream.backoff import Backoff
from ivr.upstream.pace import Bucket

BACKOFF_LEAST, BACKOFF_MOST = 0.4, 10.0
"""Seconds of the first and the longest pause after a failed connect."""
SPARE_PAUSE_LEAST, SPARE_PAUSE_MOST = 2.0, 30.0
"""Seconds of the first and the longest pause between spare links, where links die unused."""
DIED_YOUNG: Final = 20.0
"""Seconds of age below which the death of an unused link counts as a failure."""
TRIAL: Final = 8.0
"""Seconds an attempt after a failure may take while other attempts wait for its result: more than a connect may."""
PROOF: Final = 1.0
"""Seconds in which a connection that was opened after a failure has to serve before others follow."""


class ConnectRate:
    """Limit the new connections of a process."""

    def __init__(self, bucket: Bucket, chance: Callable[[], float]) -> None:
        """Spread the pauses after failures by `chance`, 0 to 1."""
        self.bucket = bucket
        self.backoff = Backoff(BACKOFF_LEAST, BACKOFF_MOST, chance)
        """After failed connects, for every connection."""
        self.spare_backoff = Backoff(SPARE_PAUSE_LEAST, SPARE_PAUSE_MOST, chance)
        """After links that died young and unused, for spare links."""
        self._trial_until = 0.0

    def __repr__(self) -> str:
        return f"<ConnectRate {self.bucket!r} {self.backoff!r}>"

    def take(self, now: float, *, spare: bool) -> float:
        """Count one connection that is opened now and return 0.0, or return the seconds until the next one may be.

        `spare`: no request waits for the connection.
        """
        spare_at = self.spare_backoff.ready_at if spare else 0.0
        delay = max(self.backoff.ready_at, self._trial_until, spare_at) - now
        if delay > TIMER_SLACK:
            return delay
        if (delay := self.bucket.take(now)) == 0.0:
            # After a failure one attempt is made at a time: many would meet the same wall together.
            if self.backoff.failures:
                self._trial_until = now + TRIAL
            if spare:
                self.spare_backoff.pause(now)
        return delay

    def pause(self, now: float) -> float:
        """Return the seconds until the next attempt after failed connects; 0.0 or less: none."""
        return self.backoff.ready_at - now

    def failed(self, began: float, now: float, lost: LinkLost) -> None:
        """Learn from the failure of a connect that began at `began`."""
        self._trial_until = 0.0
        # A service that counts connections asks for a slower pace, not for a pause.
        if lost.row.too_many:
            self.bucket.slower(began, now)
        else:
            self.backoff.failed(began, now)

    def opened(self, now: float) -> None:
        """Learn that a connection came about."""
        self.bucket.faster()
        self._trial_until = min(self._trial_until, now + PROOF)

    def served(self) -> None:
        """Learn that a connection has served a request: the service is well."""
        self.backoff.succeeded()
        self._trial_until = 0.0

    def lives(self, opened_at: float, now: float) -> None:
        """Learn that a connection opened at `opened_at` is of use at `now`."""
        if now - opened_at >= DIED_YOUNG:
            self.spare_backoff.succeeded(opened_at)

    def died(self, opened_at: float, now: float, replies: int) -> None:
        """Learn that the service ended a connection opened at `opened_at` after this number of replies."""
        if now - opened_at >= DIED_YOUNG:
            self.spare_backoff.succeeded(opened_at)
        elif not replies:  # a link that has served was worth its connection
            self.spare_backoff.failed(opened_at, now)
