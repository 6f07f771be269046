"""Which pages may ask for calls of the softphone."""

from __future__ import annotations

import pytest

from ivr.server.talk.origin import on_machine, own_origin

PUBLIC = "https://ivr.example/voice"
ROWS: list[tuple[str, dict[str, str], bool]] = [
    ("its own", {"origin": "https://ivr.example"}, True),
    ("its own, with the port", {"origin": "https://ivr.example:443"}, True),
    ("in capitals", {"origin": "HTTPS://IVR.example"}, True),
    ("none", {}, False),
    ("empty", {"origin": ""}, False),
    ("a sandbox", {"origin": "null"}, False),
    ("another scheme", {"origin": "http://ivr.example"}, False),
    ("another port", {"origin": "https://ivr.example:8443"}, False),
    ("another host", {"origin": "https://evil.example"}, False),
    ("a longer host", {"origin": "https://ivr.example.evil.example"}, False),
    ("no host", {"origin": "https://"}, False),
    ("no port", {"origin": "https://ivr.example:x"}, False),
    ("another kind", {"origin": "ftp://ivr.example"}, False),
    ("this machine", {"origin": "http://127.0.0.1:8000", "host": "127.0.0.1:8000"}, True),
    ("this machine by name", {"origin": "http://localhost:8000", "host": "localhost:8000"}, True),
    ("another port of this machine", {"origin": "http://127.0.0.1:3000", "host": "127.0.0.1:8000"}, False),
    ("a name that leads here", {"origin": "http://evil.example:8000", "host": "evil.example:8000"}, False),
    ("through a tunnel", {"origin": "http://127.0.0.1:8000", "host": "127.0.0.1:8000", "via": "1.1 x"}, False),
]


@pytest.mark.parametrize(("headers", "own"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_origin_must_be_the_page_s(headers: dict[str, str], own: bool) -> None:
    assert own_origin(headers, PUBLIC) is own


def test_a_machine_is_itself_without_a_proxy() -> None:
    assert on_machine({"host": "[::1]:8000"})
    assert on_machine({"host": "localhost"})
    assert not on_machine({"host": "ivr.example"})
    assert not on_machine({})
    assert not on_machine({"host": "127.0.0.1", "x-forwarded-for": "1.2.3.4"})
