"""What may be placed now: each limit alone, and all of them over a day of chance."""

from __future__ import annotations

import math

import pytest

from ivr.config.outbound.quiet import QuietHours
from ivr.outbound.job import Retries
from ivr.outbound.queue import (
    DAY_S,
    DialLimits,
    Judgement,
    LineTerms,
    LookLater,
    PassOver,
    PlaceNow,
    Postpone,
    Standing,
    judge,
    may_place,
)
from tests.outbound.test_job import a_job

NOON = 1_800_014_400.0
"""12:00 UTC."""
LIMITS = DialLimits(per_second=2.0, at_once=3, per_number=2)
PLAIN = LineTerms()


@pytest.mark.parametrize(
    ("standing", "line", "called", "expected"),
    [
        (Standing(), PLAIN, (), PlaceNow()),
        (Standing(last_placed_at=NOON - 0.2), PLAIN, (), LookLater(NOON + 0.3)),
        (Standing(last_placed_at=NOON - 0.5), PLAIN, (), PlaceNow()),
        (Standing(last_placed_at=NOON + 999), PLAIN, (), PlaceNow()),
        (Standing(active=3), PLAIN, (), LookLater(math.inf)),
        (Standing(room=0), PLAIN, (), LookLater(math.inf)),
        (Standing(), LineTerms(quiet=QuietHours(660, 840)), (), Postpone(NOON + 7200, "quiet_hours")),
        (Standing(), LineTerms(quiet=QuietHours(0, 60)), (), PlaceNow()),
        (Standing(), PLAIN, (NOON - 50,), PlaceNow()),
        (Standing(), LineTerms(closed=True), (), Postpone(NOON + 60, "line_closed")),
        (Standing(), PLAIN, (NOON - 90, NOON - 50), Postpone(NOON - 90 + DAY_S, "number_limit")),
        (Standing(), PLAIN, (NOON - DAY_S, NOON - 50), PlaceNow()),
        (Standing(numbers=frozenset({a_job().to})), PLAIN, (), PassOver()),
        (Standing(active_of_line={"default": 1}), LineTerms(at_once=1, retries=Retries(1)), (), PassOver()),
        (Standing(active_of_line={"default": 1}), LineTerms(at_once=2), (), PlaceNow()),
        (Standing(active_of_line={"other": 5}), LineTerms(at_once=1), (), PlaceNow()),
    ],
)
def test_each_limit_holds(standing: Standing, line: LineTerms, called: tuple[float, ...], expected: Judgement) -> None:
    assert judge(a_job(), standing, LIMITS, line, called, NOON) == expected


def test_what_holds_for_all_is_asked_first() -> None:
    assert may_place(Standing(active=3), LIMITS, NOON) == LookLater(math.inf)
    assert may_place(Standing(), LIMITS, NOON) is None
