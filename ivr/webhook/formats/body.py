"""Read the bytes of a reply's body, one class per format. Chunk, line and character boundaries are unrelated."""

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

CHARACTERS_LOST: Final = Failure("charset")
"""Characters of the body could not be read; the others are."""
CODED_START: Final = re.compile(rb"[0-9a-k]:[\"{\[]")
"""How a line of `CodedLines` begins."""


class Format(Protocol):
    """Read one way to write a reply. `over` once nothing more of it is worth reading."""

    over: bool

    def feed(self, data: bytes) -> list[Piece]:
        """Return the pieces that are complete with these bytes."""

    def finish(self) -> list[Piece]:
        """Return the pieces that only the end of the body completes. Call it once."""


class Lines:
    """Cut bytes at `\\n`. `over` once a line exceeds its limit."""

    def __init__(self) -> None:
        self.over = False
        self._tail = bytearray()

    def feed(self, data: bytes) -> list[bytes]:
        """Return the lines completed, without their `\\n`."""
        # Lines end at `\n` and nowhere else: U+2028 and U+0085 are text.
        parts = data.split(b"\n")
        if len(parts) > 1 and self._tail:
            parts[0] = bytes(self._tail) + parts[0]
            self._tail.clear()
        self._tail += parts.pop()
        # An agent that sends a longer line has left its format.
        self.over = len(self._tail) > MAX_LINE or any(len(line) > MAX_LINE for line in parts)
        return parts

    def finish(self) -> bytes:
        """Return the last line, which has no `\\n`."""
        return bytes(self._tail)


class LineByLine(ABC):
    """Read a format in which every line stands for itself. Blank and too long lines say nothing."""

    def __init__(self, records: Records) -> None:
        self.over = False
        self._lines = Lines()
        self._records = records

    @abstractmethod
    def _value(self, line: bytes) -> list[Piece]:
        """Return the pieces of one line."""

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
    """Read one JSON value a line: n8n, and every single-line JSON answer."""

    def _value(self, line: bytes) -> list[Piece]:
        value = json_value(line)
        return [Failure("bad_line")] if value is NOT_JSON else self._records.take(value)


class JsonDocument:
    """Read one JSON answer that is written over several lines."""

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
    """Read server-sent events: an event ends at an empty line, the reply at `[DONE]` or with the body."""

    def __init__(self, records: Records) -> None:
        self.over = False
        self.done = False
        """Whether `[DONE]` has come."""
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
            # Bare lines among events are in no format.
            self._records.note_unread(line)
        return []

    def _dispatched(self) -> list[Piece]:
        """Return the pieces of the event that is complete."""
        text, event = "\n".join(self._data), self._event
        self._data, self._length, self._event = [], 0, ""
        if text.strip() == "[DONE]":
            self.over = self.done = True
            return []
        value = json_text(text)
        # What is no JSON is a token as it stands: `7826` is a word here, `null` is not.
        if isinstance(value, dict | list | str) or value is None:
            return self._records.take(value, event)
        if value is NOT_JSON and text.lstrip().startswith('{"'):
            return [Failure("bad_line")]
        return self._records.literal(text, event)


_TYPES_BY_CODE: Final = {"0": "text", "3": "error", "9": "tool", "b": "tool"}
"""The codes for words, an error and the call of a tool: ai-sdk.dev/v4/docs/ai-sdk-ui/stream-protocol."""


class CodedLines(LineByLine):
    """Read a code, `:` and a JSON value a line: the data streams of Vercel's AI SDK before version 5."""

    def _value(self, line: bytes) -> list[Piece]:
        coded = coded_value(line)
        if coded is None:
            return [Failure("bad_line")]
        code, value = coded
        # Code 2 is data that the agent added: never words, but it may ask for something.
        if code == "2" and isinstance(value, list):
            parts = [{"type": "custom", "data": part} for part in value if isinstance(part, dict)]
            return [piece for part in parts for piece in self._records.take(part)]
        # Other codes carry nothing to speak: thoughts, results, sources, steps, figures.
        kind = _TYPES_BY_CODE.get(code)
        return self._records.take({"type": kind, "text": value}) if kind else []


class PlainText:
    """Read UTF-8 text. Broken bytes are left out, with a fault at the end."""

    def __init__(self, records: Records) -> None:
        self.over = False
        self._lossy = False
        self._records = records
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def feed(self, data: bytes) -> list[Piece]:
        """See `Format`."""
        pieces = self._words(self._decoder.decode(data))
        self.over = self._records.over
        return pieces

    def finish(self) -> list[Piece]:
        """See `Format`."""
        pieces = self._words(self._decoder.decode(b"", final=True)) + self._records.finish()
        return [*pieces, CHARACTERS_LOST] if self._lossy else pieces

    def _words(self, text: str) -> list[Piece]:
        self._lossy = self._lossy or "\ufffd" in text
        return self._records.literal(text)


class BodyRefused:
    """Refuse a body in which nothing is to be spoken."""

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
    """Return the JSON value of a line, or `NOT_JSON`."""
    # Broken UTF-8 inside a string costs a character, not the line.
    return json_text(line.decode("utf-8", "replace"))


def coded_value(line: bytes) -> tuple[str, Any] | None:
    """Return the code and the value of a line of `CodedLines`; None if it is not one."""
    if not CODED_START.match(line):
        return None
    value = json_value(line[2:])
    return None if value is NOT_JSON else (line[:1].decode(), value)
