"""Gather the keys that the caller presses into one answer.

An answer ends with the terminator or when no key follows in time.
"""

from __future__ import annotations

from typing import Final

KEYPAD: Final = frozenset("0123456789*#ABCD")
KEYS_MOST: Final = 64
"""Keys of one answer: no menu asks for more."""


class Keypad:
    """Gather one call's keys. `timeout` in seconds of `now`; an empty `terminator` leaves only the timeout."""

    def __init__(self, timeout: float, terminator: str) -> None:
        self._timeout = timeout
        self._terminator = terminator
        self._keys = ""
        self._due: float | None = None

    def press(self, key: str, now: float) -> str | None:
        """Take a key; return the whole answer when this key ends it. Anything that is not a key is ignored."""
        # A phone sends only these; anything else is a fault of the carrier's.
        if key not in KEYPAD:
            return None
        if key == self._terminator:
            return self._take()
        self._keys += key
        self._due = now + self._timeout
        return self._take() if len(self._keys) >= KEYS_MOST else None

    def wake_at(self) -> float | None:
        """Return when the answer ends by itself, in seconds of `now`."""
        return self._due

    def tick(self, now: float) -> str | None:
        """Return the whole answer when its time is up."""
        return self._take() if self._due is not None and now >= self._due else None

    def _take(self) -> str | None:
        keys, self._keys, self._due = self._keys, "", None
        return keys or None
