"""Read the bytes of a reply's body, one class per format. Chunk, line and character boundaries are unrelated."""

from __future__ import annotations

import codecs
import re
from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any, Final, Protocol

from ivr.webhook.formats.json_values import (
    MAX_VALUE,
    NOT_JSON,
    BrokenValue,
    Item,
    JsonValue,
    StrayText,
    ValueScanner,
    json_text,
)
from ivr.webhook.formats.parts import Failure, Piece
from ivr.webhook.formats.records import Records
from ivr.webhook.formats.reply_text import END_MARKS

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
        self.over = len(self._tail) > MAX_VALUE or any(len(line) > MAX_VALUE for line in parts)
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
        pieces: list[Piece] = []
        for line in self._lines.feed(data):
            pieces += self._records.count() + self._line(line)
        if self._lines.over:
            pieces.append(Failure("too_long"))
        self.over = self._lines.over or self._records.over
        return pieces

    def finish(self) -> list[Piece]:
        """See `Format`."""
        return self._line(self._lines.finish()) + self._records.finish()

    def _line(self, line: bytes) -> list[Piece]:
        return [] if len(line) > MAX_VALUE or not line.strip() else self._value(line)


class JsonValues:
    """Read JSON values in any layout: n8n's lines, one document over lines, glued records, the elements of a list."""

    def __init__(self, records: Records, *, or_text: bool) -> None:
        """Take `or_text`: a body that turns out to be no JSON is plain text."""
        self.over = False
        self._records = records
        self._or_text = or_text
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        # Objects that said nothing are followed by the words that they announce; a stray line among records is junk.
        self._scanner = ValueScanner(lambda objects: or_text or (objects and not records.audible))
        self._objects = False
        self._first: JsonValue | None = None

    def feed(self, data: bytes) -> list[Piece]:
        """See `Format`."""
        return self._read(self._scanner.feed(self._decoder.decode(data)))

    def finish(self) -> list[Piece]:
        """See `Format`."""
        if self.over:
            return []
        pieces = self._read(self._scanner.feed(self._decoder.decode(b"", final=True)))
        pieces += self._read(self._scanner.finish())
        return pieces + self._taken() + self._records.finish()

    def _read(self, items: Iterable[Item]) -> list[Piece]:
        pieces: list[Piece] = []
        for item in items:
            pieces += self._records.count()
            # Behind the first object, nearly every item is the next one.
            if self._objects and self._first is None and isinstance(item, JsonValue):
                pieces += self._value(item)
            elif isinstance(item, StrayText):
                begun = self._first.raw if self._first and item.same_line else ""
                self._first = None if begun else self._first
                pieces += self._taken() + self._stray(begun + item.text)
            elif isinstance(item, BrokenValue):
                pieces += self._taken() + self._broken(item)
            # `"Yes" is what I heard.` begins like a string.
            elif self._or_text and not self._objects and item.place < 0 and not isinstance(item.value, dict):
                pieces += self._taken()
                self._first = item
            else:
                pieces += self._taken() + self._value(item)
            if self._records.over:
                break
        if self._scanner.over:
            pieces.append(Failure("too_long"))
        self.over = self._scanner.over or self._records.over
        return pieces

    def _taken(self) -> list[Piece]:
        first, self._first = self._first, None
        return [] if first is None else self._value(first)

    def _value(self, item: JsonValue) -> list[Piece]:
        self._objects = True
        return self._records.take(item.value) if item.place < 0 else self._records.take_listed(item.value, item.place)

    def _broken(self, item: BrokenValue) -> list[Piece]:
        if item.raw in END_MARKS:
            return []
        # Words that begin like an object are words; half an object is none.
        if self._or_text and not self._objects and not item.raw.startswith(('{"', '[{"')):
            self._scanner.verbatim = True
            return self._records.literal(item.raw)
        return [Failure("not_json" if item.document else "bad_line")]

    def _stray(self, text: str) -> list[Piece]:
        if self._scanner.verbatim:
            return self._records.literal(text)
        return [Failure("bad_line")] if json_text(text) is NOT_JSON else []


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


def coded_value(line: bytes) -> tuple[str, Any] | None:
    """Return the code and the value of a line of `CodedLines`; None if it is not one."""
    if not CODED_START.match(line):
        return None
    # Broken UTF-8 inside a string costs a character, not the line.
    value = json_text(line[2:].decode("utf-8", "replace"))
    return None if value is NOT_JSON else (line[:1].decode(), value)
