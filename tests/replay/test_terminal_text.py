"""Times, lengths and words are written for a terminal, which nothing on a tape can steer."""

from __future__ import annotations

import pytest

from ivr.replay import terminal_text


@pytest.mark.parametrize(
    ("seconds", "told"), [(0, "00:00.000"), (61.0204, "01:01.020"), (-0.5, "-00:00.500"), (3599.9996, "60:00.000")]
)
def test_the_clock_of_a_call(seconds: float, told: str) -> None:
    assert terminal_text.clock(seconds) == told


def test_a_long_quotation_is_cut() -> None:
    assert terminal_text.quote("word " * 50, 20) == "“word word word word…”"
    assert len(terminal_text.quote("x" * 500)) == terminal_text.LONGEST_QUOTE + 2
    assert terminal_text.span(1.9994) == "1999 ms"
    assert terminal_text.span(12.34) == "12.3 s"


@pytest.mark.parametrize("seconds", [float("nan"), float("inf"), 1e306])
def test_a_time_that_is_none_has_words_too(seconds: float) -> None:
    assert terminal_text.clock(seconds) == "??:??.???"
    assert terminal_text.span(seconds) == "? ms"


def test_what_a_terminal_obeys_is_written_as_escapes() -> None:
    hostile = "a\x1b[31m\x00\u202eb\u2028\ud800 كلمة"
    assert terminal_text.printable(hostile) == r"a\x1b[31m\x00\u202eb\u2028\ud800 كلمة"
