"""What of the machine's settings a worker gets."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr.server.workers.shares import share
from tests.support.front import settings


@pytest.mark.parametrize(("count", "pace", "burst"), [(1, 4.0, 8), (3, 4 / 3, 2), (16, 0.25, 1)])
def test_the_pace_of_connections_is_the_machines(tmp_path: Path, count: int, pace: float, burst: int) -> None:
    whole = settings(tmp_path, IVR_CONNECTS_PER_SECOND="4", IVR_CONNECTS_BURST="8", IVR_SPARE_LINKS="3")
    own = share(whole, count)
    assert (own.connects_per_second, own.connects_burst) == (pace, burst)
    # Spare links are counted by a worker's own calls.
    assert (own.spare_links, own.links_per_call, own.max_calls) == (3, 1.0, whole.max_calls)
