"""Links and sessions of the softphone: who can write one, for what, and for how long."""

from __future__ import annotations

import base64
from dataclasses import replace
from pathlib import Path

import pytest

from ivr.server.talk.passes import LONGEST_LINE, NONCE_BYTES, Pass, Passes, pass_secrets
from tests.support.front import AUTH, settings

GIVEN = Pass("sales", 2000.0, bytes(range(NONCE_BYTES)))
OURS = Passes([b"one", b"two"])


def test_a_pass_says_what_was_written() -> None:
    text = OURS.write("link", GIVEN)
    assert OURS.read("link", text, 1999.9) == GIVEN
    assert "sales" not in text
    assert set(text) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


@pytest.mark.parametrize("until", [2000.0, 5000.0])
def test_a_pass_is_void_after_its_time(until: float) -> None:
    assert OURS.read("link", OURS.write("link", replace(GIVEN, until=until)), until) is None


def test_a_link_is_no_session() -> None:
    assert OURS.read("session", OURS.write("link", GIVEN), 0.0) is None
    assert OURS.read("link", OURS.write("session", GIVEN), 0.0) is None


def test_each_secret_opens_and_the_first_signs() -> None:
    assert Passes([b"two"]).read("link", Passes([b"two"]).write("link", GIVEN), 0.0) == GIVEN
    assert OURS.read("link", Passes([b"two"]).write("link", GIVEN), 0.0) == GIVEN
    assert Passes([b"one"]).read("link", OURS.write("link", GIVEN), 0.0) == GIVEN
    assert Passes([b"three"]).read("link", OURS.write("link", GIVEN), 0.0) is None
    assert Passes([]).read("link", OURS.write("link", GIVEN), 0.0) is None


def test_no_byte_can_be_changed() -> None:
    raw = base64.urlsafe_b64decode(OURS.write("link", GIVEN) + "==")
    for at in range(len(raw)):
        wrong = bytes([*raw[:at], raw[at] ^ 1, *raw[at + 1 :]])
        assert OURS.read("link", base64.urlsafe_b64encode(wrong).decode().rstrip("="), 0.0) is None


@pytest.mark.parametrize("text", ["", "x", "%%%", "A" * 60, "A" * 10_000, "ü" * 80, "\ud800" * 80])
def test_what_is_no_pass_opens_nothing(text: str) -> None:
    assert OURS.read("link", text, 0.0) is None


def test_a_pass_needs_a_secret_and_a_short_line() -> None:
    with pytest.raises(ValueError, match="TWILIO_AUTH_TOKEN"):
        Passes([]).write("link", GIVEN)
    with pytest.raises(ValueError, match="shorter name"):
        OURS.write("link", replace(GIVEN, line="x" * (LONGEST_LINE + 1)))
    assert repr(OURS) == "<Passes 2 keys>"


def test_secrets_are_the_operator_s_own(tmp_path: Path) -> None:
    more = {
        "TWILIO_SECONDARY_AUTH_TOKEN": "second",
        "TWILIO_SUBACCOUNTS": f"AC{'b' * 32}=theirs",
        "IVR_SHARED_KEYS": "key=shared",
    }
    assert pass_secrets(settings(tmp_path, **more)) == (AUTH.encode(), b"second", b"shared")
