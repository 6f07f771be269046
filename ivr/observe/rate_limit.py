"""Limit lines of the log that repeat: the first few are written, then one every ten seconds, with a count. Pure."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Final

FIRST_LINES: Final = 5
"""Lines of a kind that are all written."""
REPEAT_S: Final = 10.0
"""Seconds between two lines of a kind after these."""
NEW_AFTER_S: Final = 60.0
"""Seconds without a line after which a kind is new again."""
MOST_KINDS: Final = 200
"""Kinds that are remembered. A kind is a few fixed words."""


@dataclass(slots=True)
class _RepeatedLine:
    """Count the lines of one kind. Times are seconds of `now`."""

    seen: int = 0
    left_out: int = 0
    told_at: float = 0.0
    last_at: float = 0.0


class RateLimit:
    """Remember how often each kind of line came lately."""

    def __init__(self, first: int = FIRST_LINES, repeat_s: float = REPEAT_S, *, kinds: int = MOST_KINDS) -> None:
        """Take how many lines of a kind are all written, the seconds between two after these, and the most kinds."""
        self._first = first
        self._repeat_s = repeat_s
        self._most = kinds
        self._kinds: dict[Hashable, _RepeatedLine] = {}

    def __repr__(self) -> str:
        return f"<RateLimit {len(self._kinds)} kinds>"

    def tell(self, what: Hashable, now: float) -> int | None:
        """Return how many lines of this kind were left out since the last one. None: leave this one out too."""
        kind = self._kinds.pop(what, None)
        if kind is None:
            kind = _RepeatedLine()
        elif now - kind.last_at >= NEW_AFTER_S:
            kind = _RepeatedLine(left_out=kind.left_out)
        # The newest kind is the last: the first is the one to forget.
        self._kinds[what] = kind
        if len(self._kinds) > self._most:
            del self._kinds[next(iter(self._kinds))]
        kind.seen += 1
        kind.last_at = now
        if kind.seen > self._first and now - kind.told_at < self._repeat_s:
            kind.left_out += 1
            return None
        left_out, kind.left_out, kind.told_at = kind.left_out, 0, now
        return left_out
