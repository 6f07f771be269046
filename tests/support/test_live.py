"""Sockets in virtual time: bytes arrive before time passes, and threads take no time."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support import live

pytestmark = pytest.mark.live


def test_hour_between_two_sockets() -> None:
    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            await asyncio.sleep(1.0)
            writer.write(line)
        writer.close()

    async def main() -> list[float]:
        seen: list[float] = []
        async with await asyncio.start_server(echo, "127.0.0.1", 0) as server:
            reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
            for number in range(50):
                await asyncio.sleep(71.0)
                writer.write(b"%d\n" % number)
                assert await asyncio.wait_for(reader.readline(), 1.001) == b"%d\n" % number
                seen.append(asyncio.get_running_loop().time())
            writer.close()
            await asyncio.sleep(1.0)  # the other end leaves
        return seen

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(live, "LIMIT", 4000.0)
        assert live.run(main()) == [72.0 * (number + 1) for number in range(50)]


def test_clock_waits_for_a_thread() -> None:
    async def main() -> tuple[bool, float]:
        loop, go = asyncio.get_running_loop(), threading.Event()
        ticking = asyncio.create_task(asyncio.sleep(5))
        loop.call_soon(go.set)
        done = await asyncio.to_thread(go.wait)
        at = loop.time()
        await ticking
        assert loop.time() == 5.0
        return done, at

    assert live.run(main()) == (True, 0.0)


def test_clock_waits_for_threads_at_the_end() -> None:
    go, seen = threading.Event(), []

    async def main() -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, live.LiveLoop)
        pool = ThreadPoolExecutor(1)
        loop.set_default_executor(pool)
        pool.submit(go.wait)

        def release(rounds: int) -> None:
            if loop.threads or rounds > 1000:
                seen.append(loop.threads)
                go.set()
            else:
                loop.call_soon(release, rounds + 1)

        loop.call_soon(release, 0)

    live.run(main())
    assert seen == [1]


def test_run_that_waits_for_nothing_ends() -> None:
    with pytest.raises(TimeoutError):
        live.run(asyncio.sleep(live.LIMIT + 1))
