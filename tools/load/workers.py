"""Compare calls on one worker process with calls on two."""

from __future__ import annotations

import subprocess
import sys

from tools.load import processes
from tools.load.bench import Bench, say
from tools.load.capacity import Capacity, search_on
from tools.load.machine import Unfit
from tools.load.processes import ROOT


def check() -> None:
    """Raise Unfit when this bridge has no workers."""
    told = subprocess.run(
        [sys.executable, "-m", "ivr", "serve", "--help"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if "--workers" not in told.stdout:
        raise Unfit("`ivr serve` has no --workers")


def run(bench: Bench, counts: list[int], levels: list[int], *, search: bool, most: int) -> Capacity:
    """Measure levels, or search, on each number of workers. Blocks."""
    labels = {count: f"{count} worker{'s' * (count > 1)}" for count in counts}
    done = Capacity(base=labels[counts[-1]])
    if not bench.cores.apart:
        say("note: the phones share the cores of the workers: compare the two rows at the same calls, not the capacity")
    for count in counts:
        label = labels[count]
        cores = frozenset(sorted(bench.cores.bridge)[:count])
        arguments = ("--workers", str(count))
        with processes.bridge(bench.services.address, cores, bench.folder, arguments=arguments) as running:
            if search:
                done.found[label] = search_on(bench, done, label, running, most)
            else:
                done.levels += [bench.measure(label, running, calls) for calls in [1, *levels]]
    return done
