"""Read which decisions may differ from what tapes say: changes that were made on purpose, each with its reason.

The file is TOML and lies in the repository beside the change:

    [[change]]
    name = "shorter pauses"
    reason = "Callers with a slow STT waited 160 ms more than they had to."
    since = "1.4.0"
    decisions = ["endpoint", "timing"]
    where = ["billing", "CA12*.tape"]       # lines or tapes; absent: all
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import Any, Final

from ivr.replay.compare.changes import DECISION_KINDS, DecisionKind
from ivr.replay.compare.difference import Difference, ReplayFinding

DECLARED_FILE: Final = "replay-changes.toml"
"""Read in the working directory when it is there."""
_FIELDS: Final = ("name", "reason", "since", "decisions", "where")


class DeclaredError(Exception):
    """Report what is wrong with the file. The message is for the developer."""


@dataclass(frozen=True, slots=True)
class DeclaredChange:
    """Hold one change that was made on purpose."""

    name: str
    reason: str
    since: str
    """The version, or the date, of the change."""
    decisions: frozenset[DecisionKind]
    """Kinds of decisions that may differ."""
    where: tuple[str, ...] = ()
    """Lines or tapes in which they may, as patterns; empty: in all."""

    def holds(self, tape: str, line: str) -> bool:
        """Return whether it holds for a tape, by the name of its file, of a line."""
        return not self.where or any(fnmatchcase(name, one) for name in (tape, line) if name for one in self.where)


def read_declared(text: str, name: str) -> list[DeclaredChange]:
    """Return the declared changes of a file's text. `name`: of the file, for messages. Raises DeclaredError."""
    try:
        said = tomllib.loads(text)
    # A number of many digits is a ValueError, a list in lists in lists a RecursionError.
    except (ValueError, RecursionError) as fault:
        raise DeclaredError(f"{name}: {fault}") from None
    rows = said.pop("change", [])
    if said:
        raise DeclaredError(f"{name}: there is no {next(iter(said))!r}, only [[change]]")
    if not isinstance(rows, list):
        raise DeclaredError(f"{name}: a change begins with [[change]]")
    found = [_change(f"{name}, change {place}", row) for place, row in enumerate(rows, 1)]
    for change in found:
        if sum(other.name == change.name for other in found) > 1:
            raise DeclaredError(f"{name}: two changes are called {change.name!r}")
    return found


def _change(place: str, row: Any) -> DeclaredChange:
    if not isinstance(row, dict):
        raise DeclaredError(f"{place}: a change has a name, a reason, a since and decisions")
    for key in row:
        if key not in _FIELDS:
            raise DeclaredError(f"{place}: there is no {key!r}, only {', '.join(_FIELDS)}")
    words = {}
    for key in ("name", "reason", "since"):
        # A date is TOML's own.
        words[key] = str(row.get(key, "")).strip()
        if not words[key]:
            raise DeclaredError(f"{place}: {key!r} is missing")
    decisions, where = (_list(place, key, row.get(key, [])) for key in ("decisions", "where"))
    if not decisions:
        raise DeclaredError(f"{place}: 'decisions' is missing; it names some of {', '.join(DECISION_KINDS)}")
    kinds = []
    for word in decisions:
        kind = next((one for one in DECISION_KINDS if one == word), None)
        if kind is None:
            near = get_close_matches(word, DECISION_KINDS, 1)
            hint = f"perhaps {near[0]!r}" if near else f"only {', '.join(DECISION_KINDS)}"
            raise DeclaredError(f"{place}: no decision is called {word!r}, {hint}")
        kinds.append(kind)
    return DeclaredChange(words["name"], words["reason"], words["since"], frozenset(kinds), tuple(where))


def _list(place: str, key: str, said: Any) -> list[str]:
    words = [said] if isinstance(said, str) else said
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise DeclaredError(f"{place}: {key!r} is a list of words")
    return words


def needed(found: ReplayFinding, tape: str, changes: Sequence[DeclaredChange]) -> list[DeclaredChange] | None:
    """Return the declared changes that explain every difference of a tape; None: one is not declared.

    `tape`: the name of its file.
    """
    holding = [change for change in changes if change.holds(tape, found.tape.header.line)]
    used: list[DeclaredChange] = []
    for difference in found.differences:
        explaining = [change for change in holding if change.decisions & _allowing(difference)]
        if not difference.declared(frozenset().union(*(change.decisions for change in explaining))):
            return None
        used += [change for change in explaining if change not in used]
    return used


def _allowing(difference: Difference) -> frozenset[DecisionKind]:
    """Return the kinds that would explain something of a difference."""
    return frozenset(kind for change in difference.telling for kind in change.allowed_by)
