"""Start a real Valkey (or Redis) server for tests, on a Unix socket or on a port of loopback; skip where none is.

with running() as server:
    Valkey(server.url)
"""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

START_S: Final = 20.0


class ValkeyServer:
    """A server that can be killed, started again and made slow. What it holds is in memory alone."""

    def __init__(self, folder: Path, password: str = "", tcp: bool = False) -> None:
        self.program = next(filter(None, map(shutil.which, ("valkey-server", "redis-server"))), "")
        self.password = password
        self.folder = folder
        self.port = 0
        self._process: subprocess.Popen[bytes] | None = None
        login = f":{password}@" if password else ""
        if tcp:
            with socket.socket() as free:
                free.bind(("127.0.0.1", 0))
                self.port = free.getsockname()[1]
            self.url = f"redis://{login}127.0.0.1:{self.port}/0"
        else:
            self.url = f"unix://{login}{folder / 'valkey.sock'}"

    def start(self) -> None:
        """Start, and wait until it answers."""
        command = [self.program, "--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self.folder)]
        command += ["--unixsocket", str(self.folder / "valkey.sock"), "--save", "", "--appendonly", "no"]
        command += ["--requirepass", self.password] if self.password else []
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + START_S
        while True:
            with contextlib.suppress(Exception), contextlib.closing(self.client()) as client:
                client.ping()
                return
            assert self._process.poll() is None, "the store ended at its start"
            assert time.monotonic() < deadline, "the store did not answer"
            time.sleep(0.02)

    def kill(self) -> None:
        """End it at once, as a crash does: everything in it is lost."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def stall(self, seconds: float) -> None:
        """Let it answer no question for some seconds."""
        with contextlib.closing(self.client()) as client:
            client.client_pause(round(seconds * 1000))

    def client(self) -> Any:
        """Return a client that waits, for what a test looks at or breaks."""
        import redis

        return redis.Redis.from_url(self.url, socket_timeout=5.0)


@contextlib.contextmanager
def running(password: str = "", tcp: bool = False) -> Iterator[ValkeyServer]:
    """Run a server while the block runs."""
    # A short path: that of a socket may have 107 characters.
    folder = Path(tempfile.mkdtemp(prefix="ivr-valkey-"))
    server = ValkeyServer(folder, password, tcp)
    if not server.program:
        pytest.skip("neither valkey-server nor redis-server is installed")
    try:
        server.start()
        yield server
    finally:
        server.kill()
        shutil.rmtree(folder, ignore_errors=True)
