"""Read which metrics, labels and values the queries of Prometheus and Grafana name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from ivr.observe.event_loop.gc_pauses import GcPauses
from ivr.server.bridge import Bridge
from ivr.testbench import virtual_time
from tests.support.front import a_bridge, settings

_SELECTOR = re.compile(r"(?<![\w:.$\"])((?:ivr|process)_\w+|up)\b(?:\{([^}]*)\})?")
_MATCHER = re.compile(r'(\w+)\s*(=~|!~|!=|=)\s*"((?:[^"\\]|\\.)*)"')
SCRAPED = frozenset({"job", "instance", "node", "le"})
"""Labels that Prometheus adds, and the bounds of buckets."""


@dataclass(frozen=True, slots=True)
class Selector:
    """Hold a metric that a query reads."""

    metric: str
    matchers: tuple[tuple[str, str, str], ...]
    """Label, operator, value."""


def selectors(query: str) -> Iterator[Selector]:
    """Yield the bridge's own metrics of a query."""
    for match in _SELECTOR.finditer(query):
        matchers = _MATCHER.findall(match[2] or "")
        yield Selector(match[1], tuple((label, how, value) for label, how, value in matchers))


def page(folder: Path) -> dict[str, list[Mapping[str, str]]]:
    """Return the labels of each sample on the page of a real bridge, by the sample's name."""

    async def render() -> bytes:
        bridge: Bridge = a_bridge(settings(folder))
        bridge.metrics.add(GcPauses(lambda: 0.0))
        bridge.metrics.add(bridge.shared.gauge())
        return bridge.metrics.render()

    found: dict[str, list[Mapping[str, str]]] = {"up": [{}]}
    for family in text_string_to_metric_families(virtual_time.run(render()).decode()):
        for sample in family.samples:
            found.setdefault(sample.name, []).append(sample.labels)
    return found


def unknown(query: str, known: Mapping[str, list[Mapping[str, str]]]) -> list[str]:
    """Return what a query names that is not on the page. A value that a variable stands for is not looked at."""
    wrong = []
    for one in selectors(query):
        if one.metric not in known:
            wrong.append(one.metric)
            continue
        for label, how, value in one.matchers:
            there = {labels[label] for labels in known[one.metric] if label in labels}
            meant = [text for text in there if (text == value if how in ("=", "!=") else re.fullmatch(value, text))]
            missing = (label in SCRAPED and not there) or "$" in value or how.startswith("!")
            if not meant and not missing:
                wrong.append(f"{one.metric}{{{label}{how}{value!r}}}")
            elif label not in SCRAPED and not there:
                wrong.append(f"{one.metric}{{{label}}}")
    return wrong
