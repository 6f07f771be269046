"""Read from Linux what processes use: CPU time, memory, files, threads; and how busy the machine's cores are."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

PROC: Final = Path("/proc")
_TICK: Final = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100
_PAGE: Final = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096


class Unfit(RuntimeError):
    """Report, in one line, why nothing can be measured here."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Hold what a process and its children have used or hold."""

    cpu_s: float = 0.0
    main_cpu_s: float = 0.0
    """CPU time of the main threads."""
    kernel_s: float = 0.0
    """Part of it in system calls."""
    rss_mb: float = 0.0
    files: int = 0
    threads: int = 0

    def plus(self, other: Usage) -> Usage:
        """Return the sum of both."""
        return Usage(
            self.cpu_s + other.cpu_s,
            self.main_cpu_s + other.main_cpu_s,
            self.kernel_s + other.kernel_s,
            self.rss_mb + other.rss_mb,
            self.files + other.files,
            self.threads + other.threads,
        )


def _stat(path: Path) -> list[str]:
    # The name of a process may hold spaces and brackets: the fields begin after its last bracket.
    return path.read_text().rpartition(")")[2].split()


def _cpu(fields: list[str]) -> float:
    return (int(fields[11]) + int(fields[12])) / _TICK


def of_process(pid: int) -> Usage:
    """Return what one process uses; nothing when it is gone."""
    home = PROC / str(pid)
    try:
        fields = _stat(home / "stat")
        main = _stat(home / "task" / str(pid) / "stat")
        rss = int((home / "statm").read_text().split()[1]) * _PAGE / 1e6
        return Usage(
            _cpu(fields), _cpu(main), int(main[12]) / _TICK, rss, len(list((home / "fd").iterdir())), int(fields[17])
        )
    except (OSError, IndexError):
        return Usage()


def children(pid: int) -> list[int]:
    """Return all processes below one."""
    parents = {}
    for path in PROC.glob("[0-9]*"):
        try:
            parents[int(path.name)] = int(_stat(path / "stat")[1])
        except (OSError, IndexError):
            continue
    found, more = [], [pid]
    while more:
        more = [child for child, parent in parents.items() if parent in more]
        found += more
    return found


def of_tree(pid: int) -> Usage:
    """Return what a process and all processes below it use."""
    whole = of_process(pid)
    for child in children(pid):
        whole = whole.plus(of_process(child))
    return whole


def busy_seconds(cores: set[int] | None = None) -> float:
    """Return the CPU seconds that all processes have used of these cores (None: of all) since the machine began."""
    busy = 0.0
    for line in (PROC / "stat").read_text().splitlines():
        name, *values = line.split()
        if name.startswith("cpu") and name != "cpu" and (cores is None or int(name[3:]) in cores):
            user, nice, system, _, _, irq, softirq, steal = map(int, values[:8])
            busy += (user + nice + system + irq + softirq + steal) / _TICK
    return busy


def others_use(seconds: float = 1.0, cores: set[int] | None = None) -> float:
    """Return how many of these cores are in use now, before anything of ours runs."""
    before, began = busy_seconds(cores), time.monotonic()
    time.sleep(seconds)
    return (busy_seconds(cores) - before) / (time.monotonic() - began)


@dataclass(frozen=True, slots=True)
class Cores:
    """Hold which cores do what."""

    bridge: frozenset[int]
    peers: frozenset[int]
    """Cores of the phones and the services."""

    @property
    def apart(self) -> bool:
        """Return whether the bridge has its cores to itself."""
        return not self.bridge & self.peers

    def __str__(self) -> str:
        def named(cores: frozenset[int]) -> str:
            return ", ".join(map(str, sorted(cores)))

        return f"bridge on core {named(self.bridge)}, phones and services on {named(self.peers)}"


def share_cores(wanted: int = 1) -> Cores:
    """Choose `wanted` cores for the bridge and the others for its peers. Raises Unfit without /proc."""
    if not (PROC / "stat").exists() or not hasattr(os, "sched_getaffinity"):
        raise Unfit("CPU time is read from Linux' /proc, and this machine has none")
    cores = sorted(os.sched_getaffinity(0))
    bridge = frozenset(cores[:wanted])
    return Cores(bridge, frozenset(cores[wanted : wanted + 4]) or frozenset(cores))
