"""Limit how fast new connections are made: a token bucket that learns. Pure.

`now` is seconds of the driver's clock. A service may limit its connections without telling the number. A refusal for
that reason halves the rate, and the refused rate is remembered as a wall.
"""

from __future__ import annotations

from typing import Protocol

SLOWEST_SHARE = 32.0
"""How many times slower than its full rate a bucket may become."""
RECOVERY, CAREFUL = 1.15, 1.02
"""How much faster a slowed bucket becomes with every connection: far from the wall, and near it."""
NEAR, BEYOND = 0.85, 1.1
"""The shares of the wall from which on it is near, and from which on there is none any more."""


class Bucket(Protocol):
    """Count connections: of one process, or of several that share it."""

    rate: float
    """Connections a second, as learnt."""

    def take(self, now: float) -> float:
        """Count one connection that is made now and return 0.0, or return the seconds until it may be asked again."""

    def slower(self, began: float, now: float) -> None:
        """Learn that a connect that began at `began` was refused because there are too many."""

    def faster(self) -> None:
        """Learn that a connection came about."""

    def share(self, part: float) -> None:
        """Make this part, up to 1, of all connections that may be made: others make the rest."""


class TokenBucket:
    """Count the connections of one process."""

    def __init__(self, rate: float, burst: float) -> None:
        """Allow `rate` connections a second in the long run, and `burst` at once, at least 1."""
        if rate <= 0 or burst < 1:
            raise ValueError("a bucket needs a rate above zero and room for at least one")
        self.rate = rate
        """Connections a second, as learnt."""
        self._full_rate = self._whole_rate = rate
        self._burst = self._whole_burst = burst
        self._tokens = burst
        self._at = 0.0
        self._slowed_at = float("-inf")
        self._wall = float("inf")

    def __repr__(self) -> str:
        return f"<TokenBucket {self._tokens:.1f} of {self._burst:g}, {self.rate:g} a second>"

    def take(self, now: float) -> float:
        """Count one connection that is made now and return 0.0, or return the seconds until there is a token."""
        self._tokens = min(self._burst, self._tokens + max(0.0, now - self._at) * self.rate)
        self._at = max(now, self._at)
        # A sum of floats may miss a whole token by a hair.
        if self._tokens >= 1.0 - 1e-9:
            self._tokens -= 1.0
            return 0.0
        return (1.0 - self._tokens) / self.rate

    def slower(self, began: float, now: float) -> None:
        """Reduce the rate, once for all connects that were under way together."""
        if began >= self._slowed_at:
            self._slowed_at = now
            # A refusal near the known wall takes no more than a fifth.
            near = self.rate >= NEAR * self._wall
            self._wall = self.rate
            self.rate = max(self._full_rate / SLOWEST_SHARE, self.rate * (0.8 if near else 0.5))
            self._tokens, self._at = 0.0, max(now, self._at)

    def faster(self) -> None:
        """Give back a little of the rate, and near the wall very little."""
        if self.rate > BEYOND * self._wall:
            self._wall = float("inf")
        near = max(self.rate * CAREFUL, NEAR * self._wall)
        self.rate = min(self._full_rate, self.rate * RECOVERY, near)

    def share(self, part: float) -> None:
        """Make this part of all connections: what was learnt of the rate is of that part."""
        rate, self._burst = self._whole_rate * part, max(1.0, self._whole_burst * part)
        self.rate, self._wall = self.rate * rate / self._full_rate, self._wall * rate / self._full_rate
        self._full_rate, self._tokens = rate, min(self._tokens, self._burst)
