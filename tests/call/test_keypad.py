"""Keys into answers."""

from __future__ import annotations

from ivr.call.keypad import KEYS_MOST, Keypad


def test_keys_end_with_the_terminator() -> None:
    pad = Keypad(2.0, "#")
    assert [pad.press(key, 0.0) for key in "12"] == [None, None]
    assert pad.press("#", 0.1) == "12"
    assert pad.wake_at() is None


def test_keys_end_when_no_more_come() -> None:
    pad = Keypad(2.0, "#")
    pad.press("7", 1.0)
    pad.press("*", 2.0)
    assert pad.wake_at() == 4.0
    assert pad.tick(3.9) is None
    assert pad.tick(4.0) == "7*"
    assert pad.tick(9.0) is None


def test_the_terminator_alone_is_no_answer() -> None:
    assert Keypad(2.0, "#").press("#", 0.0) is None


def test_without_a_terminator_its_key_counts() -> None:
    pad = Keypad(1.0, "")
    assert pad.press("#", 0.0) is None
    assert pad.tick(1.0) == "#"


def test_what_is_no_key_is_ignored() -> None:
    pad = Keypad(1.0, "#")
    assert pad.press("x", 0.0) is None
    assert pad.press("12", 0.0) is None
    assert pad.wake_at() is None


def test_an_endless_answer_is_cut() -> None:
    pad = Keypad(1.0, "#")
    answers = [pad.press("5", 0.0) for _ in range(KEYS_MOST)]
    assert answers == [None] * (KEYS_MOST - 1) + ["5" * KEYS_MOST]
