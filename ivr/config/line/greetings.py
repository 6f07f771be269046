"""Choose the greeting of a line by the time of day. Pure.

[line.greetings]                # at other times the greeting of the line
morning = "صباح الخير"           # 05:00 to 12:00
afternoon = "..."               # 12:00 to 17:00
evening = "مساء الخير"           # from 17:00, or from 12:00 where there is none for the afternoon, to 05:00
"23:00-05:00" = "..."           # times of your own go before these
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, TypeAlias
from zoneinfo import ZoneInfo

from ivr.config.line.clock_times import RANGE_FIX, TimeRange, holds, read_range
from ivr.config.line.texts import check_phrase

Greetings: TypeAlias = tuple[tuple[TimeRange, str], ...]
"""The first whose times hold is said."""

_NAMED_TIMES: Final[Mapping[str, str]] = {
    "morning": "05:00-12:00",
    "afternoon": "12:00-17:00",
    "evening": "17:00-05:00",
}
_LONG_EVENING: Final = "12:00-05:00"


def greeting_at(greetings: Greetings, unix: float, zone: ZoneInfo | None) -> str | None:
    """Return the greeting for a time in Unix seconds; None: the line's own."""
    if zone is None:
        return None
    there = datetime.fromtimestamp(unix, zone)
    minute = there.hour * 60 + there.minute
    return next((text for times, text in greetings if holds(times, minute)), None)


def read_greetings(table: Any) -> tuple[Greetings, list[str]]:
    """Return the greetings of a table, those of times of their own first, and a sentence for every fault."""
    if not isinstance(table, dict):
        return (), ["greetings: write a table of texts"]
    own: list[tuple[TimeRange, str]] = []
    named: list[tuple[TimeRange, str]] = []
    problems: list[str] = []
    for key, text in table.items():
        written = _NAMED_TIMES.get(key, key)
        if key == "evening" and "afternoon" not in table:
            written = _LONG_EVENING
        times = read_range(written)
        if times is None:
            problems.append(f"greetings: {key}: write morning, afternoon or evening, or {RANGE_FIX.partition(' ')[2]}")
        elif not isinstance(text, str) or not text.strip():
            problems.append(f"greetings: {key}: write text in quotes")
        elif problem := check_phrase(text):
            problems.append(f"greetings: {key} {problem}")
        else:
            (named if key in _NAMED_TIMES else own).append((times, text))
    return (*own, *named), problems
