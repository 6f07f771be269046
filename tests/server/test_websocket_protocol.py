"""The limits of one WebSocket's frames: what never becomes a message; *live*."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections import Counter
from collections.abc import AsyncIterator

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket
from websockets.asyncio.client import ClientConnection, connect

from ivr.call.ports import WireClosed
from ivr.config.load import load
from ivr.server.app import PhoneWire
from ivr.server.serve import config_for
from ivr.server.websocket_protocol import MOST_UNREAD
from ivr.testbench.loopback import bound, serving
from ivr.twilio.stream import FLOODED
from tests.support import live
from tests.support.front import ENV

pytestmark = pytest.mark.live
MASK = b"\x00\x00\x00\x00"


def frame(opcode: int, data: bytes, *, fin: bool = True) -> bytes:
    return bytes([opcode | (0x80 if fin else 0), 0x80 | len(data)]) + MASK + data


class Door:
    """A socket that is read as the bridge reads a phone's, and what came of it."""

    def __init__(self) -> None:
        self.refused: Counter[str] = Counter()
        self.messages = 0
        self.code: int | None = None
        self.over = asyncio.Event()

    async def carry(self, websocket: WebSocket) -> None:
        await websocket.accept()
        wire = PhoneWire(websocket)
        try:
            while await wire.receive():
                self.messages += 1
            await wire.close(1000)
        except WireClosed as closed:
            self.code = closed.code
        self.over.set()


@contextlib.asynccontextmanager
async def opened() -> AsyncIterator[tuple[Door, ClientConnection]]:
    door, listener = Door(), bound()

    def configure(app: Starlette) -> uvicorn.Config:
        return config_for(app, load(ENV), refused=lambda reason: door.refused.update([reason]))

    app = Starlette(routes=[WebSocketRoute("/media", door.carry)])
    async with serving(app, listener, configure):
        place = f"ws://127.0.0.1:{listener.getsockname()[1]}/media"
        phone = await connect(place, compression=None, proxy=None, ping_interval=None, max_queue=None)
        try:
            yield door, phone
        finally:
            phone.transport.abort()


@pytest.mark.parametrize(
    ("flood", "reason"),
    [
        (frame(0x9, b"x") * 5000, "too_many_frames"),
        (frame(0xA, b"x") * 5000, "too_many_frames"),
        (frame(0x1, b"{", fin=False) + frame(0x0, b"", fin=False) * 5000, "too_many_frames"),
    ],
    ids=["pings", "pongs", "fragments"],
)
def test_a_flood_of_control_frames_cuts_the_socket(flood: bytes, reason: str) -> None:
    async def main() -> None:
        async with opened() as (door, phone):
            phone.transport.write(flood)
            await asyncio.wait_for(door.over.wait(), 5)
            assert (door.code, door.refused) == (FLOODED, Counter([reason]))

    live.run(main())


def test_answers_that_are_not_read_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ivr.server.websocket_protocol.CONTROL_FRAMES", (1e9, 1e9))

    async def main() -> None:
        async with opened() as (door, phone):
            phone.transport.pause_reading()
            pings = frame(0x9, os.urandom(125)) * 200
            async with asyncio.timeout(10):
                while not door.over.is_set():
                    phone.transport.write(pings)
                    await asyncio.sleep(0)
            assert (door.code, door.refused) == (FLOODED, Counter(["unread_answers"]))
            assert MOST_UNREAD < 1_000_000

    live.run(main())


def test_a_phone_that_floods_on_after_the_close_is_cut() -> None:
    async def main() -> None:
        async with opened() as (door, phone):
            phone.transport.pause_reading()
            await phone.send("")
            await asyncio.wait_for(door.over.wait(), 5)
            flood = frame(0x1, b"x" * 100) * 100
            async with asyncio.timeout(5):
                while not phone.transport.is_closing():
                    phone.transport.write(flood)
                    await asyncio.sleep(0)
            assert door.refused == Counter(["deaf_to_close"])

    live.run(main())


def test_a_ping_now_and_then_is_answered() -> None:
    async def main() -> None:
        async with opened() as (door, phone):
            for _ in range(20):
                await asyncio.wait_for(await phone.ping(), 5)
                await phone.send("{}")
            await phone.close()
            await asyncio.wait_for(door.over.wait(), 5)
            assert (door.messages, door.code, door.refused) == (20, 1000, Counter())

    live.run(main())
