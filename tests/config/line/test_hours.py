"""Opening hours: tables of times, and properties over years in zones that change their clocks."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.config.line.hours import MOST_HOLIDAYS, OpeningHours, read_days, read_holidays, read_hours

SAUDI = {"zone": "Asia/Riyadh", "sun-thu": "09:00-12:00, 16:00-20:00", "sat": ["20:00-02:00"], "fri": "closed"}


def hours(table: dict[str, Any] = SAUDI, **more: Any) -> OpeningHours:
    found, problems = read_hours({**table, **more}, "")
    assert problems == []
    assert found is not None
    return found


def at(written: str, zone: str = "Asia/Riyadh") -> float:
    return datetime.fromisoformat(written).replace(tzinfo=ZoneInfo(zone)).timestamp()


@pytest.mark.parametrize(
    ("when", "open_", "told"),
    [
        # 2026-12-06 is a Sunday.
        ("2026-12-06T08:59:59", False, "closed now, opens 09:00"),
        ("2026-12-06T09:00:00", True, "open now, closes 12:00"),
        ("2026-12-06T12:00:00", False, "closed now, opens 16:00"),
        ("2026-12-06T19:59:59", True, "open now, closes 20:00"),
        ("2026-12-06T20:00:00", False, "closed now, opens mon 09:00"),
        ("2026-12-10T21:00:00", False, "closed now, opens sat 20:00"),
        ("2026-12-11T10:00:00", False, "closed now, opens sat 20:00"),
        ("2026-12-12T23:59:00", True, "open now, closes sun 02:00"),
        ("2026-12-13T01:59:00", True, "open now, closes 02:00"),
        ("2026-12-13T02:00:00", False, "closed now, opens 09:00"),
    ],
)
def test_a_week(when: str, open_: bool, told: str) -> None:
    assert (hours().open_at(at(when)), hours().told(at(when))) == (open_, told)


@pytest.mark.parametrize(
    ("when", "told"),
    [
        ("2026-12-06T10:00:00", "closed now (holiday), opens tue 09:00"),
        ("2026-12-07T10:00:00", "closed now (holiday), opens tue 09:00"),
        # What begins on the evening before a holiday ends as ever.
        ("2026-12-06T01:00:00", "open now, closes 02:00"),
        ("2027-03-20T10:00:00", "closed now (holiday), opens thu 09:00"),
        ("2027-03-14T22:00:00", "closed now, opens mon 09:00"),
    ],
)
def test_holidays(when: str, told: str) -> None:
    closed = hours(holidays=["2026-12-06", "2026-12-07", "2027-03-20..2027-03-24"])
    assert closed.told(at(when)) == told


def test_an_opening_far_away_has_its_date() -> None:
    away = hours(holidays=["2026-12-01..2027-01-31"])
    assert away.told(at("2026-12-06T10:00:00")) == "closed now (holiday), opens 2027-02-01 09:00"


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ({"mon-sun": "00:00-24:00"}, "open now, never closes"),
        ({"mon-sun": "09:00-17:00", "holidays": ["2026-01-01..2028-12-31"]}, "closed now (holiday), does not open"),
        ({"mon-sat": "00:00-24:00", "sun": "00:00-23:59"}, "open now, closes sun 23:59"),
    ],
)
def test_always_and_never(table: dict[str, Any], told: str) -> None:
    assert hours({"zone": "Asia/Riyadh", **table}).told(at("2026-12-07T10:00:00")).startswith(told)


@pytest.mark.parametrize(
    ("table", "when", "open_"),
    [
        # Berlin puts its clocks back at 03:00 on 2026-10-25, and forward at 02:00 on 2027-03-28: both are Sundays.
        ({"sun": "01:00-02:30"}, "2026-10-25T02:29:00+02:00", True),
        ({"sun": "01:00-02:30"}, "2026-10-25T02:29:00+01:00", False),
        ({"sat": "22:00-06:00"}, "2026-10-25T05:59:00+01:00", True),
        ({"sat": "22:00-06:00"}, "2026-10-25T06:00:00+01:00", False),
        ({"sun": "02:30-04:00"}, "2027-03-28T03:10:00+02:00", False),
        ({"sun": "02:30-04:00"}, "2027-03-28T03:30:00+02:00", True),
        ({"sun": "02:30-03:00"}, "2027-03-28T03:30:00+02:00", False),
        ({"sun": "09:00-17:00"}, "2027-03-28T09:00:00+02:00", True),
        ({"sun": "09:00-17:00"}, "2027-03-28T08:59:59+02:00", False),
    ],
)
def test_clocks_that_are_put_forward_and_back(table: dict[str, Any], when: str, open_: bool) -> None:
    berlin = hours({"zone": "Europe/Berlin", **table})
    assert berlin.open_at(datetime.fromisoformat(when).timestamp()) == open_


ZONES = st.sampled_from(["Asia/Riyadh", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Cairo"])
RANGES = st.tuples(st.integers(0, 23), st.integers(1, 24)).filter(lambda pair: pair[0] != pair[1] and pair != (0, 24))
YEAR = st.integers(int(at("2026-01-01")), int(at("2028-01-01")))


@settings(deadline=None, max_examples=200)
@given(ZONES, RANGES, st.sets(st.integers(0, 6), min_size=1), YEAR)
def test_it_is_what_the_clock_on_the_wall_says(zone: str, times: tuple[int, int], days: set[int], unix: int) -> None:
    """Further than three hours from a change of the clocks, hours are those of the clock on the wall."""
    start, end = times
    names = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    table = {names[day]: f"{start:02}:00-{end:02}:00" for day in days}
    here = ZoneInfo(zone)
    offsets = {datetime.fromtimestamp(unix + ahead * 3600, here).utcoffset() for ahead in range(-30, 31)}
    if len(offsets) > 1:
        return
    there = datetime.fromtimestamp(unix, here)
    hour, day, before = there.hour, there.weekday(), (there - timedelta(days=1)).weekday()
    today = day in days and start <= hour < (end if end > start else end + 24)
    tail = before in days and end < start and hour < end
    assert hours({"zone": zone, **table}).open_at(unix) == (today or tail)


@settings(deadline=None, max_examples=100)
@given(ZONES, RANGES, st.sets(st.integers(0, 6), min_size=1), YEAR)
def test_it_stays_until_it_changes(zone: str, times: tuple[int, int], days: set[int], unix: int) -> None:
    names = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    made = hours({"zone": zone, **{names[day]: f"{times[0]:02}:00-{times[1]:02}:00" for day in days}})
    change = made.changes_at(unix)
    assert change is not None
    state = made.open_at(unix)
    assert change > unix
    assert made.open_at(change) is not state
    for part in range(1, 20):
        assert made.open_at(unix + (change - unix - 1) * part / 20) is state


@pytest.mark.parametrize(
    ("key", "days"),
    [
        ("mon", [0]),
        ("Sunday", [6]),
        ("sun-thu", [6, 0, 1, 2, 3]),
        ("mon, wed", [0, 2]),
        ("mon-tue,fri", [0, 1, 4]),
        ("thu-thu", [3]),
        ("mon,mon", []),
        ("mon-wed,tue", []),
        ("someday", []),
        ("mon-", []),
        ("-mon", []),
        ("", []),
    ],
)
def test_days(key: str, days: list[int]) -> None:
    assert read_days(key) == days


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"sun": "09:00-17:00"}, "zone is missing: write the name of a time zone, such as Asia/Riyadh"),
        ({"zone": "Asia/Nowhere", "sun": "09:00-17:00"}, "zone is not known: write"),
        ({"zone": "../../etc/passwd", "sun": "09:00-17:00"}, "zone is not known: write"),
        ({"zone": "/etc/passwd", "sun": "09:00-17:00"}, "zone is not known: write"),
        ({"zone": "Asia", "sun": "09:00-17:00"}, "zone is not known: write"),
        ({"zone": 3, "sun": "09:00-17:00"}, "zone is not known: write"),
        ({"zone": "Asia/Riyadh"}, 'no day is open: write when it is, such as sun-thu = "09:00-17:00"'),
        ({"zone": "Asia/Riyadh", "sun": "9-17"}, "sun: write times such as 09:00-17:00"),
        ({"zone": "Asia/Riyadh", "sun": "09:00-25:00"}, "sun: write times"),
        ({"zone": "Asia/Riyadh", "sun": "24:00-25:00"}, "sun: write times"),
        ({"zone": "Asia/Riyadh", "sun": "09:00-09:00"}, "sun: write times"),
        ({"zone": "Asia/Riyadh", "sun": "09:00-12:00, closed"}, "sun: write times"),
        ({"zone": "Asia/Riyadh", "sun": []}, "sun: write times"),
        ({"zone": "Asia/Riyadh", "sun": [9]}, "sun: write times"),
        ({"zone": "Asia/Riyadh", "sun": True}, "sun: write times"),
        ({"zone": "Asia/Riyadh", "weekend": "closed"}, "weekend: write a day or days, such as fri, sun-thu or mon,wed"),
        ({"zone": "Asia/Riyadh", "sun-thu": "09:00-17:00", "mon": "closed"}, "mon: mon is named twice"),
        ({"zone": "Asia/Riyadh", "sun": "09:00-17:00", "holidays": "2026-01-01"}, "holidays: write a list"),
        ({"zone": "Asia/Riyadh", "sun": "09:00-17:00", "holidays": ["soon"]}, "holidays: write a day such as"),
        ({"zone": "Asia/Riyadh", "sun": "09:00-17:00", "holidays": [""]}, "holidays: write a day such as"),
        ({"zone": "Asia/Riyadh", "sun": "09:00-17:00", "holidays": ["2026-02-02..2026-02-01"]}, "holidays: write"),
    ],
)
def test_what_is_wrong_is_one_line(table: dict[str, Any], said: str) -> None:
    (problem,) = read_hours(table, "")[1]
    assert problem.startswith(said)


def test_the_zone_of_the_line_is_that_of_its_hours() -> None:
    found, problems = read_hours({"sun": "09:00-17:00"}, "Europe/Berlin")
    assert problems == []
    assert found is not None
    assert found.zone.key == "Europe/Berlin"


def test_a_file_of_holidays() -> None:
    rows = ("# of the year", "", "2026-09-23   # National Day", "2027-03-20..2027-03-24", "Eid")
    found, problems = read_holidays(["2026-02-22"], rows)
    assert [str(first) for first, _ in found] == ["2026-02-22", "2026-09-23", "2027-03-20"]
    assert problems == ["holidays_file line 5: write a day such as 2026-09-23, or days such as 2027-03-20..2027-03-24"]


def test_too_many_holidays_are_told() -> None:
    found, problems = read_holidays(["2026-02-22"] * (MOST_HOLIDAYS + 1))
    assert len(found) == MOST_HOLIDAYS
    assert problems == [f"holidays: more than {MOST_HOLIDAYS}: write ranges of days"]


@pytest.mark.parametrize(
    ("holidays", "hints"),
    [
        ([], 0),
        (["2026-12-06"], 0),
        (["2026-09-23", "2027-03-20..2027-03-24"], 0),
        (["2025-09-23", "2026-02-22"], 1),
    ],
)
def test_holidays_that_are_over_are_told(holidays: list[str], hints: int) -> None:
    found = hours(holidays=holidays).hints(at("2026-12-06T10:00:00"))
    assert len(found) == hints
    assert all("2026-02-22" in hint for hint in found)
