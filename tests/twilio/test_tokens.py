"""One-time tokens: good once, for one call, for a while."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.twilio.tokens import Tokens, mint


def counted() -> Tokens:
    numbers = itertools.count(1)
    return Tokens(ttl=10, limit=3, mint=lambda: f"t{next(numbers)}")


def test_a_token_is_good_once() -> None:
    tokens = counted()
    token = tokens.issue("CA1", 0)
    assert tokens.redeem(token, "CA1", 1)
    assert not tokens.redeem(token, "CA1", 1)
    assert len(tokens) == 0


def test_a_repeated_webhook_gets_the_same_token_with_new_time() -> None:
    tokens = counted()
    assert tokens.issue("CA1", 0) == tokens.issue("CA1", 9)
    assert tokens.redeem("t1", "CA1", 18.9)


def test_a_used_token_is_followed_by_another() -> None:
    tokens = counted()
    assert tokens.redeem(tokens.issue("CA1", 0), "CA1", 0)
    assert tokens.issue("CA1", 1) == "t2"


def test_a_token_ends_with_its_time() -> None:
    tokens = counted()
    tokens.issue("CA1", 0)
    assert not tokens.redeem("t1", "CA1", 10)
    assert tokens.issue("CA2", 10) == "t2"
    assert len(tokens) == 1


def test_only_what_is_over_is_forgotten() -> None:
    tokens = counted()
    tokens.issue("CA1", 0)
    tokens.issue("CA2", 5)
    tokens.issue("CA3", 12)
    assert not tokens.redeem("t1", "CA1", 12)
    assert tokens.redeem("t2", "CA2", 12)


def test_the_oldest_gives_way() -> None:
    tokens = counted()
    for number in range(1, 5):
        tokens.issue(f"CA{number}", 0)
    assert len(tokens) == 3
    assert not tokens.redeem("t1", "CA1", 0)
    assert tokens.redeem("t4", "CA4", 0)


@pytest.mark.parametrize("guess", ["", "t2", "T1", "t1 ", "no such token", "\ud800", "é", "\0", "x" * 10_000])
def test_a_guess_opens_nothing_and_uses_nothing_up(guess: str) -> None:
    tokens = counted()
    token = tokens.issue("CA1", 0)
    assert not tokens.redeem(guess, "CA1", 0)
    assert not tokens.redeem(guess, "CA9", 0)
    assert not tokens.redeem(token, "CA9", 0)
    assert tokens.redeem(token, "CA1", 0)


@given(st.lists(st.tuples(st.sampled_from("abcde"), st.floats(0, 5)), max_size=60))
def test_is_bounded_and_idempotent_under_any_order(steps: list[tuple[str, float]]) -> None:
    tokens, now = counted(), 0.0
    for call, pause in steps:
        now += pause
        token = tokens.issue(call, now)
        assert tokens.issue(call, now) == token
        assert len(tokens) <= 3


def test_minted_tokens_differ_and_fit_a_parameter() -> None:
    made = {mint() for _ in range(100)}
    assert len(made) == 100
    assert all(len(token) == 43 and token.isascii() for token in made)


@pytest.mark.parametrize(("ttl", "limit"), [(0, 1), (1, 0)])
def test_refuses_senseless_limits(ttl: float, limit: int) -> None:
    with pytest.raises(ValueError, match="time to live"):
        Tokens(ttl, limit)


def test_prints_itself_without_tokens() -> None:
    tokens = counted()
    tokens.issue("CA1", 0)
    assert repr(tokens) == "<Tokens 1 out>"
