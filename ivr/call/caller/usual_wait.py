"""Learn how long a service usually takes on one call.

A mean and the usual distance from it, both weighted towards what happened last (as RFC 6298 does for a round trip).
"""

from __future__ import annotations

from typing import Final

_WEIGHT: Final = 0.25
"""Share of the newest wait in what is remembered."""
_FIRST_SPREAD: Final = 0.25
"""Distance from the mean, as a share of it, while only one wait is known."""
_SPREADS: Final = 3.0
"""Distances above the mean that make the longest usual wait."""


class UsualWait:
    """Follow the waits for one service; seconds."""

    def __init__(self, expected: float) -> None:
        self._mean = expected
        self._spread = expected * _FIRST_SPREAD
        self._known = False

    def __repr__(self) -> str:
        return f"<UsualWait {self._mean:.2f} s, up to {self.longest:.2f}>"

    @property
    def longest(self) -> float:
        """Return how long the service takes at most, most of the time."""
        return self._mean + _SPREADS * self._spread

    def learn(self, seconds: float) -> None:
        """Take one wait."""
        # The first wait says more than any expectation.
        if not self._known:
            self._mean, self._spread, self._known = seconds, seconds * _FIRST_SPREAD, True
            return
        self._spread += (abs(seconds - self._mean) - self._spread) * _WEIGHT
        self._mean += (seconds - self._mean) * _WEIGHT
