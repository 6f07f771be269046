"""How many links there should be, and which one a request gets. Pure.

Links belong to nobody: a call needs one for the second or two of a synthesis or a transcript and gives it back, so a
few serve many calls and each is used again and again. What makes a call wait is a moment in which more speak than there
are links. Hence the spares: idle links beyond those at work, a share of the calls on the line. A request takes a spare
at once; that the spares are short is then made good in the background, as fast as connections may be made. And hence
the floor: when calls arrive, as many links are opened as so many calls will have at work on average, and the spares.

A link that drains a cancelled reply will be free in a moment. It counts as a spare, and as the link of a request that
has only just begun to wait; whoever has waited for longer gets one of his own. When there is no room for that, the
drain that has lasted longest gives way.

A request whose caller still has to listen for longer than a connect takes waits for a link that is at work, as long as
there is one: sentences come in advance, and a link for each of them would be idle thereafter.

When there are fewer links than requests, the one whose caller would be silent first is served first: a sentence for
somebody who still listens to the one before can wait. Of equals, who came first.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from ivr.hamsa.pool.link import TRAIL, Link

LEAD = 2.0
"""Seconds before a caller hears silence from which on his request is worth a connection."""
HOPE = 0.75
"""Seconds without a sound in which a request that can go elsewhere waits for a link that is not on its way yet."""
SURPLUS_AFTER = 60.0
"""Seconds without use after which a link that is not needed as a spare goes."""


@dataclass(frozen=True, slots=True)
class LinkRequest:
    """What a request needs of a link."""

    due: float
    """When the caller will hear silence for want of it; now or earlier: he does already."""
    until: float
    """When it is too late."""
    avoid: frozenset[int] = frozenset()
    """Numbers of links that have failed the request."""
    alive_since: float | None = None
    """Only a link that has shown life since then."""
    last: int = 0
    """The number of the link that served this call last: it rather than another. 0: none."""
    elsewhere: bool = False
    """There is another way to be served: it goes there when a link is not to be expected soon."""

    def fits(self, link: Link) -> bool:
        """Whether a link that is free can serve."""
        return link.number not in self.avoid and (self.alive_since is None or link.heard_at >= self.alive_since)

    def rank(self, link: Link, now: float) -> tuple[bool, bool, bool, bool, float]:
        """The least is the best: not old, not under doubt, the call's own, settled, used of late."""
        own = link.number == self.last
        settling = bool(link.uses) and not own and now - link.since < TRAIL
        return (link.old, link.doubts > 1, not own, settling, -link.since)


@dataclass(frozen=True, slots=True)
class PoolState:
    """The links of one service at a moment, when every request that a free link fits has got it. Counts."""

    free: int = 0
    opening: int = 0
    draining: int = 0
    busy: int = 0
    patient: int = 0
    """Requests that wait and would take a link that drains."""
    urgent: int = 0
    """Requests that have waited long enough, or want another link than those there are."""
    calm: int = 0
    """Requests whose callers have enough to listen to."""
    spares: int = 0
    """Idle links that there should be."""
    floor: int = 0
    """Links that there should be, at work or not."""
    most: int = 3
    """Links that there may be."""
    standby: bool = False
    """One is to be opened whatever there is: for who comes next, or for one that has grown old."""

    @property
    def wanted(self) -> int:
        """Links to open for those who wait, beside those that are being opened."""
        return max(0, self.urgent - self.opening) + max(0, -self._coming)

    @property
    def _coming(self) -> int:
        """Links that are on their way to be free, without those that somebody waits for. Below zero: too few."""
        patient = self.patient + (0 if self.busy or self.draining or self.opening else self.calm)
        return max(0, self.opening - self.urgent) + self.draining - patient

    @property
    def short(self) -> int:
        """Links to open now, beside those that are being opened."""
        missing = self.wanted + max(0, self.spares - self.free - max(0, self._coming))
        missing = max(missing, self.floor - self.free - self.opening - self.busy - self.draining)
        if self.standby and not self.opening:
            missing = max(1, missing)
        room = self.most - self.free - self.opening - self.busy - self.draining
        if room <= 0 and self.urgent > self.opening and self.draining:
            room = 1
        return max(0, min(missing, room))

    @property
    def surplus(self) -> int:
        """Free links that nobody would miss. One is always kept."""
        if self.patient or self.urgent or self.calm:
            return 0
        needed = max(1, self.spares, self.floor - self.busy)
        return max(0, min(self.free, self.free + self.draining - needed))


def spares(calls: int, per_ten: int) -> int:
    """Idle links for so many calls: `per_ten` for every ten begun, and for none as for ten."""
    return per_ten * max(1, ceil(calls / 10))


def floor(calls: int, per_ten: int, load: float) -> int:
    """Links for so many calls, each of which has one at work for a share `load` of the time. None without spares."""
    return spares(calls, per_ten) + ceil(calls * load) if per_ten else 0
