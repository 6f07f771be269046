"""Where a sentence that broke off is begun again: at a clause, and never behind the place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.call.agent.restart import DOUBT, SLOW_SPEECH_MS_PER_CHARACTER, SpeakingRate, clause

TEXT = "It is in Riyadh, at the depot; today. (Really?) Yes"


def test_an_unknown_speaker_is_slow() -> None:
    assert SpeakingRate().said(1110) == 10


@pytest.mark.parametrize(
    ("said", "rest"),
    [
        (0, TEXT),
        (16, TEXT),
        (17, "at the depot; today. (Really?) Yes"),
        (30, "at the depot; today. (Really?) Yes"),
        (31, "today. (Really?) Yes"),
        (38, "(Really?) Yes"),
        (48, "Yes"),
        (999, "Yes"),
    ],
)
def test_the_clause_is_said_from_its_beginning(said: float, rest: str) -> None:
    at, place = clause(TEXT, TEXT, said)
    assert (TEXT[at:], TEXT[place:]) == (rest, rest)


def test_a_mark_in_a_figure_or_at_the_end_makes_no_clause() -> None:
    assert clause("At 10:30 it is 1,000 riyals. ", "At 10:30 it is 1,000 riyals. ", 99) == (0, 0)


def test_what_was_written_is_cut_where_what_is_spoken_is() -> None:
    written, spoken = "It costs 25 SAR, today.", "It costs twenty-five riyals, today."
    assert clause(written, spoken, 30) == (17, 29)
    assert clause(written, spoken, 28) == (0, 0)


def test_texts_that_cannot_be_matched_are_begun_anew() -> None:
    assert clause("One, two, three", "One and two, three", 99) == (0, 0)


@given(st.text(alphabet="ab ،,. "), st.floats(0, 60))
def test_nothing_behind_the_place_is_left_out(text: str, said: float) -> None:
    at, place = clause(text, text, said)
    assert at == place <= said
    assert text[at:].strip() or not text.strip()


def test_the_speaking_rate_errs_to_the_slow_side() -> None:
    pace = SpeakingRate()
    assert pace.said(SLOW_SPEECH_MS_PER_CHARACTER * 10) == pytest.approx(10)
    pace.learn("", 500)
    assert pace.said(SLOW_SPEECH_MS_PER_CHARACTER * 10) == pytest.approx(10)
    pace = SpeakingRate()
    pace.learn("x" * 30, 2000)
    pace.learn("x" * 10, 1200)
    assert pace.said(800) == pytest.approx(10 / DOUBT)
    assert repr(pace) == "<SpeakingRate 3200 ms for 40 characters>"
