"""Take connections from sockets that several workers listen on, one at a time, and leave them to others for a while."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import socket
from collections.abc import Callable, Iterable
from typing import Final

log = logging.getLogger("ivr.serve")

RETRY_S: Final = 1.0
"""Seconds for which nothing is taken after a failure, such as no free file."""


class SharedListener:
    """Accept on listening sockets that other processes accept on as well. Belongs to the running event loop."""

    def __init__(
        self,
        sockets: Iterable[socket.socket],
        protocol: Callable[[], asyncio.Protocol],
        patience: Callable[[], float],
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        """Begin. `protocol` makes what serves a connection; `patience`: seconds to leave the next one to others.

        `changed` is called when a connection was taken, and when a protocol has got it.
        """
        self._loop = asyncio.get_running_loop()
        self._sockets = list(sockets)
        self._protocol = protocol
        self._patience = patience
        self._changed = changed
        self._timers: dict[socket.socket, asyncio.TimerHandle] = {}
        self._beginning: set[asyncio.Task[None]] = set()
        for listening in self._sockets:
            self._loop.add_reader(listening, self._ready, listening)

    def __repr__(self) -> str:
        return f"<SharedListener {len(self._sockets)} sockets, {len(self._beginning)} connections begin>"

    @property
    def beginning(self) -> int:
        """Return how many connections were taken that no protocol knows of yet."""
        return len(self._beginning)

    def close(self) -> None:
        """Take no more. The sockets stay open for the other workers."""
        for listening in self._sockets:
            self._loop.remove_reader(listening)
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        self._sockets.clear()

    async def wait_closed(self) -> None:
        """Wait for the connections that begin."""
        await asyncio.gather(*self._beginning, return_exceptions=True)

    def _ready(self, listening: socket.socket) -> None:
        seconds = self._patience()
        if seconds > 0:
            self._pause(listening, seconds)
        else:
            self._accept(listening)

    def _pause(self, listening: socket.socket, seconds: float) -> None:
        # The socket stays readable until one worker has taken the connection: a reader would be called all the time.
        self._loop.remove_reader(listening)
        self._timers[listening] = self._loop.call_later(seconds, self._resume, listening)

    def _resume(self, listening: socket.socket) -> None:
        del self._timers[listening]
        self._loop.add_reader(listening, self._ready, listening)
        self._accept(listening)

    def _accept(self, listening: socket.socket) -> None:
        """Take one connection, if it is still there. One: with each of them the loads change."""
        try:
            connection, _ = listening.accept()
        # Another worker was there first, or the other side has gone.
        except (BlockingIOError, InterruptedError, ConnectionAbortedError):
            return
        # No free file, mostly. The connection waits, or another worker takes it.
        except OSError as fault:
            log.warning("accept_failed", extra={"error": errno.errorcode.get(fault.errno or 0, "")})
            self._loop.remove_reader(listening)
            self._timers[listening] = self._loop.call_later(RETRY_S, self._resume, listening)
            return
        connection.setblocking(False)
        task = self._loop.create_task(self._begin(connection))
        self._beginning.add(task)
        task.add_done_callback(self._note_begun)
        self._changed()

    def _note_begun(self, task: asyncio.Task[None]) -> None:
        self._beginning.discard(task)
        self._changed()

    async def _begin(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError):
            await self._loop.connect_accepted_socket(self._protocol, connection)
