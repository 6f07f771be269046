"""Collect garbage where no call waits for it.

A full collection looks at every object of the process: a tenth of a second with what the bridge has loaded, in which
every call stands still. But what is loaded stays, and a call that is over leaves no garbage (`tests/server/
test_garbage.py`): its objects go when the last reference does. So what there is at the start is never looked at again,
young objects are looked at seldom, and old ones when no call is on the line. Of the process: `ivr serve` has one.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping
from typing import Any, Final

THRESHOLDS: Final = (5_000, 20, 1_000)
"""More objects than before from which the young ones are looked at, every how many of these looks takes those that
stayed as well, and every how many of those takes all: some hours of a full load."""
REST_S: Final = 60.0
"""Seconds between two full collections, which a line without calls has."""


class Garbage:
    """Decide when this process collects its garbage."""

    def __init__(self, told: Callable[[str, Mapping[str, Any]], None]) -> None:
        """Take `told`, which hears of every collection (`gc.callbacks`). Nothing is collected until `settle`."""
        gc.disable()
        gc.callbacks.append(told)
        self._told = told
        self._before = gc.get_threshold()
        self._next_at = 0.0

    def settle(self) -> None:
        """Keep for good what there is: the start is over."""
        gc.freeze()
        gc.set_threshold(*THRESHOLDS)
        gc.enable()

    def rest(self, now: float) -> None:
        """Collect all garbage, at most every `REST_S` seconds. No call is on the line; `now` is the loop's time."""
        if now >= self._next_at:
            self._next_at = now + REST_S
            gc.collect()

    def close(self) -> None:
        """Let Python collect as before."""
        gc.callbacks.remove(self._told)
        gc.unfreeze()
        gc.set_threshold(*self._before)
        gc.enable()
