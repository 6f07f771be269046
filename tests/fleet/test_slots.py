"""The places of a fleet, in a real store."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable

import pytest

from ivr.fleet.client import Valkey
from ivr.fleet.keys import key
from ivr.fleet.slots import Arrival, Elsewhere, LiveSlot, SlotLimits, Slots, Timing, read_owner
from tests.fleet.valkey import ValkeyServer

pytestmark = pytest.mark.live
TWO = SlotLimits(node=2)
SHORT = Timing(hold=0.5, live=1, used=2)
Story = Callable[[Slots], Awaitable[None]]


def told(server: ValkeyServer, story: Story, timing: Timing | None = None) -> None:
    """Tell a story to the slots of a store."""

    async def main() -> None:
        store = Valkey(server.url, patience=5.0)
        store.open()
        try:
            async with asyncio.timeout(10):
                while not store.up:  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
            slots = Slots(store, timing)
            assert "Slots" in repr(slots)
            await story(slots)
        finally:
            await store.close()

    asyncio.run(main())


async def arrived(slots: Slots, call: str, node: str = "a", stream: int = 1, nonce: bytes = b"") -> Arrival:
    arrival = await slots.arrive(call, "sales", node, stream, nonce)
    assert arrival is not None
    return arrival


def test_the_last_place_is_given_once(valkey: ValkeyServer) -> None:
    async def story(slots: Slots) -> None:
        answers = [await slots.take(f"CA{n}", "sales", "a", TWO) for n in range(3)]
        assert answers == ["new", "new", "full"]
        # The carrier asks again: no second place.
        assert await slots.take("CA0", "sales", "b", TWO) == "known"
        assert await slots.take("CA9", "sales", "b", TWO, known=True) == "known"

    told(valkey, story)


def test_a_line_has_a_limit_of_its_own(valkey: ValkeyServer) -> None:
    async def story(slots: Slots) -> None:
        limits = SlotLimits(node=9, line=1)
        assert await slots.take("CA0", "sales", "a", limits) == "new"
        assert await slots.take("CA1", "sales", "a", limits) == "line_full"
        assert await slots.take("CA1", "help", "a", limits) == "new"

    told(valkey, story)


def test_the_fleet_carries_what_its_nodes_carry(valkey: ValkeyServer) -> None:
    async def story(slots: Slots) -> None:
        with contextlib.closing(valkey.client()) as store:
            store.zadd(key("nodes"), {"a": 2e10, "b": 2e10, "dead": 1.0})
            store.hset(key("limits"), mapping={"a": 7, "b": 2, "dead": 100})
        # Of this node counts what it says now.
        answers = [await slots.take(f"CA{n}", "sales", "a", SlotLimits(node=1)) for n in range(4)]
        assert answers == ["new", "new", "new", "full"]
        assert await slots.take("CA4", "sales", "a", SlotLimits(node=2, fleet=3)) == "full"
        assert await slots.take("CA4", "sales", "a", SlotLimits(node=2, fleet=99)) == "new"

    told(valkey, story)


def test_a_place_falls_free_when_no_stream_comes(valkey: ValkeyServer) -> None:
    async def story(slots: Slots) -> None:
        one = SlotLimits(node=1)
        assert await slots.take("CA0", "sales", "a", one) == "new"
        assert await slots.take("CA1", "sales", "a", one) == "full"
        deadline = time.monotonic() + 5
        while await slots.take("CA1", "sales", "a", one) == "full":
            assert time.monotonic() < deadline
            await asyncio.sleep(0.02)

    told(valkey, story, SHORT)


def test_a_token_is_used_once_by_the_whole_fleet(valkey: ValkeyServer) -> None:
    async def story(slots: Slots) -> None:
        assert (await arrived(slots, "CA0", nonce=b"token")).fresh
        assert not (await arrived(slots, "CA0", "b", nonce=b"token")).fresh
        assert (await arrived(slots, "CA0", nonce=b"another")).fresh

    told(valkey, story)


def test_a_newer_stream_names_the_older(valkey: ValkeyServer) -> None:
    async def story(slots: Slots) -> None:
        assert (await arrived(slots, "CA0", "a", 7)).older is None
        newer = await arrived(slots, "CA0", "b", 1)
        assert newer.older == Elsewhere("a", 7)
        assert newer.since > 1e9

    told(valkey, story)


def test_only_the_stream_that_has_the_call_frees_it(valkey: ValkeyServer) -> None:
    async def story(slots: Slots) -> None:
        older = await arrived(slots, "CA0", "a", 7)
        newer = await arrived(slots, "CA0", "b", 1)
        with contextlib.closing(valkey.client()) as store:

            async def left() -> int:
                await slots._store.ask(lambda ask: ask.ping(), None)
                return int(store.zcard(key("slots")))

            slots.leave("CA0", LiveSlot("sales", 7, older.since))
            await asyncio.sleep(0.05)
            assert await left() == 1
            slots.forget("CA0", ["help", "sales"])
            await asyncio.sleep(0.05)
            assert await left() == 1
            slots.leave("CA0", LiveSlot("sales", 1, newer.since))
            await asyncio.sleep(0.05)
            assert await left() == 0
            assert store.hlen(key("owners")) == 0

    told(valkey, story)


def test_what_is_renewed_stays_and_what_is_not_goes(valkey: ValkeyServer) -> None:
    async def story(slots: Slots) -> None:
        kept = LiveSlot("sales", 1, (await arrived(slots, "CA0")).since)
        await arrived(slots, "CA1")
        with contextlib.closing(valkey.client()) as store:
            for _ in range(6):
                await asyncio.sleep(0.25)
                assert await slots._store.ask(lambda ask: slots.renew(ask, "a", {"CA0": kept}), None) == []
            assert await slots.take("CA2", "sales", "a", TWO) == "new"
            assert sorted(store.zrange(key("slots"), 0, -1)) == [b"CA0", b"CA2"]
            assert store.hkeys(key("owners")) == [b"CA0"]

    told(valkey, story, SHORT)


def test_a_call_that_went_elsewhere_is_not_renewed(valkey: ValkeyServer) -> None:
    async def story(slots: Slots) -> None:
        older = LiveSlot("sales", 1, (await arrived(slots, "CA0", "a", 1)).since)
        newer = LiveSlot("sales", 4, (await arrived(slots, "CA0", "b", 4)).since)
        assert await slots._store.ask(lambda ask: slots.renew(ask, "a", {"CA0": older}), None) == ["CA0"]
        assert await slots._store.ask(lambda ask: slots.renew(ask, "b", {"CA0": newer}), None) == []

    told(valkey, story)


def test_an_emptied_store_is_filled_again(valkey: ValkeyServer) -> None:
    async def story(slots: Slots) -> None:
        slot = LiveSlot("sales", 1, (await arrived(slots, "CA0")).since)
        with contextlib.closing(valkey.client()) as store:
            store.flushall()
            store.script_flush()
            await slots.restore([("CA0", "sales", 9.0), ("CA1", "help", 9.0)])
            await slots._store.ask(lambda ask: slots.renew(ask, "a", {"CA0": slot}), None)
            await slots.restore([])
            assert sorted(store.zrange(key("slots"), 0, -1)) == [b"CA0", b"CA1"]
            assert store.zcard(key("slots", "help")) == 1
        assert await slots.settled(["CA0", "CA1", "CA2"]) == ["CA0", "CA2"]
        assert await slots.settled([]) == []

    told(valkey, story)


def test_no_id_of_a_call_spoils_the_others(valkey: ValkeyServer) -> None:
    async def story(slots: Slots) -> None:
        for call in ("CA ümlaut", "CA\ud800", "", "CA\x00 b 3"):
            since = (await arrived(slots, call)).since
            assert (
                await slots._store.ask(
                    lambda ask, call=call, since=since: slots.renew(ask, "a", {call: LiveSlot("sales", 1, since)}),  # type: ignore[misc]
                    None,
                )
                == []
            )
            assert await slots.settled([call]) == [call]

    told(valkey, story)


def test_without_a_store_nothing_is_known() -> None:
    async def main() -> None:
        slots = Slots(Valkey("redis://127.0.0.1:1"))
        assert await slots.take("CA0", "sales", "a", TWO) is None
        assert await slots.arrive("CA0", "sales", "a", 1) is None
        assert await slots.settled(["CA0"]) == []
        await slots._store.close()

    asyncio.run(main())


@pytest.mark.parametrize("written", [b"", b"1.5 a", b"1.5 a x", b"1.5 a 1 b", b"\xff"])
def test_what_is_no_owner_is_none(written: bytes) -> None:
    assert read_owner(written) is None


def test_another_versions_keys_are_left_alone(valkey: ValkeyServer) -> None:
    async def story(slots: Slots) -> None:
        with contextlib.closing(valkey.client()) as store:
            store.set("ivr:2:slots", "of another version")
            store.zadd("ivr:0:slots", {"CA0": 2e10})
            assert await slots.take("CA0", "sales", "a", TWO) == "new"
            assert store.get("ivr:2:slots") == b"of another version"

    told(valkey, story)


def test_a_key_of_another_kind_is_no_outage(valkey: ValkeyServer) -> None:
    async def story(slots: Slots) -> None:
        with contextlib.closing(valkey.client()) as store:
            store.set(key("slots"), "of another program")
            assert await slots.take("CA0", "sales", "a", TWO) is None
            assert slots._store.up

    told(valkey, story)
