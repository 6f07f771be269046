"""Serve the least that a bridge could be: Starlette and uvicorn read frames and send tones.

`python -m tools.load.peers.floor` prints its address, and the same phones call it. It reads each message and looks how
loud it is, answers after the services' time with a tone, and stops the tone when the caller speaks. It has no speech
model, no call, no services, no log: what it costs is the floor under any bridge on this machine with this server.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import math
from typing import Final

import uvloop
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from ivr.media import g711
from ivr.testbench.loopback import bound, plain, serving
from tools.load.peers.caller import FRAME_S
from tools.load.peers.services import SERVICES_MS

LOUD_RMS: Final = 200
SPOKEN_FRAMES: Final = 3
"""Loud frames after which the caller speaks."""
SILENT_FRAMES: Final = 10
"""Quiet frames after which the caller has spoken."""
ANSWER_S: Final = 8.0
CHUNK_S: Final = 0.1
LEAD_S: Final = 0.5


def _tone() -> str:
    wave = (round(8000 * math.sin(2 * math.pi * 440 * at / 8000)) for at in range(int(8000 * CHUNK_S)))
    pcm = b"".join(sample.to_bytes(2, "little", signed=True) for sample in wave)
    return base64.b64encode(g711.encode(pcm)).decode()


TONE: Final = _tone()


class Line:
    """Serve one stream."""

    def __init__(self, websocket: WebSocket) -> None:
        self._websocket = websocket
        self._stream = ""
        self._loud = self._quiet = 0
        self._tone: asyncio.Task[None] | None = None

    async def read(self) -> None:
        """Read to the end of the stream."""
        await self._websocket.accept()
        with contextlib.suppress(WebSocketDisconnect):
            while True:
                message = json.loads(await self._websocket.receive_text())
                if message["event"] == "media":
                    await self._heard(base64.b64decode(message["media"]["payload"]))
                elif message["event"] == "start":
                    self._stream = message["streamSid"]
        if self._tone is not None:
            self._tone.cancel()

    async def _heard(self, ulaw: bytes) -> None:
        if g711.audioop.rms(g711.decode(ulaw), 2) > LOUD_RMS:
            self._loud, self._quiet = self._loud + 1, 0
            if self._loud == SPOKEN_FRAMES and self._tone is not None and not self._tone.done():
                self._tone.cancel()
                await self._websocket.send_text(json.dumps({"event": "clear", "streamSid": self._stream}))
        else:
            self._quiet += 1
            if self._quiet == SILENT_FRAMES:
                if self._loud >= SPOKEN_FRAMES:
                    self._tone = asyncio.create_task(self._answer())
                self._loud = 0

    async def _answer(self) -> None:
        await asyncio.sleep(SERVICES_MS / 1e3)
        loop = asyncio.get_running_loop()
        began = loop.time()
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):
            for number in range(round(ANSWER_S / CHUNK_S)):
                await asyncio.sleep(max(0.0, began + number * CHUNK_S - LEAD_S - loop.time()))
                media = {"event": "media", "streamSid": self._stream, "media": {"payload": TONE}}
                await self._websocket.send_text(json.dumps(media))
                mark = {"event": "mark", "streamSid": self._stream, "mark": {"name": str(number)}}
                await self._websocket.send_text(json.dumps(mark))


async def stream(websocket: WebSocket) -> None:
    """Serve one stream to its end."""
    await Line(websocket).read()


async def serve() -> None:
    """Serve until the process ends."""
    listener = bound()
    async with serving(Starlette(routes=[WebSocketRoute("/media", stream)]), listener, plain):
        print(json.dumps({"address": f"127.0.0.1:{listener.getsockname()[1]}"}), flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    assert SILENT_FRAMES * FRAME_S < SERVICES_MS
    uvloop.run(serve())
