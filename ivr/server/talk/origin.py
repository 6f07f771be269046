"""Tell whether a browser's request comes from the softphone's own page.

A page of another site can make a browser send requests and open sockets with its cookies; the browser says which site
asked (`Origin`). Programs that are no browser send none, and have no business here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from ivr.config.checks import is_loopback
from ivr.server.local_only import RELAYED

_PORTS: Final = {"http": 80, "https": 443}


def own_origin(headers: Mapping[str, str], public_url: str) -> bool:
    """Return whether a request says that it comes from a page of `public_url`, or of this machine by its own name."""
    given = _parts(headers.get("origin", ""))
    if given is None:
        return False
    # On loopback the server has several names, and the page is asked under one of them.
    return given == _parts(public_url) or (on_machine(headers) and given == _parts(f"http://{headers.get('host', '')}"))


def on_machine(headers: Mapping[str, str]) -> bool:
    """Return whether a request names this machine as loopback, and came through no proxy or tunnel."""
    host = _parts(f"http://{headers.get('host', '')}")
    return host is not None and is_loopback(host[1]) and not RELAYED.intersection(headers)


def _parts(url: str) -> tuple[str, str, int] | None:
    """Return scheme, host and port of a URL; None: it is none."""
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS[parts.scheme]
    except (ValueError, KeyError):
        return None
    return (parts.scheme, parts.hostname, port) if parts.hostname else None
