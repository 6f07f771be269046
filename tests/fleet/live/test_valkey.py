"""The directory of a fleet on a real store, which is emptied, lost, slow, and written to by others."""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest

from ivr.fleet.directory import Gone, LiveCall
from ivr.fleet.live import far_audio, local, stored_calls, valkey
from ivr.fleet.live.valkey import ValkeyDirectory
from ivr.fleet.messages import CallOver, Learnt, Listen
from tests.fleet.live.engines import Node, Watched, running, state, stores, until, until_it_is, watching
from tests.fleet.valkey import ValkeyServer
from tests.fleet.valkey import running as running_valkey


@pytest.fixture
def server() -> Iterator[ValkeyServer]:
    with running_valkey() as server:
        yield server


@pytest.fixture(autouse=True)
def short_times(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the dead be dead soon."""
    monkeypatch.setattr(stored_calls, "LIVE_S", 1)
    monkeypatch.setattr(valkey, "SIGN_OF_LIFE_S", 0.1)
    monkeypatch.setattr(valkey, "LOOK_AROUND_S", 0.2)


Story = Callable[[Node, Node], Awaitable[None]]


def fleet(server: ValkeyServer, story: Story) -> None:
    """Run a story with two nodes."""

    async def main() -> None:
        async with asyncio.timeout(60), stores(server, 2) as (first, second):
            directories = ValkeyDirectory(first, lambda: state("one")), ValkeyDirectory(second, lambda: state("two"))
            async with running(*directories) as (one, two):
                await story(one, two)

    asyncio.run(main())


def kill(node: Node) -> None:
    """Let a node do nothing any more, as one that was killed."""
    directory: Any = node.directory
    for name in list(directory._tasks):
        directory._stop(name)


def command(server: ValkeyServer, *words: str) -> None:
    with contextlib.closing(server.client()) as client:
        client.execute_command(*words)


def test_the_calls_of_a_dead_node_disappear(server: ValkeyServer) -> None:
    async def story(one: Node, two: Node) -> None:
        async with watching(two.directory) as watched:
            one.directory.put(one.call("CA1"))
            two.directory.put(two.call("CA2"))
            await until(lambda: sorted(watched.calls) == ["CA1", "CA2"])
            kill(one)
            await until(lambda: sorted(watched.calls) == ["CA2"])
            assert [call.call_id for call in await two.directory.calls()] == ["CA2"]
            assert [node.name for node in await two.directory.nodes()] == ["two"]
            assert not await two.directory.tell("CA1", CallOver("CA1"))
            directory: Any = one.directory
            directory._start("write", directory._write_again())
            await until(lambda: sorted(watched.calls) == ["CA1", "CA2"])

    fleet(server, story)


def test_a_store_that_was_emptied_is_filled_again(server: ValkeyServer) -> None:
    async def story(one: Node, two: Node) -> None:
        calls = [one.call(f"CA{number}", since=float(number)) for number in range(5)]
        for call in calls:
            one.directory.put(call)
        await two.directory.close_line("sales", True)

        async def known() -> bool:
            return await two.directory.calls() == calls and one.directory.closed_lines == {"sales"}

        await until_it_is(known)
        command(server, "FLUSHALL")
        assert await two.directory.calls() == []
        await until_it_is(known)

        async def closed() -> bool:
            return await asyncio.to_thread(closed_in, server) == {b"sales": b"1"}

        await until_it_is(closed)

    fleet(server, story)


def closed_in(server: ValkeyServer) -> dict[bytes, bytes]:
    with contextlib.closing(server.client()) as client:
        found: dict[bytes, bytes] = client.hgetall("ivr:1:closed")
        return found


def test_an_outage_is_made_good(server: ValkeyServer) -> None:
    async def story(one: Node, two: Node) -> None:
        async with watching(two.directory) as watched, watching(one.directory) as own:
            one.directory.put(one.call("CA1"))
            one.directory.put(one.call("CA2"))
            two.directory.put(two.call("CA3"))
            await until(lambda: sorted(watched.calls) == ["CA1", "CA2", "CA3"])
            server.kill()
            one.directory.gone("CA1")
            one.directory.put(one.call("CA4"))
            await one.directory.close_line("sales", True)
            assert await one.directory.calls() == [one.call("CA2"), one.call("CA4")]
            assert [node.name for node in await one.directory.nodes()] == ["one"]
            assert sorted(own.calls) == ["CA2", "CA3", "CA4"]
            await until(lambda: sorted(own.calls) == ["CA2", "CA4"])
            assert not await one.directory.tell("CA3", CallOver("CA3"))
            await asyncio.to_thread(server.start)
            await until(lambda: sorted(watched.calls) == sorted(own.calls) == ["CA2", "CA3", "CA4"])
            await until(lambda: two.directory.closed_lines == {"sales"})

    fleet(server, story)


def test_a_slow_store_keeps_no_call_waiting(server: ValkeyServer) -> None:
    async def story(one: Node, two: Node) -> None:
        async with watching(two.directory) as watched:
            one.directory.put(one.call("CA0"))
            await until(lambda: "CA0" in watched.calls)
            server.stall(1.0)
            before = time.perf_counter()
            for number in range(1000):
                one.directory.put(one.call("CA1", turns=number))
                one.directory.relay("CA1", b"audio")
            one.directory.pass_on(CallOver("CA3"))
            assert time.perf_counter() - before < 0.5
            directory: Any = one.directory
            assert list(directory._changed) == ["CA1"]
            await until(lambda: watched.calls.get("CA1") == one.call("CA1", turns=999))

    fleet(server, story)


@pytest.mark.parametrize("seed", range(2))
def test_whatever_happens_the_picture_is_true_in_the_end(server: ValkeyServer, seed: int) -> None:
    chance = random.Random(seed)

    async def story(one: Node, two: Node) -> None:
        truth: dict[str, LiveCall] = {}

        def put(node: Node) -> None:
            call = node.call(f"CA{chance.randrange(6)}{node.directory.node}", turns=chance.randrange(100))
            truth[call.call_id] = call
            node.directory.put(call)

        def gone(node: Node) -> None:
            if own := [call_id for call_id in truth if call_id.endswith(node.directory.node)]:
                call_id = chance.choice(own)
                del truth[call_id]
                node.directory.gone(call_id)

        async with watching(one.directory) as first, watching(two.directory) as second:
            for _ in range(40):
                await asyncio.sleep(chance.random() * 0.05)
                match chance.randrange(12):
                    case 0:
                        command(server, "FLUSHALL")
                    case 1:
                        command(server, "CLIENT", "KILL", "TYPE", chance.choice(["pubsub", "normal"]))
                    case 2 if chance.random() < 0.3:
                        server.kill()
                        await asyncio.sleep(chance.random() * 0.5)
                        await asyncio.to_thread(server.start)
                    case 3 | 4 | 5:
                        gone(chance.choice([one, two]))
                    case _:
                        put(chance.choice([one, two]))
            await until(lambda: first.calls == second.calls == truth)

            async def asked() -> bool:
                return {call.call_id: call for call in await one.directory.calls()} == truth

            await until_it_is(asked)

    fleet(server, story)


def test_a_node_that_takes_another_name_keeps_its_calls(server: ValkeyServer) -> None:
    async def main() -> None:
        name = "bridge"
        async with stores(server, 2) as (first, second):
            directories = ValkeyDirectory(first, lambda: state(name)), ValkeyDirectory(second, lambda: state("two"))
            async with running(*directories) as (one, two), watching(two.directory) as watched:
                one.directory.put(one.call("CA1"))
                await until(lambda: "CA1" in watched.calls)
                name = "bridge-1f2e"
                await until(lambda: watched.calls.get("CA1") == one.call("CA1"))

                async def told() -> bool:
                    return await two.directory.tell("CA1", CallOver("CA1"))

                await until_it_is(told)
                await until(lambda: one.told == [CallOver("CA1")])
                assert [node.name for node in await two.directory.nodes()] == ["bridge-1f2e", "two"]

    asyncio.run(main())


def test_a_call_that_goes_on_at_another_node_stays(server: ValkeyServer) -> None:
    async def story(one: Node, two: Node) -> None:
        async with watching(two.directory) as watched, watching(one.directory) as own:
            one.directory.put(one.call("CA1"))
            await until(lambda: "CA1" in watched.calls)
            two.directory.put(two.call("CA1", resumed=1))
            one.directory.gone("CA1")
            await until(lambda: watched.calls == own.calls == {"CA1": two.call("CA1", resumed=1)})
            assert not [change for change in watched.told if isinstance(change, Gone)]

    fleet(server, story)


# -- listening in --------------------------------------------------------------------------------------------------


async def listen(node: Node, heard: list[bytes], call_id: str = "CA1") -> None:
    async with contextlib.aclosing(node.directory.listen(call_id)) as audio:
        async for piece in audio:
            heard.append(piece)


def test_a_listener_that_dies_is_sent_nothing_more(server: ValkeyServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local, "LEASE_S", 1.0)
    monkeypatch.setattr(far_audio, "RENEW_S", 0.2)

    async def story(one: Node, two: Node) -> None:
        one.directory.put(one.call("CA1"))
        heard: list[bytes] = []

        async def there() -> bool:
            return bool(await two.directory.calls())

        await until_it_is(there)
        listening = asyncio.create_task(listen(two, heard))
        await until(lambda: one.directory.listeners("CA1") == 1)
        began = time.perf_counter()
        while time.perf_counter() - began < 1.5:
            one.directory.relay("CA1", b"x")
            await asyncio.sleep(0.02)
        assert one.directory.listeners("CA1") == 1
        assert heard
        monkeypatch.setattr(ValkeyDirectory, "_publish", unheard)
        await until(lambda: one.directory.listeners("CA1") == 0)
        await listening
        assert [message.on for message in one.told if isinstance(message, Listen)] == [True, False]

    fleet(server, story)


async def unheard(*_: object) -> bool:
    return False


def test_the_end_of_a_call_ends_those_who_listen_far_away(server: ValkeyServer) -> None:
    async def story(one: Node, two: Node) -> None:
        one.directory.put(one.call("CA1"))
        heard: list[bytes] = []

        async def there() -> bool:
            return bool(await two.directory.calls())

        await until_it_is(there)
        listening = asyncio.create_task(listen(two, heard))
        await until(lambda: one.directory.listeners("CA1") == 1)
        while not heard:
            one.directory.relay("CA1", b"x")
            await asyncio.sleep(0.01)
        one.directory.gone("CA1")
        await asyncio.wait_for(listening, 5)
        far: Any = two.directory
        assert repr(far._far) == "<FarAudio of 0 calls>"

    fleet(server, story)


def test_only_so_many_calls_are_heard_at_once(server: ValkeyServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(far_audio, "MOST_LISTENED", 1)

    async def story(one: Node, two: Node) -> None:
        one.directory.put(one.call("CA1"))
        one.directory.put(one.call("CA2"))

        async def there() -> bool:
            return len(await two.directory.calls()) == 2

        await until_it_is(there)
        listening = asyncio.create_task(listen(two, []))
        await until(lambda: one.directory.listeners("CA1") == 1)
        await listen(two, [], "CA2")
        assert one.directory.listeners("CA2") == 0
        listening.cancel()
        await until(lambda: one.directory.listeners("CA1") == 0)

    fleet(server, story)


# -- what others write ---------------------------------------------------------------------------------------------


def test_what_is_no_call_is_passed_over(server: ValkeyServer) -> None:
    async def story(one: Node, two: Node) -> None:
        with contextlib.closing(server.client()) as client:
            client.sadd("ivr:1:live", "stranger", "dead")
            client.hset("ivr:1:live:stranger", mapping={"*": "{}", "CA9": "{", "CA8": b"\xff"})
            async with watching(two.directory) as watched:
                one.directory.put(one.call("CA1"))
                await until(lambda: "CA1" in watched.calls)
                for text in (b"", b"+", b"-{}", b"?x", b"\xff"):
                    client.publish("ivr:1:live-changes", text)
                    client.publish("ivr:1:to:two", text)
                one.directory.put(one.call("CA1", turns=1))
                await until(lambda: watched.calls == {"CA1": one.call("CA1", turns=1)})
                assert [node.name for node in await two.directory.nodes()] == ["one", "two"]
                assert await two.directory.calls() == [one.call("CA1", turns=1)]
                assert two.told == []

    fleet(server, story)


def test_a_text_that_nobody_can_write_is_not_shown(server: ValkeyServer) -> None:
    async def story(one: Node, _: Node) -> None:
        one.directory.put(one.call("CA1", caller="\ud800"))
        one.directory.gone("CA1")
        assert await one.directory.calls() == []
        assert stored_calls.encode_change(one.call("CA1", caller="\ud800")) is None

    fleet(server, story)


def test_a_message_that_is_too_long_is_not_sent(server: ValkeyServer) -> None:
    async def story(one: Node, two: Node) -> None:
        one.directory.put(one.call("CA1"))

        async def there() -> bool:
            return bool(await two.directory.calls())

        await until_it_is(there)
        assert not await two.directory.tell("CA1", Learnt("CA1", {"x": "y" * 20_000}))
        two.directory.pass_on(Learnt("CA1", {"x": "y"}))
        await until(lambda: one.told == [Learnt("CA1", {"x": "y"})])
        assert repr(one.directory).startswith("<ValkeyDirectory one, 1 own, ")

    fleet(server, story)


def test_a_watcher_alone_is_followed_by_another(server: ValkeyServer) -> None:
    async def story(one: Node, two: Node) -> None:
        directory: Any = two.directory
        for number in range(3):
            async with watching(two.directory) as watched:
                one.directory.put(one.call(f"CA{number}"))
                await until(lambda watched=watched, number=number: len(watched.calls) == number + 1)  # type: ignore[misc]
            assert "look" not in directory._tasks
        seen = Watched()
        assert seen.calls == {}

    fleet(server, story)
