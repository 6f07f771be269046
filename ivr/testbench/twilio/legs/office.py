"""Hold what all legs of one carrier share: its clock, its way to the bridge, its people, conferences and queues."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from ivr.testbench.phone.messages import new_sid
from ivr.testbench.phone.phone import PhoneOptions
from ivr.testbench.recording import RecordEntry
from ivr.testbench.twilio.http import Webhooks
from ivr.testbench.twilio.legs.recordings import CallRecording
from ivr.testbench.twilio.options import CarrierOptions
from ivr.testbench.twilio.people import FarParty
from ivr.testbench.twilio.rest import Switchboard
from ivr.testbench.twilio.socket import OpenStream
from ivr.testbench.twilio.stream import Clock


@dataclass(slots=True)
class CentralOffice:
    """Hold it."""

    account_sid: str
    options: CarrierOptions
    phone: PhoneOptions
    webhooks: Webhooks
    connect: OpenStream
    clock: Clock
    chance: random.Random
    switchboard: Switchboard
    voice: Callable[[str], bytes] | None = None
    """The voice of people in media streams: a text as mu-law at 8 kHz."""
    conferences: dict[str, Any] = field(default_factory=dict)
    """Conferences that go on, by name. The modules of conferences, queues and legs import this one."""
    queues: dict[str, Any] = field(default_factory=dict)
    """Queues, by name."""
    watch: Callable[[Any, RecordEntry], None] | None = None
    """Called with each leg and what happens on it."""
    tasks: set[asyncio.Task[Any]] = field(default_factory=set)
    """What runs beside the first leg."""
    keep: int = 1_000_000
    """Legs that are remembered; the oldest that are over are forgotten."""
    legs: list[Any] = field(default_factory=list)
    """Every leg so far, in the order in which they began."""

    def __repr__(self) -> str:
        return f"<CentralOffice {len(self.legs)} legs, {len(self.conferences)} conferences>"

    def party(self, address: str) -> FarParty:
        """Return who is at an address."""
        usual = FarParty(ring_s=self.options.ringing_s, talks_s=0.0)
        return self.options.people.get(address, usual)

    def add(self, leg: Any) -> None:
        """Add a leg that begins, and forget old ones."""
        self.legs.append(leg)
        self.switchboard.add(leg)
        for old in [each for each in self.legs[: -self.keep] if each.over]:
            self.legs.remove(old)
            self.switchboard.calls.pop(old.call_sid, None)
        del self.switchboard.requests[: -self.keep]

    def spawn(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Run something beside the first leg."""
        task = asyncio.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        return task

    def sid(self, kind: str) -> str:
        """Return a new id of the carrier."""
        return new_sid(kind, self.chance)

    def record(self, call_sid: str, source: str, **more: Any) -> CallRecording:
        """Begin a recording of a call."""
        made = CallRecording(self.sid("RE"), self.account_sid, call_sid, source, self.clock.now(), **more)
        self.switchboard.recordings[made.sid] = made
        return made

    async def settle(self) -> None:
        """Wait until every other leg is over; end those that are not after `settle_s`. Raises what a leg raised."""
        loop = asyncio.get_running_loop()
        until = loop.time() + self.options.settle_s / self.clock.speed
        while self.tasks:
            done, late = await asyncio.wait(set(self.tasks), timeout=max(0.0, until - loop.time()))
            for task in done:
                task.result()
            if late and loop.time() >= until:
                for leg in self.legs:
                    leg.end()
                await asyncio.wait(late, timeout=5)
                return

    async def stop(self) -> None:
        """Break off whatever still runs."""
        left = set(self.tasks)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
