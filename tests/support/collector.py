"""Receive traces over OTLP and HTTP, as a collector does, for tests."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


@dataclass(frozen=True)
class ReceivedSpan:
    """Hold a span as it came over the wire."""

    name: str
    trace: str
    id: str
    parent: str
    start: float
    """Seconds since 1970."""
    end: float
    attributes: dict[str, Any]
    events: tuple[tuple[str, dict[str, Any]], ...]
    failure: str


@dataclass
class Collector:
    """Hold what was received."""

    port: int = 0
    spans: list[ReceivedSpan] = field(default_factory=list)
    resources: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    raw: bytes = b""
    status: int = 200
    """What it answers."""

    def below(self, parent: ReceivedSpan) -> list[ReceivedSpan]:
        """Return the spans below one, in order of their beginning."""
        return sorted((one for one in self.spans if one.parent == parent.id), key=lambda one: (one.start, one.end))

    def tree(self, root: ReceivedSpan) -> str:
        """Return the names of a span and all below it, such as `call(turn(stt agent))`."""
        inside = " ".join(self.tree(one) for one in self.below(root))
        return f"{root.name}({inside})" if inside else root.name


def _value(value: Any) -> Any:
    return getattr(value, value.WhichOneof("value"))


def _values(pairs: Any) -> dict[str, Any]:
    return {pair.key: _value(pair.value) for pair in pairs}


def _received(span: Any) -> ReceivedSpan:
    return ReceivedSpan(
        span.name,
        span.trace_id.hex(),
        span.span_id.hex(),
        span.parent_span_id.hex(),
        span.start_time_unix_nano / 1e9,
        span.end_time_unix_nano / 1e9,
        _values(span.attributes),
        tuple((event.name, _values(event.attributes)) for event in span.events),
        span.status.message if span.status.code == 2 else "",
    )


@contextmanager
def collecting() -> Iterator[Collector]:
    """Run a collector on loopback while the block runs."""
    collector = Collector()

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            body = gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body
            request = ExportTraceServiceRequest.FromString(body)
            if collector.status == 200:
                collector.raw += body
                collector.headers.append(dict(self.headers.items()))
                for resource in request.resource_spans:
                    collector.resources.append(_values(resource.resource.attributes))
                    collector.spans += [_received(span) for scope in resource.scope_spans for span in scope.spans]
            self.send_response(collector.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Receiver) as server:
        collector.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield collector
        finally:
            server.shutdown()
            thread.join()
