"""The real socket, on the loopback: what goes out, what may come in, what is never written down."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, TypeAlias

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed, ConnectionClosedError, InvalidStatus
from websockets.frames import Close
from websockets.http11 import Request, Response

from ivr.call.ports import TtsError
from ivr.hamsa.options import HamsaSettings
from ivr.hamsa.pool import socket
from ivr.hamsa.reasons import LinkLost
from ivr.hamsa.tts.synthesizer import Synthesizer
from ivr.upstream.resolver import Resolver
from tests.hamsa.service import ACK, END, INFO, KEY, TEXT, on_demand, sound
from tests.support import live

pytestmark = pytest.mark.live

Play: TypeAlias = Callable[[ServerConnection], Awaitable[None]]
AUDIO = sound(7, 40000)


async def speaks(connection: ServerConnection) -> None:
    """A service as documented, on either request."""
    await connection.send(INFO)
    async for message in connection:
        if json.loads(message)["type"] == "tts":
            for frame in (ACK, AUDIO, END):
                await connection.send(frame)
        else:
            await connection.send("7826459301240")


class Loopback:
    """A WebSocket server and what it saw."""

    def __init__(self) -> None:
        self.url = ""
        self.keys: list[str | None] = []
        self.headers: list[dict[str, str]] = []
        self.open = 0
        self.status = 0
        self.location = ""

    def settings(self, **changes: Any) -> HamsaSettings:
        return HamsaSettings(url=self.url, api_key=KEY, **changes)

    def check(self, connection: ServerConnection, request: Request) -> Response | None:
        self.keys.append(request.headers.get("X-Api-Key"))
        self.headers.append(dict(request.headers.raw_items()))
        if not self.status:
            return None
        response = connection.respond(self.status, "no")
        if self.location:
            response.headers["Location"] = self.location
        return response


@contextlib.asynccontextmanager
async def loopback(play: Play = speaks) -> AsyncIterator[Loopback]:
    service = Loopback()

    async def run(connection: ServerConnection) -> None:
        service.open += 1
        try:
            await play(connection)
        except ConnectionClosed:
            pass
        finally:
            service.open -= 1

    async with serve(run, "127.0.0.1", 0, process_request=service.check, close_timeout=0.2) as server:
        service.url = f"ws://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}/v1/realtime/ws"
        yield service


async def said(voice: Synthesizer) -> bytes:
    return b"".join([audio.audio async for audio in voice.speak(TEXT)])


async def failure(voice: Synthesizer) -> str:
    with pytest.raises(TtsError) as failed:
        await said(voice)
    return failed.value.reason


@contextlib.asynccontextmanager
async def speaking(service: Loopback, **changes: Any) -> AsyncIterator[Synthesizer]:
    """A voice whose end is quick and leaves no task of ours."""
    speech = on_demand(service.settings(**changes))
    try:
        yield speech.synthesizer_for(service.settings(**changes))
    finally:
        began = asyncio.get_running_loop().time()
        await speech.aclose()
        assert asyncio.get_running_loop().time() - began < 1.0
        assert not [task for task in asyncio.all_tasks() if task.get_name().startswith("hamsa")]


def test_sentences_and_utterances_over_one_socket_each() -> None:
    async def scene() -> None:
        async with loopback() as service, speaking(service) as voice:
            speech = on_demand(service.settings())
            ears = speech.transcriber_for(service.settings())
            await asyncio.gather(voice.open(), ears.open())
            for _ in range(3):
                assert await said(voice) == AUDIO
                assert await ears.transcribe(bytes(1600)) == "7826459301240"
            assert service.open == 2
            await speech.aclose()
            assert service.keys == [KEY, KEY]
            assert "Sec-WebSocket-Extensions" not in service.headers[0]
            assert service.headers[0]["User-Agent"] == "ivr-bridge"

    live.run(scene())


def test_key_is_never_logged(caplog: pytest.LogCaptureFixture) -> None:
    async def scene() -> None:
        async with loopback() as service:
            async with speaking(service) as voice:
                assert await said(voice) == AUDIO
            service.status = 401
            async with speaking(service) as refused:
                assert await failure(refused) == "auth"
                assert KEY not in repr(refused)

    logging.getLogger("ivr.hamsa.wire").setLevel(logging.DEBUG)
    with caplog.at_level(logging.DEBUG):
        logging.getLogger("websockets.server").setLevel(logging.WARNING)
        live.run(scene())
    assert KEY not in caplog.text


def test_redirect_is_not_followed() -> None:
    async def scene() -> None:
        async with loopback() as elsewhere, loopback() as service, speaking(service) as voice:
            service.status, service.location = 302, elsewhere.url
            assert await failure(voice) == "refused"
            assert elsewhere.keys == []

    live.run(scene())


@pytest.mark.parametrize(("status", "reason"), [(401, "auth"), (403, "auth"), (500, "refused")])
def test_refused_upgrade(status: int, reason: str) -> None:
    async def scene() -> None:
        async with loopback() as service, speaking(service) as voice:
            service.status = status
            assert await failure(voice) == reason

    live.run(scene())


@pytest.mark.parametrize(("code", "reason"), [(4001, "auth"), (4003, "funds"), (4500, "auth"), (1000, "closed")])
def test_accepted_and_closed(code: int, reason: str) -> None:
    async def scene() -> None:
        async with loopback(lambda connection: connection.close(code)) as service, speaking(service) as voice:
            assert await failure(voice) == reason

    live.run(scene())


def test_nobody_there() -> None:
    async def scene() -> None:
        async with loopback() as service:
            pass
        async with speaking(service) as voice:
            assert await failure(voice) == "connect"

    live.run(scene())


async def breaks_off(connection: ServerConnection) -> None:
    await connection.recv()
    connection.transport.abort()


async def sends_half_a_character(connection: ServerConnection) -> None:
    await connection.recv()
    await connection.send("مرحبا".encode()[:-1], text=True)
    await connection.recv()


async def sends_too_much(connection: ServerConnection) -> None:
    await connection.recv()
    await connection.send(bytes(70_000))
    await connection.recv()


async def sends_nonsense(connection: ServerConnection) -> None:
    await connection.recv()
    connection.transport.write(b"\xff\xff\xff\xff nonsense")
    await connection.wait_closed()


@pytest.mark.parametrize(
    ("play", "reason"),
    [
        (breaks_off, "broken"),
        (sends_half_a_character, "bad_text"),
        (sends_too_much, "too_big"),
        (sends_nonsense, "closed_badly"),
    ],
)
def test_broken_socket(play: Play, reason: str) -> None:
    async def scene() -> None:
        async with loopback(play) as service, speaking(service, max_frame=65_536) as voice:
            assert await failure(voice) == reason

    live.run(scene())


def test_end_with_a_peer_that_reads_nothing_is_quick() -> None:
    """The peer stopped reading in the middle of a long utterance and never answers a farewell."""

    async def deaf(connection: ServerConnection) -> None:
        connection.transport.pause_reading()
        await asyncio.sleep(30)

    async def scene() -> None:
        async with loopback(deaf) as service:
            speech = on_demand(service.settings())
            ears = speech.transcriber_for(service.settings(stt_rate=8000))
            task = asyncio.create_task(ears.transcribe(bytes(16_000_000)))
            await asyncio.sleep(0.3)
            began = asyncio.get_running_loop().time()
            await speech.aclose()
            assert asyncio.get_running_loop().time() - began < 1.0
            task.cancel()
            await asyncio.wait({task})
            for running in asyncio.all_tasks() - {asyncio.current_task()}:
                running.cancel()

    live.run(scene())


def test_ping_is_answered_by_a_living_socket() -> None:
    async def scene() -> None:
        async with loopback() as service, speaking(service, ping_interval=0.02, ping_verdict=0.5) as voice:
            await voice.open()
            await asyncio.sleep(0.2)
            assert await said(voice) == AUDIO
            assert await said(voice) == AUDIO
            assert len(service.keys) == 1

    live.run(scene())


def test_unanswered_ping_is_no_sign_of_life() -> None:
    async def scene() -> None:
        async with loopback(lambda connection: asyncio.sleep(0.1)) as service:
            open_wire = await socket.connect(service.settings())
            assert isinstance(open_wire, socket.WebSocketWire)
            assert open_wire.is_open
            signs: list[None] = []
            await open_wire.ping(lambda: signs.append(None))
            open_wire._connection.transport.abort()
            with pytest.raises(ConnectionClosed):
                await open_wire.recv()
            await asyncio.sleep(0)
            assert signs == []
            assert not open_wire.is_open
            await open_wire.close()

    live.run(scene())


def test_tls_certificates_are_read_once() -> None:
    assert socket._tls() is socket._tls()


@pytest.mark.parametrize(
    ("raised", "phase", "reason", "code"),
    [
        (LinkLost("stuck"), "open", "stuck", None),
        (ConnectionClosedError(None, None), "open", "broken", 1006),
        (ConnectionClosedError(None, Close(1009, "")), "open", "too_big", 1009),
        (ConnectionClosedError(Close(4003, ""), None), "connect", "funds", 4003),
        (ConnectionClosedError(Close(4999, ""), None), "open", "closed_badly", 4999),
        (TimeoutError(), "connect", "connect_timeout", None),
        (TimeoutError(), "open", "broken", None),
        (OSError(), "connect", "connect", None),
        (OSError(), "open", "broken", None),
        (InvalidStatus(Response(402, "", Headers())), "connect", "funds", None),
    ],
)
def test_every_failure_has_a_fixed_word(
    raised: Exception, phase: socket.SocketPhase, reason: str, code: int | None
) -> None:
    lost = socket.lost_from(raised, phase)
    assert (lost.reason, lost.code) == (reason, code)


def test_the_name_is_looked_up_by_the_resolver(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def lookup(host: str) -> tuple[str, ...]:
        asked.append(host)
        return ("127.0.0.1",)

    monkeypatch.setattr(socket, "SHARED", Resolver(lookup))

    async def scene() -> None:
        async with loopback() as service:
            service.url = service.url.replace("127.0.0.1", "speech.example")
            async with speaking(service) as voice:
                assert await said(voice) == AUDIO
            assert service.headers[0]["Host"].startswith("speech.example:")
            assert asked == ["speech.example"]

    live.run(scene())
