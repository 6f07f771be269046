"""Test English number words."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ivr.text.normalize.numbers import cardinal_en as en
from tests.text.tables import failures


def test_cardinal_and_ordinal() -> None:
    rows = [
        (0, "zero", "zeroth"),
        (1, "one", "first"),
        (12, "twelve", "twelfth"),
        (13, "thirteen", "thirteenth"),
        (20, "twenty", "twentieth"),
        (21, "twenty-one", "twenty-first"),
        (100, "one hundred", "one hundredth"),
        (342, "three hundred forty-two", "three hundred forty-second"),
        (1005, "one thousand five", "one thousand fifth"),
        (2 * 10**12, "two trillion", "two trillionth"),
    ]
    assert failures([row[:2] for row in rows], en.cardinal) == []
    assert failures([row[::2] for row in rows], en.ordinal) == []


def test_year() -> None:
    rows = [
        (1994, "nineteen ninety-four"),
        (1145, "eleven forty-five"),
        (1905, "nineteen oh five"),
        (1900, "nineteen hundred"),
        (2000, "two thousand"),
        (2005, "two thousand five"),
        (2025, "twenty twenty-five"),
        (999, "nine hundred ninety-nine"),
    ]
    assert failures(rows, lambda number: en.year(number)) == []


def test_digits_whole_decimal_and_spell() -> None:
    assert en.digits("050") == "zero five zero"
    assert en.whole("12") == "twelve"
    assert en.whole("012") == "zero one two"
    assert en.decimal("2", "05") == "two point zero five"
    assert en.spell("nql") == "N Q L"


@given(st.integers(0, 10**15 - 1), st.integers(0, 10**15 - 1))
def test_cardinal_differs_for_different_numbers(one: int, other: int) -> None:
    assert (en.cardinal(one) == en.cardinal(other)) is (one == other)
