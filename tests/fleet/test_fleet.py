"""Nodes of a fleet that share a real store: names, heartbeats, limits, and what happens when the store is away."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from ivr.fleet.client import Valkey
from ivr.fleet.fleet import Fleet, in_use
from ivr.fleet.keys import key
from ivr.fleet.slots import Timing
from tests.fleet.valkey import ValkeyServer

pytestmark = pytest.mark.live
QUICK = Timing(hold=3.0, live=2, beat=0.1, used=5)
SOON = 15.0
Story = Callable[..., Awaitable[None]]


async def until(true: Callable[[], Any]) -> None:
    """Wait until something is true."""
    async with asyncio.timeout(SOON):
        while not true():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


def a_node(server: ValkeyServer, name: str, max_calls: int = 2, **more: Any) -> Fleet:
    return Fleet(Valkey(server.url, name, patience=2.0), name, lambda: max_calls, timing=QUICK, **more)


@contextlib.asynccontextmanager
async def opened(*nodes: Fleet) -> AsyncIterator[None]:
    """Open nodes, and wait until all know of all."""
    for node in nodes:
        node.open()
    try:
        await until(lambda: all(len(node.beats) >= len(nodes) for node in nodes))
        yield
    finally:
        for node in nodes:
            await node.close()


def test_two_nodes_carry_what_both_carry(valkey: ValkeyServer) -> None:
    async def main() -> None:
        one, two = a_node(valkey, "one"), a_node(valkey, "two", 1)
        async with opened(one, two):
            assert [await node.take(f"CA{n}", "sales") for n, node in enumerate((one, two, two))] == ["new"] * 3
            assert await one.take("CA3", "sales") == "full"
            assert await two.arrive("CA0", "sales", 1, b"nonce")
            # What was answered here has come to the other one.
            await until(lambda: "CA0" not in one._given)
            two.leave("CA0", 1)
            await until(lambda: one.calls == 2)
            one.forget("CA1", ["sales"])
            two.forget("CA2", ["sales"])
            await until(lambda: one.calls == 0)
            assert (one.nodes, one.store_up, two.others_take) == (2.0, 1.0, True)
            assert [beat.node for beat in one.others] == ["two"]
            assert repr(one).startswith("<Fleet <NodeName one> 0 live, ")

    asyncio.run(main())


def test_a_limit_of_the_fleet_is_below_that_of_its_nodes(valkey: ValkeyServer) -> None:
    async def main() -> None:
        one = a_node(valkey, "one", 5, most=1)
        async with opened(one):
            assert await one.take("CA0", "sales") == "new"
            assert await one.take("CA1", "sales") == "full"
            assert await one.take("CA1", "sales", known=True) == "known"

    asyncio.run(main())


def test_a_node_that_drains_gives_no_room(valkey: ValkeyServer) -> None:
    async def main() -> None:
        drains: list[int] = []
        one, two = a_node(valkey, "one"), a_node(valkey, "two", draining=lambda: bool(drains))
        async with opened(one, two):
            assert await two.take("CA0", "sales") == "new"
            assert await two.arrive("CA0", "sales", 1)
            drains.append(1)
            two.beat_soon()
            await until(lambda: not one.others_take)
            assert two.others_take
            assert [await one.take(f"CA{n}", "sales") for n in (1, 2, 3)] == ["new", "new", "full"]

    asyncio.run(main())


def test_a_stream_elsewhere_takes_the_call_over(valkey: ValkeyServer) -> None:
    async def main() -> None:
        one, two = a_node(valkey, "one"), a_node(valkey, "two")
        told: list[tuple[str, str, int]] = []
        lost: list[tuple[str, int]] = []
        two.tell.superseded = lambda *what: told.append(what)
        one.tell.lost = lambda *what: lost.append(what)
        async with opened(one, two):
            assert await one.arrive("CA0", "sales", 7, b"nonce")
            assert not await two.arrive("CA0", "sales", 1, b"nonce")
            assert await two.arrive("CA0", "sales", 1, b"other")
            assert told == [("one", "CA0", 7)]
            # Also where nobody told it.
            await until(lambda: lost == [("CA0", 7)])
            one.leave("CA0", 7)
            await until(lambda: one.calls == 1)

    asyncio.run(main())


def test_an_emptied_store_is_filled_within_a_beat(valkey: ValkeyServer) -> None:
    async def main() -> None:
        one = a_node(valkey, "one", 5)
        async with opened(one):
            assert await one.take("CA0", "sales") == "new"
            assert await one.arrive("CA0", "sales", 1)
            assert await one.take("CA1", "sales") == "new"
            with contextlib.closing(valkey.client()) as store:
                store.flushall()
                await until(lambda: sorted(store.zrange(key("slots"), 0, -1)) == [b"CA0", b"CA1"])
                await until(lambda: one.calls == 2)
                assert store.hkeys(key("owners")) == [b"CA0"]

    asyncio.run(main())


def test_an_outage_is_survived_and_made_up_for(valkey: ValkeyServer) -> None:
    async def main() -> None:
        one, settled = a_node(valkey, "one", 9), list[str]()
        one.tell.settled = settled.append
        async with opened(one):
            assert await one.arrive("CA0", "sales", 1)
            valkey.kill()
            await until(lambda: one.store.up is False)
            # Unknown is not 0.
            assert math.isnan(one.calls)
            assert math.isnan(one.nodes)
            assert (one.store_up, one.others_take) == (0.0, False)
            assert await one.take("CA1", "sales") is None
            assert await one.take("CA2", "sales") is None
            assert await one.arrive("CA1", "sales", 2, b"nonce")
            one.leave("CA0", 1)
            valkey.start()
            await until(lambda: one.calls == 2)
            with contextlib.closing(valkey.client()) as store:
                await until(lambda: sorted(store.zrange(key("slots"), 0, -1)) == [b"CA1", b"CA2"])
                # By the store's clock, although the store was away.
                since = float(store.hget(key("owners"), "CA1").split()[0])
                assert abs(since - store.time()[0]) < SOON
            assert settled == []

    asyncio.run(main())


def test_before_the_store_is_known_nothing_is_known() -> None:
    async def main() -> None:
        one = Fleet(Valkey("redis://127.0.0.1:1"), "one", lambda: 2)
        assert all(map(math.isnan, (one.calls, one.nodes, one.store_up)))
        assert await one.take("CA0", "sales") is None
        assert await one.arrive("CA0", "sales", 1)
        one.leave("CA0", 1)
        one.leave("CA0", 1)
        one.forget("CA0", [])
        await one.close()

    asyncio.run(main())


def test_of_two_nodes_with_one_name_the_second_changes(valkey: ValkeyServer, caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        one, two = a_node(valkey, "bridge-1"), a_node(valkey, "bridge-1")
        taken: list[int] = []
        two.tell.name_taken = lambda: taken.append(1)
        async with opened(one):
            async with opened(two):
                assert await two.arrive("CA0", "sales", 1)
                await until(lambda: len(one.beats) == 2)
                assert taken == [1]
                assert one.node == "bridge-1"
                assert two.node.startswith("bridge-1-")
                with contextlib.closing(valkey.client()) as store:
                    await until(lambda: store.hget(key("owners"), "CA0").split()[1] == two.node.encode())
                two.leave("CA0", 1)
                await until(lambda: one.calls == 0)
            # It has said that it is gone.
            await until(lambda: len(one.beats) == 1)

    asyncio.run(main())
    told = [record for record in caplog.records if record.message == "node_name_taken"]
    assert [record.__dict__["problem"] for record in told] == [in_use("bridge-1")]


def test_a_bridge_that_was_killed_has_its_name_again(valkey: ValkeyServer) -> None:
    async def main() -> None:
        one, again = a_node(valkey, "bridge-1"), a_node(valkey, "bridge-1")
        async with opened(one):
            # It dies, and says nothing.
            assert one._beating is not None
            one._beating.cancel()
            async with opened(again):
                assert await again.take("CA0", "sales") == "new"
                await until(lambda: again._name.settled)
                assert again.node == "bridge-1"

    asyncio.run(main())


def test_clocks_that_differ_by_a_minute_matter_to_no_place(valkey: ValkeyServer) -> None:
    async def main() -> None:
        ahead = a_node(valkey, "ahead", wall=lambda: 2e9 + 60)
        behind = a_node(valkey, "behind", wall=lambda: 2e9)
        async with opened(ahead, behind):
            assert await ahead.arrive("CA0", "sales", 1)
            assert await behind.arrive("CA0", "sales", 1)
            await asyncio.sleep(QUICK.live + 0.5)
            assert (ahead.calls, behind.nodes) == (1.0, 2.0)
            assert set(behind._live) == {"CA0"}
            assert ahead._live == {}

    asyncio.run(main())


def test_a_beat_that_fails_is_not_the_last(valkey: ValkeyServer, caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        one = a_node(valkey, "one")
        left = [1]

        def fail_once() -> None:
            if left:
                left.clear()
                raise RuntimeError

        one.tell.nodes = fail_once
        async with opened(one):
            await until(lambda: one._seq > 3)

    with caplog.at_level(logging.ERROR):
        asyncio.run(main())
    assert [record.message for record in caplog.records] == ["fleet_beat_failed"]
