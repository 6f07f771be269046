"""Show the state of the services to Prometheus: breakers, links, the pace of connections.

Nothing is kept here: every figure is read at its source when Prometheus asks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from ivr.hamsa.messages import SpeechKind
from ivr.hamsa.pool.service import SpeechService
from ivr.upstream.breaker import Breaker, BreakerState

FAMILIES: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "ivr_breakers": ("Breakers by state; an agent has one for each of its URLs, once it has failed", ("peer", "state")),
    "ivr_links": ("Connections to the speech service by what they do", ("peer", "state")),
    "ivr_links_waited_for": ("Requests that wait for a connection to the speech service", ("peer",)),
    "ivr_links_spare": ("Idle connections to the speech service that there should be", ("peer",)),
    "ivr_connects": ("Connections to the speech service that came about", ("peer",)),
    "ivr_connects_per_second": ("Pace of new connections to the speech service, as learnt", ()),
    "ivr_connects_pause_seconds": ("Until the next attempt to connect to the speech service, after failures", ()),
    "ivr_links_young_deaths": ("Connections to the speech service that died young and unused, in a row", ()),
}
COUNTERS: Final = frozenset({"ivr_connects"})


class Sample(NamedTuple):
    """Hold one sample of a metric."""

    family: str
    labels: tuple[str, ...]
    value: float


class UpstreamMetrics(Collector):
    """Collect the samples that `read` yields when Prometheus asks."""

    def __init__(self, read: Callable[[], Iterable[Sample]]) -> None:
        self._read = read

    def collect(self) -> Iterator[Metric]:
        """Yield every family with its samples."""
        samples = list(self._read())
        for name, (help_text, labels) in FAMILIES.items():
            kind = CounterMetricFamily if name in COUNTERS else GaugeMetricFamily
            family = kind(name, help_text, labels=labels)
            for sample in samples:
                if sample.family == name:
                    family.add_metric(sample.labels, sample.value)
            yield family

    def describe(self) -> Iterator[Metric]:
        """Describe nothing, so that nothing is read at registration."""
        return iter(())


def figures(speech_service: SpeechService, agents: Iterable[Breaker], now: float) -> Iterator[Sample]:
    """Yield the samples of the speech service, and of the agents that have failed before."""
    rest = speech_service.rest.breakers if speech_service.rest is not None else {}
    pool = speech_service.pool
    kinds: tuple[SpeechKind, ...] = ("tts", "stt")
    for kind in kinds:
        state = pool.state(kind)
        counts = {"idle": state.free, "busy": state.busy, "draining": state.draining, "connecting": state.opening}
        for name, count in counts.items():
            yield Sample("ivr_links", (kind, name), count)
        yield Sample("ivr_links_waited_for", (kind,), state.calm + state.patient + state.urgent)
        yield Sample("ivr_links_spare", (kind,), state.spares)
        yield Sample("ivr_connects", (kind,), pool.opened(kind))
    breakers = {"tts": [pool.breaker("tts")], "stt": [pool.breaker("stt")], "agent": agents}
    breakers |= {f"{peer}_rest": [breaker] for peer, breaker in rest.items()}
    for peer, some in breakers.items():
        states = [breaker.state(now) for breaker in some]
        for breaker_state in BreakerState:
            yield Sample("ivr_breakers", (peer, breaker_state.name.lower()), states.count(breaker_state))
    yield Sample("ivr_connects_per_second", (), pool.rate.bucket.rate)
    yield Sample("ivr_connects_pause_seconds", (), max(0.0, pool.rate.pause(now)))
    yield Sample("ivr_links_young_deaths", (), pool.rate.spare_backoff.failures)
