"""Serve the mock Hamsa over HTTP: the REST twins of its two requests. The same machine answers, with the same faults.

Errors are `{"code", "message"}`. A reply that a fault breaks off ends in the middle of its body.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from ivr.media import g711, wav
from ivr.testbench.hamsa import requests as hamsa_requests
from ivr.testbench.hamsa.audio import FORMAT_RATES
from ivr.testbench.hamsa.mock import WRONG_KEY, HamsaSocket, MockHamsa, SendFrame
from ivr.testbench.hamsa.requests import Refusal, SttRequest, TtsRequest

_STATUS_BY_WORDS: Final = (("usage limit", 429), ("rate limit", 429), ("insufficient funds", 402), ("api key", 401))
"""HTTP status by a part of the error's text."""
_MESSAGES: Final = {401: WRONG_KEY, 402: "insufficient funds", 403: WRONG_KEY, 429: "rate limit exceeded"}
_FOR_EVER: Final = 86_400.0
_BROKEN: Final = "Internal server error"


def routes(mock: MockHamsa) -> list[Route]:
    """Return the three endpoints."""

    async def stream(request: Request) -> Response:
        return await _answer(mock, request, "tts-stream")

    async def whole(request: Request) -> Response:
        return await _answer(mock, request, "tts")

    async def hear(request: Request) -> Response:
        return await _answer(mock, request, "stt")

    paths = {"tts-stream": stream, "tts": whole, "stt": hear}
    return [Route(f"/v1/realtime/{path}", endpoint, methods=["POST"]) for path, endpoint in paths.items()]


def message_of(status: int) -> str:
    """Return the text of an error."""
    return _MESSAGES.get(status, _BROKEN)


def status_of(message: str) -> int:
    """Return the HTTP status of an error."""
    return next((status for piece, status in _STATUS_BY_WORDS if piece in message.lower()), 400)


async def _answer(mock: MockHamsa, request: Request, path: str) -> Response:
    """Answer a request to the endpoint `path`, as soon as the status is known."""
    # The documentation shows the key as `Token` and, on newer pages, as `Bearer`.
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    if not mock.allows(key if scheme in ("Token", "Bearer") else request.headers.get("x-api-key")):
        return _error(401, WRONG_KEY)
    now = asyncio.get_running_loop().time()
    try:
        payload = await request.json()
    except (ValueError, RecursionError):
        payload = None
    if not isinstance(payload, dict):
        return _error(400, hamsa_requests.NOT_A_MESSAGE)
    asked = hamsa_requests.read_hear(payload) if path == "stt" else hamsa_requests.read_speak(payload)
    if isinstance(asked, Refusal):
        mock.stats.violated(asked.violation, 0, now)
        return _error(400, asked.message)
    socket = mock.rest(now)
    if mock.slow:
        await asyncio.to_thread(mock.prepare_request, asked)
    socket.asked(asked, now)
    reply = _frames(socket, asked)
    try:
        first = await anext(reply, b"")
        if path == "tts-stream":
            # The service sends bare audio here and calls it `audio/wav`.
            return StreamingResponse(_body(first, reply), media_type="audio/wav")
        frames = [first, *[frame async for frame in reply]]
    except Failed as failed:
        return _error(failed.status, str(failed))
    # `tts` answers with a whole WAV file.
    if isinstance(asked, TtsRequest):
        audio = b"".join(frame for frame in frames if isinstance(frame, bytes))
        pcm = g711.decode(audio) if asked.form == "mulaw" else audio
        return Response(wav.encode(pcm[: len(pcm) // 2 * 2], FORMAT_RATES[asked.form]), media_type="audio/wav")
    # Both shapes are on record: the documentation's, and the one that the vendor's own plugin reads.
    text = next((frame for frame in frames if isinstance(frame, str)), "")
    nested = {"success": True, "data": {"text": text}}
    return JSONResponse(nested if mock.profile.nested_transcript else {"text": text})


async def _body(first: str | bytes, rest: AsyncGenerator[str | bytes, None]) -> AsyncIterator[str | bytes]:
    """Yield the body of a streamed reply. Close the reply when the client leaves."""
    async with contextlib.aclosing(rest):
        yield first
        async for frame in rest:
            yield frame


def _error(status: int, message: str) -> JSONResponse:
    return JSONResponse({"code": status, "message": message}, status)


class Failed(Exception):
    """Report that the machine answered with an error, or broke off."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


async def _frames(socket: HamsaSocket, asked: TtsRequest | SttRequest) -> AsyncGenerator[str | bytes, None]:
    """Yield audio or transcript when it is due. Raises Failed."""
    loop = asyncio.get_running_loop()
    try:
        while socket.busy:
            due = socket.wake_at()
            await asyncio.sleep(_FOR_EVER if due is None else due - loop.time())
            for out in socket.poll(loop.time()):
                match out:
                    case SendFrame(_, bytes(audio)):
                        yield audio
                    case SendFrame(_, str(text)):
                        # A transcript is bare text, and may be JSON itself: only an error is an object with this type.
                        with contextlib.suppress(ValueError):
                            message = json.loads(text)
                            if isinstance(message, dict) and message.get("type") == "error":
                                reason = str(message["payload"]["message"])
                                raise Failed(status_of(reason), reason)
                        if isinstance(asked, SttRequest):
                            yield text
                    case _:
                        raise Failed(500, message_of(500))
    finally:
        socket.closed(loop.time())
