"""Test words that are complete or open."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.text.turn.answer.numbers import LONG_NUMBER
from ivr.text.turn.words import AnswerKind, Completeness, Judged
from ivr.text.turn_end import completeness, folded, judge_by_rules, judge_words
from tests.text.tables import failures


def by_rules(text: str, expected: str = "", length: int = 0) -> Completeness:
    return judge_by_rules(text, expected, length).completeness


def test_completeness_by_rules() -> None:
    rows = [
        ("", "unknown"),
        ("…", "unknown"),
        ("yes", "complete"),
        ("Yes please", "complete"),
        ("oh no", "complete"),
        ("نعم", "complete"),
        ("أيوه", "complete"),
        ("إيوا", "complete"),
        ("لا شكراً", "complete"),
        ("خلاص", "complete"),
        ("السلام عليكم", "unknown"),
        ("hello", "unknown"),
        ("مع السلامة", "complete"),
        ("ok thank you", "complete"),
        ("that's all", "complete"),
        ("that’s all", "complete"),
        ("Where is my parcel?", "complete"),
        ("وين شحنتي؟", "complete"),
        ('He said "stop."', "complete"),
        ("where is my parcel", "complete"),
        ("وين شحنتي", "complete"),
        ("I want to track my", "open"),
        ("my number is", "open"),
        ("I would like, ", "open"),
        ("it was yesterday...", "open"),
        ("it was yesterday…", "open"),
        ("my parcel.", "unknown"),
        ("أبغى أتتبع الشحنة اللي", "open"),
        ("رقم الشحنة", "unknown"),
        ("رقم الشحنة؟", "complete"),
        ("رقم الشحنة،", "open"),
        ("هذا الطلب الجديد", "unknown"),
        ("هذا الطلب الجديد.", "complete"),
        ("شحنتي من الرياض إلى", "open"),
        ("بس", "open"),
        ("the code is 12", "unknown"),
        ("the code is 123", "open"),
        ("no no no", "complete"),
        ("7826459301240", "complete"),
        ("٧٨٢٦٤٥٩٣٠١٢٤٠", "complete"),
        ("78264593", "open"),
        ("78264 593012", "open"),
        ("78264593012401", "unknown"),
        ("my pin is 4471", "unknown"),
        ("0551234567", "complete"),
        ("055 123", "open"),
        ("966551234567", "complete"),
        ("96655123", "open"),
        ("NQL 7826459301240", "complete"),
        ("7826459301240 please", "complete"),
    ]
    assert failures(rows, lambda text: by_rules(text)) == []


def test_completeness_of_what_is_expected() -> None:
    rows = [
        ("1234", "digits", 4, "complete"),
        ("1 2 3 4 5 6", "digits", 6, "complete"),
        ("رقمي ١٢٣٤", "digits", 4, "complete"),
        ("123", "digits", 4, "open"),
        ("05012", "digits", 6, "open"),
        ("12345", "digits", 4, "unknown"),
        ("I do not have one.", "digits", 4, "complete"),
        ("1234", "digits", 0, "unknown"),
        ("my parcel is late", "digits", 0, "unknown"),
        ("certainly", "yes_no", 0, "complete"),
        ("but", "yes_no", 0, "open"),
        ("certainly my friend", "yes_no", 0, "complete"),
        ("certainly", "name", 0, "open"),
        ("the blue one.", "date", 0, "complete"),
        ("the blue one.", "open", 0, "complete"),
    ]
    assert failures(rows, by_rules) == []


def test_folded_spellings() -> None:
    assert folded("أَهْلاً ســلامة") == folded("اهلا سلامه")


@pytest.mark.parametrize(
    ("text", "expected", "level", "rule"),
    [
        ("", "", "unknown", "none"),
        ("hello", "", "unknown", "none"),
        ("yes", "yes_no", "complete", "answer_whole"),
        ("where is my parcel?", "open", "complete", "question"),
        ("I called because my", "open", "open", "governs"),
        ("رقمي صفر خمسة خمسة", "digits", "open", "answer_part"),
        # A whole sentence that tells what happened is the beginning of more as often.
        ("أنا طلبت جوال", "open", "unknown", "sentence"),
    ],
)
def test_a_level_follows_from_the_weight(text: str, expected: str, level: str, rule: str) -> None:
    judged = judge_words(text, expected)
    assert (judged.completeness, judged.rule) == (level, rule)
    assert completeness(text, expected) == level


def test_words_that_only_show_that_the_caller_listens_weigh_nothing() -> None:
    rows = [("hello", "", 0.0), ("السلام عليكم", "open", 0.0)]
    assert failures(rows, lambda text, expected: judge_words(text, expected).weight) == []
    assert judge_words("hello", "name").weight != 0


def test_the_length_of_a_number_counts() -> None:
    rows = [("1 2 3 4", "digits", 4, "complete"), ("1 2 3 4", "digits", 0, "unknown"), ("1 2 3", "digits", 9, "open")]
    assert failures(rows, completeness) == []


def test_a_number_that_is_begun_is_a_part_also_where_it_is_in_doubt() -> None:
    assert Judged("unknown", "answer_part", -1.1).is_part
    assert not Judged("unknown", "answer_part", -0.9).is_part
    assert not Judged("unknown", "governs", -1.1).is_part


@given(st.text(), st.sampled_from(["", *get_args(AnswerKind)]), st.integers(0, 20))
def test_any_text_is_judged(text: str, expected: str, length: int) -> None:
    judged = judge_words(text, expected, length)
    assert judged.completeness in ("complete", "open", "unknown")
    assert -9 < judged.weight < 9
    assert judged.rule == judge_by_rules(text, expected, length).rule
    assert completeness(text, expected, length) == judged.completeness


def test_a_long_number_without_one_length_waits_for_its_next_group() -> None:
    rows = [
        (("five five two four oh one four nine", "digits", LONG_NUMBER), -1.2),
        (("خمسة خمسة اثنين أربعة واحد صفر أربعة تسعة", "digits", LONG_NUMBER), -1.2),
    ]
    assert failures(rows, lambda given: judge_words(*given).weight) == []
    assert judge_words("5524 0149 9836 2", "digits", LONG_NUMBER).is_whole
    assert judge_words("5524 0149", "digits", 0).weight > -1.2


def test_who_asks_for_time_gets_it() -> None:
    for text in ("let me see", "um, let me see", "لحظة", "خليني أشوف"):
        judged = judge_words(text)
        assert judged.rule == "filler", text
        assert judged.weight <= -2.2, text
