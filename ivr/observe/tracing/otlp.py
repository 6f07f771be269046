"""Export spans with OpenTelemetry's SDK, over OTLP and HTTP, from a thread of its own.

The SDK reads the usual OTEL_... names itself. A collector that is away costs spans, which are counted, and never time:
no more than `MOST_SPANS` wait, and the end of the process waits for `LAST_SPANS_S` at most.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from random import SystemRandom
from typing import Final, Literal, TypeAlias

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.id_generator import IdGenerator
from opentelemetry.sdk.trace.sampling import Decision
from opentelemetry.trace import NonRecordingSpan, SpanContext, StatusCode, TraceFlags, set_span_in_context

from ivr.observe.tracing.trace_ids import TraceIds
from ivr.observe.tracing.turn_spans import PlainSpan

log = logging.getLogger("ivr.tracing")

SpanOutcome: TypeAlias = Literal["exported", "failed", "dropped"]
MOST_SPANS: Final = 2000
"""Spans that wait for the thread; the SDK's queue holds 2048."""
LAST_SPANS_S: Final = 2.0
"""Seconds that the last spans have at the end of the process."""
SERVICE: Final = "ivr-bridge"
_CHANCE: Final = SystemRandom()


class OtlpSink:
    """Make the SDK's spans. Of one thread: the event loop's."""

    def __init__(
        self,
        count: Callable[[SpanOutcome, int], None],
        *,
        exporter: SpanExporter | None = None,
        instance: str = "",
    ) -> None:
        """Take `count`, called from any thread. `instance`: the name of this process among those of the service.

        Raises ValueError, one line, when the SDK's settings make no sense.
        """
        # What the SDK says of itself is no event of the log, and may hold the URL with its secrets.
        logging.getLogger("opentelemetry").setLevel(logging.CRITICAL + 1)
        self._count = count
        self._ids = NextIds()
        self._made = 0
        try:
            self._exporter = CountingExporter(exporter or OTLPSpanExporter(), count)
            resource = Resource.create({"service.instance.id": instance} if instance else {})
            # What the operator calls it is known to the SDK alone.
            if str(resource.attributes["service.name"]).startswith("unknown_service"):
                resource = resource.merge(Resource({"service.name": SERVICE}))
            self._provider = TracerProvider(id_generator=self._ids, resource=resource, shutdown_on_exit=False)
            self._provider.add_span_processor(BatchSpanProcessor(self._exporter))
        except Exception as fault:
            raise ValueError(f"OTEL_EXPORTER_OTLP_ENDPOINT: no trace can be sent: {type(fault).__name__}") from None
        self._tracer = self._provider.get_tracer("ivr")

    def __repr__(self) -> str:
        return f"<OtlpSink {self._made} made, {self._exporter.done} done>"

    def samples(self, ids: TraceIds) -> bool:
        """Return whether the spans of a call are exported, as OTEL_TRACES_SAMPLER says."""
        return self._provider.sampler.should_sample(None, ids.trace, "call").decision is Decision.RECORD_AND_SAMPLE

    def put(self, ids: TraceIds, span: PlainSpan, parent: int, offset: float) -> None:
        """Take a span and those below it. `parent`: 0 for none. `offset`: from its seconds to those of the wall."""
        size = _size(span)
        if self._made - self._exporter.done + size > MOST_SPANS:
            self._count("dropped", size)
            return
        self._made += size
        self._make(ids, span, _parent(ids, parent), offset)

    def close(self) -> None:
        """Export what waits, for `LAST_SPANS_S` at most."""
        # The SDK's own bound does not hold for a request that is under way.
        ending = threading.Thread(target=self._provider.shutdown, name="ivr-traces-end", daemon=True)
        ending.start()
        ending.join(LAST_SPANS_S)

    def _make(self, ids: TraceIds, span: PlainSpan, context: Context, offset: float) -> None:
        """Make a span and those below it."""
        self._ids.trace, self._ids.span = ids.trace, span.id
        made = self._tracer.start_span(
            span.name, context, attributes=dict(span.attributes), start_time=_nanoseconds(span.start + offset)
        )
        for event in span.events:
            made.add_event(event.name, dict(event.attributes), _nanoseconds(event.at + offset))
        if span.failure:
            made.set_status(StatusCode.ERROR, span.failure)
        if span.below:
            inside = _parent(ids, made.get_span_context().span_id)
            for one in span.below:
                self._make(ids, one, inside, offset)
        made.end(_nanoseconds(span.end + offset))


class NextIds(IdGenerator):
    """Give the SDK the ids that were decided before."""

    def __init__(self) -> None:
        self.trace = self.span = 0
        """The next ids; a span's 0: any."""

    def generate_trace_id(self) -> int:
        """Return the id of the trace."""
        return self.trace

    def generate_span_id(self) -> int:
        """Return the id of the next span."""
        return self.span or int.from_bytes(_CHANCE.randbytes(8), "big") or 1

    def is_trace_id_random(self) -> bool:
        """Return whether the last bytes of a trace's id are random."""
        return True


class CountingExporter(SpanExporter):
    """Pass spans on to an exporter, in the SDK's thread, and count what becomes of them."""

    def __init__(self, exporter: SpanExporter, count: Callable[[SpanOutcome, int], None]) -> None:
        self._exporter = exporter
        self._count = count
        self._lost = 0
        """Spans lost since the collector was last there."""
        self.done = 0
        """Spans that wait no more."""

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Export some spans."""
        try:
            result = self._exporter.export(spans)
        except Exception:
            result = SpanExportResult.FAILURE
        sent = result is SpanExportResult.SUCCESS
        self.done += len(spans)
        self._count("exported" if sent else "failed", len(spans))
        if not sent and not self._lost:
            log.warning("traces_not_sent", extra={"spans": len(spans)})
        elif sent and self._lost:
            log.info("traces_sent_again", extra={"lost": self._lost})
        self._lost = 0 if sent else self._lost + len(spans)
        return result

    def shutdown(self) -> None:
        """End the exporter."""
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Export what the exporter itself keeps: nothing."""
        return True


def _parent(ids: TraceIds, span: int) -> Context:
    """Return the context of a parent by its id; 0: of none."""
    if not span:
        return Context()
    flags = TraceFlags(TraceFlags.SAMPLED if ids.sampled else TraceFlags.DEFAULT)
    return set_span_in_context(NonRecordingSpan(SpanContext(ids.trace, span, True, flags)), Context())


def _size(span: PlainSpan) -> int:
    """Return how many spans there are."""
    return 1 + sum(map(_size, span.below))


def _nanoseconds(seconds: float) -> int:
    """Return seconds of the wall as the SDK takes them."""
    return int(seconds * 1_000_000_000)
