"""Check the forms that create and update calls, as the carrier does before it does anything."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import urlsplit

from ivr.testbench.twilio.api.errors import ApiError
from ivr.testbench.twilio.legs.callbacks import CALL_EVENTS

TWIML_LIMIT: Final = 4000
"""Characters that a `Twiml` parameter may have."""
DIALLABLE: Final = re.compile(r"\+?[0-9]{3,15}|sips?:\S+@\S+|client:\S+", re.ASCII)
METHODS: Final = ("GET", "POST")


def check_new_call(form: Mapping[str, str], events: Sequence[str]) -> None:
    """Raise `ApiError` for a call that cannot be created. `events`: all the values of `StatusCallbackEvent`."""
    for name, missing, wrong in (("To", 21201, 21211), ("From", 21213, 21212)):
        if not form.get(name):
            raise ApiError(missing)
        if not DIALLABLE.fullmatch(form[name]):
            raise ApiError(wrong, form[name])
    if form.get("ApplicationSid"):
        raise ApiError(21218, "Invalid ApplicationSid: this account has no applications")
    if form.get("Url") and form.get("Twiml"):
        raise ApiError(21218, "Url and Twiml exclude each other")
    if not form.get("Url") and not form.get("Twiml"):
        raise ApiError(21205, "none is given")
    check_document(form)
    for name in ("StatusCallback", "AsyncAmdStatusCallback", "FallbackUrl"):
        if form.get(name):
            _check_url(form[name])
    for event in events:
        # One parameter an event: names with blanks between them are one wrong name (21626).
        if event not in CALL_EVENTS:
            raise ApiError(21626, event)
    if form.get("MachineDetection", "Enable") not in {"Enable", "DetectMessageEnd"}:
        raise ApiError(20001, f"MachineDetection {form['MachineDetection']} is none of Enable, DetectMessageEnd")
    if not re.fullmatch(r"[0-9wW*#]{0,32}", form.get("SendDigits", "")):
        raise ApiError(20001, "SendDigits may hold 32 of 0-9, w, * and #")


def check_update(form: Mapping[str, str], status: str) -> None:
    """Raise `ApiError` for an update that a call with this status cannot be given."""
    given = [name for name in ("Status", "Url", "Twiml") if form.get(name)]
    # Twilio's page on the call resource: `Twiml` and `Url` exclude each other, and `Twiml` has a limit.
    if len(given) != 1:
        raise ApiError(21218, "Exactly one of Status, Url and Twiml is needed")
    wanted = form.get("Status", "")
    if wanted and wanted not in {"completed", "canceled"}:
        raise ApiError(20001, f"Status {wanted} is not a status a call can be given")
    check_document(form)
    ringing = status in {"queued", "initiated", "ringing"}
    # A call that rings may be canceled or ended; one that is up may be ended or sent elsewhere.
    if not (status == "in-progress" or (ringing and wanted)):
        raise ApiError(21220)


def check_document(form: Mapping[str, str]) -> None:
    """Raise `ApiError` for a document that the carrier does not take."""
    if len(form.get("Twiml", "")) > TWIML_LIMIT:
        raise ApiError(21602, TWIML_LIMIT)
    if form.get("Url"):
        _check_url(form["Url"])
    if form.get("Method", "POST").upper() not in METHODS:
        raise ApiError(20001, "Method is none of GET, POST")


def _check_url(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ApiError(21205, url)
