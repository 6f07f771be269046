"""Delta debugging leaves what matters, in order, and the same every time."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from ivr.testbench.shrink import shrink


@given(st.integers(0, 60), st.sets(st.integers(0, 59)))
def test_only_what_is_needed_is_left(count: int, needed: set[int]) -> None:
    parts = list(range(count))
    wanted = needed & set(parts)
    asked: list[list[int]] = []

    def still(kept: list[int]) -> bool:
        asked.append(kept)
        return wanted <= set(kept)

    found = shrink(parts, still, most=10_000)
    assert found.kept == sorted(wanted)
    assert found.finished
    assert found.tries == len(asked)
    again = shrink(parts, lambda kept: wanted <= set(kept), most=10_000)
    assert again == found


@given(st.lists(st.booleans(), max_size=12), st.data())
def test_no_single_part_of_the_rest_can_go(parts: list[bool], data: st.DataObject) -> None:
    """Of any predicate, also one that is not monotone."""
    numbers = list(range(len(parts)))
    answers: dict[tuple[int, ...], bool] = {tuple(numbers): True}

    def still(kept: list[int]) -> bool:
        key = tuple(kept)
        if key not in answers:
            answers[key] = data.draw(st.booleans())
        return answers[key]

    found = shrink(numbers, still, most=10_000)
    assert answers[tuple(found.kept)]
    for at in range(len(found.kept)):
        assert not still(found.kept[:at] + found.kept[at + 1 :])


def test_nothing_is_left_of_what_needs_nothing() -> None:
    found = shrink("abcdef", lambda kept: True)
    assert (found.kept, found.tries, found.finished) == ([], 1, True)
    assert shrink("", lambda kept: False).tries == 0


def test_big_pieces_go_first() -> None:
    found = shrink(range(1024), lambda kept: 700 in kept)
    assert found.kept == [700]
    assert found.tries < 40


def test_the_tries_are_bounded() -> None:
    found = shrink(range(100), lambda kept: len(kept) > 50, most=7)
    assert (found.tries, found.finished) == (7, False)
    assert len(found.kept) > 50
    asked = itertools.count()
    stopped = shrink(range(100), lambda kept: next(asked) < 0, enough=lambda: next(asked) > 10)
    assert not stopped.finished
    assert stopped.kept == list(range(100))
