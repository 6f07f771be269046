"""Tell the nodes of a fleet apart, and say what each is. Pure: `now` is an argument.

A node has a name of its own (`IVR_NODE`). Where the name stands in the store already, the other may be alive, or this
node as it was before a crash. Its heartbeat tells: one that goes on is another bridge, and then this one takes a name
with a suffix; one that stands still for longer than a beat was a bridge that has died.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import msgspec

from ivr.config.checks import LONGEST_NODE

_SUFFIX: Final = 6
GRACE_S: Final = 1.5
"""Seconds by which a heartbeat may be late."""


class Heartbeat(msgspec.Struct, frozen=True):
    """Say what a node is."""

    node: str
    """Its name; of one of several workers `NODE.INDEX`."""
    boot: str
    """Random: of this run of the process."""
    seq: int
    """Heartbeats so far."""
    calls: int
    """Calls on its line."""
    max_calls: int
    """Calls that it carries at most."""
    draining: bool
    """It takes no new calls."""
    version: str
    at: float
    """Wall time of the node, for display only: clocks differ."""


def encode(beat: Heartbeat) -> bytes:
    """Return a heartbeat as it stands in the store."""
    return msgspec.json.encode(beat)


def decode(written: bytes) -> Heartbeat | None:
    """Return a heartbeat that was read. None: it is none."""
    try:
        return msgspec.json.decode(written, type=Heartbeat)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def decode_all(written: Iterable[bytes]) -> dict[str, Heartbeat]:
    """Return the heartbeats of all nodes, by name."""
    return {beat.node: beat for one in written if (beat := decode(one)) is not None}


@dataclass(frozen=True, slots=True)
class _Other:
    boot: str
    seq: int
    since: float


class NodeName:
    """Hold the name under which this process is known in the fleet."""

    def __init__(self, wanted: str, boot: str, beat: float) -> None:
        """Take the name that was set, this run's own mark, and the seconds between two heartbeats."""
        self.name = wanted
        self.boot = boot
        self.settled = False
        """No other bridge has the name."""
        self._wanted = wanted
        self._patience = beat + GRACE_S
        self._other: _Other | None = None

    def __repr__(self) -> str:
        return f"<NodeName {self.name}{'' if self.settled else ' not settled'}>"

    def accepted(self) -> None:
        """Learn that the store has this node's heartbeat."""
        self.settled, self._other = True, None

    def met(self, found: Heartbeat | None, now: float) -> bool:
        """Learn that another heartbeat stands under the name. Return whether the name was changed for that."""
        self.settled = False
        seen = _Other(found.boot, found.seq, now) if found is not None else _Other("", 0, now)
        if self._other is None or self._other.boot != seen.boot:
            self._other = seen
        elif self._other.seq != seen.seq:
            self.name = f"{self._wanted[: LONGEST_NODE - _SUFFIX - 1]}-{self.boot[:_SUFFIX]}"
            self._other = None
            return True
        return False

    def may_force(self, now: float) -> bool:
        """Return whether the other one has been silent for so long that it is dead."""
        return self._other is not None and now - self._other.since >= self._patience


def share(workers: int, beats: Iterable[Heartbeat]) -> float:
    """Return which part of the pace of its machine a worker may use, where other machines are there too.

    `workers`: of this machine, among which its pace is divided already.
    """
    # One that drains opens next to nothing, but its calls go on.
    return min(1.0, workers / max(workers, sum(1 for _ in beats), 1))
