"""Define where the states of calls are kept.

    MemoryKept    this process: a stream that dies comes back, a process that dies loses them
    SqliteKept    the processes of one machine, and those that come after them      `ivr.fleet.kept.sqlite`
    ValkeyKept    a fleet                                                           `ivr.fleet.kept.valkey`

A state is bytes that this room does not look into. It is forgotten an hour after it was written last.
"""

from __future__ import annotations

from typing import Final, Protocol

FORGET_S: Final = 3600.0
"""Seconds for which a state is kept."""
MOST_STATES: Final = 10_000
"""States at most in memory."""


class KeptCalls(Protocol):
    """Keep the states of calls. No failure of the store is raised, and only `take` waits, for a bounded time."""

    @property
    def up(self) -> bool | None:
        """Tell whether states can be written. None: not known yet."""

    def open(self) -> None:
        """Begin, in the running loop."""

    def keep(self, call_id: str, state: bytes) -> None:
        """Keep the newest state of a call. Never waits."""

    async def take(self, call_id: str) -> bytes | None:
        """Return the state of a call. None: there is none, or it cannot be read in time. It stays kept."""

    def drop(self, call_id: str) -> None:
        """Forget a call. Never waits."""

    async def close(self) -> None:
        """Write what waits, within a bounded time, and let go of the store."""


class MemoryKept:
    """Keep states in this process alone."""

    def __init__(self) -> None:
        self._states: dict[str, bytes] = {}
        self.up: bool | None = True

    def __repr__(self) -> str:
        return f"<MemoryKept {len(self._states)}>"

    def open(self) -> None:
        """See `KeptCalls`."""

    def keep(self, call_id: str, state: bytes) -> None:
        """See `KeptCalls`. The oldest of too many is forgotten."""
        self._states.pop(call_id, None)
        self._states[call_id] = state
        if len(self._states) > MOST_STATES:
            del self._states[next(iter(self._states))]

    async def take(self, call_id: str) -> bytes | None:
        """See `KeptCalls`."""
        return self._states.get(call_id)

    def drop(self, call_id: str) -> None:
        """See `KeptCalls`."""
        self._states.pop(call_id, None)

    async def close(self) -> None:
        """See `KeptCalls`."""
