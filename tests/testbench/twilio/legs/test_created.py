"""Calls that a REST client creates: statuses, documents, streams, machine detection."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from ivr.testbench.scenario import from_words
from ivr.testbench.twilio.carrier import FarParty, TwilioCarrier
from ivr.testbench.twilio.legs.recordings import CallRecording
from ivr.testbench.twilio.legs.scripts import SilentScript
from tests.testbench.twilio.legs.offices import DESK, PUBLIC, STREAM, Document, Office, calls, run

EVENTS = ["initiated", "ringing", "answered", "completed"]


def created(person: FarParty, documents: dict[str, Document] | None = None, given: Any = None, **form: Any) -> Office:
    async def beside(carrier: TwilioCarrier, rest: httpx.AsyncClient) -> dict[str, Any]:
        asked = {"To": DESK, "From": "+15550100", "StatusCallback": f"{PUBLIC}/told", "StatusCallbackEvent": EVENTS}
        answer = await rest.post(calls(), data={"Url": f"{PUBLIC}/out", **asked, **form})
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    known: dict[str, Document] = {"/out": "<Say>hello</Say>", "/told": "", "/amd": "", **(documents or {})}
    return run(known, people={DESK: person}, beside=beside, dial_in=False, **(given or {}))


@pytest.mark.parametrize(
    ("person", "statuses"),
    [
        (FarParty(), ["initiated", "ringing", "in-progress", "completed"]),
        (FarParty("busy"), ["initiated", "ringing", "busy"]),
        (FarParty("no_answer"), ["initiated", "ringing", "no-answer"]),
        (FarParty("failed"), ["initiated", "failed"]),
    ],
)
def test_m27_created_call_goes_through_its_statuses(person: FarParty, statuses: list[str]) -> None:
    office = created(person)
    assert office.found["status"] == "queued"
    assert (office.found["direction"], office.found["to"], office.found["from"]) == ("outbound-api", DESK, "+15550100")
    told = office.bridge.forms("/told")
    assert [form["CallStatus"] for form in told] == statuses
    assert {form["CallSid"] for form in told} == {office.found["sid"]}
    assert ("/out" in dict(office.bridge.asked)) == (statuses[-1] == "completed")


def test_its_document_is_asked_for_when_it_is_answered() -> None:
    office = created(FarParty(ring_s=7))
    [form] = office.bridge.forms("/out")
    assert (form["CallStatus"], form["Direction"], form["Called"]) == ("in-progress", "outbound-api", DESK)
    assert "StirVerstat" not in form
    assert office.heard(office.carrier.leg_to(DESK).record) == [(7.0, "say", "hello")]


def test_twiml_may_come_with_the_request() -> None:
    office = created(FarParty(), Url="", Twiml="<Response><Say>now</Say></Response>", SendDigits="1w2", Record="true")
    leg = office.carrier.leg_to(DESK)
    assert [detail for _, _, detail in office.heard(leg.record)] == ["digits 1w2", "now"]
    [made] = office.carrier.switchboard.recordings.values()
    assert (made.source, made.status) == ("OutboundAPI", "completed")


def test_person_talks_in_the_stream_of_a_created_call() -> None:
    person = FarParty(script=SilentScript, hangs_up_s=4)
    office = created(person, {"/out": STREAM})
    leg = office.carrier.leg_to(DESK)
    assert (leg.record.ended, leg.record.of("hang_up")[0].t) == ("caller", 6.0)
    assert office.bridge.sockets == [2.0]
    scripted = FarParty(scenario=from_words(["at 1 press 5", "at 2 hang up"]))
    leg = created(scripted, {"/out": STREAM}).carrier.leg_to(DESK)
    assert [entry.detail for entry in leg.record.of("digit")] == ["5"]


def test_machine_greets_and_beeps_in_the_stream() -> None:
    machine = FarParty(kind="machine", greeting_s=3, message_s=5)
    leg = created(machine, {"/out": STREAM}).carrier.leg_to(DESK)
    [speech] = leg.record.speech
    assert 3300 < (speech.end - speech.start) / 8 <= 3500
    assert leg.record.of("hang_up")[0].t == 2.0 + 3.0 + 0.5 + 5.0


@pytest.mark.parametrize(
    ("person", "mode", "found", "at"),
    [
        (FarParty(hangs_up_s=30), "Enable", "human", 6.0),
        (FarParty(kind="machine"), "Enable", "machine_start", 6.0),
        (FarParty(kind="machine"), "DetectMessageEnd", "machine_end_beep", 10.5),
        (FarParty(kind="machine", beep=False), "DetectMessageEnd", "machine_end_silence", 11.0),
        (FarParty(kind="fax", hangs_up_s=30), "Enable", "fax", 6.0),
        (FarParty(hangs_up_s=30, answered_by="machine_start", detect_s=11), "Enable", "machine_start", 13.0),
        (FarParty(hangs_up_s=60, detect_s=40), "Enable", "unknown", 32.0),
    ],
)
def test_m30_async_detection_is_told_beside_the_call(person: FarParty, mode: str, found: str, at: float) -> None:
    office = created(
        person,
        {"/out": STREAM},
        MachineDetection=mode,
        AsyncAmd="true",
        AsyncAmdStatusCallback=f"{PUBLIC}/amd",
    )
    [form] = office.bridge.forms("/amd")
    assert (form["AnsweredBy"], form["MachineDetectionDuration"]) == (found, f"{(at - 2) * 1000:.0f}")
    leg = office.carrier.leg_to(DESK)
    assert [entry.t for entry in leg.record.of("callback") if entry.detail == "detection"] == [at]
    # The document was not held up by it.
    assert office.bridge.sockets == [2.0]
    assert office.bridge.forms("/told")[-1]["AnsweredBy"] == found


def test_detection_that_is_waited_for_comes_with_the_document() -> None:
    office = created(FarParty(kind="machine", greeting_s=5), MachineDetection="DetectMessageEnd")
    [form] = office.bridge.forms("/out")
    assert form["AnsweredBy"] == "machine_end_beep"
    assert office.heard(office.carrier.leg_to(DESK).record) == [(7.5, "say", "hello")]


def test_m29_stream_may_open_before_the_call_is_told() -> None:
    office = created(FarParty(ring_s=0, hangs_up_s=5), {"/out": STREAM}, {"created_after_s": 2.0})
    assert office.bridge.sockets == [0.0]
    assert office.found["status"] == "queued"


@pytest.mark.parametrize(("status", "after"), [("canceled", 1.0), ("completed", 1.0), ("completed", 4.0)])
def test_update_ends_a_created_call(status: str, after: float) -> None:
    async def beside(carrier: TwilioCarrier, rest: httpx.AsyncClient) -> tuple[int, int]:
        form = {"To": DESK, "From": "+15550100", "Url": f"{PUBLIC}/out"}
        sid = (await rest.post(calls(), data=form)).json()["sid"]
        await carrier.office.clock.sleep(after)
        away = await rest.post(
            calls(f"/{sid}"), data={"Url": f"{PUBLIC}/else"} if after < 2 else {"Status": "canceled"}
        )
        answer = await rest.post(calls(f"/{sid}"), data={"Status": status})
        return answer.status_code, away.status_code

    office = run({"/out": "<Pause length='30'/>"}, people={DESK: FarParty()}, beside=beside, dial_in=False)
    leg = office.carrier.leg_to(DESK)
    if after < 2:
        assert (office.found, leg.status, office.bridge.asked) == ((200, 400), "canceled", [])
    else:
        assert (office.found[1], leg.status) == (200, "completed")


def test_callbacks_may_overtake_each_other_and_come_twice() -> None:
    for order, numbers in (("overtaking", "1032"), ("doubled", "00112233")):
        office = created(FarParty(ring_s=0, hangs_up_s=0), given={"callbacks": order})
        told = "".join(form["SequenceNumber"] for form in office.bridge.forms("/told"))
        assert sorted(told) == sorted(numbers)
        assert (told == "".join(sorted(told))) == (order == "doubled")


def test_hang_up_or_update_during_detection_is_obeyed() -> None:
    office = created(FarParty(hangs_up_s=2), MachineDetection="Enable")
    assert office.bridge.forms("/out") == []

    async def beside(carrier: TwilioCarrier, rest: httpx.AsyncClient) -> None:
        form = {"To": DESK, "From": "+15550100", "Url": f"{PUBLIC}/out", "MachineDetection": "Enable"}
        sid = (await rest.post(calls(), data=form)).json()["sid"]
        await carrier.office.clock.sleep(3)
        await rest.post(calls(f"/{sid}"), data={"Url": f"{PUBLIC}/else"})

    office = run({"/out": "", "/else": "<Say>else</Say>"}, people={DESK: FarParty()}, beside=beside, dial_in=False)
    assert office.carrier.leg_to(DESK).record.said == ["else"]
    assert office.bridge.forms("/out") == []


def test_recording_is_paused_and_goes_on() -> None:
    made = CallRecording("RE1", "AC1", "CA1", "DialVerb", 10.0)
    made.change("paused", 13.0)
    made.change("in-progress", 20.0)
    made.change("completed", 22.0)
    assert made.fields()["RecordingDuration"] == "5"


def test_leg_that_was_not_dialled_is_a_lookup_error() -> None:
    with pytest.raises(LookupError, match="was not dialled"):
        run({"/voice": ""}).carrier.leg_to(DESK)
