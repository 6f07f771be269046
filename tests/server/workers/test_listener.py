"""How a worker takes connections that others may take as well."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
from collections.abc import AsyncIterator, Callable
from typing import Any, cast

import pytest

from ivr.server.workers.listener import RETRY_S, SharedListener
from ivr.testbench.loopback import bound
from tests.support import live

pytestmark = pytest.mark.live


class Taken(asyncio.Protocol):
    """Count the connections that one worker has."""

    def __init__(self, count: list[asyncio.BaseTransport]) -> None:
        self._count = count

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._count.append(transport)


@contextlib.asynccontextmanager
async def listening(
    *patiences: Callable[[list[int]], float],
) -> AsyncIterator[tuple[tuple[str, int], list[list[Any]], list[SharedListener]]]:
    """Workers of one process, each with a patience that sees what all have taken."""
    listener = bound()
    listener.listen(100)
    listener.setblocking(False)
    taken: list[list[Any]] = [[] for _ in patiences]
    # Each has a descriptor of its own, as after a fork.
    own = [listener.dup() for _ in patiences]

    def start(index: int, patience: Callable[[list[int]], float]) -> SharedListener:
        return SharedListener(
            [own[index]], lambda: Taken(taken[index]), lambda: patience([len(connections) for connections in taken])
        )

    workers = [start(index, patience) for index, patience in enumerate(patiences)]
    try:
        yield listener.getsockname(), taken, workers
    finally:
        for worker in workers:
            worker.close()
            await worker.wait_closed()
        for transport in [one for connections in taken for one in connections]:
            transport.close()
        for one in (listener, *own):
            one.close()


async def ring(address: tuple[str, int], count: int) -> list[asyncio.StreamWriter]:
    return [(await asyncio.open_connection(*address))[1] for _ in range(count)]


async def settled(taken: list[list[Any]], count: int) -> None:
    async with asyncio.timeout(10):
        while sum(map(len, taken)) < count:  # noqa: ASYNC110 - sockets tell nobody
            await asyncio.sleep(0.001)


def test_the_one_with_patience_leaves_connections_to_the_other() -> None:
    async def main() -> None:
        async with listening(lambda _: 0.0, lambda _: 0.5) as (address, taken, _):
            writers = await ring(address, 20)
            await settled(taken, 20)
            assert (len(taken[0]), len(taken[1])) == (20, 0)
            for writer in writers:
                writer.close()

    live.run(main())


def test_what_nobody_takes_the_patient_one_does() -> None:
    async def main() -> None:
        async with listening(lambda _: 0.0, lambda _: 0.5) as (address, taken, workers):
            workers[0].close()
            began = asyncio.get_running_loop().time()
            writers = await ring(address, 3)
            await settled(taken, 3)
            assert len(taken[1]) == 3
            assert asyncio.get_running_loop().time() - began >= 0.5
            for writer in writers:
                writer.close()

    live.run(main())


def test_connections_are_shared_out_evenly() -> None:
    def by_load(index: int) -> Callable[[list[int]], float]:
        return lambda loads: 0.005 * max(0, loads[index] - min(loads))

    async def main() -> None:
        async with listening(by_load(0), by_load(1), by_load(2)) as (address, taken, _):
            writers = await ring(address, 60)
            await settled(taken, 60)
            assert all(abs(len(connections) - 20) <= 2 for connections in taken)
            for writer in writers:
                writer.close()

    live.run(main())


class NoFiles(socket.socket):
    """A listening socket of a process that may open no more files."""

    full = True

    def accept(self) -> tuple[socket.socket, Any]:
        if self.full:
            raise OSError(errno.EMFILE, "Too many open files")
        return super().accept()


def test_without_a_free_file_it_waits(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        first = bound()
        listener = NoFiles(fileno=first.detach())
        listener.listen(10)
        listener.setblocking(False)
        taken: list[asyncio.BaseTransport] = []
        worker = SharedListener([listener], lambda: Taken(taken), lambda: 0.0)
        [writer] = await ring(listener.getsockname(), 1)
        await asyncio.sleep(RETRY_S / 2)
        assert caplog.text.count("accept_failed") == 1
        assert repr(worker) == "<SharedListener 1 sockets, 0 connections begin>"
        listener.full = False
        await settled([taken], 1)
        writer.close()
        worker.close()
        cast(asyncio.Transport, taken[0]).close()
        listener.close()

    live.run(main())
