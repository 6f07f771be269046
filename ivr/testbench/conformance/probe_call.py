"""Hold one call in the hands of a check: a phone on a stream, which says and does what the check wants, when it wants.

The phone, its playback clock and its marks are those of `ivr call`. The check waits with `until` and its kin.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Mapping
from typing import Final, Protocol

from ivr.media.g711 import RATE
from ivr.testbench.conformance.sound import Loudness
from ivr.testbench.phone.messages import Ids
from ivr.testbench.phone.phone import How, Phone, PhoneOptions
from ivr.testbench.phone.script import CallerAct, HangUpPhone, PressKey, SayAudio
from ivr.testbench.recording import PhoneRecord, Speech
from ivr.testbench.twilio.stream import CarrierStream, Clock, FarWire

TICK: Final = 0.02
"""Seconds between two looks at the call."""
ENDING_S: Final = 4.0
"""Seconds that the end of a call may take before it is broken off."""
AUDIBLE_MS: Final = 100
"""Milliseconds of loud audio that count as being heard: less is a click."""
SILENCE_SENT: Final = RATE // 2
"""Samples that may be queued at the phone of an agent that is silent."""
SPEECH_LABEL: Final = "the caller's words"


class HandScript:
    """Give a stream the acts that a check wants."""

    def __init__(self) -> None:
        self.acts: deque[CallerAct] = deque()
        self.agent_owes = False

    def poll(self, phone: Phone, now: float) -> list[CallerAct]:
        """Return the acts that were asked for since the last time."""
        acts, self.acts = list(self.acts), deque()
        return acts


class ProbeWire(FarWire, Protocol):
    """Represent what a check needs of the stream's wire."""

    hold_marks: bool
    held: list[str]
    code: int | None
    closed_at: float | None

    async def inject(self, message: str) -> None:
        """Send exactly this message."""

    async def release(self) -> None:
        """Send the marks that were held."""

    async def lag(self, limit: float) -> float | None:
        """Return how long the server takes to read, in seconds."""


class ProbeCall:
    """Hold a call that goes on. Made by `Site.call`."""

    def __init__(self, ids: Ids, parameters: Mapping[str, str], wire: ProbeWire, options: PhoneOptions) -> None:
        self.ids, self.wire, self.record = ids, wire, PhoneRecord()
        self.phone = Phone(ids, self.record, parameters=parameters, options=options)
        self._script = HandScript()
        self._loop = asyncio.get_running_loop()
        self.began = self._loop.time()
        self.loud = Loudness()
        self._running = asyncio.create_task(CarrierStream(wire, self.phone, self._script, Clock()).run())

    def __repr__(self) -> str:
        return f"<ProbeCall {self.phone!r}>"

    @property
    def over(self) -> bool:
        """Return whether the stream is over, from either side."""
        return self.phone.over or self._running.done()

    @property
    def now(self) -> int:
        """Return the sample that the caller hears now."""
        return self.phone.position

    def seconds(self, sample: int) -> float:
        """Return the seconds from the opening of the stream to a sample."""
        return (self.record.t0 or self.began) + sample / RATE - self.began

    async def until(self, met: Callable[[], bool], seconds: float) -> bool:
        """Wait until `met`, the end of the stream, or `seconds`. Return whether it was met."""
        limit = self._loop.time() + seconds
        while not self._look(met) and not self.over and self._loop.time() < limit:  # noqa: ASYNC110 - the clock too
            await asyncio.sleep(TICK)
        return self._look(met)

    async def wait(self, seconds: float) -> None:
        """Let `seconds` pass, or fewer when the stream ends."""
        await self.until(lambda: False, seconds)

    async def hears(self, since: int, seconds: float) -> bool:
        """Wait until the agent was heard for a moment after sample `since`. Return whether it was."""
        return await self.until(lambda: self.loud.ms(since) >= AUDIBLE_MS, seconds)

    async def quiet(self, settle: float, limit: float) -> bool:
        """Wait until the agent has been silent for `settle` seconds and nothing is queued. Return whether it was."""
        least = round(settle * RATE)

        def silent() -> bool:
            last = self.loud.last(0)
            # A server may send silence all the time: a little of it is no speech to come.
            return self.now - (last or 0) >= least and self.phone.playback.buffered <= SILENCE_SENT

        return await self.until(silent, limit)

    async def say(self, ulaw: bytes, *, through: bool = True) -> Speech:
        """Say this. `through`: wait until the last of it was said. Return where it lies on the tracks."""
        before = len(self.record.speech)
        self._script.acts.append(SayAudio(ulaw, SPEECH_LABEL))
        await self.until(lambda: len(self.record.speech) > before, 1.0)
        if len(self.record.speech) == before:
            at = self.now
            return Speech(SPEECH_LABEL, at, at)
        if through:
            await self.until(lambda: not self.phone.speaking, len(ulaw) / RATE + 2.0)
        return self.record.speech[-1]

    async def press(self, keys: str) -> None:
        """Press keys, a quarter of a second apart."""
        for key in keys:
            self._script.acts.append(PressKey(key, more=False))
            await self.wait(0.25)

    async def hang_up(self, how: How = "stop") -> None:
        """Hang up, and wait until that was sent."""
        self._script.acts.append(HangUpPhone(how))
        await self.until(lambda: self.phone.hung_up, 1.0)

    async def end(self) -> None:
        """End the call, whatever it does, and wait until all of it is over."""
        if not self.over and not self.phone.hung_up:
            await self.hang_up()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(ENDING_S):
                await asyncio.wait({self._running}, timeout=0.5 if self.phone.hung_up else None)
        if not self._running.done():
            self.wire.drop()
            self._running.cancel()
        await asyncio.gather(self._running, return_exceptions=True)
        self._look(lambda: True)

    def _look(self, met: Callable[[], bool]) -> bool:
        """Take in what was heard by now, and return whether the condition is met."""
        self.loud.extend(self.record.heard)
        return met()
