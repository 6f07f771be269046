"""Run a leg that was created by REST: ring, detect machines where that was asked for, and run its documents.

https://www.twilio.com/docs/voice/api/call-resource#create-a-call-resource
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ivr.testbench.twilio.legs.detection import Detection, detect
from ivr.testbench.twilio.legs.dial import tell_detection
from ivr.testbench.twilio.legs.leg import Follow, Leg

CREATED_RINGS_S: Final = 60.0
"""Seconds that a created call rings unless `Timeout` says otherwise."""
MACHINE_TIMEOUT_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class CallOrder:
    """Hold what a request for a new call asks for."""

    url: str = ""
    method: str = "POST"
    twiml: str = ""
    fallback_url: str = ""
    timeout_s: float = CREATED_RINGS_S
    time_limit_s: float = 14400.0
    send_digits: str = ""
    detection: str = ""
    """`Enable` or `DetectMessageEnd`; empty: none."""
    detection_timeout_s: float = MACHINE_TIMEOUT_S
    async_detection: bool = False
    detection_callback: str = ""
    detection_method: str = "POST"
    record: bool = False

    @classmethod
    def of(cls, form: Mapping[str, str]) -> CallOrder:
        """Read a form that was checked."""

        def number(name: str, usual: float) -> float:
            given = form.get(name, "")
            return float(given) if given.isdigit() else usual

        return cls(
            url=form.get("Url", ""),
            method=form.get("Method", "POST"),
            twiml=form.get("Twiml", ""),
            fallback_url=form.get("FallbackUrl", ""),
            timeout_s=number("Timeout", CREATED_RINGS_S),
            time_limit_s=number("TimeLimit", 14400.0),
            send_digits=form.get("SendDigits", ""),
            detection=form.get("MachineDetection", ""),
            detection_timeout_s=number("MachineDetectionTimeout", MACHINE_TIMEOUT_S),
            async_detection=form.get("AsyncAmd", "").lower() == "true",
            detection_callback=form.get("AsyncAmdStatusCallback", ""),
            detection_method=form.get("AsyncAmdStatusCallbackMethod", "POST"),
            record=form.get("Record", "").lower() == "true",
        )


async def run_created(leg: Leg, order: CallOrder) -> None:
    """Run a created leg to its end."""
    status = "failed"
    try:
        status = await leg.ring(order.timeout_s)
        if status != "in-progress":
            return
        status = "completed"
        leg.alarm(order.time_limit_s, leg.end)
        recording = leg.office.record(leg.call_sid, "OutboundAPI") if order.record else None
        if order.send_digits:
            leg.record.note(leg.clock.now(), "play", f"digits {order.send_digits}")
        if order.detection:
            await begin_detection(leg, order, detect(leg.party, order.detection, order.detection_timeout_s))
        await run_documents(leg, order)
        if recording is not None:
            recording.change("completed", leg.clock.now())
    finally:
        await leg.finish(status)


async def begin_detection(leg: Leg, order: CallOrder, found: Detection) -> None:
    """Detect a machine: beside the call, or before its first document."""
    if order.async_detection:
        leg.alarm(
            found.after_s,
            lambda: tell_detection(
                leg, found.answered_by, found.after_s, order.detection_callback, order.detection_method
            ),
        )
        return
    # Twilio's page on machine detection: without `AsyncAmd` the first document waits for the result.
    if not await leg.pause(found.after_s):
        tell_detection(leg, found.answered_by, found.after_s, "")


async def run_documents(leg: Leg, order: CallOrder) -> None:
    """Run the documents of an answered leg."""
    if leg.left:
        return
    if leg.is_redirected:
        document = await leg.redirected()
    elif order.twiml:
        document = leg.read_text(order.twiml, order.url)
    else:
        document = await leg.fetch(Follow(order.url, method=order.method, fallback=order.fallback_url))
    await leg.follow(document)
