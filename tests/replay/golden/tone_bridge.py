"""A Media Streams server that is none of ours: it greets with a tone, and answers each utterance with another."""

from __future__ import annotations

import asyncio
import base64
import math
import struct

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from ivr.media import g711

GREETING, ANSWER = 440, 880
THINKS_S = 0.2


def tone(hertz: int, seconds: float) -> bytes:
    samples = (int(9000 * math.sin(2 * math.pi * hertz * n / g711.RATE)) for n in range(int(g711.RATE * seconds)))
    return g711.encode(b"".join(struct.pack("<h", sample) for sample in samples))


def voice(request: Request) -> Response:
    # A plain function: the framework gives it to a thread.
    stream = f"{request.url.scheme.replace('http', 'ws')}://{request.url.netloc}/media"
    return Response(f'<Response><Connect><Stream url="{stream}"/></Connect></Response>', media_type="text/xml")


async def media(socket: WebSocket) -> None:
    await socket.accept()
    stream, loud, quiet = "", 0, 0

    async def play(audio: bytes, name: str) -> None:
        payload = base64.b64encode(audio).decode()
        await socket.send_json({"event": "media", "streamSid": stream, "media": {"payload": payload}})
        await socket.send_json({"event": "mark", "streamSid": stream, "mark": {"name": name}})

    try:
        while True:
            match await socket.receive_json():
                case {"event": "start", "streamSid": str() as stream}:
                    await play(tone(GREETING, 2.0), "greeting")
                case {"event": "dtmf", "dtmf": {"digit": "0"}}:
                    return await socket.close()
                case {"event": "dtmf", "dtmf": {"digit": "9"}}:
                    raise ZeroDivisionError("the ninth key")
                case {"event": "stop"}:
                    return None
                case {"event": "media", "media": {"payload": payload}}:
                    if g711.audioop.rms(g711.decode(base64.b64decode(payload)), 2) > 500:
                        loud, quiet = loud + 1, 0
                        if loud == 10:
                            await socket.send_json({"event": "clear", "streamSid": stream})
                    elif loud:
                        quiet += 1
                    if quiet == 30:
                        await asyncio.sleep(THINKS_S)
                        await play(tone(ANSWER, 1.5), "answer")
                        loud = quiet = 0
    except WebSocketDisconnect:
        return None


def application() -> Starlette:
    return Starlette(routes=[Route("/voice", voice, methods=["POST"]), WebSocketRoute("/media", media)])
