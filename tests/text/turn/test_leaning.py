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
            "unknown none", "unknown when asked for something", "one clause", "ends in an adverb",
        }),
        ("the flat", NOT_TOLD, "", {
            "unknown none", "one clause", "begins with an English subject",
            "begins with a subject when asked openly",
        }),
        ("the flat", SENTENCE, "address", {
            "complete", "complete sentence", "one clause", "two words", "begins with an English subject",
        }),
        ("Maria", SENTENCE, "name", {"complete", "complete sentence", "complete when asked for name", "one clause"}),
        ("my number is", OPEN, "digits", {
            "open", "open governs", "open when asked for digits", "one clause", "ends in an auxiliary",
            "begins with an English subject",
        }),
        ("oh five", PART, "digits", {
            "open", "open answer_part", "open when asked for digits", "one clause", "two words",
        }),
        ("six", Judged("complete", "number_whole"), "digits", {"complete", "complete answer_whole", "one clause"}),
        ("who is it?", Judged("complete", "question"), "", {
            "complete", "complete question", "question when asked openly", "question mark", "one clause",
        }),
        ("yes and that was when I called", STORY, "yes_no", {
            "complete", "complete story", "begins with yes or no", "many clauses", "tells what happened",
            "ends in a verb", "complete and ends in a verb",
        }),
        ("yes and the blue", NOT_TOLD, "yes_no", {
            "unknown none", "unknown when asked for something", "begins with yes or no",
        }),
        ("one two three four five six seven eight nine", NOT_TOLD, "", {
            "unknown none", "one clause", "unknown and long",
        }),
        ("um", NOT_TOLD, "", {"unknown none", "one clause"}),
        ("أنا في", OPEN, "", {
            "open", "open governs", "one clause", "two words", "ends in a small word", "begins with an Arabic subject",
            "begins with a subject when asked openly",
        }),
        ("طلبت جدة", SENTENCE, "", {
            "complete", "complete sentence", "one clause", "two words", "tells what happened", "ends in a bare word",
            "complete and ends in a bare word",
        }),
        ("معي", OPEN, "", {"open", "open governs", "one clause", "ends in a pronoun", "open and ends in a pronoun"}),
        ("سبعة", NOT_TOLD, "", {"unknown none", "one clause"}),
    ],
)  # fmt: skip
def test_signs(text: str, judged: Judged, expected: str, told: set[str]) -> None:
    assert signs(text, judged, expected) == told


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
