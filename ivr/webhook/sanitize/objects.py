"""Find the end of an object that stands in a text, and read it: JSON, as models write it.

Raw newlines in strings, a comma too many and Python's quotes are read too. The first character that no JSON has outside
its strings ends an object that lacks a bracket, so that the words behind it are not lost.
"""

from __future__ import annotations

import ast
import json
import re
from typing import Any, Final

from ivr.webhook.sanitize.leftovers import names

_DEEPEST: Final = 100
"""Objects and lists within each other."""
MAX_OBJECT: Final = 20_000
"""Characters of one object in a text; a longer one is taken out unread."""

_OBJECT_BLANKS: Final = r"(?:\s|\\{1,4}[nrt]){0,40}"
_HALF_BLANKS: Final = rf"{_OBJECT_BLANKS}\\{{0,4}}"
_LIST: Final = rf"(?:\[{_OBJECT_BLANKS})?\{{{_OBJECT_BLANKS}"
OBJECT_START: Final = re.compile(
    rf"""(?:"{_OBJECT_BLANKS}(?={_LIST}\\))?{_LIST}(?:(\\{{0,7}})"[^"\\\n]{{1,64}}\1"|'[^'\\\n]{{1,64}}'){_OBJECT_BLANKS}:"""
)
"""How an object, or a list of objects, begins; group 1 are the backslashes of one within a string."""
HALF_OBJECT_START: Final = re.compile(
    rf"""(?:"{_HALF_BLANKS})?(?:\[{_HALF_BLANKS})?(?:\{{{_OBJECT_BLANKS}(?:"""
    rf"""\\{{0,7}}(?:"[^"\\\n]{{0,64}}(?:\\{{1,7}}|\\{{0,7}}"{_HALF_BLANKS})?)?|"""
    rf"""'[^'\\\n]{{0,64}}(?:'{_HALF_BLANKS})?)?)?"""
)
_OUTSIDE: Final = re.compile(r"""\\*"|['{}\[\]]|[^\s\d:,.truefalsnNoTFE+\\-]""")
_QUOTE: Final = re.compile(r'\\*"')
_SINGLE_QUOTE: Final = re.compile(r"\\.|'", re.DOTALL)
_COMMA_TOO_MANY: Final = re.compile(r",(\s*[}\]])")

_CALL_KEYS: Final = names("""tool_calls tool_call toolcalls toolcall function_call functioncall tool_use""")
_NAME_KEYS: Final = names("""name tool tool_name toolname function function_name recipient_name action api""")
_ARGUMENT_KEYS: Final = names(
    """arguments args parameters params input tool_input toolinput action_input kwargs tool_parameters tool_arguments"""
)
_WORD_KEYS: Final = ("output", "response", "answer", "reply", "text", "content", "message")


class WrittenObject:
    """Read one object out of a text that arrives in pieces, from its first bracket."""

    def __init__(self, backslashes: int = 0) -> None:
        """Take the number of backslashes before each quote: 1 where the object stands within a string."""
        self.over = False
        """Whether it has ended."""
        self._backslashes = backslashes
        self._broken = False
        self._parts: list[str] = []
        self._length = 0
        self._depth = 0
        self._quote = ""
        self._tail = ""

    def feed(self, text: str, at: int) -> int:
        """Read on from `at`. Return where the object ends, or the length of the text."""
        # What a run of backslashes does to a quote is known at its end.
        held, end = len(self._tail), 0
        text = self._tail + text[at:]
        run = len(text) - len(text.rstrip("\\"))
        text, self._tail = text[: len(text) - run], text[len(text) - run :]
        while not self.over and end < len(text):
            end = self._quoted(text, end) if self._quote else self._bare(text, end)
        self._length += end
        if self._length <= MAX_OBJECT:
            self._parts.append(text[:end])
        if self.over:
            self._tail = ""
            return at + max(0, end - held)
        return at + len(text) + run - held

    def _delimits(self, quote: str) -> bool:
        """Return whether a quote with the backslashes before it begins or ends a string."""
        return (len(quote) - 1) % (2 * self._backslashes + 2) == self._backslashes

    def _quoted(self, text: str, at: int) -> int:
        """Read to the end of a string."""
        found = (_QUOTE if self._quote == '"' else _SINGLE_QUOTE).search(text, at)
        if found is None:
            return len(text)
        if self._delimits(found[0]) if self._quote == '"' else found[0] == "'":
            self._quote = ""
        return found.end()

    def _bare(self, text: str, at: int) -> int:
        """Read to the next bracket, quote or foreign character."""
        found = _OUTSIDE.search(text, at)
        if found is None:
            return len(text)
        match found[0]:
            case quote if quote[-1] in "\"'":
                self._quote = quote[-1] if quote == "'" or self._delimits(quote) else ""
            case "{" | "[":
                self._depth += 1
                # How deep a reader can go depends on the version of Python: so it is not asked.
                self._broken = self._broken or self._depth > _DEEPEST
            case "}" | "]":
                self._depth -= 1
                self.over = not self._depth
            case _:
                self.over = self._broken = True
                return found.start()
        return found.end()

    def records(self) -> list[dict[str, Any]] | None:
        """Return the object, or the objects of the list; None if it cannot be read."""
        if self._broken or self._length > MAX_OBJECT:
            return None
        text, backslashes = "".join(self._parts), self._backslashes
        while backslashes:
            text, backslashes = str(_value(f'"{text}"')), backslashes // 2
        value = _value(text)
        values = value if isinstance(value, list) else [value]
        found = [part for part in values if isinstance(part, dict)]
        return found or None


def is_tool_call(record: dict[str, Any]) -> bool:
    """Return whether a record in a text calls a tool, or answers for one, and has no words of its own."""
    keys = {str(key).lower() for key in record}
    if re.search("tool|function", str(record.get("type")), re.IGNORECASE):
        return True
    if any(isinstance(record.get(key), str) and record[key].strip() for key in _WORD_KEYS):
        return False
    return bool(keys & _CALL_KEYS or (keys & _NAME_KEYS and keys & _ARGUMENT_KEYS))


def _value(text: str) -> Any:
    for candidate in (text, _COMMA_TOO_MANY.sub(r"\1", text)):
        try:
            return json.loads(candidate, strict=False)
        except (ValueError, RecursionError):
            pass
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
        return None
