"""Decide about a caller before the call is taken: a number that is withheld, or one that is blocked. Pure.

    [callers]                       # for all lines; a line may have [line.callers] beside it
    anonymous = "take"              # callers who withhold their number: take, reject, say (anonymous.xml) or voicemail
    blocked = ["+966500000009", "+1900*", "sip:spam@trunk.example"]     # numbers, beginnings of numbers, SIP addresses
    blocked_file = "blocked.txt"    # more of them, a line each; # begins a remark. Read again when it changes

A number may be written as people write it. Numbers are never logged: messages name their place.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias, get_args

from ivr.config.address import check_number, is_withheld, line_keys

Anonymous: TypeAlias = Literal["take", "reject", "say", "voicemail"]
"""What callers hear who withhold their number."""

MOST_BLOCKED: Final = 100_000
BLOCKED_FIX: Final = "write a number such as +966500000009, the beginning of numbers such as +1900*, or sip:user@host"
ANONYMOUS_FIX: Final = 'write "take", "reject", "say" or "voicemail"'
_SHORTEST_BEGINNING: Final = 3
"""Digits of a beginning: fewer would block a country by a slip."""
_CALLER_KEYS: Final = ("anonymous", "blocked", "blocked_file")


@dataclass(frozen=True, slots=True)
class Blocked:
    """Hold numbers that are not taken, as `line_keys` writes them."""

    numbers: frozenset[str] = frozenset()
    beginnings: frozenset[str] = frozenset()
    _lengths: tuple[int, ...] = field(init=False, repr=False, compare=False)
    """Of the beginnings: they may be many, and are looked through for every call."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "_lengths", tuple(sorted({len(one) for one in self.beginnings})))

    def __len__(self) -> int:
        return len(self.numbers) + len(self.beginnings)

    def __repr__(self) -> str:
        return f"<Blocked {len(self)}>"

    def __or__(self, other: Blocked) -> Blocked:
        return Blocked(self.numbers | other.numbers, self.beginnings | other.beginnings)

    def holds(self, caller: str) -> bool:
        """Return whether a caller is one of them."""
        keys = line_keys(caller)
        if not self.numbers.isdisjoint(keys):
            return True
        # Of a SIP address the number in front of its @ counts as well.
        number = keys[-1]
        return any(number[:length] in self.beginnings for length in self._lengths)


def read_blocked(rows: Iterable[str], where: str) -> tuple[Blocked, list[str]]:
    """Return the numbers of rows, and a sentence for the first faults: the place of each, never the number."""
    numbers: set[str] = set()
    beginnings: set[str] = set()
    problems: list[str] = []
    for place, row in enumerate(rows, 1):
        text = row.partition("#")[0].strip()
        if not text:
            continue
        if place > MOST_BLOCKED:
            problems.append(f"{where}: more than {MOST_BLOCKED}: write beginnings such as +1900*")
            break
        beginning = text.removesuffix("*")
        key = line_keys(beginning)[0]
        if beginning != text and key.isascii() and key.isdigit() and len(key) >= _SHORTEST_BEGINNING and key[0] != "0":
            beginnings.add(key)
        elif beginning == text and check_number(text) is None:
            numbers.add(key)
        else:
            problems.append(f"{where} {place}: {BLOCKED_FIX}")
    return Blocked(frozenset(numbers), frozenset(beginnings)), problems[:3]


@dataclass(frozen=True, slots=True)
class Callers:
    """Hold which callers a line does not take."""

    anonymous: Anonymous = "take"
    blocked: Blocked = Blocked()
    blocked_files: tuple[str, ...] = ()
    """Files with more of them, which may change while the bridge runs."""

    @staticmethod
    def is_anonymous(caller: str) -> bool:
        """Return whether a caller withholds the number."""
        return is_withheld(caller)

    def verdict(self, caller: str, more: Iterable[Blocked] = ()) -> Literal["take", "reject", "say", "voicemail"]:
        """Return what becomes of a caller. `more`: what the files say."""
        if is_withheld(caller):
            return self.anonymous
        return "reject" if any(one.holds(caller) for one in (self.blocked, *more)) else "take"


def read_callers(table: Any, base: Callers) -> tuple[Callers, list[str]]:
    """Return the callers of a table, beside those of all lines, and a sentence for every fault."""
    if not isinstance(table, dict):
        return base, [f"callers: write a table with {', '.join(_CALLER_KEYS)}"]
    unknown = [key for key in table if key not in _CALLER_KEYS]
    problems = [f"callers: {key}: there is no such key; the keys are {', '.join(_CALLER_KEYS)}" for key in unknown]
    anonymous = table.get("anonymous", base.anonymous)
    if anonymous not in get_args(Anonymous):
        problems.append(f"anonymous: {ANONYMOUS_FIX}")
        anonymous = base.anonymous
    rows = table.get("blocked", [])
    if not isinstance(rows, list) or not all(isinstance(row, str) for row in rows):
        problems.append(f"blocked: write a list: {BLOCKED_FIX}")
        rows = []
    blocked, wrong = read_blocked(rows, "blocked")
    file = table.get("blocked_file", "")
    if not isinstance(file, str):
        problems.append("blocked_file: write the name of a file in quotes")
        file = ""
    files = (*base.blocked_files, *([file] if file and file not in base.blocked_files else []))
    return Callers(anonymous, base.blocked | blocked, files), problems + wrong
