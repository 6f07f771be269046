"""A real PostgreSQL for tests: made in a folder, on a socket of its own, and ended with the test."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

PATIENCE = 60.0
_PLACES = ("/usr/lib/postgresql", "/usr/local/opt/postgresql", "/opt/homebrew/opt/postgresql")


def program(name: str) -> str:
    """Return where a program of PostgreSQL is; skip the test where there is none."""
    if found := shutil.which(name):
        return found
    for place in _PLACES:
        for path in sorted(Path(place).glob(f"*/bin/{name}"), reverse=True):
            return str(path)
    pytest.skip(f"PostgreSQL is not installed: no {name}")


def user() -> str | None:
    """Return the user that PostgreSQL runs as. None: the one of the tests; the administrator may not be it."""
    if os.geteuid():
        return None
    with contextlib.suppress(KeyError):
        return pwd.getpwnam("postgres").pw_name
    pytest.skip("PostgreSQL does not run as the administrator, and there is no user postgres")


class Postgres:
    """Hold a server. `stop` and `start` take it away and bring it back."""

    def __init__(self, folder: Path) -> None:
        self._data = folder / "data"
        self._sockets = folder
        self._user = user()
        self._server: subprocess.Popen[bytes] | None = None
        if self._user is not None:
            shutil.chown(folder, self._user)
        options = ["-U", "ivr", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync"]
        self._run([program("initdb"), "-D", str(self._data), *options])

    @property
    def url(self) -> str:
        """Return the URL for IVR_DATABASE_URL."""
        return f"postgresql://ivr@/postgres?host={quote(str(self._sockets))}"

    def _run(self, command: list[str]) -> None:
        subprocess.run(command, check=True, capture_output=True, timeout=PATIENCE, cwd="/", user=self._user)

    def start(self) -> None:
        """Start the server, and wait until it takes connections."""
        given = ["-D", str(self._data), "-k", str(self._sockets), "-c", "listen_addresses=", "-c", "fsync=off"]
        self._server = subprocess.Popen(
            [program("postgres"), *given],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            user=self._user,
        )
        end = time.monotonic() + PATIENCE
        ready = [program("pg_isready"), "-q", "-h", str(self._sockets), "-U", "ivr", "-d", "postgres"]
        while subprocess.run(ready, check=False, cwd="/", timeout=PATIENCE).returncode:
            assert self._server.poll() is None, "PostgreSQL ended at its start"
            assert time.monotonic() < end, "PostgreSQL does not start"
            time.sleep(0.05)

    def stop(self) -> None:
        """End the server at once: its clients lose their connections."""
        if self._server is not None:
            # SIGINT: the fast shutdown, which does not wait for clients.
            self._server.send_signal(2)
            self._server.wait(PATIENCE)
            self._server = None

    def psql(self, statement: str) -> str:
        """Return what a statement says."""
        command = [program("psql"), "-h", str(self._sockets), "-U", "ivr", "-d", "postgres", "-Atc", statement]
        done = subprocess.run(command, check=True, capture_output=True, timeout=PATIENCE, cwd="/", text=True)
        return done.stdout.strip()


@contextlib.contextmanager
def postgres() -> Iterator[Postgres]:
    """Run a server while the block does. Skips the test where PostgreSQL is not installed."""
    program("postgres"), program("initdb"), program("pg_isready"), program("psql")
    # The name of a socket has 107 bytes at most: pytest's own folders are too deep.
    folder = Path(tempfile.mkdtemp(prefix="ivr-pg-"))
    try:
        server = Postgres(folder)
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
