"""What can be told of words has a name and a weight."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.text.turn.leaning import leaning, signs_of
from ivr.text.turn.leaning_weights import WORD_WEIGHTS
from ivr.text.turn.words import NOT_TOLD, AnswerKind, Judged, TurnRule, folded, words_of
from tests.text.tables import failures

SENTENCE, STORY = Judged("complete", "sentence"), Judged("complete", "story")
OPEN, PART = Judged("open", "governs"), Judged("open", "number_part")


def signs(text: str, judged: Judged = NOT_TOLD, expected: str = "") -> set[str]:
    plain = folded(text)
    return set(signs_of(judged, plain, words_of(plain), expected)) - {"any words"}


@pytest.mark.parametrize(
    ("text", "judged", "expected", "told"),
    [
        ("now", NOT_TOLD, "", {"unknown none", "one clause", "ends in an adverb"}),
        ("now", NOT_TOLD, "date", {
            "few words when asked for something",
            "unknown none", "unknown when asked for something", "one clause", "ends in an adverb",
        }),
        ("the flat", NOT_TOLD, "", {
            "unknown none", "one clause", "begins with an English subject",
            "begins with a subject when asked openly", "ends in a noun phrase",
        }),
        ("the flat", SENTENCE, "address", {
            "few words when asked for something", "complete", "complete sentence", "one clause", "two words",
            "begins with an English subject", "ends in a noun phrase",
        }),
        ("Maria", SENTENCE, "name", {
            "few words when asked for something",
            "complete", "complete sentence", "complete when asked for name",
            "one clause",
        }),
        ("my number is", OPEN, "digits", {
            "few words when asked for something",
            "open", "open governs", "open when asked for digits", "ends in an auxiliary",
            "begins with an English subject",
        }),
        ("oh five", PART, "digits", {
            "few words when asked for something",
            "open", "open answer_part", "open when asked for digits",
        }),
        ("six", Judged("complete", "number_whole"), "digits", {
            "few words when asked for something", "complete", "complete answer_whole", "one clause",
        }),
        ("who is it?", Judged("complete", "question"), "", {
            "complete", "complete question", "question mark", "one clause",
        }),
        ("yes and that was when I called", STORY, "yes_no", {
            "complete", "complete story", "begins with yes or no", "tells what happened",
            "ends in a verb", "complete and ends in a verb", "many words when asked for yes or no",
        }),
        ("yes and the blue", NOT_TOLD, "yes_no", {
            "unknown none", "unknown when asked for something", "begins with yes or no",
        }),
        ("six five four three two one", NOT_TOLD, "", {"unknown none", "one clause"}),
        ("seven six five four three two one", NOT_TOLD, "", {
            "unknown none", "one clause", "many words when asked openly",
        }),
        ("four three two one", NOT_TOLD, "yes_no", {
            "unknown none", "unknown when asked for something", "one clause",
        }),
        ("five four three two one", NOT_TOLD, "yes_no", {
            "unknown none", "unknown when asked for something", "one clause", "many words when asked for yes or no",
        }),
        ("five four three two one", NOT_TOLD, "digits", {
            "unknown none", "unknown when asked for something", "one clause",
        }),
        ("ten nine eight seven six five four three two one", NOT_TOLD, "digits", {
            "unknown none", "unknown when asked for something", "one clause", "many words when asked for something",
        }),
        ("seven, but six", NOT_TOLD, "", {"unknown none", "comma inside", "reason or contrast"}),
        ("1,200", NOT_TOLD, "", {"unknown none", "one clause"}),
        ("um", NOT_TOLD, "", {"unknown none", "one clause"}),
        ("أنا في", OPEN, "", {
            "open", "open governs", "ends in a small word", "begins with an Arabic subject",
            "begins with a subject when asked openly", "Arabic pronoun",
        }),
        ("طلبت جدة", SENTENCE, "", {
            "complete", "complete sentence", "one clause", "two words", "tells what happened", "ends in a bare word",
            "complete and ends in a bare word",
        }),
        ("معي", OPEN, "", {"open", "open governs", "ends in a pronoun", "open and ends in a pronoun"}),
        ("سبعة", NOT_TOLD, "", {"unknown none", "one clause"}),
    ],
)  # fmt: skip
def test_signs(text: str, judged: Judged, expected: str, told: set[str]) -> None:
    assert signs(text, judged, expected) == told


def test_a_noun_with_what_belongs_to_it_is_a_noun_phrase() -> None:
    rows = [
        ("to the clinic", True),
        ("for me", True),
        ("the flat red", False),
        ("clinic", False),
        ("the", False),
        ("في الفندق", True),
        ("شارع العليا", True),
        ("رقم الحساب", True),
        ("الحساب غلط", True),
        ("الحساب", False),
        ("غلط", False),
        ("الحساب في", False),
    ]
    assert failures(rows, lambda text: "ends in a noun phrase" in signs(text)) == []


@pytest.mark.parametrize(
    ("joining", "told"),
    [
        ("seven but six", {"reason or contrast"}),
        ("سبعة لكن ستة", {"reason or contrast"}),
        ("سبعة لأنه ستة", {"reason or contrast"}),
        ("seven and six", set()),
        ("سبعة أو ستة", set()),
        ("but seven", {"one clause"}),
        ("seven but", set()),
    ],
)
def test_words_between_clauses(joining: str, told: set[str]) -> None:
    assert signs(joining) & {"one clause", "reason or contrast"} == told


def test_the_recognisers_marks_are_no_signs_but_for_one() -> None:
    rows = [
        ("now.", signs("now")),
        ("now", signs("now")),
        ("now,", signs("now")),
        ("now?", signs("now") | {"question mark"}),
    ]
    assert failures(rows, signs) == []


def test_what_has_no_weight_weighs_nothing() -> None:
    words = ["one", "two", "three"]
    assert leaning(Judged("unknown", "list"), " ".join(words), words, "") == pytest.approx(
        WORD_WEIGHTS["any words"] + WORD_WEIGHTS["one clause"]
    )


@given(
    st.text(),
    st.sampled_from(["", *get_args(AnswerKind)]),
    st.sampled_from(["open", "unknown", "complete"]),
    st.sampled_from(get_args(TurnRule)),
)
def test_any_words_have_a_weight(text: str, expected: str, level: str, rule: TurnRule) -> None:
    plain = folded(text) + " words"
    judged = Judged(level, rule)  # type: ignore[arg-type]
    told = signs_of(judged, plain, words_of(plain), expected)
    assert len(set(told)) == len(told)
    assert -9 < leaning(judged, plain, words_of(plain), expected) < 9
