"""Share out new connections: the worker with the least to do takes one at once, the others wait a little.

All workers wait at one socket, and the first to ask gets the connection. Calls last for minutes, so what is uneven
stays uneven: with a hash of the sender's port (SO_REUSEPORT) the fullest of four workers has 30 % more than its share
of 50 calls, and 6 % more of 1000. Here a worker with more to do than another stands back for some milliseconds a call:
the other one is there first, also when its event loop is late. A worker that hangs takes nothing: for half a second it
delays the others by no more than `LONGEST_S`, and then it does not count (`ivr.server.workers.table`).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

STAND_BACK_S: Final = 0.01
"""Seconds to stand back for each call and connection more than the least. An event loop under load is that late."""
LONGEST_S: Final = 0.1
"""Seconds to stand back at most."""
UNEVEN: Final = 2
"""Calls and connections more than the least from which a worker keeps no connection after its answer."""
LEAVING: Final = 1 << 20
"""What is added to the load of a worker that is about to end: it takes what no other one does."""


def patience(own: int, others: Iterable[int]) -> float:
    """Return for how many seconds a worker leaves a connection to others. `others`: the loads of those that live."""
    least = min(others, default=own)
    return min(LONGEST_S, STAND_BACK_S * max(0, own - least))


def keeps(own: int, others: Iterable[int]) -> bool:
    """Return whether a worker keeps a connection after its answer.

    A proxy sends the next call's stream on a connection that it has kept: it would come here again, whatever the others
    have to do. On a new one it comes to the worker with the least.
    """
    return own - min(others, default=own) < UNEVEN
