"""Raise the number of files and sockets that this process may have open."""

from __future__ import annotations

import sys
from typing import Final

ENOUGH: Final = 65_536
"""More than a bridge needs."""


def raise_limit() -> int:
    """Raise the limit as far as an ordinary user may, and return it."""
    if sys.platform == "win32":
        return ENOUGH
    import resource  # noqa: PLC0415 - there is none on Windows

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = ENOUGH if hard == resource.RLIM_INFINITY else min(hard, ENOUGH)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        except (OSError, ValueError):  # a system that promises more than it gives
            return soft
        return wanted
    return ENOUGH if soft == resource.RLIM_INFINITY else soft
