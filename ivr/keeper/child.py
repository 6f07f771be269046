"""Start the keeper from the process that serves, start it again when it dies, and end it after the last call.

Nothing here waits but `close`: the process that serves calls `watch` from time to time. The keeper lives for as long as
a process holds the pipe's writing end, which workers inherit: it outlives a parent that was killed, until the last of
them is gone.
"""

from __future__ import annotations

import contextlib
import io
import logging
import os
import pickle
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import IO, Final

from ivr.config.settings import Settings
from ivr.keeper.chores import has_chores

log = logging.getLogger("ivr.keeper")

WATCH_S: Final = 1.0
"""Seconds between two looks whether the keeper is there."""
END_S: Final = 8.0
"""Seconds that it has to end: more than its chores have to finish."""
LONGEST_RESTART: Final = 60.0
_ALIVE_S: Final = 60.0
"""Seconds after which a keeper that dies has been a good one: the next is started soon."""
START_S: Final = 0.5
"""Seconds for which the keeper leaves the processor to the start of what serves."""
_ABOVE_IVR: Final = Path(__file__).resolve().parents[2]


class KeeperChild:
    """Hold the keeper of this machine."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._process: subprocess.Popen[bytes] | None = None
        self._started_at = 0.0
        self._next_at: float | None = None
        self._failures = 0
        self._pipe: tuple[int, int] | None = os.pipe() if has_chores(settings) else None

    def __repr__(self) -> str:
        return f"<KeeperChild {self.pid}>"

    @property
    def pid(self) -> int | None:
        """Return the keeper's process. None: there is none now."""
        return None if self._process is None else self._process.pid

    def watch(self, now: float) -> None:
        """Start the keeper where it is not there. `now`: monotonic seconds. Never raises."""
        if self._pipe is None:
            return
        if self._next_at is None:
            self._next_at = now + START_S
        if self._process is not None:
            if (code := self._process.poll()) is None:
                return
            self._process = None
            self._pause(now, {"signal": -code} if code < 0 else {"status": code})
        if now >= self._next_at:
            try:
                self._process = self._start(self._pipe[0])
                self._started_at = now
            except OSError as fault:
                self._pause(now, {"why": fault.strerror or type(fault).__name__})

    def close(self) -> None:
        """Let the keeper finish, and wait for its end. No process that writes records is left by now."""
        if self._pipe is not None:
            for end in self._pipe:
                os.close(end)
            self._pipe = None
        if self._process is None:
            return
        try:
            self._process.wait(END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _pause(self, now: float, how: dict[str, object]) -> None:
        self._failures = 1 if now - self._started_at > _ALIVE_S else self._failures + 1
        pause = min(LONGEST_RESTART, 2.0 ** (self._failures - 1))
        self._next_at = now + pause
        log.warning("keeper_died", extra={**how, "again_in_s": pause})

    def _start(self, life: int) -> subprocess.Popen[bytes]:
        env = dict(os.environ)
        # From a checkout, what is imported there is what is imported here, whatever the working folder is.
        if _ABOVE_IVR.name not in ("site-packages", "dist-packages"):
            env["PYTHONPATH"] = os.pathsep.join(filter(None, [str(_ABOVE_IVR), env.get("PYTHONPATH")]))
        with hidden_file() as told:
            told.write(pickle.dumps(self._settings))
            told.seek(0)
            command = [sys.executable, "-m", "ivr.keeper", str(life)]
            return subprocess.Popen(command, stdin=told, stdout=subprocess.DEVNULL, pass_fds=[life], env=env)  # noqa: S603


def hidden_file() -> IO[bytes]:
    """Return a file that no other process can open: the settings hold secrets."""
    with contextlib.suppress(AttributeError, OSError):
        return io.FileIO(os.memfd_create("ivr-settings"), "r+")
    return tempfile.TemporaryFile()
