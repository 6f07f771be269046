"""Messages of a media stream: written as a live capture shows them, read as strictly as the carrier reads."""

import base64
import json
import random

from hypothesis import given
from hypothesis import strategies as st

from ivr.testbench.phone import messages as wire
from ivr.testbench.phone.messages import ClearMessage, Ids, MarkMessage, MediaMessage, WireFault, parse

IDS = Ids("AC" + "a" * 32, "CA" + "b" * 32, "MZ" + "c" * 32)
SID = IDS.stream


def test_messages_match_the_capture() -> None:
    assert wire.CONNECTED == '{"event":"connected","protocol":"Call","version":"1.0.0"}'
    assert wire.start(IDS, 1, {}) == (
        '{"event":"start","sequenceNumber":"1","start":{"accountSid":"AC'
        + "a" * 32
        + '","streamSid":"MZ'
        + "c" * 32
        + '",'
        '"callSid":"CA'
        + "b"
        * 32
        + '","tracks":["inbound"],"mediaFormat":{"encoding":"audio/x-mulaw","sampleRate":8000,'
        '"channels":1},"customParameters":{}},"streamSid":"MZ' + "c" * 32 + '"}'
    )
    payload = b"\xff" * 160
    assert wire.media(IDS, 2, 1, 8, payload) == (
        '{"event":"media","sequenceNumber":"2","media":{"track":"inbound","chunk":"1","timestamp":"8","payload":"'
        + base64.b64encode(payload).decode()
        + '"},"streamSid":"MZ'
        + "c" * 32
        + '"}'
    )


def test_mark_dtmf_and_stop_messages() -> None:
    mark = f'{{"event":"mark","sequenceNumber":"7","streamSid":"{SID}","mark":{{"name":"سطر"}}}}'
    assert wire.mark(IDS, 7, "سطر") == mark
    assert json.loads(wire.dtmf(IDS, 8, "#"))["dtmf"] == {"track": "inbound_track", "digit": "#"}
    assert json.loads(wire.stop(IDS, 9))["stop"] == {"accountSid": IDS.account, "callSid": IDS.call}
    assert json.loads(wire.start(IDS, 1, {"token": "t"}))["start"]["customParameters"] == {"token": "t"}


def test_new_sid_is_two_letters_and_32_hex_digits() -> None:
    sid = wire.new_sid("CA", random.Random(1))
    assert sid[:2] == "CA"
    assert len(bytes.fromhex(sid[2:])) == 16
    assert sid == wire.new_sid("CA", random.Random(1)) != wire.new_sid("CA", random.Random(2))


def media(payload: object = "/w==", **more: object) -> str:
    return json.dumps({"event": "media", "streamSid": SID, "media": {"payload": payload}, **more})


MESSAGES: list[tuple[str | bytes, wire.Order]] = [
    (media(), MediaMessage(b"\xff")),
    (media(""), MediaMessage(b"")),
    (json.dumps({"event": "mark", "streamSid": SID, "mark": {"name": "m"}}), MarkMessage("m")),
    (json.dumps({"event": "clear", "streamSid": SID}), ClearMessage()),
    (b"{}", WireFault(31950, "binary message")),
    ("{", WireFault(31951, "not JSON")),
    ("[" * 100_000, WireFault(31951, "not JSON")),
    ("[]", WireFault(31951, "not an object")),
    ("{}", WireFault(31951, "another stream's id")),
    (media().replace(SID, "MZother"), WireFault(31951, "another stream's id")),
    (json.dumps({"event": "hello", "streamSid": SID}), WireFault(31951, "unknown event")),
    (json.dumps({"streamSid": SID}), WireFault(31951, "unknown event")),
    (media(track="outbound"), WireFault(31951, "fields of media")),
    (media(7), WireFault(31951, "fields of media")),
    (media(None), WireFault(31951, "fields of media")),
    (media("/w="), WireFault(31951, "broken base64")),
    (media("/w==\n"), WireFault(31951, "broken base64")),
    (media("سلام"), WireFault(31951, "broken base64")),
    (json.dumps({"event": "media", "streamSid": SID}), WireFault(31951, "fields of media")),
    (json.dumps({"event": "media", "streamSid": SID, "media": "x"}), WireFault(31951, "fields of media")),
    (
        json.dumps({"event": "media", "streamSid": SID, "media": {"payload": "", "timestamp": "1"}}),
        WireFault(31951, "fields of media"),
    ),
    (json.dumps({"event": "mark", "streamSid": SID, "mark": {"name": 1}}), WireFault(31951, "fields of mark")),
    (json.dumps({"event": "mark", "streamSid": SID, "mark": {}}), WireFault(31951, "fields of mark")),
    (json.dumps({"event": "clear", "streamSid": SID, "mark": {}}), WireFault(31951, "fields of clear")),
]


def test_parse_messages() -> None:
    assert [(message, parse(message, SID)) for message, order in MESSAGES if parse(message, SID) != order] == []


@given(st.text() | st.binary() | st.recursive(st.none() | st.text(), st.lists).map(json.dumps))
def test_parse_never_raises(message: str | bytes) -> None:
    assert isinstance(parse(message, SID), WireFault)
