"""The directory of the workers of one machine: what is lost between them is asked for again."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from ivr.fleet.messages import CallOver, Listen
from ivr.server.shared import machine_directory
from ivr.server.shared.sqlite_places import FILE, prepare
from tests.fleet.live.engines import Node, until, watching, workers


@pytest.fixture(autouse=True)
def short_times(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine_directory, "ASK_AGAIN_S", 0.1)
    monkeypatch.setattr(machine_directory, "LEASE_S", 0.3)


def run(folder: Path, story: Callable[[list[Node]], Awaitable[None]], count: int = 2) -> None:
    async def main() -> None:
        async with asyncio.timeout(30), workers(folder, count) as nodes:
            await story(nodes)

    prepare(folder)
    asyncio.run(main())


def drop(node: Node) -> Any:
    """Let nothing of a worker reach the others, until the stack that is returned is closed."""
    directory: Any = node.directory
    stack = contextlib.ExitStack()
    patch = stack.enter_context(pytest.MonkeyPatch.context())
    patch.setattr(directory._peers, "send", lambda _worker, _message: True)
    return stack


def test_what_was_lost_is_asked_for_again(tmp_path: Path) -> None:
    async def story(nodes: list[Node]) -> None:
        one, two = nodes
        async with watching(two.directory) as watched:
            one.directory.put(one.call("CA1"))
            await until(lambda: list(watched.calls) == ["CA1"])
            with drop(one):
                one.directory.put(one.call("CA2"))
                one.directory.gone("CA1")
                await until(lambda: watched.calls == {})
            await until(lambda: list(watched.calls) == ["CA2"])

    run(tmp_path, story)


def test_the_calls_of_a_worker_that_died_disappear(tmp_path: Path) -> None:
    async def story(nodes: list[Node]) -> None:
        one, two = nodes
        async with watching(two.directory) as watched:
            one.directory.put(one.call("CA1"))
            await until(lambda: list(watched.calls) == ["CA1"])
            dead: Any = one.directory
            dead.shared.close()
            await until(lambda: watched.calls == {})
            assert [node.name for node in await two.directory.nodes()] == ["bridge.1"]
            assert not await two.directory.tell("CA1", CallOver("CA1"))

    run(tmp_path, story)


def test_without_the_common_file_changes_are_told_all_the_same(tmp_path: Path) -> None:
    async def story(nodes: list[Node]) -> None:
        one, two = nodes
        async with watching(two.directory) as watched:
            one.directory.put(one.call("CA1"))
            await until(lambda: list(watched.calls) == ["CA1"])
            (tmp_path / FILE).unlink()
            for node in nodes:
                directory: Any = node.directory
                directory.shared.beat(1e9)
            one.directory.put(one.call("CA1", turns=1))
            await until(lambda: watched.calls == {"CA1": one.call("CA1", turns=1)})
            one.directory.gone("CA1")
            await until(lambda: watched.calls == {})

    run(tmp_path, story)


def test_nothing_is_sent_while_there_is_no_watcher(tmp_path: Path) -> None:
    async def story(nodes: list[Node]) -> None:
        one, two = nodes
        sent: list[object] = []
        directory: Any = one.directory
        directory._peers.send = lambda worker, message: sent.append((worker, message))
        for number in range(10):
            one.directory.put(one.call("CA1", turns=number))
            one.directory.relay("CA1", b"audio")
        one.directory.pass_on(CallOver("CA2"))
        one.directory.gone("CA1")
        assert sent == []
        assert repr(two.directory).startswith("<MachineDirectory bridge.1, 0 own")

    run(tmp_path, story)


def test_a_listener_hears_the_end_and_a_dead_one_is_dropped(tmp_path: Path) -> None:
    async def story(nodes: list[Node]) -> None:
        one, two, three = nodes
        one.directory.put(one.call("CA1"))
        one.directory.put(one.call("CA2"))
        heard: list[bytes] = []

        async def listen(node: Node, call_id: str) -> None:
            async with contextlib.aclosing(node.directory.listen(call_id)) as audio:
                async for piece in audio:
                    heard.append(piece)

        first, second = asyncio.create_task(listen(two, "CA1")), asyncio.create_task(listen(three, "CA2"))
        await until(lambda: one.directory.listeners("CA1") == one.directory.listeners("CA2") == 1)
        one.directory.relay("CA1", b"\x00")
        await until(lambda: heard == [b"\x00"])
        await asyncio.sleep(0.3)
        one.directory.gone("CA1")
        await asyncio.wait_for(first, 5)
        lost: Any = one.directory
        lost._own.pop("CA2")
        lost.shared.places.leave("CA2", 1, 0.0)
        await asyncio.wait_for(second, 5)
        assert {message.on for message in one.told if isinstance(message, Listen)} == {True}

    run(tmp_path, story, 3)
