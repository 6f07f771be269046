"""Whole calls at a small bridge, in virtual time."""

import asyncio
import base64
import contextlib
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest

from ivr.call.ports import WireClosed
from ivr.testbench import virtual_time
from ivr.testbench.memory import MemoryWire, wire_pair
from ivr.testbench.phone.phone import PhoneOptions, WireViolation
from ivr.testbench.recording import PhoneRecord, RecordEntry
from ivr.testbench.scenario import Scenario, from_words
from ivr.testbench.twilio.carrier import CarrierOptions, StreamRefused, Switchboard, place_call
from ivr.testbench.twilio.signing import SIGNATURE, signature

ACCOUNT, TOKEN, PUBLIC = "AC" + "a" * 32, "12345", "https://ivr.example.com"
STREAM = '<Connect><Stream url="wss://ivr.example.com/media"><Parameter name="token" value="t"/></Stream></Connect>'
SECOND = b"\x10" * 8000


class Bridge:
    """Answers webhooks with prepared documents and talks on the wires it is given."""

    def __init__(self, documents: Mapping[str, str | int], talk: Callable[[MemoryWire], Awaitable[None]] | None = None):
        self.documents = documents
        self.talk = talk if talk is not None else goodbye
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.sockets: list[tuple[str, dict[str, str]]] = []
        self.refusal: StreamRefused | None = None
        self.tasks: list[asyncio.Future[None]] = []

    async def answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append((str(request.url), dict(parse_qsl(request.content.decode(), keep_blank_values=True))))
        document = self.documents.get(request.url.path, 404)
        if isinstance(document, int):
            return httpx.Response(document)
        return httpx.Response(200, text=f"<Response>{document}</Response>", headers={"content-type": "text/xml"})

    async def connect(self, url: str, headers: Mapping[str, str], timeout: float) -> MemoryWire:
        self.sockets.append((url, dict(headers)))
        if self.refusal is not None:
            raise self.refusal
        near, far = wire_pair()
        self.tasks.append(asyncio.ensure_future(self._talk(far)))
        return near

    async def _talk(self, wire: MemoryWire) -> None:
        with contextlib.suppress(WireClosed):
            await self.talk(wire)


async def goodbye(wire: MemoryWire) -> None:
    """Greet, and close two seconds later."""
    await wire.receive()
    start = json.loads(await wire.receive())
    payload = base64.b64encode(SECOND).decode()
    await wire.send(json.dumps({"event": "media", "streamSid": start["streamSid"], "media": {"payload": payload}}))
    await asyncio.sleep(2)
    await wire.close(1000)


async def listening(wire: MemoryWire) -> None:
    while True:
        await wire.receive()


def called(
    bridge: Bridge,
    scenario: Scenario | None = None,
    *,
    options: CarrierOptions | None = None,
    during: Callable[[Switchboard], Awaitable[None]] | None = None,
    **more: Any,
) -> PhoneRecord:
    switchboard = Switchboard(ACCOUNT, TOKEN)

    async def main() -> PhoneRecord:
        meddling = asyncio.ensure_future(during(switchboard)) if during else None
        record = await place_call(
            "http://127.0.0.1:8000/voice",
            scenario if scenario is not None else from_words(["wait"]),
            auth_token=TOKEN,
            account_sid=ACCOUNT,
            caller="+966500000001",
            called="+966110000000",
            public_url=PUBLIC,
            options=options if options is not None else CarrierOptions(seed=1),
            switchboard=switchboard,
            transport=httpx.MockTransport(bridge.answer),
            connect=bridge.connect,
            **more,
        )
        await asyncio.gather(*bridge.tasks, *([meddling] if meddling is not None else []))
        return record

    record = virtual_time.run(main(), limit=300)
    call = next(iter(switchboard.calls.values()))
    assert repr(call).endswith(f"{call.status}>")
    return record


def test_call_from_first_request_to_last_verb() -> None:
    bridge = Bridge({"/voice": STREAM + '<Say language="ar-SA">عذرا</Say><Hangup/><Say>never</Say>'})
    seen: list[RecordEntry] = []
    record = called(bridge, record=PhoneRecord(watch=seen.append))
    [(url, form)] = bridge.asked
    assert (url, form["CallSid"], form["CallStatus"]) == ("http://127.0.0.1:8000/voice", record.call_sid, "ringing")
    [(url, headers)] = bridge.sockets
    assert url == "ws://127.0.0.1:8000/media"
    assert headers == {SIGNATURE: signature(TOKEN, "wss://ivr.example.com/media")}
    assert (record.verbs, record.said) == (["Connect", "Say", "Hangup"], ["عذرا"])
    assert (record.ended, record.warnings, record.twiml_s, record.connect_s) == ("agent", {}, 0, 0)
    assert [run.ms for run in record.runs] == [1000]
    assert seen == record.entries
    assert [e.kind for e in seen] == [
        "request", "answer", "verb", "connect", "stream", "agent_speaks", "agent_silent", "closed", "verb", "say",
        "verb", "ended",
    ]  # fmt: skip


def test_call_ends_without_verbs_behind_the_stream() -> None:
    assert called(Bridge({"/voice": STREAM})).verbs == ["Connect"]


def test_seed_makes_the_same_call() -> None:
    one, other = (called(Bridge({"/voice": STREAM})) for _ in range(2))
    assert one == other
    fresh = called(Bridge({"/voice": STREAM}), options=CarrierOptions())
    assert fresh.call_sid != one.call_sid
    assert called(Bridge({"/voice": STREAM}), options=CarrierOptions(call_sid="CA1")).call_sid == "CA1"


def test_no_verbs_after_the_caller_hangs_up() -> None:
    record = called(Bridge({"/voice": STREAM + "<Say>never</Say>"}, listening), from_words(["at 1 hang up"]))
    assert (record.verbs, record.said, record.ended) == (["Connect"], [], "caller")


def test_texts_are_synthesised_before_the_call() -> None:
    texts: list[str] = []

    def voice(text: str) -> bytes:
        texts.append(text)
        return SECOND

    record = called(Bridge({"/voice": STREAM}, listening), from_words(["at 1 say hello", "hang up"]), voice=voice)
    assert texts == ["hello"]
    assert [speech.label for speech in record.speech] == ["hello"]


@pytest.mark.parametrize(
    ("documents", "warning"),
    [({"/voice": 500}, 11200), ({"/voice": "<"}, 12100), ({}, 11200)],
)
def test_warning_for_a_bridge_without_a_document(documents: dict[str, str | int], warning: int) -> None:
    record = called(Bridge(documents))
    assert (record.ended, list(record.warnings), record.verbs) == ("refused", [warning], [])
    assert record.of("ended")[0].detail == "refused"


def test_fallback_url_gets_error_and_url() -> None:
    bridge = Bridge({"/voice": 500, "/fallback": "<Say>sorry</Say>"})
    record = called(bridge, options=CarrierOptions(fallback_url=f"{PUBLIC}/fallback"))
    assert record.said == ["sorry"]
    assert (bridge.asked[1][1]["ErrorCode"], bridge.asked[1][1]["ErrorUrl"]) == ("11200", f"{PUBLIC}/voice")


@pytest.mark.parametrize("verbs", ["", '<Reject reason="busy"/>'])
def test_call_that_is_rejected_or_empty(verbs: str) -> None:
    bridge = Bridge({"/voice": verbs})
    record = called(bridge, options=CarrierOptions(status_callback=f"{PUBLIC}/status"))
    assert (record.ended, record.verbs) == ("refused", ["Reject"] if verbs else [])
    told = [form["CallStatus"] for url, form in bridge.asked if "status" in url]
    assert told == ["queued", "ringing", "busy" if verbs else "completed"]


def test_verbs_without_a_stream() -> None:
    bridge = Bridge({
        "/voice": "<Gather action='/never'><Say>press one</Say><Pause/></Gather><Pause length='3'/><Play>x.mp3</Play>"
        "<Dial action='dialled'>+1</Dial><Say>never</Say>",
        "/dialled": "<Dial>+2</Dial><Sing/><Redirect method='GET'>/end</Redirect>",
        "/end": "<Say>the end</Say>",
    })  # fmt: skip
    record = called(bridge)
    assert record.said == ["press one", "the end"]
    assert record.verbs == ["Gather", "Pause", "Play", "Dial", "Dial", "Redirect", "Say"]
    urls, forms = zip(*bridge.asked, strict=True)
    assert urls[1].endswith("/x.mp3")
    assert (forms[2]["DialCallStatus"], forms[2]["CallStatus"]) == ("completed", "in-progress")
    assert "end?AccountSid=" in urls[3]
    assert record.warnings == {11200: f"{PUBLIC}/x.mp3: HTTP 404", 12200: "unknown verb <Sing>"}
    assert record.dialled == ["+1", "+2"]
    assert [entry.detail for entry in record.of("dialled")] == ["completed"] * 2
    assert record.entries[-1].t == pytest.approx(3 + 5 + 2 + 2 + len("press onethe end") / 15 + 1)


def test_dial_without_answer_in_its_timeout() -> None:
    bridge = Bridge({"/voice": "<Dial timeout='5' action='/dialled'>+1</Dial>", "/dialled": "<Say>nobody</Say>"})
    record = called(bridge, options=CarrierOptions(seed=1, ringing_s=6.0))
    assert bridge.asked[1][1]["DialCallStatus"] == "no-answer"
    assert [(entry.t, entry.kind, entry.detail) for entry in record.entries if "dial" in entry.kind] == [
        (0.0, "dial", "+1"),
        (5.0, "dialled", "no-answer"),
    ]
    assert record.said == ["nobody"]


@pytest.mark.parametrize("verb", ["<Redirect>/gone</Redirect>", "<Dial action='/gone'>+1</Dial>"])
def test_missing_document_ends_the_call(verb: str) -> None:
    record = called(Bridge({"/voice": f"{verb}<Say>never</Say>"}))
    assert (record.said, list(record.warnings)) == ([], [11200])


def test_action_of_connect_is_asked() -> None:
    stream = STREAM.replace("<Connect>", "<Connect action='/after'>")
    bridge = Bridge({"/voice": stream + "<Say>never</Say>", "/after": "<Say>after</Say>"})
    assert called(bridge).said == ["after"]


def test_a_second_stream_is_played_behind_the_first() -> None:
    record = called(Bridge({"/voice": STREAM + STREAM + "<Say>bye</Say>"}))
    assert (record.of("fault"), record.said, len(record.of("stream"))) == ([], ["bye"], 2)


def test_refused_stream_goes_on_with_the_next_verb() -> None:
    stream = STREAM.replace("<Stream ", f"<Stream statusCallback='{PUBLIC}/stream' name='main' ")
    bridge = Bridge({"/voice": stream + "<Say>sorry</Say>"})
    bridge.refusal = StreamRefused(31920, "HTTP 403 where 101 belongs")
    record = called(bridge)
    assert (list(record.warnings), record.said, record.ended) == ([31920], ["sorry"], "refused")
    [told] = [form for url, form in bridge.asked if "stream" in url]
    assert (told["StreamEvent"], told["StreamName"]) == ("stream-error", "main")
    assert told["StreamError"] == "31920 - HTTP 403 where 101 belongs"


def test_stream_that_the_carrier_refuses() -> None:
    record = called(Bridge({"/voice": STREAM.replace("/media", "/media?token=1") + "<Say>sorry</Say>"}))
    assert (list(record.warnings), record.said) == ([31920], ["sorry"])


def test_callbacks_report_the_call() -> None:
    stream = STREAM.replace("<Stream ", f"<Stream statusCallback='{PUBLIC}/stream' ")
    bridge = Bridge({"/voice": stream, "/status": "", "/stream": ""})
    record = called(bridge, options=CarrierOptions(status_callback=f"{PUBLIC}/status"))
    calls = [form for url, form in bridge.asked if url.endswith("/status")]
    assert [(form["CallStatus"], form["SequenceNumber"]) for form in calls] == [
        ("queued", "0"),
        ("ringing", "1"),
        ("in-progress", "2"),
        ("completed", "3"),
    ]
    assert (calls[3]["CallDuration"], calls[3]["Duration"]) == ("2", "1")
    streams = [form for url, form in bridge.asked if url.endswith("/stream")]
    assert [form["StreamEvent"] for form in streams] == ["stream-started", "stream-stopped"]
    assert streams[0]["StreamName"] == streams[0]["StreamSid"] == record.stream_sid


async def update(switchboard: Switchboard, after: float, **form: str) -> int:
    await asyncio.sleep(after)
    [sid] = switchboard.calls
    transport = httpx.ASGITransport(switchboard.app())
    async with httpx.AsyncClient(transport=transport, base_url="http://carrier") as client:
        path = f"/2010-04-01/Accounts/{ACCOUNT}/Calls/{sid}.json"
        answer = await client.post(path, data=form, auth=(ACCOUNT, TOKEN))
    assert answer.json().get("from", "+966500000001") == "+966500000001"
    return answer.status_code


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"Status": "completed"}, []),
        ({"Twiml": "<Response><Say>elsewhere</Say></Response>"}, ["elsewhere"]),
        ({"Url": f"{PUBLIC}/other"}, ["other"]),
        ({"Twiml": "<Response>"}, []),
    ],
)
def test_update_takes_the_call_out_of_its_stream(form: dict[str, str], said: list[str]) -> None:
    async def during(switchboard: Switchboard) -> None:
        assert await update(switchboard, 1, **form) == 200

    bridge = Bridge({"/voice": STREAM + "<Say>never</Say>", "/other": "<Say>other</Say>"}, listening)
    record = called(bridge, during=during)
    assert (record.said, record.ended) == (said, "carrier")
    assert (12100 in record.warnings) == (form == {"Twiml": "<Response>"})


def test_update_during_a_pause_and_after_the_end() -> None:
    async def during(switchboard: Switchboard) -> None:
        assert await update(switchboard, 1, Twiml="<Response><Pause length='5'/><Say>bye</Say></Response>") == 200
        assert await update(switchboard, 60, Status="completed") == 400

    record = called(Bridge({"/voice": "<Pause length='40'/>"}), during=during)
    assert (record.said, record.of("ended")[0].t) == (["bye"], 6.2)


def test_wrong_missing_and_slash_signatures() -> None:
    for options, expected in (
        (CarrierOptions(honesty="missing"), None),
        (CarrierOptions(trailing_slash=True), signature(TOKEN, "wss://ivr.example.com/media/")),
    ):
        bridge = Bridge({"/voice": STREAM})
        called(bridge, options=options)
        assert bridge.sockets[0][1].get(SIGNATURE) == expected


def test_strict_phone_fails_the_call() -> None:
    async def rude(wire: MemoryWire) -> None:
        await wire.send("nonsense")
        await listening(wire)

    with pytest.raises(WireViolation):
        called(Bridge({"/voice": STREAM}, rude), phone=PhoneOptions(strict=True))
