"""Test that the work of each text rule grows with the length of the text, however hostile: in steps, not in seconds."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ivr.text
from ivr.text.normalize import normalize
from ivr.text.segment.sentences import MAX_SENTENCE
from tests.support.regex_steps import StepCounter

LENGTH = 60
"""Characters of the shorter text. The longer one has twice as many."""
MOST_GROWTH = 3.2
"""Work for twice the text, as a multiple; four would be quadratic. Bounded look-ahead shows as more than two."""
MOST_A_CHARACTER = 5000
"""Steps a character, at most: a phone number has many readings."""
# Each of these was the worst of some pattern, in a search of 140 units over all patterns.
HOSTILE = ("00", "A1-", "a", "ا", "\u064b", "\n ", " ", "*", "1:", "😊")
_MARKS = ". , : - / + % $ # * ( ) [ ] | & @ _ ~ ' = < > ` ! ،"
_WORDS_OF_RULES = "1 12 a A x ا م ٣ د. ر.س كلمة رقم إلى code SAR to Jan"
_FRAGMENTS = st.sampled_from([*_MARKS.split(), *_WORDS_OF_RULES.split(), " ", "\n", '"'])


def _patterns(value: object, depth: int = 0) -> Iterator[re.Pattern[str]]:
    """Yield the patterns in a constant."""
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, tuple | list) and depth < 3:
        for item in value:
            yield from _patterns(item, depth + 1)
    elif isinstance(value, dict):
        yield from _patterns(list(value.values()), depth + 1)


def _anchored(module: Path) -> set[str]:
    """Return the names that a module only asks whether they match at one place."""
    asked: dict[str, set[str]] = {}
    for node in ast.walk(ast.parse(module.read_text("utf8"))):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=method)):
                asked.setdefault(name, set()).add(method)
    return {name for name, methods in asked.items() if methods <= {"match", "fullmatch"}}


@cache
def _counters() -> dict[str, StepCounter]:
    """Return a counter for each pattern that searches."""
    counters: dict[str, StepCounter] = {}
    for found in pkgutil.walk_packages(ivr.text.__path__, "ivr.text."):
        module = importlib.import_module(found.name)
        anchored = _anchored(Path(str(module.__file__)))
        for name, value in vars(module).items():
            if name not in anchored and not name.startswith("__"):
                for pattern in _patterns(value):
                    counters.setdefault(pattern.pattern, StepCounter(pattern))
    return counters


def _steps(counter: StepCounter, text: str) -> int:
    counter.steps = 0
    counter.search(text)
    return counter.steps


@pytest.fixture(autouse=True)
def deep_recursion() -> Iterator[None]:
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(30_000)
    yield
    sys.setrecursionlimit(limit)


def _growing_too_fast(unit: str, end: str) -> list[str]:
    """Return the patterns whose work on a repeated unit grows faster than the text."""
    short, long = ((unit * length)[:length] + end for length in (LENGTH, 2 * LENGTH))
    out = []
    for pattern, counter in _counters().items():
        before = _steps(counter, short)
        # A pattern that gives up at once at each place is linear.
        if before > 8 * LENGTH:
            after = _steps(counter, long)
            if after > MOST_GROWTH * before or after > 2 * LENGTH * MOST_A_CHARACTER:
                out.append(f"{pattern}: {before} and {after} steps")
    return out


def test_step_counter_finds_what_re_finds() -> None:
    texts = (
        "رقم الشحنة: NQL-12, 5.50 SAR (1) a@b.com\n- **x** 3:30 pm",
        "12/8/2025 | $5-$10 | +966 50 123 4567 & <b>`x`",
    )
    rows = [(pattern, text) for pattern in _counters() for text in texts]
    assert len(rows) > 500
    for pattern, text in rows:
        counter = _counters()[pattern]
        assert counter.search(text) == [found.span() for found in counter.pattern.finditer(text)], pattern


def test_work_of_each_pattern_is_linear() -> None:
    assert [(unit, slow) for unit in HOSTILE if (slow := _growing_too_fast(unit, "!x"))] == []


@given(st.lists(_FRAGMENTS, min_size=1, max_size=4).map("".join), st.sampled_from(["", "x", " "]))
@settings(max_examples=6, deadline=None)
def test_work_on_any_repeated_text_is_linear(unit: str, end: str) -> None:
    assert _growing_too_fast(unit, end) == []


@given(st.lists(_FRAGMENTS, min_size=1, max_size=4).map("".join))
@settings(max_examples=20, deadline=None)
def test_normalizer_looks_at_slices(unit: str) -> None:
    """Count the characters that its rules are given: for twice the text, about twice as many."""

    def given_to_rules(length: int) -> int:
        seen: list[int] = []

        def counted(text: str, language: str) -> str:
            seen.append(len(text))
            return say_sentence(text, language)

        say_sentence = normalize._say_sentence
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(normalize, "_say_sentence", counted)
            normalize.normalize((unit * length)[:length])
        assert max(seen, default=0) <= MAX_SENTENCE + 80
        return sum(seen)

    assert given_to_rules(2000) <= 2.5 * given_to_rules(1000) + MAX_SENTENCE
