"""Keep many calls on one bridge for a long time, and look what grows."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from tools.load import processes
from tools.load.bench import RAMP_S, SETTLE_S, Bench, say
from tools.load.figures import percentile
from tools.load.machine import Unfit, of_tree

PARTS: Final = 10
REST_S: Final = 20.0
"""Seconds after the calls and before the last count."""
_GROWS: Final = {"files": 8, "threads": 1, "tasks": 8, "timers": 8}
"""What may be more after the calls than before them: links that are kept for the next call."""


@dataclass(frozen=True, slots=True)
class Held:
    """Hold what the bridge holds while no call is there."""

    files: int
    threads: int
    tasks: int
    timers: int
    objects: int
    resident_mb: float


@dataclass
class Soak:
    """Hold what came of it."""

    calls: int
    minutes: float
    before: Held
    after: Held | None = None
    resident: list[tuple[float, float]] = field(default_factory=list)
    """Seconds since the measured time began, and megabytes."""
    parts: list[dict[str, Any]] = field(default_factory=list)
    """What the phones measured in each tenth of the time."""
    longest_collection_ms: float = 0.0

    def slope_mb_an_hour(self) -> float:
        """Return how fast the memory grows, by the second half of the time: the first fills caches."""
        half = self.resident[len(self.resident) // 2 :]
        return slope(half) * 3600

    def lines(self) -> list[str]:
        """Return the outcome, a line each."""
        assert self.after is not None
        first, last = self.parts[0], self.parts[-1]

        def waits(part: dict[str, Any], name: str) -> str:
            value = percentile(part[name], 99)
            return "none" if value is None else f"{value:.0f} ms"

        sums = {name: sum(part[name] for part in self.parts) for name in ("asked", "lost", "interrupted")}
        gaps = sum(len(part["underrun_ms"]) for part in self.parts)
        return [
            f"{self.calls} calls for {self.minutes:g} minutes: {sums['asked']} questions, "
            f"{sums['interrupted']} interruptions",
            f"lost turns {sums['lost']}, lost calls {self.parts[-1]['dropped']}, underruns {gaps}",
            f"turn p99: first tenth {waits(first, 'turn_ms')}, last tenth {waits(last, 'turn_ms')}",
            f"barge-in p99: first tenth {waits(first, 'barge_in_ms')}, last tenth {waits(last, 'barge_in_ms')}",
            f"resident: {self.resident[0][1]:.1f} MB at first, {self.resident[-1][1]:.1f} MB at last, "
            f"{self.slope_mb_an_hour():+.1f} MB an hour in the second half",
            *(
                f"{name}: {getattr(self.before, name)} before the calls, {getattr(self.after, name)} after them"
                for name in asdict(self.before)
            ),
            f"longest run of the garbage collector: {self.longest_collection_ms:.0f} ms",
            "left behind: " + (", ".join(self.left()) or "nothing"),
        ]

    def left(self) -> list[str]:
        """Return what is more after the calls than it may be."""
        assert self.after is not None
        return [
            f"{name} {getattr(self.before, name)} -> {getattr(self.after, name)}"
            for name, more in _GROWS.items()
            if getattr(self.after, name) > getattr(self.before, name) + more
        ]

    def as_json(self) -> dict[str, Any]:
        """Return everything."""
        return asdict(self) | {"slope_mb_an_hour": self.slope_mb_an_hour(), "left": self.left()}


def slope(points: Sequence[tuple[float, float]]) -> float:
    """Return the slope of a straight line through points: least squares; 0 of fewer than two."""
    if len(points) < 2:
        return 0.0
    middle = sum(x for x, _ in points) / len(points)
    mean = sum(y for _, y in points) / len(points)
    spread = sum((x - middle) ** 2 for x, _ in points)
    return sum((x - middle) * (y - mean) for x, y in points) / spread if spread else 0.0


def run(bench: Bench, calls: int, minutes: float) -> Soak:
    """Soak a bridge. Blocks."""
    with processes.counted(bench.services.address, bench.cores.bridge, bench.folder) as running:
        bench.seconds = 10.0
        # As many calls once before the first count: links that are kept, and what is made once, are there then.
        bench.measure("warm", running, calls)
        time.sleep(REST_S)
        done = Soak(calls, minutes, _held(bench, running))
        command = [
            sys.executable, "-m", "tools.load.peers.phones", f"ws://{running.address}/media", "--calls", str(calls),
            "--seconds", str(60 * minutes), "--parts", str(PARTS), "--ramp", str(max(RAMP_S, calls / 20)),
        ]  # fmt: skip
        with processes.started(command, bench.cores.peers, out=subprocess.PIPE) as phones:
            began = time.monotonic()
            for fact in processes.lines_of(phones, 60 * minutes + SETTLE_S + calls, each_s=5.0):
                if fact is None:
                    done.resident.append((time.monotonic() - began, of_tree(running.pid).rss_mb))
                elif fact["event"] == "figures":
                    done.parts.append(fact)
                    p99, held = percentile(fact["turn_ms"], 99) or 0.0, of_tree(running.pid).rss_mb
                    say(f"  part {len(done.parts)} of {PARTS}: turn p99 {p99:.0f} ms, {held:.0f} MB")
        if len(done.parts) < PARTS:
            raise Unfit("the phones gave up: see what they say above")
        time.sleep(REST_S)
        done.after = _held(bench, running)
        done.longest_collection_ms = processes.asked(running, bench.folder, signal.SIGUSR1)["longest_ms"]
    return done


def _held(bench: Bench, running: processes.Running) -> Held:
    counted = processes.asked(running, bench.folder, signal.SIGUSR2)
    used = of_tree(running.pid)
    return Held(
        used.files, used.threads, counted["tasks"], counted["timers"], counted["objects"], round(used.rss_mb, 1)
    )
