"""Test the limits of one connection, and which one is closed when there are too many; *live*."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import weakref
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from unittest.mock import ANY

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from ivr.config.load import load
from ivr.server.connection_limit import (
    DROPPED_BYTES,
    HEAD_BYTES,
    HEAD_SECONDS,
    MAX_HEADERS,
    PIPELINED,
    ConnectionLimit,
    LimitedConnection,
)
from ivr.server.http_protocol import LimitedHttpProtocol
from ivr.server.serve import config_for
from ivr.server.websocket_protocol import STARTED
from ivr.testbench.loopback import bound, serving
from tests.support import live
from tests.support.front import ENV

pytestmark = pytest.mark.live

IDLE_SECONDS = 20
GET = b"GET /short HTTP/1.1\r\nHost: x\r\n\r\n"
UPGRADE = (
    b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
)


async def _short(_: Request) -> PlainTextResponse:
    return PlainTextResponse("short")


async def _read(request: Request) -> PlainTextResponse:
    return PlainTextResponse(str(len(await request.body())))


async def _slow(_: Request) -> PlainTextResponse:
    await asyncio.sleep(60)
    return PlainTextResponse("slow")


async def _socket(websocket: WebSocket) -> None:
    await websocket.accept()
    if websocket.url.path == "/media":
        websocket.scope[STARTED]()
    assert await websocket.receive_text() == "hello"
    await websocket.close()


class Place:
    """Hold a server of a few routes, and what it refused."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.refused: Counter[str] = Counter()
        self._writers: list[asyncio.StreamWriter] = []

    async def open(self, said: bytes = b"") -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        self._writers.append(writer)
        writer.write(said)
        return reader, writer

    def close(self) -> None:
        for writer in self._writers:
            writer.close()


async def rest(reader: asyncio.StreamReader) -> tuple[bytes, float]:
    """Return everything up to the end of the connection, and when that was."""
    said = b""
    with contextlib.suppress(ConnectionError):
        while chunk := await reader.read(65536):
            said += chunk
    return said, asyncio.get_running_loop().time()


def visit(
    story: Callable[[Place], Awaitable[None]], *, places: int = 100, keeps: Callable[[], bool] = lambda: True
) -> None:
    @contextlib.asynccontextmanager
    async def served() -> AsyncIterator[Place]:
        listener = bound()
        place = Place(listener.getsockname()[1])
        routes = [Route("/short", _short, methods=["GET", "POST"]), Route("/read", _read, methods=["POST"])]
        app = Starlette(routes=[*routes, Route("/slow", _slow), WebSocketRoute("/{any}", _socket)])

        def configure(app: Starlette) -> uvicorn.Config:
            settings = load({**ENV, "IVR_KEEP_ALIVE_SECONDS": str(IDLE_SECONDS)})
            limit: ConnectionLimit[LimitedConnection] = ConnectionLimit(places)
            limit.keeps = keeps
            return config_for(app, settings, limit=limit, refused=lambda reason: place.refused.update([reason]))

        async with serving(app, listener, configure):
            try:
                yield place
            finally:
                place.close()

    async def main() -> None:
        async with served() as place:
            await story(place)

    live.run(main())


@pytest.mark.parametrize("line", [b"X: " + b"y" * 500, b"X: y\r\n"], ids=["one line", "many lines"])
def test_a_head_that_is_too_long_is_refused(line: bytes) -> None:
    async def story(place: Place) -> None:
        # Not a byte more than makes it too long: what the server leaves unread would cost the answer.
        head = b"GET /short HTTP/1.1\r\n" + (line * HEAD_BYTES)[: 90 * 6 if line.endswith(b"\n") else HEAD_BYTES]
        head += b"X-Last: "
        reader, _ = await place.open(head + b"y" * (HEAD_BYTES + 1 - len(head)))
        said, _ = await rest(reader)
        assert said.startswith(b"HTTP/1.1 431 ")
        assert place.refused == {"head_too_long": 1}

    visit(story)


def test_a_head_without_end_is_cut_off() -> None:
    async def story(place: Place) -> None:
        reader, writer = await place.open(b"GET /short HTTP/1.1\r\nX: ")
        with contextlib.suppress(ConnectionError):
            while True:
                writer.write(b"y" * HEAD_BYTES)
                await writer.drain()
        await rest(reader)
        assert place.refused == {"head_too_long": 1}

    visit(story)


def test_a_head_is_read_up_to_its_limits() -> None:
    async def story(place: Place) -> None:
        reader, _ = await place.open(GET[:-2] + b"X: " + b"y" * (HEAD_BYTES - 100) + b"\r\nConnection: close\r\n\r\n")
        assert (await rest(reader))[0].startswith(b"HTTP/1.1 200 ")
        for more in (0, 1):
            head = GET[:-2] + b"X: y\r\n" * (MAX_HEADERS - 2 + more) + b"Connection: close\r\n\r\n"
            reader, _ = await place.open(head)
            assert (await rest(reader))[0].startswith((b"HTTP/1.1 200 ", b"HTTP/1.1 431 ")[more:][:1])
        reader, _ = await place.open(b"POST /read HTTP/1.1\r\nContent-Length: 3\r\n" + b"X: y\r\n" * 200 + b"\r\nabc")
        assert (await rest(reader))[0].startswith(b"HTTP/1.1 431 ")
        assert place.refused == {"too_many_headers": 2}

    visit(story)


def test_a_connection_is_kept_or_its_answer_says_that_it_closes() -> None:
    kept = [True, False]

    async def story(place: Place) -> None:
        reader, writer = await place.open(GET)
        assert b"connection: close" not in await reader.readuntil(b"short")
        writer.write(GET)
        said, _ = await rest(reader)
        assert b"connection: close" in said
        assert said.endswith(b"short")
        assert not place.refused

    visit(story, keeps=lambda: kept.pop(0))


def test_a_body_may_be_long_and_is_no_head() -> None:
    async def story(place: Place) -> None:
        length = 10 * HEAD_BYTES
        post = f"POST /read HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n".encode() + b"b" * length
        reader, writer = await place.open(post)
        assert (await reader.readuntil(str(length).encode())).startswith(b"HTTP/1.1 200 ")
        writer.write(post[:-2])
        writer.write(post[-2:])
        assert (await reader.readuntil(str(length).encode())).endswith(str(length).encode())
        assert not place.refused

    visit(story)


@pytest.mark.parametrize(
    "said", [b"", b"GET /short HTTP/1.1\r\nX: y", b"GET /media HTTP/1.1\r\n" + UPGRADE], ids=["nothing", "a part", "ws"]
)
def test_a_head_that_does_not_come_is_not_waited_for(said: bytes) -> None:
    async def story(place: Place) -> None:
        start = asyncio.get_running_loop().time()
        reader, _ = await place.open(said)
        answer, end = await rest(reader)
        assert (answer, place.refused) == (b"", {"too_slow": 1})
        assert HEAD_SECONDS <= end - start < HEAD_SECONDS + 1

    visit(story)


def test_a_head_that_drips_after_an_answer_is_not_waited_for() -> None:
    async def story(place: Place) -> None:
        reader, writer = await place.open(GET)
        await reader.readuntil(b"short")
        await asyncio.sleep(IDLE_SECONDS - 2)
        start = asyncio.get_running_loop().time()

        async def drip() -> None:
            with contextlib.suppress(ConnectionError):
                for byte in GET[:-1]:
                    writer.write(bytes([byte]))
                    await asyncio.sleep(1)

        dripping = asyncio.create_task(drip())
        _, end = await rest(reader)
        dripping.cancel()
        assert HEAD_SECONDS <= end - start < HEAD_SECONDS + 1
        assert place.refused == {"too_slow": 1}

    visit(story)


def test_an_idle_connection_is_closed_and_one_in_use_stays() -> None:
    async def story(place: Place) -> None:
        reader, writer = await place.open()
        for _ in range(5):
            writer.write(GET)
            await reader.readuntil(b"short")
            await asyncio.sleep(IDLE_SECONDS - 1)
        start = asyncio.get_running_loop().time()
        _, end = await rest(reader)
        assert 0.5 < end - start <= 1.5
        assert not place.refused

    visit(story)


def test_a_slow_answer_is_waited_for() -> None:
    async def story(place: Place) -> None:
        reader, _ = await place.open(b"GET /slow HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert (await rest(reader))[0].endswith(b"slow")
        assert not place.refused

    visit(story)


@pytest.mark.parametrize(
    ("target", "length", "status"), [("/none", 300, b"404"), ("/slow", 300, b"405"), ("/short", 100_000, b"200")]
)
def test_a_body_after_its_answer_does_not_cost_the_next_request(target: str, length: int, status: bytes) -> None:
    async def story(place: Place) -> None:
        head = f"POST {target} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n".encode()
        reader, writer = await place.open(head)
        assert (await reader.readuntil(b"\r\n\r\n"))[9:12] == status
        for _ in range(10):
            writer.write(b"b" * (length // 10))
            await asyncio.sleep(0.05)
        writer.write(GET[:-2] + b"Connection: close\r\n\r\n")
        assert (await rest(reader))[0].endswith(b"\r\n\r\nshort")
        assert not place.refused

    visit(story)


def test_a_body_after_its_answer_is_dropped_up_to_a_limit() -> None:
    async def story(place: Place) -> None:
        reader, writer = await place.open(b"POST /short HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        await reader.readuntil(b"short")
        with contextlib.suppress(ConnectionError):
            for _ in range(2 * DROPPED_BYTES // 4096):
                writer.write(b"1000\r\n" + b"b" * 4096 + b"\r\n")
                await writer.drain()
        await rest(reader)
        assert place.refused == {"body_too_long": 1}

    visit(story)


def test_the_limit_of_dropped_bytes_is_of_one_request() -> None:
    async def story(place: Place) -> None:
        reader, writer = await place.open()
        length = DROPPED_BYTES * 2 // 3
        for _ in range(3):
            writer.write(f"POST /none HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n".encode())
            assert (await reader.readuntil(b"\r\n\r\nNot Found")).startswith(b"HTTP/1.1 404 ")
            writer.write(b"b" * length)
        writer.write(GET)
        assert (await reader.readuntil(b"short")).startswith(b"HTTP/1.1 200 ")
        assert not place.refused

    visit(story)


def test_a_connection_that_has_ended_is_not_counted() -> None:
    async def story(place: Place) -> None:
        for _ in range(5):
            _, writer = await place.open()
            writer.close()
            await writer.wait_closed()
            # The answer on the next one comes when the server has seen the end of this one.
            reader, _ = await place.open(GET[:-2] + b"Connection: close\r\n\r\n")
            await rest(reader)
        assert not place.refused

    visit(story, places=2)


def test_a_connection_is_idle_when_the_body_of_its_answer_came() -> None:
    async def story(place: Place) -> None:
        reader, writer = await place.open(b"POST /none HTTP/1.1\r\nHost: x\r\nContent-Length: 300\r\n\r\n")
        await reader.readuntil(b"Found")
        start = asyncio.get_running_loop().time()
        writer.write(b"b" * 300)
        _, end = await rest(reader)
        assert IDLE_SECONDS - 0.1 <= end - start < IDLE_SECONDS + 1
        assert not place.refused

    visit(story)


def test_a_body_that_does_not_come_is_not_waited_for() -> None:
    async def story(place: Place) -> None:
        reader, writer = await place.open(b"POST /none HTTP/1.1\r\nHost: x\r\nContent-Length: 300\r\n\r\n")
        await reader.readuntil(b"Found")
        start = asyncio.get_running_loop().time()
        writer.write(b"b" * 299)
        _, end = await rest(reader)
        assert HEAD_SECONDS - 0.1 <= end - start < HEAD_SECONDS + 1
        assert place.refused == {"too_slow": 1}

    visit(story)


@pytest.mark.parametrize(
    "header", [b"Expect: 100-continue", b"Connection: upgrade\r\nUpgrade: h2c", b"Connection: Upgrade\r\nUpgrade: x, y"]
)
@pytest.mark.parametrize("body", [b"", b"b" * 300, b"GET /short HTTP/1.1\r\n\r\n"], ids=["none", "late", "a request"])
def test_an_answer_ends_a_connection_that_may_be_misread(header: bytes, body: bytes) -> None:
    async def story(place: Place) -> None:
        length = b"Content-Length: 300\r\n\r\n"
        reader, writer = await place.open(b"POST /none HTTP/1.1\r\nHost: x\r\n" + header + b"\r\n" + length)
        said = await reader.readuntil(b"\r\n\r\nNot Found")
        writer.write(body)
        assert (said[9:12], b"connection: close" in said, await rest(reader)) == (b"404", True, (b"", ANY))
        assert not place.refused

    visit(story)


def test_the_oldest_silent_connection_goes_for_one_too_many() -> None:
    async def story(place: Place) -> None:
        loud, writer = await place.open(GET)
        await loud.readuntil(b"short")
        silent = [(await place.open())[0] for _ in range(3)]
        await asyncio.sleep(0.1)
        start = asyncio.get_running_loop().time()
        for reader in silent[:2]:
            other, _ = await place.open(GET)
            await other.readuntil(b"short")
            assert (await rest(reader))[1] - start < 1
        writer.write(GET)
        await loud.readuntil(b"short")
        assert place.refused == {"too_many_connections": 2}
        assert not silent[2].at_eof()

    visit(story, places=4)


def test_a_phone_s_socket_is_not_counted() -> None:
    async def story(place: Place) -> None:
        sockets = []
        for _ in range(5):
            reader, writer = await place.open(b"GET /media HTTP/1.1\r\nHost: x\r\n" + UPGRADE + b"\r\n")
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101 ")
            sockets.append((reader, writer))
        await asyncio.sleep(60)
        for _reader, writer in sockets:
            writer.write(b"\x81\x85\0\0\0\0hello")
        for reader, _ in sockets:
            assert (await reader.read(2))[:1] == b"\x88"
        assert not place.refused

    visit(story, places=1)


def test_a_phone_s_socket_leaves_no_protocol_behind() -> None:
    protocols: list[weakref.ref[Any]] = []

    class Seen(LimitedHttpProtocol):
        def handle_websocket_upgrade(self) -> None:
            protocols.append(weakref.ref(self))
            super().handle_websocket_upgrade()

    async def story(place: Place) -> None:
        reader, writer = await place.open(b"GET /media HTTP/1.1\r\nHost: x\r\n" + UPGRADE + b"\r\n")
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101 ")
        writer.write(b"\x81\x85\0\0\0\0hello")
        assert (await reader.read(2))[:1] == b"\x88"
        assert [protocol() for protocol in protocols] == [None]

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("ivr.server.serve.LimitedHttpProtocol", Seen)
        gc.disable()
        try:
            visit(story)
        finally:
            gc.enable()


def test_a_socket_without_a_call_is_counted() -> None:
    async def story(place: Place) -> None:
        readers = []
        for _ in range(5):
            reader, _ = await place.open(b"GET /waiting HTTP/1.1\r\nHost: x\r\n" + UPGRADE + b"\r\n")
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101 ")
            readers.append(reader)
        for reader in readers[:2]:
            assert (await rest(reader))[0] == b""
        # What has not even asked for anything goes before it.
        silent, _ = await place.open()
        other, _ = await place.open(GET)
        await other.readuntil(b"short")
        await rest(silent)
        assert place.refused == {"too_many_connections": 4}
        assert [reader.at_eof() for reader in readers] == [True, True, True, False, False]

    visit(story, places=3)


@pytest.mark.parametrize(
    ("head", "status", "reason"),
    [
        (b"GET /media\xff HTTP/1.1\r\nHost: x\r\n" + UPGRADE, b"400", "not_http"),
        # Only the WebSocket's own parser refuses a line of this length: there is nothing to answer with.
        (b"GET /media HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 9000 + b"\r\n" + UPGRADE, b"", "not_http"),
        (b"POST /media HTTP/1.1\r\nHost: x\r\n" + UPGRADE, b"405", ""),
        (b"GET /media HTTP/1.1\r\nHost: x\r\n" + UPGRADE + b"X: y\r\n" * MAX_HEADERS, b"431", "too_many_headers"),
    ],
    ids=["a path of odd bytes", "a long line", "a method", "many headers"],
)
def test_a_handshake_that_is_none_leaves_nothing_open(head: bytes, status: bytes, reason: str) -> None:
    async def story(place: Place) -> None:
        start = asyncio.get_running_loop().time()
        reader, _ = await place.open(head + b"\r\n")
        said, end = await rest(reader)
        assert said[9:12] == status
        assert place.refused == ({reason: 1} if reason else {})
        assert end - start < 1

    visit(story)


def test_requests_in_a_row_are_answered_up_to_a_limit() -> None:
    async def story(place: Place) -> None:
        reader, _ = await place.open(GET * 5)
        for _ in range(5):
            await reader.readuntil(b"short")
        reader, _ = await place.open(GET * (PIPELINED + 5))
        await rest(reader)
        assert place.refused == {"too_many_requests": 1}

    visit(story)


def test_what_is_no_http_is_counted() -> None:
    async def story(place: Place) -> None:
        reader, _ = await place.open(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")
        assert (await rest(reader))[0].startswith(b"HTTP/1.1 400 ")
        assert place.refused == {"not_http": 1}

    visit(story)
