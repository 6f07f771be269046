"""SIGTERM with twenty calls: some in a conversation, some with a person, some whose person's telephone still rings."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from ivr.testbench.scenario import from_words
from ivr.testbench.twilio.carrier import script_of
from ivr.testbench.twilio.legs.leg import Follow, Leg
from ivr.testbench.twilio.people import FarParty
from tools.line.scenes import CONNECT, GOODBYE
from tools.line.setup import NUMBER, Plan, Setup

EACH: Final = 5
"""Calls of each kind."""
STORY: Final = "tell me the story"
SETTLE_S: Final = 14.0
OVER_S: Final = 120.0

_ANSWERS: Final = "+966110000200"
_TALKS: Final = "+966110000201"
_BUSY: Final = "+966110000202"
DRAIN_PEOPLE: Final = {
    _ANSWERS: FarParty(ring_s=16, talks_s=6),
    _TALKS: FarParty(ring_s=1, talks_s=25),
    _BUSY: FarParty(ring_s=16, does="busy"),
}
KINDS: Final = ("talks to the agent", "talks to a person", "rings, then is answered", "rings, then comes back")


def _plan(to: str) -> Plan:
    return {
        STORY: [{"text": "It is a long story, and the first part of it takes a while to tell on the telephone."}],
        CONNECT: [{"text": "I connect you now."}, {"action": "transfer", "to": to, "timeout_s": 40}],
        "transfer_result": [{"text": "Nobody took your call. What else can I do?"}],
        GOODBYE: [{"action": "hangup", "text": "You are welcome. Goodbye."}],
    }


@dataclass(slots=True)
class Drained:
    """Hold what the drain showed."""

    seconds: float = 0.0
    exit_code: int | None = None
    cut_off: list[str] = field(default_factory=list)
    turned_away: int = 0
    """Calls that came during the drain, and heard drain.xml."""
    came: int = 0
    facts: dict[str, Any] = field(default_factory=dict)

    def lines(self) -> list[str]:
        """Return it as text."""
        told = [f"{name}: {value}" for name, value in self.facts.items()]
        return [
            *told,
            f"cut off: {len(self.cut_off)} of {len(KINDS) * EACH}{''.join(f'; {one}' for one in self.cut_off)}",
            f"new calls that heard drain.xml: {self.turned_away} of {self.came}",
            f"exit code {self.exit_code} after {self.seconds:.1f} s",
        ]


async def drained(setup: Setup) -> Drained:
    """Place the calls, stop the bridge when all are where they belong, and look at what callers got."""
    found = Drained()
    loop = asyncio.get_running_loop()
    legs: list[tuple[str, Leg]] = []
    async with asyncio.TaskGroup() as group:
        for number in range(len(KINDS) * EACH):
            kind = KINDS[number % len(KINDS)]
            to = {KINDS[1]: _TALKS, KINDS[2]: _ANSWERS, KINDS[3]: _BUSY}.get(kind, "")
            steps = [f"say {STORY}"] * 4 if not to else [f"say {CONNECT}"]
            steps += [f"say {GOODBYE}", "wait"]
            legs.append((kind, await _ring(setup, group, number, steps, to)))
        await asyncio.wait_for(_in_place(legs), OVER_S)
        found.facts["in place"] = {kind: sum(one == kind for one, _ in legs) for kind in KINDS}
        began = loop.time()
        setup.bridge.send(signal.SIGTERM)
        await asyncio.sleep(1.0)
        new = [await _ring(setup, group, 900 + number, ["wait"], "") for number in range(3)]
        with contextlib.suppress(TimeoutError):
            found.exit_code = await setup.bridge.over(OVER_S)
        found.seconds = loop.time() - began
    found.came = len(new)
    found.facts["new calls heard"] = [[one.detail for one in leg.record.entries if one.kind == "say"] for leg in new]
    found.turned_away = sum(any("being updated" in one.detail for one in leg.record.entries) for leg in new)
    for kind, leg in legs:
        said = " ".join(one.detail for one in leg.record.entries if one.kind == "say")
        last = [asked["text"] for _, asked in setup.agent.told[leg.numbers.caller] if asked["text"]][-1:]
        good = last == [GOODBYE] if kind in (KINDS[0], KINDS[3]) else "Goodbye" in said
        if not good or leg.record.warnings:
            found.cut_off.append(f"{kind}: {leg.record.ended} {leg.record.warnings} {said!r}")
    return found


async def _ring(setup: Setup, group: asyncio.TaskGroup, number: int, steps: Sequence[str], to: str) -> Leg:
    caller = f"+9665100{number:05}"
    setup.agent.plans[caller] = _plan(to)
    settle = SETTLE_S if to else 2.5
    script = await script_of(from_words(list(steps), settle_ms=settle * 1000), setup.twilio._voice)
    leg = setup.twilio.carrier.inbound(caller=caller, called=NUMBER, script=script)
    group.create_task(leg.run_inbound(Follow(f"{setup.url}/voice")))
    return leg


async def _in_place(legs: Sequence[tuple[str, Leg]]) -> None:
    """Wait until those who are handed over are dialled, and those who talk to a person do."""
    wanted = {KINDS[0]: "agent_speaks", KINDS[1]: "talk", KINDS[2]: "dial", KINDS[3]: "dial"}
    for kind, leg in legs:
        while not any(one.kind == wanted[kind] for one in leg.record.entries):  # noqa: ASYNC110 (no leg tells of it)
            await asyncio.sleep(0.1)
