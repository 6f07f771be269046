"""Decide whether a line is open, from the time of day, the day of the week and its holidays. Pure.

    [line.hours]                    # or [hours], at the top, for every line that has none of its own
    zone = "Asia/Riyadh"            # left out: the `zone` of the line
    sun-thu = "09:00-17:00"         # several: "09:00-12:00, 16:00-20:00"; over midnight: "20:00-02:00"
    sat = "10:00-14:00"
    fri = "closed"                  # as is each day that is not named
    holidays = ["2026-09-23", "2027-03-20..2027-03-24"]
    holidays_file = "holidays.txt"  # more of them, a line each; # begins a remark

A range belongs to the day on which it begins: on the day before a holiday, "20:00-02:00" ends at two in the morning of
the holiday. Where clocks are put back, a time that there is twice is the first; where they are put forward, one that
there is not is as long after midnight as it would have been.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from ivr.config.line.clock_times import (
    DATE_FIX,
    RANGE_FIX,
    ZONE_FIX,
    DateRange,
    TimeRange,
    read_dates,
    read_range,
    read_zone,
)

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_LONG_DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_CLOSED_ALL_DAY: Final = "closed"
FURTHEST_DAYS: Final = 370
"""Days in which the next opening is looked for."""
MOST_HOLIDAYS: Final = 2000
_NOT_DAYS: Final = ("zone", "holidays", "holidays_file")


@dataclass(frozen=True, slots=True)
class OpeningHours:
    """Hold when a line is open."""

    zone: ZoneInfo
    week: tuple[tuple[TimeRange, ...], ...]
    """Of each day, Monday first."""
    holidays: tuple[DateRange, ...] = ()

    def open_at(self, unix: float) -> bool:
        """Return whether the line is open, at a time in Unix seconds."""
        return any(start <= unix < end for start, end in self._spans(unix, 1))

    def changes_at(self, unix: float) -> float | None:
        """Return when it opens, or closes, next; None: not within a year."""
        is_open = self.open_at(unix)
        for start, end in _joined(self._spans(unix, FURTHEST_DAYS)):
            if is_open and start <= unix < end:
                # What ends where the search ends may go on.
                return end if end < unix + (FURTHEST_DAYS - 1) * 86_400 else None
            if not is_open and start > unix:
                return start
        return None

    def is_holiday(self, unix: float) -> bool:
        """Return whether the local day is one of the holidays."""
        return self._is_holiday(self._local(unix).date())

    def told(self, unix: float) -> str:
        """Return how it is now and what comes next, for the operator: `open now, closes 17:00`."""
        is_open, change = self.open_at(unix), self.changes_at(unix)
        state = "open now" if is_open else "closed now (holiday)" if self.is_holiday(unix) else "closed now"
        if change is None:
            return f"{state}, {'never closes' if is_open else 'does not open within a year'}"
        there, today = self._local(change), self._local(unix).date()
        when = f"{there:%H:%M}"
        if (there.date() - today).days >= 7:
            when = f"{there:%Y-%m-%d %H:%M}"
        elif there.date() != today:
            when = f"{DAYS[there.weekday()]} {when}"
        return f"{state}, {'closes' if is_open else 'opens'} {when}"

    def hints(self, unix: float) -> list[str]:
        """Return what looks forgotten: holidays that are all over."""
        today = self._local(unix).date()
        if self.holidays and all(last < today for _, last in self.holidays):
            return [f"the last of the holidays, {max(last for _, last in self.holidays)}, is over: write those to come"]
        return []

    def _local(self, unix: float) -> datetime:
        return datetime.fromtimestamp(unix, self.zone)

    def _is_holiday(self, day: date) -> bool:
        return any(first <= day <= last for first, last in self.holidays)

    def _spans(self, unix: float, days: int) -> Iterator[tuple[float, float]]:
        """Yield when the line is open, from the day before on, in Unix seconds."""
        today = self._local(unix).date()
        for ahead in range(-1, days + 1):
            day = today + timedelta(days=ahead)
            if not self._is_holiday(day):
                for start, end in self.week[day.weekday()]:
                    yield self._unix(day, start), self._unix(day, end)

    def _unix(self, day: date, minute: int) -> float:
        # Of a date and a time without a zone: minutes that are added with one would be counted across a change of it.
        clock = datetime.combine(day, time()) + timedelta(minutes=minute)
        return clock.replace(tzinfo=self.zone).timestamp()


def _joined(spans: Iterator[tuple[float, float]]) -> Iterator[tuple[float, float]]:
    """Yield spans in their order, those that touch as one."""
    begun: tuple[float, float] | None = None
    for start, end in sorted(spans):
        if begun is not None and start <= begun[1]:
            begun = begun[0], max(begun[1], end)
            continue
        if begun is not None:
            yield begun
        begun = start, end
    if begun is not None:
        yield begun


def read_hours(
    table: Mapping[str, Any], zone: str, more_holidays: tuple[str, ...] = ()
) -> tuple[OpeningHours | None, list[str]]:
    """Return the opening hours of a table, and a sentence for every fault; None where nothing came of it.

    `zone`: the line's. `more_holidays`: the lines of its file of holidays.
    """
    problems: list[str] = []
    week: list[tuple[TimeRange, ...]] = [()] * 7
    named: set[int] = set()
    for key, value in table.items():
        if key in _NOT_DAYS:
            continue
        days = read_days(key)
        if not days:
            problems.append(f"{key}: write a day or days, such as fri, sun-thu or mon,wed; else {', '.join(_NOT_DAYS)}")
            continue
        ranges = _read_ranges(value)
        if ranges is None:
            problems.append(f'{key}: {RANGE_FIX}, several with commas between them, or "closed"')
            continue
        if twice := named & set(days):
            problems.append(f"{key}: {DAYS[min(twice)]} is named twice: write each day once")
        named |= set(days)
        for day in days:
            week[day] = ranges
    named_zone = table.get("zone", zone)
    found = read_zone(named_zone) if isinstance(named_zone, str) else None
    if found is None:
        problems.append(f"zone {'is missing' if not named_zone else 'is not known'}: {ZONE_FIX}")
    holidays, wrong = read_holidays(table.get("holidays", []), more_holidays)
    problems += wrong
    if not any(week) and not problems:
        problems.append('no day is open: write when it is, such as sun-thu = "09:00-17:00"')
    return (OpeningHours(found, tuple(week), holidays) if found is not None else None), problems


def read_days(key: str) -> list[int]:
    """Return the days that a key names, Monday is 0; none: it names none."""
    days: list[int] = []
    for part in key.lower().replace(" ", "").split(","):
        first, dash, last = part.partition("-")
        start, end = _day(first), _day(last) if dash else _day(first)
        if start is None or end is None:
            return []
        days += [(start + ahead) % 7 for ahead in range((end - start) % 7 + 1)]
    return days if len(set(days)) == len(days) else []


def read_holidays(written: Any, lines: tuple[str, ...] = ()) -> tuple[tuple[DateRange, ...], list[str]]:
    """Return the holidays of a list and of the lines of a file, and a sentence for every fault."""
    if not isinstance(written, list):
        return (), [f"holidays: write a list: {DATE_FIX}"]
    found: list[DateRange] = []
    problems: list[str] = []
    rows = [("holidays", str(one)) for one in written]
    rows += [(f"holidays_file line {number}", line) for number, line in enumerate(lines, 1)]
    for where, row in rows[:MOST_HOLIDAYS]:
        text = row.partition("#")[0].strip()
        if not text and where != "holidays":
            continue
        if (days := read_dates(text)) is None:
            problems.append(f"{where}: {DATE_FIX}")
        else:
            found.append(days)
    if len(rows) > MOST_HOLIDAYS:
        problems.append(f"holidays: more than {MOST_HOLIDAYS}: write ranges of days")
    return tuple(sorted(found)), problems[:3]


def _day(written: str) -> int | None:
    for names in (DAYS, _LONG_DAYS):
        if written in names:
            return names.index(written)
    return None


def _read_ranges(value: Any) -> tuple[TimeRange, ...] | None:
    """Return the ranges of a day; None: they make no sense."""
    if isinstance(value, str):
        value = value.split(",")
    if not isinstance(value, list) or not value or not all(isinstance(one, str) for one in value):
        return None
    if [one.strip().lower() for one in value] == [_CLOSED_ALL_DAY]:
        return ()
    ranges = [read_range(one) for one in value]
    return None if None in ranges else tuple(sorted(one for one in ranges if one is not None))
