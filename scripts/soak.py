"""Place many calls with random faults of every peer, and check that they leave nothing behind in the process.

`python -m scripts.soak --calls 1000` places them in batches, many at a time, in virtual time. Callers interrupt, press
keys, hang up or lose their connection. The speech service and the agent fail in every way on file, by the seed. After
each batch the bridge rests; then tasks, timers, sockets, requests, places, file descriptors and memory are counted. A
log record that is an error or carries a traceback counts too: a task whose exception was never taken is one.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import logging
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from random import Random

from ivr.call.ports import WireClosed
from ivr.server.bridge import Bridge
from ivr.testbench import virtual_time
from ivr.testbench.agent.script import AgentScript
from ivr.testbench.faults.fault_file import SETTLED_MS, Service
from ivr.testbench.faults.harness import (
    FaultHarness,
    FaultPeers,
    FourSentenceAgent,
    build_bridge,
    render_phrases,
    ring,
    running,
    settings,
)
from ivr.testbench.hamsa.profile import HamsaProfile, parse_rule
from ivr.testbench.phone.phone import PhoneOptions
from ivr.testbench.scenario import Scenario, from_words

MOST_CALLS = 10_000
PROCESS = Path("/proc/self")
AT_ONCE = 20
SPREAD = 10.0
"""Seconds in which the calls of a batch arrive."""
REST = 400.0
"""Seconds after a batch in which all of it must be gone: links without use are kept for five minutes."""
RULES = (
    "socket drop pause=25 probability=0.1",
    "socket deaf pause=20 probability=0.05",
    "socket close pause=40 code=1001 probability=0.1",
    "socket slow pause=3 probability=0.1",
    "socket http code=503 probability=0.05",
    "tts degenerate probability=0.1",
    "tts empty probability=0.03",
    "tts stall after=1 probability=0.02",
    "tts stall after=0 pause=2 probability=0.03",
    "tts no_end probability=0.02",
    "tts cut after=1 probability=0.03",
    "tts close after=0 code=1001 probability=0.03",
    "tts error after=1 probability=0.03",
    "tts late probability=0.05",
    "tts odd probability=0.05",
    "tts riff probability=0.05",
    "stt stall probability=0.03",
    "stt stall pause=2 probability=0.05",
    "stt thinking probability=0.03",
    "stt close probability=0.05",
    "stt cut probability=0.03",
    "stt error probability=0.03",
)
MOODS = ("tools",) * 8 + ("500", "404", "html", "empty", "error", "cut", "late_error", "late_stall", "stall", "busy")
QUESTIONS = ("كم سعر الشحن", "لحظة من فضلك", "نعم", "متى تفتح الفروع", "وين شحنتي")


class Moody(FourSentenceAgent):
    """Answer every question in another way."""

    def __init__(self, chance: Random) -> None:
        super().__init__()
        self._chance = chance

    def asked(self, body: bytes, query: Mapping[str, str]) -> AgentScript:
        self.answers.clear()
        return super().asked(body, {"mode": self._chance.choice(MOODS)})


@dataclass
class Weight:
    """Count what the process holds between batches."""

    calls: int
    """Calls placed so far."""
    tasks: int
    timers: int
    sockets: int
    """Sockets open at the speech service: the spare ones."""
    requests: int
    """Requests in flight at the speech service."""
    answers: int
    """Replies of the agent that are not over."""
    places: int
    """Places taken in the admission."""
    descriptors: int
    objects: int
    """Objects of Python, after a collection."""
    megabytes: float
    """Resident memory of the process."""


@dataclass
class Soak:
    """Hold what came of the soak."""

    weights: list[Weight] = field(default_factory=list)
    """What the process held before the first batch and after each."""
    endings: Counter[str] = field(default_factory=Counter)
    """How the streams ended."""
    faults: Counter[str] = field(default_factory=Counter)
    """Faults of the services that happened, by name."""
    violations: Counter[str] = field(default_factory=Counter)
    """What the bridge did and must never do, by name."""
    errors: Counter[str] = field(default_factory=Counter)
    """Log records that are errors or carry a traceback."""
    sentences: int = 0
    seconds: float = 0.0
    """Length of all calls together, in seconds."""

    def left(self) -> list[str]:
        """Return what the calls left behind."""
        first, last = self.weights[0], self.weights[-1]
        found = [f"{name} {getattr(last, name)}" for name in ("requests", "answers", "places") if getattr(last, name)]
        grown = ("tasks", "timers", "sockets", "descriptors")
        found += [
            f"{name} {getattr(first, name)} -> {getattr(last, name)}"
            for name in grown
            if getattr(last, name) > getattr(first, name)
        ]
        found += [f"violation {name} x{count}" for name, count in self.violations.items()]
        return found + [f"error {message!r} x{count}" for message, count in self.errors.items()]


class Errors(logging.Handler):
    """Count the errors in the log, and show the first of each."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: Counter[str] = Counter()

    def emit(self, record: logging.LogRecord) -> None:
        """Count one record."""
        if record.levelno >= logging.ERROR or record.exc_info:
            message = record.getMessage().partition("\n")[0]
            if not self.seen[message]:
                print(logging.Formatter().format(record), file=sys.stderr)
            self.seen[message] += 1


def caller(chance: Random) -> Scenario:
    """Return a caller with one to three acts and an end."""
    words = [f"at {chance.uniform(0.5, 3):.1f} say {chance.choice(QUESTIONS)}"]
    for _ in range(chance.randrange(3)):
        act = chance.choice([f"say {chance.choice(QUESTIONS)}", "press 1#", f"say {chance.choice(QUESTIONS)}"])
        words.append(chance.choice(["", f"over {chance.randrange(300, 3000)} "]) + act)
    end = chance.choice(["stop", "stop", "close", "drop"])
    words.append(chance.choice(["", "over 500 ", f"at {chance.uniform(1, 20):.1f} "]) + f"hang up {end}")
    made = from_words(words, language="ar", settle_ms=SETTLED_MS)
    return Scenario(made.steps, language="ar", settle_ms=SETTLED_MS, patience_s=40)


async def soak(calls: int, harness: FaultHarness, *, seed: int = 1, at_once: int = AT_ONCE, batch: int = 100) -> Soak:
    """Place the calls on one bridge, in batches."""
    rules = tuple(parse_rule(line) for line in RULES)
    profile = HamsaProfile(rules=rules, seed=seed, first_frame_spread=0.1, transcript=QUESTIONS[0])
    peers = FaultPeers(Service(), profile)
    peers.agent = Moody(Random(seed + 1))
    done = Soak()
    async with running(build_bridge(settings(harness.folder, IVR_LANGUAGE="ar"), peers, seed=seed)) as bridge:
        await asyncio.sleep(REST)
        done.weights.append(_weight(0, bridge, peers))
        gate = asyncio.Semaphore(at_once)
        for first in range(0, calls, batch):
            numbers = range(first, min(calls, first + batch))
            await asyncio.gather(*(_one(bridge, peers, gate, done, Random(f"{seed}/{n}"), n) for n in numbers))
            peers.switchboard.calls.clear()
            peers.switchboard.requests.clear()
            await asyncio.sleep(REST)
            done.weights.append(_weight(numbers[-1] + 1, bridge, peers))
    tally = peers.hamsa.mock.stats
    done.faults, done.violations, done.sentences = tally.faults, tally.violations, tally.requests["tts"]
    done.faults.update({name: count for name, count in peers.agent.counts.items() if name.startswith("mode_")})
    done.faults.pop("mode_tools", None)
    return done


async def _one(
    bridge: Bridge, peers: FaultPeers, gate: asyncio.Semaphore, done: Soak, chance: Random, number: int
) -> None:
    async with gate:
        await asyncio.sleep(chance.uniform(0, SPREAD))
        try:
            record = await ring(bridge, caller(chance), peers.switchboard, seed=number, phone=PhoneOptions())
        except WireClosed:  # the phone died while its socket was being closed
            done.endings["lost"] += 1
            return
        done.endings[record.ended] += 1
        done.seconds += len(record.heard) / 8000


def _weight(calls: int, bridge: Bridge, peers: FaultPeers) -> Weight:
    gc.collect()
    loop = asyncio.get_running_loop()
    timers = [timer for timer in loop._scheduled if not timer.cancelled()]  # type: ignore[attr-defined]
    tally, counts = peers.hamsa.mock.stats, peers.agent.counts
    return Weight(
        calls,
        len(asyncio.all_tasks()),
        len(timers),
        tally.open_sockets,
        tally.in_flight,
        counts["requests"] - counts["whole"] - counts["aborted"],
        len(bridge.admission),
        len(list(PROCESS.joinpath("fd").iterdir())) if PROCESS.exists() else 0,
        len(gc.get_objects()),
        _resident() if PROCESS.exists() else 0.0,
    )


def _resident() -> float:
    pages = int(PROCESS.joinpath("statm").read_text().split()[1])
    return round(pages * os.sysconf("SC_PAGE_SIZE") / 1e6, 1)


def main() -> None:
    """Run the command line."""
    asks = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asks.add_argument("--calls", type=int, default=1000, help=f"up to {MOST_CALLS}")
    asks.add_argument("--seed", type=int, default=1)
    given = asks.parse_args()
    errors = Errors()
    logging.getLogger().addHandler(errors)
    with tempfile.TemporaryDirectory() as folder:
        harness = render_phrases(Path(folder))
        done = virtual_time.run(soak(max(1, min(given.calls, MOST_CALLS)), harness, seed=given.seed), limit=1e7)
        gc.collect()
    done.errors = errors.seen
    for weight in done.weights:
        print(json.dumps(asdict(weight)))
    print(
        f"{done.seconds / 3600:.1f} hours of calls, {done.sentences} requests for speech; ended by {dict(done.endings)}"
    )
    print(f"faults: {dict(done.faults.most_common())}")
    left = done.left()
    print("left behind: " + (", ".join(left) or "nothing"))
    sys.exit(bool(left))


if __name__ == "__main__":
    main()
