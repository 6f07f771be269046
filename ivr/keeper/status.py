"""Let the processes of the calls know how the keeper does: a small file in the data folder."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec

from ivr.records.folder import replace_file

STATUS_S: Final = 2.0
"""Seconds between two writings of the status."""
STATUS_FRESH_S: Final = 15.0
"""Seconds after which a keeper that says nothing is not there, or stands still."""


class KeeperStatus(msgspec.Struct, frozen=True):
    """Hold what the keeper says of itself."""

    at: float = 0.0
    """When, in seconds of Unix time."""
    figures: dict[str, float] = {}
    """What the chores report, by names."""

    def is_up(self, now: float) -> bool:
        """Return whether the keeper is at work at this wall time."""
        # The clock may have been put back meanwhile.
        return abs(now - self.at) < STATUS_FRESH_S


def status_path(data: Path) -> Path:
    """Return the file of the status."""
    return data / "keeper.json"


def write_status(data: Path, status: KeeperStatus) -> None:
    """Write the status. Raises OSError."""
    replace_file(status_path(data), msgspec.json.encode(status))


def read_status(data: Path) -> KeeperStatus:
    """Return the status; that of a keeper that was never there where there is none."""
    try:
        return msgspec.json.decode(status_path(data).read_bytes(), type=KeeperStatus)
    except (OSError, ValueError):
        return KeeperStatus()
