"""The store of the fleet: asked within a bounded time, lost, found again, and never raising into a call."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from redis import exceptions as store

from ivr.fleet.client import ASK_S, PROBE_S, Valkey, reason
from ivr.fleet.keys import key
from tests.fleet.valkey import ValkeyServer, running

pytestmark = pytest.mark.live
SOON = 10.0


@contextlib.asynccontextmanager
async def opened(url: str, up: bool | None = True) -> AsyncIterator[Valkey]:
    """Open a client, and wait until it knows whether the store is there."""
    client = Valkey(url, "test")
    client.open()
    try:
        await until(lambda: client.up is up)
        yield client
    finally:
        await client.close()


async def until(true: Callable[[], object]) -> None:
    """Wait until something is true."""
    async with asyncio.timeout(SOON):
        while not true():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


def words(caplog: pytest.LogCaptureFixture) -> list[str]:
    """The messages that a test has logged of the store."""
    return [record.message for record in caplog.records if record.name == "ivr.fleet"]


def test_what_the_store_says_is_returned(valkey: ValkeyServer) -> None:
    async def main() -> None:
        async with opened(valkey.url) as client:
            await client.ask(lambda ask: ask.set(key("x"), "1"), None)
            assert await client.ask(lambda ask: ask.get(key("x")), None) == b"1"
            assert repr(client) == "<Valkey up>"

    asyncio.run(main())


def test_before_it_is_known_nothing_is_waited_for(valkey: ValkeyServer) -> None:
    async def main() -> None:
        client = Valkey(valkey.url)
        assert client.up is None
        assert await client.ask(lambda ask: ask.get("x"), "else") == "else"
        assert repr(client) == "<Valkey unknown>"
        await client.close()

    asyncio.run(main())


def test_an_outage_costs_one_question_and_is_told_once(valkey: ValkeyServer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "ivr.fleet")

    async def main() -> None:
        async with opened(valkey.url) as client:
            told: list[int] = []
            client.on_back.append(lambda: told.append(1))
            valkey.kill()
            began = time.perf_counter()
            answers = [await client.ask(lambda ask: ask.get("x"), "else") for _ in range(200)]
            assert set(answers) == {"else"}
            assert time.perf_counter() - began < ASK_S + 0.5
            await until(lambda: client.up is False)
            valkey.start()
            await until(lambda: client.up is True)
            assert told == [1]
            assert await client.ask(lambda ask: ask.get("x"), "else") is None

    asyncio.run(main())
    assert words(caplog) == ["fleet_store_found", "fleet_store_lost", "fleet_store_back"]


def test_a_slow_store_is_waited_for_once(valkey: ValkeyServer) -> None:
    async def main() -> None:
        async with opened(valkey.url) as client:
            valkey.stall(1.5)
            began = time.perf_counter()
            assert await client.ask(lambda ask: ask.get("x"), "else") == "else"
            assert time.perf_counter() - began < ASK_S + 0.5
            await until(lambda: client.up is False)
            began = time.perf_counter()
            assert await client.ask(lambda ask: ask.get("x"), "else") == "else"
            assert time.perf_counter() - began < 0.05
            await until(lambda: client.up is True)

    asyncio.run(main())


def test_a_store_that_is_not_there_is_no_fault() -> None:
    async def main() -> None:
        async with opened("redis://127.0.0.1:1/0", up=False) as client:
            assert client.why == "no connection"
            assert await client.ask(lambda ask: ask.get("x"), 7) == 7
            assert repr(client) == "<Valkey away: no connection>"

    asyncio.run(main())


@pytest.mark.parametrize("given", ["", "wrong"])
def test_a_wrong_password_is_told_without_it(given: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    async def main(url: str) -> None:
        async with opened(url, up=False) as client:
            assert client.why == "it refused the password"

    with running("right-password", tcp=True) as server:
        login = f":{given}@" if given else ""
        asyncio.run(main(f"redis://{login}127.0.0.1:{server.port}"))
    assert "wrong" not in caplog.text.replace("wrong_", "")
    assert "right-password" not in caplog.text


def test_the_right_password_opens_it() -> None:
    async def main(url: str) -> None:
        async with opened(url) as client:
            assert await client.ask(lambda ask: ask.ping(), None)

    with running("a password", tcp=True) as server:
        asyncio.run(main(server.url.replace("a password", "a%20password").replace("redis", "valkey", 1)))


def test_a_store_that_takes_nothing_is_away(valkey: ValkeyServer) -> None:
    async def main() -> None:
        async with opened(valkey.url) as client:
            with contextlib.closing(valkey.client()) as other:
                other.replicaof("127.0.0.1", "1")
                await until(lambda: client.up is False)
                assert client.why == "it is a read-only copy"
                other.replicaof("NO", "ONE")
            await until(lambda: client.up is True)

    asyncio.run(main())


def test_a_refused_question_is_no_outage(valkey: ValkeyServer, caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        async with opened(valkey.url) as client:
            await client.ask(lambda ask: ask.set(key("x"), "a text"), None)
            assert await client.ask(lambda ask: ask.zcard(key("x")), -1) == -1
            assert client.up

    asyncio.run(main())
    assert "fleet_ask_failed" in words(caplog)


def test_posted_writes_are_done_in_order(valkey: ValkeyServer) -> None:
    async def main() -> None:
        async with opened(valkey.url) as client:
            for number in range(50):
                client.post(lambda ask, number=number: ask.rpush(key("row"), number))  # type: ignore[misc]
        with contextlib.closing(valkey.client()) as other:
            assert other.lrange(key("row"), 0, -1) == [str(number).encode() for number in range(50)]

    asyncio.run(main())


def test_posts_to_a_store_that_is_away_are_lost(valkey: ValkeyServer) -> None:
    async def main() -> None:
        async with opened(valkey.url) as client:
            valkey.kill()
            await until(lambda: client.up is False)
            client.post(lambda ask: ask.set(key("x"), 1))
            valkey.start()
            await until(lambda: client.up is True)
            await asyncio.sleep(PROBE_S)
            assert await client.ask(lambda ask: ask.get(key("x")), "else") is None

    asyncio.run(main())


def test_a_subscriber_hears_again_after_an_outage(valkey: ValkeyServer) -> None:
    async def main() -> None:
        heard: list[bytes] = []

        async def listen(client: Valkey) -> None:
            async for told in client.subscribe(key("to", "a")):
                heard.append(told)

        async def publish(client: Valkey, what: bytes) -> None:
            async with asyncio.timeout(SOON):
                while what not in heard:
                    await client.ask(lambda ask: ask.publish(key("to", "a"), what), None)
                    await asyncio.sleep(0.05)

        async with opened(valkey.url) as client:
            listening = asyncio.create_task(listen(client))
            await publish(client, b"one")
            valkey.kill()
            await until(lambda: client.up is False)
            valkey.start()
            await publish(client, b"two")
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)

    asyncio.run(main())


def test_who_writes_again_may_fail(valkey: ValkeyServer, caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        client = Valkey(valkey.url)
        told: list[int] = []
        client.on_back = [lambda: told.append(1 // 0), lambda: told.append(1)]
        client.open()
        await until(lambda: bool(told))
        assert client.up
        await client.close()

    asyncio.run(main())
    assert "fleet_restore_failed" in words(caplog)


def test_a_url_that_cannot_be_used_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^IVR_REDIS_URL is not the URL"):
        Valkey("http://valkey")


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (store.AuthenticationError(), "it refused the password"),
        (store.NoPermissionError(), "the user may not do that"),
        (store.BusyLoadingError(), "it is loading its data"),
        (store.ReadOnlyError(), "it is a read-only copy"),
        (store.OutOfMemoryError(), "its memory is full"),
        (TimeoutError(), "no answer in time"),
        (store.TimeoutError(), "no answer in time"),
        (store.MaxConnectionsError(), "too many questions at once"),
        (ConnectionResetError(), "no connection"),
        (store.InvalidResponse(), "it does not speak the protocol"),
        (store.ResponseError("MISCONF Redis is configured to save"), "it cannot write to its disk"),
        (store.ResponseError("NOREPLICAS Not enough good replicas"), "it has no copies"),
        (store.ResponseError("WRONGTYPE Operation against a key"), ""),
        (ZeroDivisionError(), ""),
    ],
)
def test_why_the_store_is_away(error: Exception, why: str) -> None:
    assert reason(error) == why


def test_a_loop_that_stood_still_blames_no_store(valkey: ValkeyServer) -> None:
    async def main() -> None:
        client = Valkey(valkey.url, patience=2.0)
        client.open()
        await until(lambda: client.up)
        asked: list[int] = []

        async def late(ask: Any) -> Any:
            asking = asyncio.ensure_future(ask.ping())
            await asyncio.sleep(0)
            asked.append(1)
            if len(asked) == 1:
                time.sleep(2.5)  # noqa: ASYNC251
            return await asking

        assert await client.ask(late, "else", again=True)
        assert len(asked) <= 2
        assert client.up
        await client.close()

    asyncio.run(main())
