"""Hold a queue of callers: `<Enqueue>`, `<Dial><Queue>` and `<Leave>`. https://www.twilio.com/docs/voice/twiml/enqueue

The party at the address `queue:name` is the person who takes its callers, one at a time, each after `ring_s`; without
one, callers wait until a leg dials the queue.
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field
from typing import Final

from ivr.testbench.twilio.legs.leg import Follow, Hangup, Leg, VerbOutcome
from ivr.testbench.twilio.legs.office import CentralOffice
from ivr.testbench.twilio.legs.recordings import CallRecording
from ivr.testbench.twilio.legs.verbs import follow
from ivr.testbench.twilio.legs.waiting import wait_music
from ivr.testbench.twilio.twiml import TwimlDocument, Verb, absolute

QUEUE_PERSON: Final = "queue:"
"""What the address of a queue's person begins with."""
QUEUE_MOST: Final = 1000
"""Callers that a queue takes."""


@dataclass(slots=True)
class DialResult:
    """Hold what came of a `<Dial>`."""

    status: str = "canceled"
    call_sid: str = ""
    seconds: float = 0.0
    bridged: bool = False
    recording: CallRecording | None = None
    more: dict[str, str] = field(default_factory=dict)

    def fields(self) -> dict[str, str]:
        """Return the fields that `action` is asked with."""
        form = {"DialCallStatus": self.status, "DialBridged": "true" if self.bridged else "false"}
        if self.call_sid:
            form["DialCallSid"] = self.call_sid
        if self.bridged:
            form["DialCallDuration"] = f"{self.seconds:.0f}"
        return form | (self.recording.fields() if self.recording is not None else {}) | self.more


@dataclass(slots=True, eq=False)
class QueuedCaller:
    """Hold one caller in a queue."""

    leg: Leg
    since: float
    taken: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when another party takes the call."""
    released: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when that conversation is over."""
    by: Leg | None = None


class CallQueue:
    """Hold one queue."""

    def __init__(self, office: CentralOffice, name: str) -> None:
        self.name, self.sid = name, office.sid("QU")
        self.waiting: list[QueuedCaller] = []
        self.came = asyncio.Event()
        """Set when a caller comes."""

    def __repr__(self) -> str:
        return f"<CallQueue {self.name}, {len(self.waiting)} waiting>"

    @classmethod
    def of(cls, office: CentralOffice, name: str) -> CallQueue:
        """Return the queue of a name; it is made when it is named first."""
        if name not in office.queues:
            office.queues[name] = cls(office, name)
        found: CallQueue = office.queues[name]
        return found


async def enqueue(leg: Leg, verb: Verb, document: TwimlDocument) -> VerbOutcome:
    """Wait in a queue, and talk with the person who takes the call."""
    queue, now = CallQueue.of(leg.office, verb.text), leg.clock.now()
    leg.record.dialled.append(f"{QUEUE_PERSON}{verb.text}")
    leg.record.note(now, "dial", f"{QUEUE_PERSON}{verb.text}")
    caller = QueuedCaller(leg, now)
    result = "queue-full"
    if len(queue.waiting) < QUEUE_MOST:
        queue.waiting.append(caller)
        queue.came.set()
        result = await _wait(leg, queue, caller, verb, document)
    waited = (leg.clock.now() if result != "bridged" else caller.since) - now
    leg.record.note(leg.clock.now(), "dialled", result)
    more = {"QueueResult": result, "QueueSid": queue.sid, "QueueTime": f"{waited:.0f}"}
    if leg.left:
        return Hangup()
    return follow(verb, document, more)


async def _wait(leg: Leg, queue: CallQueue, caller: QueuedCaller, verb: Verb, document: TwimlDocument) -> str:
    """Wait with music until the call is taken and over, or until the music says to leave."""
    url = absolute(verb.attributes.get("waitUrl", ""), document.url)
    more = {"QueueSid": queue.sid, "QueuePosition": str(len(queue.waiting)), "QueueTime": "0"}
    at = Follow(url, more, verb.attributes.get("waitUrlMethod", "POST")) if url else None
    music = asyncio.ensure_future(wait_music(leg, at))
    person = leg.office.options.people.get(f"{QUEUE_PERSON}{queue.name}")
    if person is not None and person.does == "answer":
        leg.alarm(person.ring_s, lambda: _taken_by_person(leg, queue, caller, person.talks_s))
    taken = asyncio.ensure_future(caller.taken.wait())
    try:
        # Music without a document goes on for good; a document that ends without `Leave` is silence.
        await asyncio.wait({taken, music} if url else {taken}, return_when=asyncio.FIRST_COMPLETED)
        if not caller.taken.is_set():
            return "leave"
        music.cancel()
        caller.since = leg.clock.now()
        await caller.released.wait()
        leg.record.note(leg.clock.now(), "talk", "")
        return "bridged"
    finally:
        if caller in queue.waiting:
            queue.waiting.remove(caller)
        caller.released.set()
        for task in (music, taken):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task


def _taken_by_person(leg: Leg, queue: CallQueue, caller: QueuedCaller, talks_s: float | None) -> None:
    """Let the queue's own person take a call."""
    if caller not in queue.waiting:
        return
    queue.waiting.remove(caller)
    leg.record.note(leg.clock.now(), "talk", f"{QUEUE_PERSON}{queue.name}")
    caller.taken.set()
    leg.connected()
    if talks_s is not None:
        leg.alarm(talks_s, caller.released.set)


async def take_from_queue(leg: Leg, noun: Verb, document: TwimlDocument, patience: float, result: DialResult) -> None:
    """Talk with the first caller of a queue; wait for one when it is empty."""
    del document
    queue = CallQueue.of(leg.office, noun.text)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(patience / leg.clock.speed):
            while not queue.waiting:
                queue.came.clear()
                await queue.came.wait()
    if not queue.waiting:
        result.status = "no-answer"
        return
    caller = queue.waiting.pop(0)
    now, other = leg.clock.now(), caller.leg
    caller.by, result.status, result.bridged, result.call_sid = leg, "completed", True, other.call_sid
    leg.record.note(now, "talk", other.numbers.caller)
    other.record.note(now, "talk", leg.to)
    caller.taken.set()
    for one in (leg, other):
        one.connected()
    try:
        await caller.released.wait()
    finally:
        caller.released.set()
        result.seconds = leg.clock.now() - now
        leg.record.note(leg.clock.now(), "talk", "")
