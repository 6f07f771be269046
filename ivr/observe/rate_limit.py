"""Lines of the log that come again and again: the first few are told, then one every ten seconds, with a count.

What repeats is known by its kind, a few fixed words. After a minute of quiet a kind is new again. Nothing here reads a
clock, and there are never more than so many kinds.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Final

FIRST: Final = 5
"""Told one by one."""
EVERY: Final = 10.0
"""Seconds between two lines of a kind after these."""
QUIET: Final = 60.0
"""Seconds without one after which a kind is new."""
KINDS: Final = 200


@dataclass(slots=True)
class _RepeatedLine:
    seen: int = 0
    left_out: int = 0
    told_at: float = 0.0
    last_at: float = 0.0


class RateLimit:
    """How often each kind came lately."""

    def __init__(self) -> None:
        self._kinds: dict[Hashable, _RepeatedLine] = {}

    def __repr__(self) -> str:
        return f"<RateLimit {len(self._kinds)} kinds>"

    def tell(self, what: Hashable, now: float) -> int | None:
        """How many of this kind were left out since the last line, when there should be one now; else None."""
        kind = self._kind(what, now)
        kind.seen += 1
        kind.last_at = now
        if kind.seen > FIRST and now - kind.told_at < EVERY:
            kind.left_out += 1
            return None
        left_out, kind.left_out, kind.told_at = kind.left_out, 0, now
        return left_out

    def _kind(self, what: Hashable, now: float) -> _RepeatedLine:
        kind = self._kinds.pop(what, None)
        if kind is None:
            kind = _RepeatedLine()
        elif now - kind.last_at >= QUIET:
            kind = _RepeatedLine(left_out=kind.left_out)
        self._kinds[what] = kind  # the newest is the last
        if len(self._kinds) > KINDS:
            del self._kinds[next(iter(self._kinds))]
        return kind
