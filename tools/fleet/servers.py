"""Start the servers that a fleet stands on as processes of this machine, and end them whatever happens.

Valkey or Redis, PostgreSQL, Caddy and Prometheus: each with its data in one folder, on loopback, without a service of
the system. A server that is not installed raises `Missing`, with the name of its package.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from ivr.testbench.loopback import bound

ROOT: Final = Path(__file__).parents[2]
START_S: Final = 60.0
STOP_S: Final = 10.0
CADDYFILE: Final = ROOT / "deploy" / "caddy" / "Caddyfile"
_DIE_WITH_PARENT: Final = 1
"""PR_SET_PDEATHSIG."""
_ELSEWHERE: Final = ("IVR_", "TWILIO_", "HAMSA_", "OTEL_")
"""Settings of this shell are none of this fleet."""
_POSTGRES_USER: Final = "postgres"
"""Who runs PostgreSQL where this is run by root, whom it refuses."""
_OLD_CADDY: Final = (2, 7)
"""The first version that knows `stream_close_delay`, and `request_buffers` by that name."""


class Missing(RuntimeError):
    """Say that a server is not installed."""


def free_port() -> int:
    """Return a port of loopback that is free now."""
    with contextlib.closing(bound()) as found:
        return int(found.getsockname()[1])


def program(*names: str, folders: str = "") -> str:
    """Return the path of the first of these programs that is installed. Raises `Missing`."""
    for name in names:
        for found in (shutil.which(name), *sorted(map(str, Path("/").glob(folders + name)), reverse=True)):
            if found:
                return found
    raise Missing(f"{' or '.join(names)} is not installed")


class Running:
    """Hold one process, its output, and the port that it listens at."""

    def __init__(self, name: str, process: asyncio.subprocess.Process, output: Path) -> None:
        self.name = name
        self.output = output
        self._process = process

    def __repr__(self) -> str:
        return f"<Running {self.name} pid={self.pid}{'' if self.alive else ' over'}>"

    @property
    def pid(self) -> int:
        """Return its process id."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Tell whether it still runs."""
        return self._process.returncode is None

    def kill(self) -> None:
        """End it at once, as a crash does."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()

    def send(self, number: int) -> None:
        """Send it a signal."""
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(number)

    async def over(self, seconds: float) -> int:
        """Wait until it has ended. Return its exit code. Raises TimeoutError."""
        return await asyncio.wait_for(self._process.wait(), seconds)

    async def stop(self, number: int = signal.SIGTERM, seconds: float = STOP_S) -> None:
        """Ask it to end, and end it when it does not."""
        self.send(number)
        try:
            await self.over(seconds)
        except TimeoutError:
            self.kill()
            await self._process.wait()

    async def listening(self, port: int) -> None:
        """Wait until something answers at its port. Raises RuntimeError where it ends before."""
        for _ in range(int(START_S / 0.05)):
            if not self.alive:
                break
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                return
            await asyncio.sleep(0.05)
        raise RuntimeError(f"{self.name} does not start: {self.output.read_text('utf-8', 'replace')[-2000:]}")


async def start(
    name: str,
    command: Sequence[str | Path],
    folder: Path,
    env: Mapping[str, str] | None = None,
    user: int | None = None,
) -> Running:
    """Start a process with its output in a file of `folder`. It ends with this one, even when this one is killed."""
    plain = {key: value for key, value in os.environ.items() if not key.startswith(_ELSEWHERE)}

    def prepare() -> None:
        # A group of its own: Ctrl-C reaches this process alone, which then ends the others in order.
        os.setpgid(0, 0)
        if user is not None:
            os.setgid(pwd.getpwuid(user).pw_gid)
            os.setuid(user)
        ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)

    output = folder / f"{name}.log"
    place = folder if user is None else "/"
    with output.open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            *map(str, command), cwd=place, env={**plain, "HOME": str(folder), **(env or {})},
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, preexec_fn=prepare,
        )  # fmt: skip
    return Running(name, process, output)


@contextlib.asynccontextmanager
async def valkey(folder: Path) -> AsyncIterator[tuple[Running, str]]:
    """Run Valkey (or Redis) while the block runs. Yields it and its URL."""
    path, port = program("valkey-server", "redis-server"), free_port()
    options = ["--port", port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", folder]
    running = await start("valkey", [path, *map(str, options)], folder)
    try:
        await running.listening(port)
        yield running, f"redis://127.0.0.1:{port}/0"
    finally:
        await running.stop()


@contextlib.asynccontextmanager
async def postgres(folder: Path) -> AsyncIterator[tuple[Running, str]]:
    """Run PostgreSQL while the block runs. Yields it and the URL of an empty database."""
    path, port = program("postgres", folders="usr/lib/postgresql/*/bin/"), free_port()
    user = pwd.getpwnam(_POSTGRES_USER).pw_uid if os.geteuid() == 0 else None
    # Its user may not be let into the folders above a caller's own.
    data = Path(tempfile.mkdtemp(prefix="ivr-postgres-"))
    if user is not None:
        os.chown(data, user, pwd.getpwuid(user).pw_gid)
    initdb = program("initdb", folders="usr/lib/postgresql/*/bin/")
    made = await start("initdb", [initdb, "-D", data, "-U", "ivr", "--auth=trust", "--no-sync"], folder, user=user)
    if await made.over(START_S):
        raise RuntimeError(f"initdb failed: {made.output.read_text('utf-8', 'replace')[-2000:]}")
    options = ["-D", data, "-p", port, "-h", "127.0.0.1", "-c", "unix_socket_directories=", "-c", "fsync=off"]
    running = await start("postgres", [path, *map(str, options)], folder, user=user)
    try:
        await running.listening(port)
        yield running, f"postgresql://ivr@127.0.0.1:{port}/postgres"
    finally:
        # A fast shutdown: it does not wait for its clients.
        await running.stop(signal.SIGINT)
        shutil.rmtree(data, ignore_errors=True)


@contextlib.asynccontextmanager
async def caddy(folder: Path, bridges: Sequence[int], port: int) -> AsyncIterator[Running]:
    """Run the door of deploy/caddy/Caddyfile in front of these ports while the block runs."""
    path = program("caddy")
    text = "{\n\tadmin off\n\tauto_https off\n}\n" + CADDYFILE.read_text("utf-8")
    told = await asyncio.create_subprocess_exec(path, "version", stdout=subprocess.PIPE)
    version = re.search(rb"(\d+)\.(\d+)", (await told.communicate())[0])
    if version is not None and tuple(map(int, version.groups())) < _OLD_CADDY:
        text = re.sub(r"(?m)^\s*stream_close_delay.*\n", "", text)
        text = re.sub(r"request_buffers (.*)", r"buffer_requests\n\t\tmax_buffer_size \1", text)
    (folder / "Caddyfile").write_text(text, "utf-8")
    running = await start(
        "caddy", [path, "run", "--adapter", "caddyfile", "--config", folder / "Caddyfile"], folder,
        {"IVR_DOMAIN": f"http://127.0.0.1:{port}", "IVR_BRIDGES": " ".join(f"127.0.0.1:{one}" for one in bridges)},
    )  # fmt: skip
    try:
        await running.listening(port)
        yield running
    finally:
        await running.stop()


@contextlib.asynccontextmanager
async def prometheus(folder: Path, bridges: Sequence[int], token: str, rules: Sequence[Path]) -> AsyncIterator[str]:
    """Run Prometheus on the bridges' metrics while the block runs. Yields its URL."""
    path, port = program("prometheus"), free_port()
    listed = ", ".join(f'"127.0.0.1:{one}"' for one in bridges)
    (folder / "prometheus.yml").write_text(
        "global: {scrape_interval: 1s, evaluation_interval: 1s}\n"
        f"rule_files: [{', '.join(map(str, rules))}]\n"
        "scrape_configs:\n"
        "  - job_name: ivr-bridge\n"
        f"    authorization: {{credentials: {token}}}\n"
        f"    static_configs: [{{targets: [{listed}]}}]\n"
    )
    options = [f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/prometheus"]
    running = await start("prometheus", [path, *options, f"--web.listen-address=127.0.0.1:{port}"], folder)
    try:
        await running.listening(port)
        yield f"http://127.0.0.1:{port}"
    finally:
        await running.stop()
