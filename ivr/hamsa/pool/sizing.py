"""Decide how many links there should be, and which link a request gets. Pure; times are seconds of the driver's clock.

A call needs a link for the second or two of a synthesis or a transcript and gives it back, so a few links serve many
calls and each is used again and again. Spare links are idle links beyond those at work, a share of the calls on the
line; a request takes one at once, and a new spare is opened in the background. The floor is the number of links that
the calls will have at work on average, and the spares.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil
from typing import Final, Literal, NamedTuple, TypeAlias

from ivr.hamsa.messages import SpeechKind
from ivr.hamsa.pool.link import TIMER_SLACK, TRAIL, Link

LEAD: Final = 2.0
"""Seconds before a caller falls quiet from which on a request is worth a new connection: more than a connect takes."""
HOPE: Final = 0.75
"""Seconds without a sound in which a request with an alternative waits for a link that is not being opened yet."""
SURPLUS_AFTER: Final = 60.0
"""Seconds without use after which a link that is not needed as a spare is closed."""
LINKS_BESIDE: Final = 3
"""Links there may be beside the spares and those of calls: one serves, one drains, one replaces it."""
AT_WORK: Final[dict[SpeechKind, float]] = {"tts": 0.25, "stt": 0.1}
"""The share of a call in which a link synthesises or transcribes for it."""

Priority: TypeAlias = Literal["calm", "patient", "urgent"]
"""`calm`: the caller has audio for longer than a connect takes. `patient`: a draining link will do. `urgent`: a link of
its own is wanted."""


@dataclass(frozen=True, slots=True)
class LinkRequest:
    """Say what a request needs of a link."""

    kind: SpeechKind
    due: float
    """When the caller falls quiet without the link; now or earlier: the caller hears nothing already."""
    until: float
    """When it is too late."""
    avoid: frozenset[int] = frozenset()
    """Numbers of links that have failed the request."""
    alive_since: float | None = None
    """Only a link that has shown life since then will do."""
    last: int = 0
    """The number of the link that served this call last, which is preferred. 0: none."""
    elsewhere: bool = False
    """There is REST: use it when no link is to be expected soon."""

    def fits(self, link: Link) -> bool:
        """Return whether a free link can serve."""
        if self.alive_since is not None and link.heard_at < self.alive_since:
            return False
        return link.kind == self.kind and link.number not in self.avoid

    def rank(self, link: Link, now: float) -> tuple[bool, bool, bool, bool, float]:
        """Return the order of a link; the least is the best: not old, no doubts, the call's own, settled, used last."""
        # The link that served this call last comes first: only its late frames can never reach another caller.
        own = link.number == self.last
        settling = bool(link.uses) and not own and now - link.since < TRAIL
        return (link.old, link.doubts > 1, not own, settling, -link.since)

    def is_best(self, link: Link) -> bool:
        """Return whether a free link fits and has the best rank of all that there may be."""
        return link.number == self.last and not link.old and link.doubts <= 1 and self.fits(link)


@dataclass(slots=True, eq=False)
class Waiter:
    """Hold a request that waits for a link."""

    request: LinkRequest
    patient_until: float
    """When the request wants a link of its own rather than a draining one."""

    @property
    def calm_until(self) -> float:
        """Return when the request begins to matter."""
        return self.request.due - LEAD

    def priority(self, now: float) -> Priority:
        """Return how much the request matters at `now`."""
        if now < self.calm_until:
            return "calm"
        return "patient" if now < self.patient_until else "urgent"


def in_turn(waiters: Iterable[Waiter], now: float) -> list[Waiter]:
    """Sort waiting requests: the caller who falls quiet first comes first; of quiet callers, the earliest request."""
    return sorted(waiters, key=lambda waiter: max(waiter.request.due, now))


def first_due(waiters: Iterable[Waiter], opening: int) -> float:
    """Return when the first caller not covered by a pending connection falls quiet; infinity: all are covered."""
    dues = sorted(waiter.request.due for waiter in waiters)
    return dues[opening] if opening < len(dues) else float("inf")


def should_leave(waiter: Waiter, waiters: Iterable[Waiter], now: float, state: PoolState) -> bool:
    """Return whether a request that can be served over REST should not wait any longer.

    At once, when each link has another request to serve first. After a while, when none is being opened for it.
    """
    ahead = in_turn(waiters, now).index(waiter) - state.opening
    is_late = now - waiter.request.due > HOPE - TIMER_SLACK
    return ahead >= (0 if is_late else max(1, state.busy + state.draining))


class PoolState(NamedTuple):
    """Count the links of one kind when each request that a free link fits has got it."""

    free: int = 0
    opening: int = 0
    draining: int = 0
    busy: int = 0
    calm: int = 0
    """Waiting requests by their priority."""
    patient: int = 0
    urgent: int = 0
    spares: int = 0
    """Idle links that there should be."""
    floor: int = 0
    """Links that there should be, at work or not."""
    most: int = LINKS_BESIDE
    """Links that there may be."""
    standby: bool = False
    """One link is to be opened whatever there is: for the next request, or in place of one that has grown old."""

    @property
    def coming(self) -> int:
        """Return how many links will soon be free, less the requests that wait for them. Below zero: too few."""
        # A calm request waits for a link that is at work, as long as there is one: sentences are asked for in advance,
        # and a link opened for each of them would be idle thereafter.
        patient = self.patient + (0 if self.busy or self.draining or self.opening else self.calm)
        return max(0, self.opening - self.urgent) + self.draining - patient

    @property
    def wanted(self) -> int:
        """Return how many links to open for waiting requests, beside those that are being opened."""
        return max(0, self.urgent - self.opening) + max(0, -self.coming)

    @property
    def short(self) -> int:
        """Return how many links to open now, beside those that are being opened."""
        at_work = self.opening + self.busy + self.draining
        # A draining link will be free in a moment, so it counts as a spare.
        missing = self.wanted + max(0, self.spares - self.free - max(0, self.coming))
        missing = max(missing, self.floor - self.free - at_work)
        if self.standby and not self.opening:
            missing = max(1, missing)
        room = self.most - self.free - at_work
        # When there is no room for an urgent request, the link that has drained for the longest gives way.
        if room <= 0 and self.urgent > self.opening and self.draining:
            room = 1
        return max(0, min(missing, room))

    @property
    def surplus(self) -> int:
        """Return how many free links are not needed. One is always kept."""
        if self.patient or self.urgent or self.calm:
            return 0
        needed = max(1, self.spares, self.floor - self.busy)
        return max(0, min(self.free, self.free + self.draining - needed))


def spares(calls: int, per_ten: int) -> int:
    """Return the idle links for this number of calls: `per_ten` for every ten begun, and for none as for ten."""
    return per_ten * max(1, ceil(calls / 10))


def floor(calls: int, per_ten: int, load: float) -> int:
    """Return the links for calls that each use one for a share `load` of the time. None without spares."""
    # When calls arrive, the links that they will need are opened before the first sentence asks for one.
    return spares(calls, per_ten) + ceil(calls * load) if per_ten else 0
