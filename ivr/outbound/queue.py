"""Decide which call is placed next, and when to look again. Time is an argument, and no call is placed here.

`judge` says of one waiting job what to do with it now. What it needs to know of the others stands in `Standing`. The
store asks for one job after the other, in order, within one transaction: two that ask at the same time would both place
the last call that may be placed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from ivr.config.outbound.quiet import QuietHours
from ivr.outbound.job import NO_RETRIES, Job, Retries

DAY_S: Final = 86_400.0
CLOSED_S: Final = 60.0
"""Seconds after which a line that is closed is looked at again."""


@dataclass(frozen=True, slots=True)
class DialLimits:
    """Hold what holds for all calls that a bridge places."""

    per_second: float = 1.0
    """Calls placed a second: carriers take one, and queue what is more."""
    at_once: int = 10
    """Calls that are being placed, ring or talk."""
    per_number: int = 3
    """Calls to one number within 24 hours, attempts included."""


@dataclass(frozen=True, slots=True)
class LineTerms:
    """Hold what holds for the calls of one line."""

    at_once: int = 0
    """Calls of the line at once; 0: no limit of its own."""
    quiet: QuietHours | None = None
    retries: Retries = NO_RETRIES
    closed: bool = False
    """No call of the line is placed for now."""


PLAIN_TERMS: Final = LineTerms()


@dataclass(frozen=True, slots=True)
class Standing:
    """Hold what is known of the other calls. Times are Unix seconds."""

    last_placed_at: float = float("-inf")
    active: int = 0
    """Calls that are being placed, ring or talk."""
    active_of_line: Mapping[str, int] = field(default_factory=dict)
    numbers: frozenset[str] = frozenset()
    """Who is being called."""
    room: int = 1 << 30
    """Calls that the bridge has places for."""


@dataclass(frozen=True, slots=True)
class PlaceNow:
    """Place it."""


@dataclass(frozen=True, slots=True)
class Postpone:
    """Let it wait until `until`, Unix seconds, whatever else happens."""

    until: float
    reason: str
    """`quiet_hours`, `line_closed` or `number_limit`."""


@dataclass(frozen=True, slots=True)
class PassOver:
    """Look at the next one: this one waits for another call to end."""


@dataclass(frozen=True, slots=True)
class LookLater:
    """Place none now. `at`: Unix seconds; infinity: when a call ends."""

    at: float


Judgement = PlaceNow | Postpone | PassOver | LookLater


def may_place(standing: Standing, limits: DialLimits, now: float) -> LookLater | None:
    """Return when to look again where no call at all may be placed now. None: one may."""
    if standing.active >= limits.at_once or standing.room <= 0:
        return LookLater(float("inf"))
    due = standing.last_placed_at + 1.0 / limits.per_second
    # A clock that was set back does not stop the queue.
    if now < due and now >= standing.last_placed_at:
        return LookLater(due)
    return None


def judge(
    job: Job, standing: Standing, limits: DialLimits, line: LineTerms, called: tuple[float, ...], now: float
) -> Judgement:
    """Return what to do with a waiting job now. `called`: when its number was called lately, the oldest first."""
    if (later := may_place(standing, limits, now)) is not None:
        return later
    if line.closed:
        return Postpone(now + CLOSED_S, "line_closed")
    if line.quiet is not None and (over := line.quiet.over_at(now)) is not None:
        return Postpone(over, "quiet_hours")
    lately = [at for at in called if at > now - DAY_S]
    if len(lately) >= limits.per_number:
        return Postpone(lately[-limits.per_number] + DAY_S, "number_limit")
    if job.to in standing.numbers:
        return PassOver()
    if line.at_once and standing.active_of_line.get(job.line, 0) >= line.at_once:
        return PassOver()
    return PlaceNow()
