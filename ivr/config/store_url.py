"""Check the URL of the store that a fleet shares."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

STORE_SCHEMES: Final[Mapping[str, str]] = {
    "redis": "redis",
    "valkey": "redis",
    "rediss": "rediss",
    "valkeys": "rediss",
    "unix": "unix",
}
"""The schemes of a URL, and what the client's library calls them."""


def check_store_url(url: str) -> str | None:
    """Return what is wrong with the URL of a store. It says nothing of what stands in it: that may be a password."""
    try:
        parts = urlsplit(url)
        good = parts.scheme in STORE_SCHEMES and bool(parts.path if parts.scheme == "unix" else parts.hostname)
        good = good and (parts.port is None or parts.port > 0) and not any(character <= " " for character in url)
        # The number of the database: a path that is none would be another database than is meant.
        path = parts.path.strip("/")
        good = good and (parts.scheme == "unix" or not path or path.isdecimal())
    except ValueError:
        good = False
    if good:
        return None
    return "is not the URL of a Valkey or Redis server: write redis://host:6379, rediss://host:6379 or unix:///path"
