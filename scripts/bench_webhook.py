"""Measure the agent's client beside a plain httpx client: `python -m scripts.bench_webhook [CALLS ...]`.

A server in another process answers with the time at which it saw the request, then with the time at which it sends each
of `RECORDS` more records. *up*: from the call of `reply()` to the server's reading of the request. *down*: from the
server's sending of a record to its event. With CALLS, the client's loop also does the work of as many calls: a timer of
60 us every 20 ms for each call. Both processes share the machine.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from statistics import quantiles
from typing import TypeAlias

import httpx
import uvloop

from ivr.call.commands import ReplyRequest
from ivr.call.events import ReplyDelta
from ivr.webhook.client import AgentClient
from ivr.webhook.request import body

ASKED = ReplyRequest("وين شحنتي", "CA1", "speech", 3, "ar", "CA1", "+966500000001", "+966110000002", "inbound")
RECORDS = 30
REPLIES = 20
AT_ONCE = 3
WORK = 60e-6
FRAME = 0.02
Ask: TypeAlias = Callable[[], AsyncIterator[str]]


class Server(asyncio.Protocol):
    """Answer every request with times."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: asyncio.Transport = transport  # type: ignore[assignment]
        self._read = b""
        self._tasks: set[asyncio.Task[None]] = set()

    def data_received(self, data: bytes) -> None:
        self._read += data
        head, blank, rest = self._read.partition(b"\r\n\r\n")
        if blank and len(rest) >= int(head.lower().partition(b"content-length:")[2].split()[0]):
            self._read = b""
            task = asyncio.ensure_future(self._answer(time.monotonic()))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _answer(self, seen: float) -> None:
        self._transport.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        self._record(seen)
        for _ in range(RECORDS):
            await asyncio.sleep(0.01)
            self._record(time.monotonic())
        self._transport.write(b"0\r\n\r\n")

    def _record(self, at: float) -> None:
        record = {"type": "item", "content": repr(at), "metadata": {"nodeName": "Voice Agent", "itemIndex": 0}}
        line = json.dumps(record).encode() + b"\n"
        self._transport.write(b"%x\r\n%s\r\n" % (len(line), line))


async def serve() -> None:
    server = await asyncio.get_running_loop().create_server(Server, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


async def ours(agent: AgentClient, url: str) -> AsyncIterator[str]:
    async for event in agent.reply(url, ASKED):
        if isinstance(event, ReplyDelta):
            yield event.text


async def plain(client: httpx.AsyncClient, url: str) -> AsyncIterator[str]:
    async with client.stream("POST", url, json=body(ASKED)) as response:
        buffered = b""
        async for data in response.aiter_raw():
            *lines, buffered = (buffered + data).split(b"\n")
            for line in lines:
                yield json.loads(line)["content"]


async def one(ask: Ask, up: list[float], down: list[float]) -> None:
    started, times = time.monotonic(), []
    async for text in ask():
        times.append((float(text), time.monotonic()))
    up.append(times[0][0] - started)
    down += [out - sent for sent, out in times[1:]]


async def beside(calls: int) -> None:
    """Do the work of as many calls, until cancelled."""

    def work(due: float) -> None:
        until = time.perf_counter() + WORK
        while time.perf_counter() < until:
            pass
        timers[due % FRAME] = loop.call_at(due + FRAME, work, due + FRAME)

    loop = asyncio.get_running_loop()
    timers: dict[float, asyncio.TimerHandle] = {}
    started = loop.time()
    for call in range(calls):
        loop.call_at(started + call * FRAME / calls, work, started + call * FRAME / calls)
    await asyncio.Event().wait()


async def measure(name: str, calls: int, ask: Ask) -> None:
    up: list[float] = []
    down: list[float] = []
    await one(ask, up, down)
    work = asyncio.ensure_future(beside(calls))
    await asyncio.sleep(0.1)
    up, down, spent = [], [], time.process_time()
    for _ in range(REPLIES):
        await asyncio.gather(*(one(ask, up, down) for _ in range(AT_ONCE)))
    spent = time.process_time() - spent
    work.cancel()
    figures = [f"{q[49] * 1e3:6.2f} {q[98] * 1e3:6.2f}" for q in (quantiles(up, n=100), quantiles(down, n=100))]
    cpu = f"{spent / len(up) * 1e3:5.2f}" if not calls else "    -"
    print(
        f"{name:6} {calls:4} calls   up p50 p99 {figures[0]} ms   down p50 p99 {figures[1]} ms   CPU a reply {cpu} ms"
    )


async def main(url: str, calls: int, whose: str) -> None:
    if whose == "ours":
        agent = AgentClient()
        await agent.warm(url)
        await measure(whose, calls, lambda: ours(agent, url))
        await agent.aclose()
    else:
        async with httpx.AsyncClient(trust_env=False) as client:
            await measure(whose, calls, lambda: plain(client, url))


if __name__ == "__main__":
    if sys.argv[1:] == ["--serve"]:
        uvloop.run(serve())
    else:
        with subprocess.Popen(
            [sys.executable, "-m", "scripts.bench_webhook", "--serve"], stdout=subprocess.PIPE, text=True
        ) as server:
            assert server.stdout is not None
            address = f"http://127.0.0.1:{int(server.stdout.readline())}/webhook"
            for load in [int(number) for number in sys.argv[1:]] or [0, 100, 150, 200]:
                for client in ("httpx", "ours"):
                    uvloop.run(main(address, load, client))  # one loop each: nothing is left of the one before
            server.terminate()
