"""The streamed reply of the agent, in whatever format it comes, as pieces: deltas, pauses, closing, faults.

The content type is a hint and the first bytes are the witness: n8n announces JSON and sends lines of it, a proxy may
announce nothing, an error page says HTML whatever the status. The format is chosen once:

    first bytes                     content type         format
    `data:` or `event:`             any                  server-sent events
    `id:`, `retry:` or `:`          text/event-stream    server-sent events
    `{ [ "`, first line is JSON     any                  JSON lines
    `{`, `[` or `[{` alone          any                  one JSON document
    `{ [ "`, not JSON               text/*, none         plain text, else JSON lines with faults
    `0:"`, `f:{`, first line so     any                  coded lines
    `<!doctype`, `<html`, `<?xml`   any                  refused (`html`)
    `<`                             text/html            refused (`html`)
    any                             text/*, none         plain text
    any                             JSON                 JSON lines with faults
    any                             anything else        refused (`content_type`)

However the bytes are cut, the pieces are the same (adjacent deltas may be cut differently). Only the end of the body
ends a reply, except for `[DONE]` and for a body that is over because of its fault: then `over` says that reading on
is useless.
"""

from __future__ import annotations

import re

from ivr.webhook.formats.body import (
    CODED,
    LOST,
    MAX_LINE,
    BodyRefused,
    CodedLines,
    Format,
    JsonDocument,
    JsonLines,
    PlainText,
    ServerSentEvents,
    coded_value,
    json_value,
)
from ivr.webhook.formats.parts import Failure, Piece
from ivr.webhook.formats.records import Records
from ivr.webhook.formats.reply_text import NOT_JSON
from ivr.webhook.http.charset import Charset

MAX_BODY = 8 * 1024 * 1024
"""Bytes of one reply, keepalives and repetitions included."""

_SSE_STARTS = (b"data:", b"event:")
_SSE_FIELDS = (*_SSE_STARTS, b"id:", b"retry:", b":")
_PAGE_STARTS = (b"<!doctype", b"<html", b"<head", b"<body", b"<?xml")
_DOCUMENT_LINES = (b"{", b"[", b"[{")
_BLANK = b" \t\r\n"
_UTF8_MARK = b"\xef\xbb\xbf"
_HALF_A_CODE = re.compile(rb"[0-9a-k]:?")


def _undecided(head: bytes) -> bool:
    """Whether more bytes may make this the start of another format."""
    return bool(_HALF_A_CODE.fullmatch(head)) or any(start.startswith(head) for start in (*_SSE_FIELDS, *_PAGE_STARTS))


class ReplyStream:
    """Feed it the body as it comes, then `finish()` once: every piece of the reply, in order."""

    def __init__(self, content_type: str, agent_node: str | None = None) -> None:
        kind = content_type.partition(";")[0].strip().lower()
        self.over = False
        self._kind = kind
        self._worded = kind == "" or kind.startswith("text/")
        self._charset = Charset(content_type)
        self._records = Records(agent_node)
        self._head = bytearray()
        self._awaits_line = False
        self._length = 0
        self._format: Format | None = None

    @property
    def done(self) -> bool:
        """The reply said that it is whole (`[DONE]`)."""
        return isinstance(self._format, ServerSentEvents) and self._format.done

    def feed(self, data: bytes) -> list[Piece]:
        """The pieces that are complete with these bytes; none once `over`."""
        if self.over:
            return []
        self._length += len(data)
        if self._length > MAX_BODY:
            self.over = True
            return [Failure("too_long")]
        return self._read(self._charset.feed(data))

    def finish(self) -> list[Piece]:
        """The pieces that only the end of the body completes. Call it once, cut off or not."""
        if self.over:
            return self._format.finish() if self._format else []
        pieces = self._read(self._charset.finish())
        if self._format is None:
            pieces += self._chosen(whole=True)
        pieces += self._format.finish() if self._format else []
        return [*pieces, LOST] if self._charset.lossy and LOST not in pieces else pieces

    def _read(self, data: bytes) -> list[Piece]:
        if self._format is None:
            self._head += data
            if self._awaits_line and b"\n" not in data and len(self._head) <= MAX_LINE:
                return []
            return self._chosen(whole=False)
        return self._fed(self._format, data)

    def _fed(self, chosen: Format, data: bytes) -> list[Piece]:
        pieces = chosen.feed(data)
        self.over = chosen.over
        return pieces

    def _chosen(self, *, whole: bool) -> list[Piece]:
        body = bytes(self._head).removeprefix(_UTF8_MARK)
        head = body.lstrip(_BLANK)
        if not head or (not whole and _UTF8_MARK.startswith(head)):
            return []
        chosen = self._choice(head, whole or len(head) > MAX_LINE)
        if chosen is None:
            return []
        self._format = chosen
        self._head.clear()
        return self._fed(chosen, body if isinstance(chosen, PlainText) else head)

    def _choice(self, head: bytes, whole: bool) -> Format | None:
        """The format these first bytes show; None while more of them may show another."""
        start = head[: len(b"<!doctype")].lower()
        first = start[:1]
        if start.startswith(_SSE_FIELDS if self._kind == "text/event-stream" else _SSE_STARTS):
            return ServerSentEvents(self._records)
        if first in b'{["':
            return self._json(head, whole)
        if start.startswith(_PAGE_STARTS) or (first == b"<" and self._kind == "text/html"):
            return BodyRefused("html")
        if not whole and _undecided(start):
            return None
        if CODED.match(head):
            return self._coded(head, whole)
        return self._fallback()

    def _coded(self, head: bytes, whole: bool) -> Format | None:
        line = self._first_line(head, whole)
        if line is None:
            return None
        return CodedLines(self._records) if coded_value(line) else self._fallback()

    def _json(self, head: bytes, whole: bool) -> Format | None:
        line = self._first_line(head, whole)
        if line is None:
            return None
        if line in _DOCUMENT_LINES:
            return JsonDocument(self._records)
        if self._worded and json_value(line) is NOT_JSON:
            return PlainText(self._records)
        return JsonLines(self._records)

    def _first_line(self, head: bytes, whole: bool) -> bytes | None:
        """The first line; None while it is not complete."""
        line, newline, _ = head.partition(b"\n")
        self._awaits_line = not newline and not whole
        return None if self._awaits_line else line.strip()

    def _fallback(self) -> Format:
        if self._worded:
            return PlainText(self._records)
        return JsonLines(self._records) if "json" in self._kind else BodyRefused("content_type")
