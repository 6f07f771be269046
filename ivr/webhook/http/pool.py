"""Keep the connections to the agents of all calls: bounded, kept alive, open before they are needed.

The pool is an httpx transport, so that any other httpx transport (a mock, one with a proxy) can stand in its place. It
sends no cookie, follows no redirect and asks no environment variable for a proxy.
"""

from __future__ import annotations

import asyncio
import functools
import re
import ssl
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx

from ivr.upstream.resolver import SHARED, Resolver
from ivr.webhook.http.connection import Broken, Connection

RACE = 1.0
"""Seconds after sending within which a silent close means that the request was never read."""
ANNOUNCED = 10.0
"""Seconds for which a connection is kept ready for an announced request."""
BODY_END_WAIT = 0.5
"""Seconds that the end of a body may come after the end of its words."""
_HOST = re.compile("[A-Za-z0-9._:-]+")
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class PoolLimits:
    """Say how many connections are kept, and for how long."""

    busy: int = 256
    """Exchanges at a time; more wait for a place."""
    idle: int = 64
    """Connections kept after use, over all agents."""
    spare: int = 8
    """Connections that `warm` has ready ahead of requests, for each agent."""
    connect_timeout: float = 5.0
    """Seconds for a place, a connection and TLS."""
    idle_timeout: float = 50.0
    """Seconds a connection is kept unused; less where the agent keeps it less long (`Keep-Alive`)."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Name the scheme, host and port that connections lead to."""

    scheme: str
    host: str
    port: int

    @classmethod
    def of(cls, url: httpx.URL) -> Origin:
        """Return the origin of a URL. Raises `httpx.UnsupportedProtocol` for anything but HTTP to a host and port."""
        host, port = url.raw_host.decode("ascii"), _PORTS.get(url.scheme, 0) if url.port is None else url.port
        if url.scheme not in _PORTS or not _HOST.fullmatch(host) or not 0 < port < 65536:
            raise httpx.UnsupportedProtocol("not an http:// or https:// URL")
        return cls(url.scheme, host, port)


class Pool(httpx.AsyncBaseTransport):
    """Hold all connections of this process to its agents. Used within one event loop."""

    def __init__(
        self, limits: PoolLimits | None = None, *, tls: ssl.SSLContext | None = None, resolver: Resolver = SHARED
    ) -> None:
        self.limits = limits or PoolLimits()
        self._resolver = resolver
        self.opened = 0
        """Connections made so far."""
        self.sent = 0
        """Requests sent so far, repetitions included."""
        self._tls = tls
        self._places = asyncio.Semaphore(self.limits.busy)
        self._idle: dict[Origin, list[Connection]] = {}
        self._opening: dict[Origin, int] = {}
        self._announced: dict[Origin, deque[float]] = {}
        self._open: set[Connection] = set()

    def __repr__(self) -> str:
        idle = sum(len(waiting) for waiting in self._idle.values())
        return f"<agent pool open={len(self._open)} idle={idle} opened={self.opened} sent={self.sent}>"

    @property
    def open(self) -> int:
        """Return the number of connections open now."""
        return len(self._open)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request, wait for the head of its answer. Raises httpx's connect, pool, read and protocol errors."""
        origin, wire = Origin.of(request.url), _wire_form(request)
        await self._place()
        if announced := self._announced.get(origin):
            announced.popleft()
        connection: Connection | None = None
        try:
            # The oldest is used first: a peer that serves one connection at a time (a synchronous worker) has accepted
            # that one, and waits on it.
            kept = self._usable(origin)
            connection = kept.pop(0) if kept else await self._connect(origin)
            connection, (status, headers) = await self._exchange(connection, origin, wire)
        except BaseException:
            self._places.release()
            raise
        return httpx.Response(status, headers=headers, stream=Body(self, origin, connection), request=request)

    async def warm(self, url: httpx.URL) -> None:
        """Announce a request: open a connection unless as many are ready as were announced. Raises as a request."""
        origin, now = Origin.of(url), asyncio.get_running_loop().time()
        announced = self._announced.setdefault(origin, deque(maxlen=self.limits.spare))
        while announced and announced[0] <= now - ANNOUNCED:
            announced.popleft()
        announced.append(now)
        if len(self._usable(origin)) + self._opening.get(origin, 0) < len(announced):
            self.keep(origin, await self._connect(origin))

    def keep(self, origin: Origin, connection: Connection) -> None:
        """Put a connection back for the next request, or close it if it cannot serve one."""
        kept = sum(len(waiting) for waiting in self._idle.values())
        if connection.idle and kept < self.limits.idle:
            self._idle.setdefault(origin, []).append(connection)
        else:
            connection.abort()

    def release(self, origin: Origin, connection: Connection) -> None:
        """End an exchange, read to its end or not. The next one may have its place."""
        self._places.release()
        self.keep(origin, connection)

    def settle(self, origin: Origin, connection: Connection) -> None:
        """End an exchange whose words were read: wait for the end of its body for `BODY_END_WAIT` seconds."""
        self._places.release()
        connection.settle(BODY_END_WAIT, functools.partial(self.keep, origin, connection))

    async def aclose(self) -> None:
        """Close everything at once, exchanges included."""
        self._idle.clear()
        connections = list(self._open)
        for connection in connections:
            connection.abort()
        if connections:
            await asyncio.wait([connection.closed for connection in connections], timeout=1.0)

    async def _place(self) -> None:
        if not self._places.locked():
            await self._places.acquire()
            return
        try:
            async with asyncio.timeout(self.limits.connect_timeout):
                await self._places.acquire()
        except TimeoutError as late:
            raise httpx.PoolTimeout("no free place") from late

    def _usable(self, origin: Origin) -> list[Connection]:
        """Return the kept connections that can still serve. The others are closed."""
        waiting = self._idle.get(origin)
        if not waiting:
            return []
        now = asyncio.get_running_loop().time()
        for connection in [c for c in waiting if not c.idle or c.usable_until <= now]:
            waiting.remove(connection)
            connection.abort()
        return waiting

    async def _connect(self, origin: Origin) -> Connection:
        loop = asyncio.get_running_loop()
        if origin.scheme == "https" and self._tls is None:
            self._tls = httpx.create_ssl_context()
        tls = self._tls if origin.scheme == "https" else None
        self._opening[origin] = self._opening.get(origin, 0) + 1

        async def opened(address: str) -> Connection:
            name = origin.host if tls else None
            return (await loop.create_connection(Connection, address, origin.port, ssl=tls, server_hostname=name))[1]

        try:
            async with asyncio.timeout(self.limits.connect_timeout):
                connection = await self._resolver.connect(origin.host, opened)
        except TimeoutError as late:
            raise httpx.ConnectTimeout("no connection in time") from late
        except OSError as refused:
            raise httpx.ConnectError("no connection") from refused
        finally:
            self._opening[origin] -= 1
        self._open.add(connection)
        connection.closed.add_done_callback(lambda _: self._forget(origin, connection))
        connection.usable_until = loop.time() + self.limits.idle_timeout
        self.opened += 1
        return connection

    def _forget(self, origin: Origin, connection: Connection) -> None:
        self._open.discard(connection)
        waiting = self._idle.get(origin, [])
        if connection in waiting:
            waiting.remove(connection)

    async def _exchange(
        self, connection: Connection, origin: Origin, wire: bytes
    ) -> tuple[Connection, tuple[int, list[tuple[bytes, bytes]]]]:
        """Send and wait for the head; once more if a kept connection turns out to be gone."""
        fresh = connection.uses == 0
        while True:
            sent_at = asyncio.get_running_loop().time()
            try:
                connection.send(wire)
                self.sent += 1
                head = await connection.head()
            except Broken as broken:
                # The agent may close a kept connection in the moment a request is written to it. Such a request was
                # never read. After a second, or a byte of an answer, the agent may have begun to work on it.
                raced = connection.silent and asyncio.get_running_loop().time() - sent_at < RACE
                if fresh or not raced:
                    raise httpx.RemoteProtocolError("the connection ended before the answer's head") from broken
            except BaseException:
                connection.abort()
                raise
            else:
                seconds = next((_kept_for(value) for name, value in head[1] if name.lower() == b"keep-alive"), None)
                # A second less than the agent says: it closes first.
                kept = self.limits.idle_timeout if seconds is None else max(0.0, seconds - 1.0)
                now = asyncio.get_running_loop().time()
                connection.usable_until = now + min(kept, self.limits.idle_timeout)
                return connection, head
            connection, fresh = await self._connect(origin), True


class Body(httpx.AsyncByteStream, AsyncIterator[bytes]):
    """Read the body of one answer. Closing it before its end closes the connection at once."""

    def __init__(self, pool: Pool, origin: Origin, connection: Connection) -> None:
        self._pool = pool
        self._origin = origin
        self._connection: Connection | None = connection

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        if self._connection is None:
            raise StopAsyncIteration
        try:
            data = await self._connection.body()
        except Broken as broken:
            raise httpx.RemoteProtocolError("the body was cut") from broken
        if not data:
            raise StopAsyncIteration
        return data

    @property
    def ready(self) -> bool:
        """Return whether bytes can be had without waiting."""
        return self._connection is not None and self._connection.ready

    def settle(self) -> None:
        """End the reading in place of `aclose` when all words were read. Keeps the connection if the body ends soon."""
        connection, self._connection = self._connection, None
        if connection is not None:
            self._pool.settle(self._origin, connection)

    async def aclose(self) -> None:
        """Give the connection back, or end it. Never waits."""
        connection, self._connection = self._connection, None
        if connection is not None:
            self._pool.release(self._origin, connection)


def _kept_for(keep_alive: bytes) -> float | None:
    """Return the seconds of a `Keep-Alive: timeout=5` header."""
    for part in keep_alive.split(b","):
        name, _, value = part.partition(b"=")
        if name.strip().lower() == b"timeout" and value.strip().isdigit():
            return float(value.strip()[:6])
    return None


def _wire_form(request: httpx.Request) -> bytes:
    """Return the request as HTTP/1.1 writes it. Its body must be there already."""
    lines = [request.method.encode("ascii") + b" " + request.url.raw_path + b" HTTP/1.1"]
    lines += [name + b": " + value for name, value in request.headers.raw]
    return b"\r\n".join(lines) + b"\r\n\r\n" + request.content
