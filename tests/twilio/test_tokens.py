"""Tokens that say themselves what they are good for: one call, for a while, and only by those who have the secret."""

from __future__ import annotations

import base64
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.twilio.tokens import LONGEST_TOKEN, SETTLE_S, Opened, Tokens

NONCE, OTHER_NONCE = b"n" * 12, b"m" * 12
FACTS = b'["+966500000001","+966110000000","inbound",{"StirVerstat":"TN-Validation-Passed-A"}]'
TOKENS = Tokens([b"secret"])
TOKEN = TOKENS.issue("CA1", NONCE, 60.0, [FACTS], 0.0)


def changed(at: int) -> str:
    other = "B" if TOKEN[at] != "B" else "C"
    return TOKEN[:at] + other + TOKEN[at + 1 :]


def test_a_token_says_what_the_answer_knew() -> None:
    assert TOKENS.read(TOKEN, "CA1", 59.9) == Opened(NONCE, 60.0, FACTS)
    assert Tokens([b"secret"]).read(TOKEN, "CA1", 0.0) == Opened(NONCE, 60.0, FACTS)
    assert TOKENS.read(TOKENS.issue("CA1", NONCE, 60.0, [], 0.0), "CA1", 0.0) == Opened(NONCE, 60.0, b"")


BAD: list[tuple[str, str, str, float]] = [
    ("none", "", "CA1", 0),
    ("of another call", TOKEN, "CA2", 0),
    ("of a call whose name begins alike", TOKEN, "CA", 0),
    ("of no call", TOKEN, "", 0),
    ("void", TOKEN, "CA1", 60),
    ("of the machine's life before", TOKEN, "CA1", -5.1),
    ("cut by one", TOKEN[:-1], "CA1", 0),
    ("cut by four", TOKEN[:-4], "CA1", 0),
    ("cut to its head", TOKEN[:70], "CA1", 0),
    ("cut to less", TOKEN[:20], "CA1", 0),
    ("with a blank", f"{TOKEN} ", "CA1", 0),
    ("padded", f"{TOKEN}=", "CA1", 0),
    ("longer", f"{TOKEN}AAAA", "CA1", 0),
    ("of another tag", changed(3), "CA1", 0),
    ("of another time", changed(50), "CA1", 0),
    ("of another nonce", changed(60), "CA1", 0),
    ("of other facts", changed(90), "CA1", 0),
    ("in upper case", TOKEN.upper(), "CA1", 0),
    ("a lone surrogate", "\ud800" * 100, "CA1", 0),
    ("Arabic", "ط" * 100, "CA1", 0),
    ("NUL", "\0" * 100, "CA1", 0),
    ("without end", "x" * 10_000, "CA1", 0),
    ("zeros", "A" * 200, "CA1", 0),
    ("of another secret", Tokens([b"other"]).issue("CA1", NONCE, 60.0, [FACTS], 0.0), "CA1", 0),
    ("for a surrogate's call", TOKEN, "\ud800", 0),
]


@pytest.mark.parametrize(("token", "call", "now"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])
def test_a_token_that_is_none_opens_nothing(token: str, call: str, now: float) -> None:
    assert TOKENS.read(token, call, now) is None
    assert TOKENS.read(TOKEN, "CA1", 1.0) is not None


def test_a_token_may_come_to_a_clock_that_is_behind() -> None:
    assert TOKENS.read(TOKEN, "CA1", -5.0) is not None


def test_every_character_counts() -> None:
    assert [at for at in range(len(TOKEN)) if TOKENS.read(changed(at), "CA1", 0.0)] == []


def test_a_token_shows_nothing_of_the_caller() -> None:
    raw = base64.urlsafe_b64decode(TOKEN + "=" * (-len(TOKEN) % 4))
    assert b"966" not in raw
    assert "966" not in TOKEN
    # Other facts under the same nonce are sealed by another stream.
    other = TOKENS.issue("CA1", NONCE, 60.0, [FACTS.replace(b"1", b"2")], 0.0)
    sealed = base64.urlsafe_b64decode(other + "=" * (-len(other) % 4))
    same = sum(one == two for one, two in zip(raw[52:], sealed[52:], strict=False))
    assert same < 10


def test_the_same_place_has_the_same_token() -> None:
    assert TOKENS.issue("CA1", NONCE, 60.0, [FACTS], 0.0) == TOKEN
    others = {
        TOKENS.issue("CA2", NONCE, 60.0, [FACTS], 0.0),
        TOKENS.issue("CA1", OTHER_NONCE, 60.0, [FACTS], 0.0),
        TOKENS.issue("CA1", NONCE, 61.0, [FACTS], 0.0),
        TOKENS.issue("CA1", NONCE, 60.0, [b"x"], 0.0),
    }
    assert len(others | {TOKEN}) == 5


def test_facts_that_are_too_long_give_way_to_shorter_ones() -> None:
    tokens = [TOKENS.issue("CA1", NONCE, 60.0, facts, 0.0) for facts in ([noise(400), FACTS], [noise(400), noise(360)])]
    assert [opened.facts for token in tokens if (opened := TOKENS.read(token, "CA1", 0.0))] == [FACTS, b""]


def noise(size: int) -> bytes:
    return b"".join(bytes([index * index * 31 % 251, index * 7 % 256]) for index in range(size // 2))


@given(st.text(max_size=40), st.binary(max_size=600), st.floats(0, 1e9))
def test_every_token_fits_its_parameter_and_opens(call: str, facts: bytes, now: float) -> None:
    token = TOKENS.issue(call, NONCE, now + 60.0, [facts], now)
    assert len(token) <= LONGEST_TOKEN
    assert set(token) <= {*string.ascii_letters, *string.digits, "-", "_"}
    opened = TOKENS.read(token, call, now)
    assert opened is not None
    assert opened.facts in (facts, b"")


@given(st.text(max_size=100), st.text(max_size=5))
def test_no_text_raises(token: str, call: str) -> None:
    assert TOKENS.read(token, call, 0.0) is None


# -- secrets that are read again -----------------------------------------------------------------------------------


def test_a_new_secret_signs_when_every_worker_knows_it() -> None:
    here, there = Tokens([b"old"]), Tokens([b"old"])
    here.use_secrets([b"new"], 100.0)
    before = here.issue("CA1", NONCE, 104.0 + 60, [], 104.0)
    assert there.read(before, "CA1", 104.0) is not None
    after = here.issue("CA1", NONCE, 160.0, [], 100.0 + SETTLE_S)
    assert there.read(after, "CA1", 105.0) is None
    there.use_secrets([b"new"], 105.0)
    assert there.read(after, "CA1", 105.0) is not None
    assert there.read(before, "CA1", 163.9) is not None


def test_a_token_of_the_former_secret_is_good_until_it_is_void() -> None:
    tokens = Tokens([b"old"])
    token = tokens.issue("CA1", NONCE, 60.0, [], 0.0)
    tokens.use_secrets([b"new"], 10.0)
    assert tokens.read(token, "CA1", 59.0) is not None
    late = Tokens([b"old"]).issue("CA1", NONCE, 76.0, [], 16.0)
    assert tokens.read(late, "CA1", 74.9) is not None
    assert tokens.read(late, "CA1", 75.0) is None
    tokens.use_secrets([b"newer"], 80.0)
    assert repr(tokens) == "<Tokens 2 keys>"


def test_a_secret_that_stays_signs_on() -> None:
    tokens = Tokens([b"primary", b"secondary"])
    assert tokens.issue("CA1", NONCE, 60.0, [], 0.0) == Tokens([b"primary"]).issue("CA1", NONCE, 60.0, [], 0.0)
    tokens.use_secrets([b"secondary"], 10.0)
    # The secondary was known to every worker: it signs at once.
    signed = tokens.issue("CA1", NONCE, 70.0, [], 10.0)
    assert signed == Tokens([b"secondary"]).issue("CA1", NONCE, 70.0, [], 10.0)
    assert repr(tokens) == "<Tokens 2 keys>"


def test_a_secret_that_comes_back_is_good_again() -> None:
    tokens = Tokens([b"a"])
    tokens.use_secrets([b"b"], 0.0)
    tokens.use_secrets([b"a"], 10.0)
    assert tokens.read(tokens.issue("CA1", NONCE, 1060.0, [], 1000.0), "CA1", 1000.0) is not None


@pytest.mark.parametrize(("secrets", "ttl"), [([], 1.0), ([b"x"], 0.0)])
def test_refuses_what_makes_no_token(secrets: list[bytes], ttl: float) -> None:
    with pytest.raises(ValueError, match="time to live"):
        Tokens(secrets, ttl)


def test_prints_itself_without_secrets() -> None:
    assert repr(TOKENS) == "<Tokens 1 keys>"


@pytest.mark.parametrize(("late", "good"), [(-80.0, True), (-96.0, False), (0.0, True), (149.0, True), (151.0, False)])
def test_clocks_may_differ_where_that_is_said(late: float, good: bool) -> None:
    tokens = Tokens([b"secret"], ttl=60.0, skew=90.0)
    token = tokens.issue("CA1", bytes(12), 1060.0, (b"",), 1000.0)
    assert (tokens.read(token, "CA1", 1000.0 + late) is not None) is good
    assert Tokens([b"secret"], ttl=60.0).read(token, "CA1", 1060.5) is None
