"""Show Prometheus the pauses of the garbage collector: nothing else runs while it looks for garbage.

Python may collect at any line, also while a metric is being read. So a pause is counted without a lock and without a
metric of the library, and becomes one when Prometheus asks.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping
from itertools import accumulate
from typing import Any, Final

from prometheus_client import Metric
from prometheus_client.core import HistogramMetricFamily
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

GENERATIONS: Final = 3
PAUSE_SECONDS: Final = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5)
"""Upper bounds of the histogram."""


class GcPauses(Collector):
    """Count pauses by generation. `told` is for `gc.callbacks`."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """Take `clock`, in seconds."""
        self._clock = clock
        self._began_at = 0.0
        self._counts = [[0] * (len(PAUSE_SECONDS) + 1) for _ in range(GENERATIONS)]
        self._seconds = [0.0] * GENERATIONS

    def __repr__(self) -> str:
        return f"<GcPauses {sum(map(sum, self._counts))} pauses, {sum(self._seconds):.3f} s>"

    def told(self, phase: str, about: Mapping[str, Any]) -> None:
        """Take the `start` and the `stop` of a collection."""
        if phase == "start":
            self._began_at = self._clock()
            return
        seconds, generation = self._clock() - self._began_at, about["generation"]
        self._counts[generation][bisect_left(PAUSE_SECONDS, seconds)] += 1
        self._seconds[generation] += seconds

    @property
    def seconds(self) -> float:
        """Return how long all pauses were together."""
        return sum(self._seconds)

    def collect(self) -> Iterator[Metric]:
        """Yield the histogram."""
        family = HistogramMetricFamily(
            "ivr_gc_pause_seconds", "Pauses of the garbage collector, in which nothing else runs", labels=["generation"]
        )
        bounds = [*map(floatToGoString, PAUSE_SECONDS), "+Inf"]
        for generation in range(GENERATIONS):
            counts = accumulate(map(float, self._counts[generation]))
            family.add_metric([str(generation)], list(zip(bounds, counts, strict=True)), self._seconds[generation])
        yield family

    def describe(self) -> Iterator[Metric]:
        """Describe nothing: the names are those that `collect` gives."""
        return iter(())
