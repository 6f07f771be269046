"""Twilio's REST API, against servers that are well, unwell and absent."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest

from ivr.twilio.rest import RestOutcome, TwilioRest

ACCOUNT = "AC" + "0" * 32
CALL = "CA" + "1" * 32
Server = Callable[[httpx.Request], httpx.Response]


def outcome(server: Server, **redirect: str) -> RestOutcome:
    async def ask() -> RestOutcome:
        rest = TwilioRest(ACCOUNT, "token", base_url="http://127.0.0.1:1/", transport=httpx.MockTransport(server))
        try:
            return await (rest.redirect(CALL, **redirect) if redirect else rest.hang_up(CALL))
        finally:
            await rest.aclose()

    return asyncio.run(ask())


def error(status: int, code: int) -> Server:
    return lambda _: httpx.Response(status, json={"code": code, "message": "no", "more_info": "", "status": status})


def raising(fault: Exception) -> Server:
    def server(_: httpx.Request) -> httpx.Response:
        raise fault

    return server


@pytest.mark.parametrize(
    ("redirect", "form"),
    [
        ({}, {"Status": "completed"}),
        ({"twiml": "<Response/>"}, {"Twiml": "<Response/>"}),
        ({"url": "https://b.example/voice"}, {"Url": "https://b.example/voice"}),
    ],
)
def test_what_goes_over_the_wire(
    redirect: dict[str, str], form: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TWILIO_REGION", "ie1")
    monkeypatch.setenv("TWILIO_EDGE", "dublin")
    seen: list[httpx.Request] = []

    def server(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={"sid": CALL, "status": "completed"})

    assert outcome(server, **redirect) == "done"
    (request,) = seen
    assert (request.method, str(request.url)) == (
        "POST",
        f"http://127.0.0.1:1/2010-04-01/Accounts/{ACCOUNT}/Calls/{CALL}.json",
    )
    assert dict(parse_qsl(request.content.decode())) == form
    assert request.headers["authorization"].startswith("Basic ")


PROBLEM: dict[str, Any] = {"type": "about:blank", "title": "no", "status": 400, "code": 1}


@pytest.mark.parametrize(
    ("server", "result"),
    [
        (error(404, 20404), "not_found"),
        (error(404, 0), "not_found"),
        (lambda _: httpx.Response(404, text="<html>"), "not_found"),
        (error(400, 21220), "gone"),
        (error(401, 20003), "refused"),
        (error(429, 20429), "refused"),
        (error(500, 0), "refused"),
        (lambda _: httpx.Response(503, text="<html>"), "refused"),
        (lambda _: httpx.Response(400, json=PROBLEM), "refused"),
        (lambda _: httpx.Response(200, text="<html>"), "refused"),
        (lambda _: httpx.Response(200, json=[]), "refused"),
        (lambda _: httpx.Response(200, content=b"\xff"), "refused"),
        (lambda _: httpx.Response(302, headers={"location": "http://127.0.0.1:1/"}), "refused"),
        (raising(httpx.ConnectError("refused")), "unreachable"),
        (raising(httpx.ReadError("cut")), "unreachable"),
        (raising(httpx.ReadTimeout("slow")), "timeout"),
        (raising(OSError(errno.EMFILE, "Too many open files")), "unreachable"),
    ],
)
def test_nothing_raises(server: Server, result: RestOutcome) -> None:
    assert outcome(server) == result


def test_the_whole_request_has_one_limit() -> None:
    async def ask() -> RestOutcome:
        async def stall(_: httpx.Request) -> httpx.Response:
            await asyncio.Event().wait()
            raise AssertionError

        rest = TwilioRest(
            ACCOUNT, "token", base_url="http://127.0.0.1:1", timeout=0.01, transport=httpx.MockTransport(stall)
        )
        try:
            return await rest.hang_up(CALL)
        finally:
            await rest.aclose()

    assert asyncio.run(ask()) == "timeout"


@pytest.mark.parametrize("redirect", [{"twiml": "a", "url": "b"}, {"twiml": "", "url": ""}, {"twiml": "x" * 4001}])
def test_a_redirect_is_one_thing(redirect: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="or a URL"):
        outcome(error(500, 0), **redirect)


def test_without_a_base_url_it_is_twilios() -> None:
    async def ask() -> str:
        seen: list[str] = []

        def server(request: httpx.Request) -> httpx.Response:
            seen.append(request.url.host)
            return httpx.Response(200, json={"sid": CALL})

        rest = TwilioRest(ACCOUNT, "token", transport=httpx.MockTransport(server))
        await rest.hang_up(CALL)
        await rest.aclose()
        return seen[0]

    assert asyncio.run(ask()).startswith("api.")


SUB = "AC" + "2" * 32
KEY = "SK" + "3" * 32


@pytest.mark.parametrize(
    ("options", "account", "host", "path", "login"),
    [
        ({}, "", "api.twilio.com", ACCOUNT, (ACCOUNT, "token")),
        ({}, ACCOUNT, "api.twilio.com", ACCOUNT, (ACCOUNT, "token")),
        ({}, "AC" + "9" * 32, "api.twilio.com", ACCOUNT, (ACCOUNT, "token")),
        ({"subaccounts": {SUB: "sub"}}, SUB, "api.twilio.com", SUB, (SUB, "sub")),
        ({"api_key": KEY}, ACCOUNT, "api.twilio.com", ACCOUNT, (KEY, "token")),
        ({"api_key": KEY, "subaccounts": {SUB: "sub"}}, SUB, "api.twilio.com", SUB, (SUB, "sub")),
        ({"region": "ie1"}, "", "api.ie1.twilio.com", ACCOUNT, (ACCOUNT, "token")),
        ({"edge": "dublin"}, "", "api.dublin.us1.twilio.com", ACCOUNT, (ACCOUNT, "token")),
        ({"region": "au1", "edge": "sydney"}, "", "api.sydney.au1.twilio.com", ACCOUNT, (ACCOUNT, "token")),
        ({"region": "au1", "base_url": "http://a.b.c.d:1"}, "", "a.b.c.d", ACCOUNT, (ACCOUNT, "token")),
    ],
)
def test_each_call_is_asked_for_at_its_account_and_region(
    options: dict[str, Any], account: str, host: str, path: str, login: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Settings come from the settings alone.
    monkeypatch.setenv("TWILIO_REGION", "us9")
    monkeypatch.setenv("TWILIO_EDGE", "nowhere")
    seen: list[httpx.Request] = []

    def server(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={"sid": CALL})

    async def ask() -> None:
        rest = TwilioRest(ACCOUNT, "token", transport=httpx.MockTransport(server), **options)
        await rest.hang_up(CALL, account)
        await rest.redirect(CALL, account, twiml="<Response/>")
        await rest.aclose()

    asyncio.run(ask())
    for request in seen:
        assert (request.url.host, request.url.path) == (host, f"/2010-04-01/Accounts/{path}/Calls/{CALL}.json")
        assert request.headers["authorization"] == httpx.BasicAuth(*login)._auth_header
    assert len(seen) == 2


def test_the_real_transport_closes() -> None:
    async def ask() -> RestOutcome:
        rest = TwilioRest(ACCOUNT, "token", base_url="http://127.0.0.1:9", timeout=2)
        try:
            return await rest.hang_up(CALL)
        finally:
            await rest.aclose()

    assert asyncio.run(ask()) in {"unreachable", "timeout"}


def answered_by(server: Server, story: Callable[[TwilioRest], Any]) -> Any:
    async def ask() -> Any:
        rest = TwilioRest(ACCOUNT, "token", base_url="http://127.0.0.1:1/", transport=httpx.MockTransport(server))
        try:
            return await story(rest)
        finally:
            await rest.aclose()

    return asyncio.run(ask())


def test_a_call_is_placed_with_every_field() -> None:
    seen: list[tuple[str, str, list[tuple[str, str]]]] = []

    def server(request: httpx.Request) -> httpx.Response:
        seen.append((request.method, request.url.path, parse_qsl(request.content.decode())))
        return httpx.Response(201, json={"sid": CALL, "status": "queued"})

    fields: dict[str, Any] = {"To": "sip:ann@desk.example", "StatusCallbackEvent": ["ringing", "answered"]}
    assert answered_by(server, lambda rest: rest.create("", **fields)) == ("done", CALL)
    events = [("StatusCallbackEvent", "ringing"), ("StatusCallbackEvent", "answered")]
    path = f"/2010-04-01/Accounts/{ACCOUNT}/Calls.json"
    assert seen == [("POST", path, [("To", "sip:ann@desk.example"), *events])]


@pytest.mark.parametrize(
    ("server", "created"),
    [
        (error(400, 21211), ("refused", "")),
        (lambda _: httpx.Response(201, json={"sid": 5}), ("done", "")),
        (lambda _: httpx.Response(201, text="no json"), ("refused", "")),
        (raising(httpx.ConnectError("no")), ("unreachable", "")),
        (raising(httpx.ReadTimeout("slow")), ("timeout", "")),
    ],
)
def test_a_call_that_is_not_placed_has_no_id(server: Server, created: tuple[str, str]) -> None:
    assert answered_by(server, lambda rest: rest.create(To="+966110000001")) == created


def test_the_status_of_a_call_is_looked_up() -> None:
    def server(request: httpx.Request) -> httpx.Response:
        assert (request.method, request.content) == ("GET", b"")
        return httpx.Response(200, json={"sid": CALL, "status": "in-progress"})

    assert answered_by(server, lambda rest: rest.status(CALL)) == "in-progress"
    assert answered_by(error(404, 20404), lambda rest: rest.status(CALL)) == ""


def test_a_redirect_says_how_the_url_is_asked_for() -> None:
    seen: list[dict[str, str]] = []

    def server(request: httpx.Request) -> httpx.Response:
        seen.append(dict(parse_qsl(request.content.decode())))
        return httpx.Response(200, json={"sid": CALL})

    assert answered_by(server, lambda rest: rest.redirect(CALL, url="https://b.example/x", method="GET")) == "done"
    assert seen == [{"Url": "https://b.example/x", "Method": "GET"}]


@pytest.mark.parametrize(
    ("server", "status", "sent"),
    [
        (lambda _: httpx.Response(201, json={"sid": CALL}), 201, True),
        (error(429, 20429), 429, True),
        (lambda _: httpx.Response(503), 503, True),
        (raising(httpx.ConnectError("refused")), 0, False),
        (raising(httpx.ConnectTimeout("late")), 0, False),
        (raising(OSError(errno.EMFILE, "too many")), 0, False),
        (raising(httpx.ReadTimeout("late")), 0, True),
        (raising(httpx.ReadError("reset")), 0, True),
    ],
)
def test_a_placed_call_says_whether_it_was_asked_for(server: Server, status: int, sent: bool) -> None:
    async def ask() -> tuple[int, bool]:
        rest = TwilioRest(ACCOUNT, "token", base_url="http://127.0.0.1:1/", transport=httpx.MockTransport(server))
        answer = await rest.place(To="+966500000001")
        await rest.aclose()
        return answer.status, answer.sent

    assert asyncio.run(ask()) == (status, sent)
