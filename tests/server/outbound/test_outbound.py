"""Calls that a bridge places, from the API to the last word of a carrier that is a script."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree

import httpx
import pytest

from ivr.outbound.job import Job
from ivr.outbound.store import MOST_JOBS
from ivr.session.session import Session
from ivr.twilio.rest import TwilioRest
from tests.config.test_operators import TOKEN
from tests.server.board.operators import LISTENER, TOKENS
from tests.support.front import ACCOUNT, AUTH, CALL, CALLED, PUBLIC, STREAM, Front, a_bridge, settings, voice_form

TO = "+966500000001"
OTHER_CALL = "CA" + "d" * 32
LINES = f'[[line]]\nnumber = "{CALLED}"\nname = "sales"\n[line.call]\ntell_end = true\n'


class Carrier:
    """Take what is placed, as a test says."""

    def __init__(self) -> None:
        self.placed: list[dict[str, list[str]]] = []
        self.answer: Callable[[httpx.Request], httpx.Response] = lambda _: httpx.Response(201, json={"sid": CALL})
        self.statuses: dict[str, str] = {}
        self.asked = asyncio.Event()

    def take(self, request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            sid = request.url.path.rpartition("/")[2].removesuffix(".json")
            return httpx.Response(200, json={"sid": sid, "status": self.statuses.get(sid, "ringing")})
        self.placed.append(parse_qs(request.content.decode()))
        self.asked.set()
        return self.answer(request)


class Desk:
    """Hold a bridge, its carrier and an operator."""

    def __init__(self, folder: Path, lines: str = LINES, **env: str) -> None:
        self.carrier = Carrier()
        self.unanswered: list[Job] = []
        (folder / "ivr.toml").write_text(lines)
        given = {"IVR_BOARD_TOKENS": TOKENS, "IVR_DIAL_PREFIXES": "+966", "IVR_DIAL_PER_SECOND": "100", **env}
        rest = TwilioRest(ACCOUNT, AUTH, base_url="http://c.example", transport=httpx.MockTransport(self.carrier.take))
        self.bridge = a_bridge(settings(folder, **given), rest=rest)
        self.bridge.outbound.no_calls.record = self.unanswered.append
        self.front = Front(self.bridge)

    async def ask(self, method: str, path: str, body: object = None, token: str = TOKEN) -> tuple[int, Any]:
        headers = {"authorization": f"Bearer {token}"}
        answer = await self.front.client.request(method, path, headers=headers, json=body)
        return answer.status_code, answer.json()

    async def state(self, job: str, wanted: str) -> dict[str, Any]:
        """Wait until a job is in a state."""
        shown: dict[str, Any] = {}
        async with asyncio.timeout(20):
            while shown.get("state") != wanted:
                await asyncio.sleep(0.02)
                shown = (await self.ask("GET", f"/jobs/{job}"))[1]
        return shown

    async def open(self, document: ElementTree.Element) -> None:
        """Open the stream that a document asks for."""
        token = next(one.get("value") for one in document.iter("Parameter") if one.get("name") == "token")
        socket = await self.front.media()
        await socket.send(json.dumps({"event": "connected", "protocol": "Call", "version": "1.0.0"}))
        start = {
            "streamSid": STREAM,
            "accountSid": ACCOUNT,
            "callSid": CALL,
            "tracks": ["inbound"],
            "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
            "customParameters": {"token": token},
        }
        told = {"event": "start", "sequenceNumber": "1", "start": start, "streamSid": STREAM}
        await socket.send(json.dumps(told))

    async def stream(self, document: ElementTree.Element) -> Session:
        """Open the stream that a document asks for, and return its session."""
        await self.open(document)
        async with asyncio.timeout(20):
            while (session := self.bridge.admission.get(CALL)) is None or session._ports is None:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        return session

    async def status(self, job: str, status: str, call: str = CALL, attempt: int = 1, **more: str) -> None:
        """Say what the carrier says of a job's call."""
        fields = {**voice_form(), "CallSid": call, "Direction": "outbound-api", "CallStatus": status, **more}
        answer = await self.front.post("/status", fields, query=f"?job={job}&try={attempt}")
        assert answer.status_code == 204

    async def voice(self, job: str, call: str = CALL, attempt: int = 1, direction: str = "outbound-api") -> str:
        """Ask for the document of a job's call, as the carrier does when it is answered."""
        fields = {**voice_form(), "CallSid": call, "From": CALLED, "To": TO, "Direction": direction}
        return (await self.front.post("/voice", fields, query=f"?job={job}&try={attempt}")).text


def story(folder: Path, tell: Callable[[Desk], Awaitable[None]], lines: str = LINES, **env: str) -> None:
    async def run() -> None:
        desk = Desk(folder, lines, **env)
        await desk.bridge.start()
        try:
            await tell(desk)
        finally:
            await desk.bridge.stop()
            await desk.front.aclose()

    asyncio.run(run())


def test_a_call_is_placed_and_talks(tmp_path: Path) -> None:
    async def tell(desk: Desk) -> None:
        status, job = await desk.ask("POST", "/calls", {"to": TO, "line": "sales", "context": {"order": 7}, "id": "o7"})
        assert (status, job["id"], job["to"], job["by"]) == (202, "o7", TO, "sara")
        await desk.state("o7", "ringing")
        (placed,) = desk.carrier.placed
        assert (placed["To"], placed["From"]) == ([TO], [CALLED])
        url = urlsplit(placed["Url"][0])
        assert (f"{url.scheme}://{url.netloc}{url.path}", url.query) == (f"{PUBLIC}/voice", "job=o7&try=1")
        assert "<Stream" in await desk.voice("o7")
        await desk.status("o7", "in-progress")
        await desk.state("o7", "talking")
        await desk.status("o7", "completed", CallDuration="42")
        assert (await desk.state("o7", "completed"))["talked_s"] == 42
        assert desk.unanswered == []

    story(tmp_path, tell)


@pytest.mark.parametrize("status", ["busy", "no-answer", "failed", "canceled"])
def test_a_call_that_no_one_answers_is_told_of(tmp_path: Path, status: str) -> None:
    async def tell(desk: Desk) -> None:
        _, job = await desk.ask("POST", "/calls", {"to": TO, "line": "sales"})
        await desk.state(job["id"], "ringing")
        await desk.status(job["id"], status)
        await desk.state(job["id"], status.replace("-", "_"))
        assert [(one.id, one.call_id) for one in desk.unanswered] == [(job["id"], CALL)]
        counted = f'ivr_outbound_ended_total{{state="{status.replace("-", "_")}"}} 1.0'
        assert counted in desk.bridge.metrics.render().decode()

    story(tmp_path, tell)


def test_the_stream_may_be_asked_for_before_the_carrier_answers(tmp_path: Path) -> None:
    async def tell(desk: Desk) -> None:
        answered = asyncio.Event()

        async def late(request: httpx.Request) -> httpx.Response:
            desk.carrier.take(request)
            await answered.wait()
            return httpx.Response(201, json={"sid": CALL})

        desk.bridge._rest._client._transport = httpx.MockTransport(late)  # type: ignore[union-attr]
        await desk.ask("POST", "/calls", {"to": TO, "line": "sales", "id": "early", "context": [1]})
        await desk.carrier.asked.wait()
        assert "<Stream" in await desk.voice("early")
        assert (await desk.state("early", "ringing"))["call_id"] == CALL
        await desk.status("early", "in-progress")
        await desk.state("early", "talking")
        answered.set()
        await desk.status("early", "completed")
        await desk.state("early", "completed")
        # Another call that says it is of the same job is an ordinary one.
        assert "<Stream" in await desk.voice("early", OTHER_CALL)

    story(tmp_path, tell)


@pytest.mark.parametrize(
    ("answer", "state", "reason"),
    [
        (httpx.Response(400, json={"code": 21211}), "failed", "bad_number"),
        (httpx.Response(400, json={"code": 21215}), "failed", "not_permitted"),
        (httpx.Response(429, json={"code": 20429}), "waiting", "too_many"),
        (httpx.Response(401, json={"code": 20003}), "waiting", "login"),
        (httpx.Response(503), "placing", ""),
    ],
)
def test_a_refusal_ends_the_job_or_lets_it_wait(
    tmp_path: Path, answer: httpx.Response, state: str, reason: str
) -> None:
    async def tell(desk: Desk) -> None:
        desk.carrier.answer = lambda _: answer
        _, job = await desk.ask("POST", "/calls", {"to": TO, "line": "sales"})
        await desk.carrier.asked.wait()
        shown = await desk.state(job["id"], state)
        assert (shown["reason"], len(desk.carrier.placed)) == (reason, 1)
        assert [one.id for one in desk.unanswered] == ([job["id"]] if state == "failed" else [])

    story(tmp_path, tell)


def test_a_busy_person_is_called_again(tmp_path: Path) -> None:
    async def tell(desk: Desk) -> None:
        _, job = await desk.ask("POST", "/calls", {"to": TO, "line": "sales"})
        await desk.state(job["id"], "ringing")
        desk.carrier.answer = lambda _: httpx.Response(201, json={"sid": OTHER_CALL})
        await desk.status(job["id"], "busy")
        assert (await desk.state(job["id"], "ringing"))["attempts"] in (1, 2)
        async with asyncio.timeout(20):
            while (await desk.ask("GET", f"/jobs/{job['id']}"))[1]["call_id"] != OTHER_CALL:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        # A late word of the first attempt changes nothing.
        await desk.status(job["id"], "completed")
        await desk.status(job["id"], "no-answer", OTHER_CALL, attempt=2)
        assert (await desk.state(job["id"], "no_answer"))["attempts"] == 2
        assert len(desk.unanswered) == 1

    story(tmp_path, tell, LINES + "[line.outbound]\nretries = 1\nretry_after_s = 1\n")


def test_a_waiting_call_is_canceled(tmp_path: Path) -> None:
    async def tell(desk: Desk) -> None:
        later = {"to": TO, "line": "sales", "at": "2099-01-01T00:00:00Z"}
        assert (await desk.ask("POST", "/calls", later))[0] == 400
        _, job = await desk.ask("POST", "/calls", {"to": TO, "line": "sales"})
        assert (await desk.state(job["id"], "waiting"))["reason"] in ("", "quiet_hours")
        status, shown = await desk.ask("DELETE", f"/jobs/{job['id']}")
        assert (status, shown["state"]) == (200, "canceled")
        assert (await desk.ask("DELETE", f"/jobs/{job['id']}"))[0] == 200
        assert (await desk.ask("DELETE", "/jobs/none"))[0] == 404
        assert desk.carrier.placed == []
        assert [one["id"] for one in (await desk.ask("GET", "/jobs"))[1]["jobs"]] == [job["id"]]

    story(tmp_path, tell, LINES + '[line.outbound]\nquiet = "00:00-23:59"\n')


def test_a_placed_call_is_not_canceled(tmp_path: Path) -> None:
    async def tell(desk: Desk) -> None:
        _, job = await desk.ask("POST", "/calls", {"to": TO, "line": "sales"})
        await desk.state(job["id"], "ringing")
        status, told = await desk.ask("DELETE", f"/jobs/{job['id']}")
        assert (status, told["error"]) == (409, "too_late")

    story(tmp_path, tell)


def test_an_id_places_one_call(tmp_path: Path) -> None:
    async def tell(desk: Desk) -> None:
        for _ in range(3):
            assert (await desk.ask("POST", "/calls", {"to": TO, "line": "sales", "id": "x"}))[0] == 202
        await desk.state("x", "ringing")
        other = {"to": "+966500000002", "line": "sales", "id": "x"}
        assert (await desk.ask("POST", "/calls", other))[1]["error"] == "other_request"
        assert len(desk.carrier.placed) == 1

    story(tmp_path, tell)


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        ({"to": "+19005550100", "line": "sales"}, 422, "not_allowed"),
        ({"to": "0500", "line": "sales"}, 422, "bad_number"),
        ({"to": TO, "line": "none"}, 422, "no_such_line"),
        ({"to": TO, "line": "sales", "from": "+966119999999"}, 422, "bad_sender"),
        ({"to": TO, "line": "sales", "context": "x" * 5000}, 400, "bad_context"),
        ({"to": TO, "line": "sales", "context": "x" * 30_000}, 413, "too_long"),
        ({"to": TO, "line": "sales", "id": "a b"}, 400, "bad_body"),
        ({"to": TO, "line": "sales", "url": "http://169.254.169.254/"}, 400, "bad_body"),
        ({"to": 966500000001}, 400, "bad_body"),
        ({}, 400, "bad_body"),
    ],
)
def test_what_may_not_be_placed_is_refused(tmp_path: Path, body: Mapping[str, object], status: int, error: str) -> None:
    async def tell(desk: Desk) -> None:
        found, told = await desk.ask("POST", "/calls", body)
        assert (found, told["error"]) == (status, error)
        assert TO not in json.dumps(told)
        assert (await desk.ask("GET", "/jobs"))[1] == {"jobs": []}

    story(tmp_path, tell)


def test_a_listener_sees_a_masked_number_and_places_nothing(tmp_path: Path) -> None:
    async def tell(desk: Desk) -> None:
        body = {"to": TO, "line": "sales", "id": "x"}
        assert (await desk.ask("POST", "/calls", body, LISTENER))[0] == 403
        await desk.ask("POST", "/calls", body)
        assert (await desk.ask("GET", "/jobs/x", token=LISTENER))[1]["to"] == "+9665******01"
        assert (await desk.ask("POST", "/calls", body, "wrong"))[0] == 401

    story(tmp_path, tell)


def test_a_bridge_calls_no_one_unless_told_to(tmp_path: Path) -> None:
    async def tell(desk: Desk) -> None:
        for method, path in (("POST", "/calls"), ("GET", "/jobs"), ("GET", "/jobs/x"), ("DELETE", "/jobs/x")):
            status, told = await desk.ask(method, path, {"to": TO, "line": "sales"} if method == "POST" else None)
            assert (status, told["error"]) == (403, "outbound_off")
        assert not (desk.bridge.settings.data_dir / "outbound.sqlite").exists()
        assert "<Stream" in await desk.voice("x")

    story(tmp_path, tell, IVR_DIAL_PREFIXES="")


def test_a_full_queue_says_when_to_come_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ivr.outbound.store.MOST_JOBS", 0)
    assert MOST_JOBS

    async def tell(desk: Desk) -> None:
        status, told = await desk.ask("POST", "/calls", {"to": TO, "line": "sales"})
        assert (status, told["error"]) == (503, "queue_full")

    story(tmp_path, tell)


def test_a_file_that_cannot_be_used_is_said(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "outbound.sqlite").write_bytes(b"no database, but long enough to be looked at" * 40)

    async def tell(desk: Desk) -> None:
        for method, path in (("POST", "/calls"), ("GET", "/jobs"), ("GET", "/jobs/x"), ("DELETE", "/jobs/x")):
            status, told = await desk.ask(method, path, {"to": TO, "line": "sales"} if method == "POST" else None)
            assert (status, told["error"]) == (503, "no_queue")
        # A call that was placed before is taken as any other.
        assert "<Stream" in await desk.voice("x")
        await desk.status("x", "completed")

    story(tmp_path, tell)


def test_a_machine_is_noted_on_the_job(tmp_path: Path) -> None:
    async def tell(desk: Desk) -> None:
        await desk.ask("POST", "/calls", {"to": TO, "line": "sales", "id": "x"})
        await desk.state("x", "ringing")
        await desk.status("x", "in-progress", AnsweredBy="machine_start")
        assert (await desk.state("x", "talking"))["answered_by"] == "machine"

    story(tmp_path, tell)


def test_a_drain_waits_for_who_is_being_called(tmp_path: Path) -> None:
    async def tell(desk: Desk) -> None:
        await desk.ask("POST", "/calls", {"to": TO, "line": "sales", "id": "rings"})
        await desk.state("rings", "ringing")
        draining = asyncio.create_task(desk.bridge.drain())
        await desk.ask("POST", "/calls", {"to": "+966500000002", "line": "sales", "id": "waits"})
        await asyncio.sleep(1.5)
        assert not draining.done()
        # Who answers now is talked to.
        assert "<Stream" in await desk.voice("rings")
        await desk.status("rings", "no-answer")
        async with asyncio.timeout(70):
            await draining
        assert len(desk.carrier.placed) == 1
        assert (await desk.ask("GET", "/jobs/waits"))[1]["state"] == "waiting"

    story(tmp_path, tell, IVR_DRAIN_SECONDS="20")


def test_a_word_that_was_lost_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ivr.server.outbound.outbound.SETTLE_EVERY_S", 0.2)
    monkeypatch.setattr("ivr.server.outbound.outbound.RINGS_LONG_S", 0.5)

    async def tell(desk: Desk) -> None:
        await desk.ask("POST", "/calls", {"to": TO, "line": "sales", "id": "x"})
        await desk.state("x", "ringing")
        desk.carrier.statuses[CALL] = "busy"
        await desk.state("x", "busy")

    story(tmp_path, tell)


def test_the_next_process_goes_on_with_the_queue(tmp_path: Path) -> None:
    async def first(desk: Desk) -> None:
        desk.carrier.answer = lambda _: httpx.Response(401)
        await desk.ask("POST", "/calls", {"to": TO, "line": "sales", "id": "x"})
        await desk.carrier.asked.wait()
        await desk.state("x", "waiting")

    async def second(desk: Desk) -> None:
        assert (await desk.ask("GET", "/jobs/x"))[1]["state"] == "waiting"
        await desk.ask("POST", "/calls", {"to": "+966500000002", "line": "sales", "id": "y"})
        await desk.state("y", "ringing")

    story(tmp_path, first)
    story(tmp_path, second)


def test_the_stream_has_line_and_context_of_the_job(tmp_path: Path) -> None:
    async def tell(desk: Desk) -> None:
        await desk.ask("POST", "/calls", {"to": TO, "line": "shown", "id": "x", "context": {"order": 7}})
        await desk.state("x", "ringing")
        # The number that the person is shown is not the line's: the job says which line it is.
        document = ElementTree.fromstring(await desk.voice("x"))
        session = await desk.stream(document)
        assert session._ports is not None
        started = session._ports.started
        assert (started.line, started.context, started.called) == ("shown", '{"order":7}', TO)
        assert session._ports.call.options.placed
        assert started.parameters["job"] == "x"

    lines = (
        LINES.replace('"sales"', '"other"')
        + f'[[line]]\nnumber = "+966118888888"\nname = "shown"\ncaller_id = "{CALLED}"\n'
    )
    story(tmp_path, tell, lines)


@pytest.mark.parametrize("before", ["document", "stream"])
def test_who_answered_is_known_before_the_stream(tmp_path: Path, before: str) -> None:
    async def tell(desk: Desk) -> None:
        await desk.ask("POST", "/calls", {"to": TO, "line": "sales", "id": "x"})
        await desk.state("x", "ringing")
        document = ElementTree.fromstring(await desk.voice("x")) if before == "stream" else None
        await desk.status("x", "in-progress", AnsweredBy="machine_start")
        await desk.state("x", "talking")
        if document is None:
            document = ElementTree.fromstring(await desk.voice("x"))
        await desk.open(document)
        async with asyncio.timeout(20):
            while not desk.front.metric("ivr_terminations_total", reason="answered_by_machine"):  # noqa: ASYNC110
                await asyncio.sleep(0.02)

    story(tmp_path, tell, LINES + '[line.outbound]\nmachine = "hang_up"\n')
