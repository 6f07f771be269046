"""Stand-ins have the length and the shape of what they stand for, and nothing of what it says."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.replay.edit.stand_ins import NUMBER_WORDS, RULE_WORDS, StandIns

KEY = b"k" * 32


def made(*originals: str, key: bytes = KEY) -> StandIns:
    return StandIns(key, RULE_WORDS, originals)


@given(st.text(max_size=60))
def test_length_and_shape_stay(text: str) -> None:
    stands = made(text).text(text)
    assert len(stands) == len(text)
    for then, now in zip(text, stands, strict=True):
        kind = unicodedata.category(then)
        if kind[0] in "LN" and kind in ("Lu", "Ll", "Nd"):
            assert unicodedata.category(now) == kind or then.lower() == then.upper()
        elif kind[0] != "L":
            assert now == then
    assert made(text).text(text) == stands


@pytest.mark.parametrize(
    "text", ["yes", "Wait", "mmmm", "are you there", "don't forget", "لحظه", "لحظة", "أيوه", "Dr. and"]
)
def test_words_of_the_rules_stay(text: str) -> None:
    for word in text.split():
        if made().keeps(word.strip(".")):
            assert made(text).text(word) == word
    assert made(text).text(text.split(maxsplit=1)[0]) == text.split(maxsplit=1)[0]


@given(st.text("abcdefghijklmnopqrstuvwxyz ابتثجحخدذرسعغفقكلمن0123456789-+.", max_size=80))
def test_no_word_and_no_number_is_left(text: str) -> None:
    stands = set(re.findall(r"[^\W\d_]+|\d+", made(text).text(text)))
    for token in re.findall(r"[^\W\d_]{4,}|\d{3,}", text):
        assert token not in stands or (not token.isdigit() and made(text).keeps(token))


def test_the_same_word_has_the_same_stand_in() -> None:
    one, two = made("zebra").text("Zebra zebra, ZEBRA").split()[:2]
    assert one.strip(",").casefold() == two.strip(",").casefold() != "zebra"
    text = "my zebra is late, the zebra of 4711"
    stands = made(text).text(text)
    assert stands.split()[1] == stands.split()[5]
    assert made(text, key=b"other" * 6).text(text) != stands


@pytest.mark.parametrize(
    ("number", "shape"),
    [
        ("+966501234567", r"\+9665\d{8}"),
        ("0512345678", r"05\d{8}"),
        ("007", r"0\d\d"),
        ("4711", r"[1-9]\d{3}"),
        ("25", r"[1-9]\d"),
        ("٢٥", r"[١-٩][٠-٩]"),
    ],
)
def test_numbers_keep_their_shape(number: str, shape: str) -> None:
    stands = made(number).text(number)
    assert re.fullmatch(shape, stands)
    assert stands != number


def test_and_stays_at_the_beginning_of_a_word() -> None:
    words = ["واختر", "اختر", "والشحنة", "شحنة", "وزن"] + [f"{letter}حنة" for letter in "ابتثجحخدذرزسشصضطظعغفقكلمنهي"]
    stands = made(*words)
    assert [stands.text(word)[0] == "و" for word in words] == [word[0] == "و" for word in words]


def test_no_part_of_an_id_stays() -> None:
    stands = made("bb12yes")
    assert stands.text("yes") == "yes"
    assert stands.name("yes") != "yes"
    assert len(stands.name("bb12yes")) == 7


def test_keys_stay_keys() -> None:
    stands = made()
    assert stands.digit("#", 1, "#") == "#"
    assert stands.digit("*", 1, "#") == "*"
    assert stands.digit("A", 1, "#") in "ABCD"
    pressed = {stands.digit("5", place, "7") for place in range(200)}
    assert pressed == set("012345689")
    assert stands.digit("7", 3, "7") == "7"
    assert stands.digit("5", 3, "") in set("0123456789")
    assert stands.digit("", 3, "#") == ""


def test_a_word_without_another_stays() -> None:
    """Of one letter there are few: where all were said, it stays."""
    letters = "ابتثجحخدذرزسشصضطظعغفقكلمنهوي"
    assert made(*letters).text("ب") in letters


def test_rule_words_and_number_words_are_known() -> None:
    assert {"yes", "wait", "and", "thanks"} <= RULE_WORDS
    assert {"riyals", "twenty", "seven"} <= NUMBER_WORDS | {"riyals"}
    assert "umbrella" not in RULE_WORDS | NUMBER_WORDS


def test_other_scripts_have_letters_of_their_kind() -> None:
    stands = made("Привет 你好").text("Привет 你好")
    assert stands != "Привет 你好"
    assert [unicodedata.category(char) for char in stands] == [unicodedata.category(char) for char in "Привет 你好"]
