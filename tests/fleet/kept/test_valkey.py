"""States in the store of a fleet: another node finds them, and without the store this process finds its own."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from ivr.fleet.client import Valkey
from ivr.fleet.kept.calls import FORGET_S
from ivr.fleet.kept.valkey import ValkeyKept
from ivr.fleet.keys import key
from tests.fleet.valkey import ValkeyServer

pytestmark = pytest.mark.live
SOON = 10.0
CALL = key("kept", "CA1")


@contextlib.asynccontextmanager
async def node(url: str) -> AsyncIterator[ValkeyKept]:
    client = Valkey(url, "test")
    client.open()
    kept = ValkeyKept(client)
    kept.open()
    try:
        await until(lambda: kept.up)
        yield kept
    finally:
        await kept.close()
        await client.close()


async def until(true: Callable[[], object]) -> None:
    async with asyncio.timeout(SOON):
        while not true():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def comes(ask: Callable[[], Awaitable[object]], wanted: object) -> None:
    async with asyncio.timeout(SOON):
        while await ask() != wanted:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


def test_another_node_goes_on_with_a_call(valkey: ValkeyServer) -> None:
    async def main() -> None:
        async with node(valkey.url) as one, node(valkey.url) as other:
            one.keep("CA1", b"1")
            one.keep("CA1", b"2")
            await comes(lambda: other.take("CA1"), b"2")
            with contextlib.closing(valkey.client()) as store:
                assert 0 < store.ttl(CALL) <= FORGET_S
            # The other node carries the call now: what it keeps is newer than what the first one remembers.
            other.keep("CA1", b"3")
            await comes(lambda: one.take("CA1"), b"3")
            other.drop("CA1")
            await comes(lambda: other.take("CA1"), None)
            with contextlib.closing(valkey.client()) as store:
                assert store.exists(CALL) == 0
            assert await other.take("CA-unknown") is None
            assert repr(one).startswith("<ValkeyKept <MemoryKept 1> ")

    asyncio.run(main())


def test_without_the_store_a_process_finds_its_own(valkey: ValkeyServer) -> None:
    async def main() -> None:
        async with node(valkey.url) as kept:
            kept.keep("CA1", b"1")
            await comes(lambda: kept.take("CA1"), b"1")
            valkey.kill()
            kept.keep("CA1", b"2")
            kept.keep("CA2", b"other")
            kept.drop("CA2")
            assert await kept.take("CA1") == b"2"
            assert await kept.take("CA2") is None
            await until(lambda: kept.up is False)

    asyncio.run(main())
