"""Find the JSON values in a text that arrives in pieces, however they are laid out.

Values may stand a line, glued to one another, over many lines, between commas or as the elements of one list. What
stands outside them is stray text. Every character is looked at a bounded number of times, wherever the text is cut.
"""

from __future__ import annotations

import ast
import json
import re
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

MAX_VALUE: Final = 256 * 1024
"""Characters of one value and of one stray line."""
NOT_JSON: Final[Any] = object()
"""What `json_text` returns for a text that is not one JSON value."""
_DEEPEST: Final = 100
"""Objects and lists within each other."""
_LONGEST_REPAIR: Final = 8000
"""Characters of a value that is not JSON but may be meant so."""
_LONGEST_SCALAR: Final = 64
"""Characters; what is longer is no number."""
_BETWEEN: Final = re.compile(r"[\s,\x1e\ufeff]*")
_OUTSIDE_STRINGS: Final = re.compile(r"[\"'{}\[\]\n]")
_INSIDE_STRINGS: Final = {'"': re.compile(r'["\\\n]'), "'": re.compile(r"['\\\n]")}
_HANGING_COMMA: Final = re.compile(r",(?=\s*[}\]])")
_PART_OF_SCALAR: Final = re.compile(r"[-+.\dEe]*|t(r(u(e)?)?)?|f(a(l(s(e)?)?)?)?|n(u(l(l)?)?)?|N(a(N)?)?")
_DECODER: Final = json.JSONDecoder(strict=False)


@dataclass(frozen=True, slots=True)
class JsonValue:
    """Hold a value that is complete."""

    value: Any
    raw: str
    """Its text."""
    place: int = -1
    """The place of an element in the list around all values; -1: there is no such list."""


@dataclass(frozen=True, slots=True)
class BrokenValue:
    """Hold what begins like a value and is none."""

    raw: str
    document: bool
    """Whether it went on over several lines."""


@dataclass(frozen=True, slots=True)
class StrayText:
    """Hold text outside values: one line, or all that follows where the scanner was told to read `verbatim`."""

    text: str
    same_line: bool
    """Whether a value ended in the same line."""


Item: TypeAlias = JsonValue | BrokenValue | StrayText


def json_text(text: str) -> Any:
    """Return the JSON value of a text, or `NOT_JSON`, also where values are nested too deep to be read.

    Read as well: newlines inside strings, a comma before a closing bracket, and a dict as Python prints it.
    """
    try:
        return _DECODER.decode(text)
    except (ValueError, RecursionError):
        return _repaired(text.strip()) if len(text) <= _LONGEST_REPAIR else NOT_JSON


def _repaired(text: str) -> Any:
    if text[:1] not in ("{", "[") or text[-1:] not in ("}", "]"):
        return NOT_JSON
    try:
        return _DECODER.decode(_HANGING_COMMA.sub("", text))
    except (ValueError, RecursionError):
        pass
    if "'" not in text:
        return NOT_JSON
    try:
        with warnings.catch_warnings(action="ignore"):
            value = ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return NOT_JSON
    return value if isinstance(value, dict | list) else NOT_JSON


class ValueScanner:
    """Cut a text into values and stray text. `over` once a value or a line is too long."""

    def __init__(self, speaks: Callable[[bool], bool]) -> None:
        """Take `speaks`: whether stray text that begins now is spoken rather than junk. It is told if values came."""
        self.over = False
        self.verbatim = False
        """Everything that follows is stray text, and is passed on at once."""
        self._speaks = speaks
        self._values = False
        # A function of the class: a method of its own would keep a scanner that is over until the next collection.
        self._follow: Callable[[ValueScanner, str, int], Iterator[Item | int]] | None = None
        """What follows the text that is neither a whole value nor between two; None outside of such."""
        self._kept: list[str] = []
        self._length = 0
        self._depth = 0
        self._quote = ""
        self._escaped = False
        self._line_starts = False
        self._suspect: list[str] | None = None
        self._last = ""
        self._place = -1
        self._same_line = False
        self._gap = ""

    def feed(self, text: str, *, final: bool = False) -> Iterator[Item]:
        """Yield what is complete with this text. Take all of it before the next call."""
        if self._suspect is not None:
            # A line that may show that the value before it is broken is looked at when it is complete.
            self._suspect.append(text)
            self._length += len(text)
            if "\n" not in text and not final:
                self._check_length()
                return
            text, self._suspect = "".join(self._suspect), None
            self._length -= len(text)
            self._line_starts = True
        at = 0
        while at < len(text) and not self.over:
            if self.verbatim:
                yield StrayText(text[at:], self._same_line)
                return
            if self._follow is None:
                value, at = self._between(text, at)
                if value is not None:
                    yield value
                continue
            for item in self._follow(self, text, at):
                if isinstance(item, int):
                    at = item
                else:
                    yield item
            self._check_length()
            if self._suspect is not None and final:
                text, at, self._suspect = "".join(self._suspect) + "\n", 0, None
                self._line_starts = True

    def finish(self) -> Iterator[Item]:
        """Yield what only the end of the text completes."""
        yield from self.feed("", final=True)
        kept = "".join(self._kept)
        if self.over or not kept.strip():
            return
        if self._follow is ValueScanner._stray:
            yield StrayText(kept, self._same_line)
        else:
            yield BrokenValue(kept, "\n" in kept.strip())

    def _check_length(self) -> None:
        self.over = self.over or self._length > MAX_VALUE

    def _keep(self, text: str) -> None:
        self._kept.append(text)
        self._length += len(text)
        self._last = text.rstrip()[-1:] or self._last

    def _reset(self) -> None:
        self._kept, self._length, self._depth, self._quote, self._last = [], 0, 0, "", ""
        self._escaped = self._line_starts = False
        self._follow = None

    def _between(self, text: str, at: int) -> tuple[JsonValue | None, int]:
        """Read what stands between two values, and the value behind it where it is whole; return where to go on."""
        begin, at = at, _BETWEEN.match(text, at).end()  # type: ignore[union-attr]
        self._same_line = self._same_line and "\n" not in text[begin:at]
        self._gap += text[begin:at] if self._same_line else ""
        first = text[at : at + 1]
        if first == "]" and self._place >= 0:
            self._place = -1
            return None, at + 1
        if first == "[" and self._place < 0:
            self._follow = ValueScanner._list_begins
            self._keep("[")
            return None, at + 1
        if first in ('"', "{", "["):
            try:
                value, end = _DECODER.raw_decode(text, at)
            except (ValueError, RecursionError):
                self._follow = ValueScanner._within
                return None, at
            return self._whole(value, text[at:end]), end
        if first:
            self._follow = ValueScanner._stray
            self._keep(self._gap if self._same_line else "")
        return None, at

    def _list_begins(self, text: str, at: int) -> Iterator[Item | int]:
        """Follow `[`: the elements of a list of objects are read as they come, any other list when it is complete."""
        at = _BETWEEN.match(text, at).end()  # type: ignore[union-attr]
        if text[at : at + 1] == "{":
            self._reset()
            self._place = 0
        elif at < len(text):
            self._depth = 1
            self._follow = ValueScanner._within
        yield at

    def _whole(self, value: Any, raw: str) -> JsonValue | None:
        """Return a value that is complete; None where it is too long."""
        self.over = len(raw) > MAX_VALUE
        place = self._place
        self._place += place >= 0
        self._same_line, self._gap = True, ""
        if self.over:
            return None
        self._values = self._values or value is not NOT_JSON
        return JsonValue(value, raw, place)

    def _complete(self, value: Any, raw: str) -> Iterator[Item]:
        self._reset()
        whole = self._whole(value, raw)
        if whole is not None:
            yield BrokenValue(raw, "\n" in raw) if value is NOT_JSON else whole

    def _within(self, text: str, at: int) -> Iterator[Item | int]:
        """Follow a value that is not complete yet, to the bracket that ends it."""
        begin = at
        if self._line_starts:
            at = len(text) - len(text[at:].lstrip())
            if at == len(text):
                self._keep(text[begin:])
                yield at
                return
            self._line_starts = False
            if text[at] == "{" and (item := self._recovered(text, at)) is not None:
                yield from item
                yield at if self._suspect is None else len(text)
                return
        if self._escaped:
            at, self._escaped = at + 1, False
        while (found := (_INSIDE_STRINGS.get(self._quote) or _OUTSIDE_STRINGS).search(text, at)) is not None:
            mark, at = found[0], found.end()
            if mark == "\n":
                before = text[max(begin, at - 200) : at].rstrip()[-1:] or self._last
                # A line in which a new object may begin: what is before it may be half a record.
                if self._quote or before not in "{[,:":
                    self._keep(text[begin:at])
                    self._line_starts = True
                    yield at
                    return
            elif mark == "\\":
                self._escaped = at == len(text)
                at += 1
            elif mark in "\"'":
                self._quote = "" if self._quote else mark
            else:
                self._depth += 1 if mark in "{[" else -1
            if (self._depth <= 0 and not self._quote) or self._depth > _DEEPEST:
                raw = "".join([*self._kept, text[begin:at]])
                if self._depth > _DEEPEST:
                    # Nothing of this line is read.
                    self._keep(text[begin:at])
                    self._follow = ValueScanner._too_deep
                else:
                    yield from self._complete(json_text(raw), raw)
                yield at
                return
        self._keep(text[begin:])
        yield len(text)

    def _recovered(self, text: str, at: int) -> list[Item] | None:
        """Return the broken value before a line that holds an object of its own; None if it goes on in this line."""
        end = text.find("\n", at)
        if end < 0:
            self._suspect = [text[at:]]
            self._length += len(text) - at
            return []
        try:
            value, stop = _DECODER.raw_decode(text, at)
        except (ValueError, RecursionError):
            return None
        if not isinstance(value, dict) or text[stop:end].strip(" \r,]") not in ("", "\x1e"):
            return None
        broken = BrokenValue("".join(self._kept), document=False)
        self._reset()
        self._same_line = False
        return [broken]

    def _too_deep(self, text: str, at: int) -> Iterator[Item | int]:
        end = text.find("\n", at)
        self._keep(text[at : end if end >= 0 else len(text)])
        if end >= 0:
            raw = "".join(self._kept)
            self._reset()
            yield BrokenValue(raw, document=False)
        yield end if end >= 0 else len(text)

    def _stray(self, text: str, at: int) -> Iterator[Item | int]:
        """Follow text outside values to the end of its line."""
        end = text.find("\n", at)
        stop = end if end >= 0 else len(text)
        short = self._length <= _LONGEST_SCALAR
        self._keep(text[at:stop])
        line = "".join(self._kept) if short or end >= 0 else ""
        if short and not _PART_OF_SCALAR.fullmatch(line.strip()) and self._speaks(self._values):
            self.verbatim = True
        elif end < 0:
            yield stop
            return
        same_line = self._same_line
        self._reset()
        self._same_line = False
        yield StrayText(line, same_line)
        yield stop
