"""Explain why a call came to nothing, and what to check first. Pure.

A call without a stream failed in one of three places: nothing listened where the phone dialled, the bridge's answer was
none that a carrier accepts, or the stream of its document could not be opened. The carrier's error number says which:
https://www.twilio.com/docs/api/errors.
"""

from __future__ import annotations

import re
from typing import Final

from ivr.testbench.recording import PhoneRecord
from ivr.testbench.twilio.http import CONNECTION_FAILURE, RETRIEVAL_FAILURE
from ivr.testbench.twilio.twiml import BROKEN_DOCUMENT, UNKNOWN_VERB, WRONG_TYPE

_HTTP_STATUS: Final = re.compile(r"HTTP (\d+)")
_STREAM_ERRORS: Final = range(31900, 32000)
"""The carrier's error numbers for media streams."""

_LOG: Final = "the bridge's log, which has a line `refused` with the reason"
_BY_STATUS: Final = {
    403: "that TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN and IVR_PUBLIC_URL are here what they are at the bridge, which "
    "checks the signature of each request (as `ivr serve --dev` it checks none); its log has a line `refused` with the "
    "reason",
    404: "the path: a bridge answers at /voice",
    405: "the path: a bridge answers at /voice",
}
_BY_NUMBER: Final = {
    CONNECTION_FAILURE: "that the bridge runs (`ivr serve`) and listens at this host and port",
    RETRIEVAL_FAILURE: "the bridge's log: it took the request and did not answer in time",
    BROKEN_DOCUMENT: "that the URL is a bridge's /voice: what came back is no TwiML",
    WRONG_TYPE: "that the URL is a bridge's /voice: what came back is no TwiML",
}
_NO_SOCKET: Final = (
    "that the bridge's IVR_PUBLIC_URL is its address as seen from here (the stream's URL is made from it), "
    "and IVR_PUBLIC_URL here the same"
)


def refusal(record: PhoneRecord) -> list[str]:
    """Return what refused the call, and what to check. Empty when the call had a stream."""
    if record.t0 is not None:
        return []
    code, reason = next(
        ((code, reason) for code, reason in reversed(record.warnings.items()) if code != UNKNOWN_VERB), (0, "")
    )
    if code in _STREAM_ERRORS:
        return [f"refused: the stream could not be opened: {reason} ({code})", f"check: {_NO_SOCKET}"]
    asked = record.of("request")
    door = asked[-1].detail if asked else "the call"
    if code:
        who = "nothing listens there" if code == CONNECTION_FAILURE else "by the bridge"
        # The HTTP status says more than the carrier's number, which is the same for every status.
        status = _HTTP_STATUS.search(reason)
        advice = _BY_NUMBER.get(code, _LOG) if status is None else _BY_STATUS.get(int(status[1]), _LOG)
        return [f"refused: {who}: {door}: {reason} ({code})", f"check: {advice}"]
    words = f", and says: {' '.join(record.said)}" if record.said else ""
    return [
        f"refused: {door} answers with a document without a stream ({', '.join(record.verbs) or 'empty'}){words}",
        "check: that the number dialled is one of the bridge's lines, and that it has a place free",
    ]
