"""Why a call came to nothing, and what to look at first."""

from __future__ import annotations

import pytest

from ivr.testbench.recording import PhoneRecord
from ivr.testbench.refusal import refusal

VOICE = "POST http://127.0.0.1:8000/voice"


@pytest.mark.parametrize(
    ("code", "reason", "refused", "check"),
    [
        (11200, "HTTP 403: account", f"by the bridge: {VOICE}: HTTP 403: account (11200)", "TWILIO_ACCOUNT_SID"),
        (11200, "HTTP 404: Not Found", f"by the bridge: {VOICE}: HTTP 404", "/voice"),
        (11200, "HTTP 405", f"by the bridge: {VOICE}: HTTP 405", "/voice"),
        (11200, "HTTP 500", f"by the bridge: {VOICE}: HTTP 500", "the bridge's log"),
        (11200, "no answer: timeout", f"by the bridge: {VOICE}: no answer", "did not answer in time"),
        (11205, "no connection: refused", f"nothing listens there: {VOICE}: no connection", "`ivr serve`"),
        (12300, "content type text/plain", f"by the bridge: {VOICE}: content type", "no TwiML"),
        (11750, "body over 64 KB", f"by the bridge: {VOICE}: body", "the bridge's log"),
        (31920, "HTTP 403 where 101 belongs", "the stream could not be opened: HTTP 403 where 101", "IVR_PUBLIC_URL"),
    ],
)
def test_who_refused_what_and_what_to_check(code: int, reason: str, refused: str, check: str) -> None:
    record = PhoneRecord()
    record.note(1.0, "request", VOICE)
    record.warn(1.1, code, reason)
    record.warn(1.1, 12200, "unknown verb <Sing>")
    first, second = refusal(record)
    assert first.startswith(f"refused: {refused}")
    assert second.startswith("check: ")
    assert check in second


def test_a_document_without_a_stream_is_quoted() -> None:
    record = PhoneRecord(verbs=["Say", "Hangup"], said=["All lines", "are busy."])
    record.note(1.0, "request", VOICE)
    assert refusal(record)[0] == (
        f"refused: {VOICE} answers with a document without a stream (Say, Hangup), and says: All lines are busy."
    )
    assert refusal(PhoneRecord())[0] == "refused: the call answers with a document without a stream (empty)"


def test_a_call_with_a_stream_was_not_refused() -> None:
    assert refusal(PhoneRecord(t0=1.0, warnings={31921: "died"})) == []
