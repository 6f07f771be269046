"""Read times of day, ranges of them and ranges of dates, as an operator writes them."""

from __future__ import annotations

import re
from datetime import date
from typing import Final, TypeAlias
from zoneinfo import ZoneInfo

DAY: Final = 24 * 60
"""Minutes of a day."""
TimeRange: TypeAlias = tuple[int, int]
"""From and to, in minutes since midnight; an end of more than `DAY` is on the next day."""
DateRange: TypeAlias = tuple[date, date]
"""The first day and the last."""
ZONE_FIX: Final = "write the name of a time zone, such as Asia/Riyadh"
RANGE_FIX: Final = "write times such as 09:00-17:00"
DATE_FIX: Final = "write a day such as 2026-09-23, or days such as 2027-03-20..2027-03-24"
_CLOCK_RANGE: Final = re.compile(r"([0-2]?[0-9]):([0-5][0-9])\s*[-–]\s*([0-2]?[0-9]):([0-5][0-9])")
_ZONE: Final = re.compile(r"[A-Za-z0-9_+/-]{1,64}")


def read_zone(written: str) -> ZoneInfo | None:
    """Return a time zone by its name; None: this machine knows no such zone."""
    # A name is a part of a path: nothing else than a name gets there.
    if not _ZONE.fullmatch(written) or written.startswith("/"):
        return None
    try:
        return ZoneInfo(written)
    except (OSError, ValueError, KeyError):
        return None


def read_range(written: str) -> TimeRange | None:
    """Return a range of times; None: it is none. An end that is not later than the start is on the next day."""
    found = _CLOCK_RANGE.fullmatch(written.strip())
    if found is None:
        return None
    from_hour, from_minute, to_hour, to_minute = map(int, found.groups())
    start, end = from_hour * 60 + from_minute, to_hour * 60 + to_minute
    if start >= DAY or end > DAY or start == end:
        return None
    return start, end if end > start else end + DAY


def time_words(times: TimeRange) -> str:
    """Return a range as an operator writes it."""
    start, end = times
    # Midnight as an end is the end of a day.
    end = end if end <= DAY else end - DAY
    return f"{start // 60:02}:{start % 60:02}-{end // 60:02}:{end % 60:02}"


def holds(times: TimeRange, minute: int) -> bool:
    """Return whether a minute of a day is in a range that begins on that day or the day before."""
    start, end = times
    return start <= minute < end or start <= minute + DAY < end


def read_dates(written: str) -> DateRange | None:
    """Return a day, or the days from one to another; None: it is none."""
    first, dots, last = written.strip().partition("..")
    try:
        start = date.fromisoformat(first.strip())
        end = date.fromisoformat(last.strip()) if dots else start
    except ValueError:
        return None
    return (start, end) if start <= end else None
