"""Bytes of a reply's body -> pieces, one class per format. Chunk, line and character boundaries are unrelated.

Lines end at `\\n` and nowhere else (U+2028 and U+0085 are text); what follows the last `\\n` is a line too. A line has
a bounded length: a peer that sends more of one has left its format, and its reply is over.
"""

from __future__ import annotations

import codecs
import re
from abc import ABC, abstractmethod
from typing import Any, Final, Protocol

from ivr.webhook.formats.parts import Failure, Piece
from ivr.webhook.formats.records import Records
from ivr.webhook.formats.reply_text import NOT_JSON, json_text

MAX_LINE = 256 * 1024
"""Bytes of one line, of one event and of a JSON answer that spans lines."""

LOST: Final = Failure("charset")
"""Characters of the body could not be read; the others are."""
CODED: Final = re.compile(rb"[0-9a-k]:[\"{\[]")
"""How a line of `CodedLines` begins."""


class Format(Protocol):
    """One way to write a reply. `over` once nothing more of it is worth reading."""

    over: bool

    def feed(self, data: bytes) -> list[Piece]:
        """The pieces that are complete with these bytes."""

    def finish(self) -> list[Piece]:
        """The pieces that only the end of the body completes. Once."""


class Lines:
    """Cuts bytes at `\\n`; `over` once a line exceeds its limit."""

    def __init__(self) -> None:
        self.over = False
        self._tail = bytearray()

    def feed(self, data: bytes) -> list[bytes]:
        """The lines completed, without their `\\n`."""
        parts = data.split(b"\n")
        if len(parts) > 1 and self._tail:
            parts[0] = bytes(self._tail) + parts[0]
            self._tail.clear()
        self._tail += parts.pop()
        self.over = len(self._tail) > MAX_LINE or any(len(line) > MAX_LINE for line in parts)
        return parts

    def finish(self) -> bytes:
        """The last line, which nobody ended."""
        return bytes(self._tail)


class LineByLine(ABC):
    """A format in which every line stands for itself; blank ones and those that are too long say nothing."""

    def __init__(self, records: Records) -> None:
        self.over = False
        self._lines = Lines()
        self._records = records

    @abstractmethod
    def _value(self, line: bytes) -> list[Piece]:
        """The pieces of one line."""

    def feed(self, data: bytes) -> list[Piece]:
        """See `Format`."""
        pieces = [piece for line in self._lines.feed(data) for piece in self._line(line)]
        if self._lines.over:
            pieces.append(Failure("too_long"))
        self.over = self._lines.over or self._records.over
        return pieces

    def finish(self) -> list[Piece]:
        """See `Format`."""
        return self._line(self._lines.finish()) + self._records.finish()

    def _line(self, line: bytes) -> list[Piece]:
        return [] if len(line) > MAX_LINE or not line.strip() else self._value(line)


class JsonLines(LineByLine):
    """One JSON value a line: n8n, and every single-line JSON answer."""

    def _value(self, line: bytes) -> list[Piece]:
        value = json_value(line)
        return [Failure("bad_line")] if value is NOT_JSON else self._records.take(value)


class JsonDocument:
    """One JSON answer written over several lines."""

    def __init__(self, records: Records) -> None:
        self.over = False
        self._body = bytearray()
        self._records = records

    def feed(self, data: bytes) -> list[Piece]:
        """See `Format`."""
        self._body += data
        self.over = len(self._body) > MAX_LINE
        return [Failure("too_long")] if self.over else []

    def finish(self) -> list[Piece]:
        """See `Format`."""
        if self.over:
            return []
        value = json_value(bytes(self._body))
        return [Failure("not_json")] if value is NOT_JSON else self._records.take(value) + self._records.finish()


class ServerSentEvents:
    """`data:` lines; an event ends at an empty line, the reply at `[DONE]` or with the body."""

    def __init__(self, records: Records) -> None:
        self.over = False
        self.done = False
        """`[DONE]` has come."""
        self._lines = Lines()
        self._records = records
        self._event = ""
        self._data: list[str] = []
        self._length = 0

    def feed(self, data: bytes) -> list[Piece]:
        """See `Format`."""
        pieces: list[Piece] = []
        for line in self._lines.feed(data):
            if self.over:
                return pieces
            pieces += self._line(line.decode("utf-8", "replace").removesuffix("\r"))
        if self._lines.over or self._length > MAX_LINE:
            self.over = True
            pieces.append(Failure("too_long"))
        self.over = self.over or self._records.over
        return pieces

    def finish(self) -> list[Piece]:
        """See `Format`."""
        pieces: list[Piece] = []
        if not self.over:
            pieces = self._line(self._lines.finish().decode("utf-8", "replace").removesuffix("\r")) + self._dispatched()
        return pieces + self._records.finish()

    def _line(self, line: str) -> list[Piece]:
        if not line:
            return self._dispatched()
        field, _, value = line.partition(":")
        if field == "event":
            self._event = value.strip()
        elif field == "data":
            self._data.append(value.removeprefix(" "))
            self._length += len(line) + 1
        elif field not in ("", "id", "retry"):
            self._records.unread(line)
        return []

    def _dispatched(self) -> list[Piece]:
        text, event = "\n".join(self._data), self._event
        self._data, self._length, self._event = [], 0, ""
        if text.strip() == "[DONE]":
            self.over = self.done = True
            return []
        return self._value(text, event)

    def _value(self, text: str, event: str) -> list[Piece]:
        """JSON where it is JSON, else a token as it stands: `7826` is a word here, `null` is not."""
        value = json_text(text)
        if isinstance(value, dict | list | str) or value is None:
            return self._records.take(value, event)
        if value is NOT_JSON and text.lstrip().startswith('{"'):
            return [Failure("bad_line")]
        return self._records.say(text, event)


_PARTS: Final = {"0": "text", "3": "error", "9": "tool", "b": "tool"}


class CodedLines(LineByLine):
    """A code, `:` and a JSON value a line: the data streams of Vercel's AI SDK before version 5.

    The codes (ai-sdk.dev/v4/docs/ai-sdk-ui/stream-protocol): `0` words, `2` data of the agent's own, `3` an error, `9`
    and `b` the call of a tool. The others are of no use to a caller: thoughts, results, sources, steps, figures.
    """

    def _value(self, line: bytes) -> list[Piece]:
        coded = coded_value(line)
        if coded is None:
            return [Failure("bad_line")]
        code, value = coded
        if code == "2" and isinstance(value, list):
            return [piece for part in value if isinstance(part, dict) for piece in self._own(part)]
        return self._records.take({"type": _PARTS[code], "text": value}) if code in _PARTS else []

    def _own(self, part: dict[str, Any]) -> list[Piece]:
        """What the agent added: not words, but perhaps what is to come after them."""
        return self._records.take({"type": "custom", "data": part})


class PlainText:
    """UTF-8 text; broken bytes are left out, with a fault at the end."""

    def __init__(self, records: Records) -> None:
        self.over = False
        self._lossy = False
        self._records = records
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def feed(self, data: bytes) -> list[Piece]:
        """See `Format`."""
        pieces = self._said(self._decoder.decode(data))
        self.over = self._records.over
        return pieces

    def finish(self) -> list[Piece]:
        """See `Format`."""
        pieces = self._said(self._decoder.decode(b"", final=True)) + self._records.finish()
        return [*pieces, LOST] if self._lossy else pieces

    def _said(self, text: str) -> list[Piece]:
        self._lossy = self._lossy or "\ufffd" in text
        return self._records.say(text)


class BodyRefused:
    """Nothing in this body is to be said."""

    def __init__(self, reason: str) -> None:
        self.over = False
        self._reason = reason

    def feed(self, data: bytes) -> list[Piece]:
        """See `Format`."""
        self.over = True
        return [Failure(self._reason)]

    def finish(self) -> list[Piece]:
        """See `Format`."""
        return []


def json_value(line: bytes) -> Any:
    """The JSON value of a line. Broken UTF-8 inside a string costs a character, not the line."""
    return json_text(line.decode("utf-8", "replace"))


def coded_value(line: bytes) -> tuple[str, Any] | None:
    """The code and the value of a line of `CodedLines`; None if it is not one."""
    if not CODED.match(line):
        return None
    value = json_value(line[2:])
    return None if value is NOT_JSON else (line[:1].decode(), value)
