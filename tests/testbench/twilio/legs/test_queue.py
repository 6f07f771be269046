"""Queues: callers wait, are taken by a person or a leg that dials the queue, or leave."""

from __future__ import annotations

import httpx

from ivr.testbench.twilio.carrier import FarParty, TwilioCarrier
from ivr.testbench.twilio.legs.queue import CallQueue
from tests.testbench.twilio.legs.offices import CALLER, DESK, calls, run

ENQUEUE = "<Enqueue action='/after' waitUrl='/hold'>support</Enqueue>"
HOLD = "<Say>You are next</Say><Pause length='2'/>"


def test_person_of_the_queue_takes_the_call() -> None:
    office = run(
        {"/voice": ENQUEUE, "/hold": HOLD, "/after": "<Say>bye</Say>"},
        people={"queue:support": FarParty(ring_s=2.5, talks_s=10)},
    )
    [form] = office.bridge.forms("/after")
    assert (form["QueueResult"], form["QueueTime"]) == ("bridged", "2")
    assert office.heard()[-3:] == [(2.5, "talk", "queue:support"), (12.5, "talk", ""), (12.5, "say", "bye")]
    assert office.record.dialled == ["queue:support"]


def test_leg_that_dials_the_queue_takes_the_call() -> None:
    async def beside(carrier: TwilioCarrier, rest: httpx.AsyncClient) -> None:
        twiml = "<Response><Dial><Queue>support</Queue></Dial></Response>"
        await rest.post(calls(), data={"To": DESK, "From": "+15550100", "Twiml": twiml})

    office = run(
        {"/voice": ENQUEUE.replace(" waitUrl='/hold'", ""), "/after": "<Say>bye</Say>"},
        people={DESK: FarParty(ring_s=4, talks_s=6)},
        beside=beside,
    )
    assert office.heard() == [(0.0, "music", ""), (4.0, "talk", DESK), (10.0, "talk", ""), (10.0, "say", "bye")]
    assert office.heard(office.carrier.leg_to(DESK).record)[0] == (4.0, "talk", CALLER)
    assert repr(CallQueue.of(office.carrier.office, "support")) == "<CallQueue support, 0 waiting>"


def test_caller_leaves_the_queue_when_its_document_says_so() -> None:
    office = run({"/voice": ENQUEUE, "/hold": "<Say>No one is there</Say><Leave/>", "/after": "<Say>bye</Say>"})
    assert office.bridge.forms("/after")[0]["QueueResult"] == "leave"
    assert office.record.said == ["No one is there", "bye"]


def test_caller_hangs_up_in_the_queue() -> None:
    office = run({"/voice": ENQUEUE, "/hold": HOLD}, caller=FarParty(leaves={"Enqueue": 5}))
    assert office.bridge.forms("/after") == []
    assert office.record.of("left")[0].t == 5.0


def test_dialling_an_empty_queue_waits_and_gives_up() -> None:
    office = run({"/voice": "<Dial timeout='5' action='/after'><Queue>support</Queue></Dial>", "/after": ""})
    assert office.bridge.forms("/after")[0]["DialCallStatus"] == "no-answer"
