"""URLs of the store that a fleet shares."""

from __future__ import annotations

import pytest

from ivr.config.store_url import check_store_url
from ivr.observe.redact import without_secrets


@pytest.mark.parametrize(
    "url",
    [
        "redis://valkey:6379",
        "rediss://user:pass@valkey.example:6380/1",
        "valkey://127.0.0.1",
        "valkeys://[::1]:6379/0",
        "unix:///run/valkey.sock",
        "unix://:secret@/run/valkey.sock?db=1",
    ],
)
def test_urls_that_can_be_used(url: str) -> None:
    assert check_store_url(url) is None
    assert "secret" not in without_secrets(url)
    assert "pass" not in without_secrets(url)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "valkey:6379",
        "http://valkey",
        "redis://",
        "redis://x:port",
        "redis://x:0",
        "redis://a/x",
        "unix://",
        "redis://x b",
        "redis://[x",
    ],
)
def test_urls_that_cannot(url: str) -> None:
    problem = check_store_url(url)
    assert problem is not None
    assert "redis://host:6379" in problem
    # It may hold a password.
    assert "x" not in problem.replace("unix", "")
