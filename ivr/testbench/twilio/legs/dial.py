"""Run `<Dial>`: ring at numbers, addresses and clients, and connect the first that is ready; or enter a room.

The caller hears ringing until then. A dialled leg that has a `url` runs that document first (a whisper), alone; what
ends it before it is connected leaves the caller's ringing as it is. https://www.twilio.com/docs/voice/twiml/dial
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import Final

from ivr.testbench.twilio.legs.callbacks import StatusReports
from ivr.testbench.twilio.legs.conference import attend
from ivr.testbench.twilio.legs.detection import detect
from ivr.testbench.twilio.legs.leg import Follow, Hangup, Leg, Numbers, VerbOutcome
from ivr.testbench.twilio.legs.queue import DialResult, take_from_queue
from ivr.testbench.twilio.legs.verbs import follow, seconds_of
from ivr.testbench.twilio.twiml import TwimlDocument, Verb, absolute

DIAL_RINGS_S: Final = 30.0
"""Seconds that `<Dial>` rings unless `timeout` says otherwise."""
TALK_MOST_S: Final = 14400.0
"""Seconds that two parties may talk unless `timeLimit` says otherwise."""
DETECTION_MOST_S: Final = 30.0
ROOMS: Final = ("Conference", "Queue")
"""Nouns that a leg enters, where the others are dialled."""


async def dial(leg: Leg, verb: Verb, document: TwimlDocument) -> VerbOutcome:
    """Dial, and go on with `action` or the next verb when the connection is over."""
    rooms = [child for child in verb.children if child.name in ROOMS]
    result = DialResult()
    for name in [address_of(target) for target in targets(verb)]:
        leg.record.dialled.append(name)
        leg.record.note(leg.clock.now(), "dial", name)
    try:
        if rooms and rooms[0].name == "Conference":
            leg.answer()
            if await attend(leg, rooms[0], document):
                result.status, result.bridged = "answered", True
        elif rooms:
            leg.answer()
            await take_from_queue(leg, rooms[0], document, seconds_of(verb, "timeout", DIAL_RINGS_S), result)
        else:
            await ring_and_talk(leg, verb, document, result)
    finally:
        # A caller who hangs up is told to `action` too; what it answers is not run.
        if leg.left and (after := follow(verb, document, result.fields())) is not None:
            leg.status = "completed"
            leg.call_back(after.url, {**leg.call_fields(), **after.more}, "dial action", after.method)
    leg.record.note(leg.clock.now(), "dialled", result.status)
    if leg.answered_at is None and follow(verb, document, {}) is None and not goes_on(verb, document):
        return Hangup()
    return follow(verb, document, result.fields())


def goes_on(verb: Verb, document: TwimlDocument) -> bool:
    """Return whether a verb follows this one."""
    return document.verbs[-1] is not verb


async def ring_and_talk(leg: Leg, verb: Verb, document: TwimlDocument, result: DialResult) -> None:
    """Ring at all the targets at once, and connect the first that is ready."""
    timeout = seconds_of(verb, "timeout", DIAL_RINGS_S)
    children: list[Leg] = []
    try:
        for target in targets(verb):
            child = dialled_leg(leg, verb, target, document)
            children.append(child)
            leg.office.spawn(run_dialled(child, whisper_of(target, document), timeout, target))
        if not children:
            result.status = "failed"
            return
        leg.record.note(leg.clock.now(), "ringing", verb.attributes.get("ringTone", ""))
        chosen = await first_ready(children)
        for child in children:
            if child is not chosen:
                child.end()
        if chosen is None:
            last = children[-1]
            # It was answered, and did not want the call, or hung up during its own document.
            answered = [child for child in children if child.answered_at is not None]
            result.status = "completed" if answered else last.status if last.over else "canceled"
            result.call_sid = (answered or children)[-1].call_sid
            return
        await talk(leg, chosen, verb, document, result)
    finally:
        for child in children:
            child.end()


def targets(verb: Verb) -> list[Verb]:
    """Return the nouns that are dialled; text stands for a `<Number>`."""
    nouns = [child for child in verb.children if child.name in {"Number", "Sip", "Client", "Sim", "WhatsApp"}]
    if any(child.name in ROOMS for child in verb.children):
        return [child for child in verb.children if child.name in ROOMS]
    return nouns or ([Verb("Number", {}, verb.text)] if verb.text else [])


def address_of(target: Verb) -> str:
    """Return what a party is found by."""
    if target.name == "Client" and not target.text.startswith("client:"):
        identity = next((child.text for child in target.children if child.name == "Identity"), target.text)
        return f"client:{identity}"
    return target.text


def dialled_leg(leg: Leg, verb: Verb, target: Verb, document: TwimlDocument) -> Leg:
    """Return the leg of a target."""
    address = address_of(target)
    callback = absolute(target.attributes.get("statusCallback", ""), document.url)
    events = target.attributes.get("statusCallbackEvent", "completed").split()
    return Leg(
        leg.office,
        Numbers(verb.attributes.get("callerId", leg.numbers.caller), address),
        leg.perform,
        direction="outbound-dial",
        party=leg.office.party(address),
        parent=leg,
        reports=StatusReports(callback, events, target.attributes.get("statusCallbackMethod", "POST")),
    )


def whisper_of(target: Verb, document: TwimlDocument) -> Follow | None:
    """Return what a dialled party hears before it is connected."""
    url = absolute(target.attributes.get("url", ""), document.url)
    return Follow(url, method=target.attributes.get("method", "POST")) if url else None


async def run_dialled(leg: Leg, whisper: Follow | None, timeout: float, target: Verb) -> None:
    """Ring, run the whisper, and wait in the connection until it is over."""
    status = "failed"
    try:
        status = await leg.ring(timeout)
        if status != "in-progress":
            return
        detection = target.attributes.get("machineDetection", "")
        if detection:
            found = detect(leg.party, detection, seconds_of(target, "machineDetectionTimeout", DETECTION_MOST_S))
            callback = absolute(target.attributes.get("amdStatusCallback", ""), whisper.url if whisper else "")
            leg.alarm(found.after_s, lambda: tell_detection(leg, found.answered_by, found.after_s, callback))
        status = "completed"
        if whisper is not None and not await accepted(leg, whisper):
            return
        if not leg.ready.done():
            leg.ready.set_result(True)
        await leg.broken()
        # An update sends this party elsewhere: the connection is over, and the leg goes on alone.
        while leg.is_redirected and not leg.left:
            await leg.follow(await leg.redirected())
    finally:
        await leg.finish(status)


async def accepted(leg: Leg, whisper: Follow) -> bool:
    """Run the document of a dialled leg. Return whether the party can be connected after it."""
    hung_up = False

    async def hang(leg: Leg, verb: Verb, document: TwimlDocument) -> VerbOutcome:
        nonlocal hung_up
        del leg, verb, document
        hung_up = True
        return Hangup()

    usual, leg.perform = leg.perform, {**leg.perform, "Hangup": hang, "Reject": hang}
    try:
        await leg.follow(await leg.fetch(whisper))
    finally:
        leg.perform = usual
    return not (hung_up or leg.left or leg.is_redirected or leg.gone.is_set())


def tell_detection(leg: Leg, answered_by: str, after_s: float, callback: str, method: str = "POST") -> None:
    """Note what detection found, and report it where it is asked for."""
    leg.answered_by = answered_by
    leg.record.note(leg.clock.now(), "callback", f"detected {answered_by}")
    if callback:
        form = {
            "CallSid": leg.call_sid,
            "AccountSid": leg.ids.account,
            "AnsweredBy": answered_by,
            "MachineDetectionDuration": f"{after_s * 1000:.0f}",
        }
        leg.call_back(callback, form, "detection", method)


async def first_ready(legs: list[Leg]) -> Leg | None:
    """Return the first of these that can be connected; None once all are over."""
    pending = {leg.ready: leg for leg in legs}
    while pending:
        done, _ = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
        found = [pending.pop(ready) for ready in [ready for ready in pending if ready in done]]
        for leg in found:
            if leg.ready.result():
                return leg
    return None


async def talk(leg: Leg, other: Leg, verb: Verb, document: TwimlDocument, result: DialResult) -> None:
    """Connect two legs until one of them is gone."""
    leg.answer()
    result.status, result.call_sid, result.bridged = "completed", other.call_sid, True
    began, now = leg.clock.now(), leg.clock.now()
    if verb.attributes.get("record", "do-not-record") not in {"do-not-record", "false"}:
        channels = 2 if "dual" in verb.attributes["record"] else 1
        result.recording = leg.office.record(leg.call_sid, "DialVerb", channels=channels)
    leg.record.note(now, "talk", other.to)
    other.record.note(now, "talk", leg.numbers.caller)
    for one in (leg, other):
        one.connected()
    limit = seconds_of(verb, "timeLimit", TALK_MOST_S)
    star = asyncio.ensure_future(
        star_pressed(leg) if verb.attributes.get("hangupOnStar") == "true" else asyncio.Event().wait()
    )
    gone = asyncio.ensure_future(other.gone.wait())
    try:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(limit / leg.clock.speed):
                await asyncio.wait({star, gone}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (star, gone):
            task.cancel()
        result.seconds = leg.clock.now() - began
        for one in (leg, other):
            one.record.note(leg.clock.now(), "talk", "")
        if result.recording is not None:
            result.recording.change("completed", leg.clock.now())
            url = absolute(verb.attributes.get("recordingStatusCallback", ""), document.url)
            if url:
                leg.call_back(url, result.recording.told(), "recording completed")


async def star_pressed(leg: Leg) -> bool:
    """Wait until the caller presses the star."""
    while await leg.keys.get() != "*":
        pass
    return True
