"""When an agent is left alone: one breaker for each URL, shared by all calls.

Pure. An agent is at fault when it cannot be reached, breaks off, is overloaded, or leaves a caller without a word for
so long that he is given up on. It is well when words come, or a pause. An answer that makes no sense, or a refusal that
comes at once, is neither: it costs nobody time.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

from ivr.upstream.breaker import Breaker, BreakerLimits

BREAKER: Final = "breaker"
"""The reason of a reply that was not asked for."""
ABANDONED: Final = 8.0
"""Seconds without a word after which whoever gives up had a reason."""
AGENTS: Final = 256
"""URLs remembered."""
_AT_FAULT: Final = re.compile("connect|tls|timeout|broken|http_(408|429|5..)")


class Breakers:
    """The breakers of all agents of this process."""

    def __init__(self, limits: BreakerLimits | None = None, chance: Callable[[], float] = lambda: 0.5) -> None:
        """`chance`: 0 to 1, spreads the pauses."""
        self._limits = limits or BreakerLimits()
        self._chance = chance
        self._breakers: dict[str, Breaker] = {}

    def __repr__(self) -> str:
        failing = sum(breaker.failures > 0 for breaker in self._breakers.values())
        return f"<Breakers of {len(self._breakers)} agents, {failing} failing>"

    def __iter__(self) -> Iterator[Breaker]:
        """Of the agents that have failed before."""
        return iter(self._breakers.values())

    def admits(self, url: str, now: float) -> bool:
        """Whether the agent may be asked now."""
        return url not in self._breakers or self._breakers[url].admits(now)

    def spoke(self, url: str) -> bool:
        """Words came, or a pause. True: the agent had been left alone, and is not any more."""
        return url in self._breakers and self._breakers[url].succeeded()

    def failed(self, url: str, reason: str, now: float) -> bool:
        """A reply failed, for one of the fixed reasons. True: the agent is left alone from now on."""
        if _AT_FAULT.fullmatch(reason):
            return self._of(url).failed(now)
        self._forgo(url, now)
        return False

    def abandoned(self, url: str, waited: float, now: float) -> bool:
        """Nobody waits any more for a reply that has not said a word in so many seconds. As `failed`, when they are
        many."""
        if waited >= ABANDONED:
            return self._of(url).failed(now)
        self._forgo(url, now)
        return False

    def _forgo(self, url: str, now: float) -> None:
        if url in self._breakers:
            self._breakers[url].forgo(now)

    def _of(self, url: str) -> Breaker:
        if url not in self._breakers:
            if len(self._breakers) >= AGENTS:
                self._breakers.clear()
            self._breakers[url] = Breaker(self._limits, self._chance)
        return self._breakers[url]
