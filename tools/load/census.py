"""Run `ivr` in a process that can be asked what it holds: `python -m tools.load.census serve --dev`.

SIGUSR1 writes the time that the garbage collector took. SIGUSR2 writes tasks and timers as well, and the process stands
still for as long as a collection takes. Both add a line of JSON to the file that `LOAD_CENSUS` names.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import signal
import time
from pathlib import Path
from typing import Any, Final

FILE: Final = "LOAD_CENSUS"


class Census:
    """Count what this process holds."""

    def __init__(self, out: Path) -> None:
        self._out = out
        self._began = 0.0
        self.collector_s = 0.0
        self.longest_ms = 0.0
        self.collections = [0, 0, 0]

    def collected(self, phase: str, info: dict[str, Any]) -> None:
        """Measure one run of the garbage collector: a callback of `gc`."""
        if phase == "start":
            self._began = time.perf_counter()
            return
        took = time.perf_counter() - self._began
        self.collector_s += took
        self.longest_ms = max(self.longest_ms, 1e3 * took)
        self.collections[info["generation"]] += 1

    def tell(self, number: int, _frame: object) -> None:
        """Write what is held: a signal handler."""
        held = {"collector_s": self.collector_s, "longest_ms": self.longest_ms, "collections": self.collections}
        if number == signal.SIGUSR2:
            objects = gc.get_objects()
            held["objects"] = len(objects)
            # Not isinstance: a weak proxy would answer for an object that is gone.
            held["tasks"] = sum(issubclass(type(one), asyncio.Task) and not one.done() for one in objects)
            held["timers"] = sum(type(one).__name__ == "TimerHandle" and not one.cancelled() for one in objects)
        with self._out.open("a", encoding="utf-8") as out:
            out.write(json.dumps(held) + "\n")


def main() -> None:
    """Run `ivr` with the arguments that were given."""
    census = Census(Path(os.environ[FILE]))
    gc.callbacks.append(census.collected)
    signal.signal(signal.SIGUSR1, census.tell)
    signal.signal(signal.SIGUSR2, census.tell)
    from ivr.cli import main as ivr

    ivr()


if __name__ == "__main__":
    main()
