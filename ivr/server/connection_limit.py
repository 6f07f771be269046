"""Limit the connections that carry no call: how many there may be, and which one is closed for a new one.

A connection counts from its beginning until a call has started on it, or it ends: so does a WebSocket on which nothing
starts. The number follows from the files that the process may have open: what the calls need comes first.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Generic, Literal, Protocol, TypeAlias, TypeVar

Connection = TypeVar("Connection")


class LimitedConnection(Protocol):
    """Be closed when there are too many."""

    def refuse(self, reason: str) -> None:
        """Close the connection for this reason, a fixed word."""


ConnectionState: TypeAlias = Literal["silent", "idle", "asking"]
"""`silent`: no whole request yet. `idle`: answered. `asking`: a request is being read or answered, or a
WebSocket waits for its call."""

HEAD_BYTES: Final = 16 * 1024
"""Bytes of a request's line and headers; the carrier's take two thousand."""
MAX_HEADERS: Final = 100
"""Headers of a request; the carrier sends about fifteen."""
HEAD_SECONDS: Final = 10.0
"""Seconds to the end of a request's headers: from the connection's beginning, on a kept one from their first byte. Also
those that the rest of a body may take whose request is answered."""
PIPELINED: Final = 16
"""Requests that may wait for the answers before theirs."""
DROPPED_BYTES: Final = 1024 * 1024
"""Bytes of a body that are read and dropped after the request was answered."""
LISTEN_BACKLOG: Final = 128
"""Connections the system may accept before the server knows of them."""

FILES_PER_CALL: Final = 6
"""Open files of a call: the phone's socket, STT, TTS, the agent, and one for a retry that overlaps another."""
FILES_OWN: Final = 96 + LISTEN_BACKLOG
"""Open files without a call: libraries, model, log, listener, spare links."""
LEAST_OWN: Final = 24
"""Open files without a call that no bridge can do without."""
MAX_CONNECTIONS: Final = 1000
MIN_CONNECTIONS: Final = 32


@dataclass(frozen=True, slots=True)
class FileShares:
    """Say what the files that may be open at once are for."""

    calls: int
    """Calls that find their files."""
    places: int
    """Connections beside the calls."""
    backlog: int = LISTEN_BACKLOG
    """Connections the system may accept before the server knows of them."""


def shares(files: int, calls: int) -> FileShares:
    """Share out the files that may be open at once: to `calls` calls, or to as many as there are files for."""
    left = files - needed(calls) + MIN_CONNECTIONS
    if left >= MIN_CONNECTIONS:
        return FileShares(calls, min(MAX_CONNECTIONS, left))
    # Few: an eighth for strangers, an eighth for those who come at once, and calls for the rest. A caller who is told
    # that all lines are busy is better off than one whose call finds no socket to the agent.
    eighth = max(4, min(MIN_CONNECTIONS, files // 8))
    return FileShares(max(1, min(calls, (files - LEAST_OWN - 2 * eighth) // FILES_PER_CALL)), eighth, eighth)


def needed(calls: int) -> int:
    """Return how many open files must be allowed for this many calls."""
    return FILES_OWN + calls * FILES_PER_CALL + MIN_CONNECTIONS


class ConnectionLimit(Generic[Connection]):
    """Know the connections of one server that carry no call, and choose which one is closed when there are too many."""

    def __init__(self, places: int) -> None:
        self.places = places
        self.keeps: Callable[[], bool] = lambda: True
        """Tells whether a connection is kept after the answer to its request."""
        self.changed: Callable[[], None] = lambda: None
        """Called when a connection has come, does something else, or has gone."""
        # The order of the states is the order in which connections are given up; in each the oldest comes first.
        self._connections: dict[ConnectionState, dict[Connection, None]] = {"silent": {}, "idle": {}, "asking": {}}

    def __len__(self) -> int:
        return sum(map(len, self._connections.values()))

    def __repr__(self) -> str:
        counts = ", ".join(f"{len(some)} {state}" for state, some in self._connections.items())
        return f"<ConnectionLimit {counts} of {self.places}>"

    @property
    def busy(self) -> int:
        """Return how many connections may be about to ask for something, or to carry a call."""
        return len(self) - len(self._connections["idle"])

    def add(self, connection: Connection) -> Connection | None:
        """Count a new connection. Returns the one that the caller of this must close for it, if there is one."""
        evicted = None
        if len(self) >= self.places:
            # Never the new one: a proxy in front of the bridge sends its request at once.
            evicted = next((known for some in self._connections.values() for known in some), None)
        if evicted is not None:
            self.remove(evicted)
        self._connections["silent"][connection] = None
        self.changed()
        return evicted

    def change(self, connection: Connection, state: ConnectionState) -> None:
        """Note what a connection does now. It is the newest of those that do; one that was removed stays away."""
        if self.remove(connection):
            self._connections[state][connection] = None
            self.changed()

    def remove(self, connection: Connection) -> bool:
        """Count a connection no more: it has ended, or carries a call. False when it was not counted."""
        self.changed()
        for some in self._connections.values():
            if connection in some:
                del some[connection]
                return True
        return False
