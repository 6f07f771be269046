"""URLs as they may be shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.observe.redact import number_hidden, without_secrets

SHOWN = [
    ("https://agent.example/webhook/a-b-c", "https://agent.example/webhook/a-b-c"),
    ("https://user:secret@agent.example:8443/x", "https://***@agent.example:8443/x"),
    ("https://secret@agent.example", "https://***@agent.example"),
    ("https://a:b@c:secret@agent.example/", "https://***@agent.example/"),
    ("wss://x/ws?api_key=secret&v=1", "wss://x/ws?api_key=***&v=***"),
    ("https://x/?secret", "https://x/?***"),
    ("https://x/#secret", "https://x/#***"),
    ("http://[::1]:1/x", "http://[::1]:1/x"),
    ("http://[secret", "***"),
    ("not set", "not set"),
    ("", ""),
]


@pytest.mark.parametrize(("url", "shown"), SHOWN, ids=[str(number) for number in range(len(SHOWN))])
def test_what_is_shown(url: str, shown: str) -> None:
    assert without_secrets(url) == shown


@given(st.text(), st.text("abc:@", min_size=1), st.text())
def test_no_user_is_ever_shown(path: str, user: str, query: str) -> None:
    shown = without_secrets(f"https://zz{user}@host.example/p?k=zz{query}")
    assert "zz" not in shown


@pytest.mark.parametrize(
    ("number", "shown"), [("+966110000001", "***0001"), ("+1234567", "***4567"), ("+123456", "***")]
)
def test_a_person_s_number(number: str, shown: str) -> None:
    assert number_hidden(number) == shown
