"""Measure what the bridge carries: `python -m tools.load`, or `scripts/bench`, with one of these.

capacity   calls a core: levels, or a search for the most; against another revision, and against the floor
profile    microseconds of CPU a frame by stage, and a flame graph (needs py-spy)
start      time until the bridge is ready, and its memory before the first call
soak       many calls for a long time: memory, files, threads, tasks, timers, and the waits at the beginning and the end
workers    calls on one worker process and on two
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from tools.load import capacity, profile, soak, start, workers
from tools.load.bench import bench, say
from tools.load.machine import Unfit

STOPPED: Final = 130


def _show(given: argparse.Namespace, text: str) -> None:
    if not given.json:
        print(text)


def _capacity(given: argparse.Namespace) -> dict[str, Any]:
    with bench(seconds=given.seconds, anyway=given.anyway) as made:
        done = capacity.run(
            made, given.calls, search=given.find, most=given.most, against=given.against, floor=given.floor
        )
    _show(given, done.text())
    return done.as_json()


def _profile(given: argparse.Namespace) -> dict[str, Any]:
    sampler = profile.sampler(given.py_spy)
    with bench(seconds=given.seconds, anyway=given.anyway) as made:
        done = profile.run(made, given.calls, sampler)
    if given.svg:
        given.svg.write_text(done.flame(), encoding="utf-8")
        say(f"flame graph of {done.sampled[-1].calls} calls: {given.svg}")
    if given.raw:
        given.raw.write_text("".join(f"{line}\n" for line in done.raw), encoding="utf-8")
    _show(given, done.text())
    return done.as_json()


def _start(given: argparse.Namespace) -> dict[str, Any]:
    with bench(seconds=0.0, anyway=given.anyway) as made:
        starts = start.run(made, times=given.times)
    _show(given, start.text(starts))
    return start.as_json(starts)


def _soak(given: argparse.Namespace) -> dict[str, Any]:
    with bench(seconds=0.0, anyway=given.anyway) as made:
        done = soak.run(made, given.calls, given.minutes)
    _show(given, "\n".join(done.lines()))
    return done.as_json()


def _workers(given: argparse.Namespace) -> dict[str, Any]:
    workers.check()
    with bench(seconds=given.seconds, anyway=given.anyway, bridge_cores=max(given.workers)) as made:
        done = workers.run(made, given.workers, given.calls, search=given.find, most=given.most)
    _show(given, done.text())
    return done.as_json()


def _levels(text: str) -> list[int]:
    return [max(1, int(part)) for part in text.split(",")]


def arguments() -> argparse.ArgumentParser:
    """Return the command line."""
    asks = argparse.ArgumentParser(
        prog="scripts/bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = asks.add_subparsers(required=True, metavar="WHAT")

    def command(
        name: str, act: Callable[[argparse.Namespace], dict[str, Any]], seconds: float
    ) -> argparse.ArgumentParser:
        made = commands.add_parser(name)
        made.set_defaults(act=act)
        made.add_argument("--seconds", type=float, default=seconds, help="measured time of a level")
        made.add_argument("--anyway", action="store_true", help="measure on a machine that others use as well")
        made.add_argument("--json", action="store_true", help="print the figures as JSON")
        return made

    one = command("capacity", _capacity, 20.0)
    one.add_argument("--calls", type=_levels, default=[1, 20, 40], help="levels, as 1,50,100")
    one.add_argument("--find", action="store_true", help="search for the most calls that break no limit")
    one.add_argument("--most", type=int, default=400, help="calls at which the search ends")
    one.add_argument("--against", default="", metavar="REF", help="a git revision to compare with, in the same run")
    one.add_argument("--no-floor", dest="floor", action="store_false", help="leave out the bare server")
    one = command("profile", _profile, 20.0)
    one.add_argument(
        "--calls", type=_levels, default=[60], help="levels, as 1,50,100,150; the flame graph shows the last"
    )
    one.add_argument("--py-spy", default="", metavar="PATH", help="the sampler, where it is not on the PATH")
    one.add_argument("--svg", type=Path, help="write the flame graph to this file")
    one.add_argument("--raw", type=Path, help="write the raw stacks of the last level to this file")
    one = command("start", _start, 0.0)
    one.add_argument("--times", type=int, default=start.TIMES, help="starts to take the median of")
    one = command("soak", _soak, 0.0)
    one.add_argument("--calls", type=int, default=40)
    one.add_argument("--minutes", type=float, default=10.0)
    one = command("workers", _workers, 20.0)
    one.add_argument("--workers", type=_levels, default=[1, 2], help="numbers of workers to compare")
    one.add_argument("--calls", type=_levels, default=[40, 80], help="levels, as 40,80")
    one.add_argument("--find", action="store_true", help="search for the most calls that break no limit")
    one.add_argument("--most", type=int, default=800, help="calls at which the search ends")
    return asks


def main() -> None:
    """Run the command line."""
    given = arguments().parse_args()
    # Ended in any way, what was started is ended too.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    try:
        figures = given.act(given)
    except Unfit as why:
        sys.exit(f"scripts/bench: {why}")
    except KeyboardInterrupt:
        say("stopped")
        sys.exit(STOPPED)
    if given.json:
        print(json.dumps(figures))


if __name__ == "__main__":
    main()
