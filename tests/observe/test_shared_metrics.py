"""One page of figures for several workers."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, Metric, values
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, SummaryMetricFamily
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector

from ivr.observe.metrics import Capacity, Metrics
from ivr.observe.shared_metrics import SharedMetrics, forget_worker


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for values; afterwards the library keeps them as it did."""
    monkeypatch.setattr(values, "ValueClass", values.ValueClass)
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", "")
    return tmp_path


def worker(folder: Path, number: int, live: float = 0.0) -> Metrics:
    page = SharedMetrics(folder, number)
    metrics = Metrics(lambda: Capacity(int(live)), ["sales"])
    metrics.shared = page
    return metrics


def page_of(metrics: Metrics) -> dict[str, float]:
    """The page's samples with one label or none, by name and label."""
    families = text_string_to_metric_families(metrics.render().decode())
    return {"".join((s.name, *s.labels.values())): s.value for family in families for s in family.samples}


def test_counters_and_live_calls_add_up(folder: Path) -> None:
    one, other = worker(folder, 0, live=3.0), worker(folder, 1, live=4.0)
    one.answered("busy")
    other.answered("busy")
    other.lagged(0.2)
    one.lagged(0.2)
    other.share()
    page = page_of(one)
    assert page["ivr_answers_totalbusy"] == 2
    assert page["ivr_live_calls"] == 7
    assert page["ivr_loop_lag_seconds_count"] == 2
    assert page["ivr_loop_lag_seconds_bucket0.25"] == 2
    assert page["process_open_fds"] > 0
    assert [name for name in page if name.startswith("ivr_build_info")]
    assert page_of(other)["ivr_live_calls"] == 7
    assert repr(one.shared).endswith(" copied>")


def test_a_dead_worker_loses_no_count(folder: Path) -> None:
    one, other = worker(folder, 0, live=3.0), worker(folder, 1, live=4.0)
    other.answered("busy")
    other.share()
    forget_worker(folder, 1)
    page = page_of(one)
    assert (page["ivr_answers_totalbusy"], page["ivr_live_calls"]) == (1, 3)
    again = worker(folder, 1, live=1.0)
    again.answered("busy")
    page = page_of(again)
    assert (page["ivr_answers_totalbusy"], page["ivr_live_calls"]) == (2, 4)
    assert len(list(folder.glob("counter_*.db"))) == 2


class Told(Collector):
    """Say numbers that grow."""

    said = 0

    def collect(self) -> Iterator[Metric]:
        self.said += 10
        counter = CounterMetricFamily("ivr_connects", "Connects", labels=["peer"])
        counter.add_metric(["tts"], self.said)
        yield counter
        yield SummaryMetricFamily("ivr_pause_seconds", "Pauses", count_value=self.said, sum_value=self.said / 10)
        buckets = [("0.1", float(self.said - 5)), ("+Inf", float(self.said))]
        lag = HistogramMetricFamily("ivr_lag_seconds", "Lag", labels=["of"])
        for of in ("one", "two"):
            lag.add_metric([of], buckets, sum_value=self.said / 2)
        yield lag
        yield GaugeMetricFamily("ivr_connects_pause_seconds", "Pause", self.said)


def test_what_is_read_at_its_source_is_copied(folder: Path) -> None:
    """A worker that is started again counts from nothing: its counts are added to those before."""
    told = {
        number: (SharedMetrics(folder, number), CollectorRegistry(auto_describe=False), Told()) for number in (0, 1)
    }
    for page, read, collector in told.values():
        collector.said = 0
        read.register(collector)
        collector.said = 0
        page.copy(read)
        page.copy(read)
    page, read, collector = told[0]
    again = CollectorRegistry(auto_describe=False)
    again.register(fresh := Told())
    fresh.said = 0
    began = SharedMetrics(folder, 1)
    began.copy(again)
    found = {
        "".join((s.name, *s.labels.values())): s.value
        for family in text_string_to_metric_families(page.render().decode())
        for s in family.samples
    }
    assert found["ivr_connects_totaltts"] == 20 + 20 + 10
    assert (found["ivr_pause_seconds_count"], found["ivr_pause_seconds_sum"]) == (50, 5)
    assert found["ivr_connects_pause_seconds"] == 20
    lag = [found[f"ivr_lag_seconds_{name}"] for name in ("bucket0.1one", "bucket+Infone", "countone", "sumone")]
    assert lag == [15 + 15 + 5, 50, 50, 25]


def test_its_files_have_their_memory_from_the_start(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    SharedMetrics(folder, 0)
    files = list(folder.iterdir())
    assert len(files) == 5
    # A hole would have no blocks.
    assert all(file.stat().st_blocks * 512 >= file.stat().st_size >= 1 << 16 for file in files)

    def full(path: Path, written: bytes) -> int:
        path.touch()
        raise OSError(errno.ENOSPC, "No space left on device")

    SharedMetrics(folder, 0)
    monkeypatch.setattr(Path, "write_bytes", full)
    SharedMetrics(folder, 0)
    with pytest.raises(OSError, match="No space"):
        SharedMetrics(folder, 1)
    assert sorted(folder.iterdir()) == sorted(files)
