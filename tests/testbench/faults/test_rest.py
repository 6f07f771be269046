"""The streaming transport: an answer arrives while it is made, and leaving it stops whoever makes it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from ivr.testbench import virtual_time
from ivr.testbench.faults.rest import StreamingTransport

seen: list[str] = []


async def parts() -> AsyncIterator[bytes]:
    try:
        for part in (b"one", b"two"):
            yield part
            await asyncio.sleep(1)
    finally:
        seen.append("over")


async def slow(request: Request) -> Response:
    seen.append((await request.body()).decode())
    return StreamingResponse(parts())


async def broken(_: Request) -> Response:
    async def half() -> AsyncIterator[bytes]:
        yield b"half"
        raise RuntimeError("no more")

    return StreamingResponse(half())


async def late(_: Request) -> Response:
    await asyncio.sleep(100)
    return PlainTextResponse("late")


async def waits(request: Request) -> Response:
    await request.body()
    message = await request.receive()
    return PlainTextResponse(str(message))


APP = Starlette(
    routes=[Route(f"/{view.__name__}", view, methods=["POST"]) for view in (slow, broken, late, waits)], debug=False
)


def visit(story: Callable[[httpx.AsyncClient, StreamingTransport], Awaitable[None]], **more: object) -> None:
    async def main() -> None:
        before = asyncio.all_tasks()
        transport = StreamingTransport(APP, connect=1.0, **more)  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url="http://twin.example", timeout=90) as client:
            await story(client, transport)
        assert asyncio.all_tasks() == before

    seen.clear()
    virtual_time.run(main())


def test_parts_come_when_they_are_made_and_a_connection_is_kept() -> None:
    async def story(client: httpx.AsyncClient, transport: StreamingTransport) -> None:
        loop = asyncio.get_running_loop()
        times = []
        async with client.stream("POST", "/slow", content=b"hello") as answer:
            async for part in answer.aiter_bytes():
                times.append((part, round(loop.time(), 3)))
        assert times == [(b"one", 1.0), (b"two", 2.0)]
        began = loop.time()
        await client.post("/slow")
        assert (round(loop.time() - began, 3), transport.connects) == (2.0, 1)
        await asyncio.sleep(31)
        await client.post("/slow")
        assert transport.connects == 2
        assert seen == ["hello", "over", "", "over", "", "over"]

    visit(story)


def test_leaving_an_answer_stops_the_application() -> None:
    async def story(client: httpx.AsyncClient, transport: StreamingTransport) -> None:
        async with client.stream("POST", "/slow") as answer:
            assert await anext(answer.aiter_bytes()) == b"one"
        assert seen == ["", "over"]
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(5):
                await client.post("/late")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(5):
                await client.post("/waits", content=b"x")

    visit(story)


def test_a_server_that_fails_cuts_its_answer() -> None:
    async def story(client: httpx.AsyncClient, transport: StreamingTransport) -> None:
        with pytest.raises(httpx.RemoteProtocolError, match="cut"):
            await client.post("/broken")

    visit(story)


def test_an_application_that_answers_nothing() -> None:
    async def nothing(scope: object, receive: object, send: object) -> None:
        return

    async def main() -> None:
        transport = StreamingTransport(nothing, connect=0.0)
        async with httpx.AsyncClient(transport=transport) as client:
            with pytest.raises(httpx.RemoteProtocolError, match="no answer"):
                await client.post("http://twin.example/x")

    virtual_time.run(main())


def test_refused() -> None:
    async def story(client: httpx.AsyncClient, transport: StreamingTransport) -> None:
        with pytest.raises(httpx.ConnectError):
            await client.post("/slow")
        await asyncio.sleep(10)
        assert (await client.post("/slow")).text == "onetwo"

    visit(story, refused=lambda now: now < 10)
