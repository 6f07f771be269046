"""Write the REST resources as the carrier does: calls, recordings, conferences, participants; pages of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlencode
from xml.etree import ElementTree as ET

from ivr.testbench.twilio.legs.recordings import API_VERSION, CallRecording

PAGE_SIZE: Final = 50
PAGE_MOST: Final = 1000
SUBRESOURCES: Final = ("notifications", "recordings", "streams", "payments", "siprec", "transcriptions", "events")


def call_resource(account: str, sid: str, status: str, fields: Mapping[str, object]) -> dict[str, object]:
    """Return a call."""
    uri = f"/{API_VERSION}/Accounts/{account}/Calls/{sid}"
    return {
        "sid": sid,
        "account_sid": account,
        "api_version": API_VERSION,
        "status": status,
        "parent_call_sid": None,
        "phone_number_sid": "",
        "start_time": fields.get("date_created"),
        "end_time": None,
        "date_updated": fields.get("date_created"),
        "price": None,
        "price_unit": "USD",
        "answered_by": None,
        "duration": None,
        "group_sid": None,
        "trunk_sid": None,
        "forwarded_from": None,
        "caller_name": None,
        "queue_time": "0",
        "uri": f"{uri}.json",
        "subresource_uris": {
            name: f"{uri}/{''.join(part.capitalize() for part in name.split('_'))}.json" for name in SUBRESOURCES
        },
        **fields,
        "from_formatted": fields.get("from"),
        "to_formatted": fields.get("to"),
    }


def recording_resource(made: CallRecording) -> dict[str, object]:
    """Return a recording."""
    return {
        "sid": made.sid,
        "account_sid": made.account_sid,
        "api_version": API_VERSION,
        "call_sid": made.call_sid,
        "conference_sid": made.conference_sid or None,
        "channels": made.channels,
        "track": made.track,
        "source": made.source,
        "status": made.status,
        "duration": f"{made.seconds:.0f}" if made.status == "completed" else None,
        "date_created": None,
        "date_updated": None,
        "start_time": None,
        "price": None,
        "price_unit": "USD",
        "error_code": None,
        "encryption_details": None,
        "media_url": f"https://api.twilio.com{made.uri}",
        "uri": f"{made.uri}.json",
        "subresource_uris": {},
    }


CONFERENCE_ATTRIBUTES: Final = {
    "Beep": "beep",
    "ConferenceStatusCallback": "statusCallback",
    "ConferenceStatusCallbackEvent": "statusCallbackEvent",
    "EndConferenceOnExit": "endConferenceOnExit",
    "Label": "participantLabel",
    "MaxParticipants": "maxParticipants",
    "Muted": "muted",
    "StartConferenceOnEnter": "startConferenceOnEnter",
    "WaitUrl": "waitUrl",
}
"""Fields of a new participant, and the attributes of `<Conference>` that they stand for."""


def conference_twiml(name: str, form: Mapping[str, str]) -> str:
    """Return the document of a leg that enters a conference."""
    response = ET.Element("Response")
    given = {attribute: form[field] for field, attribute in CONFERENCE_ATTRIBUTES.items() if field in form}
    ET.SubElement(ET.SubElement(response, "Dial"), "Conference", given).text = name
    return ET.tostring(response, encoding="unicode")


def stream_resource(account: str, call: str, sid: str, form: Mapping[str, str]) -> dict[str, object]:
    """Return a one-way stream."""
    return {
        "sid": sid,
        "account_sid": account,
        "call_sid": call,
        "name": form.get("Name", sid),
        "status": "in-progress",
        "date_updated": None,
        "uri": f"/{API_VERSION}/Accounts/{account}/Calls/{call}/Streams/{sid}.json",
    }


def conference_resource(account: str, conference: Any) -> dict[str, object]:
    """Return a conference."""
    uri = f"/{API_VERSION}/Accounts/{account}/Conferences/{conference.sid}"
    return {
        "sid": conference.sid,
        "account_sid": account,
        "api_version": API_VERSION,
        "friendly_name": conference.name,
        "status": conference.status,
        "region": "us1",
        "date_created": conference.created_on,
        "date_updated": conference.created_on,
        "reason_conference_ended": conference.ended_by or None,
        "call_sid_ending_conference": None,
        "uri": f"{uri}.json",
        "subresource_uris": {"participants": f"{uri}/Participants.json", "recordings": f"{uri}/Recordings.json"},
    }


def participant_resource(account: str, conference: Any, participant: Any) -> dict[str, object]:
    """Return a participant of a conference."""
    sid = participant.leg.call_sid
    return {
        "account_sid": account,
        "call_sid": sid,
        "conference_sid": conference.sid,
        "label": participant.label or None,
        "muted": participant.muted,
        "hold": participant.held,
        "coaching": False,
        "call_sid_to_coach": None,
        "start_conference_on_enter": participant.starts,
        "end_conference_on_exit": participant.ends,
        "status": "connected",
        "date_created": participant.joined_on,
        "date_updated": participant.joined_on,
        "queue_time": "0",
        "uri": f"/{API_VERSION}/Accounts/{account}/Conferences/{conference.sid}/Participants/{sid}.json",
    }


def page(name: str, rows: Sequence[Mapping[str, object]], path: str, query: Mapping[str, str]) -> dict[str, object]:
    """Return one page of a list, with the addresses of those beside it."""

    def number(key: str, usual: int, most: int) -> int:
        given = query.get(key, "")
        return min(int(given), most) if given.isdigit() else usual

    size, at = max(1, number("PageSize", PAGE_SIZE, PAGE_MOST)), number("Page", 0, 1_000_000)
    shown = rows[at * size : (at + 1) * size]

    def uri(page: int) -> str:
        return f"{path}?{urlencode({**query, 'PageSize': size, 'Page': page})}"

    return {
        name: list(shown),
        "page": at,
        "page_size": size,
        "start": at * size,
        "end": at * size + max(0, len(shown) - 1),
        "uri": uri(at),
        "first_page_uri": uri(0),
        "previous_page_uri": uri(at - 1) if at else None,
        "next_page_uri": uri(at + 1) if (at + 1) * size < len(rows) else None,
    }
