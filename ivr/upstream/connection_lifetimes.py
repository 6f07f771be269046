"""Whether it is worth opening a link before anybody needs it: only where links live until they are needed.

Pure; `now` is seconds of the driver's clock, chance is given. A service that closes every socket after some seconds,
or a path on which they die, turns links that are opened in advance into a storm: each of them dies unused and is
replaced at once. So deaths are counted. A link that dies *young* and without having served makes the next one that
nobody waits for come later, each time twice as late; until one that was opened afterwards has outlived its youth. A
young death after a service is no argument: that link was worth its connection.

Links that were open when the last death became known die of the same cause: all of them are one death. While there is
doubt, they are opened one at a time, a pause apart. Whoever needs a link now is not meant by any of this.
"""

from __future__ import annotations

from collections.abc import Callable

YOUNG = 20.0
"""Seconds of age below which a death counts."""
PAUSE_LEAST, PAUSE_MOST = 2.0, 30.0
"""Seconds of the first and of the longest pause."""


class ConnectionLifetimes:
    """Of the links to one service."""

    def __init__(
        self, least: float = PAUSE_LEAST, most: float = PAUSE_MOST, chance: Callable[[], float] = lambda: 0.5
    ) -> None:
        """`least`, `most`: seconds of the first and of the longest pause. `chance`: 0 to 1; takes off up to a half."""
        self.deaths = 0
        """In a row."""
        self._least = least
        self._most = most
        self._chance = chance
        self._ready_at = 0.0
        self._known_at = float("-inf")

    def __repr__(self) -> str:
        return f"<ConnectionLifetimes after {self.deaths} young deaths, until {self._ready_at:.1f}>"

    def wait(self, now: float) -> float:
        """Seconds until a link may be opened that nobody waits for; 0.0: now."""
        return max(0.0, self._ready_at - now) if self.deaths else 0.0

    def opening(self, now: float) -> None:
        """One is being opened that nobody waits for."""
        if self.deaths:
            self._ready_at = now + self._pause()

    def died(self, opened_at: float, now: float, replies: int) -> None:
        """The service has ended a link that was opened then and gave so many replies."""
        if now - opened_at >= YOUNG:
            self.lives(opened_at, now)
        elif not replies and opened_at >= self._known_at:
            self._known_at = now
            self.deaths += 1
            self._ready_at = now + self._pause()

    def lives(self, opened_at: float, now: float) -> None:
        """A link that was opened then is of use at this moment."""
        if now - opened_at >= YOUNG and opened_at >= self._known_at:
            self.deaths = 0

    def _pause(self) -> float:
        return min(self._most, self._least * 2.0 ** min(self.deaths - 1, 30)) * (1.0 - 0.5 * self._chance())
