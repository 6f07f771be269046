"""Be the parent of workers: bind once, load once, fork, start again what ends, and pass on what it is told.

The parent starts no thread and no event loop, so that a fork is a copy of everything that was loaded, and its memory is
shared. What it decides is in `ivr.server.workers.supervision`.
"""

from __future__ import annotations

import contextlib
import gc
import logging
import os
import secrets
import select
import signal
import socket
import sqlite3
import sys
import time
import traceback
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import FrameType
from typing import Final, NoReturn

from ivr.config.settings import Settings
from ivr.keeper.child import WATCH_S, KeeperChild
from ivr.observe import logs
from ivr.observe.shared_metrics import forget_worker
from ivr.server.connection_limit import LISTEN_BACKLOG
from ivr.server.serve import CallRecorder, bind, in_terminal, tell_notes
from ivr.server.shared.sqlite_places import prepare, release
from ivr.server.shared.worker import Worker
from ivr.server.workers import worker
from ivr.server.workers.folder import mend, shared_folder
from ivr.server.workers.supervision import Supervision, WorkerOrder
from ivr.server.workers.table import WorkerTable

log = logging.getLogger("ivr.serve")

_LETTER_OF: Final = {order: letter for letter, order in worker.ORDERS.items()}
_STDERR: Final = 2
_WORDS: Final = 4096
"""Bytes with which a worker may say why it cannot start."""
_ONE_PROCESS: Final = "IVR_WORKERS: this system has no fork(): set it to 1, or leave it out"


class UnthreadedLog(logging.Handler):
    """Write lines of the log without a thread. One that would have to wait for its reader is left out."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line."""
        line = f"{self.format(record)}\n".encode("utf-8", "backslashreplace")
        with contextlib.suppress(OSError):
            if select.select([], [_STDERR], [], 0)[1]:
                os.write(_STDERR, line)


class WorkerProcess:
    """Hold a worker that lives."""

    def __init__(self, pid: int, orders: socket.socket) -> None:
        self.pid = pid
        self.orders = orders
        self.said = b""
        """What it told since its start."""

    def hear(self) -> bool:
        """Read what the worker tells; return whether it may tell more."""
        try:
            told = self.orders.recv(_WORDS)
        except (BlockingIOError, InterruptedError):
            return True
        except OSError:
            return False
        self.said = (self.said + told)[:_WORDS]
        return bool(told)

    def tell(self, order: WorkerOrder) -> None:
        """Pass an order on. A worker that is about to end hears nothing."""
        with contextlib.suppress(OSError):
            self.orders.send(_LETTER_OF[order])


class Supervisor:
    """Run the workers of one machine."""

    def __init__(self, settings: Settings, count: int, folder: Path, recorder: CallRecorder | None = None) -> None:
        """Take `folder`, which the workers share and no other process reads."""
        self._settings = settings
        self._count = count
        self._folder = folder
        self._metrics = worker.metrics_folder(Worker(0, count, folder))
        self._metrics.mkdir()
        self._secret = secrets.token_bytes(32)
        """Signs tokens where there is no other secret."""
        self._recorder = recorder
        # Its pipe is there before the first worker, and each of them holds an end.
        self._keeper = KeeperChild(settings)
        self._table = WorkerTable(count)
        self._supervision = Supervision(count)
        self._workers: dict[int, WorkerProcess] = {}
        self._quiet: set[int] = set()
        """Workers that have closed their end, and are about to be reaped."""
        self._listening: list[socket.socket] = []
        self._in_terminal = in_terminal()
        self._reloaded = False
        self._why = ""
        """What the first worker that could not start has said."""
        self._wake, self._woken = os.pipe()

    def run(self) -> None:
        """Run the workers until a signal ends them. Raises ValueError, one line, when none can start."""
        self._listening = bind(self._settings.host, self._settings.port)
        for listening in self._listening:
            listening.listen(LISTEN_BACKLOG)
            listening.setblocking(False)
        try:
            prepare(self._folder)
        except sqlite3.Error as fault:
            raise ValueError(f"IVR_WORKERS: {self._folder} cannot be written: {fault}: set it to 1") from None
        # Nothing that was loaded is looked at again, in no process: its memory stays shared.
        gc.collect()
        gc.freeze()
        with self._signals():
            while not self._supervision.over:
                self._start_and_kill()
                self._keeper.watch(time.monotonic())
                if not self._supervision.over:
                    self._wait()
                    self._reap()
        for listening in self._listening:
            listening.close()
        self._keeper.close()
        if self._supervision.failed:
            raise ValueError(self._why or "no worker could start")
        log.info("stopped")

    # -- signals -------------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def _signals(self) -> Iterator[None]:
        """Wake `_wait` by signals while the block runs."""
        os.set_blocking(self._wake, False)
        os.set_blocking(self._woken, False)
        before = {number: signal.signal(number, _ignore) for number in (*worker.IGNORED, signal.SIGCHLD)}
        signal.set_wakeup_fd(self._woken, warn_on_full_buffer=False)
        try:
            yield
        finally:
            signal.set_wakeup_fd(-1)
            for number, handler in before.items():
                signal.signal(number, handler)

    def _wait(self) -> None:
        """Wait for a signal, for a worker's word, for the next start, or until the keeper is looked at again."""
        at = self._supervision.wake_at()
        seconds = WATCH_S if at is None else min(WATCH_S, max(0.0, at - time.monotonic()))
        speaking = {live.orders.fileno(): index for index, live in self._workers.items() if index not in self._quiet}
        readable = select.select([self._wake, *speaking], [], [], seconds)[0]
        for index in [speaking[file] for file in readable if file != self._wake]:
            if not self._workers[index].hear():
                self._quiet.add(index)
            if self._workers[index].said.startswith(worker.READY):
                self._supervision.ready()
        if self._wake in readable:
            for number in os.read(self._wake, 64):
                self._signalled(number)

    def _signalled(self, number: int) -> None:
        order: WorkerOrder
        if number in (signal.SIGCHLD, 0):
            return
        if number == getattr(signal, "SIGHUP", None):
            # The terminal in which the bridge was started has been closed: there is no Ctrl-C any more.
            order = "end" if self._in_terminal and not in_terminal() else "reload"
            self._reloaded = True
        else:
            order = "leave" if number == signal.SIGTERM else "end"
        for index in self._supervision.ordered(order, time.monotonic()):
            self._workers[index].tell(order)

    # -- workers -------------------------------------------------------------------------------------------------

    def _start_and_kill(self) -> None:
        now = time.monotonic()
        for index in self._supervision.due(now):
            self._supervision.started(index, now)
            # The system may be short of processes, files or memory for a while: the calls of the others go on.
            try:
                self._mend()
                self._fork(index)
            except OSError as fault:
                why = fault.strerror or type(fault).__name__
                self._why = self._why or f"IVR_WORKERS: no process can be started: {why}"
                self._gone(index, "worker_not_started", {"why": why})
        for index in self._supervision.kills(now):
            log.warning("worker_killed", extra={"worker": index})
            os.kill(self._workers[index].pid, signal.SIGKILL)

    def _mend(self) -> None:
        """Make what the workers share again where it was deleted, as a system may do when a user logs out."""
        if not mend(self._folder):
            return
        log.warning("shared_folder_deleted")
        self._metrics.mkdir()
        # A worker that cannot open the file goes on with its part of the calls.
        with contextlib.suppress(sqlite3.Error):
            prepare(self._folder)

    def _fork(self, index: int) -> None:
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        theirs.setblocking(False)
        # A signal that comes before the worker ignores it would be the parent's twice.
        signal.pthread_sigmask(signal.SIG_BLOCK, worker.IGNORED)
        try:
            pid = os.fork()
            if pid == 0:
                self._become(index, theirs, ours)
        except OSError:
            ours.close()
            raise
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, worker.IGNORED)
            theirs.close()
        self._quiet.discard(index)
        self._workers[index] = WorkerProcess(pid, ours)

    def _become(self, index: int, orders: socket.socket, parents: socket.socket) -> NoReturn:
        """Be the worker, in the child. Never returns: what stands above on the stack is the parent's."""
        status = 1
        try:
            signal.set_wakeup_fd(-1)
            for number in worker.IGNORED:
                signal.signal(number, signal.SIG_IGN)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, worker.IGNORED)
            # Another process that held the parent's end of a worker's socket would hide the parent's death from it.
            for held in (parents, *(live.orders for live in self._workers.values())):
                held.close()
            os.close(self._wake)
            os.close(self._woken)
            own = Worker(index, self._count, self._folder, self._secret)
            given = worker.Inheritance(own, self._table, self._listening, orders)
            worker.run(self._settings, given, self._recorder, told_to_reload=self._reloaded)
            status = 0
        except (ValueError, OSError) as fault:
            with contextlib.suppress(OSError):
                orders.send(worker.FAILED + str(fault).encode()[: _WORDS - 1])
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else 1
        except BaseException:
            traceback.print_exc()
        finally:
            logging.shutdown()
            with contextlib.suppress(Exception):
                sys.stderr.flush()
            os._exit(status)

    def _reap(self) -> None:
        """Note which workers have ended."""
        for index, live in list(self._workers.items()):
            pid, status = os.waitpid(live.pid, os.WNOHANG)
            if not pid:
                continue
            live.hear()
            live.orders.close()
            del self._workers[index]
            self._quiet.discard(index)
            self._table.clear(index)
            forget_worker(self._metrics, index)
            # Where the file is locked for too long, the worker that is started next does it.
            with contextlib.suppress(sqlite3.Error):
                release(self._folder, index)
            code = os.waitstatus_to_exitcode(status)
            how: dict[str, object] = {"signal": signal.Signals(-code).name} if code < 0 else {"status": code}
            if live.said.startswith(worker.FAILED):
                how["why"] = live.said[1:].decode("utf-8", "replace")
                self._why = self._why or str(how["why"])
            self._gone(index, "worker_died", how)

    def _gone(self, index: int, event: str, how: Mapping[str, object]) -> None:
        """Note that a worker is not there. Where none is started any more, the others end."""
        was_stopping = self._supervision.stopping
        delay = self._supervision.ended(index, time.monotonic())
        if self._supervision.failed and not was_stopping:
            for other in self._workers.values():
                other.tell("end")
        if delay is not None:
            log.warning(event, extra={"worker": index, **how, "again_in_s": delay})


def _ignore(_number: int, _frame: FrameType | None) -> None:
    """Do nothing: the signal's number is in the pipe."""


def supervise(settings: Settings, count: int, recorder: CallRecorder | None = None) -> None:
    """Serve with `count` workers until a signal ends it. Blocks. Raises ValueError, one line, when it cannot begin."""
    if not hasattr(os, "fork"):
        raise ValueError(_ONE_PROCESS)
    logs.begin(UnthreadedLog(), settings.log_format)
    tell_notes(settings)
    with shared_folder() as folder:
        Supervisor(settings, count, folder, recorder).run()
