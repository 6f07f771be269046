"""Gather the keys that the caller presses into entries.

An entry ends with the terminator, or when no key follows in time, which is longer while a number of known length is not
whole. The terminator has a second meaning: with no key before it, it may be the late end of what the caller said or
typed already.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ivr.call.actions import Gather

KEYPAD: Final = frozenset("0123456789*#ABCD")
KEYS_MOST: Final = 64
"""Keys of one entry: no menu asks for more."""
LATE_END_S: Final = 3.0
"""Seconds after an entry ran out of time in which the terminator is still its end: as long as people look for it."""


@dataclass(frozen=True, slots=True)
class KeyEntry:
    """Hold keys that belong together."""

    keys: str
    """Never logged."""
    whole: bool
    """The caller ended it; otherwise keys that follow may still belong to it."""


class Keypad:
    """Gather one call's keys. `timeout` in seconds of `now`; an empty `terminator` leaves only the timeout.

    `patience`: seconds after a key in the middle of a number of known length, where that is more.
    """

    def __init__(self, timeout: float, terminator: str, patience: float = 0.0) -> None:
        self._line = timeout, terminator
        self._patience = patience
        self._timeout = timeout
        self._terminator = terminator
        self._most = KEYS_MOST
        self._likely = 0
        """Keys after which the entry is likely to be whole; 0: not known."""
        self._gather: Gather | None = None
        self._keys = ""
        self._due: float | None = None
        self._ran_out_at: float | None = None
        self.pressed_at = 0.0
        """When the last key was pressed, in seconds of `now`."""

    def change(self, timeout: float, terminator: str, patience: float = 0.0) -> None:
        """Take another timeout, terminator and patience, from the next key on."""
        self._line, self._patience = (timeout, terminator), patience
        self.gather(self._gather)

    def gather(self, how: Gather | None) -> None:
        """Gather the next entry as the agent says, from the next key on; None: as the line does."""
        self._gather, (self._timeout, self._terminator), self._most = how, self._line, KEYS_MOST
        if how is not None:
            usual = max(self._timeout, self._patience) if how.digits else self._timeout
            self._timeout = usual if how.timeout_s is None else how.timeout_s
            self._terminator = self._terminator if how.terminator is None else how.terminator
            self._most = how.digits or KEYS_MOST

    def expect(self, keys: int) -> None:
        """Take it that the entry that begins is a number of so many keys, by the agent's words alone; 0: not known."""
        self._likely = keys

    def __repr__(self) -> str:
        return f"<Keypad typing={len(self._keys)}>"

    @property
    def typing(self) -> bool:
        """Return whether an entry is open."""
        return bool(self._keys)

    def only_ends(self, key: str, now: float, *, unanswered: bool) -> bool:
        """Return whether this key only ends what the caller gave before, and is no answer of its own.

        `unanswered`: the caller has said or typed something, and has heard nothing of the answer.
        """
        if key != self._terminator or self.typing:
            return False
        return unanswered or (self._ran_out_at is not None and now < self._ran_out_at + LATE_END_S)

    def press(self, key: str, now: float) -> KeyEntry | None:
        """Take one of `KEYPAD`; return the whole entry when this key ends it."""
        self.pressed_at, self._ran_out_at = now, None
        if key == self._terminator and self.typing:
            return self._end(whole=True)
        self._keys += key
        # The terminator alone is an answer of its own, and nothing follows it.
        if key == self._terminator or len(self._keys) >= self._most:
            return self._end(whole=True)
        # The agent's words may mean another number: keys that follow still belong to it.
        if len(self._keys) == self._likely:
            self._ran_out_at = now
            return self._end(whole=False)
        part = len(self._keys) < self._likely
        self._due = now + (max(self._timeout, self._patience) if part else self._timeout)
        return None

    def wake_at(self) -> float | None:
        """Return when the entry ends by itself, in seconds of `now`."""
        return self._due

    def tick(self, now: float) -> KeyEntry | None:
        """Return the entry when its time is up."""
        if self._due is None or now < self._due:
            return None
        self._ran_out_at = now
        return self._end(whole=False)

    def finish(self) -> KeyEntry | None:
        """Return the entry, if one is open: the caller has gone on to something else."""
        return self._end(whole=False) if self.typing else None

    def forget(self) -> None:
        """Drop the open entry."""
        self._keys, self._due, self._ran_out_at = "", None, None

    def _end(self, *, whole: bool) -> KeyEntry:
        keys, self._keys, self._due = self._keys, "", None
        return KeyEntry(keys, whole)
