"""What a pool of links has from the process it serves, and how it goes without."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from ivr.hamsa.gate import Gate
from ivr.hamsa.link import Link
from ivr.hamsa.live import LiveLink
from ivr.peers.breaker import Breaker

MOST: Final = 3
"""Links of one voice alone: one that serves, one that drains, one that replaces it."""


@dataclass(frozen=True, slots=True)
class Sharing:
    """What a pool has from the process it serves."""

    gate: Gate
    """The pace of connections, of this pool and of others."""
    breaker: Breaker | None = None
    """None: the service is asked whatever it did."""
    spares: Callable[[], int] = lambda: 0
    """Idle links there should be."""
    floor: Callable[[], int] = lambda: 0
    """Links there should be."""
    most: Callable[[], int] = lambda: MOST
    """Links there may be."""
    borrow: Callable[[Callable[[Link], bool]], LiveLink | None] = lambda _fits: None
    """An idle link of another pool that fits."""
    asked: Callable[[], None] = lambda: None
    """Hears of every request."""
