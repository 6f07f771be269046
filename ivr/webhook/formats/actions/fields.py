"""Read one value of an action: check its type and its bounds.

Models write numbers and booleans as strings: these are taken. Anything else of a wrong type, or beyond its bounds,
raises `BadValue`, and the action is left out.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

FieldKind: TypeAlias = Literal["text", "number", "choice", "flag", "keys", "key", "callee", "language", "json"]
"""`keys`: a row of keys. `key`: one, or empty. `callee`: a number, a SIP address or a queue."""

_BLANKS_IN_KEY_ROW: Final = re.compile(r"[\s().-]")
_KEY_ROW: Final = re.compile(r"[0-9*#A-Dw]+")
_NUMBER: Final = re.compile(r"\+[0-9]{1,15}|[0-9]{2,15}")
_ADDRESS: Final = re.compile(r"(?:sips?|queue):[^\s\x00-\x1f]+", re.IGNORECASE)
_LANGUAGE: Final = re.compile(r"(ar|en)(?:[-_][A-Za-z]{2,4})?", re.IGNORECASE)
_FLAGS: Final = {"true": True, "false": False}


class BadValue(ValueError):
    """Report a value of a wrong type, or out of bounds."""


@dataclass(frozen=True, slots=True)
class Field:
    """Describe one value of an action."""

    name: str
    kind: FieldKind
    about: str
    """For docs/agents.md."""
    default: str | float | bool | None = None
    """None: there is none, and the line or nothing decides."""
    least: float = 0
    """Of a number; of text and keys: characters."""
    most: float = 0
    """Of a number; of text, keys and JSON: characters or bytes."""
    choices: tuple[str, ...] = ()
    whole: bool = False
    """A number without a fraction."""
    clamped: bool = False
    """A number above its bounds counts as the highest within."""
    also: tuple[str, ...] = ()
    """Other names that models give it."""
    required: bool = False

    def read(self, value: Any) -> str | float | bool:
        """Return the value as the bridge uses it. Raises BadValue."""
        match self.kind:
            case "number":
                return self._number(value)
            case "flag":
                value = _FLAGS.get(value.strip().lower()) if isinstance(value, str) else value
                if not isinstance(value, bool):
                    raise BadValue
                return value
            case "choice":
                return self._choice(value)
            case "json":
                return self._json(value)
            case "text":
                return self._text(value)
            case "callee":
                return self._callee(value)
            case "language":
                found = _LANGUAGE.fullmatch(value.strip()) if isinstance(value, str) and len(value) < 20 else None
                if found is None:
                    raise BadValue
                return found[1].lower()
        return self._keys(value)

    def _number(self, value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            raise BadValue
        try:
            number = float(value)
        except (ValueError, OverflowError):
            raise BadValue from None
        # `nan` is within no bounds.
        if not math.isfinite(number) or number < self.least or (number > self.most and not self.clamped):
            raise BadValue
        if self.whole and number != int(number):
            raise BadValue
        return min(number, self.most)

    def _text(self, value: Any) -> str:
        if not isinstance(value, str):
            raise BadValue
        text = value.strip()
        if not self.least <= len(text) <= self.most or any(ord(char) < 32 and not char.isspace() for char in text):
            raise BadValue
        return text

    def _choice(self, value: Any) -> str:
        if not isinstance(value, str):
            raise BadValue
        name = value.strip().lower().replace("-", "_")
        if name not in self.choices:
            raise BadValue
        return name

    def _keys(self, value: Any) -> str:
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if not isinstance(value, str) or len(value) > 4 * self.most:
            raise BadValue
        keys = _BLANKS_IN_KEY_ROW.sub("", value).upper().replace("W", "w")
        if not self.least <= len(keys) <= self.most or (keys and not _KEY_ROW.fullmatch(keys)):
            raise BadValue
        if self.kind == "key" and "w" in keys:
            raise BadValue
        return keys

    def _callee(self, value: Any) -> str:
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if not isinstance(value, str) or len(value) > self.most:
            raise BadValue
        if _ADDRESS.fullmatch(value.strip()):
            return value.strip()
        number = _BLANKS_IN_KEY_ROW.sub("", value)
        if number and not _NUMBER.fullmatch(number):
            raise BadValue
        return number

    def _json(self, value: Any) -> str:
        try:
            text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        except (ValueError, TypeError, RecursionError):
            raise BadValue from None
        if len(text.encode("utf-8", "replace")) > self.most:
            raise BadValue
        return text
