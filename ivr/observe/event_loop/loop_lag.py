"""Measure the event loop's lag: a beat every tenth of a second, and how late each was.

The times of a call say nothing about a process that stalls: the services seem slow. `add_stalls` gives the turns of a
call the times in which the process stalled. Nothing here reads a clock.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Final

from ivr.call.timeline import Turn

BEAT_S: Final = 0.1
"""Seconds between beats."""
STALL_S: Final = 0.02
"""Seconds of lag from which the process counts as stalled."""
LONG_STALL_S: Final = 1.0
"""Seconds of lag that are worth a line in the log."""
STALLS_KEPT: Final = 2000
"""The last stalls, of the whole process."""


class LoopLag:
    """Remember when the process stalled."""

    def __init__(self) -> None:
        self._stalls: deque[tuple[float, float]] = deque(maxlen=STALLS_KEPT)

    def __repr__(self) -> str:
        return f"<LoopLag {len(self._stalls)} stalls>"

    def beat(self, due: float, now: float) -> float:
        """Take a beat that was due at `due`. Returns how late it is, in seconds."""
        late = max(0.0, now - due)
        if late >= STALL_S:
            self._stalls.append((due, now))
        return late

    def add_stalls(self, turns: Sequence[Turn]) -> list[Turn]:
        """Return the turns of a call, each with the stalls during its wait."""
        return [turn.with_stalls(self._stalls) for turn in turns]
