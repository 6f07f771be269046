"""Be one of several processes that want the same places at the same time: `python -m tests.server.shared.racer`.

Arguments: the folder, this worker's index, all workers, rounds, and the limit of calls. Prints what it saw as JSON.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from ivr.server.shared.places import Place, Terms
from ivr.server.shared.sqlite_places import SqlitePlaces
from ivr.server.shared.worker import Worker


def main(folder: Path, index: int, count: int, rounds: int, limit: int) -> None:
    places = SqlitePlaces(folder, Worker(index, count, folder), busy_s=60.0)
    # All begin at once.
    (folder / f"{index}.ready").touch()
    while not (folder / "go").exists():
        time.sleep(0.001)
    seen = {"answer": 0, "busy": 0, "most": 0, "redeemed": 0}
    for number in range(rounds):
        now = time.monotonic()
        call = f"CA{index}-{number}"
        admitted = places.admit(Place(call, deadline=now + 60, nonce=call.encode()), Terms(limit), now)
        seen[admitted.verdict] += 1
        if admitted.verdict == "answer":
            seen["most"] = max(seen["most"], places.counts()[0])
            places.arrive(call, number)
            seen["most"] = max(seen["most"], places.counts()[0])
            places.leave(call, number, now)
        # Every process has the same tokens.
        seen["redeemed"] += places.redeem(f"token {number}".encode(), now + 3600, now)
    print(json.dumps(seen))


if __name__ == "__main__":
    main(Path(sys.argv[1]), *map(int, sys.argv[2:]))
