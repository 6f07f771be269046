"""Find what is left of a list when everything is dropped that something does not depend on (delta debugging).

The method is that of Zeller's `ddmin`, by complements: big pieces are left out first, then smaller ones, down to single
parts. At the end no single part can be left out. The order of the tries is fixed, so a result can be had again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Part = TypeVar("Part")


@dataclass(frozen=True, slots=True)
class Shrunk(Generic[Part]):
    """Hold what is left of a list."""

    kept: list[Part]
    tries: int
    """How often it was asked whether something still happens."""
    finished: bool
    """No single part can be left out. False: the tries were used up before."""


def shrink(
    parts: Sequence[Part],
    still: Callable[[list[Part]], bool],
    *,
    most: int = 1000,
    enough: Callable[[], bool] | None = None,
) -> Shrunk[Part]:
    """Return the parts, in order, that something depends on; it must happen with all of them.

    `still`: whether it happens with these parts alone. `most`: tries at most. `enough`: whether to stop before.
    """
    kept, tries, size = list(parts), 0, max(1, len(parts))
    while kept:
        before, at = len(kept), 0
        while at < len(kept):
            if tries >= most or (enough is not None and enough()):
                return Shrunk(kept, tries, finished=False)
            fewer = kept[:at] + kept[at + size :]
            tries += 1
            if still(fewer):
                kept = fewer
            else:
                at += size
        # Single parts are tried until none of them can go: each that goes may set another free.
        if size == 1 and len(kept) == before:
            break
        size = max(1, size // 2)
    return Shrunk(kept, tries, finished=True)
