"""Write and read moments: Unix time as ISO 8601 in UTC, and what a person writes for one."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from hashlib import sha1
from typing import Final
from uuid import UUID

_AGO: Final = re.compile(r"([0-9]{1,5})([smhdw])")
_SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


def iso(at: float) -> str:
    """Return a moment as ISO 8601 in UTC, with milliseconds."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def moment(written: str, now: float) -> float:
    """Return the moment that a person means: 2026-11-30, 2026-11-30T15:00, or 2h, 3d ago. Raises ValueError.

    A time without a zone is of this machine's.
    """
    if found := _AGO.fullmatch(written.strip()):
        return now - int(found[1]) * _SECONDS[found[2]]
    try:
        return datetime.fromisoformat(written.strip()).timestamp()
    except (ValueError, OverflowError, OSError):
        raise ValueError(f"{written}: write a date (2026-11-30), a time (2026-11-30T15:00), or 2h, 3d ago") from None


def call_uuid(call_id: str, started_ms: int) -> UUID:
    """Return the id of a call for a vCon: version 8, as the draft makes it, of the time and a hash.

    The same for the same call, of its record and of its tape.
    """
    mixed = int.from_bytes(sha1(call_id.encode("utf-8", "replace")).digest()[:10], "big")  # noqa: S324
    value = (started_ms & (1 << 48) - 1) << 80 | mixed
    value = value & ~(0xF << 76) | 8 << 76
    return UUID(int=value & ~(3 << 62) | 2 << 62)
