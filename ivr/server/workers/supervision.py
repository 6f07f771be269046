"""Decide when workers are started, when they are told to end, and when the parent ends. Pure: `now` is an argument.

A worker that ends although it was not asked is started again, a second later and twice as late each time; one that has
lived for a minute is settled, and the next time is a second again. Where no worker has ever come as far as listening,
none will: the parent ends, with what the first one said.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

WorkerOrder: TypeAlias = Literal["leave", "end", "reload"]
"""`leave`: drain after a notice. `end`: drain at once. `reload`: read the secrets again. The second `leave` or `end`
hurries the drain, the third ends everything."""

RESTART_S: Final = 1.0
"""Seconds from a worker's end to its next start."""
LONGEST_RESTART_S: Final = 30.0
"""The same, however often it has ended."""
SETTLED_S: Final = 60.0
"""Seconds of life after which a worker's ends are counted from the first again."""
LAST_ORDER: Final = 3
"""Orders to end after which nothing is waited for."""
KILL_S: Final = 20.0
"""Seconds after the last order in which a worker closes what it has open; then it is killed."""


@dataclass(slots=True)
class WorkerState:
    """Hold what is known of the worker of one number."""

    alive: bool = False
    started_at: float = 0.0
    delay: float = RESTART_S
    """Seconds to wait when it ends before it has settled."""
    due: float | None = 0.0
    """When it is started; None: it lives, or will not be started any more."""


class Supervision:
    """Know the workers of one machine, by their numbers from 0."""

    def __init__(self, count: int) -> None:
        self._states = [WorkerState() for _ in range(count)]
        self.ends = 0
        """Orders to end so far."""
        self.failed = False
        """No worker could start."""
        self._any_ready = False
        self._kill_at: float | None = None

    def __repr__(self) -> str:
        alive = sum(state.alive for state in self._states)
        return f"<Supervision {alive} of {len(self._states)} workers{' stopping' if self.stopping else ''}>"

    @property
    def stopping(self) -> bool:
        """Tell whether no worker is started any more."""
        return self.failed or self.ends > 0

    @property
    def over(self) -> bool:
        """Tell whether the parent may end."""
        return self.stopping and not any(state.alive for state in self._states)

    def due(self, now: float) -> list[int]:
        """Return the workers to start now."""
        return [index for index, state in enumerate(self._states) if state.due is not None and state.due <= now]

    def kills(self, now: float) -> list[int]:
        """Return the workers to kill now: they were to end and did not."""
        if self._kill_at is None or now < self._kill_at:
            return []
        return [index for index, state in enumerate(self._states) if state.alive]

    def wake_at(self) -> float | None:
        """Return when the next worker is to be started or killed; None: neither."""
        times = [state.due for state in self._states if state.due is not None]
        if self._kill_at is not None and any(state.alive for state in self._states):
            times.append(self._kill_at)
        return min(times, default=None)

    def started(self, index: int, now: float) -> None:
        """Note that a worker was started."""
        state = self._states[index]
        state.alive, state.started_at, state.due = True, now, None

    def ready(self) -> None:
        """Note that a worker listens."""
        self._any_ready = True

    def ended(self, index: int, now: float) -> float | None:
        """Note that a worker has ended. Returns the seconds until it is started again; None: it is not."""
        state = self._states[index]
        state.alive = False
        if self.stopping:
            return None
        if not self._any_ready:
            self._stop(failed=True)
            return None
        if now - state.started_at >= SETTLED_S:
            state.delay = RESTART_S
        delay = state.delay
        state.delay = min(2 * delay, LONGEST_RESTART_S)
        state.due = now + delay
        return delay

    def ordered(self, order: WorkerOrder, now: float) -> list[int]:
        """Take an order from outside. Returns the workers that must hear of it."""
        if order != "reload":
            self.ends += 1
            self._stop()
            if self.ends >= LAST_ORDER and self._kill_at is None:
                self._kill_at = now + KILL_S
        return [index for index, state in enumerate(self._states) if state.alive]

    def _stop(self, *, failed: bool = False) -> None:
        self.failed = self.failed or failed
        for state in self._states:
            state.due = None
