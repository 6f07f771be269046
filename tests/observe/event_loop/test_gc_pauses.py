"""The pauses of the garbage collector, as Prometheus sees them."""

from __future__ import annotations

import gc

from ivr.observe.event_loop.gc_pauses import GcPauses
from ivr.observe.metrics import Metrics


def test_pauses_are_counted_by_generation() -> None:
    times = iter([1.0, 1.003, 2.0, 2.25, 3.0, 4.0])
    pauses = GcPauses(lambda: next(times))
    for generation in (0, 2, 2):
        pauses.told("start", {"generation": generation})
        pauses.told("stop", {"generation": generation, "collected": 0, "uncollectable": 0})
    metrics = Metrics()
    metrics.add(pauses)

    def value(name: str, generation: str, **bound: str) -> float | None:
        told = metrics.registry.get_sample_value
        return told(f"ivr_gc_pause_seconds_{name}", {"generation": generation, **bound})

    assert [value("count", generation) for generation in "012"] == [1.0, 0.0, 2.0]
    assert value("sum", "2") == 1.25
    assert [value("bucket", "0", le=bound) for bound in ("0.002", "0.005", "+Inf")] == [0.0, 1.0, 1.0]
    assert [value("bucket", "2", le=bound) for bound in ("0.2", "0.5", "+Inf")] == [0.0, 1.0, 2.0]
    assert repr(pauses) == "<GcPauses 3 pauses, 1.253 s>"


def test_the_collector_tells_of_itself() -> None:
    times = iter(range(100))
    pauses = GcPauses(lambda: next(times))
    gc.callbacks.append(pauses.told)
    try:
        gc.collect()
    finally:
        gc.callbacks.remove(pauses.told)
    assert repr(pauses) == "<GcPauses 1 pauses, 1.000 s>"
