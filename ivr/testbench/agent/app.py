"""The demo agent's two fronts: Starlette routes, and a transport that needs no socket (whole calls in virtual time).

`POST /webhook?mode=...` chooses how the answer comes (`agent_script.MODES`), `script=ok,500,stall` a mode for each
request of a session in turn (the last one stays; `ok` is the default mode), `first`, `rate` and `total` the pace.
`GET /stats` tells what happened, and `?reset=1` forgets it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from typing import Any

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
"""Requests whose text `GET /stats` remembers."""


class DemoAgent:
    """The demo agent with its way of answering and its counters. Pure."""

    def __init__(self, pace: TokenPace | None = None, *, mode: str = "ndjson") -> None:
        """Raises `ValueError` for an unknown mode."""
        self.pace = pace or TokenPace()
        self.mode = _known(mode)
        self.desk = DemoConversations()
        self.counts: Counter[str] = Counter()
        self.recent: list[dict[str, Any]] = []
        """The last requests, as they were sent."""

    def asked(self, body: bytes, query: Mapping[str, str]) -> AgentScript:
        """The response to a request. Raises `ValueError` for a body or query that makes no sense."""
        try:
            request = json.loads(body)
        except (ValueError, RecursionError) as broken:
            raise ValueError("the body must be JSON") from broken
        if not isinstance(request, dict) or not isinstance(request.get("text"), str):
            raise ValueError('the body must be an object with a string "text"')
        mode, pace = self._mode(request, query), self._pace(query)
        self.counts["requests"] += 1
        self.counts[f"mode_{mode}"] += 1
        self.recent = [*self.recent[-RECENT + 1 :], request]
        return MODES[mode](self._answer(request), pace)

    def ended(self, *, whole: bool) -> None:
        """A response is over: sent to its end, or given up by the other side."""
        self.counts["whole" if whole else "aborted"] += 1

    def stats(self) -> dict[str, Any]:
        """All counters."""
        return {"conversations": len(self.desk), "counts": dict(self.counts), "recent": self.recent}

    def reset(self) -> None:
        """Forget counters and conversations."""
        self.counts.clear()
        self.recent = []
        self.desk = DemoConversations()

    def _answer(self, request: dict[str, Any]) -> DemoReply:
        conversation = self.desk.conversation(str(request.get("session_id", "")))
        return conversation.answer(
            request["text"],
            event=str(request.get("event", "speech")),
            language="en" if request.get("language") == "en" else "ar",
            unheard=str(request.get("unheard", "")),
        )

    def _mode(self, request: dict[str, Any], query: Mapping[str, str]) -> str:
        if not query.get("script"):
            return _known(query.get("mode") or self.mode)
        modes = query["script"].split(",")
        turns = self.desk.conversation(str(request.get("session_id", ""))).turns
        mode = modes[min(turns, len(modes) - 1)].strip()
        return self.mode if mode == "ok" else _known(mode)

    def _pace(self, query: Mapping[str, str]) -> TokenPace:
        names = {"first": "first_token", "rate": "rate", "total": "total"}
        given = {field: float(query[name]) for name, field in names.items() if name in query}
        if not all(math.isfinite(seconds) and seconds >= 0 for seconds in given.values()):
            raise ValueError("the pace must be made of finite, positive numbers")
        return replace(self.pace, **given)


def _known(mode: str) -> str:
    if mode not in MODES:
        raise ValueError(f"unknown mode: one of {', '.join(MODES)}")
    return mode


class ScriptResponse(Response):
    """Performs a script on absolute times; stops as soon as the other side has left."""

    def __init__(self, agent: DemoAgent, script: AgentScript) -> None:
        super().__init__(status_code=script.status, media_type=None, headers=dict(script.headers or {}))
        del self.headers["content-length"]
        self.headers["content-type"] = script.content_type
        self._agent = agent
        self._script = script

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        gone = asyncio.create_task(_left(receive))
        try:
            self._agent.ended(whole=await self._perform(send, gone))
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


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def routes(agent: DemoAgent) -> list[Route]:
    """`/webhook` and `/stats`."""

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
        told = JSONResponse(agent.stats())
        if request.query_params.get("reset"):
            agent.reset()
        return told

    return [Route("/webhook", webhook, methods=["POST"]), Route("/stats", stats)]


def create_app(agent: DemoAgent | None = None) -> Starlette:
    """The demo agent as an application of its own."""
    return Starlette(routes=routes(agent or DemoAgent()))


class MemoryTransport(httpx.AsyncBaseTransport):
    """The demo agent without a socket, for `Agent(transport=...)`: works under virtual time."""

    def __init__(self, agent: DemoAgent | None = None) -> None:
        self.agent = agent or DemoAgent()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The response's head; its body comes on the script's times."""
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
        if self._script.ending == "cut":
            raise httpx.RemoteProtocolError("the body was cut")

    async def aclose(self) -> None:
        self._end(whole=False)

    def _end(self, *, whole: bool) -> None:
        if not self._ended:
            self._ended = True
            self._agent.ended(whole=whole)
