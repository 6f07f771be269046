"""A stream keeps its order, whatever the phone does."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.call.commands import HangUp, SendAudio, SendClear, SendMark
from ivr.call.events import AudioIn, CallerLeft, CallStarted, DigitPressed, Event, MarkReached, PeerFault
from ivr.twilio.stream import INTERNAL, NORMAL, Stream, close_code

SID = "MZ" + "a" * 32
CALL = "CA" + "b" * 32
ACCOUNT = "AC" + "c" * 32
MULAW = {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1}
CONNECTED = '{"event":"connected","protocol":"Call","version":"1.0.0"}'


def start(stream_sid: str = SID, account: str = ACCOUNT, form: Any = MULAW, **parameters: str) -> str:
    fields = {
        "accountSid": account,
        "streamSid": stream_sid,
        "callSid": CALL,
        "tracks": ["inbound"],
        "mediaFormat": form,
        "customParameters": {"token": "good"} | parameters,
    }
    return json.dumps({"event": "start", "sequenceNumber": "1", "start": fields, "streamSid": stream_sid})


def wire(event: str, sid: str = SID, **fields: Any) -> str:
    return json.dumps({"event": event, "sequenceNumber": "9", "streamSid": sid, event: fields})


def media(sid: str = SID, **changes: Any) -> str:
    return wire("media", sid, **({"track": "inbound", "chunk": "1", "timestamp": "8", "payload": "/w=="} | changes))


MARK = wire("mark", name="1")
DTMF = wire("dtmf", track="inbound_track", digit="5")
STOP = wire("stop", accountSid=ACCOUNT, callSid=CALL)


def fresh() -> Stream:
    return Stream(lambda token, call_sid: (token, call_sid) == ("good", CALL), {ACCOUNT})


def started() -> Stream:
    stream = fresh()
    stream.receive(CONNECTED)
    stream.receive(start())
    return stream


def test_a_whole_call() -> None:
    stream = fresh()
    assert stream.receive(CONNECTED) == []
    assert stream.receive(start(branch="riyadh")) == [CallStarted(CALL, SID, parameters={"branch": "riyadh"})]
    assert stream.receive(media(timestamp=28)) == [AudioIn(28, b"\xff")]
    assert stream.receive(MARK) == [MarkReached("1")]
    assert stream.receive(DTMF) == [DigitPressed("5")]
    assert stream.receive(STOP) == [CallerLeft("stop")]
    assert stream.receive(media()) == []
    assert (stream.state, stream.faults, stream.refused) == ("over", 0, None)


@pytest.mark.parametrize("length", [1, 159, 160, 161, 320, 400])
def test_a_long_chunk_is_an_event_for_each_20_ms(length: int) -> None:
    audio = bytes(number % 251 for number in range(length))
    found = started().receive(media(timestamp=100, payload=base64.b64encode(audio).decode()))
    chunks = [event for event in found if isinstance(event, AudioIn)]
    assert b"".join(chunk.payload for chunk in chunks) == audio
    assert [chunk.timestamp_ms for chunk in chunks] == [100 + 20 * number for number in range(len(chunks))]
    assert [len(chunk.payload) for chunk in chunks[:-1]] == [160] * (len(chunks) - 1)


def test_commands_become_messages() -> None:
    stream = started()
    assert stream.encode(SendAudio(b"\xff")) == f'{{"event":"media","streamSid":"{SID}","media":{{"payload":"/w=="}}}}'
    assert stream.encode(SendMark("7")) == f'{{"event":"mark","streamSid":"{SID}","mark":{{"name":"7"}}}}'
    assert stream.encode(SendClear()) == f'{{"event":"clear","streamSid":"{SID}"}}'


def test_nothing_is_sent_before_start_or_after_the_end() -> None:
    stream = fresh()
    with pytest.raises(RuntimeError, match="waiting"):
        stream.encode(SendClear())
    stream = started()
    stream.receive(STOP)
    with pytest.raises(RuntimeError, match="over"):
        stream.encode(SendClear())


def test_any_account_when_none_is_expected() -> None:
    stream = Stream(lambda token, call_sid: True)
    assert stream.receive(start(account="ACother"))
    assert stream.call_sid == CALL


def test_the_token_is_not_among_the_parameters() -> None:
    (event,) = fresh().receive(start())
    assert isinstance(event, CallStarted)
    assert event.parameters == {}


def test_prints_itself() -> None:
    stream = fresh()
    assert repr(stream) == "<Stream - waiting faults=0 skipped=0>"
    stream.receive(STOP)
    assert repr(stream) == "<Stream - refused stopped_before_start faults=0 skipped=0>"


# What a phone may send that it should not, and what happens. Before: `waiting` (the socket is open) or `open`.
# After: the events, the state, and why the stream is refused.
FIVE_MB = '{"event":"mark","streamSid":"x","mark":{"name":"' + "a" * 5_000_000 + '"}}'
HOSTILE: list[tuple[str, str, str | bytes, list[Event] | str, str, str | None]] = [
    # what it is,                  before,    message,              a fault's reason or events, after, refused
    ("media before start", "waiting", media(), "before_start", "waiting", None),
    ("mark before start", "waiting", MARK, "before_start", "waiting", None),
    ("dtmf before start", "waiting", DTMF, "before_start", "waiting", None),
    ("stop before start", "waiting", STOP, [], "refused", "stopped_before_start"),
    ("start without connected", "waiting", start(), [CallStarted(CALL, SID)], "open", None),
    ("connected of another protocol", "waiting", '{"event":"connected"}', "unknown_protocol", "waiting", None),
    ("connected twice", "open", CONNECTED, "late_connected", "open", None),
    ("start twice", "open", start(), "second_start", "open", None),
    ("start of another stream", "open", start("MZother"), "second_start", "open", None),
    ("start without fields", "waiting", '{"event":"start"}', "bad_fields", "waiting", None),
    ("start without a call", "waiting", start().replace(CALL, ""), "bad_sid", "waiting", None),
    ("a call's id that is a path", "waiting", start().replace(CALL, "../" * 9), "bad_sid", "waiting", None),
    ("wrong token", "waiting", start(token="bad"), [], "refused", "token"),
    ("no token", "waiting", start().replace("token", "nekot"), [], "refused", "token"),
    ("another account", "waiting", start(account="AC" + "0" * 32), [], "refused", "account"),
    ("16 kHz", "waiting", start(form=MULAW | {"sampleRate": 16000}), [], "refused", "media_format"),
    ("PCM", "waiting", start(form=MULAW | {"encoding": "audio/l16"}), [], "refused", "media_format"),
    ("stereo", "waiting", start(form=MULAW | {"channels": "2"}), [], "refused", "media_format"),
    ("no media format", "waiting", start(form={}), [], "refused", "media_format"),
    ("media format as a list", "waiting", start(form=[]), "bad_fields", "waiting", None),
    ("a parameter of 500 characters", "waiting", start(x="y" * 500), "bad_parameters", "waiting", None),
    ("NUL in a parameter", "waiting", start(x="\0"), [CallStarted(CALL, SID, parameters={"x": "\0"})], "open", None),
    ("wrong stream, media", "open", media("MZother"), "wrong_stream", "open", None),
    ("wrong stream, mark", "open", wire("mark", "MZother", name="1"), "wrong_stream", "open", None),
    ("wrong stream, stop", "open", wire("stop", "MZother"), "wrong_stream", "open", None),
    ("no streamSid", "open", '{"event":"media","media":{"timestamp":1,"payload":""}}', "bad_fields", "open", None),
    ("outbound track", "open", media(track="outbound"), [], "open", None),
    ("a track nobody knows", "open", media(track="sideways"), "unknown_track", "open", None),
    ("empty audio", "open", media(payload=""), "empty_audio", "open", None),
    ("bad base64", "open", media(payload="*" * 216), "bad_base64", "open", None),
    ("base64 cut in a group", "open", media(payload="/////"), "bad_base64", "open", None),
    ("payload as a list", "open", media(payload=[255]), "bad_fields", "open", None),
    ("negative timestamp", "open", media(timestamp="-20"), "bad_number", "open", None),
    ("timestamp of 400 digits", "open", media(timestamp=10**400), "bad_number", "open", None),
    ("timestamp 1e999", "open", media(timestamp=7).replace("7", "1e999"), "not_json", "open", None),
    ("timestamp in Arabic digits", "open", media(timestamp="٢٠"), "bad_number", "open", None),
    ("mark nobody sent", "open", wire("mark", name="?"), [MarkReached("?")], "open", None),
    ("NUL in a mark", "open", wire("mark", name="\0"), [MarkReached("\0")], "open", None),
    ("mark of 300 characters", "open", wire("mark", name="m" * 300), "bad_mark", "open", None),
    ("mark without a name", "open", wire("mark"), "bad_fields", "open", None),
    ("digit 12", "open", wire("dtmf", digit="12"), "bad_digit", "open", None),
    ("digit as a number", "open", wire("dtmf", digit=5), "bad_fields", "open", None),
    ("digit of another script", "open", wire("dtmf", digit="٥"), "bad_digit", "open", None),
    ("5 MB", "open", FIVE_MB, "too_long", "open", None),
    ("5 MB, binary", "open", b"\0" * 5_000_000, "too_long", "open", None),
    ("binary", "open", bytes(range(256)), "not_json", "open", None),
    ("half a UTF-8 character", "open", MARK.encode().replace(b'"1"', b'"\xd8"'), "bad_encoding", "open", None),
    ("lone surrogate", "open", '{"event":"\ud800"}', "bad_encoding", "open", None),
    ("escaped lone surrogate", "open", wire("mark", name="\ud800"), "not_json", "open", None),
    ("empty", "open", "", "not_json", "open", None),
    ("half a message", "open", MARK[:-5], "not_json", "open", None),
    ("two messages in one", "open", MARK + MARK, "not_json", "open", None),
    ("an array", "open", f"[{MARK}]", "not_an_object", "open", None),
    ("40 000 levels deep", "open", '{"a":' * 40_000 + "1" + "}" * 40_000, "too_deep", "open", None),
    ("event twice", "open", MARK.replace('"mark"', '"media","event":"mark"', 1), "bad_fields", "open", None),
    ("stream twice, the last counts", "open", MARK[:-1] + ',"streamSid":"MZ"}', "wrong_stream", "open", None),
    ("event as a number", "open", '{"event":7}', "no_event", "open", None),
    ("no event", "open", "{}", "no_event", "open", None),
    ("an event nobody knows", "open", '{"event":"surprise"}', "unknown_event", "open", None),
    ("the event in capitals", "open", MARK.replace('"mark"', '"MARK"', 1), "unknown_event", "open", None),
]


@pytest.mark.parametrize(
    ("before", "message", "happened", "after", "refused"), [row[1:] for row in HOSTILE], ids=[row[0] for row in HOSTILE]
)
def test_hostile(
    before: str, message: str | bytes, happened: list[Event] | str, after: str, refused: str | None
) -> None:
    stream = fresh() if before == "waiting" else started()
    assert stream.state == before
    events = stream.receive(message)
    assert events == ([PeerFault("phone", happened)] if isinstance(happened, str) else happened)
    assert (stream.state, stream.refused) == (after, refused)
    assert stream.faults == isinstance(happened, str)


def test_a_refused_stream_says_nothing_more() -> None:
    stream = fresh()
    stream.receive(start(token="bad"))
    assert stream.receive(start()) == []
    assert stream.receive(media()) == []
    assert stream.state == "refused"


def test_the_call_goes_on_after_all_of_it() -> None:
    stream = started()
    for _, before, message, *_ in HOSTILE:
        if before == "open":
            stream.receive(message)
    assert stream.receive(media()) == [AudioIn(8, b"\xff")]
    assert stream.faults == sum(isinstance(row[3], str) for row in HOSTILE if row[1] == "open")
    assert stream.skipped == 1


pieces = st.sampled_from([CONNECTED, start(), start(token="bad"), media(), MARK, DTMF, STOP, media("MZother"), "junk"])


@given(st.lists(pieces, max_size=20))
def test_order_of_any_stream(texts: list[str]) -> None:
    stream = fresh()
    events = [event for text in texts for event in stream.receive(text)]
    kinds = [type(event) for event in events if not isinstance(event, PeerFault)]
    assert kinds.count(CallStarted) <= 1
    assert kinds.count(CallerLeft) <= 1
    assert not kinds or kinds[0] is CallStarted
    assert CallerLeft not in kinds[:-1]
    assert (stream.refused is None) == (stream.state != "refused")


@pytest.mark.parametrize(
    ("ended", "code"),
    [
        (None, INTERNAL),
        (HangUp("bridge_error", "internal_error"), INTERNAL),
        (HangUp("success", "agent_goodbye"), NORMAL),
        (HangUp("upstream_error", "tts_unavailable"), NORMAL),
        (HangUp("indeterminate", "caller_dropped", from_caller=True), NORMAL),
    ],
)
def test_the_code_with_which_the_socket_is_closed(ended: HangUp | None, code: int) -> None:
    assert close_code(ended) == code


@pytest.mark.parametrize(
    ("message", "fault"),
    [
        ("{", "too_many_messages"),
        ("x" * 100_000, "too_many_bytes"),
        (media(payload=base64.b64encode(b"\xff" * 16_000).decode()), "too_much_audio"),
        (DTMF, "too_many_keys"),
    ],
)
def test_a_flood_is_one_fault_and_ends_the_stream(message: str, fault: str) -> None:
    stream, seen = started(), []
    while stream.state == "open":
        seen += stream.receive(message, 1.0)
    assert [event for event in seen if isinstance(event, CallerLeft)] == [CallerLeft("flood")]
    assert seen.count(PeerFault("phone", fault)) == 1
    assert stream.budget.dropped > 0


def test_a_flood_before_the_start_is_refused() -> None:
    stream = fresh()
    while stream.state == "waiting":
        stream.receive("{", 1.0)
    assert (stream.state, stream.refused) == ("refused", "flood")


def test_audio_of_many_seconds_in_one_message_is_a_fault() -> None:
    long = media(payload=base64.b64encode(b"\xff" * 32_160).decode())
    assert started().receive(long) == [PeerFault("phone", "long_audio")]
