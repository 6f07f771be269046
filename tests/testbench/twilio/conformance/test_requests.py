"""M1 to M6, M26, M28: what the carrier asks of webhooks, and how it reads their documents."""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from urllib.parse import parse_qs

import httpx
import pytest
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from ivr.testbench.twilio.carrier import FarParty, SharedKey, TwilioCarrier
from ivr.testbench.twilio.signing import SETTINGS, SIGNATURE
from tests.testbench.twilio.legs.offices import CALLER, PUBLIC, STREAM, TOKEN, Office, calls, run

PLACES = [who + part for who in ("Called", "Caller", "From", "To") for part in ("City", "Country", "State", "Zip")]
STANDARD = {
    "AccountSid", "ApiVersion", "CallSid", "CallStatus", "CallToken", "Called", "Caller", "CallerName", "Direction",
    "From", "StirVerstat", "To", *PLACES,
}  # fmt: skip
"""Fields of a captured voice request, those without a value too."""


@pytest.mark.parametrize("method", ["POST", "GET"])
def test_m01_voice_request_is_whole_and_signed(method: str) -> None:
    office = run({"/voice": "<Hangup/>"}, method=method)
    [request] = office.bridge.requests
    assert request.method == method
    assert request.headers["user-agent"] == "TwilioProxy/1.1"
    assert len(request.headers["i-twilio-idempotency-token"]) == 32
    query = parse_qs(request.url.query.decode(), keep_blank_values=True)
    form = parse_qs(request.content.decode(), keep_blank_values=True)
    given = {name: values[0] for name, values in (query if method == "GET" else form).items()}
    assert set(given) == STANDARD
    assert (given["CallStatus"], given["FromCity"], given["Caller"]) == ("ringing", "", CALLER)
    public = f"{PUBLIC}/voice" + (f"?{request.url.query.decode()}" if method == "GET" else "")
    signed = {} if method == "GET" else given
    assert RequestValidator(TOKEN).validate(public, signed, request.headers[SIGNATURE])
    assert ("content-type" in request.headers) == (method == "POST")


def test_m02_schemes_of_signatures() -> None:
    key = SharedKey("webhooks_sharedkey_1", "s1")
    [request] = run({"/voice": "<Hangup/>"}, shared_key=key).bridge.requests
    assert request.headers[SETTINGS] == "key=webhooks_sharedkey_1,algorithm=HMAC_SHA256"
    form = dict(httpx.QueryParams(request.content.decode()))
    assert RequestValidator("s1").validate(f"{PUBLIC}/voice", form, request.headers[SIGNATURE], "HMAC_SHA256")
    [missing] = run({"/voice": "<Hangup/>"}, honesty="missing").bridge.requests
    assert SIGNATURE not in missing.headers
    [wrong] = run({"/voice": "<Hangup/>"}, honesty="wrong").bridge.requests
    assert not RequestValidator(TOKEN).validate(f"{PUBLIC}/voice", form, wrong.headers[SIGNATURE])


def test_m03_failure_is_retried_and_then_the_fallback_asked() -> None:
    office = run({"/voice": 500, "/fallback": "<Say>sorry</Say>"}, fallback_url=f"{PUBLIC}/fallback#rc=2&rp=5xx")
    [form] = office.bridge.forms("/fallback")
    assert (form["ErrorCode"], form["ErrorUrl"]) == ("11200", f"{PUBLIC}/voice")
    assert office.record.said == ["sorry"]
    # The fallback's own limits hold for it: three tries, one idempotency token.
    office = run({"/voice": 500, "/fallback": 503}, fallback_url=f"{PUBLIC}/fallback#rc=2&rp=5xx")
    tokens = [r.headers["i-twilio-idempotency-token"] for r in office.bridge.requests if r.url.path == "/fallback"]
    assert (len(tokens), len(set(tokens))) == (3, 1)
    assert office.record.warnings == {11200: "HTTP 500"}


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (httpx.Response(200, headers={"content-type": "application/json"}, content=b"{}"), 12300),
        (httpx.Response(200, headers={"content-type": "text/xml"}, content=b"<Response>"), 12100),
        (httpx.Response(200, headers={"content-type": "text/xml"}, content=b"<response/>"), 12100),
        (httpx.Response(200, headers={"content-type": "text/xml"}, content=b"x" * 70_000), 11750),
        ("<say>x</say>", 12200),
        ("<Say to='x'>x</Say>", 12200),
    ],
)
def test_m04_documents_are_read_strictly(answer: httpx.Response | str, code: int) -> None:
    assert list(run({"/voice": answer}).record.warnings) == [code]


def test_m04_verbs_happen_in_order_with_their_times() -> None:
    sound = httpx.Response(200, headers={"content-type": "audio/basic"}, content=b"\xff" * 16000)
    wav = httpx.Response(200, headers={"content-type": "audio/wav"}, content=b"RIFF" + b"\xff" * 7996)
    first = (
        "<Say loop='2'>" + "x" * 15 + "</Say><Play>/sound</Play><Play>/wav</Play><Play digits='1w2'/>"
        "<Pause length='x'/><Pause length='2'/><Play>/page</Play><Redirect/>"
    )
    documents = [first, "<Refer><Sip>sip:x@y</Sip></Refer>"]
    office = run({"/voice": lambda _: documents.pop(0), "/sound": sound, "/wav": wav, "/page": "<Say/>"})
    assert office.heard() == [
        (0.0, "say", "x" * 15),
        (1.0, "say", "x" * 15),
        (2.0, "play", f"{PUBLIC}/sound"),
        (4.0, "play", f"{PUBLIC}/wav"),
        (5.0, "play", "digits 1w2"),
    ]
    assert office.record.warnings == {12300: f"{PUBLIC}/page: text/xml"}
    # 0.9 s of tones, 1 s and 2 s of pauses.
    assert office.record.entries[-1].t == pytest.approx(8.9)
    assert office.record.verbs[-2:] == ["Redirect", "Refer"]


def gathered(verb: str, caller: FarParty) -> tuple[Office, dict[str, str]]:
    office = run({"/voice": f"{verb}<Say>next</Say>", "/keys": "<Say>thanks</Say>"}, caller=caller)
    forms = office.bridge.forms("/keys")
    return office, forms[0] if forms else {}


GATHER = "<Gather action='/keys' timeout='4' {}><Say>" + "x" * 45 + "</Say></Gather>"


@pytest.mark.parametrize(
    ("attributes", "caller", "digits", "at"),
    [
        ("numDigits='2'", FarParty(keys=("12",)), "12", 4.25),
        ("", FarParty(keys=("12#",)), "12", 4.5),
        ("", FarParty(keys=("12",)), "12", 8.25),
        ("finishOnKey='*'", FarParty(keys=("1*",)), "1", 4.25),
        # A key in the prompt interrupts it.
        ("numDigits='1'", FarParty(keys=("7",), key_after_s=1.5), "7", 1.5),
    ],
)
def test_m04_gather_takes_keys(attributes: str, caller: FarParty, digits: str, at: float) -> None:
    office, form = gathered(GATHER.format(attributes), caller)
    assert form["Digits"] == digits
    assert office.record.said[-1] == "thanks"
    assert office.record.of("request")[1].t == pytest.approx(at)


def test_m04_gather_takes_words_or_nothing() -> None:
    _, form = gathered(GATHER.format("input='dtmf speech'"), FarParty(says=("the red one",)))
    assert (form["SpeechResult"], form["Confidence"]) == ("the red one", "0.93")
    office, form = gathered(GATHER.format(""), FarParty())
    assert (form, office.record.said[-1]) == ({}, "next")
    _, form = gathered(GATHER.format("actionOnEmptyResult='true'"), FarParty())
    assert form["Digits"] == ""
    office, form = gathered(GATHER.format("input='speech'").replace("<Say>", "<Sing/><Say>"), FarParty())
    assert (form, list(office.record.warnings)) == ({}, [12200])


@pytest.mark.parametrize(
    ("caller", "seconds", "digits"),
    [
        (FarParty(message_s=6), "8", ""),
        (FarParty(message_s=60), "10", ""),
        (FarParty(message_s=0), "", ""),
        (FarParty(message_s=60, leaves={"Record": 4.5}), "4", "hangup"),
    ],
)
def test_m04_record_takes_a_message(caller: FarParty, seconds: str, digits: str) -> None:
    verb = "<Record action='/keys' maxLength='10' timeout='2' recordingStatusCallback='/made'/>"
    office = run({"/voice": f"{verb}<Say>next</Say>", "/keys": "<Say>thanks</Say>", "/made": ""}, caller=caller)
    forms = office.bridge.forms("/keys")
    assert [form["RecordingDuration"] for form in forms] == ([seconds] if seconds else [])
    assert [form["Digits"] for form in forms] == ([digits] if seconds else [])
    assert [form["RecordingStatus"] for form in office.bridge.forms("/made")] == (["completed"] if seconds else [])
    assert office.record.said == ([] if digits else ["thanks"] if seconds else ["next"])


def test_m04_key_ends_a_message() -> None:
    async def press(carrier: TwilioCarrier, _: httpx.AsyncClient) -> None:
        await carrier.office.clock.sleep(3)
        carrier.legs[0].press("#")

    office = run(
        {"/voice": "<Record action='/keys' playBeep='false'/>", "/keys": ""},
        caller=FarParty(message_s=20),
        beside=press,
    )
    [form] = office.bridge.forms("/keys")
    assert (form["Digits"], form["RecordingDuration"]) == ("#", "3")


@pytest.mark.parametrize(
    ("stream", "code"),
    [
        ('<Stream url="wss://ivr.example.com/media?token=1"/>', 31920),
        ('<Stream url="https://ivr.example.com/media"/>', 31922),
        ('<Stream url="ws://ivr.example.com/media"/>', 31922),
        ('<Stream url="wss:///media"/>', 31923),
        ('<Stream url="wss://ivr.example.com/media" track="both_tracks"/>', 31941),
        (f'<Stream url="wss://ivr.example.com/media"><Parameter name="t" value="{"x" * 499}"/></Stream>', 12200),
        ('<Stream url="wss://ivr.example.com/media"/><Stream url="wss://ivr.example.com/media"/>', 12100),
    ],
)
def test_m05_streams_that_are_refused(stream: str, code: int) -> None:
    office = run({"/voice": f"<Connect>{stream}</Connect><Say>sorry</Say>"})
    assert (list(office.record.warnings), office.record.said, office.bridge.sockets) == ([code], ["sorry"], [])


def test_m06_relative_addresses_start_at_their_document() -> None:
    office = run(
        {
            "/voice": "<Redirect>deep/one</Redirect>",
            "/deep/one": "<Dial action='two'/>",
            "/deep/two": "<Connect action='/end'><Stream url='/media' statusCallback='told'/></Connect>",
            "/deep/told": "",
            "/end": "",
        },
        talk=close,
    )
    assert [path for path, _ in office.bridge.asked if path != "/deep/told"] == [
        "/voice", "/deep/one", "/deep/two", "/end"
    ]  # fmt: skip
    assert office.record.of("connect")[0].detail == "wss://ivr.example.com/media"
    assert len(office.bridge.forms("/deep/told")) == 2


async def close(wire) -> None:  # type: ignore[no-untyped-def]
    await wire.receive()
    await wire.close(1000)


def test_m26_callbacks_of_call_and_stream() -> None:
    stream = STREAM.replace("<Stream ", "<Stream statusCallback='/stream' ")
    office = run({"/voice": stream, "/stream": "", "/status": ""}, talk=close, status_callback=f"{PUBLIC}/status")
    told = office.bridge.forms("/status")
    assert [(form["CallStatus"], form["SequenceNumber"], form["CallbackSource"]) for form in told] == [
        (status, str(number), "call-progress-events")
        for number, status in enumerate(("queued", "ringing", "in-progress", "completed"))
    ]
    assert all(parsedate_to_datetime(form["Timestamp"]) for form in told)
    one, other = office.bridge.forms("/stream")
    assert (one["StreamEvent"], other["StreamEvent"]) == ("stream-started", "stream-stopped")
    assert one["StreamName"] == one["StreamSid"] == office.record.stream_sid
    assert one["Timestamp"][10] == "T"


def test_m26_callbacks_may_overtake_each_other() -> None:
    office = run(
        {"/voice": STREAM, "/status": ""}, talk=close, status_callback=f"{PUBLIC}/status", callbacks="overtaking"
    )
    assert [form["SequenceNumber"] for form in office.bridge.forms("/status")] != ["0", "1", "2", "3"]


def test_m28_update_stops_the_stream_and_runs_the_document() -> None:
    async def update(carrier: TwilioCarrier, rest: httpx.AsyncClient) -> None:
        await carrier.office.clock.sleep(3)
        form = {"Twiml": "<Response><Say>elsewhere</Say></Response>"}
        assert (await rest.post(calls(f"/{carrier.legs[0].call_sid}"), data=form)).status_code == 200

    stream = STREAM.replace("<Stream ", "<Stream statusCallback='/stream' ")
    office = run({"/voice": stream, "/stream": "", "/status": ""}, beside=update, status_callback=f"{PUBLIC}/status")
    assert office.record.ended == "carrier"
    assert [e.kind for e in office.record.entries if e.kind in {"hang_up", "closed", "say"}] == [
        "hang_up",
        "closed",
        "say",
    ]
    order = [form.get("StreamEvent") or form["CallStatus"] for path, form in office.bridge.asked if path != "/voice"]
    assert order[-2:] == ["stream-stopped", "completed"]
