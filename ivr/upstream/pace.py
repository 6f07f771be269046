"""How fast new connections may be made: a token bucket, and a pause that grows after failures.

Pure; `now` is seconds of the driver's clock, chance is given. A service may limit its connections without telling the
number, so the bucket learns: a refusal for that reason halves its rate, and the refused rate is remembered as a wall.
Every connection that comes about gives a little of it back, and near the wall very little; a refusal there takes no
more than a fifth. Failures of connections that were begun before the last failure was known are one failure: ten
attempts that meet the same wall together teach no more than one.
"""

from __future__ import annotations

from typing import Protocol

SLOWEST = 32.0
"""How many times slower than its full rate a bucket may become."""
RECOVERY, CAREFUL = 1.15, 1.02
"""How much faster a slowed bucket becomes with every connection: far from the wall, and near it."""
NEAR, BEYOND = 0.85, 1.1
"""The shares of the wall from which on it is near, and from which on there is none any more."""


class Bucket(Protocol):
    """Counts connections. One a process, or one that several processes share."""

    rate: float
    """Connections a second, as learnt."""

    def take(self, now: float) -> float:
        """0.0: a connection may be made now, and was counted. Otherwise the seconds until it is worth asking again."""

    def slower(self, began: float, now: float) -> None:
        """A connect that began then was refused because there are too many."""

    def faster(self) -> None:
        """A connection came about."""


class TokenBucket:
    """A bucket of one process."""

    def __init__(self, rate: float, burst: float) -> None:
        """`rate`: connections a second in the long run; `burst`: at once, at least 1."""
        if rate <= 0 or burst < 1:
            raise ValueError("a bucket needs a rate above zero and room for at least one")
        self.rate = rate
        """Connections a second, as learnt."""
        self._full_rate = rate
        self._burst = burst
        self._tokens = burst
        self._at = 0.0
        self._slowed_at = float("-inf")
        self._wall = float("inf")

    def __repr__(self) -> str:
        return f"<TokenBucket {self._tokens:.1f} of {self._burst:g}, {self.rate:g} a second>"

    def take(self, now: float) -> float:
        self._tokens = min(self._burst, self._tokens + max(0.0, now - self._at) * self.rate)
        self._at = max(now, self._at)
        if self._tokens >= 1.0 - 1e-9:
            self._tokens -= 1.0
            return 0.0
        return (1.0 - self._tokens) / self.rate

    def slower(self, began: float, now: float) -> None:
        if began >= self._slowed_at:
            self._slowed_at = now
            near = self.rate >= NEAR * self._wall
            self._wall = self.rate
            self.rate = max(self._full_rate / SLOWEST, self.rate * (0.8 if near else 0.5))
            self._tokens, self._at = 0.0, max(now, self._at)

    def faster(self) -> None:
        if self.rate > BEYOND * self._wall:
            self._wall = float("inf")
        near = max(self.rate * CAREFUL, NEAR * self._wall)
        self.rate = min(self._full_rate, self.rate * RECOVERY, near)
