"""Conferences: who hears whom, who is left alone, what is told."""

from __future__ import annotations

import httpx

from ivr.testbench.twilio.carrier import FarParty, TwilioCarrier
from tests.testbench.twilio.legs.offices import CALLER, DESK, calls, run

ROOM = "<Dial action='/after'><Conference {}>room</Conference></Dial>"


def created(twiml: str, after: float = 0.0, **form: str):  # type: ignore[no-untyped-def]
    async def beside(carrier: TwilioCarrier, rest: httpx.AsyncClient) -> httpx.Response:
        await carrier.office.clock.sleep(after)
        return await rest.post(
            calls(), data={"To": DESK, "From": "+15550100", "Twiml": f"<Response>{twiml}</Response>", **form}
        )

    return beside


def test_two_meet_and_neither_is_left_alone() -> None:
    office = run(
        {"/voice": ROOM.format("endConferenceOnExit='true'"), "/after": "<Say>after</Say>"},
        people={DESK: FarParty(ring_s=3, talks_s=10)},
        beside=created(ROOM.format("endConferenceOnExit='true'")),
    )
    assert office.heard() == [
        (0.0, "music", ""),
        (3.0, "talk", DESK),
        (13.0, "talk", ""),
        (13.0, "say", "after"),
    ]
    [conference] = office.carrier.switchboard.conferences.values()
    assert (conference.alone(), conference.status) == ([], "completed")
    assert [who for _, who in conference.meetings] == [(CALLER,), (CALLER, DESK), (CALLER,), ()]
    assert office.bridge.forms("/after")[0]["DialCallStatus"] == "answered"
    assert repr(conference) == "<Conference room completed, 0 in it>"


def test_one_who_is_left_alone_is_seen() -> None:
    office = run(
        {"/voice": ROOM.format("")},
        people={DESK: FarParty(ring_s=3, talks_s=10)},
        caller=FarParty(leaves={"Dial": 20}),
        beside=created(ROOM.format("")),
    )
    [conference] = office.carrier.switchboard.conferences.values()
    assert conference.alone() == [(13.0, 20.0, CALLER)]


def test_it_does_not_start_without_one_who_may_start_it() -> None:
    office = run(
        {"/voice": ROOM.format("startConferenceOnEnter='false'")},
        people={DESK: FarParty(ring_s=3)},
        caller=FarParty(leaves={"Dial": 20}),
        beside=created(ROOM.format("startConferenceOnEnter='false'"), TimeLimit="30"),
    )
    assert "talk" not in [kind for _, kind, detail in office.heard() if detail]


def test_wait_url_plays_until_it_starts() -> None:
    documents = {
        "/voice": ROOM.format("waitUrl='/hold' endConferenceOnExit='true'"),
        "/hold": "<Say>Please hold the line</Say><Redirect>/hold</Redirect>",
    }
    office = run(
        documents,
        people={DESK: FarParty(ring_s=3.5, talks_s=2)},
        beside=created(ROOM.format("waitUrl='' endConferenceOnExit='true'")),
    )
    assert office.record.said == ["Please hold the line"] * 3
    assert office.bridge.forms("/hold")[0]["ConferenceSid"].startswith("CF")


def test_wait_url_may_be_a_sound_or_broken() -> None:
    sound = httpx.Response(200, headers={"content-type": "audio/mpeg"}, content=b"x")
    for answer, warned in ((sound, []), (500, [11200]), ("<Say", [12100])):
        office = run({"/voice": ROOM.format("waitUrl='/hold'"), "/hold": answer}, caller=FarParty(leaves={"Dial": 5}))
        assert list(office.record.warnings) == warned


def test_events_are_told_where_they_were_asked_for() -> None:
    attributes = "statusCallback='/told' statusCallbackEvent='start end join leave mute hold'"
    office = run(
        {"/voice": ROOM.format(attributes), "/told": ""},
        people={DESK: FarParty(ring_s=3, talks_s=10)},
        caller=FarParty(leaves={"Dial": 20}),
        beside=created(ROOM.format("")),
    )
    told = office.bridge.forms("/told")
    assert [form["StatusCallbackEvent"] for form in told] == [
        "participant-join", "participant-join", "conference-start", "participant-leave", "participant-leave",
        "conference-end",
    ]  # fmt: skip
    assert [form["SequenceNumber"] for form in told] == ["1", "2", "3", "4", "5", "6"]
    assert told[5]["ReasonConferenceEnded"] == "last-participant-left"


def test_rest_mutes_holds_removes_and_ends() -> None:
    async def beside(carrier: TwilioCarrier, rest: httpx.AsyncClient) -> list[object]:
        await created(ROOM.format("endConferenceOnExit='false'"))(carrier, rest)
        await carrier.office.clock.sleep(5)
        root = calls().replace("Calls.json", "Conferences")
        [row] = (await rest.get(f"{root}.json", params={"FriendlyName": "room"})).json()["conferences"]
        place = f"{root}/{row['sid']}"
        rows = (await rest.get(f"{place}/Participants.json")).json()["participants"]
        person = f"{place}/Participants/{rows[1]['call_sid']}.json"
        muted = (await rest.post(person, data={"Muted": "true", "Hold": "true", "EndConferenceOnExit": "true"})).json()
        held = carrier.leg_to(DESK).record.entries[-1]
        back = (await rest.post(person, data={"Hold": "false"})).json()["hold"]
        gone = (await rest.delete(person)).status_code
        await carrier.office.clock.sleep(1)
        missing = (await rest.get(person)).json()["code"]
        ended = (await rest.post(f"{place}.json", data={"Status": "completed"})).json()["status"]
        unknown = (await rest.get(f"{root}/CF0.json")).json()["code"]
        return [row["status"], len(rows), muted["muted"], muted["hold"], held.kind, back, gone, missing, ended, unknown]

    office = run({"/voice": ROOM.format("")}, people={DESK: FarParty(ring_s=1)}, beside=beside)
    assert office.found == ["in-progress", 2, True, True, "music", False, 204, 20404, "completed", 20404]


def test_full_conference_lets_no_more_in() -> None:
    office = run(
        {"/voice": ROOM.format(""), "/after": ""},
        people={DESK: FarParty(ring_s=1)},
        caller=FarParty(leaves={"Dial": 10}),
        beside=created(ROOM.format("maxParticipants='1'"), 1.0),
    )
    assert office.carrier.leg_to(DESK).record.of("fault")[0].detail == "conference room is full"


def test_recorded_conference() -> None:
    office = run({"/voice": ROOM.format("record='record-from-start'")}, caller=FarParty(leaves={"Dial": 6}))
    [made] = office.carrier.switchboard.recordings.values()
    assert (made.source, made.status, made.seconds) == ("Conference", "completed", 6.0)
