"""Serve with uvicorn, and drain before the end.

The first SIGTERM turns `/readyz` to 503, and after a notice stops new calls (`/voice` answers with drain.xml) and lets
those that were answered end, also where the stream has still to come. SIGINT leaves the notice out. The second signal
ends them with last words, within two seconds, as the drain's deadline does. The third ends everything at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import math
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from types import FrameType
from typing import Any, Protocol, TypeVar, cast

import uvicorn
from starlette.applications import Starlette

from ivr.call.ports import CallObserver
from ivr.config.load import load
from ivr.config.settings import ENV_NAMES, SECRETS, Settings
from ivr.keeper.child import KeeperChild
from ivr.keeper.kept import Kept
from ivr.observe import logs
from ivr.observe.event_loop.blocked_loop import BlockedLoop
from ivr.observe.event_loop.gc_pauses import GcPauses
from ivr.observe.log_writer import LogWriter
from ivr.server import compose
from ivr.server.app import create_app
from ivr.server.bridge import Bridge
from ivr.server.connection_limit import (
    LISTEN_BACKLOG,
    MAX_CONNECTIONS,
    ConnectionLimit,
    FileShares,
    LimitedConnection,
    needed,
    shares,
)
from ivr.server.garbage import Garbage
from ivr.server.http_protocol import LimitedHttpProtocol
from ivr.server.memory_limit import MemoryLimit
from ivr.server.outbound.no_call import record_no_call
from ivr.server.rlimit import raise_limit
from ivr.server.shared.shared import Shared
from ivr.server.websocket_protocol import LimitedWebSocketProtocol

log = logging.getLogger("ivr.serve")

PHONE_MESSAGE_BYTES = 1024 * 1024
"""Bytes of the longest message the phone may send; its audio takes 400."""


class CallRecorder(CallObserver, Protocol):
    """Observe every call of a server, with a thread of its own that outlives the calls."""

    on_tape: Callable[[str, int], None]
    """Told what became of each tape, and its bytes. Called from the thread."""
    on_kept: Callable[[str, str], None]
    """Told the call of a tape that was kept, and its file's name. Called from the thread."""

    def start(self) -> None:
        """Begin. Must not raise, and must not wait."""

    def close(self) -> None:
        """Put away what is not put away yet. The calls are over."""


class Server(uvicorn.Server):
    """Run uvicorn, and drain before it exits: it would close every socket within 0.1 s."""

    def __init__(
        self,
        config: uvicorn.Config,
        bridge: Bridge,
        notice_s: float = 0.0,
        reload: Callable[[], None] = lambda: None,
        recorder: CallRecorder | None = None,
        kept: Kept | None = None,
    ) -> None:
        """Take `notice_s`, seconds from SIGTERM to the drain, in which calls are still taken.

        `reload` reads the secrets again: SIGHUP asks for that, and is no end. `recorder` and `kept` are closed after
        the last call.
        """
        super().__init__(config)
        self._notice_s = notice_s
        self._reload = reload
        self._recorder = recorder
        self._kept = kept
        self.bridge = bridge
        self._draining: asyncio.Task[None] | None = None
        self._signals = 0
        self._in_terminal = in_terminal()
        self._loop: asyncio.AbstractEventLoop | None = None
        self.limit: ConnectionLimit[LimitedConnection] = ConnectionLimit(MAX_CONNECTIONS)
        """The connections that carry no call."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Handle signals while the block runs."""
        if hasattr(signal, "SIGHUP") and threading.current_thread() is threading.main_thread():
            asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, self._reload_or_exit)
        with super().capture_signals():
            yield

    def _reload_or_exit(self) -> None:
        # The terminal in which the server was started has been closed: there is no Ctrl-C any more.
        if self._in_terminal and not in_terminal():
            self.handle_exit(signal.SIGINT, None)
        else:
            self._reload()

    async def startup(self, sockets: list[object] | None = None) -> None:  # type: ignore[override]
        self._loop = asyncio.get_running_loop()
        await super().startup(sockets)  # type: ignore[arg-type]
        log.info("listening", extra={"host": self.config.host, "port": self.config.port})
        if self._kept is not None:
            self._kept.watch(self._loop)

    async def shutdown(self, sockets: list[object] | None = None) -> None:  # type: ignore[override]
        self.bridge.exiting = True
        await super().shutdown(sockets)  # type: ignore[arg-type]
        if self._recorder is not None:
            self._recorder.close()
        if self._kept is not None:
            self._kept.close()
        log.info("stopped")
        # Uvicorn ends the process by the signal that it was sent: nothing of Python's own end runs after that.
        for handler in logging.getLogger().handlers:
            handler.flush()

    def leave(self) -> None:
        """End as SIGTERM ends this process."""
        signal.raise_signal(signal.SIGTERM)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Drain at the first signal, hurry at the second, exit at the third, or where there is nothing to wait for."""
        self._signals += 1
        # Ctrl-C is a developer's: no load balancer has to notice.
        notice_s = self._notice_s if sig == signal.SIGTERM else 0.0
        waits = notice_s or self._draining or (self._loop and self.bridge.admission.owed(self._loop.time()))
        if self._loop is None or self._signals > 2 or not waits:
            super().handle_exit(sig, frame)
        elif self._signals == 1:
            self._loop.call_soon_threadsafe(self._drain, notice_s)
        # The second may come before the loop has run what the first has asked for: they keep their order.
        else:
            self._loop.call_soon_threadsafe(self.bridge.hurry)

    def _drain(self, notice_s: float) -> None:
        self._draining = asyncio.ensure_future(self._drain_and_exit(notice_s))

    async def _drain_and_exit(self, notice_s: float) -> None:
        try:
            await self.bridge.drain(notice_s)
        except Exception:
            log.exception("drain_failed")
        finally:
            self.should_exit = True


AnyServer = TypeVar("AnyServer", bound=Server)


def in_terminal() -> bool:
    """Return whether standard input is a terminal that is still there."""
    try:
        return os.tcgetpgrp(0) > 0
    except (OSError, AttributeError):
        return False


def config_for(
    app: Starlette,
    settings: Settings,
    *,
    limit: ConnectionLimit[LimitedConnection] | None = None,
    backlog: int = LISTEN_BACKLOG,
    refused: Callable[[str], None] = lambda _reason: None,
) -> uvicorn.Config:
    """Return how the server listens.

    `limit`: connections at once that carry no call. `backlog`: those not accepted yet. `refused` is told, in a
    fixed word, why one of them was closed.
    """
    limit = ConnectionLimit(MAX_CONNECTIONS) if limit is None else limit
    return uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        ws=cast(Any, partial(LimitedWebSocketProtocol, limit, refused)),
        ws_max_size=PHONE_MESSAGE_BYTES,
        # The carrier offers no compression.
        ws_per_message_deflate=False,
        # No document says whether the carrier answers pings: the call finds a dead phone by its missing media.
        ws_ping_interval=None,
        http=cast(Any, partial(LimitedHttpProtocol, limit, refused)),
        backlog=backlog,
        timeout_keep_alive=settings.keep_alive_seconds,
        # Signatures are checked against the public URL, whatever a proxy says.
        proxy_headers=False,
        server_header=False,
        access_log=False,
        log_config=None,
        timeout_graceful_shutdown=3,
    )


def serve(settings: Settings, recorder: CallRecorder | None = None) -> None:
    """Serve until a signal ends it. Blocks. Raises ValueError, one line, when it cannot begin.

    `recorder` sees every call; it is started and closed here.
    """
    writer = logs.set_up(settings.log_format)
    tell_notes(settings)
    check_address(settings.host, settings.port)
    run(build(settings, writer, recorder))


def tell_notes(settings: Settings) -> None:
    """Log what looks like a mistake of the operator's."""
    for note in (*settings.notes, *settings.hints):
        log.warning("setting", extra={"problem": note})


def build(
    settings: Settings,
    writer: LogWriter,
    recorder: CallRecorder | None,
    *,
    kind: type[AnyServer] = Server,  # type: ignore[assignment]
    read: Callable[[], Settings] | None = None,
    shared: Shared | None = None,
) -> AnyServer:
    """Put the server of this process together, and start `recorder`. Raises ValueError when it cannot begin.

    `read` reads the settings again at SIGHUP; None: as they were read at the start. `shared`: what this worker shares
    with others; None: it serves alone.
    """
    count = 1 if shared is None else shared.worker.count
    node = "" if shared is None else compose.node_name(settings, shared.worker)
    kept = Kept(settings, KeeperChild(settings) if shared is None else None, node)
    app = create_app(settings, observe=kept.beside(recorder), shared=shared)
    bridge: Bridge = app.state.bridge
    writer.on_drop = bridge.metrics.log_line_dropped
    # Calls are the machine's, and shared out evenly; the limit of files is a process's.
    files, memory = _share_files(math.ceil(settings.max_calls / count)), MemoryLimit()
    calls = min(settings.max_calls, count * files.calls)
    bridge.admission.max_calls, bridge.admission.fits = calls, memory.fits
    if not memory.fits(calls):
        log.warning("little_memory", extra={"left_mb": (memory.left() or 0) >> 20, "calls": calls})
    refused = partial(bridge.metrics.rejected, "connection")
    limit: ConnectionLimit[LimitedConnection] = ConnectionLimit(files.places)
    config = config_for(app, settings, limit=limit, backlog=files.backlog, refused=refused)
    server = kind(config, bridge, settings.notice_seconds, partial(reload_secrets, bridge, read), recorder, kept)
    bridge.closed_lines.keep_in(settings.data_dir)
    server.limit, bridge.leave = limit, server.leave
    kept.start(bridge.metrics)
    if kept.recorder is not None:
        kept.recorder.on_recorded = bridge.live_calls.record
    if kept.records is not None:
        bridge.outbound.no_calls.record = partial(record_no_call, kept.records)
    if recorder is not None:
        recorder.on_tape = bridge.metrics.taped
        recorder.on_kept = partial(kept.name_file, "tape")
        recorder.start()
    return server


def run(server: Server) -> None:
    """Serve until the server ends. Blocks."""
    pauses = GcPauses(time.perf_counter)
    server.bridge.metrics.add(pauses)
    blocked = BlockedLoop(lambda: pauses.seconds, server.bridge.metrics.blocked)
    with (
        contextlib.closing(Garbage(pauses.told)) as server.bridge.garbage,
        contextlib.closing(blocked) as server.bridge.blocked,
    ):
        server.run()


def reload_secrets(bridge: Bridge, read: Callable[[], Settings] | None = None) -> None:
    """Read the settings again and take their secrets. What is wrong with them is told, and changes nothing."""
    before = bridge.settings
    try:
        now = read() if read is not None else load(dev=before.dev)
        changed = bridge.use_secrets(now)
    except ValueError as fault:
        for line in str(fault).splitlines():
            log.warning("secrets_not_read", extra={"problem": line})
        return
    log.info("secrets_read", extra={"changed": " ".join(changed) or "none"})
    others = [
        name for own, name in ENV_NAMES.items() if own not in SECRETS and getattr(now, own) != getattr(before, own)
    ]
    if others:
        log.warning("restart_needed", extra={"changed": " ".join(others)})


def check_address(host: str, port: int) -> None:
    """Raise ValueError when nothing could listen there: uvicorn would name the error's number and not the setting."""
    for tried in bind(host, port):
        tried.close()


def bind(host: str, port: int) -> list[socket.socket]:
    """Return a bound socket for each address of a host. Raises ValueError, one line, when one cannot be had."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError):
        raise ValueError(
            f"IVR_HOST {host} is not known: set it to 127.0.0.1, 0.0.0.0 or a name of this machine"
        ) from None
    bound: list[socket.socket] = []
    for family, kind, protocol, _, address in found:
        one = socket.socket(family, kind, protocol)
        bound.append(one)
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        try:
            one.bind(address)
        except OSError as error:
            for other in bound:
                other.close()
            raise ValueError(_why_not(error, host, port)) from None
    return bound


def _why_not(error: OSError, host: str, port: int) -> str:
    match error.errno:
        case errno.EADDRINUSE:
            return f"IVR_PORT {port} is in use on {host}, perhaps by another bridge: end that or set another port"
        case errno.EACCES:
            return f"IVR_PORT {port} may be opened by the administrator only: set it to 1024 or more"
        case errno.EADDRNOTAVAIL:
            return f"IVR_HOST {host} is no address of this machine: set it to 127.0.0.1, 0.0.0.0 or one that is"
    return f"IVR_HOST {host}, IVR_PORT {port}: {error.strerror}: set them to an address of this machine and a free port"


def _share_files(calls: int) -> FileShares:
    """Return what the files that may be open are for. Warn when they are too few for `calls`."""
    files = raise_limit()
    shared = shares(files, calls)
    if shared.calls < calls or files < needed(calls):
        told = {"limit": files, "needed": needed(calls), "calls": shared.calls, "setting": "ulimit -n"}
        log.warning("few_files", extra=told)
    return shared
