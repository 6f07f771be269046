"""Return the phone's marks wrongly: late, never, out of order, twice, all at once, or too early. Drawn from a seed.

Such carriers exist. One was seen whose marks came 5.4 s late on average and 13.5 s at most, a third of them never,
while callers heard everything in time. What the phone plays does not change: only what it tells of it.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from ivr.media.g711 import RATE

OVERTAKEN_S: Final = 0.5
"""Seconds by which a mark is held that comes out of order: the next one overtakes it."""


@dataclass(frozen=True, slots=True)
class MarkFaults:
    """Hold how a phone returns its marks. All zero: as it should."""

    late_s: float = 0.0
    """Average delay in seconds. The delays have an exponential distribution, as waiting times have."""
    late_most_s: float = 13.5
    """Longest delay, in seconds."""
    way_s: float = 0.0
    """A delay that all marks have: no fault, but a long line."""
    missing: float = 0.0
    """Share of the marks that never come; 0 to 1."""
    swapped: float = 0.0
    """Share of the marks that the next one overtakes."""
    doubled: float = 0.0
    """Share of the marks that come twice."""
    early: bool = False
    """Each mark comes back at once, before its audio was played."""
    at_end: bool = False
    """All marks come at once when the phone has no audio any more."""

    def __post_init__(self) -> None:
        shares = (self.missing, self.swapped, self.doubled)
        if not all(0 <= share <= 1 for share in shares) or min(self.late_s, self.late_most_s, self.way_s) < 0:
            raise ValueError("shares of marks are 0 to 1, and delays are not below 0 s")


FAULT_KINDS: Final = {
    "honest": MarkFaults(),
    "far": MarkFaults(way_s=0.3),
    "late": MarkFaults(late_s=5.4),
    "late-missing": MarkFaults(late_s=5.4, missing=1 / 3),
    "missing": MarkFaults(missing=1 / 3),
    "never": MarkFaults(missing=1.0),
    "order": MarkFaults(swapped=0.3),
    "doubled": MarkFaults(doubled=0.5),
    "at-end": MarkFaults(at_end=True),
    "early": MarkFaults(early=True),
}
"""The faults by name."""


class MarkReturns:
    """Hold the marks of one phone on their way back. Times in samples of the phone's playback."""

    def __init__(self, faults: MarkFaults, seed: int) -> None:
        self._faults = faults
        self._chance = random.Random(seed)
        self._waiting: list[tuple[int, str]] = []
        self._held: list[str] = []
        """Those that wait for the end of the audio."""

    def __repr__(self) -> str:
        return f"<MarkReturns {len(self._waiting)} on their way, {len(self._held)} held>"

    @property
    def early(self) -> bool:
        """Return whether marks come back before they are reached."""
        return self._faults.early

    def reached(self, name: str, sample: int) -> None:
        """Take a mark that the phone has reached, or was told to throw away."""
        faults, chance = self._faults, self._chance
        if faults.missing and chance.random() < faults.missing:
            return
        if faults.at_end:
            self._held.append(name)
            return
        late = faults.way_s
        if faults.late_s:
            late += min(chance.expovariate(1 / faults.late_s), faults.late_most_s)
        if faults.swapped and chance.random() < faults.swapped:
            late += OVERTAKEN_S
        self._put(name, sample + round(late * RATE))
        if faults.doubled and chance.random() < faults.doubled:
            self._put(name, sample + round((late + chance.random()) * RATE))

    def quiet(self, sample: int) -> None:
        """Let go of what waited: the phone has no audio any more."""
        for name in self._held:
            self._put(name, sample)
        self._held.clear()

    def take(self, sample: int) -> Iterator[tuple[int, str]]:
        """Yield the marks that are back by this sample, each with its sample."""
        while self._waiting and self._waiting[0][0] <= sample:
            yield self._waiting.pop(0)

    def next(self) -> int | None:
        """Return the sample at which the next mark is back; None: none is on its way."""
        return self._waiting[0][0] if self._waiting else None

    def _put(self, name: str, sample: int) -> None:
        self._waiting.append((sample, name))
        # Those of the same sample stay in the order in which they were reached.
        self._waiting.sort(key=lambda waiting: waiting[0])
