"""Read server-sent events, also where their writer left out what separates them.

An event ends at an empty line, the reply at `[DONE]` or with the body. Where no empty line comes, every line that is
complete in itself is an event. A blank behind the colon belongs to the text where the writer does not put one there.
"""

from __future__ import annotations

import re
from typing import Final

from ivr.webhook.formats.json_values import (
    MAX_VALUE,
    NOT_JSON,
    JsonValue,
    StrayText,
    ValueScanner,
    json_text,
)
from ivr.webhook.formats.parts import Failure, Piece
from ivr.webhook.formats.records import Records

_EVENT_LINE_END: Final = re.compile(rb"\r\n|\n|\r")
_MOST_LINES: Final = 8
"""Lines of one event of words, where no empty line has come yet."""


class EventLines:
    """Cut bytes at `\\n`, `\\r\\n` or `\\r`. `over` once a line exceeds its limit."""

    def __init__(self) -> None:
        self.over = False
        self._tail: list[bytes] = []
        self._length = 0
        self._after_return = False

    def feed(self, data: bytes) -> list[bytes]:
        """Return the lines completed, without their end."""
        if self._after_return and data:
            data, self._after_return = data.removeprefix(b"\n"), False
        # A line ends at its `\r` at once; a `\n` that follows is part of that end.
        self._after_return = self._after_return or data.endswith(b"\r")
        parts = _EVENT_LINE_END.split(data)
        if len(parts) > 1:
            parts[0] = b"".join([*self._tail, parts[0]])
            self._tail, self._length = [], 0
        self._tail.append(parts.pop())
        self._length += len(self._tail[-1])
        self.over = self._length > MAX_VALUE or any(len(line) > MAX_VALUE for line in parts)
        return parts

    def finish(self) -> bytes:
        """Return the last line, which has no end."""
        return b"".join(self._tail)


class ServerSentEvents:
    """Read server-sent events. `over` once nothing more of them is worth reading."""

    def __init__(self, records: Records) -> None:
        self.over = False
        self.done = False
        """Whether `[DONE]` has come."""
        self._lines = EventLines()
        self._records = records
        self._event = ""
        self._late_event = ""
        self._data: list[str] = []
        self._length = 0
        self._separated = False
        self._dense = False

    def feed(self, data: bytes) -> list[Piece]:
        """See `Format`."""
        pieces: list[Piece] = []
        for line in self._lines.feed(data):
            pieces += self._records.count()
            if self.over or self._records.over:
                break
            pieces += self._line(line.decode("utf-8", "replace"))
        if not self.over and (self._lines.over or self._length > MAX_VALUE):
            self.over = True
            pieces.append(Failure("too_long"))
        self.over = self.over or self._records.over
        return pieces

    def finish(self) -> list[Piece]:
        """See `Format`."""
        pieces: list[Piece] = []
        if not self.over:
            if last := self._lines.finish():
                pieces = self._line(last.decode("utf-8", "replace"))
            if not self._separated and len(self._data) > 2:
                pieces += self._each_line()
            pieces += self._dispatched()
        return pieces + self._records.finish()

    def _line(self, line: str) -> list[Piece]:
        if not line:
            self._separated = self._separated or bool(self._data)
            return self._dispatched()
        field, colon, value = line.partition(":")
        match field:
            case "event":
                # Behind data without an empty line between: this event's name, or the next one's.
                if self._data:
                    self._late_event = value.strip()
                else:
                    self._event = value.strip()
                return []
            case "data":
                return self._value(value)
            case "" | "id" | "retry":
                return []
        # Bare lines among events are in no format, except for a value of their own.
        stray = value if colon and value.lstrip()[:1] == "{" else line
        if stray.lstrip()[:1] == "{" and isinstance(json_text(stray), dict):
            return self._dispatched() + self._value(stray) + self._dispatched()
        self._records.note_unread(line)
        return []

    def _value(self, value: str) -> list[Piece]:
        # A writer that puts no blank behind the colon once never does: the blanks are the text's.
        self._dense = self._dense or (value[:1] not in ("", " ") and value[:1] not in "{[")
        pieces: list[Piece] = []
        if self._data and (self._late_event or self._is_whole(value)):
            late, self._late_event = self._late_event, ""
            pieces = self._each_line() if len(self._data) >= _MOST_LINES else self._dispatched()
            self._event = late
        self._data.append(value)
        self._length += len(value) + 6
        return pieces

    def _is_whole(self, following: str) -> bool:
        """Return whether the data so far is an event of its own, although no empty line followed."""
        last = self._data[-1].strip()
        if following.strip() == "[DONE]" or last == "[DONE]":
            return True
        if len(self._data) == 1 and last[:1] in ("{", "[") and following.lstrip()[:1] in ("{", "["):
            return json_text(last) is not NOT_JSON
        words = self._data[0].lstrip()[:1] not in ("{", "[", '"')
        return words and not self._separated and len(self._data) >= _MOST_LINES

    def _each_line(self) -> list[Piece]:
        """Return the pieces of data lines that are events of their own."""
        lines, name = self._data, self._event
        pieces: list[Piece] = []
        for line in lines:
            self._data, self._event = [line], name
            pieces += self._dispatched()
        return pieces

    def _dispatched(self) -> list[Piece]:
        """Return the pieces of the event that is complete."""
        lines = self._data if self._dense else [line.removeprefix(" ") for line in self._data]
        text, event = "\n".join(lines), self._event
        if self._late_event and not event:
            event = self._late_event
        self._data, self._length, self._event, self._late_event = [], 0, "", ""
        if text.strip() == "[DONE]":
            self.over = self.done = True
            return []
        value = json_text(text)
        # What is no JSON is a token as it stands: `7826` is a word here, `null` is not.
        if isinstance(value, dict | list | str) or value is None:
            return self._records.take(value, event)
        if value is NOT_JSON and text.lstrip().startswith('{"'):
            return self._glued(text, event)
        return self._records.words(text, event)

    def _glued(self, text: str, event: str) -> list[Piece]:
        """Return the pieces of an event with several values, or with an object and the words that it announces."""
        pieces: list[Piece] = []
        scanner = ValueScanner(lambda _values: True)
        for item in [*scanner.feed(text), *scanner.finish()]:
            if isinstance(item, JsonValue):
                pieces += self._records.take(item.value, event)
            elif isinstance(item, StrayText):
                pieces += self._records.words(item.text, event)
            else:
                pieces.append(Failure("bad_line"))
        return pieces
