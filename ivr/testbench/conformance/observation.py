"""Observe one whole call, on which several checks are judged: greeting, question, answer, barge-in, hang-up.

What the server does here is also what the other checks expect of it: whether it greets, and how soon it answers.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Final

from ivr.media.g711 import RATE
from ivr.testbench.conformance.probe_call import ProbeCall
from ivr.testbench.conformance.site import Site
from ivr.testbench.recording import Cleared

AGENT_SETTLE_S: Final = 0.9
"""Silence after which the agent has finished, in seconds."""
GREETING_MOST_S: Final = 20.0
"""Seconds that a greeting may last until the caller speaks into it."""
INTO_MS: Final = 500
"""Milliseconds of an answer that are heard before the caller interrupts it."""
BARGE_INS_MOST: Final = 2
"""Times that an interruption is tried while the agent happens to finish by itself."""
CLOSED_WITHIN_S: Final = 1.5
"""Seconds after `stop` that the check waits for the server to close."""
GREETS_WITHIN_S: Final = 6.0
"""Seconds in which a server greets that greets at all."""


@dataclass(frozen=True, slots=True)
class ProbedBargeIn:
    """Hold what the agent did when the caller spoke over it. Samples of the phone's tracks."""

    began: int
    """Where the caller began to speak."""
    ended: int
    """Where the caller fell silent."""
    last_loud: int
    """One past the last loud sample of the agent before the caller fell silent."""
    cleared: tuple[Cleared, ...]
    """`clear`s from the caller's first sample on."""
    after_clear_ms: int
    """Loud audio that was heard after the first of them, while the caller was speaking."""

    @property
    def stop_ms(self) -> float:
        """Return how long the agent was still heard, in milliseconds."""
        return max(0, self.last_loud - self.began) / 8


@dataclass(slots=True)
class Observation:
    """Hold one observed call."""

    greets_s: float | None = None
    """From the open socket to the first sound of the agent; None: it waits for the caller."""
    answers_s: float | None = None
    """From the end of the caller's words to the first sound of the answer; None: it never answered."""
    barge_ins: list[ProbedBargeIn] = field(default_factory=list)
    warnings: dict[int, str] = field(default_factory=dict)
    """The carrier's warnings by number."""
    header: bool = False
    """Whether a file header came in the audio."""
    heard: bytearray = field(default_factory=bytearray)
    messages: list[tuple[float, str]] = field(default_factory=list)
    """Messages of the server, with the seconds of the log."""
    left: bool = False
    """Whether the server ended the call before the caller did."""
    closed_s: float | None = None
    """From `stop` to the server's own close; None: it did not close."""
    code: int | None = None
    """Close code of the server."""
    leaked_ms: float = 0.0
    """Audio after `stop`."""

    @property
    def patience_s(self) -> float:
        """Return the seconds in which this server answers again."""
        return 4.0 if self.answers_s is None else 3.0 + 2.0 * self.answers_s

    @property
    def marks(self) -> int:
        """Return how many marks it sent."""
        return sum('"mark"' in message for _, message in self.messages)


async def observe(site: Site) -> Observation:
    """Place the call and observe it. Raises `NotJudged` and `StreamRefused`."""
    seen = Observation()
    async with site.call() as call:
        try:
            await _talk(site, call, seen)
        finally:
            seen.left = call.over
            await _hang_up(call, seen)
    seen.code = call.wire.code
    seen.warnings, seen.heard, seen.leaked_ms = call.record.warnings, call.record.heard, call.record.leaked_ms
    seen.header = any(entry.kind == "fault" and "header" in entry.detail for entry in call.record.entries)
    seen.messages = site.log.messages("<")
    return seen


async def _talk(site: Site, call: ProbeCall, seen: Observation) -> None:
    """Listen to the greeting, ask, listen, and interrupt."""
    if await call.hears(0, min(GREETS_WITHIN_S, site.target.timeout)):
        seen.greets_s = call.seconds(call.loud.first(0) or 0)
        await call.quiet(AGENT_SETTLE_S, GREETING_MOST_S)
    if not await ask(site, call, seen):
        return
    for _ in range(BARGE_INS_MOST):
        seen.barge_ins.append(await barge_in(site, call))
        if seen.barge_ins[-1].cleared or not await call.hears(call.now, seen.patience_s):
            break
    # The answer to the interruption may still come: an agent that speaks at the end shows what it does with `stop`.
    await call.hears(call.now, seen.patience_s)


async def ask(site: Site, call: ProbeCall, seen: Observation) -> bool:
    """Say something and wait for the answer. Return whether it came."""
    spoken = await call.say(site.target.speech)
    if not await call.hears(spoken.end, site.target.timeout):
        return False
    first = call.loud.first(spoken.end)
    if seen.answers_s is None and first is not None:
        seen.answers_s = (first - spoken.end) / RATE
    return True


async def barge_in(site: Site, call: ProbeCall) -> ProbedBargeIn:
    """Speak over the agent, which is speaking now, and return what it did."""
    heard_from = call.now
    await call.until(lambda: call.loud.ms(heard_from) >= INTO_MS, 3.0)
    spoken = await call.say(site.target.speech)
    cleared = tuple(one for one in call.record.cleared if one.sample >= spoken.start)
    last = call.loud.last(spoken.start, spoken.end)
    after = call.loud.ms(cleared[0].sample, spoken.end) if cleared else 0
    return ProbedBargeIn(spoken.start, spoken.end, last or spoken.start, cleared, after)


async def _hang_up(call: ProbeCall, seen: Observation) -> None:
    """Send `stop`, leave the socket open, and see how soon the server closes it."""
    if call.over:
        return
    loop = asyncio.get_running_loop()
    stopped = loop.time()
    await call.hang_up("stop_open")
    await call.until(lambda: call.wire.closed_at is not None, CLOSED_WITHIN_S)
    if call.wire.closed_at is not None:
        seen.closed_s = call.wire.closed_at - stopped
