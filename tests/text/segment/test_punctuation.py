"""Characters by what they mean to a sentence."""

from __future__ import annotations

import pytest

from ivr.text.segment import punctuation


@pytest.mark.parametrize(("char", "is_arabic"), [("ش", True), ("ى", True), ("پ", True), ("؟", False), ("a", False)])
def test_arabic_letter(char: str, is_arabic: bool) -> None:
    assert punctuation.arabic_letter(char) is is_arabic


def test_bare() -> None:
    assert punctuation.bare("شَـحْنَة\u200f") == "شحنة"


@pytest.mark.parametrize(("text", "says"), [("؟", False), ("_😊*", False), ("٣", True), ("أ", True), ("", False)])
def test_says_something(text: str, says: bool) -> None:
    assert punctuation.says_something(text) is says


def test_lower_latin() -> None:
    assert [char for char in "aAéش1" if punctuation.lower_latin(char)] == ["a", "é"]


def test_last_seen() -> None:
    assert punctuation.last_seen("دَ\u202a.", 3, 0) == "د"
    assert punctuation.last_seen("\u202a.", 1, 0) == ""
    assert punctuation.last_seen("أب.", 2, 2) == ""


def test_words() -> None:
    assert punctuation.words(" a b  c ") == {"a", "b", "c"}
