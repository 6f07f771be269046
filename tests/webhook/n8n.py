"""Lines of an n8n stream, and pieces made comparable."""

from __future__ import annotations

import json
from collections.abc import Iterable

from ivr.webhook.formats.detect import ReplyStream
from ivr.webhook.formats.parts import Delta, Piece

JSON = "application/json; charset=utf-8"
SSE = "text/event-stream"
TEXT = "text/plain; charset=utf-8"


def line(kind: str, content: object = None, node: str = "Voice Agent", index: int = 0) -> bytes:
    """One record; `content` None: without the key."""
    record: dict[str, object] = {"type": kind}
    if content is not None:
        record["content"] = content
    record["metadata"] = {"nodeId": node, "nodeName": node, "itemIndex": index, "runIndex": 0, "timestamp": 1}
    return json.dumps(record, ensure_ascii=False).encode() + b"\n"


def run(*tokens: str, node: str = "Voice Agent", index: int = 0) -> bytes:
    """`begin`, items, `end`."""
    items = b"".join(line("item", token, node, index) for token in tokens)
    return line("begin", None, node, index) + items + line("end", None, node, index)


def respond(**answer: object) -> bytes:
    """The Respond-to-Webhook node's three lines."""
    return run(json.dumps(answer, ensure_ascii=False), node="Respond to Webhook")


def merged(pieces: Iterable[Piece]) -> list[Piece]:
    """The pieces with adjacent deltas joined: what no cut may change."""
    joined: list[Piece] = []
    for piece in pieces:
        if isinstance(piece, Delta) and joined and isinstance(joined[-1], Delta):
            joined[-1] = Delta(joined[-1].text + piece.text)
        else:
            joined.append(piece)
    return joined


def read(body: bytes | Iterable[bytes], content_type: str = JSON, agent_node: str | None = None) -> list[Piece]:
    """The whole body's pieces, merged."""
    stream = ReplyStream(content_type, agent_node)
    parts = [body] if isinstance(body, bytes) else body
    pieces = [piece for part in parts for piece in stream.feed(part)]
    return merged(pieces + stream.finish())
