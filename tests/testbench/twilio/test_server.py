"""`ivr mock twilio` on a port, driven by the unmodified `twilio` client and by a developer's requests."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from typing import Any, TypeVar

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect
from twilio.base.exceptions import TwilioRestException  # type: ignore[import-untyped]
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]
from twilio.rest import Client  # type: ignore[import-untyped]

from ivr.testbench.loopback import bound, serving
from ivr.testbench.twilio.carrier import CarrierOptions, FarParty
from ivr.testbench.twilio.people_file import NumberRow, PeopleFile
from ivr.testbench.twilio.server import MockTwilio, serve_twilio

ACCOUNT, TOKEN, DESK = "AC" + "a" * 32, "12345", "+966110000099"
T = TypeVar("T")


class Bridge:
    """A bridge on a port: greets in its stream, and keeps what it was told."""

    def __init__(self) -> None:
        self.forms: list[tuple[str, dict[str, str]]] = []
        self.valid: list[bool] = []
        self.events: list[str] = []
        self.url = ""

    def app(self) -> Starlette:
        return Starlette(
            routes=[Route("/{path:path}", self._answer, methods=["POST"]), WebSocketRoute("/media", self._media)]
        )

    async def _answer(self, request: Request) -> Response:
        form = dict(httpx.QueryParams((await request.body()).decode()))
        url, signature = str(request.url), request.headers["x-twilio-signature"]
        self.valid.append(RequestValidator(TOKEN).validate(url, form, signature))
        self.forms.append((request.url.path, form))
        stream = self.url.replace("http", "ws", 1)
        verbs = {
            "/voice": f'<Connect><Stream url="{stream}/media"/></Connect><Say>bye</Say>',
            "/hold": "<Pause length='20'/>",
        }.get(request.url.path, "")
        return Response(f"<Response>{verbs}</Response>", media_type="text/xml")

    async def _media(self, socket: WebSocket) -> None:
        await socket.accept()
        with contextlib.suppress(WebSocketDisconnect):
            while True:
                message = await socket.receive_json()
                self.events.append(message["event"])
                if message["event"] == "start":
                    payload = base64.b64encode(b"\x10" * 1600).decode()
                    said = {"event": "media", "streamSid": message["streamSid"], "media": {"payload": payload}}
                    await socket.send_json(said)
                if message["event"] == "stop":
                    return


@contextlib.asynccontextmanager
async def both(
    people: dict[str, FarParty] | None = None, numbers: dict[str, NumberRow] | None = None
) -> AsyncIterator[tuple[MockTwilio, Bridge, str, list[str]]]:
    bridge, listener, journal = Bridge(), bound(), list[str]()
    bridge.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    file = PeopleFile(numbers or {}, people or {})
    options = CarrierOptions(people=file.people, settle_s=0.0, speed=4.0)
    async with serving(bridge.app(), listener):
        served = MockTwilio(
            ACCOUNT, TOKEN, file=file, voice_url=f"{bridge.url}/voice", options=options, journal=journal.append
        )
        async with served.serving(bound()) as base_url:
            yield served, bridge, base_url, journal


async def until(found: Callable[[], T]) -> T:
    for _ in range(1000):
        if value := found():
            return value
        await asyncio.sleep(0.02)
    raise TimeoutError("it did not come within 20 s")


def client_at(base_url: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    for name in ("TWILIO_REGION", "TWILIO_EDGE", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    client = Client(ACCOUNT, TOKEN)
    client.api.base_url = base_url
    return client


def test_m27_unmodified_client_creates_and_ends_a_call(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        async with both({DESK: FarParty(ring_s=0.2)}) as (served, bridge, base_url, _):
            client = client_at(base_url, monkeypatch)
            call = await asyncio.to_thread(
                client.calls.create,
                to=DESK,
                from_="+15550100",
                url=f"{bridge.url}/voice",
                status_callback=f"{bridge.url}/status",
                status_callback_event=["initiated", "ringing", "answered", "completed"],
                machine_detection="Enable",
                async_amd="true",
                async_amd_status_callback=f"{bridge.url}/amd",
            )
            assert (call.status, call.direction, call.to) == ("queued", "outbound-api", DESK)
            await until(lambda: "media" in bridge.events)
            fetched = await asyncio.to_thread(client.calls(call.sid).fetch)
            assert fetched.status == "in-progress"
            await until(lambda: [1 for path, _ in bridge.forms if path == "/amd"])
            ended = await asyncio.to_thread(lambda: client.calls(call.sid).update(status="completed"))
            assert ended.sid == call.sid
            await until(lambda: served.carrier.legs[0].status == "completed")
            await until(lambda: [1 for p, form in bridge.forms if form.get("CallStatus") == "completed"])
            assert "stop" in bridge.events
            told = [form["CallStatus"] for path, form in bridge.forms if path == "/status"]
            assert sorted(told) == sorted(["initiated", "ringing", "in-progress", "completed"])
            assert all(bridge.valid)
            again = await asyncio.to_thread(lambda: client.calls.list(to=DESK))
            assert [each.sid for each in again] == [call.sid]

    asyncio.run(main())


def test_m27_unmodified_client_sees_the_carriers_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> list[tuple[int, int]]:
        found = []
        async with both() as (served, bridge, base_url, _):
            client = client_at(base_url, monkeypatch)
            stranger = client_at(base_url, monkeypatch)
            stranger.auth = (ACCOUNT, "wrong")
            url = f"{bridge.url}/voice"

            async def refused(ask: Callable[[], Any]) -> None:
                with pytest.raises(TwilioRestException) as error:
                    await asyncio.to_thread(ask)
                found.append((error.value.status, error.value.code))

            await refused(lambda: client.calls.create(to="nobody", from_="+15550100", url=url))
            await refused(lambda: client.calls.create(to=DESK, from_="x", url=url))
            await refused(lambda: client.calls.create(to=DESK, from_="+15550100", url="ftp://x"))
            await refused(lambda: client.calls.create(to=DESK, from_="+15550100", twiml="x" * 4001))
            await refused(lambda: client.calls.create(to=DESK, from_="+15550100", url=url, twiml="<Response/>"))
            await refused(
                lambda: client.calls.create(
                    to=DESK, from_="+15550100", url=url, status_callback_event=["ringing answered"]
                )
            )
            await refused(lambda: client.calls("CA" + "0" * 32).fetch())
            await refused(lambda: stranger.calls("CA" + "0" * 32).fetch())
            served.carrier.switchboard.refuse_next()
            await refused(lambda: client.calls("CA" + "0" * 32).fetch())
        return found

    assert asyncio.run(main()) == [
        (400, 21211), (400, 21212), (400, 21205), (400, 21602), (400, 21218), (400, 21626), (404, 20404), (401, 20003),
        (429, 20429),
    ]  # fmt: skip


def test_m27_recordings_streams_and_conferences_by_the_client(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> list[object]:
        people = {DESK: FarParty(ring_s=0.1), "+966110000098": FarParty(ring_s=0.1)}
        async with both(people) as (_, _, base_url, _):
            client = client_at(base_url, monkeypatch)

            def use() -> list[object]:
                call = client.calls.create(
                    to=DESK, from_="+15550100", twiml="<Response><Dial><Conference>room</Conference></Dial></Response>"
                )
                while client.calls(call.sid).fetch().status != "in-progress":
                    pass
                made = client.calls(call.sid).recordings.create(recording_channels="dual")
                paused = client.calls(call.sid).recordings("Twilio.CURRENT").update(status="paused")
                stopped = client.calls(call.sid).recordings(made.sid).update(status="stopped")
                stream = client.calls(call.sid).streams.create(url="wss://x.example/fork", name="assist")
                over = client.calls(call.sid).streams("assist").update(status="stopped")
                [room] = client.conferences.list(friendly_name="room")
                joined = client.conferences(room.sid).participants.create(from_="+15550100", to="+966110000098")
                while len(client.conferences(room.sid).participants.list()) < 2:
                    pass
                held = client.conferences(room.sid).participants(joined.call_sid).update(hold=True)
                ended = client.conferences(room.sid).update(status="completed")
                gone = client.recordings(made.sid).delete()
                return [
                    made.status, paused.status, stopped.status, stream.status, over.status, held.hold, ended.status,
                    gone, len(client.recordings.list()),
                ]  # fmt: skip

            return await asyncio.to_thread(use)

    assert asyncio.run(main()) == [
        "in-progress", "paused", "stopped", "in-progress", "stopped", True, "completed", True, 0
    ]  # fmt: skip


def test_m27_lists_have_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> tuple[int, int, int]:
        async with both() as (served, _, base_url, _):
            client = client_at(base_url, monkeypatch)
            for _ in range(7):
                served.carrier.inbound(caller="+1555", called="+1556")
            return await asyncio.to_thread(
                lambda: (
                    len(client.calls.list(page_size=3)),
                    len(client.calls.list(limit=4)),
                    len(list(client.calls.page(page_size=3).next_page().next_page())),
                )
            )

    assert asyncio.run(main()) == (7, 4, 1)


def test_m32_developer_places_presses_and_hangs_up() -> None:
    async def main() -> None:
        async with both() as (served, bridge, base_url, journal), httpx.AsyncClient(base_url=base_url) as web:
            answer = await web.post("/mock/calls", data={"to": "+1", "steps": ["wait"], "from": "+966500000009"})
            sid = answer.json()["call_sid"]
            await until(lambda: "media" in bridge.events)
            assert (await web.post(f"/mock/calls/{sid}/press", json={"digits": "1#"})).status_code == 204
            await until(lambda: bridge.events.count("dtmf") == 2)
            assert (await web.post(f"/mock/calls/{sid}/press", json={"digits": "x"})).status_code == 400
            assert (await web.delete(f"/mock/calls/{sid}")).status_code == 204
            await until(lambda: served.carrier.legs[0].status == "completed")
            told = (await web.get(f"/mock/calls/{sid}")).json()
            assert (told["status"], told["from"], told["verbs"]) == ("completed", "+966500000009", ["Connect"])
            assert "agent_speaks" in [kind for _, kind, _ in told["heard"]]
            assert [call["call_sid"] for call in (await web.get("/mock/calls")).json()["calls"]] == [sid]
            assert (await web.get("/mock/calls/CA0")).status_code == 404
            assert (await web.post("/mock/calls/CA0/press")).status_code == 404
            lines = [json.loads(line) for line in journal]
            assert {line["call"] for line in lines} == {sid}
            assert {"request", "stream", "digit", "ended"} <= {line["kind"] for line in lines}
            foreign = await web.get("/mock/calls", headers={"Origin": "https://evil.example"})
            assert foreign.status_code == 403

    asyncio.run(main())


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"to": "+1", "voice": "x"}, "unknown field 'voice'"),
        ({"to": "+1", "steps": "say x"}, "steps must be a list"),
        ({"to": "+1", "steps": ["sing"]}, "expected say TEXT"),
        ({"to": "+1", "caller": 3}, "caller must be a table"),
        ({"to": "+1", "caller": {"sings": 1}}, "unknown key 'sings'"),
        ({"to": "+1", "steps": ["x" * 70_000]}, "more than 65536 bytes"),
        ([], "not a JSON object"),
    ],
)
def test_developers_mistakes_are_named(given: object, words: str) -> None:
    async def main() -> str:
        async with both() as (_, _, base_url, _), httpx.AsyncClient(base_url=base_url) as web:
            answer = await web.post("/mock/calls", json=given)
            assert answer.status_code == 400
            return str(answer.json()["error"])

    assert words in asyncio.run(main())


def test_number_without_a_voice_url_is_named() -> None:
    async def main() -> tuple[str, str]:
        served = MockTwilio(ACCOUNT, TOKEN)
        async with served.serving(bound()) as base_url, httpx.AsyncClient(base_url=base_url) as web:
            one = await web.post("/mock/calls", data={"to": "+1"})
            other = await web.post("/mock/calls", content=b"{", headers={"content-type": "application/json"})
            return one.json()["error"], other.json()["error"]

    one, other = asyncio.run(main())
    assert one == "+1: no voice_url is known for it"
    assert other.startswith("not JSON")


def test_it_says_what_a_client_needs() -> None:
    async def main() -> list[str]:
        shown: list[str] = []
        served = MockTwilio(ACCOUNT, TOKEN, voice_url="http://127.0.0.1:1/voice")
        task = asyncio.create_task(serve_twilio(served, bound(), ACCOUNT, TOKEN, shown.append))
        await until(lambda: len(shown) == 5)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return shown

    shown = asyncio.run(main())
    assert shown[:2] == [f"TWILIO_ACCOUNT_SID={ACCOUNT}", f"TWILIO_AUTH_TOKEN={TOKEN}"]
    assert shown[2].startswith("IVR_TWILIO_REST_URL=http://127.0.0.1:")


def test_old_calls_are_forgotten() -> None:
    async def main() -> tuple[int, int]:
        async with both() as (served, _, _, _):
            served.carrier.office.keep = 3
            for _ in range(8):
                await served.carrier.inbound(caller="+1555", called="+1556").finish("completed")
            return len(served.carrier.legs), len(served.carrier.switchboard.calls)

    assert asyncio.run(main()) == (3, 3)
