"""Limit what one sender, and all senders together, may try in a minute. Pure, and of bounded size."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Final

WINDOW_S: Final = 60.0
"""Seconds over which tries are counted."""
WRONG_TOKENS: Final = 10
"""Wrong tokens of one address in that time."""
ALL_WRONG_TOKENS: Final = 100
"""Wrong tokens of all addresses together."""
MOST_ACTS: Final = 60
"""Acts of one operator."""
MOST_KNOWN: Final = 1000
"""Senders that are remembered."""


class TryLimit:
    """Count the tries of each sender in a window of time. The oldest of too many senders is forgotten."""

    def __init__(self, most: int, window_s: float = WINDOW_S) -> None:
        """Take the most tries of a sender in `window_s` seconds."""
        self._most, self._window_s = most, window_s
        self._counts: dict[Hashable, tuple[float, int]] = {}
        """Of each sender when the window began, and the tries in it."""

    def __repr__(self) -> str:
        return f"<TryLimit {len(self._counts)} senders, {self._most} in {self._window_s:g} s>"

    def wait_s(self, sender: Hashable, now: float) -> float:
        """Return the seconds until the sender may try again; 0: now."""
        began, count = self._counts.get(sender, (now, 0))
        left = began + self._window_s - now
        # A clock that was set back must not lock anyone out for longer than a window.
        return min(left, self._window_s) if count >= self._most and left > 0 else 0.0

    def count(self, sender: Hashable, now: float) -> None:
        """Note a try."""
        began, count = self._counts.pop(sender, (now, 0))
        if not 0 <= now - began < self._window_s:
            began, count = now, 0
        self._counts[sender] = began, count + 1
        if len(self._counts) > MOST_KNOWN:
            del self._counts[next(iter(self._counts))]


class WrongTokens:
    """Decide who may try a token: a flood of wrong ones must neither find one nor keep known operators out."""

    def __init__(self) -> None:
        self._by_address = TryLimit(WRONG_TOKENS)
        self._in_all = TryLimit(ALL_WRONG_TOKENS)
        self._known: dict[str, None] = {}
        """Addresses from which a good token came, the last one last."""

    def __repr__(self) -> str:
        return f"<WrongTokens {self._by_address!r} {len(self._known)} known>"

    def wait_s(self, address: str, now: float) -> float:
        """Return the seconds until a token of this address is looked at; 0: now."""
        waits = self._by_address.wait_s(address, now)
        # Wrong tokens from everywhere close the door to strangers alone.
        return waits if waits or address in self._known else self._in_all.wait_s("", now)

    def wrong(self, address: str, now: float) -> None:
        """Note a wrong token."""
        self._by_address.count(address, now)
        self._in_all.count("", now)

    def right(self, address: str) -> None:
        """Note a good token."""
        self._known.pop(address, None)
        self._known[address] = None
        if len(self._known) > MOST_KNOWN:
            del self._known[next(iter(self._known))]
