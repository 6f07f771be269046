"""How often a caller is asked."""

from __future__ import annotations

from ivr.call.caller.prompts import Prompts


def test_the_caller_is_asked_to_repeat_twice_in_a_row() -> None:
    prompts = Prompts(2)
    assert [prompts.may_ask_again() for _ in range(4)] == [True, True, False, False]
    prompts.answered()
    assert prompts.may_ask_again()


def test_a_silent_caller_is_asked_as_often_as_the_line_says() -> None:
    prompts = Prompts(2)
    assert [prompts.may_ask_silent() for _ in range(3)] == [True, True, False]
    assert repr(prompts) == "<Prompts silent=3 not_understood=0>"
    prompts.answered()
    assert prompts.silent == 0


def test_noise_counts_as_silence() -> None:
    prompts = Prompts(2)
    assert [prompts.silent_since(now) for now in (5.0, 9.0)] == [5.0, 5.0]
    prompts.may_ask_silent()
    assert prompts.silent_since(20.0) == 20.0
