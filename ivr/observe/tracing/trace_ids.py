"""Decide the ids of a call's trace from one random seed: the agent is told them before there is a span.

https://www.w3.org/TR/trace-context/
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

SEED_BYTES: Final = 16
_TRACE_BYTES: Final = 16
_SPAN_BYTES: Final = 8


@dataclass(frozen=True, slots=True)
class TraceIds:
    """Hold what all ids of a call follow from."""

    seed: bytes
    """`SEED_BYTES` of chance."""
    sampled: bool = True
    """Its spans are exported."""

    @property
    def trace(self) -> int:
        """Return the id of the trace."""
        return self._number(b"trace", _TRACE_BYTES)

    @property
    def call(self) -> int:
        """Return the id of the call's span."""
        return self._number(b"call", _SPAN_BYTES)

    def agent(self, stream: int, turn: int) -> int:
        """Return the id of the span in which the agent answers a turn of a stream of the call."""
        return self._number(f"agent {stream} {turn}".encode(), _SPAN_BYTES)

    def traceparent(self, stream: int, turn: int) -> str:
        """Return the header that makes the agent's own spans children of that one."""
        return f"00-{self.trace:032x}-{self.agent(stream, turn):016x}-{self.sampled:02x}"

    def _number(self, what: bytes, size: int) -> int:
        """Return an id, which is never 0: that would be none."""
        return int.from_bytes(hashlib.blake2b(what, key=self.seed, digest_size=size).digest(), "big") or 1
