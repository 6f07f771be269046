"""The lobby: connections that carry no call (yet), and how much room there is for them.

Whoever opens a connection is in the lobby until it becomes a phone's socket or ends. There is room for so many; one
more, and somebody has to go: the one that has waited longest without saying a whole request, then the one that has been
idle longest since its last answer, then the one whose answer has been due longest. Whoever has just come, stays: a
proxy in front of the bridge says what it wants at once.

How many that is follows from the files the process may have open: what the calls need comes first.
"""

from __future__ import annotations

from typing import Final, Generic, Literal, TypeAlias, TypeVar

Guest = TypeVar("Guest")
ConnectionState: TypeAlias = Literal["silent", "idle", "asking"]
"""`silent`: no whole request yet. `idle`: answered. `asking`: a request is being read or answered."""

HEAD_BYTES: Final = 16 * 1024
"""Bytes of a request's line and headers; the carrier's take two thousand."""
HEADERS: Final = 100
"""Headers of a request; the carrier sends about fifteen."""
HEAD_SECONDS: Final = 10.0
"""Seconds from the connection's beginning, or from the last answer, to the end of the next request's headers."""
IDLE_SECONDS: Final = 5.0
"""Seconds a connection is kept after an answer when nothing more is said."""
PIPELINED: Final = 16
"""Requests that may wait for the answers before theirs."""
BACKLOG: Final = 128
"""Connections the system may accept before the lobby knows of them."""

FILES_PER_CALL: Final = 6
"""The phone's socket, ears, voice, agent, and one for a try that overlaps another."""
FILES_OWN: Final = 96 + BACKLOG
"""Libraries, model, log, listener, spare links."""
MOST: Final = 1000
LEAST: Final = 32


def room(files: int, calls: int) -> tuple[int, bool]:
    """Places in the lobby, and whether that leaves `calls` calls their files, when `files` may be open at once."""
    left = files - needed(calls) + LEAST
    return max(LEAST, min(MOST, left)), left >= LEAST


def needed(calls: int) -> int:
    """Files that must be allowed for so many calls."""
    return FILES_OWN + calls * FILES_PER_CALL + LEAST


class ConnectionLimit(Generic[Guest]):
    """Who is in, and who goes when it is full. Belongs to one server."""

    def __init__(self, places: int) -> None:
        self.places = places
        self._guests: dict[ConnectionState, dict[Guest, None]] = {"silent": {}, "idle": {}, "asking": {}}

    def __len__(self) -> int:
        return sum(map(len, self._guests.values()))

    def __repr__(self) -> str:
        counts = ", ".join(f"{len(guests)} {state}" for state, guests in self._guests.items())
        return f"<ConnectionLimit {counts} of {self.places}>"

    def enter(self, guest: Guest) -> Guest | None:
        """Somebody has come. Returns who has to go for it; the caller sees to it."""
        leaver = self._next() if len(self) >= self.places else None
        if leaver is not None:
            self.leave(leaver)
        self._guests["silent"][guest] = None
        return leaver

    def turns(self, guest: Guest, state: ConnectionState) -> None:
        """A guest does something else now: it is the newest of those. One that has left stays away."""
        if self.leave(guest):
            self._guests[state][guest] = None

    def leave(self, guest: Guest) -> bool:
        """A guest is gone, or on a call. False when it was not in."""
        for guests in self._guests.values():
            if guest in guests:
                del guests[guest]
                return True
        return False

    def _next(self) -> Guest | None:
        return next((guest for guests in self._guests.values() for guest in guests), None)
