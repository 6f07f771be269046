"""Describe one payload, and write the bytes of the usual wires."""

from __future__ import annotations

import json
from dataclasses import dataclass

JSON = "application/json; charset=utf-8"
NDJSON = "application/x-ndjson"
SSE = "text/event-stream"
TEXT = "text/plain; charset=utf-8"
HTML = "text/html; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Case:
    """Name a body and what it comes to."""

    name: str
    body: bytes
    said: str
    """What is spoken, whitespace apart."""
    content_type: str = JSON
    end: str = "ended"
    """`ended`, `closing`, `transfer`, `transfer` and a number, or the reason of a named fault."""
    encoding: str = ""
    """The `Content-Encoding`."""


def js(value: object, **options: int) -> bytes:
    """One JSON value."""
    return json.dumps(value, ensure_ascii=False, **options).encode()  # type: ignore[arg-type]


def lines(*values: object) -> bytes:
    """One JSON value a line."""
    return b"".join(js(value) + b"\n" for value in values)


def sse(*values: object, end: bytes = b"\n") -> bytes:
    """One `data:` event a value; a string goes as it stands."""
    return b"".join(
        b"data: " + (value.encode() if isinstance(value, str) else js(value)) + end + end for value in values
    )


def named(*events: tuple[str, object]) -> bytes:
    """One event a value, with its name."""
    return b"".join(b"event: " + name.encode() + b"\ndata: " + js(value) + b"\n\n" for name, value in events)
