"""Test telephone numbers in every form they are written in."""

from __future__ import annotations

from ivr.text.normalize.numbers.phone_numbers import by_threes, say_phone_numbers
from tests.text.tables import failures


def test_phone_numbers() -> None:
    rows = [
        ("1-800-555-0199", "one, eight zero zero, five five five, zero one nine nine"),
        ("1–800–555–0199", "one, eight zero zero, five five five, zero one nine nine"),
        ("(555) 010-4477", "five five five, zero one zero, four four seven seven"),
        ("966.11.555.0199", "nine six six, one one, five five five, zero one nine nine"),
        ("(555)010-4477 x12", "five five five, zero one zero, four four seven seven extension one two"),
        ("1 (555) 010-4477", "one, five five five, zero one zero, four four seven seven"),
        ("555.010.4477x12", "five five five, zero one zero, four four seven seven extension one two"),
        ("555.010.4477", "five five five, zero one zero, four four seven seven"),
        ("1.800.555.0199", "one, eight zero zero, five five five, zero one nine nine"),
        ("+966.50.123.4567", "plus nine six six, five zero, one two three, four five six seven"),
        ("050/1234567", "zero five zero, one two three, four five six seven"),
        ("920-012-345", "nine two zero, zero one two, three four five"),
        ("1-800-FLOWERS", "one, eight zero zero, FLOWERS"),
        ("800-MY-APPLE", "800-MY-APPLE"),
        ("+3.50 and 3.555.1000.5", "+3.50 and 3.555.1000.5"),
        ("192.168.10.10", "192.168.10.10"),
        ("1920 x1080", "1920 x1080"),
    ]
    assert failures(rows, lambda text: say_phone_numbers(text, arabic=False)) == []


def test_extensions_in_arabic() -> None:
    assert say_phone_numbers("011-234-5678 تحويلة 12", arabic=True).endswith(" تحويلة واحد اثنين")


def test_by_threes() -> None:
    rows = [("12345", ["123", "45"]), ("1234", ["1234"]), ("123456789012", ["1234", "5678", "9012"]), ("12", ["12"])]
    assert failures(rows, by_threes) == []
