"""Count the steps of a regular expression: how often a backtracking matcher looks at a place of the text.

The count is that of a plain matcher, an upper bound of what `re` does. It says how the work grows with the text,
without a clock.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable
from typing import Any, TypeAlias

_parser: Any = importlib.import_module("re._parser")
_codes: Any = importlib.import_module("re._constants")

_Go: TypeAlias = Callable[[int], bool]
"""What comes behind: called with the place reached."""
_Match: TypeAlias = Callable[[int, _Go], bool]


def _is_word(char: str) -> bool:
    return char.isalnum() or char == "_"


_CATEGORIES: dict[str, Callable[[str], bool]] = {"DIGIT": str.isdecimal, "SPACE": str.isspace, "WORD": _is_word}


class StepCounter:
    """Run one pattern over texts."""

    def __init__(self, pattern: re.Pattern[str]) -> None:
        self.pattern = pattern
        self._ignore_case = bool(pattern.flags & re.IGNORECASE)
        self._multiline = bool(pattern.flags & re.MULTILINE)
        self._text = ""
        self._groups: dict[int, tuple[int, int]] = {}
        self.steps = 0
        self._whole = self._sequence(_parser.parse(pattern.pattern, pattern.flags))

    def search(self, text: str) -> list[tuple[int, int]]:
        """Return the spans of all matches, as `finditer` does."""
        self._text, found, at = text, [], 0
        while at <= len(text):
            end = self._at(at)
            if end is None:
                at += 1
                continue
            found.append((at, end))
            at = end if end > at else at + 1
        return found

    def match(self, text: str) -> int | None:
        """Return where a match at the beginning ends."""
        self._text = text
        return self._at(0)

    def _at(self, start: int) -> int | None:
        ends: list[int] = []

        def reached(at: int) -> bool:
            ends.append(at)
            return True

        self._groups = {}
        return ends[0] if self._whole(start, reached) else None

    def _sequence(self, items: Any) -> _Match:
        matches = [self._item(code, argument) for code, argument in items]

        def chained(index: int, at: int, go: _Go) -> bool:
            if index == len(matches):
                return go(at)
            return matches[index](at, lambda behind: chained(index + 1, behind, go))

        if len(matches) == 1:
            return matches[0]
        return lambda at, go: chained(0, at, go)

    def _item(self, code: Any, argument: Any) -> _Match:
        if code in (_codes.MAX_REPEAT, _codes.MIN_REPEAT):
            least, most, body = argument
            return self._repeat(
                least, len(body) == 1 and self._one(*body[0]), body, int(most), code is _codes.MIN_REPEAT
            )
        if one := self._one(code, argument):
            return self._single(one)
        if code is _codes.SUBPATTERN:
            return self._group(argument[0], self._sequence(argument[3]))
        if code is _codes.BRANCH:
            branches = [self._sequence(branch) for branch in argument[1]]
            return lambda at, go: any(branch(at, go) for branch in branches)
        if code in (_codes.ASSERT, _codes.ASSERT_NOT):
            return self._look(argument[0], self._sequence(argument[1]), argument[1], code is _codes.ASSERT)
        if code is _codes.AT:
            return self._edge(argument)
        if code is _codes.GROUPREF:
            return self._again(argument)
        # Python 3.13 reads `(?!)` as this.
        if code is _codes.FAILURE:
            return lambda at, go: False
        raise NotImplementedError(str(code))

    def _one(self, code: Any, argument: Any) -> Callable[[str], bool] | None:
        """Return the test of one character, if the item is one."""
        fold = str.lower if self._ignore_case else str
        if code is _codes.LITERAL:
            wanted = fold(chr(argument))
            return lambda char: fold(char) == wanted
        if code is _codes.NOT_LITERAL:
            refused = fold(chr(argument))
            return lambda char: fold(char) != refused
        if code is _codes.ANY:
            return lambda char: char != "\n"
        if code is _codes.IN:
            tests = [test for each in argument if (test := self._one_of(*each))]
            negated = argument[0][0] is _codes.NEGATE
            return lambda char: (
                any(test(char) or test(char.swapcase() if self._ignore_case else char) for test in tests) != negated
            )
        return None

    def _one_of(self, code: Any, argument: Any) -> Callable[[str], bool] | None:
        if code is _codes.NEGATE:
            return None
        if code is _codes.RANGE:
            low, high = argument
            return lambda char: len(char) == 1 and low <= ord(char) <= high
        if code is _codes.CATEGORY:
            name = str(argument).removeprefix("CATEGORY_")
            test = _CATEGORIES[name.removeprefix("NOT_")]
            return (lambda char: not test(char)) if name.startswith("NOT_") else test
        return self._one(code, argument)

    def _single(self, one: Callable[[str], bool]) -> _Match:
        def single(at: int, go: _Go) -> bool:
            self.steps += 1
            return at < len(self._text) and one(self._text[at]) and go(at + 1)

        return single

    def _repeat(self, least: int, one: Any, body: Any, most: int, lazy: bool) -> _Match:
        if one and not lazy:
            return self._run(least, one, most)
        item = self._sequence(body)

        def repeat(count: int, at: int, go: _Go) -> bool:
            self.steps += 1
            more = count < most and (
                lambda: item(at, lambda end: (end > at or count < least) and repeat(count + 1, end, go))
            )
            if count < least:
                return bool(more and more())
            if lazy:
                return go(at) or bool(more and more())
            return bool(more and more()) or go(at)

        return lambda at, go: repeat(0, at, go)

    def _run(self, least: int, one: Callable[[str], bool], most: int) -> _Match:
        def run(at: int, go: _Go) -> bool:
            end, stop = at, min(len(self._text), at + most)
            while end < stop and one(self._text[end]):
                end += 1
            self.steps += end - at + 1
            for place in range(end, at + least - 1, -1):
                self.steps += 1
                if go(place):
                    return True
            return False

        return run

    def _group(self, number: int | None, inner: _Match) -> _Match:
        def group(at: int, go: _Go) -> bool:
            def closed(end: int) -> bool:
                before = self._groups.get(number or 0)
                self._groups[number or 0] = (at, end)
                if go(end):
                    return True
                if before is not None:
                    self._groups[number or 0] = before
                return False

            return inner(at, closed)

        return group

    def _look(self, direction: int, inner: _Match, body: Any, wanted: bool) -> _Match:
        width = body.getwidth()[0] if direction < 0 else 0

        def look(at: int, go: _Go) -> bool:
            self.steps += 1
            seen = at >= width and inner(at - width, lambda end: direction > 0 or end == at)
            return seen == wanted and go(at)

        return look

    def _edge(self, where: Any) -> _Match:
        name = str(where).removeprefix("AT_")

        def holds(at: int) -> bool:
            text = self._text
            if name in ("BEGINNING", "BEGINNING_STRING"):
                return at == 0 or (self._multiline and name == "BEGINNING" and text[at - 1] == "\n")
            if name == "END_STRING":
                return at == len(text)
            if name == "END":
                return at == len(text) or text[at:] == "\n" or (self._multiline and text[at] == "\n")
            sides = [0 <= place < len(text) and (text[place].isalnum() or text[place] == "_") for place in (at - 1, at)]
            return (sides[0] != sides[1]) == (name == "BOUNDARY")

        def edge(at: int, go: _Go) -> bool:
            self.steps += 1
            return holds(at) and go(at)

        return edge

    def _again(self, number: int) -> _Match:
        def again(at: int, go: _Go) -> bool:
            self.steps += 1
            if number not in self._groups:
                return False
            start, end = self._groups[number]
            return self._text.startswith(self._text[start:end], at) and go(at + end - start)

        return again
