"""Serve the demo agent: Starlette routes, and a transport without a socket for whole calls in virtual time.

`POST /webhook?mode=...` chooses how the answer comes (`script.MODES`). `script=ok,500,stall` chooses a mode for each
request of a session in turn: the last one stays, and `ok` is the default mode. `first`, `rate` and `total` set the
pace. `GET /stats` returns the counters, and `?reset=1` clears them.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from typing import Any, Final

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from ivr.testbench.agent.conversation import DemoConversations, DemoReply
from ivr.testbench.agent.script import MODES, AgentScript, TokenPace

MAX_REQUEST_BODY = 1024 * 1024
"""Bytes of a request that are read."""
RECENT = 100
"""Requests that `GET /stats` shows."""

WARM: Final = {"mode": "warm", "whisper": "A caller of Rimal Express has a question.", "timeout_s": "20"}
"""How the demo agent asks for a person with `transfer=warm` in the query of its URL."""


class DemoAgent:
    """Answer as the demo agent, in a mode and at a pace, and count. Pure."""

    def __init__(self, pace: TokenPace | None = None, *, mode: str = "ndjson") -> None:
        """Take the default pace and mode. Raises `ValueError` for an unknown mode."""
        self.pace = pace or TokenPace()
        self.mode = _known(mode)
        self.conversations = DemoConversations()
        self.counts: Counter[str] = Counter()
        self.recent: list[dict[str, Any]] = []
        """Last requests, as they were sent."""

    def asked(self, body: bytes, query: Mapping[str, str]) -> AgentScript:
        """Return the response to a request. Raises `ValueError` for a body or query that makes no sense."""
        try:
            request = json.loads(body)
        except (ValueError, RecursionError) as broken:
            raise ValueError("the body must be JSON") from broken
        if not isinstance(request, dict) or not isinstance(request.get("text"), str):
            raise ValueError('the body must be an object with a string "text"')
        # The turn of the session chooses the mode, so that several calls can run the same script at once.
        if query.get("script"):
            modes = query["script"].split(",")
            turns = self.conversations.conversation(str(request.get("session_id", ""))).turns
            mode = modes[min(turns, len(modes) - 1)].strip()
            mode = self.mode if mode == "ok" else _known(mode)
        else:
            mode = _known(query.get("mode") or self.mode)
        names = {"first": "first_token", "rate": "rate", "total": "total"}
        pace = {field: float(query[name]) for name, field in names.items() if name in query}
        if not all(math.isfinite(seconds) and seconds >= 0 for seconds in pace.values()):
            raise ValueError("the pace must be made of finite, positive numbers")
        self.counts["requests"] += 1
        self.counts[f"mode_{mode}"] += 1
        self.recent = [*self.recent[-RECENT + 1 :], request]
        answer = self.reply(request)
        if query.get("transfer") == "warm":
            answer = replace(answer, how=WARM)
        return MODES[mode](answer, replace(self.pace, **pace))

    def reply(self, request: dict[str, Any]) -> DemoReply:
        """Return the agent's reply to a request. A subclass may say something else."""
        return self.conversations.conversation(str(request.get("session_id", ""))).answer(
            request["text"],
            event=str(request.get("event", "speech")),
            language="en" if request.get("language") == "en" else "ar",
            unheard=str(request.get("unheard", "")),
            superseded=request.get("superseded") is True,
        )

    def ended(self, *, whole: bool) -> None:
        """Count a response that is over: sent to its end, or left by the client."""
        self.counts["whole" if whole else "aborted"] += 1

    def stats(self) -> dict[str, Any]:
        """Return all counters."""
        return {"conversations": len(self.conversations), "counts": dict(self.counts), "recent": self.recent}

    def reset(self) -> None:
        """Forget counters and conversations."""
        self.counts.clear()
        self.recent = []
        self.conversations = DemoConversations()


def _known(mode: str) -> str:
    if mode not in MODES:
        raise ValueError(f"unknown mode: one of {', '.join(MODES)}")
    return mode


class ScriptResponse(Response):
    """Send a script at absolute times. Stop as soon as the client has left."""

    def __init__(self, agent: DemoAgent, script: AgentScript) -> None:
        super().__init__(status_code=script.status, media_type=None, headers=dict(script.headers or {}))
        del self.headers["content-length"]
        self.headers["content-type"] = script.content_type
        self._agent = agent
        self._script = script

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the response as an ASGI application."""
        loop = asyncio.get_running_loop()
        started, whole = loop.time(), False
        # A client can cancel an answer only by closing the request: watch for that at the same time.
        gone = asyncio.create_task(_until_gone(receive))
        try:
            # Headers go out at once, before the first token is there: n8n does so too.
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            await send({"type": "http.response.body", "body": b"", "more_body": True})
            for step in self._script.steps:
                wait = started + step.at - loop.time()
                if wait > 0:
                    await asyncio.wait([gone], timeout=wait)
                if gone.done():
                    break
                await send({"type": "http.response.body", "body": step.data, "more_body": True})
            else:
                # Without a last part the server breaks the connection: a cut body.
                if self._script.ending == "end":
                    await send({"type": "http.response.body", "body": b"", "more_body": False})
                whole = True
            self._agent.ended(whole=whole)
        finally:
            gone.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await gone

    async def _perform(self, send: Send, gone: asyncio.Task[None]) -> bool:
        loop = asyncio.get_running_loop()
        started = loop.time()
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": b"", "more_body": True})
        for step in self._script.steps:
            wait = started + step.at - loop.time()
            if wait > 0:
                await asyncio.wait([gone], timeout=wait)
            if gone.done():
                return False
            await send({"type": "http.response.body", "body": step.data, "more_body": True})
        if self._script.ending == "end":
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        return True


async def _until_gone(receive: Receive) -> None:
    """Wait until the client has left."""
    while (await receive())["type"] != "http.disconnect":
        pass


def routes(agent: DemoAgent) -> list[Route]:
    """Return the routes `/webhook` and `/stats`."""

    async def webhook(request: Request) -> Response:
        body = bytearray()
        async for part in request.stream():
            body += part
            if len(body) > MAX_REQUEST_BODY:
                return JSONResponse({"error": "the body is too long"}, 413)
        try:
            return ScriptResponse(agent, agent.asked(bytes(body), request.query_params))
        except ValueError as wrong:
            return JSONResponse({"error": str(wrong)}, 422)

    async def stats(request: Request) -> Response:
        counters = JSONResponse(agent.stats())
        if request.query_params.get("reset"):
            agent.reset()
        return counters

    return [Route("/webhook", webhook, methods=["POST"]), Route("/stats", stats)]


def create_app(agent: DemoAgent | None = None) -> Starlette:
    """Return the demo agent as an application of its own."""
    return Starlette(routes=routes(agent or DemoAgent()))


class MemoryTransport(httpx.AsyncBaseTransport):
    """Serve the demo agent without a socket, for `Agent(transport=...)`. Works in virtual time."""

    def __init__(self, agent: DemoAgent | None = None) -> None:
        self.agent = agent or DemoAgent()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Return the head of the response. Its body comes at the times of the script."""
        try:
            script = self.agent.asked(request.content, request.url.params)
        except ValueError:
            return httpx.Response(422)
        headers = {"content-type": script.content_type, **(script.headers or {})}
        return httpx.Response(script.status, headers=headers, stream=_MemoryBody(self.agent, script))


class _MemoryBody(httpx.AsyncByteStream):
    def __init__(self, agent: DemoAgent, script: AgentScript) -> None:
        self._agent = agent
        self._script = script
        self._ended = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        loop = asyncio.get_running_loop()
        started = loop.time()
        for step in self._script.steps:
            wait = started + step.at - loop.time()
            if wait > 0:
                await asyncio.sleep(wait)
            yield step.data
        self._end(whole=True)
        # The client sees a cut body as a broken protocol.
        if self._script.ending == "cut":
            raise httpx.RemoteProtocolError("the body was cut")

    async def aclose(self) -> None:
        self._end(whole=False)

    def _end(self, *, whole: bool) -> None:
        if not self._ended:
            self._ended = True
            self._agent.ended(whole=whole)
