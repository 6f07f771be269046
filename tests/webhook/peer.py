"""Serve HTTP on loopback: send exactly the bytes that a test gives, and record what was asked."""

from __future__ import annotations

import asyncio
import contextlib
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from ivr.call.commands import ReplyRequest
from ivr.call.events import PeerFault, ReplyDelta, ReplyEnded, ReplyFailed
from ivr.webhook.client import AgentClient, AgentEvent

Answer: TypeAlias = Callable[["Peer", asyncio.StreamWriter], Awaitable[bool]]
"""Writes one answer; True keeps the connection."""

ASKED = ReplyRequest("وين شحنتي", "CA1", "speech", 3, "ar", "CA1", "+966500000001", "+966110000002", "inbound")


@dataclass
class Peer:
    """The server's view."""

    answers: list[Answer]
    """One for each request; the last one stays."""
    url: str = ""
    connections: int = 0
    open: int = 0
    requests: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    """Head and JSON body of each."""
    left: asyncio.Event = field(default_factory=asyncio.Event)
    """No connection is open (any more)."""
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    """A request has come."""
    go: asyncio.Event = field(default_factory=asyncio.Event)
    """What `hold` waits for."""
    writers: set[asyncio.StreamWriter] = field(default_factory=set)
    tasks: set[asyncio.Task[Any] | None] = field(default_factory=set)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.open += 1
        self.left.clear()
        self.writers.add(writer)
        self.tasks.add(asyncio.current_task())
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                length = int(head.lower().partition("content-length:")[2].split()[0])
                self.requests.append((head, json.loads(await reader.readexactly(length))))
                self.asked.set()
                answer = self.answers[min(len(self.requests), len(self.answers)) - 1]
                leaving = asyncio.ensure_future(reader.read(1))
                answering = asyncio.ensure_future(answer(self, writer))
                await asyncio.wait([leaving, answering], return_when=asyncio.FIRST_COMPLETED)
                leaving.cancel()
                answering.cancel()
                _, kept = await asyncio.gather(leaving, answering, return_exceptions=True)
                if kept is not True:
                    break
        self.open -= 1
        if not self.open:
            self.left.set()
        writer.close()


@contextlib.asynccontextmanager
async def serving(*answers: Answer, tls: ssl.SSLContext | None = None) -> AsyncIterator[Peer]:
    """A peer that gives these answers."""
    peer = Peer(list(answers))
    server = await asyncio.start_server(peer.serve, "127.0.0.1", 0, ssl=tls)
    port = server.sockets[0].getsockname()[1]
    peer.url = f"{'https' if tls else 'http'}://127.0.0.1:{port}/webhook"
    try:
        yield peer
    finally:
        server.close()
        for _ in range(9):  # connections that were accepted this very moment
            await asyncio.sleep(0)
        for writer in peer.writers:
            writer.transport.abort()
        await asyncio.gather(*filter(None, peer.tasks), return_exceptions=True)
        await asyncio.gather(*(writer.wait_closed() for writer in peer.writers), return_exceptions=True)
        await server.wait_closed()


@contextlib.asynccontextmanager
async def accepting(said: bytes = b"") -> AsyncIterator[tuple[str, asyncio.Event]]:
    """A peer that speaks no TLS: its https URL, and an event when the bridge connects. It sends only these bytes."""
    connected = asyncio.Event()
    writers: list[asyncio.StreamWriter] = []

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        writer.write(said)
        connected.set()

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    try:
        yield f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/", connected
    finally:
        server.close()
        for writer in writers:
            writer.transport.abort()
        await asyncio.gather(*(writer.wait_closed() for writer in writers), return_exceptions=True)
        await server.wait_closed()


def raw(*parts: bytes, keep: bool = False, reset: bool = False) -> Answer:
    """These bytes, each part in a write of its own, then the end of the connection unless it is kept."""

    async def answer(peer: Peer, writer: asyncio.StreamWriter) -> bool:
        for part in parts:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(0)
        if reset:
            writer.transport.abort()
        return keep

    return answer


def chunk(data: bytes) -> bytes:
    """One chunk of a chunked body."""
    return b"%x\r\n%s\r\n" % (len(data), data)


def head(content_type: str = "application/json; charset=utf-8", *more: str, status: str = "200 OK") -> bytes:
    """The head of a chunked answer."""
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {content_type}", "Transfer-Encoding: chunked", *more]
    return "\r\n".join(lines).encode() + b"\r\n\r\n"


def body(*parts: bytes, content_type: str = "application/json; charset=utf-8") -> Answer:
    """A whole chunked answer on a connection that is kept."""
    return raw(head(content_type), *map(chunk, parts), b"0\r\n\r\n", keep=True)


def hold(*parts: bytes) -> Answer:
    """These bytes, then nothing until `peer.go`; then the rest is missing."""

    async def answer(peer: Peer, writer: asyncio.StreamWriter) -> bool:
        await raw(*parts)(peer, writer)
        await peer.go.wait()
        return False

    return answer


async def replies(agent: AgentClient, url: str, request: ReplyRequest = ASKED) -> list[AgentEvent]:
    """All events of one reply."""
    return [event async for event in agent.reply(url, request)]


def told(events: Iterable[AgentEvent]) -> tuple[str, list[str], str]:
    """What a reply came to: its words, its faults, and its end (`ended`, `closing` or the reason of failure)."""
    events = list(events)
    words = "".join(event.text for event in events if isinstance(event, ReplyDelta))
    faults = [event.reason for event in events if isinstance(event, PeerFault)]
    ends = [event for event in events if isinstance(event, ReplyEnded | ReplyFailed)]
    assert len(ends) == 1
    assert events[-1] is ends[0]
    match ends[0]:
        case ReplyFailed(_, reason):
            return words, faults, reason
        case ReplyEnded(_, hang_up):
            return words, faults, "closing" if hang_up else "ended"
