"""Who a request comes from, by what a browser says."""

from __future__ import annotations

import pytest

from ivr.server.local_only import Foreign, foreign

ROWS: list[tuple[str, dict[str, str], Foreign | None]] = [
    ("a program", {"host": "127.0.0.1:8000"}, None),
    ("no host at all", {}, None),
    ("by name", {"host": "localhost:8000"}, None),
    ("capitals", {"host": "LOCALHOST"}, None),
    ("a name below localhost", {"host": "ivr.localhost:8000"}, None),
    ("IPv6", {"host": "[::1]:8000"}, None),
    ("a tunnel", {"host": "abc.tunnel.example"}, None),
    ("another name: rebinding", {"host": "evil.example:8000"}, "foreign_host"),
    ("a name that begins like loopback", {"host": "127.0.0.1.evil.example"}, "foreign_host"),
    ("a name that begins like localhost", {"host": "localhost.evil.example"}, "foreign_host"),
    ("every address", {"host": "0.0.0.0:8000"}, "foreign_host"),
    ("no name", {"host": ""}, "foreign_host"),
    ("half an address", {"host": "[::1"}, None),
    ("its own page", {"host": "localhost:8000", "origin": "http://localhost:8000"}, None),
    ("typed into the browser", {"host": "localhost:8000", "sec-fetch-site": "none"}, None),
    ("a page of the web", {"host": "localhost:8000", "origin": "https://evil.example"}, "foreign_origin"),
    ("a page on another port", {"host": "localhost:8000", "origin": "http://localhost:3000"}, "foreign_origin"),
    ("by another of its names", {"host": "localhost:8000", "origin": "http://127.0.0.1:8000"}, "foreign_origin"),
    ("a page without origin", {"host": "localhost:8000", "origin": "null"}, "foreign_origin"),
    ("an origin that is no URL", {"host": "localhost:8000", "origin": "http://[::1"}, "foreign_origin"),
    ("an image of a page", {"host": "localhost:8000", "sec-fetch-site": "cross-site"}, "foreign_origin"),
    ("the same of another port", {"host": "localhost:8000", "sec-fetch-site": "same-site"}, "foreign_origin"),
    ("an image in an old browser", {"host": "localhost:8000", "referer": "https://evil.example/a"}, "foreign_origin"),
]


def test_foreign_says_who_asks() -> None:
    found = [(what, headers, _asked(headers)) for what, headers, _ in ROWS]
    assert found == ROWS


def _asked(headers: dict[str, str], every_host: bool = False) -> Foreign | None:
    given = [(name.encode(), value.encode()) for name, value in headers.items()]
    return foreign(given, {"abc.tunnel.example"}, every_host)


@pytest.mark.parametrize(("origin", "reason"), [("http://mock:8090", None), ("http://evil.example", "foreign_origin")])
def test_a_server_of_any_name_still_knows_its_own_pages(origin: str, reason: str | None) -> None:
    assert _asked({"host": "mock:8090", "origin": origin}, every_host=True) == reason
