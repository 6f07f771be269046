"""Put what a job asks for into the carrier's words, and read the carrier's. Pure.

Spec: https://www.twilio.com/docs/voice/api/call-resource#create-a-call-resource,
https://www.twilio.com/docs/voice/answering-machine-detection.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, urlencode

from ivr.call.actions import Answered
from ivr.config.outbound.terms import OutboundTerms
from ivr.outbound.job import Job
from ivr.twilio.rest import RestAnswer

JOB: Final = "job"
TRY: Final = "try"
"""Names in the query of the URLs that the carrier asks for a job. The agent is told them with the call's parameters."""
ANSWERED_BY: Final = "AnsweredBy"
"""Name of the carrier's field that says who has answered."""
_LONGEST_QUERY: Final = 512
_CALL_EVENTS: Final = ("initiated", "ringing", "answered", "completed")
SPARE_S: Final = 120
"""Seconds that a call may last at the carrier beyond what it may last here: the bridge ends it, with last words."""
_AGAIN_S: Final = 15.0
_LOGIN_S: Final = 60.0
_UNPLACED: Final[Mapping[int, str]] = {
    13224: "bad_number",
    21201: "bad_number",
    21211: "bad_number",
    21214: "bad_number",
    21217: "bad_number",
    21219: "bad_number",
    21401: "bad_number",
    13227: "not_permitted",
    21215: "not_permitted",
    21216: "not_permitted",
    21606: "bad_sender",
    21210: "bad_sender",
    21212: "bad_sender",
}
"""Why a call is not placed, by Twilio's error code. https://www.twilio.com/docs/api/errors"""
_ANSWERED_BY: Final[Mapping[str, Answered]] = {
    "human": "person",
    "fax": "fax",
    "machine_start": "machine",
    "machine_end_beep": "machine",
    "machine_end_silence": "machine",
    "machine_end_other": "machine",
    "unknown": "unknown",
}

_CARRIER_SAYS: Final = {"person": "human", "machine": "machine_start", "fax": "fax", "unknown": "unknown"}


@dataclass(frozen=True, slots=True)
class Unplaced:
    """Say that a call was certainly not placed."""

    reason: str
    again_s: float | None = None
    """Seconds until it may be asked for again; None: it will never be placed."""
    all_wait: bool = False
    """Every other job would be refused now as well."""


def request_of(job: Job, terms: OutboundTerms, public_url: str, max_call: float) -> dict[str, str | list[str]]:
    """Return the parameters with which a job is placed."""
    query = urlencode({JOB: job.id, TRY: job.attempts})
    status = f"{public_url}/status?{query}"
    fields: dict[str, str | list[str]] = {
        "To": job.to,
        "From": job.sender,
        "Url": f"{public_url}/voice?{query}",
        "Method": "POST",
        "StatusCallback": status,
        "StatusCallbackMethod": "POST",
        "StatusCallbackEvent": list(_CALL_EVENTS),
        "Timeout": str(terms.ring_s),
    }
    if max_call:
        fields["TimeLimit"] = str(math.ceil(max_call) + SPARE_S)
    if terms.carrier_amd:
        # The end of a machine's greeting is worth waiting for where a message is left behind it.
        fields["MachineDetection"] = "DetectMessageEnd" if terms.machine == "message" else "Enable"
        fields |= {"AsyncAmd": "true", "AsyncAmdStatusCallback": status, "AsyncAmdStatusCallbackMethod": "POST"}
    return fields


def refusal_of(answer: RestAnswer) -> Unplaced | None:
    """Return why a call was certainly not placed. None: it was, or it may have been."""
    if answer.outcome == "done":
        return None
    if not answer.sent:
        return Unplaced("unreachable", _AGAIN_S, all_wait=True)
    if answer.status == 429:
        return Unplaced("too_many", _AGAIN_S, all_wait=True)
    # What is wrong is the bridge's own: the jobs wait until it is put right.
    if answer.status in (401, 403, 404):
        return Unplaced("login", _LOGIN_S, all_wait=True)
    if not 400 <= answer.status < 500:
        return None
    code = answer.fields.get("code")
    return Unplaced(_UNPLACED.get(code, "refused") if isinstance(code, int) else "refused")


def job_of(query: bytes) -> tuple[str, int] | None:
    """Return the job's id and attempt of a query. None: it is of no job."""
    if b"job=" not in query or len(query) > _LONGEST_QUERY:
        return None
    return attempt_of(dict(parse_qsl(query.decode("latin-1"))))


def attempt_of(parameters: Mapping[str, str]) -> tuple[str, int] | None:
    """Return the job's id and attempt of a call's parameters. None: there is none."""
    job, attempt = parameters.get(JOB, ""), parameters.get(TRY, "")
    if not job or not attempt.isdecimal() or len(attempt) > 4:
        return None
    return job, int(attempt)


def answered_by(said: str) -> Answered | None:
    """Return who has answered, by the carrier's word. None: it does not say."""
    return _ANSWERED_BY.get(said)


def known_of(job: Job) -> dict[str, str]:
    """Return what the carrier has said already of who has answered a job's call, as a parameter of the call."""
    said = _CARRIER_SAYS.get(job.answered_by)
    return {} if said is None else {ANSWERED_BY: said}
