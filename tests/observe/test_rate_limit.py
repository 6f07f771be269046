"""What is told of lines that come again and again."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ivr.observe.rate_limit import FIRST_LINES, MOST_KINDS, NEW_AFTER_S, REPEAT_S, RateLimit


def test_a_repeated_line_is_let_through_every_ten_seconds() -> None:
    repeats = RateLimit()
    told = [(n, left_out) for n in range(2000) if (left_out := repeats.tell("refused", n * 0.01)) is not None]
    assert told == [(0, 0), (1, 0), (2, 0), (3, 0), (4, 0), (1004, 999)]


def test_kinds_do_not_hide_each_other() -> None:
    repeats = RateLimit()
    for _ in range(100):
        repeats.tell("refused", 0.0)
    assert repeats.tell("drain_failed", 0.0) == 0


def test_a_line_is_new_after_a_quiet_minute() -> None:
    repeats = RateLimit()
    for _ in range(FIRST_LINES + 7):
        repeats.tell("refused", 0.0)
    told = [repeats.tell("refused", NEW_AFTER_S) for _ in range(FIRST_LINES + 1)]
    assert told == [7, *[0] * (FIRST_LINES - 1), None]


def test_there_are_never_too_many_kinds() -> None:
    repeats = RateLimit()
    for number in range(MOST_KINDS * 3):
        assert repeats.tell(number, 0.0) == 0
    assert repr(repeats) == f"<RateLimit {MOST_KINDS} kinds>"


@given(st.lists(st.floats(0, 30), max_size=60))
def test_nothing_is_lost_from_the_count(gaps: list[float]) -> None:
    repeats, now, lines, left_out = RateLimit(), 0.0, 0, 0
    for gap in gaps:
        now += gap
        if (more := repeats.tell("refused", now)) is not None:
            lines, left_out = lines + 1, left_out + more
    # A second more than needed: the sum of floats may be less than its parts.
    last = repeats.tell("refused", now + REPEAT_S + 1) or 0
    assert lines + left_out + last == len(gaps)
