"""The servers of a fleet start, answer and end; *live*. Skipped where one is not installed."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from ivr.testbench.loopback import bound, serving
from tools.fleet import servers
from tools.fleet.servers import Missing, Running, free_port

pytestmark = pytest.mark.live


def run(story: Callable[[], Awaitable[None]]) -> None:
    try:
        asyncio.run(asyncio.wait_for(story(), 120))
    except Missing as missing:
        pytest.skip(str(missing))


def test_a_program_that_is_not_there_is_named() -> None:
    with pytest.raises(Missing, match="no-such-program or no-other is not installed"):
        servers.program("no-such-program", "no-other")


def test_a_server_that_ends_at_its_start_says_why(tmp_path: Path) -> None:
    async def story() -> None:
        running = await servers.start("false", ["sh", "-c", "echo the reason >&2; exit 3"], tmp_path)
        with pytest.raises(RuntimeError, match="false does not start: the reason"):
            await running.listening(free_port())
        assert await running.over(5) == 3

    run(story)


@pytest.mark.parametrize("name", ["valkey", "postgres"])
def test_a_store_starts_and_ends(name: str, tmp_path: Path) -> None:
    async def story() -> None:
        async with getattr(servers, name)(tmp_path) as (running, url):
            assert url.split(":")[0] in ("redis", "postgresql")
            assert running.alive
        assert not running.alive

    run(story)


@contextlib.asynccontextmanager
async def stand_in(name: str) -> AsyncIterator[int]:
    """A bridge that is ready, and says its name."""

    async def say(request: Request) -> Response:
        return PlainTextResponse(f"{name} {request.method} {(await request.body()).decode()}")

    routes = [Route("/readyz", say), Route("/metrics", say), Route("/resume", say, methods=["GET", "POST"])]
    listener = bound()
    async with serving(Starlette(routes=routes), listener):
        yield listener.getsockname()[1]


def test_the_door_goes_on_when_a_bridge_is_gone(tmp_path: Path) -> None:
    async def story() -> None:
        gone, port = free_port(), free_port()
        async with stand_in("second") as second, servers.caddy(tmp_path, [gone, second], port) as door:
            assert isinstance(door, Running)
            url = f"http://127.0.0.1:{port}"
            async with httpx.AsyncClient(trust_env=False, timeout=20) as client:
                answers = [await client.get(f"{url}/resume?a=1") for _ in range(4)]
                assert {answer.text for answer in answers} == {"second GET "}
                # What only operators need is not for strangers.
                assert (await client.get(f"{url}/metrics")).status_code == 404

    run(story)
