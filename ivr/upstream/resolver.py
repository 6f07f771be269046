"""Look up names without holding up any other name: a thread for each name, and never for long.

The event loop looks names up in four threads for all. One peer whose name server hangs would take all four, and no
other peer could be connected to. `Addresses` decides; here are the threads.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import socket
import threading
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from typing import Final, TypeAlias, TypeVar

from ivr.upstream.addresses import Addresses

log = logging.getLogger("ivr.dns")

NEXT_ADDRESS_S: Final = 2.0
"""Seconds that an attempt may take while there are other addresses to try."""
LOOKUP_S: Final = 4.0
"""Seconds that the first lookup of a name may take."""
KNOWN_S: Final = 0.5
"""Seconds that a lookup may take where there is an address of before."""

Opened = TypeVar("Opened")
Lookup: TypeAlias = Callable[[str], tuple[str, ...]]
"""Function that looks a name up, and waits for it. Raises OSError."""


class Resolver:
    """Look up the names of the peers of one process. Its event loops may come and go."""

    def __init__(self, lookup: Lookup | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._lookup = lookup or system_lookup
        self._clock = clock
        self._lock = threading.Lock()
        self._addresses = Addresses()
        self._running: dict[str, Future[tuple[str, ...]]] = {}

    def __repr__(self) -> str:
        return f"<Resolver {self._addresses!r}>"

    async def resolve(self, host: str) -> tuple[str, ...]:
        """Return the addresses of a host, at least one. Raises OSError; TimeoutError when the lookup takes too long."""
        if is_address(host):
            return (host,)
        now = self._clock()
        with self._lock:
            if fresh := self._addresses.fresh(host, now):
                return fresh
            kept = self._addresses.kept(host, now)
            if self._addresses.begin(host, now):
                self._running[host] = self._start(host)
            running = self._running[host]
        # Not the future itself: one of those that wait may be cancelled, and the others wait for the same.
        done, _ = await asyncio.wait([asyncio.wrap_future(running)], timeout=KNOWN_S if kept else LOOKUP_S)
        found = next((future.result() for future in done), ())
        if found or kept:
            return found or kept
        raise socket.gaierror(socket.EAI_NONAME, "no address") if done else TimeoutError("no address in time")

    async def connect(
        self,
        host: str,
        attempt: Callable[[str], Awaitable[Opened]],
        failures: tuple[type[Exception], ...] = (OSError,),
    ) -> Opened:
        """Return what `attempt(address)` opens, at the first address of `host` where it does not fail.

        Raises OSError when there is no address, and what the last attempt raised.
        """
        *others, last = await self.resolve(host)
        try:
            for address in others:
                limit = asyncio.timeout(NEXT_ADDRESS_S)
                try:
                    async with limit:
                        return await attempt(address)
                except failures:
                    continue
                except TimeoutError:
                    if not limit.expired():
                        raise
            return await attempt(last)
        except BaseException:
            # Whatever it was: the next attempt looks the name up first.
            with self._lock:
                self._addresses.doubt(host)
            raise

    def _start(self, host: str) -> Future[tuple[str, ...]]:
        """Look a name up in a thread of its own. The future gets the addresses, none for a failure."""
        found: Future[tuple[str, ...]] = Future()
        # It is never cancelled: a lookup cannot be.
        found.set_running_or_notify_cancel()

        def run() -> None:
            addresses: tuple[str, ...] = ()
            why = ""
            try:
                addresses = self._lookup(host)
            except (OSError, UnicodeError) as error:
                why = str(error)
            with self._lock:
                change = self._addresses.end(host, addresses, self._clock())
            if change == "lost":
                log.warning("name_not_found", extra={"host": host, "why": why})
            elif change == "found":
                log.info("name_found", extra={"host": host})
            found.set_result(addresses)

        # A daemon: a lookup that hangs must not keep the process from ending, as those of an executor do.
        threading.Thread(target=run, name="dns", daemon=True).start()
        return found


def is_address(host: str) -> bool:
    """Return whether a host is an address already, IPv6 with a zone included."""
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


def system_lookup(host: str) -> tuple[str, ...]:
    """Return what the system says of a name, in its order, each address once. Raises OSError."""
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(address[0]) for *_, address in found))


SHARED: Final = Resolver()
"""The resolver of this process: what one connection has learnt, the next one knows."""
