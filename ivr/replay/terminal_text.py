"""Write times, lengths and words of a call for a person who reads a terminal."""

from __future__ import annotations

import math
import unicodedata
from typing import Final

LONGEST_QUOTE: Final = 60
"""Characters of a quotation."""
_STEERING: Final = frozenset({"Cc", "Cf", "Zl", "Zp", "Cs"})
"""Control characters, marks that turn the direction of writing, line ends, half a character."""


def clock(seconds: float) -> str:
    """Return a time of a call as minutes, seconds and milliseconds."""
    if not math.isfinite(seconds * 1000):
        return "??:??.???"
    ms = round(seconds * 1000)
    sign, ms = ("-", -ms) if ms < 0 else ("", ms)
    return f"{sign}{ms // 60_000:02}:{ms // 1000 % 60:02}.{ms % 1000:03}"


def span(seconds: float) -> str:
    """Return a length of time: milliseconds, from two seconds on seconds."""
    if not math.isfinite(seconds * 1000):
        return "? ms"
    return f"{round(seconds * 1000)} ms" if abs(seconds) < 2 else f"{seconds:.1f} s"


def printable(text: str) -> str:
    """Return a text without the characters that steer a terminal: these are written as escapes."""
    return "".join(ascii(c)[1:-1] if unicodedata.category(c) in _STEERING else c for c in text)


def quote(text: object, most: int = LONGEST_QUOTE) -> str:
    """Return text in quotation marks, on one line, its end left out when it is long."""
    line = " ".join(str(text).split())
    return f"“{line if len(line) <= most else line[: most - 1].rstrip() + '…'}”"
