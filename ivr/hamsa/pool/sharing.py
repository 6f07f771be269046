"""What a pool of links has from the process it serves, and how it goes without."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from ivr.hamsa.pool.connect_rate import ConnectRate
from ivr.hamsa.pool.connection import LiveLink
from ivr.hamsa.pool.link import Link
from ivr.upstream.breaker import Breaker

MOST: Final = 3
"""Links of one voice alone: one that serves, one that drains, one that replaces it."""


@dataclass(frozen=True, slots=True)
class PoolSharing:
    """What a pool has from the process it serves."""

    gate: ConnectRate
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
