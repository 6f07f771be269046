"""Spans over OTLP: to a receiver on loopback, and to none."""

from __future__ import annotations

import builtins
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from ivr.observe.tracing import otlp
from ivr.observe.tracing.otlp import LAST_SPANS_S, MOST_SPANS, OtlpSink
from ivr.observe.tracing.start import MISSING, call_tracer
from ivr.observe.tracing.trace_ids import TraceIds
from ivr.observe.tracing.turn_spans import PlainSpan, SpanEvent
from tests.support.collector import collecting

IDS = TraceIds(b"0123456789abcdef")
PATIENCE = 20.0


@pytest.fixture
def counted() -> Counter[str]:
    return Counter()


def until(there: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not there() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert there()


class Exporter(SpanExporter):
    """Answer as told."""

    def __init__(self, result: SpanExportResult | Exception = SpanExportResult.SUCCESS, slow: float = 0.0) -> None:
        self.result = result
        self.slow = slow

    def export(self, spans: Any) -> SpanExportResult:
        time.sleep(self.slow)
        if isinstance(self.result, Exception):
            raise self.result
        return self.result


def test_spans_arrive_with_the_ids_that_were_told(counted: Counter[str], monkeypatch: pytest.MonkeyPatch) -> None:
    with collecting() as collector:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{collector.port}")
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "x-key=abc")
        monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment=test")
        sink = OtlpSink(lambda outcome, spans: counted.update({outcome: spans}), instance="one")
        assert sink.samples(IDS)
        agent = PlainSpan("agent", 1.2, 1.8, id=7, failure="timeout")
        turn = PlainSpan("turn", 1.0, 2.0, {"ivr.turn": 1}, (SpanEvent("barge_in", 1.5, {"a": "b"}),), (agent,))
        sink.put(IDS, turn, IDS.call, 1000.0)
        sink.put(IDS, PlainSpan("call", 0.5, 3.0, id=IDS.call), 0, 1000.0)
        sink.close()
    found = {span.name: span for span in collector.spans}
    assert {span.trace for span in collector.spans} == {f"{IDS.trace:032x}"}
    assert (found["call"].id, found["call"].parent) == (f"{IDS.call:016x}", "")
    assert (found["turn"].parent, found["agent"].parent) == (found["call"].id, found["turn"].id)
    assert (found["agent"].id, found["agent"].failure) == (f"{7:016x}", "timeout")
    assert (found["turn"].start, found["turn"].end) == pytest.approx((1001.0, 1002.0))
    assert (found["turn"].attributes, found["turn"].events) == ({"ivr.turn": 1}, (("barge_in", {"a": "b"}),))
    assert collector.resources[0]["service.name"] == "ivr-bridge"
    assert collector.resources[0]["service.instance.id"] == "one"
    assert collector.resources[0]["deployment.environment"] == "test"
    assert collector.headers[0]["x-key"] == "abc"
    assert counted == {"exported": 3}
    assert repr(sink) == "<OtlpSink 3 made, 3 done>"


def test_a_collector_that_is_away_costs_spans_and_no_time(
    counted: Counter[str], caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "10")
    caplog.set_level("INFO")
    exporter = Exporter(SpanExportResult.FAILURE)
    sink = OtlpSink(lambda outcome, spans: counted.update({outcome: spans}), exporter=exporter)
    for result in (SpanExportResult.FAILURE, OSError("refused"), SpanExportResult.SUCCESS):
        exporter.result = result
        before = counted.total()
        sink.put(IDS, PlainSpan("call", 0.0, 1.0), 0, 0.0)
        until(lambda: counted.total() > before)  # noqa: B023
    sink.close()
    assert counted == {"failed": 2, "exported": 1}
    assert [(one.message, vars(one).get("lost")) for one in caplog.records] == [
        ("traces_not_sent", None), ("traces_sent_again", 2)
    ]  # fmt: skip


def test_spans_that_wait_are_bounded_and_so_is_the_end(counted: Counter[str]) -> None:
    sink = OtlpSink(lambda outcome, spans: counted.update({outcome: spans}), exporter=Exporter(slow=60.0))
    turn = PlainSpan("turn", 0.0, 1.0, below=tuple(PlainSpan("tts", 0.0, 1.0) for _ in range(99)))
    began = time.monotonic()
    for _ in range(MOST_SPANS // 100 + 5):
        sink.put(IDS, turn, IDS.call, 0.0)
    assert counted == {"dropped": 500}
    sink.close()
    assert time.monotonic() - began < LAST_SPANS_S + PATIENCE


def test_the_operator_names_the_service_and_the_sampler(counted: Counter[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_SERVICE_NAME", "calls")
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "always_off")
    made: list[ReadableSpan] = []

    class Keeping(Exporter):
        def export(self, spans: Any) -> SpanExportResult:
            made.extend(spans)
            return super().export(spans)

    exporter = Keeping()
    sink = OtlpSink(lambda outcome, spans: counted.update({outcome: spans}), exporter=exporter)
    assert not sink.samples(IDS)
    sink.close()
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "parentbased_always_on")
    sink = OtlpSink(lambda outcome, spans: counted.update({outcome: spans}), exporter=exporter)
    sink.put(IDS, PlainSpan("call", 0.0, 1.0), 0, 0.0)
    sink.close()
    assert [span.resource.attributes["service.name"] for span in made] == ["calls"]


def test_what_cannot_be_sent_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("https://user:secret@collector.example")

    monkeypatch.setattr(otlp, "OTLPSpanExporter", fail)
    with pytest.raises(ValueError, match=r"^OTEL_EXPORTER_OTLP_ENDPOINT: no trace can be sent: RuntimeError$"):
        call_tracer("", lambda outcome, spans: None)


def test_a_missing_library_is_one_line_that_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def missing(name: str, *more: Any, **named: Any) -> Any:
        if name == "ivr.observe.tracing.otlp":
            raise ImportError(name)
        return real(name, *more, **named)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(ValueError, match=r"ivr-bridge\[otel\]") as raised:
        call_tracer("", lambda outcome, spans: None)
    assert str(raised.value) == MISSING
