"""Be several processes that want the last places of a fleet: `python -m tests.fleet.racer`.

Arguments: the store's URL, processes, rounds of each (0: until it is killed), calls of the fleet, calls of a line, and
seconds for which a place is kept. They begin together. Each prints what it saw as JSON. The libraries are loaded once.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import sys
from collections import Counter
from typing import Any

import redis.asyncio  # noqa: F401 - loaded before the fork

from ivr.fleet.client import Valkey
from ivr.fleet.slots import LiveSlot, SlotLimits, Slots, Timing

LINES = ("sales", "help")
TOKENS = 100


async def count(store: Any, line: str, more: int) -> tuple[int, int]:
    """Count what is taken of the fleet and of a line, apart from the product."""
    both = store.pipeline()
    both.incrby("taken-fleet", more)
    both.incrby(f"taken-{line}", more)
    fleet, of_line = await both.execute()
    return fleet, of_line


async def main(url: str, index: int, processes: int, rounds: int, fleet: int, line_most: int, expiry: int) -> None:
    store = Valkey(url, f"racer-{index}", patience=60.0)
    store.open()
    slots = Slots(store, Timing(hold=expiry, live=expiry))
    while not store.up:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    await store.ask(lambda ask: ask.sadd("ready", os.getpid()), None)
    while await store.ask(lambda ask: ask.scard("ready"), 0) < processes:  # noqa: ASYNC110
        await asyncio.sleep(0.005)
    seen: Counter[str] = Counter()
    for number in range(rounds) if rounds else itertools.count():
        call, line, node = f"CA{index}-{number}", LINES[number % 2], f"node-{index}"
        answer = await slots.take(call, line, node, SlotLimits(fleet, fleet, line_most))
        seen[str(answer)] += 1
        if answer is None:
            await asyncio.sleep(0.01)
        if answer == "new":
            # Another count than that of the product: what it gave is taken for as long as it is not given back.
            taken = await store.ask(lambda ask, line=line: count(ask, line, 1), (0, 0))  # type: ignore[misc]
            seen["double"] += taken[0] > fleet or taken[1] > line_most
            arrival = await slots.arrive(call, line, node, number, call.encode())
            again = await slots.arrive(call, line, node, number, call.encode())
            seen["not fresh"] += arrival is None or not arrival.fresh
            seen["twice"] += again is None or again.fresh
            await store.ask(lambda ask, line=line: count(ask, line, -1), (0, 0))  # type: ignore[misc]
            if arrival is not None:
                slots.leave(call, LiveSlot(line, number, arrival.since))
    # Every process has the same tokens.
    for number in range(rounds and TOKENS):
        fresh = await slots.arrive("CA-all", "all", f"node-{index}", number, f"token {number}".encode())
        seen["redeemed"] += fresh is not None and fresh.fresh
    await store.close()
    print(json.dumps(seen), flush=True)


def start(url: str, processes: int, *numbers: int) -> None:
    """Start the processes and wait for them."""
    children = []
    for index in range(processes):
        if not (child := os.fork()):
            asyncio.run(main(url, index, processes, *numbers))
            os._exit(0)
        children.append(child)
    for child in children:
        os.waitpid(child, 0)


if __name__ == "__main__":
    start(sys.argv[1], *map(int, sys.argv[2:]))
