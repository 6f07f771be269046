"""The softphone's routes: who gets the page, a session, a call and a socket. In memory, through the application."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from ivr.call.ports import WireClosed
from ivr.server.talk.calls import AWAITED_S, MOST_A_MINUTE
from ivr.server.talk.passes import NONCE_BYTES, Pass, Passes, pass_secrets
from ivr.server.talk.routes import LONGEST_POST, TALK_COOKIE
from ivr.testbench.phone import messages as wire
from ivr.testbench.twilio.asgi import AsgiRefused, AsgiSocket, websocket
from tests.support.front import ACCOUNT, AUTH, CALL, PUBLIC, STREAM, Front, settings, token, visit, voice_form

OWN: Final = {"origin": PUBLIC}
LOCAL: Final = {"origin": "http://127.0.0.1:8000"}
LINES: Final = """
[[line]]
number = "+966112222222"
name = "sales"
language = "en"
"""


def dev(folder: Path, **env: str) -> Any:
    return settings(folder, **{"IVR_DEV": "true", "IVR_HOST": "127.0.0.1", "IVR_PUBLIC_URL": "", **env})


def link(front: Front, line: str = "default", seconds: float = 60.0, nonce: bytes = b"n" * NONCE_BYTES) -> str:
    passes = Passes(pass_secrets(front.bridge.settings))
    return passes.write("link", Pass(line, time.time() + seconds, nonce))


async def post(
    front: Front, path: str, body: Any = None, headers: Mapping[str, str] = OWN, cookie: str = ""
) -> httpx.Response:
    content = body if isinstance(body, bytes) else json.dumps(body or {}).encode()
    given = {**headers, **({"cookie": f"{TALK_COOKIE}={cookie}"} if cookie else {})}
    front.client.cookies.clear()
    return await front.client.post(path, content=content, headers=given)


async def session(front: Front, line: str = "default", nonce: bytes = b"n" * NONCE_BYTES) -> str:
    answer = await post(front, "/talk/session", {"link": link(front, line, nonce=nonce)})
    assert answer.status_code == 200, answer.text
    return answer.cookies[TALK_COOKIE]


async def media(front: Front, headers: Mapping[str, str] = OWN, cookie: str = "") -> AsgiSocket:
    given = {**headers, **({"cookie": f"{TALK_COOKIE}={cookie}"} if cookie else {})}
    return await websocket(front.app, "ws://127.0.0.1:8000/talk/media", given)


def ids(call: str) -> wire.Ids:
    return wire.Ids(f"AC{'0' * 32}", call, STREAM)


async def begin(socket: AsgiSocket, call: str, given: str) -> None:
    await socket.send(wire.CONNECTED)
    await socket.send(wire.start(ids(call), 1, {"token": given}))
    await asyncio.sleep(0.1)


async def ended(socket: AsgiSocket) -> list[dict[str, Any]]:
    got = []
    with contextlib.suppress(WireClosed):
        while True:
            got.append(json.loads(await socket.receive()))
    await socket.serving
    return [message for message in got if message["event"] == "talk"]


# -- the page --------------------------------------------------------------------------------------------------------


def facts(answer: httpx.Response) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(answer.text.split('id="facts">', 1)[1].split("</script>", 1)[0])
    return found


def test_a_stranger_gets_a_page_that_cannot_call(tmp_path: Path) -> None:
    async def story(front: Front) -> None:
        for query in ("", "?link=x", f"?link={link(front, seconds=-1)}"):
            answer = await front.client.get(f"/talk{query}")
            assert answer.status_code == 403
            assert facts(answer)["problem"] == "no_link"
            assert facts(answer)["lines"] == []
        assert front.rejected("talk", "no_link") == 3

    visit(settings(tmp_path), story)


def test_a_link_is_not_used_up_by_looking_at_it(tmp_path: Path) -> None:
    async def story(front: Front) -> None:
        for _ in range(2):
            answer = await front.client.get(f"/talk?link={link(front)}")
            assert answer.status_code == 200
            assert facts(answer)["session"] is False
        assert await session(front)
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["referrer-policy"] == "no-referrer"

    visit(settings(tmp_path), story)


def test_a_link_opens_once_and_one_line(tmp_path: Path) -> None:
    async def story(front: Front) -> None:
        given = {"link": link(front, "sales")}
        answer = await post(front, "/talk/session", given)
        assert answer.json() == {"lines": [{"name": "sales", "number": "+966112222222", "language": "en"}]}
        cookie = answer.headers["set-cookie"]
        for part in ("HttpOnly", "SameSite=strict", "Secure", "Path=/talk", "Max-Age=3600"):
            assert part in cookie
        again = await post(front, "/talk/session", given)
        assert (again.status_code, again.json()) == (403, {"problem": "used_link"})
        page = await front.client.get("/talk", headers={"cookie": f"{TALK_COOKIE}={answer.cookies[TALK_COOKIE]}"})
        assert [line["name"] for line in facts(page)["lines"]] == ["sales"]

    chosen = tmp_path / "lines.toml"
    chosen.write_text(LINES)
    visit(settings(tmp_path, IVR_CONFIG=str(chosen)), story)


def test_a_proxy_may_keep_the_path_of_the_public_url(tmp_path: Path) -> None:
    async def story(front: Front) -> None:
        assert (await front.client.get(f"/ivr/talk/?link={link(front)}")).status_code == 200
        answer = await post(front, "/ivr/talk/session", {"link": link(front)})
        assert "Path=/ivr/talk;" in answer.headers["set-cookie"]
        called = await post(front, "/ivr/talk/call", cookie=answer.cookies[TALK_COOKIE])
        assert called.status_code == 200

    visit(settings(tmp_path, IVR_PUBLIC_URL=f"{PUBLIC}/ivr"), story)


BAD: list[tuple[str, Any, dict[str, str], int, str]] = [
    ("no link", {}, OWN, 403, "no_link"),
    ("no text", {"link": 3}, OWN, 403, "no_link"),
    ("no object", [], OWN, 403, "no_link"),
    ("a list", [1], OWN, 400, "bad_request"),
    ("no JSON", b"{", OWN, 400, "bad_request"),
    ("deep", b"[" * 2000, OWN, 400, "bad_request"),
    ("long", b" " * (LONGEST_POST + 1), OWN, 400, "bad_request"),
    ("no UTF-8", b"\xff\xfe", OWN, 400, "bad_request"),
    ("no origin", {}, {}, 403, "foreign_origin"),
    ("a foreign origin", {}, {"origin": "https://evil.example"}, 403, "foreign_origin"),
]


@pytest.mark.parametrize(("body", "headers", "status", "reason"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])
def test_bad_requests_get_a_reason(
    tmp_path: Path, body: Any, headers: dict[str, str], status: int, reason: str
) -> None:
    async def story(front: Front) -> None:
        for path in ("/talk/session", "/talk/call"):
            answer = await post(front, path, body, headers)
            assert (answer.status_code, answer.json()) == (status, {"problem": reason})
        assert front.rejected("talk", reason) == 2

    visit(settings(tmp_path), story)


def test_there_is_no_softphone_where_none_is_wanted(tmp_path: Path) -> None:
    async def story(front: Front) -> None:
        assert (await front.client.get("/talk")).status_code == 404
        assert (await post(front, "/talk/call")).status_code == 404
        with pytest.raises(AsgiRefused):
            await media(front)

    visit(settings(tmp_path, IVR_TALK_CALLS="0"), story)


# -- calls -----------------------------------------------------------------------------------------------------------


def test_a_session_calls_its_own_line(tmp_path: Path) -> None:
    async def story(front: Front) -> None:
        cookie = await session(front, "sales")
        answer = (await post(front, "/talk/call", {"line": "default"}, cookie=cookie)).json()
        assert answer["line"] == "sales"
        socket = await media(front, cookie=cookie)
        await begin(socket, answer["call"], answer["token"])
        assert answer["call"] in front.bridge.admission
        await socket.send(wire.stop(ids(answer["call"]), 2))
        told = await ended(socket)
        assert told[-1] == {"event": "talk", "what": "ended", "result": "success", "reason": "caller_stop"}
        assert front.metric("ivr_calls_total", line="sales") == 1
        assert 'ivr_notes_total{name="talk_call"} 1.0' in front.bridge.metrics.render().decode()
        assert repr(front.bridge.talk) == "<TalkCalls 0 of 2>"

    chosen = tmp_path / "lines.toml"
    chosen.write_text(LINES)
    visit(settings(tmp_path, IVR_CONFIG=str(chosen)), story)


def test_a_line_that_is_gone_is_closed(tmp_path: Path) -> None:
    async def story(front: Front) -> None:
        answer = await post(front, "/talk/call", cookie=await session(front, "gone"))
        assert (answer.status_code, answer.json()) == (503, {"problem": "closed"})

    visit(settings(tmp_path), story)


def test_a_line_that_an_operator_has_closed_is_closed(tmp_path: Path) -> None:
    async def story(front: Front) -> None:
        await front.bridge.directory.close_line("default", True)
        answer = await post(front, "/talk/call", cookie=await session(front))
        assert (answer.status_code, answer.json()) == (503, {"problem": "closed"})

    visit(settings(tmp_path), story)


def test_a_call_is_refused_as_a_caller_is(tmp_path: Path) -> None:
    async def story(front: Front) -> None:
        cookie = await session(front)
        await front.post("/voice", voice_form())
        busy = await post(front, "/talk/call", cookie=cookie)
        assert (busy.status_code, busy.json()) == (503, {"problem": "busy"})
        front.bridge.admission.draining = True
        drain = await post(front, "/talk/call", cookie=cookie)
        assert drain.json() == {"problem": "drain"}

    visit(settings(tmp_path, IVR_MAX_CALLS="1"), story)


def test_there_are_few_such_calls(tmp_path: Path) -> None:
    async def story(front: Front) -> None:
        cookie = await session(front)
        assert (await post(front, "/talk/call", cookie=cookie)).status_code == 200
        many = await post(front, "/talk/call", cookie=cookie)
        assert (many.status_code, many.json()) == (503, {"problem": "too_many"})
        await asyncio.sleep(AWAITED_S)
        again = (await post(front, "/talk/call", cookie=cookie)).json()
        # Another process has carried it.
        assert (await post(front, "/talk/call", {"before": again["call"]}, cookie=cookie)).status_code == 200
        for _ in range(MOST_A_MINUTE):
            front.bridge.talk.expect("CA", asyncio.get_running_loop().time())
        front.bridge.talk.leave("CA")
        await asyncio.sleep(0)
        front.bridge.talk.most = 50
        often = await post(front, "/talk/call", cookie=cookie)
        assert (often.status_code, often.json()) == (429, {"problem": "too_often"})

    visit(settings(tmp_path, IVR_TALK_CALLS="1"), story)


# -- the sockets -----------------------------------------------------------------------------------------------------


SOCKETS: list[tuple[str, dict[str, str], bool, str]] = [
    ("no session", OWN, False, "no_link"),
    ("no origin", {}, True, "foreign_origin"),
    ("a foreign origin", {"origin": "https://evil.example"}, True, "foreign_origin"),
    ("a carrier's signature", {"x-twilio-signature": "x"}, True, "foreign_origin"),
]


@pytest.mark.parametrize(("headers", "known", "reason"), [row[1:] for row in SOCKETS], ids=[row[0] for row in SOCKETS])
def test_a_socket_of_a_stranger_is_not_accepted(
    tmp_path: Path, headers: dict[str, str], known: bool, reason: str
) -> None:
    async def story(front: Front) -> None:
        cookie = await session(front) if known else ""
        with pytest.raises(AsgiRefused) as refused:
            await media(front, headers, cookie)
        assert refused.value.status == 403
        assert front.rejected("talk", reason) == 1

    visit(settings(tmp_path), story)


def test_a_stream_without_a_token_is_refused_with_dev_too(tmp_path: Path) -> None:
    async def story(front: Front) -> None:
        socket = await media(front, LOCAL)
        await begin(socket, CALL, "")
        await ended(socket)
        assert socket.code == 1008
        assert len(front.bridge.admission) == 0

    visit(dev(tmp_path), story)


def test_each_door_takes_its_own_tokens(tmp_path: Path) -> None:
    async def story(front: Front) -> None:
        cookie = await session(front)
        given = token(await front.post("/voice", voice_form()))
        carrier_s = await media(front, cookie=cookie)
        await begin(carrier_s, CALL, given)
        await ended(carrier_s)
        assert carrier_s.code == 1008
        answer = (await post(front, "/talk/call", cookie=cookie)).json()
        page_s = await front.media()
        await page_s.send(wire.CONNECTED)
        await page_s.send(wire.start(wire.Ids(ACCOUNT, answer["call"], STREAM), 1, {"token": answer["token"]}))
        await ended(page_s)
        assert page_s.code == 1008
        # Neither was used up at the wrong door.
        right = await media(front, cookie=cookie)
        await begin(right, answer["call"], answer["token"])
        assert answer["call"] in front.bridge.admission
        await right.send(wire.stop(ids(answer["call"]), 2))
        await ended(right)

    visit(settings(tmp_path), story)


def test_a_token_is_of_one_call_and_one_use(tmp_path: Path) -> None:
    async def story(front: Front) -> None:
        cookie = await session(front)
        answer = (await post(front, "/talk/call", cookie=cookie)).json()
        other = await media(front, cookie=cookie)
        await begin(other, CALL, answer["token"])
        await ended(other)
        first = await media(front, cookie=cookie)
        await begin(first, answer["call"], answer["token"])
        second = await media(front, cookie=cookie)
        await begin(second, answer["call"], answer["token"])
        await ended(second)
        assert (other.code, second.code) == (1008, 1008)
        assert answer["call"] in front.bridge.admission
        await first.send(wire.stop(ids(answer["call"]), 2))
        await ended(first)

    visit(settings(tmp_path), story)


# -- on the developer's machine ----------------------------------------------------------------------------------------


def test_with_dev_the_machine_itself_needs_no_link(tmp_path: Path) -> None:
    async def story(front: Front) -> None:
        page = facts(await front.client.get("/talk"))
        assert (page["problem"], page["session"]) == ("", True)
        answer = await post(front, "/talk/call", {"line": "default"}, LOCAL)
        assert answer.status_code == 200
        socket = await media(front, LOCAL)
        await begin(socket, answer.json()["call"], answer.json()["token"])
        assert len(front.bridge.admission) == 1
        await socket.send(wire.stop(ids(answer.json()["call"]), 2))
        await ended(socket)

    visit(dev(tmp_path), story)


def test_with_dev_a_tunnel_needs_a_link(tmp_path: Path) -> None:
    async def story(front: Front) -> None:
        through = {"host": "tunnel.example", "x-forwarded-for": "1.2.3.4"}
        assert (await front.client.get("/talk", headers=through)).status_code == 403
        assert (await front.client.get(f"/talk?link={link(front)}", headers=through)).status_code == 200
        own = {**through, "origin": "https://tunnel.example"}
        assert (await post(front, "/talk/call", {}, own)).json() == {"problem": "no_link"}
        assert (await post(front, "/talk/session", {"link": link(front)}, own)).status_code == 200

    visit(dev(tmp_path, IVR_PUBLIC_URL="https://tunnel.example"), story)


def test_secrets_that_are_read_again_count_at_once(tmp_path: Path) -> None:
    async def story(front: Front) -> None:
        before = link(front)
        front.bridge.use_secrets(settings(tmp_path, TWILIO_AUTH_TOKEN="another"))
        assert (await post(front, "/talk/session", {"link": before})).status_code == 403
        assert (await post(front, "/talk/session", {"link": link(front)})).status_code == 200

    assert AUTH != "another"
    visit(settings(tmp_path), story)
