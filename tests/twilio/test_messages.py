"""The phone's messages: the captured ones, every field's limits, and anything at all."""

from __future__ import annotations

import base64
import json
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.twilio import messages
from ivr.twilio.messages import Connected, Dtmf, Malformed, Mark, Media, PhoneMessage, Start, Stop, Unknown, parse

SID = "MZ" + "0123456789abcdef" * 2
CALL = "CA" + "0123456789abcdef" * 2
ACCOUNT = "AC" + "0123456789abcdef" * 2
START: dict[str, object] = {
    "accountSid": ACCOUNT,
    "streamSid": SID,
    "callSid": CALL,
    "tracks": ["inbound"],
    "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
    "customParameters": {"token": "t"},
}


def media(**changes: object) -> str:
    fields: dict[str, object] = {"track": "inbound", "chunk": "1", "timestamp": "8", "payload": "//8="} | changes
    return json.dumps({"event": "media", "sequenceNumber": "2", "media": fields, "streamSid": SID})


def start(**changes: object) -> str:
    return json.dumps({"event": "start", "sequenceNumber": "1", "start": START | changes, "streamSid": SID})


READ: list[tuple[str, PhoneMessage]] = [
    ('{"event":"connected","protocol":"Call","version":"1.0.0"}', Connected("Call", "1.0.0")),
    ('{"event":"connected"}', Connected("", "")),
    (start(), Start(SID, CALL, ACCOUNT, ("inbound",), {"token": "t"}, "audio/x-mulaw", 8000, 1)),
    (start(mediaFormat={}), Start(SID, CALL, ACCOUNT, ("inbound",), {"token": "t"}, "", 0, 0)),
    (
        start(mediaFormat={"encoding": "audio/x-mulaw", "sampleRate": "8000", "channels": "1"}),
        Start(SID, CALL, ACCOUNT, ("inbound",), {"token": "t"}, "audio/x-mulaw", 8000, 1),
    ),
    (start(customParameters={}), Start(SID, CALL, ACCOUNT, ("inbound",), {}, "audio/x-mulaw", 8000, 1)),
    (media(), Media(SID, "inbound", 8, b"\xff\xff")),
    (media(timestamp=208), Media(SID, "inbound", 208, b"\xff\xff")),
    (media(payload=""), Media(SID, "inbound", 8, b"")),
    (media(payload=base64.b64encode(b"a" * 999).decode()), Media(SID, "inbound", 8, b"a" * 999)),
    (
        f'{{"event":"dtmf","streamSid":"{SID}","sequenceNumber":"5","dtmf":{{"track":"inbound_track","digit":"#"}}}}',
        Dtmf(SID, "#"),
    ),
    (f'{{"event":"mark","sequenceNumber":"4","streamSid":"{SID}","mark":{{"name":"1.2"}}}}', Mark(SID, "1.2")),
    (
        f'{{"event":"stop","sequenceNumber":"5","streamSid":"{SID}","stop":{{"accountSid":"AC","callSid":"CA"}}}}',
        Stop(SID),
    ),
    ('{"event":"speech.partial","new":[1]}', Unknown()),
    ('{"event":""}', Unknown()),
]


@pytest.mark.parametrize(("text", "message"), READ)
def test_reads(text: str, message: PhoneMessage) -> None:
    assert parse(text) == message
    assert parse(text.encode()) == message


MALFORMED: list[tuple[str | bytes, str]] = [
    ("", "not_json"),
    ("{", "not_json"),
    ("nonsense", "not_json"),
    (b"\xff\xfe\x00", "not_json"),
    ('{"event":"\\ud800"}', "not_json"),
    ("[]", "not_an_object"),
    ("3", "not_an_object"),
    ("null", "not_an_object"),
    ("{}", "no_event"),
    ('{"event":null}', "no_event"),
    ('{"event":["media"]}', "no_event"),
    ('{"event":"media"}', "bad_fields"),
    ('{"event":"start"}', "bad_fields"),
    ('{"event":"media","media":[],"streamSid":"x"}', "bad_fields"),
    (media(timestamp=None), "bad_fields"),
    (media(timestamp=True), "bad_fields"),
    (media(timestamp=1.5), "bad_fields"),
    (media(payload=5), "bad_fields"),
    (media(payload="!!"), "bad_base64"),
    (media(payload="abc"), "bad_base64"),
    (media(timestamp="-1"), "bad_number"),
    (media(timestamp=-1), "bad_number"),
    (media(timestamp="1_0"), "bad_number"),
    (media(timestamp=" 8"), "bad_number"),
    (media(timestamp=""), "bad_number"),
    (media(timestamp="٨"), "bad_number"),
    (media(timestamp="9" * 17), "bad_number"),
    (media(timestamp=2**53 + 1), "bad_number"),
    (media(timestamp=10**400), "bad_number"),
    (start(callSid="../../etc"), "bad_sid"),
    (start(callSid=""), "bad_sid"),
    (start(callSid="C" * 65), "bad_sid"),
    (start(streamSid="MZ\n"), "bad_sid"),
    (start(customParameters={"a": "b" * 500}), "bad_parameters"),
    (start(customParameters={str(n): "" for n in range(65)}), "bad_parameters"),
    (start(customParameters={"a": 1}), "bad_fields"),
    (start(mediaFormat={"sampleRate": "fast"}), "bad_number"),
    ('{"event":"dtmf","streamSid":"x","dtmf":{"digit":"12"}}', "bad_digit"),
    ('{"event":"dtmf","streamSid":"x","dtmf":{"digit":""}}', "bad_digit"),
    ('{"event":"dtmf","streamSid":"x","dtmf":{"digit":"E"}}', "bad_digit"),
    (json.dumps({"event": "mark", "streamSid": "x", "mark": {"name": "n" * 257}}), "bad_mark"),
    ("x" * (messages.LONGEST_MESSAGE + 1), "too_long"),
    ('{"a":' * 20_000 + "1" + "}" * 20_000, "too_deep"),
    ('{"event":"media","media":' + '{"x":' * 20_000 + "1" + "}" * 20_001, "too_deep"),
    ("[" * 20_000 + "]" * 20_000, "too_deep"),
    ('{"event":"\ud800"}', "bad_encoding"),
    (b'{"event":"mark","streamSid":"\xff","mark":{"name":"x"}}', "bad_encoding"),
]


@pytest.mark.parametrize(("text", "reason"), MALFORMED)
def test_names_what_is_wrong(text: str | bytes, reason: str) -> None:
    assert parse(text) == Malformed(reason)  # type: ignore[arg-type]


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
named = st.dictionaries(
    st.sampled_from(["event", "streamSid", "media", "start", "mark", "dtmf", "stop", "protocol"]),
    anything | st.sampled_from(["media", "start", "mark", "dtmf", "stop", "connected"]) | st.just({"payload": "AA=="}),
)


@given(st.text() | st.binary() | anything.map(json.dumps) | named.map(json.dumps))
def test_never_raises(text: str | bytes) -> None:
    assert isinstance(parse(text), get_args(PhoneMessage))


@given(st.binary(max_size=2000), st.integers(0, 2**53))
def test_reads_every_audio_and_time(payload: bytes, timestamp: int) -> None:
    encoded = base64.b64encode(payload).decode()
    for written in (timestamp, str(timestamp)):
        assert parse(media(timestamp=written, payload=encoded)) == Media(SID, "inbound", timestamp, payload)


@given(st.binary(max_size=2000))
def test_writes_audio_with_the_documented_fields_only(ulaw: bytes) -> None:
    encoded = base64.b64encode(ulaw).decode()
    assert messages.media(SID, ulaw) == f'{{"event":"media","streamSid":"{SID}","media":{{"payload":"{encoded}"}}}}'


@given(st.text(st.characters(codec="utf-8"), max_size=100))
def test_writes_any_name(name: str) -> None:
    assert json.loads(messages.mark(SID, name)) == {"event": "mark", "streamSid": SID, "mark": {"name": name}}


def test_writes_clear() -> None:
    assert messages.clear(SID) == f'{{"event":"clear","streamSid":"{SID}"}}'
