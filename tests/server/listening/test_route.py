"""The WebSocket that an operator's browser listens to."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, MutableMapping
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response

from ivr.server.listening import route
from ivr.server.listening.route import NO_CALL, TOO_MANY, ListenRoute
from ivr.server.roles import Operator


class Audio:
    """A directory with one call."""

    def __init__(self, *, endless: bool = False) -> None:
        self.endless = endless
        self.by: list[str] = []
        self.left = 0

    async def listen(self, call_id: str, by: str = "") -> AsyncGenerator[bytes, None]:
        if call_id != "CA1":
            return
        self.by.append(by)
        try:
            for number in range(3):
                yield bytes([number]) * 1280
            if self.endless:
                await asyncio.Event().wait()
        finally:
            self.left += 1


class Browser:
    """A browser's WebSocket, as an ASGI server shows it."""

    def __init__(self, app: Starlette, call_id: str = "CA1") -> None:
        self.said: asyncio.Queue[MutableMapping[str, Any]] = asyncio.Queue()
        self.heard: asyncio.Queue[MutableMapping[str, Any]] = asyncio.Queue()
        self.said.put_nowait({"type": "websocket.connect"})
        scope = {"type": "websocket", "path": f"/board/listen/{call_id}", "headers": [], "query_string": b""}
        self.task = asyncio.create_task(app({**scope, "app": app}, self.said.get, self.heard.put))

    async def next(self) -> MutableMapping[str, Any]:
        async with asyncio.timeout(10):
            return await self.heard.get()

    async def leave(self) -> None:
        self.said.put_nowait({"type": "websocket.receive", "text": "what a browser says means nothing"})
        self.said.put_nowait({"type": "websocket.disconnect", "code": 1001})
        async with asyncio.timeout(10):
            await self.task


def app(audio: Any, *, may: bool = True) -> Starlette:
    def ask(socket: object, wanted: str) -> Operator | Response:
        assert wanted == "listen"
        return Operator("anna", "listen") if may else JSONResponse({}, 403)

    ask_any: Callable[..., Operator | Response] = ask
    return Starlette(routes=[ListenRoute(audio, ask_any).route()])


def test_a_browser_is_told_the_format_and_sent_the_audio() -> None:
    async def listening() -> None:
        browser = Browser(app(audio := Audio()))
        messages = [await browser.next() for _ in range(6)]
        assert messages[0]["type"] == "websocket.accept"
        form = {"encoding": "mulaw", "rate": 8000, "channels": 2, "samples": 640}
        assert json.loads(messages[1]["text"]) == form
        assert [message["bytes"][0] for message in messages[2:5]] == [0, 1, 2]
        assert (messages[5]["type"], messages[5]["code"]) == ("websocket.close", 1000)
        await browser.task
        assert (audio.by, audio.left) == (["anna"], 1)

    asyncio.run(listening())


def test_there_is_no_such_call() -> None:
    async def listening() -> None:
        browser = Browser(app(Audio()), "CA2")
        assert [(await browser.next()).get("code") for _ in range(2)] == [None, NO_CALL]

    asyncio.run(listening())


def test_without_the_role_nothing_is_said() -> None:
    async def listening() -> None:
        browser = Browser(app(audio := Audio(), may=False))
        refused = await browser.next()
        assert (refused["type"], refused["code"], audio.by) == ("websocket.close", 1008, [])

    asyncio.run(listening())


def test_who_may_listen_no_more_hears_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(route, "MAY_LISTEN_S", 0.01)
    may = [True]

    def ask(socket: object, wanted: str) -> Operator | Response:
        return Operator("anna", "listen") if may[0] else JSONResponse({}, 401)

    async def listening() -> None:
        browser = Browser(Starlette(routes=[ListenRoute(audio, ask).route()]))
        for _ in range(5):
            await browser.next()
        may[0] = False
        closed = await browser.next()
        assert (closed["type"], closed["code"]) == ("websocket.close", 1008)
        await browser.task
        assert audio.left == 1

    audio: Any = Audio(endless=True)
    asyncio.run(listening())


def test_two_listen_and_one_too_many_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(route, "MOST_HERE", 2)

    async def listening() -> None:
        bridge = app(audio := Audio(endless=True))
        first, second = Browser(bridge), Browser(bridge)
        for browser in (first, second):
            kinds = [(await browser.next())["type"] for _ in range(3)]
            assert kinds == ["websocket.accept", "websocket.send", "websocket.send"]
        third = Browser(bridge)
        assert [(await third.next()).get("code") for _ in range(2)] == [None, TOO_MANY]
        await first.leave()
        await second.leave()
        assert audio.left == 2
        again = Browser(bridge)
        assert (await again.next())["type"] == "websocket.accept"
        await again.leave()

    asyncio.run(listening())
