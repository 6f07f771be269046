"""The carrier's webhook requests: signature, limits, retries, and where they are sent."""

import asyncio
import random
from collections.abc import Callable, Coroutine
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest

from ivr.testbench import virtual_time
from ivr.testbench.twilio.http import BridgeAddress, HttpReply, Limits, Webhooks, voice_fields
from ivr.testbench.twilio.signing import SIGNATURE, Signer, signature

TOKEN = "I-Twilio-Idempotency-Token"
Bridge = Callable[[httpx.Request], Coroutine[Any, Any, httpx.Response]]


def asked(
    bridge: Bridge, url: str, fields: dict[str, str], *, method: str = "POST", public: str | None = None
) -> tuple[HttpReply, list[httpx.Request], float]:
    requests: list[httpx.Request] = []

    async def noted(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return await bridge(request)

    async def main() -> tuple[HttpReply, float]:
        async with httpx.AsyncClient(transport=httpx.MockTransport(noted)) as client:
            bridge = BridgeAddress.of("http://127.0.0.1:8000/voice", public)
            webhooks = Webhooks(client, Signer("12345"), bridge, random.Random(1))
            return await webhooks.ask(url, fields, method=method), asyncio.get_running_loop().time()

    reply, seconds = virtual_time.run(main())
    return reply, requests, seconds


async def ok(_: httpx.Request) -> httpx.Response:
    return httpx.Response(200, text="<Response/>", headers={"content-type": "text/xml"})


def test_signed_form_has_empty_fields() -> None:
    fields = {"CallSid": "CA1", "CalledZip": "", "From": "+966 5"}
    reply, [request], _ = asked(ok, "http://127.0.0.1:8000/voice#rc=3", fields)
    assert reply == HttpReply("http://127.0.0.1:8000/voice#rc=3", 200, "text/xml", b"<Response/>")
    assert (request.method, str(request.url)) == ("POST", "http://127.0.0.1:8000/voice")
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"
    assert dict(parse_qsl(request.content.decode(), keep_blank_values=True)) == fields
    assert request.headers["user-agent"] == "TwilioProxy/1.1"
    assert len(request.headers[TOKEN]) == 32
    assert request.headers[SIGNATURE] == signature("12345", "http://127.0.0.1:8000/voice", fields)


def test_public_url_is_signed_local_url_is_asked() -> None:
    public = "https://ivr.example.com"
    _, [request], _ = asked(ok, f"{public}/voice", {"a": "b"}, public=public)
    assert str(request.url) == "http://127.0.0.1:8000/voice"
    assert request.headers[SIGNATURE] == signature("12345", f"{public}/voice", {"a": "b"})


def test_get_puts_the_form_into_the_query() -> None:
    _, [request], _ = asked(ok, "http://127.0.0.1:8000/voice", {"a": "b c"}, method="GET")
    assert (str(request.url), request.content) == ("http://127.0.0.1:8000/voice?a=b+c", b"")
    assert request.headers[SIGNATURE] == signature("12345", "http://127.0.0.1:8000/voice?a=b+c")
    _, [request], _ = asked(ok, "http://127.0.0.1:8000/voice?x=1", {"a": "b"}, method="GET")
    assert str(request.url) == "http://127.0.0.1:8000/voice?x=1&a=b"


def test_m03_connection_is_retried_with_the_same_token() -> None:
    async def refusing(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    reply, requests, _ = asked(refusing, "http://127.0.0.1:8000/voice", {})
    assert (reply.error, reply.status) == (11205, 0)
    assert len(requests) == 2
    assert requests[0].headers[TOKEN] == requests[1].headers[TOKEN]


def test_m03_silent_bridge_has_the_total_timeout() -> None:
    async def silent(_: httpx.Request) -> httpx.Response:
        await asyncio.sleep(1000)
        return await ok(_)

    reply, requests, seconds = asked(silent, "http://127.0.0.1:8000/voice", {})
    assert (reply.error, reply.reason, len(requests), seconds) == (11200, "no answer: timeout", 1, 15)
    _, requests, seconds = asked(silent, "http://127.0.0.1:8000/voice#tt=2000&rc=2&rp=rt,5xx", {})
    assert (len(requests), seconds) == (3, 6)


@pytest.mark.parametrize(
    ("status", "limits", "tries"),
    [(500, "", 1), (500, "#rp=5xx", 2), (503, "#rp=all&rc=5", 6), (404, "#rp=5xx", 1), (404, "#rp=4xx&rc=0", 1)],
)
def test_errors_are_retried_when_the_url_says_so(status: int, limits: str, tries: int) -> None:
    async def broken(_: httpx.Request) -> httpx.Response:
        return httpx.Response(status)

    reply, requests, _ = asked(broken, f"http://127.0.0.1:8000/voice{limits}", {})
    assert (reply.error, reply.reason, len(requests)) == (11200, f"HTTP {status}", tries)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (httpx.Response(403, text="account\nmore"), "HTTP 403: account"),
        (httpx.Response(403, text="a" * 200), f"HTTP 403: {'a' * 80}"),
        (httpx.Response(403, text="\x1b[2J"), "HTTP 403"),
        (httpx.Response(403, html="<b>no</b>"), "HTTP 403"),
    ],
    ids=["words", "long", "odd", "page"],
)
def test_text_of_a_refusal_is_repeated(answer: httpx.Response, reason: str) -> None:
    async def refusing(_: httpx.Request) -> httpx.Response:
        return answer

    assert asked(refusing, "http://127.0.0.1:8000/voice", {})[0].reason == reason


def test_retry_may_succeed() -> None:
    answers = iter([httpx.Response(500), httpx.Response(200, text="<Response/>")])

    async def second(_: httpx.Request) -> httpx.Response:
        return next(answers)

    reply, requests, _ = asked(second, "http://127.0.0.1:8000/voice#rp=5xx", {})
    assert (reply.error, len(requests)) == (0, 2)


def test_body_that_is_too_large() -> None:
    async def large(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=b"x" * 70_000)

    assert asked(large, "http://127.0.0.1:8000/voice", {})[0].error == 11750


def test_limits_behind_the_hash() -> None:
    assert Limits.of("https://a.example/v") == Limits(5, 15, 15, 1, frozenset({"ct"}))
    assert Limits.of("https://a.example/v#ct=50&rt=20000&tt=3000&rc=9&rp=ct,rt") == Limits(
        0.1, 15, 3, 5, frozenset({"ct", "rt"})
    )
    assert Limits.of("https://a.example/v#ct=soon").connect == 5


def test_bridge_address() -> None:
    rows = [
        ("https://ivr.example.com/voice?x=1", "http://127.0.0.1:8000/voice?x=1"),
        ("wss://IVR.example.com/media", "ws://127.0.0.1:8000/media"),
        ("https://ivr.example.com:8443/voice", "https://ivr.example.com:8443/voice"),
        ("http://ivr.example.com/voice", "http://ivr.example.com/voice"),
        ("wss://other.example/media", "wss://other.example/media"),
    ]
    bridge = BridgeAddress.of("http://127.0.0.1:8000/voice", "https://ivr.example.com/")
    assert [(url, bridge.local_url(url)) for url, _ in rows] == rows
    assert bridge.public_url("http://127.0.0.1:8000/voice") == "https://ivr.example.com/voice"
    alone = BridgeAddress.of("http://127.0.0.1:8000/voice", None)
    assert [url for url, _ in rows if alone.local_url(url) != url] == []


def test_bridge_address_with_a_path() -> None:
    bridge = BridgeAddress.of("http://127.0.0.1:8000/voice", "https://example.com/ivr/")
    assert bridge.public_url("http://127.0.0.1:8000/voice#rc=2") == "https://example.com/ivr/voice#rc=2"
    assert bridge.local_url("wss://example.com/ivr/media") == "ws://127.0.0.1:8000/media"


@pytest.mark.parametrize("url", ["", "ivr.example.com", "ftp://x/y", "https:///x"])
def test_bridge_address_refuses_other_schemes(url: str) -> None:
    with pytest.raises(ValueError, match="not an http URL"):
        BridgeAddress.of(url, "https://ivr.example.com")


def test_voice_fields() -> None:
    fields = voice_fields(
        account="AC1", call="CA1", caller="anonymous", called="+966110000000", status="ringing", chance=random.Random(1)
    )
    assert fields["CallStatus"] == "ringing"
    assert (fields["From"], fields["Caller"], fields["To"]) == ("anonymous", "anonymous", "+966110000000")
    assert (fields["CallerName"], fields["CalledZip"], fields["ToCountry"]) == ("", "", "SA")
    assert len(fields) == 8 + 4 * 5


def test_socket_headers() -> None:
    async def main() -> None:
        async with httpx.AsyncClient() as client:
            bridge = BridgeAddress.of("http://127.0.0.1:8000", "https://ivr.example.com")
            webhooks = Webhooks(client, Signer("12345"), bridge, random.Random(1))
            url, headers = webhooks.socket("wss://ivr.example.com/media")
            assert url == "ws://127.0.0.1:8000/media"
            assert headers == {SIGNATURE: signature("12345", "wss://ivr.example.com/media")}
            _, headers = webhooks.socket("wss://ivr.example.com/media", trailing_slash=True)
            assert headers == {SIGNATURE: signature("12345", "wss://ivr.example.com/media/")}

    asyncio.run(main())
