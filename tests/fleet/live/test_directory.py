"""What every engine of the directory does alike: one process, the workers of a machine, a fleet."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

import pytest

from ivr.fleet.directory import Gone
from ivr.fleet.messages import CallOver, DrainNode, Listen, Operate
from tests.fleet.live.engines import ENGINES, Node, until, until_it_is, watching


@pytest.fixture(params=ENGINES)
def run(request: pytest.FixtureRequest) -> Callable[[Callable[[Node, Node], Awaitable[None]]], None]:
    """Run a story with the node that has the calls, and the node from which it is looked at."""

    def run(story: Callable[[Node, Node], Awaitable[None]]) -> None:
        async def main() -> None:
            async with asyncio.timeout(30), ENGINES[request.param]() as (one, two):
                await story(one, two)

        asyncio.run(main())

    return run


Run = Callable[[Callable[[Node, Node], Awaitable[None]]], None]


def test_calls_are_seen_from_every_node(run: Run) -> None:
    async def story(one: Node, two: Node) -> None:
        first, second = one.call("CA1", since=2.0, caller="+966500000001"), one.call("CA2", since=1.0)
        one.directory.put(first)
        one.directory.put(second)

        async def both() -> bool:
            return await two.directory.calls() == [second, first]

        await until_it_is(both)
        names = [node.name for node in await two.directory.nodes()]
        assert names == sorted({one.directory.node, two.directory.node})
        one.directory.gone("CA2")

        async def left() -> bool:
            return await two.directory.calls() == [first]

        await until_it_is(left)

    run(story)


def test_a_watcher_sees_all_and_then_every_change(run: Run) -> None:
    async def story(one: Node, two: Node) -> None:
        before = one.call("CA1")
        one.directory.put(before)
        async with watching(two.directory) as watched:
            await until(lambda: watched.calls == {"CA1": before})
            after = one.call("CA1", state="speaking", words=(("agent", "أهلا"),), wait_ms=900)
            one.directory.put(after)
            await until(lambda: watched.calls == {"CA1": after})
            one.directory.put(one.call("CA2"))
            await until(lambda: "CA2" in watched.calls)
            one.directory.gone("CA1")
            one.directory.gone("CA-unknown")
            await until(lambda: list(watched.calls) == ["CA2"])
            assert watched.told[-1] == Gone("CA1", one.directory.node)

    run(story)


def test_two_watchers_see_the_same(run: Run) -> None:
    async def story(one: Node, two: Node) -> None:
        async with watching(two.directory) as watched, watching(two.directory) as other, watching(one.directory) as own:
            for number in range(20):
                one.directory.put(one.call(f"CA{number % 5}", turns=number))
            for number in range(4):
                one.directory.gone(f"CA{number}")
            last = {"CA4": one.call("CA4", turns=19)}
            await until(lambda: watched.calls == other.calls == own.calls == last)

    run(story)


def test_the_node_that_has_a_call_is_told(run: Run) -> None:
    async def story(one: Node, two: Node) -> None:
        one.directory.put(one.call("CA1"))
        said = Operate("CA1", "say", words="أهلا", by="noura")

        async def told() -> bool:
            return await two.directory.tell("CA1", said)

        await until_it_is(told)
        await until(lambda: said in one.told)
        assert not await two.directory.tell("CA2", CallOver("CA2"))
        drain = DrainNode(one.directory.node, "noura")
        assert await two.directory.tell_node(one.directory.node, drain)
        await until(lambda: drain in one.told)
        assert not await two.directory.tell_node("nowhere", DrainNode("nowhere"))

    run(story)


def test_audio_is_sent_while_one_listens(run: Run) -> None:
    async def story(one: Node, two: Node) -> None:
        one.directory.put(one.call("CA1"))
        one.directory.relay("CA1", b"before")
        heard: list[bytes] = []

        async def listen() -> None:
            async with contextlib.aclosing(two.directory.listen("CA1", by="noura")) as audio:
                async for piece in audio:
                    heard.append(piece)

        async def found() -> bool:
            return [call.call_id for call in await two.directory.calls()] == ["CA1"]

        await until_it_is(found)
        first, second = asyncio.create_task(listen()), asyncio.create_task(listen())
        await until(lambda: one.directory.listeners("CA1") == 2)
        one.directory.relay("CA1", b"\x00\xff")
        await until(lambda: heard == [b"\x00\xff"] * 2)
        first.cancel()
        await until(lambda: one.directory.listeners("CA1") == 1)
        one.directory.gone("CA1")
        await second
        came = [message for message in one.told if isinstance(message, Listen)]
        assert [(message.on, message.by) for message in came][:2] == [(True, "noura")] * 2
        assert one.directory.listeners("CA1") == 0

    run(story)


def test_nothing_is_heard_of_a_call_that_is_not_there(run: Run) -> None:
    async def story(_one: Node, two: Node) -> None:
        assert [piece async for piece in two.directory.listen("CA1")] == []

    run(story)


def test_a_line_is_closed_for_all(run: Run) -> None:
    async def story(one: Node, two: Node) -> None:
        await two.directory.close_line("sales", True)
        await until(lambda: one.directory.closed_lines == two.directory.closed_lines == {"sales"})
        await one.directory.close_line("sales", False)
        await until(lambda: one.directory.closed_lines == two.directory.closed_lines == frozenset())

    run(story)
