"""Test which words and numbers of a text that broke off are whole."""

from __future__ import annotations

from ivr.text.segment.unfinished import whole_length
from tests.text.tables import failures


def test_whole_length() -> None:
    rows = [
        ("The fee is 1", "The fee is "),
        ("The fee is 1 ", "The fee is "),
        ("The fee is SAR 1,2", "The fee is "),
        ("The fee is $", "The fee is "),
        ("The fee is 100 ri", "The fee is "),
        ("It costs 5.", "It costs "),
        ("It costs 5. ", "It costs 5. "),
        ("It costs 5%", "It costs 5%"),
        ("It costs 5% ", "It costs 5% "),
        ("It costs (5)", "It costs (5)"),
        ("It arrived.", "It arrived."),
        ("It arrived. ", "It arrived. "),
        ("It has arr", "It has "),
        ("It has arrived, and", "It has arrived, "),
        ("Pay at room no. 3", "Pay at room "),
        ("ending in **** 12", "ending in "),
        ("call 050 123 ", "call "),
        ("at 12:3", "at "),
        ("المبلغ ٥", "المبلغ "),
        ("المبلغ ١٬٢٥٠ ر.س", "المبلغ "),
        ("المبلغ 5 آلاف ر", "المبلغ 5 آلاف "),
        ("نعم؟ ", "نعم؟ "),
        ("نع", ""),
        ("5", ""),
        ("", ""),
    ]
    assert failures(rows, lambda text: text[: whole_length(text)]) == []
    # A word without end is no word.
    assert whole_length("a " + "x" * 1000) == 1002
