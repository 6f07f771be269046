"""Servers on loopback that come and go with a block."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from ivr.testbench.loopback import bound, serving

APP = Starlette(routes=[Route("/", lambda _: PlainTextResponse("here"))])


@pytest.mark.live
def test_a_server_lives_as_long_as_its_block() -> None:
    async def visit() -> None:
        listener = bound()
        port = listener.getsockname()[1]
        async with httpx.AsyncClient(trust_env=False) as client:
            async with serving(APP, listener):
                assert (await client.get(f"http://127.0.0.1:{port}/")).text == "here"
            with pytest.raises(httpx.ConnectError):
                await client.get(f"http://127.0.0.1:{port}/")
        assert listener.fileno() == -1

    asyncio.run(visit())


@pytest.mark.live
def test_small_frames_are_sent_at_once() -> None:
    async def visit() -> int:
        with bound() as listener:
            listener.listen()
            listener.setblocking(False)
            loop, client = asyncio.get_running_loop(), socket.create_connection(listener.getsockname())
            accepted, _ = await loop.sock_accept(listener)
            _, writer = await asyncio.open_connection(sock=accepted)
            client.close()
            told: int = writer.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
            writer.close()
            await writer.wait_closed()
            return told

    assert asyncio.run(visit())


def test_a_port_that_is_taken() -> None:
    with bound() as taken:
        taken.listen()
        with pytest.raises(OSError, match="in use"):
            bound(port=taken.getsockname()[1])


@pytest.mark.skipif(not socket.has_ipv6, reason="no IPv6 here")
def test_the_family_follows_the_host() -> None:
    try:
        with bound("::1") as listener:
            assert listener.family == socket.AF_INET6
    except OSError:
        pytest.skip("no IPv6 loopback here")


@pytest.mark.live
def test_an_application_that_does_not_start_is_said() -> None:
    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        raise ValueError("no")
        yield

    async def visit() -> None:
        async with serving(Starlette(lifespan=lifespan), bound()):
            pass

    with pytest.raises(RuntimeError, match="did not start"):
        asyncio.run(visit())
