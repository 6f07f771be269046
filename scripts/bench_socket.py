"""Measure what the phone's socket costs: from the bytes that the system has read to the event in the session, and from
the command of the call to the bytes that the system shall write.

Three ways, in one run: uvicorn's own class, ours asked by ASGI, and ours with the session as its listener. Many sockets
have a frame in one turn of the loop, as on a server with many calls. The sockets are stand-ins, so that no system call
is in the figures; neither is the work of the call, which is a stand-in too.

The budget is 12 us of processor time a received frame, and 15 us a sent message of 100 ms.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import time
from collections.abc import Callable
from functools import partial
from typing import Any, cast
from unittest.mock import patch

import uvicorn
import uvloop
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState
from websockets.frames import Frame, Opcode

from ivr.call.commands import SendAudio
from ivr.call.ports import CallPorts
from ivr.server.app import PhoneWire, phone_wire
from ivr.server.connection_limit import ConnectionLimit
from ivr.server.websocket_protocol import LimitedWebSocketProtocol
from ivr.session.session import Session
from ivr.twilio.stream import Stream
from scripts.bench_frame import ACCOUNT, CALL, STREAM, media, message

SOCKETS = 40
ROUNDS = 500
REPEATS = 5
ENDLESS = (1e9, 1e9)
turn = partial(asyncio.sleep, 0)
"""Lets the event loop have a turn."""
AUDIO = SendAudio(bytes((0x10, 0x90)) * 400)
HANDSHAKE = (
    b"GET /media HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


class Socket:
    """Stand in for a transport of the event loop."""

    def __init__(self) -> None:
        self.written = 0

    def get_extra_info(self, _name: str, default: object = None) -> object:
        """Return nothing of the other side."""
        return default

    def is_closing(self) -> bool:
        """Stay open."""
        return False

    def get_write_buffer_size(self) -> int:
        """Have everything written."""
        return 0

    def write(self, data: bytes) -> None:
        """Count the bytes."""
        self.written += len(data)

    def pause_reading(self) -> None:
        """Read on: the figures are without the system's part."""

    resume_reading = close = abort = pause_reading


class Silent:
    """Stand in for a call that decides nothing, and sends what it is told to."""

    ended = None
    sends: tuple[SendAudio, ...] = ()

    def receive(self, _event: object, _now: float) -> tuple[SendAudio, ...]:
        """Return what is to be sent."""
        return self.sends

    def wake_at(self) -> None:
        """Ask for no timer."""


class Counted:
    """Stand where the caller's frames are scored together."""

    def __init__(self) -> None:
        self.frames = 0

    def add(self, _call: object, _frame: object) -> None:
        """Count a frame."""
        self.frames += 1

    def flush(self) -> None:
        """Have nothing that waits."""


class Bench:
    """Hold the sockets of one way, each with a session that has begun."""

    def __init__(
        self, protocol: Callable[..., WebSocketsSansIOProtocol], wire: Callable[[WebSocket], PhoneWire]
    ) -> None:
        self.sessions: list[Session] = []
        self.sockets: list[Socket] = []
        self.protocols: list[WebSocketsSansIOProtocol] = []
        self.counted, self.call = Counted(), Silent()
        self._wire = wire
        app = Starlette(routes=[WebSocketRoute("/media", self._carry)])
        self._config = uvicorn.Config(app, ws_per_message_deflate=False, ws_ping_interval=None, log_config=None)
        self._config.load()
        self._protocol = protocol

    async def _carry(self, websocket: WebSocket) -> None:
        await websocket.accept()
        ports = CallPorts(None, self.call, None, None, None)  # type: ignore[arg-type]
        # All of it comes at once here.
        with patch.multiple("ivr.twilio.budget", MESSAGES=ENDLESS, BYTES=ENDLESS, AUDIO_S=ENDLESS):
            stream = Stream(lambda _token, _call: True)
        batching = cast(Any, self.counted)
        session = Session(self._wire(websocket), stream, lambda _, __: ports, cast(Any, None), batching=batching)
        self.sessions.append(session)
        await session.run()

    async def open(self) -> None:
        """Open the sockets and begin their calls."""
        form = {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1}
        start = {
            "accountSid": ACCOUNT,
            "streamSid": STREAM,
            "callSid": CALL,
            "tracks": ["inbound"],
            "mediaFormat": form,
        }
        begin = framed(message(event="start", sequenceNumber="1", start=start, streamSid=STREAM))
        for _ in range(SOCKETS):
            socket, protocol = Socket(), self._protocol(self._config, ServerState(), {})
            self.sockets.append(socket)
            self.protocols.append(protocol)
            protocol.connection_made(cast(asyncio.Transport, socket))
            protocol.data_received(HANDSHAKE)
        await self._until(lambda: len(self.sessions) == SOCKETS)
        for protocol in self.protocols:
            protocol.data_received(begin)
        for _ in range(20):
            await turn()

    async def _until(self, done: Callable[[], bool]) -> None:
        while not done():
            await turn()

    async def receive(self, frames: list[bytes]) -> float:
        """Return the microseconds of one received frame."""
        began, goal = time.process_time(), itertools.count(self.counted.frames, SOCKETS)
        next(goal)
        for frame in frames:
            for protocol in self.protocols:
                protocol.data_received(frame)
            at = next(goal)
            while self.counted.frames < at:
                await turn()
        return (time.process_time() - began) / len(frames) / SOCKETS * 1e6

    async def send(self) -> float:
        """Return the microseconds of one sent message."""
        self.call.sends = (AUDIO,)
        began, last = time.process_time(), self.sockets[-1]
        for _ in range(ROUNDS):
            before = last.written
            for session in self.sessions:
                session.withdraw("")
            while last.written == before:
                await turn()
        self.call.sends = ()
        return (time.process_time() - began) / ROUNDS / SOCKETS * 1e6

    async def own_cost(self) -> float:
        """Return the microseconds of an event that sends nothing."""
        began = time.process_time()
        for _ in range(ROUNDS):
            for session in self.sessions:
                session.withdraw("")
        return (time.process_time() - began) / ROUNDS / SOCKETS * 1e6


def framed(text: str) -> bytes:
    """Return a text as the frame of a client."""
    return Frame(Opcode.TEXT, text.encode()).serialize(mask=True)


async def main() -> None:
    """Run the benchmark and print its figures."""
    ours = partial(LimitedWebSocketProtocol, ConnectionLimit[Any](1000), lambda _reason: None)
    ways: dict[str, Bench] = {
        "uvicorn's class": Bench(WebSocketsSansIOProtocol, PhoneWire),
        "ours, by ASGI": Bench(ours, PhoneWire),
        "ours, listening": Bench(ours, phone_wire),
    }
    frames = [framed(media(number)) for number in range(ROUNDS)]
    best: dict[str, tuple[float, float]] = dict.fromkeys(ways, (1e9, 1e9))
    for bench in ways.values():
        await bench.open()
    for _ in range(REPEATS):
        for name, bench in ways.items():
            received = await bench.receive(frames)
            sent = await bench.send() - await bench.own_cost()
            best[name] = min(best[name][0], received), min(best[name][1], sent)
    first = best["uvicorn's class"]
    for name, (received, sent) in best.items():
        ratios = f"{received / first[0]:.2f} and {sent / first[1]:.2f} of uvicorn's"
        print(f"{name:16s} {received:6.2f} us a received frame, {sent:6.2f} us a sent message ({ratios})", flush=True)
    os._exit(0)


if __name__ == "__main__":
    uvloop.run(main())
