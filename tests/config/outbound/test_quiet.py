"""The hours in which no one is called."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.config.outbound.quiet import QuietHours

RIYADH = "Asia/Riyadh"


def at(written: str, zone: str = RIYADH) -> float:
    return datetime.fromisoformat(written).replace(tzinfo=ZoneInfo(zone)).timestamp()


@pytest.mark.parametrize(
    ("hours", "now", "over"),
    [
        ("21:00-09:00", "2026-12-01T21:00", "2026-12-02T09:00"),
        ("21:00-09:00", "2026-12-02T08:59:59", "2026-12-02T09:00"),
        ("21:00-09:00", "2026-12-02T09:00", None),
        ("21:00-09:00", "2026-12-02T20:59", None),
        ("13:00-14:30", "2026-12-02T13:10", "2026-12-02T14:30"),
        ("13:00-14:30", "2026-12-02T14:30", None),
        (" 9:05 - 10:00", "2026-12-02T09:04", None),
    ],
)
def test_quiet_hours_end_at_the_time_of_the_wall(hours: str, now: str, over: str | None) -> None:
    assert QuietHours.read(hours, RIYADH).over_at(at(now)) == (None if over is None else at(over))


def test_a_night_in_which_clocks_are_set_is_quiet_to_its_end() -> None:
    # Berlin's night to the 29th of March 2026 has no 02:30.
    hours = QuietHours.read("22:00-08:00", "Europe/Berlin")
    assert hours.over_at(at("2026-03-28T23:00", "Europe/Berlin")) == at("2026-03-29T08:00", "Europe/Berlin")
    assert QuietHours.read("01:00-02:30", "Europe/Berlin").over_at(at("2026-03-29T01:30", "Europe/Berlin")) is not None


@pytest.mark.parametrize("written", ["", "21-9", "25:00-09:00", "21:60-09:00", "21:00-21:00", "21:00", "night"])
def test_what_is_no_range_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="two times of day"):
        QuietHours.read(written)


@pytest.mark.parametrize("zone", ["Riyadh", "../etc/passwd", "", "/etc/passwd"])
def test_a_zone_must_be_known(zone: str) -> None:
    with pytest.raises(ValueError, match="Asia/Riyadh"):
        QuietHours.read("21:00-09:00", zone)


@given(st.integers(0, 1439), st.integers(0, 1439), st.floats(1.6e9, 2.0e9), st.sampled_from(["UTC", "Europe/Berlin"]))
def test_quiet_hours_always_end_later_and_within_a_day(begin: int, end: int, now: float, zone: str) -> None:
    hours = QuietHours(begin, end, zone)
    if begin != end and (over := hours.over_at(now)) is not None:
        assert now < over <= now + 25 * 3600
