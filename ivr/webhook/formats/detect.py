"""Choose the format of a reply by its first bytes, and turn its body into pieces: deltas, pauses, actions, faults.

The content type is only a hint: n8n announces JSON and sends lines of it, a proxy may announce nothing.

    first bytes                              content type         format
    `data:` or `event:`                      any                  server-sent events
    `id: 7`, `retry: 5`, `:`, `name: x`,     any                  server-sent events, if `data:` or `event:` follows;
                                                                  of `text/event-stream` an id or a comment is enough
    `{ [ "` as JSON begins                   any                  JSON values; if the first is none: plain text for
                                                                  text/* and no type, else a fault
    `0:"`, `f:{`, first line so              any                  coded lines
    `<!doctype`, `<html`, `<?xml`            any                  refused (`html`)
    any                                      text/html            HTML
    any                                      text/*, none         plain text
    any                                      JSON                 JSON values with faults
    text without control characters          not media            plain text
    any                                      anything else        refused (`content_type`)
"""

from __future__ import annotations

import re

from ivr.webhook.formats.body import (
    CHARACTERS_LOST,
    CODED_START,
    BodyRefused,
    CodedLines,
    Format,
    JsonValues,
    PlainText,
    coded_value,
)
from ivr.webhook.formats.event_stream import ServerSentEvents
from ivr.webhook.formats.html_text import HtmlText
from ivr.webhook.formats.json_values import MAX_VALUE
from ivr.webhook.formats.parts import Failure, Piece
from ivr.webhook.formats.records import Records
from ivr.webhook.http.charset import Charset

MAX_REPLY_BODY = 8 * 1024 * 1024
"""Bytes of one reply, keepalives and repetitions included."""

_PAGE_STARTS = (b"<!doctype", b"<html", b"<head", b"<body", b"<?xml")
_JSON_START = re.compile(rb"""["\x1e]|\{\s*(?:["'}]|\r?\n)|\[\s*(?:[\[{"'\]]|(?:-?\d[\d.]*|true|false|null)\s*[,\]])""")
_HALF_A_JSON_START = re.compile(rb"[{\[]\s*(?:-?[\d.]*|t|tr|tru|true|f|fa|fal|fals|false|n|nu|nul|null)\s*")
_LINE_ENDS = re.compile(rb"\r\n|\n|\r")
_FIELD = re.compile(rb":(?![)(DP-]).*|id: ?\S{0,80}|retry: ?\d{1,9}|[a-z][a-z_-]{0,19}: ?\S{0,40}")
_ANY_FIELD = re.compile(rb":.*|[a-z][a-z_-]{0,19}:.*")
_FIELD_OF_JSON = re.compile(rb"[a-z][a-z_-]{0,19}: ?\{\s*\"")
_FIELD_START = re.compile(rb":|[a-z][a-z_-]{0,19}(?:: ?(?:\{\s*|\S{0,40}))?\Z")
"""How a line begins that may be a field of an event: `id: 7`, `retry: 3000`, `message: stream`, a comment."""
_LONGEST_PREAMBLE = 1024
"""Bytes before the first `data:` or `event:`."""
_NO_TEXT = ("image/", "audio/", "video/", "font/")
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1f\x7f]")
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
            if self._awaits_line and b"\n" not in data and len(self._head) <= MAX_VALUE:
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
            # Blanks without end are not looked at again and again.
            del self._head[_LONGEST_PREAMBLE:]
            return []
        chosen = self._choice(head, whole or len(head) > MAX_VALUE)
        if chosen is None:
            return []
        self._format = chosen
        self._head.clear()
        return self._fed(chosen, body if isinstance(chosen, PlainText) else head)

    def _choice(self, head: bytes, whole: bool) -> Format | None:
        """Return the format that these first bytes show; None while more of them may show another."""
        start = head[: len(b"<!doctype")].lower()
        if head[:1] in (b"{", b"[", b'"', b"\x1e"):
            if not self._is_text or _JSON_START.match(head):
                return JsonValues(self._records, or_text=self._is_text)
            return None if not whole and _HALF_A_JSON_START.fullmatch(head) else self._fallback(head)
        if CODED_START.match(head):
            line, newline, _ = head.partition(b"\n")
            # Only the whole first line tells codes from text that begins like them.
            self._awaits_line = not newline and not whole
            if self._awaits_line:
                return None
            return CodedLines(self._records) if coded_value(line.strip()) else self._fallback(head)
        if (events := self._begins_events(head, whole)) is not False:
            return ServerSentEvents(self._records) if events else None
        # An error page is HTML whatever its status and its content type say.
        if start.startswith(_PAGE_STARTS):
            return BodyRefused("html")
        unclear = _HALF_A_CODE.fullmatch(start) or any(known.startswith(start) for known in _PAGE_STARTS)
        return None if unclear and not whole else self._fallback(head)

    def _begins_events(self, head: bytes, whole: bool) -> bool | None:
        """Return whether the body is a stream of events; None while more of it is needed."""
        strict = self._kind != "text/event-stream"
        lines = _LINE_ENDS.split(head[:_LONGEST_PREAMBLE])
        for line, is_last in zip(lines, [False] * (len(lines) - 1) + [True], strict=True):
            complete = whole or not is_last or len(head) > _LONGEST_PREAMBLE
            if line.startswith((b"data:", b"event:")) or _FIELD_OF_JSON.match(line):
                return True
            if not complete:
                # Words come at once unless they begin like a field.
                begins = any(field.startswith(line) for field in (b"data:", b"event:")) or _FIELD_START.match(line)
                return None if (line == b"" and len(lines) > 1) or begins else False
            if line and not (_FIELD if strict else _ANY_FIELD).fullmatch(line):
                return False
        # There is nothing but ids, comments and unknown fields.
        return not strict and any(line.startswith((b":", b"id:", b"retry:")) for line in lines)

    def _fallback(self, head: bytes) -> Format:
        if self._kind == "text/html":
            return HtmlText(self._records)
        if self._is_text:
            return PlainText(self._records)
        if "json" in self._kind:
            return JsonValues(self._records, or_text=False)
        # Text that was not announced as text is text all the same.
        is_text = not self._kind.startswith(_NO_TEXT) and not _CONTROL.search(head)
        return PlainText(self._records) if is_text else BodyRefused("content_type")
