#!/usr/bin/env python3
"""Measure the server's HTTP protocol beside stock uvicorn: under attack, after early answers, and its CPU.

    python scripts/bench_http.py                    # ours, httptools and h11, in one run; about three minutes
    python scripts/bench_http.py ours --seconds 4

Each server is a process with the bridge's own application. While an attack runs, `/healthz` is asked on a new
connection twenty times a second, and ten sockets send a frame every 20 ms and get it back: the latency of live audio.
The stock servers have uvicorn's own limits: `limit_concurrency`, `timeout_keep_alive`, `backlog`, and with h11
`h11_max_incomplete_event_size`.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

import uvicorn
import websockets
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from ivr.config.load import load
from ivr.server.app import create_app
from ivr.server.connection_limit import HEAD_BYTES, LISTEN_BACKLOG, MAX_CONNECTIONS
from ivr.server.rlimit import raise_limit
from ivr.server.serve import config_for
from ivr.testbench.loopback import bound

KINDS = ("ours", "httptools", "h11")
SOCKETS = 10
FRAME = "x" * 400
TICK = os.sysconf("SC_CLK_TCK")
UPGRADE = b"GET /media HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
POST = "POST {} HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n"


def serve(kind: str, port: int) -> None:
    """Run one server until it is killed."""
    env = {
        "IVR_HAMSA_URL": "ws://127.0.0.1:9/",
        "IVR_WEBHOOK_URL": "http://127.0.0.1:9/",
        "IVR_SPARE_LINKS": "0",
        "IVR_MAX_CALLS": "10000",
        "IVR_PORT": str(port),
        "IVR_CACHE_DIR": "/dev/null/none",
    }
    raise_limit()
    settings = load(env, dev=True)
    app = create_app(settings)

    async def echo(websocket: WebSocket) -> None:
        await websocket.accept()
        with contextlib.suppress(WebSocketDisconnect):
            while True:
                await websocket.send_text(await websocket.receive_text())

    app.routes.append(WebSocketRoute("/echo", echo))
    config = config_for(app, settings)
    if kind != "ours":
        config = uvicorn.Config(
            app,
            host=settings.host,
            port=port,
            http="h11" if kind == "h11" else "httptools",
            ws="websockets-sansio",
            ws_per_message_deflate=False,
            limit_concurrency=MAX_CONNECTIONS,
            h11_max_incomplete_event_size=HEAD_BYTES,
            timeout_keep_alive=5,
            backlog=LISTEN_BACKLOG,
            server_header=False,
            access_log=False,
            log_config=None,
        )
    uvicorn.Server(config).run()


class Attack:
    """Open connections that do harm, and open each again when the server closes it."""

    def __init__(self, port: int, count: int, head: bytes, more: bytes = b"", pause: float = 1.0) -> None:
        """`head` is sent at once, and `more` again and again, `pause` seconds apart."""
        self._port, self._count, self._head, self._more, self._pause = port, count, head, more, pause

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            for _ in range(self._count):
                group.create_task(self._one())

    async def _one(self) -> None:
        while True:
            with contextlib.suppress(OSError):
                reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
                try:
                    writer.write(self._head)
                    waiting = asyncio.ensure_future(reader.read())
                    while not waiting.done():
                        if self._more:
                            writer.write(self._more)
                            await writer.drain()
                        await asyncio.wait([waiting], timeout=self._pause)
                finally:
                    waiting.cancel()
                    writer.close()
            await asyncio.sleep(0.1)


HEAD = b"GET /healthz HTTP/1.1\r\nHost: x\r\n"
ATTACKS: dict[str, tuple[Callable[[int], Attack], float]] = {
    "endless header": (lambda port: Attack(port, 20, HEAD + b"X: ", b"y" * 65536, 0), 1),
    "slow header": (lambda port: Attack(port, 1000, HEAD, b"x"), 2),
    "2000 idle": (lambda port: Attack(port, 2000, b""), 2),
    "no body": (lambda port: Attack(port, 500, POST.format("/voice", 1000).encode()), 1),
    "half handshake": (lambda port: Attack(port, 500, UPGRADE), 1),
}
"""How each attack is made, and how many times as long as the others it lasts."""


async def ask(port: int, request: bytes, limit: float = 2.0) -> bytes:
    """Return the whole answer to a request on a connection of its own."""
    async with asyncio.timeout(limit):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(request)
        try:
            return await reader.read()
        finally:
            writer.close()


async def health(port: int, took: list[float], lost: list[str]) -> None:
    while True:
        start = time.perf_counter()
        try:
            answer = await ask(port, b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            (took.append(time.perf_counter() - start) if answer[9:12] == b"200" else lost.append(str(answer[9:12])))
        except (OSError, TimeoutError):
            lost.append("none")
        await asyncio.sleep(0.05)


async def audio(port: int, took: list[float]) -> None:
    async with websockets.connect(f"ws://127.0.0.1:{port}/echo", compression=None, proxy=None) as socket:
        while True:
            start = time.perf_counter()
            await socket.send(FRAME)
            await socket.recv()
            took.append(time.perf_counter() - start)
            await asyncio.sleep(0.02)


@contextlib.asynccontextmanager
async def running(task: Awaitable[None]) -> AsyncIterator[None]:
    running = asyncio.ensure_future(task)
    try:
        yield
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


def cpu(pid: int) -> float:
    """Return the seconds of CPU a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def memory(pid: int) -> int:
    """Return the megabytes a process has in memory."""
    status = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in status if line.startswith("VmRSS")).split()[1]) // 1024


def quantiles(took: list[float]) -> str:
    found = sorted(took) or [float("nan")]
    return "/".join(f"{1000 * found[min(len(found) - 1, int(share * len(found)))]:.1f}" for share in (0.5, 0.99, 1))


async def under(port: int, pid: int, name: str, seconds: float, *, attack: bool = True) -> None:
    """Print what callers and operators notice of an attack."""
    took, lost, heard = list[float](), list[str](), list[float]()
    async with contextlib.AsyncExitStack() as stack:
        for _ in range(SOCKETS):
            await stack.enter_async_context(running(audio(port, heard)))
        await asyncio.sleep(1)
        if attack:
            command = [sys.executable, __file__, "--attack", name, "--port", str(port)]
            attacker = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE)
            stack.callback(attacker.kill)
            assert attacker.stdout is not None
            await attacker.stdout.readline()
            await asyncio.sleep(1.5)
        heard.clear()
        start = cpu(pid)
        await stack.enter_async_context(running(health(port, took, lost)))
        await asyncio.sleep(seconds)
        files = len(os.listdir(f"/proc/{pid}/fd"))  # noqa: PTH208
    used = (cpu(pid) - start) / seconds
    refused = f"{len(lost)} of {len(took) + len(lost)} lost" + (f" ({lost[-1]})" if lost else "")
    print(
        f"  {name:14} healthz ms {quantiles(took):20} {refused:26} audio ms {quantiles(heard):20}"
        f" cpu {used:.2f} files {files} MB {memory(pid)}",
        flush=True,
    )
    await asyncio.sleep(1)


async def early(port: int) -> None:
    """Print whether the next request on a kept connection is answered after one whose body came after its answer."""
    for path, length, status in (("/nothing", 300, 404), ("/healthz", 300, 405), ("/voice", 100_000, 413)):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        said = b""
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(5):
                writer.write(POST.format(path, length).encode())
                sent = length if status == 413 else 0
                writer.write(b"x" * sent)
                await reader.readuntil(b"\r\n\r\n")
                writer.write(b"x" * (length - sent) + b"GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                said = await reader.read()
        answered = b"ready\n" in said or b"preparing" in said
        print(f"  early {status}: the next request is {'answered' if answered else 'LOST'}")
        writer.close()


async def voice(port: int, pid: int, count: int = 1000) -> None:
    """Print the CPU of so many `POST /voice` on one connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    before = cpu(pid)
    for number in range(count):
        body = f"CallSid=CA{number:032}&AccountSid=AC{0:032}&From=%2B966500000001&To=%2B966110000000"
        writer.write(POST.format("/voice", len(body)).encode() + body.encode())
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if b"content-length" in line)
        assert b"<Stream" in await reader.readexactly(length)
    writer.close()
    print(f"  {count} POST /voice: {1e6 * (cpu(pid) - before) / count:.0f} us of CPU each", flush=True)


async def measure(kind: str, seconds: float, server: subprocess.Popen[bytes], port: int) -> None:
    """Wait for a server and print all its figures."""
    for _ in range(300):
        with contextlib.suppress(OSError, TimeoutError):
            if await ask(port, b"GET /healthz HTTP/1.1\r\nConnection: close\r\nHost: x\r\n\r\n"):
                break
        await asyncio.sleep(0.2)
    print(kind, flush=True)
    await early(port)
    await voice(port, server.pid)
    await under(port, server.pid, "none", seconds, attack=False)
    for name, (_, factor) in ATTACKS.items():
        await under(port, server.pid, name, factor * seconds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kinds", nargs="*", help=f"of {', '.join(KINDS)}; all unless given")
    parser.add_argument("--seconds", type=float, default=6.0, help="length of an attack; two take twice as long")
    parser.add_argument("--serve", choices=KINDS, help=argparse.SUPPRESS)
    parser.add_argument("--attack", choices=ATTACKS, help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, default=0, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.serve:
        serve(chosen.serve, chosen.port)
    raise_limit()
    if chosen.attack:
        print("begun", flush=True)
        asyncio.run(ATTACKS[chosen.attack][0](chosen.port).run())
    print("p50/p99/max of each latency")
    for kind in chosen.kinds or KINDS:
        listener = bound()
        port = listener.getsockname()[1]
        listener.close()
        command = [sys.executable, __file__, "--serve", kind, "--port", str(port)]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
            try:
                asyncio.run(measure(kind, chosen.seconds, server, port))
            finally:
                server.kill()


if __name__ == "__main__":
    main()
