"""Be one worker: a server on a socket that others listen on too, which obeys the parent and no signal.

Ctrl-C reaches every process of a terminal, and a service manager may send SIGTERM to all of a service: the parent
counts them, and tells each worker through its own socket. An end of that socket is the end of the parent: the worker
drains.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

from ivr.config.load import load
from ivr.config.settings import Settings
from ivr.observe import logs
from ivr.observe.shared_metrics import COPY_S, SharedMetrics
from ivr.server.connection_limit import ConnectionLimit, LimitedConnection
from ivr.server.serve import CallRecorder, Server, build
from ivr.server.serve import run as run_server
from ivr.server.shared.shared import Shared
from ivr.server.shared.worker import Worker
from ivr.server.workers.balance import LEAVING, keeps, patience
from ivr.server.workers.listener import SharedListener
from ivr.server.workers.shares import share
from ivr.server.workers.supervision import WorkerOrder
from ivr.server.workers.table import WorkerTable

log = logging.getLogger("ivr.serve")

PUBLISH_S: Final = 0.1
"""Seconds between two looks at how much there is to do."""
COPY_BEATS: Final = round(COPY_S / PUBLISH_S)
ORDERS: Final[dict[bytes, WorkerOrder]] = {b"L": "leave", b"E": "end", b"R": "reload"}
READY: Final = b"+"
"""What a worker tells the parent when it listens."""
FAILED: Final = b"-"
"""What stands in front of the words with which a worker that cannot start ends."""
IGNORED: Final = [
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK") if hasattr(signal, name)
]


@dataclass(frozen=True, slots=True)
class Inheritance:
    """Hold what a worker has of the parent."""

    worker: Worker
    table: WorkerTable
    listening: Sequence[socket.socket]
    orders: socket.socket
    """To and from the parent. Not blocking."""


class WorkerServer(Server):
    """Serve beside other processes: take a connection when no other has less to do."""

    given: Inheritance
    limit: ConnectionLimit[LimitedConnection]
    _parent = 0
    _beats = 0
    _will_publish = False
    told_to_reload = False
    """The parent was told to read the secrets again before this worker began."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take orders from the parent while the block runs."""
        loop = asyncio.get_running_loop()
        loop.add_reader(self.given.orders, self._obey)
        try:
            yield
        finally:
            loop.remove_reader(self.given.orders)

    async def startup(self, sockets: list[object] | None = None) -> None:  # type: ignore[override]
        if self.told_to_reload:
            self._reload()
        # No sockets: uvicorn would take all connections that wait, whatever the others have to do.
        await super().startup([])
        self._listener = SharedListener(self.given.listening, self._protocol, self._patience, self._changed)
        self.limit.keeps, self.limit.changed = self._keeps, self._changed
        self.servers.append(cast(Any, self._listener))
        self._publish_again()
        self._tell(READY)

    def leave(self) -> None:
        """End as SIGTERM ends the machine's bridge: the parent would start another worker in the place of this one."""
        if os.getppid() == self._parent:
            os.kill(self._parent, signal.SIGTERM)
        else:
            self.handle_exit(signal.SIGTERM, None)

    def _protocol(self) -> asyncio.Protocol:
        make = cast(Callable[..., asyncio.Protocol], self.config.http_protocol_class)
        return make(config=self.config, server_state=self.server_state, app_state=self.lifespan.state)

    def _patience(self) -> float:
        return patience(*self._loads())

    def _keeps(self) -> bool:
        return keeps(*self._loads())

    def _loads(self) -> tuple[int, list[int]]:
        """Return how much there is to do here, and at the others."""
        return self._load, self.given.table.others(self.given.worker.index, asyncio.get_running_loop().time())

    @property
    def _load(self) -> int:
        """Return how much there is to do here."""
        leaving = self.bridge.leaving or self.bridge.admission.draining
        return len(self.bridge.admission) + self.limit.busy + self._listener.beginning + LEAVING * leaving

    def _changed(self) -> None:
        """Tell the others at the end of this turn of the loop how much there is to do here."""
        if not self._will_publish:
            self._will_publish = True
            asyncio.get_running_loop().call_soon(self._publish)

    def _publish(self) -> None:
        self._will_publish = False
        now = asyncio.get_running_loop().time()
        self.given.table.publish(self.given.worker.index, self._load, self.bridge.prepared, now)

    def _publish_again(self) -> None:
        self._publish()
        # Phrases lie in one folder: what one worker has rendered all can play.
        self.bridge.prepared = self.bridge.prepared or self.given.table.prepared()
        self._beats += 1
        if self._beats % COPY_BEATS == 0:
            self.bridge.metrics.share()
        asyncio.get_running_loop().call_later(PUBLISH_S, self._publish_again)

    def _obey(self) -> None:
        try:
            told = self.given.orders.recv(64)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            told = b""
        if not told:
            asyncio.get_running_loop().remove_reader(self.given.orders)
            log.warning("parent_died")
            self.handle_exit(signal.SIGTERM, None)
        for letter in told:
            match ORDERS.get(bytes([letter])):
                case "leave":
                    self.handle_exit(signal.SIGTERM, None)
                case "end":
                    self.handle_exit(signal.SIGINT, None)
                case "reload":
                    self._reload()

    def _tell(self, what: bytes) -> None:
        with contextlib.suppress(OSError):
            self.given.orders.send(what)


def run(settings: Settings, given: Inheritance, recorder: CallRecorder | None, *, told_to_reload: bool) -> None:
    """Serve until told to end. Blocks. Raises ValueError, one line, when it cannot begin. `settings`: the machine's."""
    worker = given.worker
    writer = logs.set_up(settings.log_format, worker=worker.index)
    try:
        page = SharedMetrics(metrics_folder(worker), worker.index)
    except OSError as fault:
        raise ValueError(f"IVR_WORKERS: {worker.folder} cannot be written: {fault.strerror}: set it to 1") from None

    def read() -> Settings:
        return share(load(dev=settings.dev), worker.count)

    own = share(settings, worker.count)
    server = build(own, writer, recorder, kind=WorkerServer, read=read, shared=Shared(worker))
    server.given, server._parent = given, os.getppid()
    server.told_to_reload = told_to_reload
    server.bridge.metrics.shared = page
    run_server(server)


def metrics_folder(worker: Worker) -> Path:
    """Return where the workers keep what they count."""
    if worker.folder is None:
        raise ValueError("this process serves alone")
    return worker.folder / "metrics"
