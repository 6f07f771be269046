"""Place many calls on a media stream URL from one process: `python -m tools.load.peers.phones URL --calls 60`.

Prints a line of JSON when the measured time begins and one with the figures when a part of it ends. The WebSocket is
this file's own, on `asyncio.Protocol`: one core must drive more calls than the bridge carries.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import contextlib
import gc
import json
import os
import struct
import sys
from functools import partial
from typing import Any, cast
from urllib.parse import urlsplit

import msgspec
import uvloop

from ivr.media import g711
from ivr.testbench import tts
from ivr.testbench.phone.voiced import trimmed
from tools.load.peers.caller import FRAME_S, Figures, LoadCaller, Sounds, frames_of, quiet_frames

QUESTION = "where is my shipment number nine"
INTERRUPTION = "when will it arrive at my house"
SLOTS = 20
"""Parts of the 20 ms of a frame: the calls are spread over them."""
PATIENCE_S = 5.0
"""Time in which the bridge must accept a call."""
_TEXT, _CLOSE, _PING, _PONG = 1, 8, 9, 10


class PhoneSocket(asyncio.Protocol):
    """Carry one caller's stream: the client's half of RFC 6455, as far as a bridge needs it."""

    def __init__(self, caller: LoadCaller, request: bytes) -> None:
        self._caller = caller
        self._request = request
        self._buffer = bytearray()
        self._open = False
        self._transport: asyncio.Transport
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.lost = False
        """The bridge ended the stream, or broke the protocol."""
        self.ended = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the upgrade."""
        self._transport = cast(asyncio.Transport, transport)
        self._transport.write(self._request)

    def connection_lost(self, exc: Exception | None) -> None:
        """Note that the call is over."""
        self.lost = self.lost or not self.ended
        if not self.opened.done():
            self.opened.set_exception(ConnectionError("the bridge closed the connection"))

    def data_received(self, data: bytes) -> None:
        """Read the answer to the upgrade, then frames."""
        self._buffer += data
        if not self._open:
            head, found, rest = bytes(self._buffer).partition(b"\r\n\r\n")
            if not found:
                return
            if b" 101 " not in head.partition(b"\r\n")[0]:
                status = head.partition(b"\r\n")[0].decode("latin-1")
                self.opened.set_exception(ConnectionError(f"the bridge refused a call: {status}"))
                self._transport.abort()
                return
            self._buffer[:] = rest
            self._open = True
            self.send(self._caller.start())
            self.opened.set_result(None)
        self._frames()

    def _frames(self) -> None:
        buffer, at, now = self._buffer, 0, asyncio.get_running_loop().time()
        while len(buffer) - at >= 2:
            size, body = buffer[at + 1] & 0x7F, at + 2
            if size > 125:
                wide = 2 if size == 126 else 8
                if len(buffer) < body + wide:
                    break
                size, body = int.from_bytes(buffer[body : body + wide]), body + wide
            if len(buffer) < body + size:
                break
            kind = buffer[at] & 0x0F
            at = body + size
            if kind == _TEXT:
                try:
                    self.send(self._caller.received(bytes(buffer[body:at]), now))
                except msgspec.DecodeError:
                    self.lost = True
            elif kind == _PING:
                self._transport.write(_masked(bytes(buffer[body:at]), _PONG))
            elif kind == _CLOSE:
                self._transport.close()
        del buffer[:at]

    def send(self, messages: list[bytes]) -> None:
        """Send text messages, in one write."""
        if messages and not self._transport.is_closing():
            self._transport.write(b"".join(map(_masked, messages)))

    def tick(self, now: float) -> None:
        """Send the frame that is due."""
        if not self.lost and not self.ended:
            self.send(self._caller.tick(now))

    def end(self) -> None:
        """Hang up."""
        self.ended = True
        self.send(self._caller.stop())
        if not self._transport.is_closing():
            self._transport.write(_masked(struct.pack("!H", 1000), _CLOSE))

    def abort(self) -> None:
        """Let go of what is left of the connection."""
        self.ended = True
        self._transport.abort()


def _masked(payload: bytes, kind: int = _TEXT) -> bytes:
    # A mask of zeros is a mask: the bridge unmasks as always, and nothing has to be done here.
    size = len(payload)
    if size < 126:
        return struct.pack("!BBI", 0x80 | kind, 0x80 | size, 0) + payload
    return struct.pack("!BBHI", 0x80 | kind, 0xFE, size, 0) + payload


def _itself(socket: PhoneSocket) -> PhoneSocket:
    return socket


def sounds() -> Sounds:
    """Return what callers say, spoken by espeak-ng. Raises `VoiceError` where there is none."""

    def said(text: str) -> tuple[bytes, ...]:
        return frames_of(trimmed(g711.encode(tts.say(text, "en", rate=8000))))

    return Sounds(said(QUESTION), said(INTERRUPTION), quiet_frames())


class Load:
    """Keep a number of calls on a bridge."""

    def __init__(self, url: str, calls: int) -> None:
        place = urlsplit(url)
        self._host, self._port, self._path = place.hostname or "127.0.0.1", place.port or 80, place.path or "/"
        self._calls = calls
        self._sockets: list[PhoneSocket] = []
        self._slots: list[list[PhoneSocket]] = [[] for _ in range(SLOTS)]
        self._callers: list[LoadCaller] = []
        self.figures = Figures()
        self.late_ms: list[float] = []
        self.refused = 0

    async def place(self, over_s: float) -> None:
        """Place all calls, spread over a time."""
        loop, heard = asyncio.get_running_loop(), sounds()
        began = loop.time()
        for number in range(self._calls):
            caller = LoadCaller(heard, self.figures, number)
            socket = PhoneSocket(caller, self._upgrade())
            try:
                await loop.create_connection(partial(_itself, socket), self._host, self._port)
                await asyncio.wait_for(socket.opened, PATIENCE_S)
            except (OSError, TimeoutError) as problem:  # a call that is refused is a figure
                self.refused += 1
                print(f"call {number}: {problem!r}", file=sys.stderr)
                continue
            self._callers.append(caller)
            self._sockets.append(socket)
            self._slots[7 * number % SLOTS].append(socket)
            await asyncio.sleep(max(0.0, began + (number + 1) * over_s / self._calls - loop.time()))

    def _upgrade(self) -> bytes:
        key = base64.b64encode(os.urandom(16)).decode()
        lines = (
            f"GET {self._path} HTTP/1.1", f"Host: {self._host}:{self._port}",
            "Upgrade: websocket", "Connection: Upgrade",
            f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Version: 13", "", "",
        )  # fmt: skip
        return "\r\n".join(lines).encode()

    async def pace(self) -> None:
        """Give every call its tick each 20 ms, at absolute times."""
        loop = asyncio.get_running_loop()
        began, number = loop.time(), 0
        while True:
            number += 1
            due = began + number * FRAME_S / SLOTS
            if (wait := due - loop.time()) > 0:
                await asyncio.sleep(wait)
            if slot := self._slots[number % SLOTS]:
                now = loop.time()
                self.late_ms.append(1e3 * (now - due))
                for socket in slot:
                    socket.tick(now)

    def told(self) -> dict[str, Any]:
        """Return the figures since the last time, and begin again."""
        figures = self.figures.as_json()
        late = self.late_ms[:: max(1, len(self.late_ms) // 5000)]
        figures |= {"late_ms": late, "dropped": self.refused + sum(one.lost for one in self._sockets)}
        self.figures.clear()
        self.late_ms.clear()
        return figures

    async def hang_up(self, rest_s: float) -> None:
        """End all calls."""
        for caller in self._callers:
            caller.leaving = True
        for socket in self._sockets:
            socket.end()
        await asyncio.sleep(rest_s)
        for socket in self._sockets:
            socket.abort()


async def run(
    url: str, calls: int, *, seconds: float, parts: int = 1, ramp_s: float = 3.0, settle_s: float = 3.0
) -> None:
    """Place calls, measure them for some time, and print the figures of each part of it."""
    load = Load(url, calls)
    pacing = asyncio.create_task(load.pace())
    try:
        await load.place(ramp_s)
        await asyncio.sleep(settle_s)
        load.told()
        _print({"event": "measuring"})
        for _ in range(parts):
            await asyncio.sleep(seconds / parts)
            _print({"event": "figures", **load.told()})
        await load.hang_up(1.5)
    finally:
        pacing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await pacing


def _print(fact: dict[str, Any]) -> None:
    print(json.dumps(fact), flush=True)


def main() -> None:
    """Run the command line."""
    asks = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asks.add_argument("url")
    asks.add_argument("--calls", type=int, default=1)
    asks.add_argument("--seconds", type=float, default=20.0)
    asks.add_argument("--parts", type=int, default=1, help="parts of that time with figures of their own")
    asks.add_argument("--ramp", type=float, default=3.0, help="seconds over which the calls begin")
    asks.add_argument("--settle", type=float, default=3.0, help="seconds before anything is measured")
    given = asks.parse_args()
    gc.freeze()
    gc.set_threshold(50_000)
    uvloop.run(
        run(given.url, given.calls, seconds=given.seconds, parts=given.parts, ramp_s=given.ramp, settle_s=given.settle)
    )


if __name__ == "__main__":
    main()
