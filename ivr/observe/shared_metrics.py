"""Count for all workers of a machine on one page: any of them answers Prometheus for all.

Counters and histograms lie in files that the workers share, one for each worker: a worker that dies loses no count, and
the one that is started in its place goes on with its file. What is otherwise read at its source when Prometheus asks
(live calls, links, memory) is copied there from time to time, since no other process can read it.

`SharedMetrics` changes how the library keeps every value that is made after it: it belongs to a worker's process, and
comes before `ivr.observe.metrics.Metrics`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, Literal, Protocol, TypeAlias

from prometheus_client import CollectorRegistry, Metric, generate_latest, values
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.samples import Sample

GaugeMode: TypeAlias = Literal["livesum", "livemin", "livemax"]
COPY_S: Final = 1.0
"""Seconds between two copies."""
GAUGE_MODES: Final[Mapping[str, GaugeMode]] = {
    "ivr_build": "livemax",
    "ivr_connects_pause_seconds": "livemax",
    "ivr_fleet_calls": "livemax",
    "ivr_fleet_nodes": "livemax",
    "ivr_fleet_store_up": "livemin",
    "ivr_links_young_deaths": "livemax",
    # Each worker says the number of the machine.
    "ivr_max_calls": "livemax",
    "ivr_events_behind": "livemax",
    "ivr_keeper_up": "livemin",
    "ivr_records_behind": "livemax",
    "ivr_records_refused": "livemax",
    "ivr_shared_store_up": "livemin",
    "process_start_time_seconds": "livemax",
    # The limit is a process's: what counts is the one that is nearest to it.
    "process_open_fds": "livemax",
    "process_max_fds": "livemin",
}
"""How a gauge of the workers becomes one; any other is their sum."""
_FILES: Final[Mapping[str, int]] = {
    "counter": 1 << 18,
    "histogram": 1 << 18,
    "gauge_livesum": 1 << 16,
    "gauge_livemin": 1 << 16,
    "gauge_livemax": 1 << 16,
}
"""Bytes of each of a worker's files: those of some twenty lines. The library makes a file longer that is full."""


class _Value(Protocol):
    """Be a value of the library."""

    def inc(self, amount: float) -> None:
        """Add to it."""

    def set(self, value: float) -> None:
        """Put another in its place."""


class SharedMetrics:
    """Hold the page of all workers."""

    def __init__(self, folder: Path, worker: int) -> None:
        """Keep this worker's values in `folder`, where each worker has a number of its own. Raises OSError."""
        _reserve(folder, worker)
        # The library finds the folder here, and only here.
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)
        # By default a file is a process's. By the worker's number there are never more files than workers.
        self._make: Callable[..., _Value] = values.MultiProcessValue(lambda: worker)  # type: ignore[no-untyped-call]
        values.ValueClass = self._make
        self._page = CollectorRegistry()
        MultiProcessCollector(self._page, str(folder))  # type: ignore[no-untyped-call]
        self._values: dict[tuple[str, tuple[tuple[str, str], ...]], _Value] = {}
        self._counted: dict[_Value, float] = {}
        """What each copied counter was."""

    def __repr__(self) -> str:
        return f"<SharedMetrics {len(self._values)} copied>"

    def copy(self, read: CollectorRegistry) -> None:
        """Copy what these collectors say now."""
        for family in read.collect():
            below: dict[str, float] = {}
            for sample in family.samples:
                if family.type == "histogram":
                    # In the files a bucket has what is in no smaller one, and the count follows from the buckets.
                    if sample.name.endswith("_count"):
                        continue
                    if sample.name.endswith("_bucket"):
                        of = str([label for label in sample.labels.items() if label[0] != "le"])
                        self._set(family, sample._replace(value=sample.value - below.get(of, 0.0)))
                        below[of] = sample.value
                        continue
                self._set(family, sample)

    def _set(self, family: Metric, sample: Sample) -> None:
        """Give a value what a sample says: a gauge its number, a counter what it has grown by."""
        key = sample.name, tuple(sample.labels.items())
        kind = "gauge" if family.type in ("gauge", "info") else family.type
        if (value := self._values.get(key)) is None:
            value = self._values[key] = self._make(
                kind,
                sample.name if family.type == "info" else family.name,
                sample.name,
                list(sample.labels),
                list(sample.labels.values()),
                family.documentation,
                multiprocess_mode=GAUGE_MODES.get(family.name, "livesum"),
            )
        if kind == "gauge":
            value.set(sample.value)
        else:
            value.inc(max(0.0, sample.value - self._counted.get(value, 0.0)))
            self._counted[value] = sample.value

    def render(self) -> bytes:
        """Return the page of all workers."""
        return generate_latest(self._page)


def forget_worker(folder: Path, worker: int) -> None:
    """Take what a dead worker was doing off the page; what it has counted stays."""
    mark_process_dead(worker, str(folder))  # type: ignore[no-untyped-call]


def _reserve(folder: Path, worker: int) -> None:
    """Make a worker's files as long as they need to be, of memory that is there.

    The library leaves holes in them. Where the memory is full, a value in a hole ends the process (SIGBUS).
    """
    for kind, room in _FILES.items():
        path = folder / f"{kind}_{worker}.db"
        if path.exists():
            continue
        # No other worker may read a file that is half there.
        new = path.with_suffix(".new")
        try:
            new.write_bytes(bytes(room))
        except OSError:
            new.unlink(missing_ok=True)
            raise
        new.rename(path)
