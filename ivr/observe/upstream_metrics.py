"""How the services stand at this moment, for Prometheus: breakers, links, the pace of connections.

Nothing is kept: every figure is read where it lives when Prometheus looks. The names and labels are in `FAMILIES`; the
labels are fixed words of the bridge.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from ivr.hamsa.messages import SpeechKind
from ivr.hamsa.pool.pool import LinkPool
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
    """One sample."""

    family: str
    labels: tuple[str, ...]
    value: float


class UpstreamMetrics(Collector):
    """A part of the page: what `read` says when it is asked for."""

    def __init__(self, read: Callable[[], Iterable[Sample]]) -> None:
        self._read = read

    def collect(self) -> Iterator[Metric]:
        """All families, with what there is of each."""
        figures = list(self._read())
        for name, (help_text, labels) in FAMILIES.items():
            kind = CounterMetricFamily if name in COUNTERS else GaugeMetricFamily
            family = kind(name, help_text, labels=labels)
            for figure in figures:
                if figure.family == name:
                    family.add_metric(figure.labels, figure.value)
            yield family

    def describe(self) -> Iterator[Metric]:
        """Nothing is read when the page is put together."""
        return iter(())


def figures(speech_service: SpeechService, agents: Iterable[Breaker], now: float) -> Iterator[Sample]:
    """Of the speech service and of the agents that have failed before."""
    rest = speech_service.rest.breakers if speech_service.rest is not None else {}
    pool = speech_service.pool
    kinds: tuple[SpeechKind, ...] = ("tts", "stt")
    for kind in kinds:
        yield from _links(kind, pool)
    breakers = {"tts": [pool.breaker("tts")], "stt": [pool.breaker("stt")], "agent": agents}
    breakers |= {f"{peer}_rest": [breaker] for peer, breaker in rest.items()}
    for peer, some in breakers.items():
        states = [breaker.state(now) for breaker in some]
        for state in BreakerState:
            yield Sample("ivr_breakers", (peer, state.name.lower()), states.count(state))
    yield Sample("ivr_connects_per_second", (), pool.rate.bucket.rate)
    yield Sample("ivr_connects_pause_seconds", (), max(0.0, pool.rate.pause(now)))
    yield Sample("ivr_links_young_deaths", (), pool.rate.spare_backoff.failures)


def _links(peer: SpeechKind, pool: LinkPool) -> Iterator[Sample]:
    stock = pool.state(peer)
    states = {"idle": stock.free, "busy": stock.busy, "draining": stock.draining, "connecting": stock.opening}
    for state, count in states.items():
        yield Sample("ivr_links", (peer, state), count)
    yield Sample("ivr_links_waited_for", (peer,), stock.calm + stock.patient + stock.urgent)
    yield Sample("ivr_links_spare", (peer,), stock.spares)
    yield Sample("ivr_connects", (peer,), pool.opened(peer))
