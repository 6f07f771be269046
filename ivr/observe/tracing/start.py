"""Begin to trace calls, where the operator names a collector. Only then OpenTelemetry is loaded."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from typing import Final

from ivr.observe.tracing.call_tracer import CallTracer

MISSING: Final = (
    "OTEL_EXPORTER_OTLP_ENDPOINT is set without OpenTelemetry: install the bridge with its extra otel"
    " (pip install 'ivr-bridge[otel]'), or leave the setting out"
)


def call_tracer(node: str, count: Callable[[str, int], None]) -> CallTracer:
    """Return what traces the calls of a process. `count` hears what became of spans, from any thread.

    Raises ValueError, one line, when no trace can be sent.
    """
    try:
        from ivr.observe.tracing.otlp import OtlpSink
    except ImportError:
        raise ValueError(MISSING) from None
    return CallTracer(OtlpSink(count, instance=node), secrets.token_bytes, lambda now: time.time() - now, node)
