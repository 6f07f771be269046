"""Sample the bridge under load and say where its CPU time goes: a table of stages, and a flame graph. Needs py-spy."""

from __future__ import annotations

import contextlib
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tools.load import flame, processes, stages
from tools.load.bench import Bench
from tools.load.figures import Level, table
from tools.load.machine import Unfit
from tools.load.stages import Sampled

RATE: Final = 50
"""Samples a second."""


@dataclass
class Profile:
    """Hold what was sampled."""

    levels: list[Level] = field(default_factory=list)
    sampled: list[Sampled] = field(default_factory=list)
    raw: list[str] = field(default_factory=list)
    """Stacks of the last level."""

    def text(self) -> str:
        """Return the cost model and the levels as tables."""
        return f"{stages.table(self.sampled)}\n\n{table(self.levels)}"

    def flame(self) -> str:
        """Return the flame graph of the last level."""
        last = self.sampled[-1]
        return flame.draw(self.raw, f"{last.calls} calls, {last.main_cores:.2f} of a core: the main thread")

    def as_json(self) -> dict[str, Any]:
        """Return everything but the stacks."""
        return {
            "levels": [one.as_json() for one in self.levels],
            "us_a_frame": {one.calls: one.micros() for one in self.sampled},
        }


def sampler(path: str = "") -> str:
    """Return where py-spy is. Raises Unfit when it is missing."""
    beside = Path(sys.executable).with_name("py-spy")
    found = path or shutil.which("py-spy") or (str(beside) if beside.exists() else "")
    if not found or shutil.which(found) is None:
        # cProfile is no substitute: what it adds to each call makes small functions look dear.
        raise Unfit("py-spy is not installed: `uv tool install py-spy`, or name it with --py-spy PATH")
    return found


def run(bench: Bench, levels: Sequence[int], spy: str) -> Profile:
    """Sample the bridge at each level. Blocks."""
    done = Profile()
    raw = bench.folder / "stacks"
    with contextlib.ExitStack() as stack:
        running = stack.enter_context(processes.counted(bench.services.address, bench.cores.bridge, bench.folder))
        for calls in levels:
            raw.unlink(missing_ok=True)
            # The bridge stands still for a sample, about a millisecond: otherwise torn stacks would be left out, and
            # those that change fast are torn.
            command = [
                spy, "record", "--pid", str(running.pid), "--format", "raw",
                "--output", str(raw), "--rate", str(RATE), "--duration", str(max(1, int(bench.seconds) - 1)),
            ]  # fmt: skip
            before: list[float] = []
            sampling: list[subprocess.Popen[str]] = []

            def begin(
                command: list[str] = command,
                before: list[float] = before,
                sampling: list[subprocess.Popen[str]] = sampling,
            ) -> None:
                before.append(processes.asked(running, bench.folder, signal.SIGUSR1)["collector_s"])
                sampling.append(stack.enter_context(processes.started(command, bench.cores.peers)))

            bench.during = begin
            told = bench.measure("the bridge", running, calls)
            collected = processes.asked(running, bench.folder, signal.SIGUSR1)["collector_s"] - before[0]
            sampling[0].wait(30)
            if not raw.exists():
                raise Unfit("py-spy wrote nothing: it may need root, or /proc/sys/kernel/yama/ptrace_scope 0")
            used = bench.last
            assert used is not None
            done.raw = raw.read_text("utf-8").splitlines()
            done.levels.append(told)
            others, by_stage = used.bridge_cores - used.main_cores, stages.samples_by_stage(done.raw)
            collector = collected / used.seconds
            done.sampled.append(Sampled(calls, used.main_cores, used.kernel_cores, others, by_stage, collector))
    return done
