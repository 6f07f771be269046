"""Keys pressed by the caller, gathered into one answer.

An answer ends with the terminator or when no key follows in time. At most 64 keys are kept: no menu asks for more.
"""

from __future__ import annotations

KEYS = frozenset("0123456789*#ABCD")
LIMIT = 64


class Keypad:
    """One call's keys. `timeout` in seconds of `now`; an empty `terminator` leaves only the timeout."""

    def __init__(self, timeout: float, terminator: str) -> None:
        self._timeout = timeout
        self._terminator = terminator
        self._keys = ""
        self._due: float | None = None

    def press(self, key: str, now: float) -> str | None:
        """The whole answer when this key ends it. Anything that is not a key is ignored."""
        if key not in KEYS:
            return None
        if key == self._terminator:
            return self._take()
        self._keys += key
        self._due = now + self._timeout
        return self._take() if len(self._keys) >= LIMIT else None

    def wake_at(self) -> float | None:
        """When the answer ends by itself."""
        return self._due

    def tick(self, now: float) -> str | None:
        """The whole answer when its time is up."""
        return self._take() if self._due is not None and now >= self._due else None

    def _take(self) -> str | None:
        keys, self._keys, self._due = self._keys, "", None
        return keys or None
