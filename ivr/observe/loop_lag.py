"""Whether the process keeps up: a beat every tenth of a second, and what each was late.

A call is decided in moments, so its own times say nothing of a process that stands still: the services seem slow. This
knows when it stood still, and `told` gives the turns of a call that is over with their `stalls`.

Nothing here reads a clock: whoever beats says when it should have been and when it is.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Final

from ivr.call.timeline import Turn

EVERY: Final = 0.1
"""Seconds between beats."""
STILL: Final = 0.02
"""Seconds late from which the process counts as having stood still."""
LONG: Final = 1.0
"""Seconds late that are worth a line in the log."""
REMEMBERED: Final = 2000
"""The last times the process stood still."""


class LoopLag:
    """When the process stood still."""

    def __init__(self) -> None:
        self._stalls: deque[tuple[float, float]] = deque(maxlen=REMEMBERED)

    def __repr__(self) -> str:
        return f"<LoopLag {len(self._stalls)} stalls>"

    def beat(self, due: float, now: float) -> float:
        """A beat that should have been at `due`. Returns the seconds it is late."""
        late = max(0.0, now - due)
        if late >= STILL:
            self._stalls.append((due, now))
        return late

    def told(self, turns: Sequence[Turn]) -> list[Turn]:
        """Return the turns of a call with the times in which the process stood still while they were waited for."""
        return [turn.with_stalls(self._stalls) for turn in turns]
