"""Test English words by their grammar."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ivr.text.turn.english import judge_english
from ivr.text.turn.words import Completeness, TurnRule, folded, words_of
from tests.text.turn.english_sentences import WHOLE
from tests.text.turn.english_unfinished import OPEN, UNKNOWN

ROWS = [row.strip() for table in (WHOLE, OPEN, UNKNOWN) for rows in table.values() for row in rows.splitlines()]
WORDS = sorted({word for row in ROWS for word in row.split()})


def judged(text: str, expected: str = "") -> Completeness:
    plain = folded(text)
    return judge_english(words_of(plain), plain, expected).completeness


def rule(text: str, expected: str = "") -> TurnRule:
    plain = folded(text)
    return judge_english(words_of(plain), plain, expected).rule


def wrong(tables: dict[str, str], awaited: Completeness, expected: str = "") -> list[str]:
    rows = [(kind, row.strip()) for kind, rows in tables.items() for row in rows.splitlines() if row.strip()]
    return [f"{kind}: {row}: {got}" for kind, row in rows if (got := judged(row, expected)) != awaited]


def test_whole_sentences() -> None:
    assert wrong(WHOLE, "complete") == []


def test_unfinished_sentences() -> None:
    assert wrong(OPEN, "open", "open") == []


def test_sentences_that_do_not_tell() -> None:
    assert wrong(UNKNOWN, "unknown", "open") == []


def test_what_was_asked_tells() -> None:
    rows: list[tuple[str, str, Completeness]] = [
        ("when it comes", "date", "complete"),
        ("when it comes", "open", "open"),
        ("I did", "yes_no", "complete"),
        ("I did", "open", "open"),
        ("I did", "", "unknown"),
        ("I don't want to", "yes_no", "complete"),
        ("I don't want to", "", "complete"),
        ("he wants to", "yes_no", "complete"),
        ("it's three", "", "unknown"),
        ("I'd like to book it to", "yes_no", "open"),
        ("my husband", "open", "unknown"),
        ("my name", "name", "open"),
    ]
    assert [(text, asked, got) for text, asked, told in rows if (got := judged(text, asked)) != told] == []


def test_marks_and_another_language() -> None:
    assert judge_english(["yes"]).completeness == "complete"
    assert judged(".") == "unknown"
    assert rule("عندي the parcel", "open") != "clause"
    assert judged("عندي the") == "open"


def test_the_rule_that_tells() -> None:
    rows: list[tuple[str, TurnRule]] = [
        ("where is my parcel", "question"),
        ("can you send it", "request"),
        ("just cancel it", "request"),
        ("I'd like to cancel it", "request"),
        ("we are looking for a table", "sentence"),
        ("I'm looking for a table", "request"),
        ("my parcel has not arrived", "story"),
        ("I was at home", "story"),
        ("he came", "story"),
        ("my parcel is late", "sentence"),
        ("the number of the", "governs"),
        ("when I opened the box", "clause"),
        ("my parcel", "subject"),
        ("the blue one from Riyadh", "subject"),
        ("red shoes", "fragment"),
        ("I want to um", "filler"),
        ("that's all", "short_answer"),
        ("thank you", "closing"),
    ]
    assert [(text, got) for text, told in rows if (got := rule(text)) != told] == []


@given(
    st.lists(st.sampled_from([*WORDS, ".", ",", "um"]), max_size=12).map(" ".join),
    st.sampled_from(["", "open", "yes_no"]),
)
def test_any_words_are_judged(text: str, expected: str) -> None:
    assert judged(text, expected) in ("complete", "open", "unknown")
