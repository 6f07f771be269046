"""Start the bridge, its services and the phones as processes on their cores, and end them whatever happens."""

from __future__ import annotations

import contextlib
import ctypes
import http.client
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

from tools.load import census
from tools.load.machine import Unfit

ROOT: Final = Path(__file__).parents[2]
START_PATIENCE_S: Final = 60.0
STOP_PATIENCE_S: Final = 10.0
MOST_CALLS: Final = 2000
CENSUS: Final = "census.jsonl"
_DIE_WITH_PARENT: Final = 1
"""PR_SET_PDEATHSIG."""
_ELSEWHERE: Final = ("IVR_", "TWILIO_", "HAMSA_")
"""Settings of this shell are none of a measured bridge."""


@dataclass(frozen=True, slots=True)
class Running:
    """Hold a process that was started, and where it listens."""

    process: subprocess.Popen[str]
    address: str
    """Host and port; empty: it listens nowhere."""

    @property
    def pid(self) -> int:
        """Return its process id."""
        return self.process.pid


@contextlib.contextmanager
def started(
    command: Sequence[str],
    cores: frozenset[int],
    *,
    cwd: Path = ROOT,
    env: Mapping[str, str] | None = None,
    out: int | IO[Any] = subprocess.DEVNULL,
    errors: int | IO[Any] | None = None,
) -> Iterator[subprocess.Popen[str]]:
    """Run a process on some cores while the block runs. It ends with this one, even when this one is killed."""

    def prepare() -> None:
        os.sched_setaffinity(0, cores)
        ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGTERM)

    plain = {key: value for key, value in os.environ.items() if not key.startswith(_ELSEWHERE)}
    # A group of its own: Ctrl-C reaches this process alone, which then ends the others in order.
    with subprocess.Popen(
        command, cwd=cwd, env={**plain, "PYTHONPATH": str(cwd), **(env or {})}, preexec_fn=prepare,  # noqa: PLW1509 (one thread)
        stdin=subprocess.DEVNULL, stdout=out, stderr=errors, text=True, process_group=0,
    ) as process:  # fmt: skip
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(STOP_PATIENCE_S)
            except subprocess.TimeoutExpired:
                process.kill()


def lines_of(
    process: subprocess.Popen[str], patience_s: float, *, each_s: float | None = None
) -> Iterator[dict[str, Any] | None]:
    """Yield the JSON lines that a process prints, until it ends, and None each `each_s` seconds.

    Raises Unfit when there is no line for `patience_s` seconds.
    """
    assert process.stdout is not None
    until = time.monotonic() + patience_s
    with selectors.DefaultSelector() as waits:
        waits.register(process.stdout, selectors.EVENT_READ)
        while True:
            if waits.select(each_s or patience_s):
                line = process.stdout.readline()
                if not line:
                    return
                until = time.monotonic() + patience_s
                yield json.loads(line)
            elif time.monotonic() >= until:
                raise Unfit(f"nothing came from {process.args!r} for {patience_s:.0f} s")
            else:
                yield None


@contextlib.contextmanager
def peer(module: str, cores: frozenset[int]) -> Iterator[Running]:
    """Run one of this folder's servers while the block runs."""
    command = [sys.executable, "-m", module]
    with started(command, cores, out=subprocess.PIPE) as process:
        first = next(lines_of(process, START_PATIENCE_S), None)
        if first is None:
            raise Unfit(f"{module} did not start")
        yield Running(process, first["address"])


def free_port() -> int:
    """Return a port that is free now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def status_of(address: str, path: str) -> int:
    """Return the status of a GET request; 0 when nothing answers."""
    link = http.client.HTTPConnection(address, timeout=5)
    try:
        link.request("GET", path)
        return link.getresponse().status
    except OSError:
        return 0
    finally:
        link.close()


def settings(services: str, port: int, folder: Path) -> dict[str, str]:
    """Return the environment of a bridge that is measured: its own defaults, the mock services, no greeting."""
    return {
        "IVR_HOST": "127.0.0.1",
        "IVR_PORT": str(port),
        "IVR_HAMSA_URL": f"ws://{services}/v1/realtime/ws",
        "IVR_HAMSA_REST_URL": "off",
        "HAMSA_API_KEY": "mock",
        "IVR_WEBHOOK_URL": f"http://{services}/webhook",
        # The silence after which a turn is over, as short as other frameworks have it by default.
        "IVR_ENDPOINT_MS": "200",
        "IVR_LANGUAGE": "en",
        "IVR_GREETING": "",
        "IVR_MAX_CALLS": str(MOST_CALLS),
        "IVR_NOTICE_SECONDS": "0",
        "IVR_DRAIN_SECONDS": "1",
        "IVR_CACHE_DIR": str(folder / "phrases"),
    }


@contextlib.contextmanager
def bridge(
    services: str,
    cores: frozenset[int],
    folder: Path,
    *,
    tree: Path = ROOT,
    arguments: Sequence[str] = (),
    command: Sequence[str] = ("-m", "ivr"),
    env: Mapping[str, str] | None = None,
) -> Iterator[Running]:
    """Run `ivr serve --dev` of a source tree while the block runs. Raises Unfit when it is not ready."""
    port = free_port()
    address = f"127.0.0.1:{port}"
    log_path = folder / f"bridge-{port}.log"
    with (
        log_path.open("w", encoding="utf-8") as log,
        started(
            [sys.executable, *command, "serve", "--dev", *arguments],
            cores,
            cwd=tree,
            env={**settings(services, port, folder), **(env or {})},
            out=log,
            errors=log,
        ) as process,
    ):
        until = time.monotonic() + START_PATIENCE_S
        while status_of(address, "/readyz") != 200:
            if process.poll() is not None or time.monotonic() > until:
                told = log_path.read_text("utf-8").strip().splitlines()
                raise Unfit(f"the bridge does not start: {told[-1] if told else 'it says nothing'}")
            time.sleep(0.02)
        yield Running(process, address)


def asked(running: Running, folder: Path, number: signal.Signals) -> dict[str, Any]:
    """Ask a bridge that runs in `tools.load.census` what it holds. Raises Unfit when it does not answer."""
    told = folder / CENSUS
    before = told.stat().st_size if told.exists() else 0
    os.kill(running.pid, number)
    until = time.monotonic() + START_PATIENCE_S
    while time.monotonic() < until:
        time.sleep(0.02)
        if told.exists() and told.stat().st_size > before:
            answer: dict[str, Any] = json.loads(told.read_text("utf-8").splitlines()[-1])
            return answer
    raise Unfit("the bridge does not say what it holds")


@contextlib.contextmanager
def counted(services: str, cores: frozenset[int], folder: Path) -> Iterator[Running]:
    """Run a bridge that can be asked what it holds while the block runs."""
    env = {census.FILE: str(folder / CENSUS)}
    with bridge(services, cores, folder, command=("-m", "tools.load.census"), env=env) as running:
        yield running


@contextlib.contextmanager
def checkout(revision: str, folder: Path) -> Iterator[Path]:
    """Check a revision out beside this one while the block runs. Raises Unfit when there is no such revision."""
    place = folder / "against"
    add = ["git", "-C", str(ROOT), "worktree", "add", "--quiet", "--detach", str(place), revision]
    made = subprocess.run(add, capture_output=True, text=True, check=False)
    if made.returncode:
        raise Unfit(f"no revision {revision!r} to compare with: {made.stderr.strip().splitlines()[-1]}")
    try:
        yield place
    finally:
        subprocess.run(["git", "-C", str(ROOT), "worktree", "remove", "--force", str(place)], check=False)
