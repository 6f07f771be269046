"""Run `ivr serve --workers N` as processes of their own, and call it."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from ivr.testbench.loopback import bound
from ivr.testbench.phone import messages as wire
from ivr.testbench.twilio.signing import Signer
from tests.support.front import ACCOUNT, AUTH, ENV, PUBLIC, STREAM, document, voice_form

ROOT = Path(__file__).parents[3]
METRICS = "the-token-of-the-metrics"
PATIENCE = 30.0
"""Seconds after which a test gives up; a start takes one or two."""


class Machine:
    """Talk to a parent and its workers."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, log: Path) -> None:
        self.process = process
        self.place = f"127.0.0.1:{port}"
        self._log = log

    @property
    def log(self) -> str:
        return self._log.read_text()

    @property
    def workers(self) -> list[int]:
        """The processes of the workers, in the order of their start."""
        pid = self.process.pid
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    def worker_of(self, line: str, call: str) -> int:
        """The number of the worker that has logged this about a call; -1: none yet."""
        found = re.search(rf" {line} .*call={call}.* worker=(\d+)", self.log)
        return int(found[1]) if found else -1

    def get(self, path: str, headers: dict[str, str] | None = None) -> httpx.Response:
        return httpx.get(f"http://{self.place}{path}", headers=headers, trust_env=False)

    def metrics(self) -> dict[str, float]:
        page = self.get("/metrics", {"Authorization": f"Bearer {METRICS}"}).text
        return {
            name: float(value)
            for name, _, value in (line.rpartition(" ") for line in page.splitlines() if not line.startswith("#"))
        }

    def ring(self, call: str) -> dict[str, str]:
        """Answer a call; the parameters of its stream. None: it was turned away."""
        form = voice_form(CallSid=call)
        headers = Signer(AUTH).headers(f"{PUBLIC}/voice", form)
        answer = httpx.post(f"http://{self.place}/voice", data=form, headers=headers, trust_env=False)
        found = document(answer).iter("Parameter")
        return {str(parameter.get("name")): str(parameter.get("value")) for parameter in found}

    @contextlib.contextmanager
    def phone(self, call: str, stream: str, given: dict[str, str]) -> Iterator[ClientConnection]:
        """Open the stream of a call while the block runs."""
        signed = Signer(AUTH).headers("wss://bridge.example/media")
        url = f"ws://{self.place}/media"
        with connect(url, additional_headers=signed, compression=None, proxy=None, close_timeout=1) as phone:
            phone.send(wire.CONNECTED)
            phone.send(wire.start(wire.Ids(ACCOUNT, call, stream), 1, given))
            yield phone


def until(true: Callable[[], bool]) -> None:
    """Wait for what other processes do."""
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


def closing_code(phone: ClientConnection) -> int | None:
    """What a stream is closed with."""
    try:
        while True:
            phone.recv(PATIENCE)
    except ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd else None


def call_id(number: int) -> str:
    return f"CA{number:032x}"


def stream_id(number: int) -> str:
    return f"{STREAM[:2]}{number:032x}"


@contextlib.contextmanager
def started(folder: Path, *arguments: str, listening: int = 2, **more: str) -> Iterator[Machine]:
    """A machine of `listening` workers while the block runs; killed at its end, if it is still there."""
    with contextlib.closing(bound()) as free:
        port = free.getsockname()[1]
    lines, log = folder / "ivr.toml", folder / "log"
    lines.touch()
    env = {
        **{name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "PYTHONPATH")},
        **ENV,
        "IVR_HAMSA_URL": "ws://127.0.0.1:1/v1/realtime/ws",
        "IVR_WEBHOOK_URL": "http://127.0.0.1:1/webhook",
        "IVR_HOST": "127.0.0.1",
        "IVR_PORT": str(port),
        "IVR_CONFIG": str(lines),
        "IVR_CACHE_DIR": str(folder / "cache"),
        "IVR_NOTICE_SECONDS": "0",
        "IVR_DRAIN_SECONDS": "2",
        "IVR_METRICS_TOKEN": METRICS,
        "OPENBLAS_NUM_THREADS": "1",
        **more,
    }
    with log.open("wb") as written:
        process = subprocess.Popen(
            [sys.executable, "-m", "ivr", "serve", *arguments], cwd=ROOT, env=env, stdout=written, stderr=written
        )
    machine = Machine(process, port, log)
    try:
        until(lambda: machine.log.count(" listening ") == listening or process.poll() is not None)
        yield machine
    finally:
        for _ in range(3):
            process.terminate()
            time.sleep(0.05)
        try:
            process.wait(PATIENCE)
        finally:
            # Workers without a parent end by themselves.
            process.kill()
            process.wait()


def ended(machine: Machine, number: signal.Signals = signal.SIGTERM) -> int:
    """Send a signal to the parent; its exit code."""
    machine.process.send_signal(number)
    return machine.process.wait(PATIENCE)
