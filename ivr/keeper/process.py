"""Be the keeper: one process of a machine that does, beside the calls, what takes time.

It ends when the pipe that it was given does: every process that may still write records holds the other end. A signal
does not end it, because service managers send theirs to all processes of a service, and the last call's record is not
written by then.
"""

from __future__ import annotations

import contextlib
import logging
import os
import pickle
import select
import signal
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from ivr.config.settings import Settings
from ivr.keeper.chore import Chore, delay_after
from ivr.keeper.chores import chores_of
from ivr.keeper.status import STATUS_S, KeeperStatus, write_status
from ivr.observe import logs
from ivr.records.folder import lock_file, open_folder

log = logging.getLogger("ivr.keeper")

DRAIN_S: Final = 5.0
"""Seconds that the chores have to finish, once the calls are over. What is left is done at the next start."""
LOCK_S: Final = 0.5
"""Seconds between two looks whether another keeper has gone."""
_NICE: Final = 10
_IGNORED: Final = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


class ChoreThread:
    """Call one chore again and again, when it wants to be."""

    def __init__(self, chore: Chore) -> None:
        self.chore = chore
        self._wake = threading.Event()
        self._ending = False
        self._thread = threading.Thread(target=self._run, name=chore.name, daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def finish(self) -> None:
        """Do what there is to do now, and end."""
        self._ending = True
        self._wake.set()

    def wait(self, seconds: float) -> bool:
        """Wait for its end; return whether it came."""
        self._thread.join(max(0.0, seconds))
        return not self._thread.is_alive()

    def _run(self) -> None:
        failures = 0
        while True:
            ending = self._ending
            try:
                delay = self.chore.work(time.time())
                failures = 0
            except Exception:
                failures += 1
                delay = delay_after(failures)
                log.exception("chore_failed", extra={"chore": self.chore.name, "again_in_s": delay})
            # What came before the end was asked for is done in one more call.
            if ending and delay > 0:
                return
            if not self._ending:
                self._wake.wait(delay)


def keep(data: Path, chores: Sequence[Chore], life: int) -> None:
    """Do the chores until the pipe `life` ends. Blocks."""
    threads = [ChoreThread(chore) for chore in chores]
    for thread in threads:
        thread.start()
    while not _ended(life, STATUS_S):
        _tell(data, chores)
    for thread in threads:
        thread.finish()
    end = time.monotonic() + DRAIN_S
    left = [thread.chore.name for thread in threads if not thread.wait(end - time.monotonic())]
    _tell(data, chores)
    if left:
        log.info("keeper_left_work", extra={"chores": " ".join(left)})


def _ended(life: int, seconds: float) -> bool:
    """Wait for the end of the pipe, so many seconds at most; return whether it came."""
    return bool(select.select([life], [], [], seconds)[0])


def _tell(data: Path, chores: Sequence[Chore]) -> None:
    figures = {name: value for chore in chores for name, value in chore.report().items()}
    with contextlib.suppress(OSError):
        write_status(data, KeeperStatus(time.time(), figures))


def lock_folder(data: Path, life: int) -> bool:
    """Wait until no other keeper works on the folder; return False when the end comes first."""
    file = os.open(open_folder(data) / "keeper.lock", os.O_RDWR | os.O_CREAT, 0o600)
    told = False
    while not lock_file(file):
        if not told:
            told = True
            log.info("keeper_waits", extra={"setting": "IVR_DATA_DIR"})
        if _ended(life, LOCK_S):
            return False
    return True


def main(life: int) -> None:
    """Be the keeper, with the settings that stand in standard input. Never returns."""
    for number in _IGNORED:
        signal.signal(number, signal.SIG_IGN)
    with contextlib.suppress(OSError, AttributeError):
        os.nice(_NICE)
    # Of the parent's own making: no other process can write there.
    settings: Settings = pickle.load(sys.stdin.buffer)  # noqa: S301
    logs.set_up(settings.log_format)
    status = 0
    try:
        if lock_folder(settings.data_dir, life):
            keep(settings.data_dir, chores_of(settings), life)
    except OSError as fault:
        log.warning("keeper_failed", extra={"why": fault.strerror or type(fault).__name__, "setting": "IVR_DATA_DIR"})
        status = 1
    except Exception:
        log.exception("keeper_failed")
        status = 1
    for handler in logging.getLogger().handlers:
        handler.flush()
    # A chore that still waits for a server must not hold the end up.
    os._exit(status)
