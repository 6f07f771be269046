"""Know the hours in which no one is called: from one time of day to another, in a time zone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

_WRITTEN: Final = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])\s*-\s*([01]?[0-9]|2[0-3]):([0-5][0-9])")
QUIET_FIX: Final = 'write two times of day, such as "21:00-09:00"'


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Hold when no call is placed. A range that ends before it begins goes over midnight."""

    begin: int
    """Minutes since midnight."""
    end: int
    """Minutes since midnight: from here on calls are placed again."""
    zone: str = "UTC"

    @classmethod
    def read(cls, written: str, zone: str = "UTC") -> QuietHours:
        """Return what is written as `21:00-09:00`. Raises ValueError, also for a zone that is not known."""
        found = _WRITTEN.fullmatch(written.strip())
        if found is None:
            raise ValueError(QUIET_FIX)
        begin, end = int(found[1]) * 60 + int(found[2]), int(found[3]) * 60 + int(found[4])
        if begin == end:
            raise ValueError(QUIET_FIX)
        try:
            ZoneInfo(zone)
        except (KeyError, ValueError, OSError):
            raise ValueError('zone: write a name such as "Asia/Riyadh"') from None
        return cls(begin, end, zone)

    def over_at(self, now: float) -> float | None:
        """Return the Unix second at which the quiet hours of `now` are over. None: they are not on."""
        local = datetime.fromtimestamp(now, ZoneInfo(self.zone))
        minute = local.hour * 60 + local.minute
        by_day, by_night = self.begin <= minute < self.end, minute >= self.begin or minute < self.end
        on = by_day if self.begin < self.end else by_night
        if not on:
            return None
        over = local.replace(hour=self.end // 60, minute=self.end % 60, second=0, microsecond=0, fold=0)
        if over <= local:
            over += timedelta(days=1)
        # Where clocks are set between, the hour of the wall counts.
        at = over.timestamp()
        return at if at > now else now + 60.0
