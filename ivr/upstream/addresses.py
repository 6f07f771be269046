"""Remember the addresses of the peers' names, and decide when to look again. Pure: `now` is an argument.

A name server that does not answer must not stop calls to a peer whose address was known a minute ago.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

FRESH_S: Final = 10.0
"""Seconds for which an address is used without another lookup."""
KEPT_S: Final = 3600.0
"""Seconds for which the last good addresses stand in for a lookup that fails or hangs."""
HANGING_S: Final = 15.0
"""Seconds after which a lookup is taken to hang, so that another one may begin beside it."""
MOST_LOOKUPS: Final = 3
"""Lookups of one name at once. Each is a thread."""


@dataclass(slots=True)
class _Name:
    """Hold what is known of one name. Times are seconds of `now`."""

    addresses: tuple[str, ...] = ()
    found_at: float = float("-inf")
    doubted: bool = False
    """A connection to these addresses has failed since."""
    lost: bool = False
    """The last lookup failed."""
    begun_at: float = float("-inf")
    running: int = 0
    """Lookups under way."""


class Addresses:
    """Hold the last good addresses of each name that is looked up."""

    def __init__(self) -> None:
        self._names: dict[str, _Name] = {}

    def __repr__(self) -> str:
        return f"<Addresses {len(self._names)} names, {sum(name.running for name in self._names.values())} looked up>"

    def fresh(self, host: str, now: float) -> tuple[str, ...]:
        """Return addresses that need no lookup; none: look the name up."""
        name = self._names.get(host)
        return name.addresses if name is not None and not name.doubted and now - name.found_at < FRESH_S else ()

    def kept(self, host: str, now: float) -> tuple[str, ...]:
        """Return the last good addresses, for when a lookup fails or takes long; none: there are none."""
        name = self._names.get(host)
        return name.addresses if name is not None and now - name.found_at < KEPT_S else ()

    def begin(self, host: str, now: float) -> bool:
        """Return whether a lookup must begin now, and count it. False: wait for the one that is under way."""
        name = self._names.setdefault(host, _Name())
        hangs = now - name.begun_at >= HANGING_S
        if name.running and not (hangs and name.running < MOST_LOOKUPS):
            return False
        name.running += 1
        name.begun_at = now
        return True

    def end(self, host: str, found: tuple[str, ...], now: float) -> Literal["lost", "found"] | None:
        """Take the result of a lookup; no addresses: it failed. Returns what is worth telling: a change."""
        name = self._names[host]
        name.running -= 1
        before, name.lost = name.lost, not found
        if found:
            name.addresses, name.found_at, name.doubted = found, now, False
        if name.lost == before:
            return None
        return "lost" if name.lost else "found"

    def doubt(self, host: str) -> None:
        """Note that these addresses could not be connected to: the name is looked up before the next attempt."""
        if (name := self._names.get(host)) is not None:
            name.doubted = True
