"""The common frame is read by our own class, and handed straight to who listens; the outcome is that of uvicorn's."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Coroutine, Iterator
from functools import partial
from typing import Any, cast

import pytest
import uvicorn
from hypothesis import given
from hypothesis import strategies as st
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState
from websockets.frames import Frame, Opcode

from ivr.server.connection_limit import ConnectionLimit
from ivr.server.websocket_protocol import DIRECT, LimitedWebSocketProtocol, frame_bounds
from ivr.twilio.stream import FLOODED

LONGEST = 300
"""Bytes of the longest message in these tests."""
HANDSHAKE = (
    b"GET /media HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
OURS = partial(LimitedWebSocketProtocol, ConnectionLimit[Any](10), lambda _reason: None)


def frame(opcode: int, data: bytes, *, first: int = 0x80, mask: bytes = b"abcd", wide: int = 0) -> bytes:
    """A frame of a client. `first`: the bits beside the opcode; `wide`: bytes of its length beside the shortest way."""
    size = wide or (0 if len(data) < 126 else 2 if len(data) < 65536 else 8)
    length = bytes([0x80 | {0: len(data), 2: 126, 8: 127}[size]]) + (len(data).to_bytes(size) if size else b"")
    return bytes([first | opcode]) + length + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(data))


def text(words: str) -> bytes:
    return frame(0x1, words.encode())


class Socket:
    """A transport that keeps what is written."""

    def __init__(self) -> None:
        self.written = b""
        self.closing = self.paused = False

    def get_extra_info(self, _name: str, default: object = None) -> object:
        return default

    def is_closing(self) -> bool:
        return self.closing

    def get_write_buffer_size(self) -> int:
        return 0

    def write(self, data: bytes) -> None:
        self.written += data

    def pause_reading(self) -> None:
        self.paused = True

    def resume_reading(self) -> None:
        self.paused = False

    def close(self) -> None:
        self.closing = True

    abort = close


class Phone:
    """One socket and what the application is told of it."""

    def __init__(self, protocol: Callable[..., WebSocketsSansIOProtocol], *, asks: bool = True) -> None:
        self.told: list[object] = []
        self.socket = Socket()
        self._asks = asks
        config = uvicorn.Config(
            self._app, interface="asgi3", ws_per_message_deflate=False, ws_max_size=LONGEST, log_config=None
        )
        config.load()
        self.protocol = protocol(config, ServerState(), {})
        self.protocol.connection_made(cast(asyncio.Transport, self.socket))

    async def _app(self, scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        self.direct: LimitedWebSocketProtocol = scope.get(DIRECT)
        if not self._asks:
            await asyncio.Event().wait()
        while (event := await receive())["type"] != "websocket.disconnect":
            self.told.append(event.get("text", event.get("bytes")))
        self.told.append(event["code"])

    @property
    def outcome(self) -> tuple[list[object], bytes, bool]:
        return self.told, self.socket.written, self.socket.closing

    async def comes(self, data: bytes) -> None:
        """Let bytes come, and everything be told of them."""
        if not self.socket.closing:
            self.protocol.data_received(data)
        for _ in range(4):
            await asyncio.sleep(0)

    async def opened(self) -> Phone:
        await self.comes(HANDSHAKE)
        self.socket.written = b""
        return self

    def listened(self, takes: Callable[[str | bytes | None], bool] | None = None) -> asyncio.Task[int]:
        """Listen, and tell the messages and the code of the end, unless `takes` does something else with them."""

        def take(message: str | bytes | None) -> bool:
            self.told.append(message)
            return False

        async def listen() -> int:
            self.told.append(code := await self.direct.listen(takes or take))
            return code

        return asyncio.create_task(listen())


def run(story: Coroutine[Any, Any, None]) -> None:
    async def main() -> None:
        before = asyncio.all_tasks()
        await story
        for task in asyncio.all_tasks() - before:
            task.cancel()
        await asyncio.sleep(0)

    asyncio.run(main())


WORDS = st.text(max_size=40).map(str.encode)
FRAMES = st.one_of(
    WORDS.map(partial(frame, 0x1)),
    WORDS.map(partial(frame, 0x1)),
    st.builds(frame, st.just(0x1), st.binary(min_size=100, max_size=140).map(lambda data: data.hex().encode())),
    st.builds(frame, st.just(0x1), WORDS, mask=st.binary(min_size=4, max_size=4), wide=st.sampled_from([2, 8])),
    st.builds(frame, st.sampled_from([0x0, 0x1, 0x2]), WORDS, first=st.sampled_from([0x00, 0x80])),
    st.builds(frame, st.sampled_from([0x9, 0xA]), st.binary(max_size=125)),
)
LAST = st.one_of(
    st.builds(frame, st.just(0x8), st.sampled_from([b"", b"\x03\xe8", b"\x03\xe9bye", b"\x03", b"\x00\x01"])),
    st.builds(frame, st.integers(0, 15), WORDS, first=st.sampled_from([0x00, 0x80, 0xC0, 0xA0, 0x90])),
    st.builds(frame, st.just(0x1), st.sampled_from([b"\xff", b"\xc3(", b"ok\xe0\x80"])),
    st.builds(frame, st.just(0x1), st.just(b"x" * (LONGEST + 1)), wide=st.sampled_from([2, 8])),
    st.just(b"\x81\x05hello"),
    st.just(b"\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff"),
    st.binary(max_size=20),
)


@given(st.lists(FRAMES, max_size=6), LAST, st.lists(FRAMES, max_size=1), st.lists(st.integers(0, 600), max_size=8))
def test_bytes_cut_anywhere_have_uvicorn_s_outcome(
    frames: list[bytes], last: bytes, more: list[bytes], cuts: list[int]
) -> None:
    """After every piece: the same messages in order, the same answers, the same close.

    Uvicorn's class loses the messages that it reads together with a bad frame: it is given each frame by itself.
    """
    data = b"".join([*frames, last, *more])
    bounds = set(itertools.accumulate(map(len, [*frames, last])))
    places = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})

    async def story() -> None:
        theirs, asked = await Phone(WebSocketsSansIOProtocol).opened(), await Phone(OURS).opened()
        heard = await Phone(OURS, asks=False).opened()
        listening = heard.listened()
        for at, end in itertools.pairwise(places):
            for begin, stop in itertools.pairwise(sorted({at, end, *(bound for bound in bounds if at < bound < end)})):
                await theirs.comes(data[begin:stop])
            await asked.comes(data[at:end])
            await heard.comes(data[at:end])
            assert theirs.outcome == asked.outcome == heard.outcome
            assert not heard.socket.paused
        for phone in (theirs, asked, heard):
            phone.protocol.connection_lost(None)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert theirs.told
        assert theirs.outcome == asked.outcome == heard.outcome
        assert listening.done()

    run(story())


def test_every_cut_of_a_text_is_the_same_text() -> None:
    async def story() -> None:
        for data in (frame(0x1, b"x" * 7), frame(0x1, b"y" * 200), frame(0x1, b"z" * 9, wide=8)):
            for cut in range(1, len(data)):
                phone = await Phone(OURS, asks=False).opened()
                listening = phone.listened()
                await phone.comes(data + data[:cut])
                await phone.comes(data[cut:] + data)
                assert len(phone.told) == 3
                assert len(set(phone.told)) == 1
                listening.cancel()

    run(story())


def test_frames_before_the_handshake_s_answer_are_the_library_s() -> None:
    """It may be in the middle of one when the handshake is answered."""

    async def story() -> None:
        for cut in range(len(text("early"))):
            phone = Phone(OURS)
            phone.protocol.data_received(HANDSHAKE)
            phone.protocol.data_received(text("early")[: cut + 1])
            await phone.comes(text("early")[cut + 1 :] + text("next"))
            await phone.comes(text("last"))
            assert phone.told == ["early", "next", "last"]

    run(story())


@pytest.mark.parametrize(
    ("data", "bounds"),
    [
        (b"", (0, 0)),
        (b"\x81", (0, 0)),
        (b"\x81\x83", (6, 9)),
        (b"\x81\xfe\x01", (0, 0)),
        (b"\x81\xfe\x01\x00", (8, 264)),
        (b"\x81\xff" + bytes(7), (0, 0)),
        (b"\x81\xff" + bytes(7) + b"\x09", (14, 23)),
        (b"\x83\xfe", (2, 2)),
        (b"\x81\x7e", (2, 2)),
    ],
)
def test_the_bounds_of_a_frame(data: bytes, bounds: tuple[int, int]) -> None:
    assert frame_bounds(data, 0) == bounds
    moved = tuple(bound + 3 if bounds[1] else 0 for bound in bounds)
    assert frame_bounds(b"abc" + data, 3) == moved


# -- listening -------------------------------------------------------------------------------------------------------


def test_a_message_is_heard_before_the_next_is_read() -> None:
    async def story() -> None:
        phone = await Phone(OURS, asks=False).opened()
        phone.listened()
        await asyncio.sleep(0)
        phone.protocol.data_received(text("one") + text("two"))
        assert phone.told == ["one", "two"]
        phone.protocol.data_received(frame(0x2, b"raw") + frame(0x1, b"th", first=0) + frame(0x0, b"ree"))
        assert phone.told == ["one", "two", b"raw", "three"]
        assert not phone.socket.paused

    run(story())


def test_what_came_before_is_heard_first() -> None:
    async def story() -> None:
        phone = await Phone(OURS, asks=False).opened()
        await phone.comes(text("one") + text("two"))
        assert phone.socket.paused
        listening = phone.listened()
        await phone.comes(text("three") + frame(0x8, b"\x03\xe9"))
        assert phone.told == ["one", "two", "three", 1001]
        assert await listening == 1001

    run(story())


def test_who_listens_lets_the_others_have_their_turn() -> None:
    """Nothing else comes before the message is finished; the socket is not read meanwhile, and the end comes last."""
    turns: list[object] = []
    answers: Iterator[bool] = iter([True, True, False, False])

    def take(message: str | bytes | None) -> bool:
        turns.append(message)
        return next(answers, False)

    async def story() -> None:
        phone = await Phone(OURS, asks=False).opened()
        listening = phone.listened(take)
        await asyncio.sleep(0)
        phone.protocol.data_received(text("long") + text("one"))
        assert turns == ["long"]
        assert phone.socket.paused
        await asyncio.sleep(0)
        assert turns == ["long", None]
        phone.protocol.data_received(text("two") + frame(0x8, b"\x03\xe8"))
        assert turns == ["long", None]
        assert await listening == 1000
        assert turns == ["long", None, None, "one", "two"]

    run(story())


def test_a_socket_is_read_again_after_the_others_turn() -> None:
    answers = iter([True])

    async def story() -> None:
        phone = await Phone(OURS, asks=False).opened()
        phone.listened(lambda _: next(answers, False))
        await asyncio.sleep(0)
        phone.protocol.data_received(text("one") + text("two"))
        assert phone.socket.paused
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert not phone.socket.paused

    run(story())


def test_what_is_left_stays_unread_while_who_listens_rests() -> None:
    """A read full of small messages takes as many turns as the listener wants."""
    heard: list[str | bytes] = []
    turns: list[int] = []

    def take(message: str | bytes | None) -> bool:
        if message is not None:
            heard.append(message)
        return message is not None and len(heard) % 3 == 0

    async def story() -> None:
        phone = await Phone(OURS, asks=False).opened()
        phone.listened(take)
        await asyncio.sleep(0)
        phone.protocol.data_received((text("a") + frame(0x2, b"b")) * 10)
        while phone.socket.paused:
            turns.append(len(heard))
            assert phone.protocol.queue.empty()
            await asyncio.sleep(0)
        assert heard == ["a", b"b"] * 10
        assert turns == [3, 6, 9, 12, 15, 18]

    run(story())


@pytest.mark.parametrize("how", ["lost", "cancelled"])
def test_what_was_left_unread_comes_before_the_end(how: str) -> None:
    async def story() -> None:
        phone = await Phone(OURS, asks=False).opened()
        heard: list[str | bytes | None] = []

        def take(message: str | bytes | None) -> bool:
            heard.append(message)
            return message == "one"

        listening = phone.listened(take)
        await asyncio.sleep(0)
        if how == "cancelled":
            listening.cancel()
        phone.protocol.data_received(text("one") + text("two") + frame(0x2, b"three") + text("cut")[:3])
        if how == "lost":
            phone.socket.closing = True
            phone.protocol.connection_lost(ConnectionResetError())
            assert await listening == 1005
            assert heard == ["one", None, "two", b"three"]
        else:
            await phone.comes(text("cut")[3:])
            assert heard == ["one"]
            waiting = [cast(Any, phone.protocol.queue.get_nowait()) for _ in range(phone.protocol.queue.qsize())]
            assert [event.get("text", event.get("bytes")) for event in waiting] == ["two", b"three", "cut"]

    run(story())


def test_what_the_listener_raises_ends_its_listening_alone() -> None:
    def take(_: str | bytes | None) -> bool:
        raise ValueError("a bug")

    async def story() -> None:
        phone, other = await Phone(OURS, asks=False).opened(), await Phone(OURS, asks=False).opened()
        other.listened()
        listening = phone.listened(take)
        await asyncio.sleep(0)
        phone.protocol.data_received(text("one") + text("two"))
        with pytest.raises(ValueError, match="a bug"):
            await listening
        await other.comes(text("good"))
        assert other.told == ["good"]
        assert phone.protocol.queue.qsize() == 1

    run(story())


def test_nothing_is_heard_after_the_listening() -> None:
    async def story() -> None:
        phone = await Phone(OURS, asks=False).opened()
        listening = phone.listened()
        await phone.comes(text("one"))
        listening.cancel()
        await asyncio.sleep(0)
        await phone.comes(text("two"))
        assert phone.told == ["one"]
        assert phone.socket.paused

    run(story())


def test_a_socket_that_is_cut_is_a_flood() -> None:
    async def story() -> None:
        phone = await Phone(OURS, asks=False).opened()
        listening = phone.listened()
        await phone.comes(frame(0x9, b"") * 201)
        assert await listening == FLOODED
        phone.protocol.connection_lost(None)
        assert phone.told == [FLOODED]

    run(story())


# -- sending ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("length", [0, 125, 126, 65535, 65536])
def test_a_message_is_framed_as_the_library_does(length: int) -> None:
    async def story() -> None:
        phone = await Phone(OURS, asks=False).opened()
        assert phone.direct.send_now(["x" * length, "é"])
        expected = [Frame(Opcode.TEXT, words.encode()).serialize(mask=False) for words in ("x" * length, "é")]
        assert phone.socket.written == b"".join(expected)

    run(story())


def test_nothing_is_taken_where_it_cannot_be_sent() -> None:
    async def story() -> None:
        phone = await Phone(OURS, asks=False).opened()
        messages = iter(["one", "two", "three"])
        phone.protocol.pause_writing()
        assert not phone.direct.send_now(messages)
        phone.protocol.resume_writing()
        assert phone.direct.send_now([next(messages)])
        await phone.comes(frame(0x8, b"\x03\xe8"))
        assert not phone.direct.send_now(messages)
        phone.socket.closing = False
        assert not phone.direct.send_now(messages)
        assert list(messages) == ["two", "three"]

    run(story())
