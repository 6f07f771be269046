"""The fixture `carrier`: whole calls with people, at a small application."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from ivr.replay.golden.carriers import CarrierRun, StepCarrier, heard_on
from ivr.replay.plugin import carrier
from ivr.testbench.twilio.carrier import FarParty, TwilioCarrier

__all__ = ["carrier"]

DESK, HOME = "+966110000099", "+966500000002"
WHISPER = "<Gather numDigits='1' action='/key'><Say>Press one</Say></Gather><Hangup/>"
SAYS = {"busy": "They are busy.", "no-answer": "No one is there."}


def document(path: str, form: httpx.QueryParams) -> str:
    match path:
        case "/voice":
            return f"<Dial action='/after' timeout='20'><Number url='/whisper'>{DESK}</Number></Dial>"
        case "/whisper":
            return WHISPER
        case "/key":
            return "" if form["Digits"] == "1" else "<Hangup/>"
        case "/after":
            return f"<Say>{SAYS.get(form['DialCallStatus'], 'Goodbye.')}</Say>"
        case "/out":
            machine = form.get("AnsweredBy", "").startswith("machine")
            return "<Hangup/>" if machine else '<Connect><Stream url="wss://bridge.test/media"/></Connect>'
    return ""


async def answer(request: Request) -> Response:
    form = httpx.QueryParams((await request.body()).decode())
    return Response(f"<Response>{document(request.url.path, form)}</Response>", media_type="text/xml")


async def media(socket: WebSocket) -> None:
    await socket.accept()
    while (await socket.receive_json())["event"] != "stop":
        pass
    if socket.app.state.broken:
        raise RuntimeError("broken")


def app(broken: bool = False) -> Starlette:
    made = Starlette(routes=[Route("/{path:path}", answer, methods=["POST"]), WebSocketRoute("/media", media)])
    made.state.broken = broken
    return made


def test_busy_desk(carrier: StepCarrier) -> None:
    carrier.people[DESK] = FarParty("busy", ring_s=4)
    call = carrier.call(app())
    assert call.heard == [(0.0, "ringing", ""), (4.0, "say", "They are busy.")]
    assert repr(carrier) == "<StepCarrier 1 calls, 1 people>"


def test_desk_that_accepts_by_key_talks(carrier: StepCarrier) -> None:
    carrier.people[DESK] = FarParty(ring_s=4, keys=("1",), talks_s=30)
    call = carrier.call(app())
    assert call.leg_to(DESK).status == "completed"
    assert ("talk", DESK) in [(kind, who) for _, kind, who in call.heard]
    assert heard_on(call.leg_to(DESK))[0][1:] == ("say", "Press one")
    assert (call.left_alone(), call.warnings) == ([], {})


def test_machine_and_person_that_are_rung(carrier: StepCarrier) -> None:
    carrier.people[HOME] = FarParty(kind="machine", greeting_s=6)
    call = carrier.create(app(), to=HOME, Url="/out", MachineDetection="Enable")
    assert call.record.verbs == ["Hangup"]
    carrier.people[HOME] = FarParty(hangs_up_s=5)
    call = carrier.create(app(), to=HOME, Url="/out")
    assert (call.record.verbs, call.record.ended) == (["Connect"], "caller")
    twiml = carrier.create(app(), to=HOME, Twiml="<Response><Say>hello</Say></Response>")
    assert twiml.record.said == ["hello"]
    assert len(carrier.runs) == 3


def test_rest_is_used_beside_the_call(carrier: StepCarrier) -> None:
    async def away(placed: TwilioCarrier, rest: httpx.AsyncClient) -> None:
        await asyncio.sleep(3)
        path = f"/2010-04-01/Accounts/{placed.switchboard.account_sid}/Calls/{placed.legs[0].call_sid}.json"
        form = {"Twiml": "<Response><Say>elsewhere</Say></Response>"}
        assert (await rest.post(path, data=form)).status_code == 200

    carrier.people[DESK] = FarParty(ring_s=10)
    call: CarrierRun = carrier.call(app(), during=away, caller=FarParty())
    assert call.record.said == ["elsewhere"]


def test_error_of_the_application_is_raised(carrier: StepCarrier) -> None:
    carrier.people[HOME] = FarParty(hangs_up_s=5)
    with pytest.raises(RuntimeError, match="broken"):
        carrier.create(app(broken=True), to=HOME, Url="/out")
