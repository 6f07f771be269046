"""Find out how many calls a core carries, against another revision and against the floor, in one run."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tools.load import processes
from tools.load.bench import Bench
from tools.load.figures import Level, Search, table
from tools.load.processes import ROOT, Running

FLOOR: Final = "floor"
HERE: Final = "the bridge"


@dataclass
class Capacity:
    """Hold what a run found out."""

    levels: list[Level] = field(default_factory=list)
    found: dict[str, int] = field(default_factory=dict)
    """Most calls without a broken limit, by label, where it was searched for."""
    base: str = HERE
    """Label with which the others are compared."""

    def as_json(self) -> dict[str, Any]:
        """Return everything."""
        return {
            "levels": [one.as_json() for one in self.levels],
            "capacity": self.found,
            "ratios": self.ratios(),
        }

    def ratios(self) -> list[str]:
        """Return what the bridge costs and carries as ratios, a line each."""
        lines = []
        by_calls = {(one.label, one.calls): one for one in self.levels}
        for (label, calls), one in by_calls.items():
            here = by_calls.get((self.base, calls))
            if label == self.base or here is None or not one.cpu_ms or not here.cpu_ms:
                continue
            costs = f"{calls} calls: {one.cpu_ms} ms of CPU a call-second for {label}, {here.cpu_ms} for {self.base}: "
            if label == FLOOR:
                lines.append(f"{costs}{self.base} costs {here.cpu_ms / one.cpu_ms:.2f} times the floor")
            else:
                lines.append(f"{costs}{label} costs {one.cpu_ms / here.cpu_ms:.2f} times {self.base}")
        here_most = self.found.get(self.base)
        for label, most in self.found.items():
            if label != self.base and most and here_most:
                lines.append(f"capacity: {label} {most}, {self.base} {here_most}: {here_most / most:.2f} times as many")
        return lines

    def text(self) -> str:
        """Return tables and ratios."""
        found = [f"capacity of {label}: {most} calls" for label, most in self.found.items()]
        return "\n".join([table(self.levels), "", *found, *self.ratios()])


def run(bench: Bench, levels: Sequence[int], *, search: bool, most: int, against: str, floor: bool) -> Capacity:
    """Measure levels, or search, on this tree and the other revision by turns, and the floor once. Blocks."""
    done = Capacity()
    with contextlib.ExitStack() as stack:
        trees = {HERE: ROOT}
        if against:
            trees = {against: stack.enter_context(processes.checkout(against, bench.folder)), HERE: ROOT}
        if search:
            for label, tree in trees.items():
                done.found[label] = _most(bench, done, label, tree, most)
        else:
            # One bridge for all levels, as in a working day; a bridge without calls costs the other one nothing.
            bridges = {
                label: stack.enter_context(
                    processes.bridge(bench.services.address, bench.cores.bridge, bench.folder, tree=tree)
                )
                for label, tree in trees.items()
            }
            # By turns: what the machine does meanwhile meets both.
            for calls in [1, *(count for count in levels if count != 1)]:
                for label, running in bridges.items():
                    done.levels.append(bench.measure(label, running, calls))
        if floor:
            top = done.found.get(HERE) or max(levels)
            with processes.peer("tools.load.peers.floor", bench.cores.bridge) as running:
                done.levels.append(bench.measure(FLOOR, running, top))
    return done


def _most(bench: Bench, done: Capacity, label: str, tree: Path, most: int) -> int:
    """Search with one bridge for all levels. Returns its capacity."""
    with processes.bridge(bench.services.address, bench.cores.bridge, bench.folder, tree=tree) as running:
        return search_on(bench, done, label, running, most)


def search_on(bench: Bench, done: Capacity, label: str, running: Running, most: int) -> int:
    """Search on something that runs. Returns the most calls that break no limit."""
    done.levels.append(bench.measure(label, running, 1))
    search = Search(first=min(20, most), most=most)
    while (calls := search.next()) is not None:
        one = bench.measure(label, running, calls)
        # Where something else may have been slow, the level gets another chance.
        if one.broken and one.doubtful:
            done.levels.append(one)
            one = bench.measure(label, running, calls)
        done.levels.append(one)
        search.took(calls, held=not one.broken)
    return search.passed
