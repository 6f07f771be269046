"""A circuit breaker: when a service fails everybody, stop asking it, and ask again a little at a time.

Pure; one for each service, shared by all calls. `now` is seconds of the driver's clock, chance is given.

    CLOSED --failures in a row, or one that is fatal--> OPEN --the pause is over--> HALF_OPEN
    HALF_OPEN --a success--> CLOSED
    HALF_OPEN --a failure--> OPEN, for twice the pause

HALF_OPEN lets one request through at a time, the probe. Whoever gives a request up before there is a verdict says so
(`forgo`): then there is room for another probe. One that nobody reports on makes room after a while. A success always
closes: the service has answered, whatever was asked when.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum


class BreakerState(Enum):
    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half open"


@dataclass(frozen=True, slots=True)
class BreakerLimits:
    """When it opens and for how long."""

    failures: int = 5
    """Failures in a row, over all calls; one opens it when it is fatal."""
    pause: float = 2.0
    """Seconds until the first probe."""
    longest: float = 15.0
    """Seconds between probes at most."""
    probe: float = 10.0
    """Seconds a probe may stay without a verdict before another is let through."""


class Breaker:
    """The breaker of one service."""

    def __init__(self, limits: BreakerLimits | None = None, chance: Callable[[], float] = lambda: 0.5) -> None:
        """`chance`: 0 to 1; spreads a pause over three to five quarters of its length."""
        self.limits = limits or BreakerLimits()
        self.opened = 0
        """Times it has opened so far."""
        self._chance = chance
        self._failures = 0
        self._pauses = 0
        self._open = False
        self._probing = False
        self._until = 0.0

    def __repr__(self) -> str:
        return f"<Breaker {'open' if self._open else 'closed'}, {self._failures} failures>"

    @property
    def failures(self) -> int:
        """Failures since the last success."""
        return self._failures

    def state(self, now: float) -> BreakerState:
        """What it is at this moment."""
        if not self._open:
            return BreakerState.CLOSED
        return BreakerState.HALF_OPEN if now >= self._until else BreakerState.OPEN

    def admits(self, now: float) -> bool:
        """Whether a request may be made now. In HALF_OPEN whoever is told so is the probe."""
        state = self.state(now)
        if state is BreakerState.HALF_OPEN:
            self._probing = True
            self._until = now + self.limits.probe
        return state is not BreakerState.OPEN

    def hint(self, now: float) -> None:
        """Something of the service has come back: a probe may be made at once."""
        if self._open and not self._probing:
            self._until = min(self._until, now)

    def forgo(self, now: float) -> None:
        """A request was given up before it was known how it goes. If it was the probe, another may be made at once."""
        if self._open and self._probing:
            self._probing = False
            self._until = min(self._until, now)

    def succeeded(self) -> bool:
        """The service did what it was asked. True: this closed the breaker."""
        closed, self._open, self._probing = self._open, False, False
        self._failures = self._pauses = 0
        return closed

    def failed(self, now: float, *, fatal: bool = False) -> bool:
        """The service did not. `fatal`: nothing else can be expected of the next request. True: this opened it."""
        self._failures += 1
        if self._open and not self._probing:
            return False
        if not (self._open or fatal or self._failures >= self.limits.failures):
            return False
        pause = min(self.limits.longest, self.limits.pause * 2**self._pauses)
        self._pauses += 1
        self._until = now + pause * (0.75 + 0.5 * self._chance())
        opened, self._open, self._probing = not self._open, True, False
        self.opened += opened
        return opened
