"""Measure the start: time until the bridge is ready, and its memory before the first call."""

from __future__ import annotations

import statistics
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from tools.load import processes
from tools.load.bench import Bench, say
from tools.load.machine import of_tree

TIMES: Final = 5


@dataclass(frozen=True, slots=True)
class Start:
    """Hold one start."""

    ready_s: float
    """From the start of the process to `GET /readyz` 200."""
    cpu_s: float
    resident_mb: float
    threads: int
    files: int


def run(bench: Bench, *, times: int = TIMES, tree: Path = processes.ROOT) -> list[Start]:
    """Start a bridge several times. Blocks."""
    found = []
    # The first start fills the machine's cache of files, and renders the phrases: the others are what is measured.
    for number in range(times + 1):
        began = time.monotonic()
        with processes.bridge(bench.services.address, bench.cores.bridge, bench.folder, tree=tree) as running:
            took, used = time.monotonic() - began, of_tree(running.pid)
        one = Start(round(took, 3), round(used.cpu_s, 2), round(used.rss_mb, 1), used.threads, used.files)
        say(f"start {number}: ready after {one.ready_s} s, {one.resident_mb} MB")
        if number:
            found.append(one)
    return found


def median(starts: list[Start]) -> dict[str, float]:
    """Return the median of each figure."""
    return {name: statistics.median(getattr(one, name) for one in starts) for name in asdict(starts[0])}


def text(starts: list[Start]) -> str:
    """Return the median as a sentence."""
    middle = median(starts)
    return (
        f"ready after {middle['ready_s']:.2f} s ({middle['cpu_s']:.2f} s of CPU), {middle['resident_mb']:.0f} MB, "
        f"{middle['threads']:.0f} threads, {middle['files']:.0f} files (median of {len(starts)}, "
        f"Python {sys.version_info.major}.{sys.version_info.minor})"
    )


def as_json(starts: list[Start]) -> dict[str, Any]:
    """Return every start and the median."""
    return {"starts": [asdict(one) for one in starts], "median": median(starts)}
