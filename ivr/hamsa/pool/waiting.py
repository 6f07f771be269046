"""The requests that wait for a link, and whose turn it is. Pure.

The one whose caller would be silent first is served first; of those who hear nothing already, who came first. How a
request waits changes with time: *calm* while its caller has enough to listen to, *patient* while a link that drains
will do, *urgent* when it wants one of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Literal, TypeAlias, TypeVar

from ivr.hamsa.pool.link import EARLY
from ivr.hamsa.pool.sizing import HOPE, LEAD, LinkRequest, PoolState

Mood: TypeAlias = Literal["calm", "patient", "urgent"]


@dataclass(slots=True, eq=False)
class Waiter:
    """A request that waits for a link."""

    wish: LinkRequest
    patient_until: float
    """When it wants a link of its own rather than one that drains."""

    def mood(self, now: float) -> Mood:
        if now < self.calm_until:
            return "calm"
        return "patient" if now < self.patient_until else "urgent"

    @property
    def calm_until(self) -> float:
        """When it begins to matter."""
        return self.wish.due - LEAD


W = TypeVar("W", bound=Waiter)


class WaitQueue(Generic[W]):
    """Those who wait for a link to one service."""

    def __init__(self) -> None:
        self._waiters: list[W] = []

    def __repr__(self) -> str:
        return f"<WaitQueue {len(self._waiters)}>"

    def __len__(self) -> int:
        return len(self._waiters)

    def __contains__(self, waiter: W) -> bool:
        return waiter in self._waiters

    def add(self, waiter: W) -> None:
        self._waiters.append(waiter)

    def leave(self, waiter: W) -> None:
        """It waits no more. Harmless when it has left."""
        if waiter in self._waiters:
            self._waiters.remove(waiter)

    def leave_all(self, those: Callable[[W], bool] = lambda _: True) -> list[W]:
        """All of those leave together."""
        gone = [waiter for waiter in self._waiters if those(waiter)]
        self._waiters = [waiter for waiter in self._waiters if waiter not in gone]
        return gone

    def in_turn(self, now: float) -> list[W]:
        """Who is to be served first, and so on."""
        return sorted(self._waiters, key=lambda waiter: max(waiter.wish.due, now))

    def moods(self, now: float) -> dict[Mood, int]:
        """How many wait in which way."""
        moods: dict[Mood, int] = {"calm": 0, "patient": 0, "urgent": 0}
        for waiter in self._waiters:
            moods[waiter.mood(now)] += 1
        return moods

    def ahead(self, waiter: W, now: float) -> int:
        """How many are to be served before this one."""
        return self.in_turn(now).index(waiter)

    def hopeless(self, waiter: W, now: float, stock: PoolState) -> bool:
        """Whether one who can go elsewhere should: at once where every link has somebody else to serve first, and
        after a while where none is on its way to it."""
        ahead = self.ahead(waiter, now) - stock.opening
        late = now - waiter.wish.due > HOPE - EARLY
        return ahead >= (0 if late else max(1, stock.busy + stock.draining))

    def due(self, served: int) -> float:
        """When the first falls silent for whom there is nothing, with links on their way for so many; infinity for
        nobody: then a link is wanted as a spare."""
        dues = sorted(waiter.wish.due for waiter in self._waiters)
        return dues[served] if served < len(dues) else float("inf")
