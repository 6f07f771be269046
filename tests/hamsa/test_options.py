"""Settings of the speech wire: refused when they cannot work, silent about the key."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ivr.hamsa.options import HamsaSettings, SpeechFormat

KEY = "sk-secret-0123"
GOOD = HamsaSettings(url="wss://speech.example/v1/realtime/ws", api_key=KEY)


@pytest.mark.parametrize(
    ("form", "rate", "encoding"), [("pcm16", 16000, "pcm16"), ("pcm8", 8000, "pcm16"), ("mulaw", 8000, "mulaw")]
)
def test_format_decides_rate_and_encoding(form: SpeechFormat, rate: int, encoding: str) -> None:
    settings = replace(GOOD, format=form)
    assert (settings.rate, settings.encoding) == (rate, encoding)


@pytest.mark.parametrize(
    "url", ["", "https://speech.example/ws", "speech.example", "wss://", "ws:///ws", "wss://speech.example/?api_key=k"]
)
def test_url_that_cannot_work_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="speech service's URL") as refused:
        HamsaSettings(url=url, api_key=KEY)
    assert KEY not in str(refused.value)


@pytest.mark.parametrize("key", ["", "   ", "a\r\nX-Other: b", "schlüssel", "tab\tkey", "nul\0"])
def test_key_that_cannot_be_a_header_is_refused_without_being_named(key: str) -> None:
    with pytest.raises(ValueError, match="key must be printable") as refused:
        HamsaSettings(url="ws://localhost:1/ws", api_key=key)
    assert not key.strip() or key not in str(refused.value)


def test_key_is_not_shown() -> None:
    assert KEY not in repr(GOOD)
    assert GOOD.url in repr(GOOD)


def test_limits_of_a_link_are_those_of_the_line() -> None:
    made = HamsaSettings("wss://service.example/ws", "key", max_age=7.0, ping_verdict=3.0)
    assert (made.limits.max_age, made.limits.ping_verdict, made.limits.drain_limit) == (7.0, 3.0, made.drain_limit)
