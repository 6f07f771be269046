"""Directories of every engine, each as a fleet of two nodes where the engine can have two."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ivr.fleet.client import Valkey
from ivr.fleet.directory import Change, Directory, LiveCall, NodeState
from ivr.fleet.live.closed_lines import ClosedLines
from ivr.fleet.live.memory import MemoryDirectory
from ivr.fleet.live.valkey import ValkeyDirectory
from ivr.fleet.messages import Message
from ivr.server.shared.machine_directory import MachineDirectory
from ivr.server.shared.shared import Shared
from ivr.server.shared.sqlite_places import prepare
from ivr.server.shared.worker import Worker
from tests.fleet.valkey import ValkeyServer
from tests.fleet.valkey import running as running_valkey

BEAT_S = 0.02


@dataclass
class Node:
    """One node of a fleet under test."""

    directory: Directory
    told: list[Message] = field(default_factory=list)

    def call(self, call_id: str, **more: object) -> LiveCall:
        """Return a call of this node."""
        return LiveCall(call_id, self.directory.node, "default", **more)  # type: ignore[arg-type]


@dataclass
class Watched:
    """What a watcher believes, by the changes it was told."""

    calls: dict[str, LiveCall] = field(default_factory=dict)
    told: list[Change] = field(default_factory=list)

    async def follow(self, directory: Directory) -> None:
        async with contextlib.aclosing(directory.watch()) as changes:
            async for change in changes:
                self.told.append(change)
                if isinstance(change, LiveCall):
                    self.calls[change.call_id] = change
                else:
                    assert self.calls.pop(change.call_id).node == change.node


def state(name: str) -> NodeState:
    return NodeState(name, 0, 10, False, 1000.0, "1.0")


async def until(true: Callable[[], bool], seconds: float = 10.0) -> None:
    """Wait until something is true."""
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110 - a directory tells nobody but its watchers
            await asyncio.sleep(0.005)


async def until_it_is(ask: Callable[[], Awaitable[bool]], seconds: float = 10.0) -> None:
    """Wait until an answer is true."""
    async with asyncio.timeout(seconds):
        while not await ask():  # noqa: ASYNC110
            await asyncio.sleep(0.005)


@contextlib.asynccontextmanager
async def running(*directories: Directory) -> AsyncIterator[list[Node]]:
    """Open directories, and let them beat while the block runs."""
    nodes = [Node(directory) for directory in directories]
    loop = asyncio.get_running_loop()

    async def beat() -> None:
        while True:
            for node in nodes:
                node.directory.beat(loop.time())
            await asyncio.sleep(BEAT_S)

    for node in nodes:
        node.directory.open(node.told.append)
    beating = asyncio.create_task(beat())
    try:
        yield nodes
    finally:
        beating.cancel()
        for node in nodes:
            await node.directory.close()


@contextlib.asynccontextmanager
async def watching(directory: Directory) -> AsyncIterator[Watched]:
    """Watch while the block runs. What the watcher found wrong is raised at the end."""
    watched = Watched()
    task = asyncio.create_task(watched.follow(directory))
    await asyncio.sleep(0)
    try:
        yield watched
    finally:
        task.cancel()
        results = await asyncio.gather(task, return_exceptions=True)
        assert isinstance(results[0], asyncio.CancelledError)


@contextlib.asynccontextmanager
async def memory() -> AsyncIterator[list[Node]]:
    """One process: both nodes of the stories are the same."""
    async with running(MemoryDirectory(lambda: state("one"))) as nodes:
        yield [nodes[0], nodes[0]]


@contextlib.asynccontextmanager
async def valkey() -> AsyncIterator[list[Node]]:
    """Two nodes of a fleet."""
    with running_valkey() as server:
        async with stores(server, 2) as (one, two):
            directories = [ValkeyDirectory(one, lambda: state("one")), ValkeyDirectory(two, lambda: state("two"))]
            async with running(*directories) as nodes:
                yield nodes


@contextlib.asynccontextmanager
async def stores(server: ValkeyServer, count: int) -> AsyncIterator[list[Valkey]]:
    """Open clients of a store while the block runs."""
    # A machine that is busy with other tests is no store that is away.
    clients = [Valkey(server.url, str(number), patience=2.0) for number in range(count)]
    for client in clients:
        client.open()
    try:
        await until(lambda: all(client.up for client in clients))
        yield clients
    finally:
        for client in clients:
            await client.close()


@contextlib.asynccontextmanager
async def machine() -> AsyncIterator[list[Node]]:
    """Two workers of one machine, with their sockets and their common file."""
    with tempfile.TemporaryDirectory(prefix="ivr-") as name:
        prepare(Path(name))
        async with workers(Path(name), 2) as nodes:
            yield nodes


@contextlib.asynccontextmanager
async def workers(folder: Path, count: int) -> AsyncIterator[list[Node]]:
    """Run workers with their directories while the block runs. What they carry stands in the common file."""
    shared = [Shared(Worker(index, count, folder)) for index in range(count)]
    names = [f"bridge.{index}" for index in range(count)]
    found: list[Carrying] = []
    for one, own in zip(shared, names, strict=True):
        directory = Carrying(one, names, lambda own=own: state(own), ClosedLines(folder))
        one.takes = directory.takes
        found.append(directory)
    async with running(*found) as nodes:
        for one, node in zip(shared, nodes, strict=True):
            one.open(node.told.append, asyncio.get_running_loop().time())
        try:
            yield nodes
        finally:
            for one in shared:
                one.close()


class Carrying(MachineDirectory):
    """Write into the common file what is put, as admission does."""

    shared: Shared

    def __init__(self, shared: Shared, *given: Any) -> None:
        super().__init__(shared, *given)
        self.shared = shared

    def put(self, call: LiveCall) -> None:
        if call.call_id not in self._own:
            self.shared.places.arrive(call.call_id, 1)
        super().put(call)

    def gone(self, call_id: str) -> None:
        super().gone(call_id)
        self.shared.places.leave(call_id, 1, 0.0)


ENGINES: dict[str, Callable[[], contextlib.AbstractAsyncContextManager[list[Node]]]] = {
    "memory": memory,
    "machine": machine,
    "valkey": valkey,
}
