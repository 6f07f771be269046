"""Measure one level: calls of the phones on something that runs, and what its processes used meanwhile."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tools.load import figures, processes
from tools.load.figures import Level, Processes
from tools.load.machine import Cores, Unfit, busy_seconds, of_tree, others_use, share_cores
from tools.load.peers.services import SERVICES_MS
from tools.load.processes import Running

RAMP_S: Final = 3.0
SETTLE_S: Final = 3.0
BUSY: Final = 0.2
"""Cores in use by others, of those that are measured on, at which nothing is measured."""


@dataclass
class Bench:
    """Hold what all levels of a run share."""

    cores: Cores
    folder: Path
    """A temporary one: logs, rendered phrases."""
    services: Running
    seconds: float = 20.0
    """Measured time of a level."""
    bounds: dict[str, float] = field(default_factory=dict)
    """What the slowest waits may be, in milliseconds, by what is measured."""
    during: Callable[[], None] | None = None
    """Called when the measured time begins: starts a sampler."""
    last: Processes | None = None
    """What the processes used while the last level was measured."""

    def measure(self, label: str, running: Running, calls: int) -> Level:
        """Place calls, and return what was measured. The first level of a label with one call sets its bound."""
        say(f"{label}: {calls} calls, {RAMP_S + SETTLE_S + self.seconds:.0f} s ...")
        told, used = self.placed(running, calls)
        self.last = used
        one = figures.level(label, calls, told, used, SERVICES_MS, self.bounds.get(label))
        if calls == 1 and one.turn_p50_ms is not None:
            self.bounds.setdefault(label, one.turn_p50_ms + figures.SLACK_MS)
        say(
            "  "
            + "; ".join(
                [f"turn p99 {one.turn_p99_ms} ms, {one.cpu_ms} ms of CPU a call-second", *one.broken, *one.doubtful]
            )
        )
        return one

    def placed(self, running: Running, calls: int) -> tuple[dict[str, Any], Processes]:
        """Place calls on what runs, and return what the phones measured and what the processes used."""
        before = of_tree(running.pid)
        command = [
            sys.executable, "-m", "tools.load.peers.phones", f"ws://{running.address}/media", "--calls", str(calls),
            "--seconds", str(self.seconds), "--ramp", str(RAMP_S), "--settle", str(SETTLE_S),
        ]  # fmt: skip
        told: dict[str, Any] | None = None
        with processes.started(command, self.cores.peers, out=subprocess.PIPE) as phones:
            pids = (running.pid, phones.pid, self.services.pid)
            first, began, busy = [], 0.0, 0.0
            # A call that is not answered costs its time limit.
            for fact in processes.lines_of(phones, self.seconds + RAMP_S + SETTLE_S + 20 * max(1, calls // 20)):
                assert fact is not None
                if fact["event"] == "measuring":
                    first, began, busy = [of_tree(pid) for pid in pids], time.monotonic(), busy_seconds()
                    if self.during is not None:
                        self.during()
                else:
                    told = fact
                    last, took = [of_tree(pid) for pid in pids], time.monotonic() - began
                    whole = (busy_seconds() - busy) / took
            if told is None:
                raise Unfit("the phones gave up: see what they say above")
        bridge, phone, services = ((after.cpu_s - then.cpu_s) / took for then, after in zip(first, last, strict=True))
        others = max(0.0, whole - bridge - phone - services)
        main = (last[0].main_cpu_s - first[0].main_cpu_s) / took
        kernel = (last[0].kernel_s - first[0].kernel_s) / took
        return told, Processes(
            took, bridge, phone, services, others, max(0.0, last[0].rss_mb - before.rss_mb), main, kernel
        )


def say(words: str) -> None:
    """Show progress."""
    print(words, file=sys.stderr, flush=True)


@contextlib.contextmanager
def bench(*, seconds: float, anyway: bool, bridge_cores: int = 1) -> Iterator[Bench]:
    """Prepare a run while the block runs: cores, a folder, the services. Raises Unfit where nothing can be measured."""
    cores = share_cores(bridge_cores)
    say(str(cores))
    if not cores.apart:
        say("note: there is no core left for the phones, so the figures hold their work as well")
    used = others_use(1.0, set(cores.bridge | cores.peers))
    if used > BUSY:
        told = f"other processes use {used:.2f} of these cores (load {os.getloadavg()[0]:.1f})"
        if not anyway:
            raise Unfit(f"{told}: wait until they end, or measure anyway with --anyway")
        say(f"note: {told}")
    with (
        tempfile.TemporaryDirectory(prefix="ivr-load-") as folder,
        processes.peer("tools.load.peers.services", cores.peers) as services,
    ):
        yield Bench(cores, Path(folder), services, seconds)
