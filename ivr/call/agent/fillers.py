"""Dead air: a caller who is owed words never hears nothing for long.

While a reply is owed (words are looked for, the agent thinks, a sentence is late) the silence at the caller's ear is
measured on the playout's clock. When it has lasted too long a filler is said; a filler that was heard starts the
silence anew. Fillers alternate, are counted, and end: what is owed fails by its own deadline, with an apology.
"""

from __future__ import annotations

import math

from ivr.call.options import CallOptions, PhraseName

_FILLERS: tuple[PhraseName, PhraseName] = ("filler", "still_working")


class Fillers:
    """One call's silence. Times in seconds of `now`."""

    def __init__(self, options: CallOptions) -> None:
        self._after = options.filler_after_ms / 1000
        self._grace = options.filler_grace_ms / 1000
        self._most = options.fillers_most
        self._owed_since: float | None = None
        self._said = 0

    def __repr__(self) -> str:
        return f"<Fillers owed since {self._owed_since} fillers={self._said}>"

    def owe(self, since: float) -> None:
        """A reply is owed from this moment; said again while one is owed, it changes nothing."""
        if self._owed_since is None:
            self._owed_since = since
            self._said = 0

    def sounded(self) -> None:
        """Words of the reply are heard: what follows is a new wait."""
        self._said = 0

    def settle(self) -> None:
        """Nothing is owed."""
        self._owed_since = None

    def watch(self, silent_from: float, now: float, *, owed: bool, arriving: bool) -> float | None:
        """After every event: when a filler is due, None: not as things are. `owed`: words are owed to the caller."""
        if not owed:
            self.settle()
            return None
        self.owe(now)
        due = self.due_at(silent_from, arriving=arriving)
        return None if due == math.inf else due

    def due_at(self, silent_from: float, *, arriving: bool = False) -> float | None:
        """When a filler is due, if the ear is silent from `silent_from` on; None: never.

        `arriving`: the answer has begun to come, and a filler would soon be cut short by it.
        """
        if self._owed_since is None or not self._after or self._said >= self._most:
            return None
        return max(self._owed_since, silent_from) + self._after + (self._grace if arriving else 0.0)

    def filler(self) -> PhraseName:
        """What to say now."""
        self._said += 1
        return _FILLERS[0] if self._said == 1 else _FILLERS[self._said % 2]
