"""Test characters by what they mean to a sentence."""

from __future__ import annotations

from ivr.text.segment import punctuation
from tests.text.tables import failures


def test_arabic_letter() -> None:
    rows = [("ش", True), ("ى", True), ("پ", True), ("؟", False), ("a", False)]
    assert failures(rows, lambda char: punctuation.arabic_letter(char)) == []


def test_bare() -> None:
    assert punctuation.bare("شَـحْنَة\u200f") == "شحنة"


def test_says_something() -> None:
    rows = [("؟", False), ("_😊*", False), ("٣", True), ("أ", True), ("", False)]
    assert failures(rows, lambda text: punctuation.says_something(text)) == []


def test_lower_latin() -> None:
    assert [char for char in "aAéش1" if punctuation.lower_latin(char)] == ["a", "é"]


def test_last_seen() -> None:
    assert punctuation.last_seen("دَ\u202a.", 3, 0) == "د"
    assert punctuation.last_seen("\u202a.", 1, 0) == ""
    assert punctuation.last_seen("أب.", 2, 2) == ""


def test_word_set() -> None:
    assert punctuation.word_set(" a b  c ") == {"a", "b", "c"}
