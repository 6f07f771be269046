"""Decide when to try again after failures. Pure: `now` is seconds of the driver's clock, chance is given."""

from __future__ import annotations

from collections.abc import Callable


class Backoff:
    """Increase the pause with each failure, to twice its length up to a limit, until an attempt succeeds."""

    def __init__(self, least: float, most: float, chance: Callable[[], float] = lambda: 0.5) -> None:
        """Pause for `least` seconds first and `most` at last. `chance`: 0 to 1; takes off up to a half."""
        self.failures = 0
        """Failures in a row."""
        self.ready_at = 0.0
        """When the next attempt may begin."""
        self._least = least
        self._most = most
        self._chance = chance
        self._known_at = float("-inf")

    def __repr__(self) -> str:
        return f"<Backoff after {self.failures} failures, until {self.ready_at:.1f}>"

    def failed(self, began: float, now: float) -> None:
        """Count the failure of an attempt that began at `began`."""
        # Attempts that were under way when the last failure became known meet the same cause: together they are one.
        if began >= self._known_at:
            self._known_at = now
            self.failures += 1
            self.pause(now)

    def pause(self, now: float) -> None:
        """Begin a pause at `now`, if there were failures."""
        if self.failures:
            # 2**30 is beyond any limit, and a greater exponent would at last be no float.
            seconds = min(self._most, self._least * 2.0 ** min(self.failures - 1, 30))
            self.ready_at = now + seconds * (1.0 - 0.5 * self._chance())

    def succeeded(self, began: float = float("inf")) -> None:
        """Forget all failures, unless the attempt began before the last failure was known: then it proves nothing."""
        if began >= self._known_at:
            self.failures = 0
            self.ready_at = 0.0
