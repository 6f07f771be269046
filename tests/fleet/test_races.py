"""Eight processes that want the last places of a fleet, one that is killed, and a store that dies in the middle."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ivr.fleet.keys import key
from tests.fleet.racer import LINES, TOKENS
from tests.fleet.valkey import ValkeyServer

pytestmark = pytest.mark.live
ROOT = Path(__file__).parents[2]
PROCESSES, ROUNDS = 8, 1250
"""10,000 races."""
FLEET, LINE = 5, 3
EXPIRY = 2
SOON = 60.0


@contextlib.contextmanager
def racing(server: ValkeyServer, rounds: int, expiry: int = 60) -> Iterator[subprocess.Popen[str]]:
    """Start the processes, in a group of their own."""
    command = [sys.executable, "-m", "tests.fleet.racer", server.url]
    started = subprocess.Popen(
        [*command, *map(str, (PROCESSES, rounds, FLEET, LINE, expiry))],
        cwd=ROOT,
        text=True,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        yield started
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(started.pid, signal.SIGKILL)
        started.communicate()


def until(true: Any) -> None:
    """Wait until something is true."""
    deadline = time.monotonic() + SOON
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def taken(store: Any) -> int:
    """How many places are not free by the store's clock."""
    seconds, parts = store.time()
    return int(store.zcount(key("slots"), f"({seconds + parts / 1e6}", "+inf"))


def test_ten_thousand_races_for_the_last_place(valkey: ValkeyServer) -> None:
    with racing(valkey, ROUNDS) as started:
        seen = [Counter(json.loads(line)) for line in started.communicate(timeout=220)[0].splitlines()]
    assert len(seen) == PROCESSES
    whole = sum(seen, Counter())
    assert whole["new"] + whole["full"] + whole["line_full"] == PROCESSES * ROUNDS
    # A limit that was never reached proves nothing.
    assert whole["full"] > 0
    assert whole["line_full"] > 0
    assert min(one["new"] for one in seen) > 0
    assert (whole["double"], whole["twice"], whole["not fresh"]) == (0, 0, 0)
    assert whole["redeemed"] == TOKENS
    with contextlib.closing(valkey.client()) as store:
        assert store.zrange(key("slots"), 0, -1) == [b"CA-all"]
        assert [store.zcard(key("slots", line)) for line in LINES] == [0, 0]
        assert store.hlen(key("owners")) == 1


def test_no_crash_leaks_a_place_past_one_expiry(valkey: ValkeyServer) -> None:
    with racing(valkey, 0, EXPIRY) as started, contextlib.closing(valkey.client()) as store:
        until(lambda: taken(store) > 0)
        pids = [int(pid) for pid in store.smembers("ready")]
        valkey.kill()
        valkey.start()
        # It has forgotten everything. The processes find it again, and go on.
        until(lambda: taken(store) > 0)
        for _ in range(50):
            assert taken(store) <= FLEET
        # One dies in the middle, and the others go on; then all of them.
        os.kill(pids[0], signal.SIGKILL)
        for _ in range(50):
            assert taken(store) <= FLEET
        assert started.poll() is None
        for pid in pids[1:]:
            os.kill(pid, signal.SIGKILL)
        started.wait(timeout=SOON)
        assert taken(store) <= FLEET
        killed = time.monotonic()
        until(lambda: taken(store) == 0)
        assert time.monotonic() - killed < EXPIRY + 0.5
