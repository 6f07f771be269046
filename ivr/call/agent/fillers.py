"""Decide when a filler is said: a caller who is owed words never hears nothing for long.

While a reply is owed (words are looked for, the agent thinks, a sentence is late) the silence that the caller hears is
measured on the playout's clock. When it has lasted too long a filler is said; one that was heard starts the silence
again. Fillers alternate and are counted. They end: what is owed fails by its own deadline, with an apology.
"""

from __future__ import annotations

import math
from typing import Final

from ivr.call.options import CallOptions, PhraseName

_FILLERS: Final[tuple[PhraseName, PhraseName]] = ("filler", "still_working")


class Fillers:
    """Watch one caller's silence. Times in seconds of `now`."""

    def __init__(self, options: CallOptions) -> None:
        self.change(options)
        self._owed_since: float | None = None
        self._said = 0

    def change(self, options: CallOptions) -> None:
        """Take other choices of the line, from now on."""
        self._after, self._grace = options.filler_after_ms / 1000, options.filler_grace_ms / 1000
        self._most = options.fillers_most

    def __repr__(self) -> str:
        return f"<Fillers owed since {self._owed_since} said={self._said}>"

    def due_at(self, silent_from: float, now: float, *, owed: bool, arriving: bool) -> float | None:
        """Return when a filler is due; None: not as things are. Ask after every event.

        `silent_from`: when the caller runs out of audio; infinite while there is more to send. `owed`: words are owed
        to the caller. `arriving`: the answer has begun to come.
        """
        if not owed:
            self._owed_since = None
            return None
        if self._owed_since is None:
            self._owed_since, self._said = now, 0
        if not self._after or self._said >= self._most or silent_from == math.inf:
            return None
        # The answer would soon cut a filler short.
        grace = self._grace if arriving else 0.0
        return max(self._owed_since, silent_from) + self._after + grace

    @property
    def may_answer(self) -> bool:
        """Return whether a filler may be said at once: the caller asks whether the agent is there."""
        return bool(self._after) and self._said < self._most

    def begin_anew(self, since: float) -> None:
        """Measure a new wait from `since` on: the caller has taken the floor."""
        self._owed_since, self._said = since, 0

    def sounded(self) -> None:
        """Count again: the caller hears words of the reply, and what follows is a new wait."""
        self._said = 0

    def next(self) -> PhraseName:
        """Return what to say now, and count it."""
        self._said += 1
        return _FILLERS[0] if self._said == 1 else _FILLERS[self._said % 2]
