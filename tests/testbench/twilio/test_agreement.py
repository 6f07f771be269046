"""The bridge's messages and signatures against the mock carrier's: written apart, from the same documentation."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.call.commands import SendAudio, SendClear, SendMark
from ivr.call.events import AudioIn, CallerLeft, CallStarted, DigitPressed, Event, MarkReached
from ivr.testbench.phone import messages as wire
from ivr.testbench.phone.messages import Ids
from ivr.testbench.phone.phone import Phone, PhoneOptions
from ivr.testbench.recording import PhoneRecord
from ivr.testbench.twilio.http import BridgeAddress, voice_fields
from ivr.testbench.twilio.signing import SETTINGS, SIGNATURE, SharedKey, Signer
from ivr.twilio.form import Form
from ivr.twilio.signature import Signatures, allowed_urls
from ivr.twilio.stream import Stream

IDS = Ids("AC" + "a" * 32, "CA" + "b" * 32, "MZ" + "c" * 32)
FIELDS = voice_fields(
    account=IDS.account, call=IDS.call, caller="+966500000001", called="+1", status="ringing", chance=random.Random(1)
)


def test_mock_and_bridge_agree_on_a_stream() -> None:
    stream = Stream(lambda token, call: (token, call) == ("t", IDS.call), IDS.account)
    phone = Phone(IDS, PhoneRecord(), parameters={"token": "t", "line": "main"}, options=PhoneOptions(strict=True))
    events: list[Event] = []

    def exchange(now: float) -> None:
        for out in phone.poll(now):
            if isinstance(out, str):
                events.extend(stream.receive(out))

    phone.open(0.0)
    exchange(0.0)
    phone.say(b"\x10" * 160, 0.0)
    phone.receive(stream.encode(SendAudio(b"\x20" * 16000)), 0.0)
    phone.receive(stream.encode(SendMark("half")), 0.0)
    phone.receive(stream.encode(SendAudio(b"\x20" * 160)), 0.0)
    phone.receive(stream.encode(SendMark("سطر 2")), 0.0)
    exchange(0.1)
    phone.receive(stream.encode(SendClear()), 0.1)
    phone.press("#", 0.1)
    phone.hang_up(0.12)
    exchange(0.12)

    assert events[0] == CallStarted(call_id=IDS.call, stream_id=IDS.stream, parameters={"line": "main"})
    audio = [event for event in events if isinstance(event, AudioIn)]
    assert [event.timestamp_ms for event in audio] == [8 + 20 * n for n in range(len(audio))]
    assert b"".join(event.payload for event in audio) == bytes(phone.record.caller)
    others = [event for event in events[1:] if not isinstance(event, AudioIn)]
    assert others == [MarkReached("half"), MarkReached("سطر 2"), DigitPressed("#"), CallerLeft("stop")]
    assert (stream.faults, phone.record.warnings) == (0, {})


@given(st.binary(min_size=1, max_size=2000), st.integers(0, 2**31), st.integers(1, 2**31))
def test_bridge_reads_any_media_of_the_mock(payload: bytes, timestamp: int, number: int) -> None:
    stream = Stream(lambda _token, _call: True)
    stream.receive(wire.start(IDS, 1, {}))
    assert stream.receive(wire.media(IDS, number, number, timestamp, payload)) == [AudioIn(timestamp, payload)]


@pytest.mark.parametrize(
    "public",
    [
        "https://ivr.example.com",
        "https://ivr.example.com/",
        "https://ivr.example.com:8443",
        "https://example.com/ivr",
        "http://127.0.0.1:8000",
    ],
)
@pytest.mark.parametrize("key", [None, SharedKey("k1", "s1"), SharedKey("k1", "s1", "HMAC_SHA1")])
def test_bridge_accepts_the_mocks_signatures(public: str, key: SharedKey | None) -> None:
    signatures = Signatures(["old", "12345"], {"k1": "s1"})
    name = BridgeAddress.of("http://127.0.0.1:9999/voice", public).public_url("http://127.0.0.1:9999/voice?line=a%20b")
    headers = Signer("12345", key).headers(name, FIELDS)
    urls, form = allowed_urls(public, "/voice", "line=a%20b"), Form(list(FIELDS.items()))
    assert signatures.refusal(urls, form, headers[SIGNATURE], headers.get(SETTINGS)) is None
    wrong = Signer("12345", key, "wrong").headers(name, FIELDS)
    assert signatures.refusal(urls, form, wrong[SIGNATURE], wrong.get(SETTINGS)) == "wrong_signature"


@pytest.mark.parametrize("public", ["https://ivr.example.com", "https://ivr.example.com:8443", "http://127.0.0.1:8000"])
@pytest.mark.parametrize("slash", ["", "/"])
def test_bridge_accepts_the_mocks_socket_signatures(public: str, slash: str) -> None:
    url = public.replace("http", "ws", 1) + "/media" + slash
    urls = allowed_urls(public, "/media", websocket=True)
    assert Signatures(["12345"]).refusal(urls, None, Signer("12345").headers(url)[SIGNATURE]) is None
