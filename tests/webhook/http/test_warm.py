"""Open connections to an agent before they are needed: as many as were announced, and use the right one."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from ivr.webhook.client import AgentClient
from ivr.webhook.http.pool import Pool, PoolLimits
from tests.support import live
from tests.webhook.n8n import run
from tests.webhook.peer import body, replies, serving, told

HI: tuple[str, list[str], str] = ("Hi", [], "ended")


def pooled(limits: PoolLimits | None = None) -> tuple[AgentClient, Pool]:
    pool = Pool(limits)
    return AgentClient(transport=pool), pool


def test_a_warm_connection_serves_the_first_reply() -> None:
    async def main() -> None:
        agent, pool = pooled(replace(PoolLimits(), spare=2))
        async with serving(body(run("Hi"))) as peer:
            await asyncio.gather(*(agent.warm(peer.url) for _ in range(6)))
            assert pool.opened == 2
            assert told(await replies(agent, peer.url)) == HI
            await agent.warm(peer.url)
            assert pool.opened == 2
            await agent.aclose()

    asyncio.run(main())


def test_one_connection_serves_many_turns_of_a_caller() -> None:
    async def main() -> None:
        agent, pool = pooled()
        async with serving(body(run("Hi"))) as peer:
            for _ in range(5):
                await agent.warm(peer.url)
                assert told(await replies(agent, peer.url)) == HI
            assert pool.opened == 1
            await agent.warm(peer.url)
            await agent.warm(peer.url)
            assert pool.opened == 2
            await agent.aclose()

    asyncio.run(main())


def test_an_announced_request_that_never_came_is_forgotten() -> None:
    async def main() -> None:
        agent, pool = pooled()
        async with serving(body(run("Hi"))) as peer:
            await agent.warm(peer.url)
            await asyncio.sleep(10)
            await agent.warm(peer.url)
            assert pool.opened == 1
            await agent.aclose()

    live.run(main())


def test_spare_connections_do_not_block_a_serial_peer() -> None:
    async def main() -> None:
        served = asyncio.Lock()
        writers: list[asyncio.StreamWriter] = []

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writers.append(writer)
            async with served:
                if await reader.read(1 << 16):
                    writer.write(b"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nHi")
                writer.close()

        agent, pool = pooled()
        async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
            url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
            for _ in range(3):
                await agent.warm(url)
            for _ in range(5):
                async with asyncio.timeout(2):
                    assert told(await replies(agent, url)) == HI
            assert pool.opened == 5
            await agent.aclose()
            await asyncio.gather(*(writer.wait_closed() for writer in writers), return_exceptions=True)

    asyncio.run(main())
