"""Decide when an agent is not asked: one breaker for each URL, shared by all calls. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

from ivr.upstream.breaker import Breaker, BreakerLimits

BREAKER: Final = "breaker"
"""The reason of a reply that was not asked for."""
ABANDONED: Final = 8.0
"""Seconds without a word after which a reply that is given up counts as a failure of the agent."""
AGENTS: Final = 256
"""URLs remembered."""
# The agent is at fault when it cannot be reached, breaks off or is overloaded. An answer that makes no sense, or a
# refusal that comes at once, costs the callers no time.
_AT_FAULT: Final = re.compile("connect|tls|timeout|broken|http_(408|429|5..)")


class AgentBreakers:
    """Hold the breakers of all agents of this process."""

    def __init__(self, limits: BreakerLimits | None = None, chance: Callable[[], float] = lambda: 0.5) -> None:
        """Take `chance`, 0 to 1, which spreads the pauses."""
        self._limits = limits or BreakerLimits()
        self._chance = chance
        self._breakers: dict[str, Breaker] = {}

    def __repr__(self) -> str:
        failing = sum(breaker.failures > 0 for breaker in self._breakers.values())
        return f"<breakers of {len(self._breakers)} agents, {failing} failing>"

    def __iter__(self) -> Iterator[Breaker]:
        """Yield the breakers of the agents that have failed before."""
        return iter(self._breakers.values())

    def admits(self, url: str, now: float) -> bool:
        """Return whether the agent may be asked now."""
        return url not in self._breakers or self._breakers[url].admits(now)

    def answered(self, url: str) -> bool:
        """Note words or a pause of the agent. Return whether this closed its breaker."""
        return url in self._breakers and self._breakers[url].succeeded()

    def failed(self, url: str, reason: str, now: float) -> bool:
        """Note a reply that failed, for one of the fixed reasons. Return whether this opened the agent's breaker."""
        return self._count(url, bool(_AT_FAULT.fullmatch(reason)), now)

    def abandoned(self, url: str, waited: float, now: float) -> bool:
        """Note a reply without a word that the caller gave up after `waited` seconds. Return as `failed` does."""
        return self._count(url, waited >= ABANDONED, now)

    def _count(self, url: str, at_fault: bool, now: float) -> bool:
        known = self._breakers.get(url)
        if not at_fault:
            # Without a verdict, another probe may be made at once.
            if known is not None:
                known.forgo(now)
            return False
        if known is None:
            if len(self._breakers) >= AGENTS:
                self._breakers.clear()
            known = self._breakers[url] = Breaker(self._limits, self._chance)
        return known.failed(now)
