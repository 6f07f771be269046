"""The route of the audio: who may open a socket, and what may begin on it. Through the whole application, in memory."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import cast

import pytest
from starlette.websockets import WebSocket, WebSocketDisconnect

from ivr.call.ports import WireClosed
from ivr.server.app import PhoneWire
from ivr.server.bridge import Bridge
from ivr.testbench.phone import messages as wire
from ivr.testbench.twilio.asgi import AsgiRefused, AsgiSocket
from ivr.testbench.twilio.signing import Signer
from ivr.twilio.stream import START_TIMEOUT
from tests.support.front import ACCOUNT, CALL, PUBLIC, STREAM, Front, settings, token, visit, voice_form

IDS = wire.Ids(ACCOUNT, CALL, STREAM)
MEDIA = f"wss{PUBLIC.removeprefix('https')}/media"


async def ended(socket: AsgiSocket) -> int | None:
    """Read the socket to its end; how the server closed it."""
    with pytest.raises(WireClosed):
        while True:
            await socket.receive()
    await socket.serving
    return socket.code


async def begin(socket: AsgiSocket, given: str, ids: wire.Ids = IDS) -> None:
    await socket.send(wire.CONNECTED)
    await socket.send(wire.start(ids, 1, {"token": given} if given else {}))


async def on_the_line(front: Front, given: str = "", ids: wire.Ids = IDS) -> AsgiSocket:
    """A call that was answered and whose stream has begun."""
    if not given:
        given = token(await front.post("/voice", voice_form(CallSid=ids.call)))
    socket = await front.media()
    await begin(socket, given, ids)
    await asyncio.sleep(0.1)
    return socket


async def hang_up(socket: AsgiSocket, ids: wire.Ids = IDS) -> int | None:
    await socket.send(wire.stop(ids, 2))
    return await ended(socket)


# -- the handshake -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("url", [MEDIA, f"{MEDIA}/", "wss://bridge.example:443/media"])
def test_a_signed_handshake_is_accepted_at_once(tmp_path: Path, url: str) -> None:
    async def story(front: Front) -> None:
        socket = await front.media(front.signer.headers(url))
        assert socket.accepted
        await socket.close()
        await socket.serving

    visit(settings(tmp_path), story)


HANDSHAKES: list[tuple[str, dict[str, str], str]] = [
    ("no header", {}, "no_signature"),
    ("empty header", {"x-twilio-signature": ""}, "no_signature"),
    ("no base64", {"x-twilio-signature": "\xff\xfe%%%"}, "wrong_signature"),
    ("another secret", Signer("x").headers(MEDIA), "wrong_signature"),
    ("signed as https", Signer("the-auth-token").headers(f"{PUBLIC}/media"), "wrong_signature"),
    ("another route", Signer("the-auth-token").headers("wss://bridge.example/voice"), "wrong_signature"),
    ("another host", Signer("the-auth-token").headers("wss://evil.example/media"), "wrong_signature"),
    ("unknown key", {"x-twilio-signature": "x", "x-twilio-webhooks-signature-settings": "key=k,algorithm=HMAC_SHA256"},
     "unknown_key"),
    ("unknown algorithm", {"x-twilio-signature": "x", "x-twilio-webhooks-signature-settings": "algorithm=MD5"},
     "unknown_algorithm"),
]  # fmt: skip


@pytest.mark.parametrize(("headers", "reason"), [row[1:] for row in HANDSHAKES], ids=[row[0] for row in HANDSHAKES])
def test_a_wrong_handshake_is_refused_before_it_is_accepted(
    tmp_path: Path, headers: dict[str, str], reason: str
) -> None:
    async def story(front: Front) -> None:
        with pytest.raises(AsgiRefused) as refused:
            await front.media(headers)
        assert refused.value.status == 403
        assert front.rejected("media", reason) == 1

    visit(settings(tmp_path), story)


def test_a_query_on_the_socket_is_part_of_what_is_signed(tmp_path: Path) -> None:
    async def story(front: Front) -> None:
        socket = await front.media(query="?x=1")
        await socket.close()
        await socket.serving
        with pytest.raises(AsgiRefused):
            await front.media(front.signer.headers(MEDIA), query="?x=2")

    visit(settings(tmp_path), story)


def test_a_socket_that_leaves_before_it_is_accepted(tmp_path: Path) -> None:
    async def story(front: Front) -> None:
        socket = AsgiSocket(front.app, "ws://127.0.0.1:8000/media", front.signer.headers(MEDIA))
        socket.drop()
        with pytest.raises(AsgiRefused):
            await socket.open()
        assert len(front.bridge.admission) == 0

    visit(settings(tmp_path), story)


# -- the start -----------------------------------------------------------------------------------------------------


def test_the_token_of_the_answer_opens_the_call(tmp_path: Path) -> None:
    async def story(front: Front) -> None:
        socket = await on_the_line(front)
        assert CALL in front.bridge.admission
        assert front.metric("ivr_calls_total") == 1
        assert await hang_up(socket) == 1000
        assert len(front.bridge.admission) == 0
        assert front.metric("ivr_terminations_total", result="success", reason="caller_stop") == 1

    visit(settings(tmp_path), story)


def test_a_token_is_good_for_one_stream(tmp_path: Path) -> None:
    async def story(front: Front) -> None:
        given = token(await front.post("/voice"))
        first = await on_the_line(front, given)
        second = await front.media()
        await begin(second, given)
        assert await ended(second) == 1008
        assert front.rejected("media", "token") == 1
        assert CALL in front.bridge.admission
        await hang_up(first)

    visit(settings(tmp_path), story)


@pytest.mark.parametrize("given", ["", "x", "x" * 400, "ط", "\0"])
def test_a_stream_without_the_call_s_token_is_closed(tmp_path: Path, given: str) -> None:
    async def story(front: Front) -> None:
        await front.post("/voice")
        socket = await front.media()
        await begin(socket, given)
        assert await ended(socket) == 1008
        assert len(front.bridge.admission) == 0

    visit(settings(tmp_path), story)


def test_a_token_for_another_call_is_not_used_up_by_trying(tmp_path: Path) -> None:
    other = wire.Ids(ACCOUNT, "CA" + "d" * 32, STREAM)

    async def story(front: Front) -> None:
        given = token(await front.post("/voice"))
        await front.post("/voice", voice_form(CallSid=other.call))
        socket = await front.media()
        await begin(socket, given, other)
        assert await ended(socket) == 1008
        assert await hang_up(await on_the_line(front, given)) == 1000

    visit(settings(tmp_path), story)


def test_a_token_dies_of_old_age(tmp_path: Path) -> None:
    async def story(front: Front) -> None:
        given = token(await front.post("/voice"))
        await asyncio.sleep(61)
        socket = await front.media()
        await begin(socket, given)
        assert await ended(socket) == 1008

    visit(settings(tmp_path), story)


def test_another_account_s_stream_is_closed(tmp_path: Path) -> None:
    async def story(front: Front) -> None:
        given = token(await front.post("/voice"))
        socket = await front.media()
        await begin(socket, given, wire.Ids("AC" + "9" * 32, CALL, STREAM))
        assert await ended(socket) == 1008
        assert front.rejected("media", "account") == 1

    visit(settings(tmp_path), story)


STARTS: list[tuple[str, list[str], str]] = [
    ("stop first", [wire.CONNECTED, wire.stop(IDS, 1)], "stopped_before_start"),
    ("another sample rate", [wire.start(IDS, 1, {}).replace("8000", "16000")], "media_format"),
    ("another encoding", [wire.start(IDS, 1, {}).replace("x-mulaw", "l16")], "media_format"),
    ("two channels", [wire.start(IDS, 1, {}).replace('"channels":1', '"channels":2')], "media_format"),
]


@pytest.mark.parametrize(("messages", "reason"), [row[1:] for row in STARTS], ids=[row[0] for row in STARTS])
def test_a_start_that_is_none_is_closed_at_once(tmp_path: Path, messages: list[str], reason: str) -> None:
    async def story(front: Front) -> None:
        socket = await front.media()
        for message in messages:
            await socket.send(message)
        assert await ended(socket) == 1008
        assert front.rejected("media", reason) == 1

    visit(settings(tmp_path), story)


SILENT: list[tuple[str, list[str | bytes]]] = [
    ("nothing at all", []),
    ("connected only", [wire.CONNECTED]),
    ("audio first", [wire.media(IDS, 1, 1, 0, b"\xff" * 160)]),
    ("keys and marks first", [wire.dtmf(IDS, 2, "1"), wire.mark(IDS, 3, "x")]),
    ("no JSON", ["{", "", "[]", "null", '"start"', "\0", "x" * 1000]),
    ("binary", [b"\x00\xff", b"", b"\xff" * 4000]),
    ("a start of wrong types", ['{"event":"start","start":5}', '{"event":"start","start":{"callSid":[]}}']),
    ("a start without its parts", ['{"event":"start"}', '{"event":"start","streamSid":"MZ1","start":{}}']),
    ("nesting without end", ['{"event":' * 20_000, "[" * 100_000]),
]  # fmt: skip


@pytest.mark.parametrize("messages", [row[1] for row in SILENT], ids=[row[0] for row in SILENT])
def test_a_socket_without_a_call_is_closed_after_5_seconds(tmp_path: Path, messages: list[str | bytes]) -> None:
    async def story(front: Front) -> None:
        loop = asyncio.get_running_loop()
        socket = await front.media()
        began = loop.time()
        for message in messages:
            await socket.send(message)
        assert await ended(socket) == 1008
        assert loop.time() - began == pytest.approx(START_TIMEOUT)
        assert len(front.bridge.admission) == 0

    visit(settings(tmp_path), story)


def test_sockets_that_say_nothing_take_no_call_s_place(tmp_path: Path) -> None:
    async def story(front: Front) -> None:
        silent = [await front.media() for _ in range(50)]
        socket = await on_the_line(front)
        assert CALL in front.bridge.admission
        await hang_up(socket)
        for other in silent:
            assert await ended(other) == 1008

    visit(settings(tmp_path, IVR_MAX_CALLS="1"), story)


def test_a_second_stream_of_a_call_supersedes_the_first(tmp_path: Path) -> None:
    again = wire.Ids(ACCOUNT, CALL, "MZ" + "e" * 32)

    async def story(front: Front) -> None:
        first = await on_the_line(front)
        second = await on_the_line(front, ids=again)
        assert await ended(first) == 1000
        assert front.metric("ivr_terminations_total", result="indeterminate", reason="superseded") == 1
        assert CALL in front.bridge.admission
        assert await hang_up(second, again) == 1000
        assert front.bridge.admission.superseded == 1
        assert len(front.bridge.admission) == 0

    visit(settings(tmp_path), story)


def test_a_laptop_s_phone_needs_no_signature_and_no_token(tmp_path: Path) -> None:
    async def story(front: Front) -> None:
        socket = await front.media({})
        await begin(socket, "")
        await asyncio.sleep(0.1)
        assert CALL in front.bridge.admission
        other = await front.media({})
        await begin(other, "", wire.Ids(ACCOUNT, "CA2", STREAM))
        assert await ended(other) == 1008
        await hang_up(socket)

    visit(settings(tmp_path, IVR_DEV="true", IVR_PUBLIC_URL="", IVR_MAX_CALLS="1"), story)


# -- the end ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [1000, 1001, 1005, 1006])
def test_a_socket_that_ends_without_a_stop(tmp_path: Path, code: int) -> None:
    how = "dropped" if code in (1005, 1006) else "closed"

    async def story(front: Front) -> None:
        socket = await on_the_line(front)
        await socket.close(code)
        await socket.serving
        assert front.metric("ivr_terminations_total", result="indeterminate", reason=f"caller_{how}") == 1
        assert len(front.bridge.admission) == 0

    visit(settings(tmp_path), story)


def test_a_crash_before_a_call_closes_the_socket(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(Bridge, "_compose", lambda *_: 1 / 0)

    async def story(front: Front) -> None:
        socket = await on_the_line(front)
        assert await ended(socket) == 1011
        assert len(front.bridge.admission) == 0

    visit(settings(tmp_path), story)
    assert "session_failed" in caplog.text


def test_a_stopping_server_ends_its_calls(tmp_path: Path) -> None:
    async def story(front: Front) -> None:
        socket = await on_the_line(front)
        await front.bridge.stop()
        assert await ended(socket) == 1011
        assert front.metric("ivr_terminations_total", result="bridge_error", reason="shutdown") == 1

    visit(settings(tmp_path), story)


@pytest.mark.parametrize("error", [WebSocketDisconnect(1006), RuntimeError("after the close")])
def test_sending_on_a_socket_that_is_over_is_its_end(error: Exception) -> None:
    class Dead:
        async def send(self, _: object) -> None:
            raise error

    async def main() -> None:
        with pytest.raises(WireClosed):
            await PhoneWire(cast(WebSocket, Dead())).send("{}")

    asyncio.run(main())
