"""Choose the format of a reply by its first bytes, and turn its body into pieces: deltas, pauses, actions, faults.

The content type is only a hint: n8n announces JSON and sends lines of it, a proxy may announce nothing.

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
"""

from __future__ import annotations

import re

from ivr.webhook.formats.body import (
    CHARACTERS_LOST,
    CODED_START,
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

MAX_REPLY_BODY = 8 * 1024 * 1024
"""Bytes of one reply, keepalives and repetitions included."""

_SSE_STARTS = (b"data:", b"event:")
_SSE_FIELDS = (*_SSE_STARTS, b"id:", b"retry:", b":")
_PAGE_STARTS = (b"<!doctype", b"<html", b"<head", b"<body", b"<?xml")
_DOCUMENT_LINES = (b"{", b"[", b"[{")
_BLANK_BYTES = b" \t\r\n"
_UTF8_MARK = b"\xef\xbb\xbf"
_HALF_A_CODE = re.compile(rb"[0-9a-k]:?")


class ReplyStream:
    """Read a body as it comes: `feed` its bytes, then `finish` once. However it is cut, the pieces are the same.

    Only the end of the body ends a reply, except for `[DONE]` and for a body that is over because of its fault: then
    `over` says that reading on is useless. Adjacent deltas may be cut differently.
    """

    def __init__(self, content_type: str, agent_node: str | None = None) -> None:
        kind = content_type.partition(";")[0].strip().lower()
        self.over = False
        self._kind = kind
        self._is_text = kind == "" or kind.startswith("text/")
        self._charset = Charset(content_type)
        self._records = Records(agent_node)
        self._head = bytearray()
        self._awaits_line = False
        self._length = 0
        self._format: Format | None = None

    @property
    def done(self) -> bool:
        """Return whether the reply said that it is whole (`[DONE]`)."""
        return isinstance(self._format, ServerSentEvents) and self._format.done

    def feed(self, data: bytes) -> list[Piece]:
        """Return the pieces that are complete with these bytes; none once `over`."""
        if self.over:
            return []
        self._length += len(data)
        if self._length > MAX_REPLY_BODY:
            self.over = True
            return [Failure("too_long")]
        return self._read(self._charset.feed(data))

    def finish(self) -> list[Piece]:
        """Return the pieces that only the end of the body completes. Call it once, cut off or not."""
        if self.over:
            return self._format.finish() if self._format else []
        pieces = self._read(self._charset.finish())
        if self._format is None:
            pieces += self._chosen(whole=True)
        pieces += self._format.finish() if self._format else []
        return [*pieces, CHARACTERS_LOST] if self._charset.lossy and CHARACTERS_LOST not in pieces else pieces

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
        head = body.lstrip(_BLANK_BYTES)
        if not head or (not whole and _UTF8_MARK.startswith(head)):
            return []
        chosen = self._choice(head, whole or len(head) > MAX_LINE)
        if chosen is None:
            return []
        self._format = chosen
        self._head.clear()
        return self._fed(chosen, body if isinstance(chosen, PlainText) else head)

    def _choice(self, head: bytes, whole: bool) -> Format | None:
        """Return the format that these first bytes show; None while more of them may show another."""
        start = head[: len(b"<!doctype")].lower()
        if start.startswith(_SSE_FIELDS if self._kind == "text/event-stream" else _SSE_STARTS):
            return ServerSentEvents(self._records)
        coded = CODED_START.match(head)
        if coded or start[:1] in b'{["':
            line, newline, _ = head.partition(b"\n")
            # Only the whole first line tells JSON from text that begins like it.
            self._awaits_line = not newline and not whole
            if self._awaits_line:
                return None
            line = line.strip()
            if coded:
                return CodedLines(self._records) if coded_value(line) else self._fallback()
            if line in _DOCUMENT_LINES:
                return JsonDocument(self._records)
            if self._is_text and json_value(line) is NOT_JSON:
                return PlainText(self._records)
            return JsonLines(self._records)
        # An error page is HTML whatever its status and its content type say.
        if start.startswith(_PAGE_STARTS) or (start[:1] == b"<" and self._kind == "text/html"):
            return BodyRefused("html")
        unclear = _HALF_A_CODE.fullmatch(start) or any(
            known.startswith(start) for known in (*_SSE_FIELDS, *_PAGE_STARTS)
        )
        return None if unclear and not whole else self._fallback()

    def _fallback(self) -> Format:
        if self._is_text:
            return PlainText(self._records)
        return JsonLines(self._records) if "json" in self._kind else BodyRefused("content_type")
