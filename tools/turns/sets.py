"""Read sets of transcripts that were cut at a pause, and give each pause a length.

A set is a file of JSON lines:

    {"text": "my number is oh five five", "asked": "What is your number?", "kind": "digits", "length": 10,
     "done": false, "next": "one two three"}

text     what STT heard before the pause
asked    what the agent had said last; may be missing
kind     what the agent told it expects: digits, yes_no, name, date, address, email or open; may be missing, and
         of another word counts as missing
length   of digits: how many; may be missing
done     whether the caller had finished
next     what the caller said after the pause; may be missing, and is for readers alone
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, get_args

from ivr.text.turn.words import AnswerKind

_KNOTS: Final = ((100.0, 1.0), (300.0, 0.556), (600.0, 0.217), (1000.0, 0.10), (1600.0, 0.05))
"""Lengths of pauses in the middle of turns, ms, and the share of pauses that are longer: eot-bench's 14 languages."""


@dataclass(frozen=True, slots=True)
class Cut:
    """Hold one transcript that was cut at a pause."""

    text: str
    done: bool
    asked: str = ""
    kind: str = ""
    """One of `AnswerKind`; empty: not told."""
    length: int = 0
    group: str = ""
    """The kind as the set names it."""
    line: int = 0
    """Its line in its file, from 0."""


class SetError(ValueError):
    """Report a line of a set that cannot be read."""


def read_set(path: Path) -> list[Cut]:
    """Return the transcripts of a file. Raises SetError, which names the line."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [_cut(line, number, path) for number, line in enumerate(lines) if line.strip()]


def _cut(line: str, number: int, path: Path) -> Cut:
    place = f"{path}:{number + 1}"
    try:
        given: Any = json.loads(line)
    except json.JSONDecodeError as problem:
        raise SetError(f"{place}: {problem}") from None
    if not isinstance(given, dict) or not isinstance(given.get("text"), str) or not isinstance(given.get("done"), bool):
        raise SetError(f"{place}: `text` (words) and `done` (true or false) are needed")
    kind, length = given.get("kind") or "", given.get("length") or 0
    if not isinstance(length, int):
        raise SetError(f"{place}: `length` is a number")
    told = kind if kind in get_args(AnswerKind) else ""
    return Cut(given["text"], given["done"], str(given.get("asked") or ""), told, length, str(kind), number)


def pause_at(share: float) -> float:
    """Return the length of a pause, ms, that this share of pauses is longer than."""
    ends = list(pairwise(_KNOTS))
    for (low, above), (high, beyond) in ends:
        if share >= beyond:
            return low + (high - low) * math.log(above / share) / math.log(above / beyond)
    # Behind the last knot it goes on as before it.
    (low, above), (high, beyond) = ends[-1]
    return high + (high - low) * math.log(beyond / share) / math.log(above / beyond)


def lengths(cuts: Sequence[Cut], shuffle: int) -> list[float]:
    """Return a length for the pause behind each transcript, ms: infinite where the caller had finished.

    All lengths together are those of real pauses. Which transcript has which is drawn from its text; each `shuffle`
    draws anew.
    """
    found = [math.inf] * len(cuts)
    holds = [place for place, cut in enumerate(cuts) if not cut.done]
    holds.sort(key=lambda place: hashlib.sha256(f"{shuffle} {place} {cuts[place].text}".encode()).digest())
    for rank, place in enumerate(holds):
        found[place] = pause_at((rank + 0.5) / len(holds))
    return found


def chosen(cuts: Iterable[Cut], lines: str) -> list[Cut]:
    """Return the transcripts of `even` or `odd` lines, or of all."""
    parity = {"even": 0, "odd": 1}.get(lines)
    return [cut for cut in cuts if parity is None or cut.line % 2 == parity]
