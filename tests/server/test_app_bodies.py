"""Bodies and queries that are no form: what the HTTP routes make of them. In memory, in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest

from ivr.server.app import BODY_TIMEOUT, MOST_LONG_BODIES
from ivr.twilio.form import LONGEST_BODY, Form
from tests.support.front import Front, settings, token, visit, voice_form

FORM = {"content-type": "application/x-www-form-urlencoded"}
SIGNED = {"x-twilio-signature": "A" * 27 + "="}
"""A signature that is wrong, but may be told from a right one only with the body."""

BODIES: list[tuple[str, bytes, Mapping[str, str], tuple[int, str]]] = [
    ("too long", b"a=" + b"x" * LONGEST_BODY, FORM, (413, "too_long")),
    ("5 MB", b"x" * 5_000_000, FORM, (413, "too_long")),
    ("not ASCII", "From=الرياض".encode(), FORM, (400, "bad_encoding")),
    ("half a character", b"From=%D8", FORM, (400, "bad_encoding")),
    ("raw bytes", b"\x00\xff\xfe", FORM, (400, "bad_encoding")),
    ("a thousand fields", b"&".join(b"f%d=" % n for n in range(1000)), FORM, (400, "too_many_fields")),
    ("JSON", b'{"CallSid":"CA1"}', {"content-type": "application/json"}, (403, "wrong_signature")),
    ("nothing", b"", FORM, (403, "wrong_signature")),
    ("a deflated bomb that says so", b"x" * 100, {**FORM, "content-encoding": "gzip"}, (403, "wrong_signature")),
]


@pytest.mark.parametrize(("body", "headers", "outcome"), [row[1:] for row in BODIES], ids=[row[0] for row in BODIES])
@pytest.mark.parametrize("route", ["voice", "status", "goodbye"])
def test_a_body_that_is_no_form(
    tmp_path: Path, route: str, body: bytes, headers: Mapping[str, str], outcome: tuple[int, str]
) -> None:
    async def story(front: Front) -> None:
        answer = await front.client.post(f"/{route}", content=body, headers={**headers, **SIGNED})
        assert (answer.status_code, answer.text.strip()) == (outcome[0], HTTPStatus(outcome[0]).phrase)
        assert front.rejected(route, outcome[1]) == 1

    visit(settings(tmp_path), story)


@pytest.mark.parametrize("query", [b"%D8", b"\xff=1", b"a=" + b"x" * LONGEST_BODY])
def test_a_query_that_is_no_form(tmp_path: Path, query: bytes) -> None:
    async def story(front: Front) -> None:
        for method in ("GET", "POST"):
            sent = await by_hand(front, method, query, [{"type": "http.request", "body": b"", "more_body": False}])
            assert sent[0]["status"] in ((400, 413) if method == "GET" else (403,))

    visit(settings(tmp_path), story)


def test_a_client_that_leaves_while_it_posts(tmp_path: Path) -> None:
    async def story(front: Front) -> None:
        half = {"type": "http.request", "body": b"CallSid=CA", "more_body": True}
        sent = await by_hand(front, "POST", b"", [half, {"type": "http.disconnect"}])
        assert sent[0]["status"] == 400
        assert front.rejected("voice", "disconnected") == 1

    visit(settings(tmp_path), story)


def test_a_body_that_never_comes_is_not_waited_for(tmp_path: Path) -> None:
    async def story(front: Front) -> None:
        loop = asyncio.get_running_loop()
        half = {"type": "http.request", "body": b"CallSid=CA", "more_body": True}
        began = loop.time()
        sent = await by_hand(front, "POST", b"", [half])
        assert loop.time() - began == pytest.approx(BODY_TIMEOUT)
        assert sent[0]["status"] == 408
        assert front.rejected("voice", "too_slow") == 1

    visit(settings(tmp_path), story)


@pytest.mark.parametrize(
    ("headers", "outcome"),
    [
        ({}, (403, "no_signature")),
        ({"x-twilio-signature": "short"}, (403, "wrong_signature")),
        ({**SIGNED, "x-twilio-webhooks-signature-settings": "key=k,algorithm=HMAC_SHA1"}, (403, "unknown_key")),
        ({**SIGNED, "content-length": str(LONGEST_BODY + 1)}, (413, "too_long")),
    ],
)
def test_what_the_headers_tell_costs_no_reading(
    tmp_path: Path, headers: dict[str, str], outcome: tuple[int, str]
) -> None:
    async def story(front: Front) -> None:
        sent = await by_hand(front, "POST", b"", [], headers)
        assert sent[0]["status"] == outcome[0]
        assert front.rejected("voice", outcome[1]) == 1

    visit(settings(tmp_path), story)


def test_long_bodies_are_looked_at_one_in_a_turn_of_the_loop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    turn, looked = 0, list[int]()
    parse = Form.parse

    def seen(body: bytes) -> Form:
        looked.append(turn)
        return parse(body)

    async def story(front: Front) -> None:
        nonlocal turn
        monkeypatch.setattr(Form, "parse", seen)
        body = {"type": "http.request", "body": b"a=" + b"%41" * 20_000, "more_body": False}
        asked = [asyncio.create_task(by_hand(front, "POST", b"", [body])) for _ in range(MOST_LONG_BODIES + 5)]
        while not all(task.done() for task in asked):
            turn += 1
            await asyncio.sleep(0)
        assert len(looked) == len(set(looked)) == MOST_LONG_BODIES
        assert front.rejected("voice", "too_many_long_bodies") == 5
        assert front.rejected("voice", "wrong_signature") == MOST_LONG_BODIES
        token(await front.post("/voice"))
        assert (await front.post("/voice", voice_form(CallSid="CA2", Long="x" * 9000))).status_code == 200

    visit(settings(tmp_path), story)


async def by_hand(
    front: Front, method: str, query: bytes, messages: list[dict[str, Any]], headers: Mapping[str, str] = SIGNED
) -> list[dict[str, Any]]:
    """A request to `/voice` message by message; after the last one nothing comes any more."""
    sent: list[dict[str, Any]] = []
    waiting = list(messages)

    async def receive() -> dict[str, Any]:
        return waiting.pop(0) if waiting else await asyncio.Future()

    async def send(message: Any) -> None:
        sent.append(dict(message))

    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http",
        "path": "/voice", "raw_path": b"/voice", "query_string": query, "root_path": "", "server": ("127.0.0.1", 8000),
        "client": ("127.0.0.1", 40000),
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }  # fmt: skip
    await front.app(scope, receive, send)
    return sent
