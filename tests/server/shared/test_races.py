"""Four processes that want the same places at the same time, and one that is killed in the middle."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from ivr.server.shared.places import Place, Terms
from ivr.server.shared.sqlite_places import SqlitePlaces, prepare, release
from ivr.server.shared.worker import Worker

ROOT = Path(__file__).parents[3]
PROCESSES, ROUNDS, LIMIT = 4, 500, 3


def racers(folder: Path, rounds: int, limit: int) -> list[subprocess.Popen[str]]:
    """Start the processes, all of them at their first round."""
    prepare(folder)
    command = [sys.executable, "-m", "tests.server.shared.racer", str(folder)]
    started = [
        subprocess.Popen(
            [*command, *map(str, (index, PROCESSES, rounds, limit))], cwd=ROOT, text=True, stdout=subprocess.PIPE
        )
        for index in range(PROCESSES)
    ]
    while len(list(folder.glob("*.ready"))) < PROCESSES:
        time.sleep(0.01)
    (folder / "go").touch()
    return started


def left(folder: Path) -> int:
    """Count the places that are taken when all is over."""
    places = SqlitePlaces(folder, Worker(0, PROCESSES, folder), busy_s=60.0)
    taken = places.counts()[0]
    places.close()
    return taken


def test_no_place_and_no_token_is_given_twice(tmp_path: Path) -> None:
    started = racers(tmp_path, ROUNDS, LIMIT)
    seen = [json.loads(process.communicate(timeout=60)[0]) for process in started]
    assert sum(one["answer"] + one["busy"] for one in seen) == PROCESSES * ROUNDS
    assert sum(one["redeemed"] for one in seen) == ROUNDS
    assert max(one["most"] for one in seen) <= LIMIT
    assert min(one["answer"] for one in seen) > 0
    assert left(tmp_path) == 0


def test_a_process_that_is_killed_leaves_nothing_behind(tmp_path: Path) -> None:
    started = racers(tmp_path, 100_000, PROCESSES)
    places = SqlitePlaces(tmp_path, Worker(0, PROCESSES, tmp_path, pid=os.getpid()), busy_s=60.0)
    try:
        for index in range(1, PROCESSES):
            time.sleep(0.1)
            started[index].send_signal(signal.SIGKILL)
            started[index].wait()
            release(tmp_path, index, busy_s=60.0)
        # The others went on, and so does the file.
        assert started[0].poll() is None
        started[0].send_signal(signal.SIGKILL)
        started[0].wait()
        release(tmp_path, 0, busy_s=60.0)
        now = time.monotonic()
        # A call that was answered and not begun has its place until it is void; nothing else is left.
        assert places.awaited(now).calls == places.counts()[0] <= PROCESSES
        assert places.awaited(now + 60).calls == 0
        verdicts = [
            places.admit(Place(f"CA{n}", deadline=now + 120), Terms(PROCESSES), now + 60).verdict for n in range(5)
        ]
        assert verdicts == ["answer"] * 4 + ["busy"]
    finally:
        for process in started:
            process.kill()
            process.communicate()
        places.close()
