"""Stop asking a service that fails all calls, and ask again a little at a time. Pure.

One breaker for each service, shared by all calls. `now` is seconds of the driver's clock, chance is given.

    CLOSED --failures in a row, or one that is fatal--> OPEN --the pause is over--> HALF_OPEN
    HALF_OPEN --a success--> CLOSED
    HALF_OPEN --a failure--> OPEN, for twice the pause
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum


class BreakerState(Enum):
    """Name the states of a breaker."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half open"


@dataclass(frozen=True, slots=True)
class BreakerLimits:
    """Limit when a breaker opens, and for how long."""

    failures: int = 5
    """Failures in a row, over all calls; one opens it when it is fatal."""
    pause: float = 2.0
    """Seconds until the first probe."""
    longest: float = 15.0
    """Seconds between probes at most."""
    probe: float = 10.0
    """Seconds a probe may stay without a verdict before another is let through."""


class Breaker:
    """Count the failures of one service and decide whether it is asked."""

    def __init__(self, limits: BreakerLimits | None = None, chance: Callable[[], float] = lambda: 0.5) -> None:
        """Spread each pause by `chance`, 0 to 1, over three to five quarters of its length."""
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
        """Return the failures since the last success."""
        return self._failures

    def state(self, now: float) -> BreakerState:
        """Return the state at this moment."""
        if not self._open:
            return BreakerState.CLOSED
        return BreakerState.HALF_OPEN if now >= self._until else BreakerState.OPEN

    def admits(self, now: float) -> bool:
        """Return whether a request may be made now. In HALF_OPEN that request is the probe."""
        state = self.state(now)
        if state is BreakerState.HALF_OPEN:
            # One probe at a time. One that is never reported on makes room after a while.
            self._probing = True
            self._until = now + self.limits.probe
        return state is not BreakerState.OPEN

    def hint(self, now: float) -> None:
        """Allow a probe at once: something of the service has come back."""
        if self._open and not self._probing:
            self._until = min(self._until, now)

    def forgo(self, now: float) -> None:
        """Forget a request that was given up before its result was known. If it was the probe, allow another."""
        if self._open and self._probing:
            self._probing = False
            self._until = min(self._until, now)

    def succeeded(self) -> bool:
        """Count a success. True: this closed the breaker."""
        # A success always closes: the service has answered, whatever was asked when.
        closed, self._open, self._probing = self._open, False, False
        self._failures = self._pauses = 0
        return closed

    def failed(self, now: float, *, fatal: bool = False) -> bool:
        """Count a failure. `fatal`: the next request would fail, too. True: this opened the breaker."""
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
