"""What a caller hears, and what the bridge is told, when a person is dialled."""

from __future__ import annotations

from collections.abc import Mapping

import httpx
import pytest

from ivr.testbench.twilio.carrier import FarParty, TwilioCarrier
from tests.testbench.twilio.legs.offices import CALLER, DESK, Document, Office, calls, run

DIAL = f"<Dial action='/after' timeout='20'><Number>{DESK}</Number></Dial>"


def dialled(person: FarParty, dial: str = DIAL, more: Mapping[str, Document] | None = None, **given: object) -> Office:
    documents = {"/voice": dial, "/after": "<Say>after</Say>", **(more or {})}
    return run(documents, people={DESK: person}, **given)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("person", "status", "bridged", "at"),
    [
        (FarParty(ring_s=3, talks_s=10), "completed", "true", 13.0),
        (FarParty("busy", ring_s=1), "busy", "false", 1.0),
        (FarParty("reject", ring_s=4), "busy", "false", 4.0),
        (FarParty("no_answer"), "no-answer", "false", 20.0),
        (FarParty(ring_s=25), "no-answer", "false", 20.0),
        (FarParty("failed"), "failed", "false", 0.5),
        (FarParty(ring_s=2, kind="machine", greeting_s=5, message_s=10), "completed", "true", 17.5),
    ],
)
def test_m04_dial_tells_what_came_of_it(person: FarParty, status: str, bridged: str, at: float) -> None:
    office = dialled(person)
    [form] = office.bridge.forms("/after")
    assert (form["DialCallStatus"], form["DialBridged"], form["CallStatus"]) == (status, bridged, "in-progress")
    assert form["DialCallSid"] == office.carrier.leg_to(DESK).call_sid
    assert (office.record.said, office.record.of("dialled")[0].t) == (["after"], at)
    assert ("DialCallDuration" in form) == (bridged == "true")


def test_talk_is_noted_on_both_sides() -> None:
    office = dialled(FarParty(ring_s=3, talks_s=10))
    assert office.heard() == [
        (0.0, "ringing", ""),
        (3.0, "talk", DESK),
        (13.0, "talk", ""),
        (13.0, "say", "after"),
    ]
    assert office.heard(office.carrier.leg_to(DESK).record) == [(3.0, "talk", CALLER), (13.0, "talk", "")]
    assert office.bridge.forms("/after")[0]["DialCallDuration"] == "10"


def test_caller_hangs_up_while_it_rings_and_while_they_talk() -> None:
    for caller, status in ((FarParty(leaves={"Dial": 2}), "canceled"), (FarParty(talks_s=5), "completed")):
        office = dialled(FarParty(ring_s=6, talks_s=60), caller=caller)
        desk = office.carrier.leg_to(DESK)
        assert (desk.status, office.record.said) == (status, [])
        [form] = office.bridge.forms("/after")
        assert (form["DialCallStatus"], form["CallStatus"]) == (status, "completed")


WHISPER = f"<Dial action='/after'><Number url='/whisper'>{DESK}</Number></Dial>"
ASK = {"/whisper": "<Gather numDigits='1' action='/key'><Say>Press one to take it</Say></Gather><Hangup/>"}


def test_whisper_is_heard_by_the_person_alone_and_accepted_by_key() -> None:
    more: dict[str, Document] = {**ASK, "/key": lambda form: "" if form["Digits"] == "1" else "<Hangup/>"}
    office = dialled(FarParty(ring_s=2, keys=("1",), talks_s=5), WHISPER, more)
    desk = office.carrier.leg_to(DESK)
    assert [kind for _, kind, _ in office.heard()] == ["ringing", "talk", "talk", "say"]
    assert [detail for _, _, detail in office.heard(desk.record)] == ["Press one to take it", CALLER, ""]
    assert office.bridge.forms("/whisper")[0]["ParentCallSid"] == office.record.call_sid
    assert office.bridge.forms("/whisper")[0]["Direction"] == "outbound-dial"


@pytest.mark.parametrize("keys", [(), ("2",)])
def test_declined_by_key_is_not_bridged(keys: tuple[str, ...]) -> None:
    office = dialled(FarParty(ring_s=2, keys=keys), WHISPER, {**ASK, "/key": "<Hangup/>"})
    [form] = office.bridge.forms("/after")
    # It was answered: only `DialBridged` tells that the two never talked.
    assert (form["DialCallStatus"], form["DialBridged"]) == ("completed", "false")
    assert "talk" not in [kind for _, kind, _ in office.heard()]


def test_first_of_two_who_answers_is_connected() -> None:
    other = "+966110000098"
    dial = f"<Dial><Number>{DESK}</Number><Number>{other}</Number></Dial>"
    office = run({"/voice": dial}, people={DESK: FarParty(ring_s=9), other: FarParty(ring_s=3, talks_s=4)})
    assert (office.carrier.leg_to(DESK).status, office.carrier.leg_to(other).status) == ("canceled", "completed")
    assert office.record.dialled == [DESK, other]


def test_answer_on_bridge_leaves_the_caller_ringing() -> None:
    dial = f"<Dial answerOnBridge='true' timeout='5'>{DESK}</Dial>"
    told: list[str] = []

    async def watch(carrier: TwilioCarrier, rest: httpx.AsyncClient) -> None:
        for _ in range(4):
            await carrier.office.clock.sleep(1)
            [call] = [leg for leg in carrier.legs if leg.direction == "inbound"]
            told.append((await rest.get(calls(f"/{call.call_sid}"))).json()["status"])

    run({"/voice": dial}, people={DESK: FarParty(ring_s=2.5, talks_s=9)}, beside=watch)
    assert told == ["ringing", "ringing", "in-progress", "in-progress"]


def test_time_limit_and_star_end_the_talk() -> None:
    for attribute, keys, ended in (("timeLimit='7'", "", 9.0), ("hangupOnStar='true'", "5*", 4.0)):

        async def press(carrier: TwilioCarrier, _: httpx.AsyncClient, keys: str = keys) -> None:
            await carrier.office.clock.sleep(4)
            carrier.legs[0].press(keys)

        dial = DIAL.replace("<Dial ", f"<Dial {attribute} ")
        office = dialled(FarParty(ring_s=2), dial, beside=press)
        assert office.record.of("dialled")[0].t == ended


def test_status_callbacks_of_a_dialled_number() -> None:
    number = (
        f"<Number statusCallback='/told' statusCallbackEvent='initiated ringing answered completed'>{DESK}</Number>"
    )
    office = dialled(FarParty(ring_s=2, talks_s=5), f"<Dial>{number}</Dial>", {"/told": ""})
    told = office.bridge.forms("/told")
    assert [form["CallStatus"] for form in told] == ["initiated", "ringing", "in-progress", "completed"]
    assert [form["SequenceNumber"] for form in told] == ["0", "1", "2", "3"]
    assert (told[3]["CallDuration"], told[0]["ParentCallSid"]) == ("5", office.record.call_sid)


def test_recorded_dial_tells_where_the_recording_is() -> None:
    dial = DIAL.replace("<Dial ", "<Dial record='record-from-answer-dual' recordingStatusCallback='/made' ")
    office = dialled(FarParty(ring_s=2, talks_s=6), dial, {"/made": ""})
    [form], [made] = office.bridge.forms("/after"), office.bridge.forms("/made")
    assert form["RecordingSid"] == made["RecordingSid"]
    assert (made["RecordingDuration"], made["RecordingChannels"], made["RecordingStatus"]) == ("6", "2", "completed")


def test_update_takes_the_caller_away_from_the_person() -> None:
    async def away(carrier: TwilioCarrier, rest: httpx.AsyncClient) -> None:
        await carrier.office.clock.sleep(5)
        form = {"Twiml": "<Response><Say>back</Say></Response>"}
        assert (await rest.post(calls(f"/{carrier.legs[0].call_sid}"), data=form)).status_code == 200

    office = dialled(FarParty(ring_s=2), beside=away)
    assert (office.record.said, office.carrier.leg_to(DESK).status) == (["back"], "completed")
    assert office.bridge.forms("/after") == []


def test_update_takes_the_person_away_from_the_caller() -> None:
    async def away(carrier: TwilioCarrier, rest: httpx.AsyncClient) -> None:
        await carrier.office.clock.sleep(5)
        form = {"Twiml": "<Response><Say>elsewhere</Say></Response>"}
        assert (await rest.post(calls(f"/{carrier.leg_to(DESK).call_sid}"), data=form)).status_code == 200

    office = dialled(FarParty(ring_s=2), beside=away)
    assert (office.record.said, office.carrier.leg_to(DESK).record.said) == (["after"], ["elsewhere"])


def test_nobody_to_dial_fails() -> None:
    assert dialled(FarParty(), "<Dial action='/after'/>").bridge.forms("/after")[0]["DialCallStatus"] == "failed"


def test_sip_and_client_are_found_by_their_address() -> None:
    sip, client = "sip:desk@pbx.example", "client:layla"
    dial = f"<Dial><Sip>{sip}</Sip></Dial><Dial><Client>layla</Client></Dial>"
    office = run({"/voice": dial}, people={sip: FarParty(talks_s=1), client: FarParty("busy")})
    assert [office.carrier.leg_to(name).status for name in (sip, client)] == ["completed", "busy"]
