"""Count what the clients of the mock Hamsa do. Memory is bounded for any number of requests."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias

RequestOutcome: TypeAlias = Literal["running", "done", "refused", "error", "aborted", "lost"]
"""`aborted`: the client left before the end. `lost`: the mock broke off, or never answers."""

MAX_RECORDS: Final = 1_000
"""Requests, violations and sockets kept in detail."""
MAX_SHOWN_REQUESTS: Final = 50
"""Requests listed in the statistics."""


@dataclass(slots=True)
class RequestRecord:
    """Hold what happened to one request."""

    number: int
    """Number of the request of its kind, from 1."""
    kind: Literal["tts", "stt"]
    socket: int
    """Number of the socket; 0: over REST."""
    on_socket: int
    """Number of the request on the socket, of both kinds together."""
    asked_at: float
    text: str = ""
    """Text to say, or the transcript in the answer. Not part of the statistics."""
    form: str = ""
    """Audio format asked for (tts), or Hz and channels sent (stt)."""
    language: str = ""
    """What it is asked for in, as the request says."""
    speaker: str = ""
    """Of TTS."""
    seconds: float = 0.0
    """Length of the audio: of the reply (tts) or of the request (stt)."""
    first_at: float | None = None
    """When the first audio, or the transcript, was sent."""
    ended_at: float | None = None
    frames: int = 0
    bytes_out: int = 0
    fault: str = ""
    """Fault of the rule that was applied; empty: none."""
    outcome: RequestOutcome = "running"

    def shown(self) -> dict[str, Any]:
        """Return the record as JSON, without speech."""
        names = ("number", "kind", "socket", "on_socket", "form", "frames", "bytes_out", "fault", "outcome")
        exact = {name: getattr(self, name) for name in ("asked_at", "first_at", "ended_at", "seconds")}
        times = {name: None if value is None else round(value, 4) for name, value in exact.items()}
        return {name: getattr(self, name) for name in names} | times | {"chars": len(self.text)}


@dataclass(frozen=True, slots=True)
class Violation:
    """Hold one thing that a client must not do."""

    at: float
    socket: int
    name: str


@dataclass(slots=True)
class MockStats:
    """Count for one mock."""

    connects: int = 0
    refused: int = 0
    """Connects that were refused."""
    open_sockets: int = 0
    most_sockets: int = 0
    in_flight: int = 0
    most_in_flight: int = 0
    requests: Counter[str] = field(default_factory=Counter)
    """Requests by kind: `tts`, `stt`, `rest`."""
    sockets_used: Counter[str] = field(default_factory=Counter)
    """Sockets that had a request of this kind: `tts`, `stt`."""
    reused: Counter[str] = field(default_factory=Counter)
    """Requests on a socket that had served a request before, by kind."""
    outcomes: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    violations: Counter[str] = field(default_factory=Counter)
    bytes_out: int = 0
    bytes_in: int = 0
    records: deque[RequestRecord] = field(default_factory=lambda: deque(maxlen=MAX_RECORDS))
    details: deque[Violation] = field(default_factory=lambda: deque(maxlen=MAX_RECORDS))
    per_socket: deque[int] = field(default_factory=lambda: deque(maxlen=MAX_RECORDS))
    """Requests of each socket that is closed."""
    connected_at: deque[float] = field(default_factory=lambda: deque(maxlen=MAX_RECORDS))

    def connected(self, now: float) -> int:
        """Count a connect. Return the number of the socket."""
        self.connects += 1
        self.connected_at.append(now)
        return self.connects

    def opened(self) -> None:
        """Count a socket that is open."""
        self.open_sockets += 1
        self.most_sockets = max(self.most_sockets, self.open_sockets)

    def closed(self, requests: int) -> None:
        """Count an open socket that is gone."""
        self.open_sockets -= 1
        self.per_socket.append(requests)

    def began(self, record: RequestRecord) -> None:
        """Count a request that was accepted."""
        self.records.append(record)
        self.requests[record.kind] += 1
        self.requests["rest"] += record.socket == 0
        self.reused[record.kind] += record.on_socket > 1
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)

    def sent(self, record: RequestRecord, frame: str | bytes, now: float, *, content: bool) -> None:
        """Count a frame of the reply. `content`: it is audio or transcript."""
        size = len(frame) if isinstance(frame, bytes) else len(frame.encode())
        self.bytes_out += size
        if content:
            record.first_at = now if record.first_at is None else record.first_at
            record.frames += 1
            record.bytes_out += size

    def ended(self, record: RequestRecord, outcome: RequestOutcome, now: float) -> None:
        """Count a request that is over."""
        record.outcome, record.ended_at = outcome, now
        self.outcomes[outcome] += 1
        self.in_flight -= 1

    def violated(self, name: str, socket: int, now: float) -> None:
        """Count what a client must not do."""
        self.violations[name] += 1
        self.details.append(Violation(now, socket, name))

    def as_json(self) -> dict[str, Any]:
        """Return everything as JSON, without speech."""
        counts = ("connects", "refused", "open_sockets", "most_sockets", "in_flight", "most_in_flight")
        tables = ("requests", "sockets_used", "reused", "outcomes", "faults", "violations")
        return {
            **{name: getattr(self, name) for name in (*counts, "bytes_in", "bytes_out")},
            **{name: {key: count for key, count in getattr(self, name).items() if count} for name in tables},
            "per_socket": list(self.per_socket)[-MAX_SHOWN_REQUESTS:],
            "recent": [record.shown() for record in list(self.records)[-MAX_SHOWN_REQUESTS:]],
        }
