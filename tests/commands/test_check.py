"""Check what `ivr check` finds, with peers on loopback that answer, refuse or are not there."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from ivr.commands.check import Finding, examine
from ivr.config.load import load
from ivr.config.settings import Settings
from ivr.testbench.agent import app
from ivr.testbench.loopback import bound, serving
from tests.support import live
from tests.support.onnx_model import tiny_model

ACCOUNT = "AC" + "0" * 32
NOWHERE = "127.0.0.1:9"
PEOPLE = {"IVR_TRANSFER_TO": "00966 11 000 0001, +966110000002", "IVR_FALLBACK_SPEAKER": "James"}


def settings_for(peer: str, tmp_path: Path, more: Mapping[str, str] | None = None, *, dev: bool = False) -> Settings:
    config = tmp_path / "ivr.toml"
    if not config.exists():
        config.touch()
    env = {
        "IVR_HAMSA_URL": f"ws://{peer}/v1/realtime/ws",
        "IVR_WEBHOOK_URL": f"http://{peer}/webhook",
        "IVR_CONFIG": str(config),
        "TWILIO_ACCOUNT_SID": ACCOUNT,
        "TWILIO_AUTH_TOKEN": "very-secret",
        "IVR_PUBLIC_URL": "https://ivr.example.com/bridge",
        **(more or {}),
    }
    return load(env, dev=dev)


@asynccontextmanager
async def peers(*, welcome: bool = True) -> AsyncIterator[str]:
    """Serve the demo agent, and a speech service that accepts every connection or refuses every one."""

    async def socket(websocket: WebSocket) -> None:
        if not welcome:
            await websocket.close()
            return
        await websocket.accept()
        assert (await websocket.receive())["type"] == "websocket.disconnect"

    routes = [WebSocketRoute("/v1/realtime/ws", socket), *app.routes(app.DemoAgent())]
    listener = bound()
    async with serving(Starlette(routes=routes), listener):
        yield f"127.0.0.1:{listener.getsockname()[1]}"


def found(settings: Settings, ask: str = "") -> dict[str, Finding]:
    async def look() -> dict[str, Finding]:
        return {finding.name: finding async for finding in examine(settings, ask)}

    return live.run(look())


@pytest.mark.live
def test_check_shows_peers_that_answer(tmp_path: Path) -> None:
    async def look() -> dict[str, Finding]:
        async with peers() as peer:
            settings = settings_for(peer, tmp_path, {**PEOPLE, "IVR_LANGUAGE": "en", "IVR_GREETING": ""})
            return {finding.name: finding async for finding in examine(settings, "where is my shipment")}

    findings = live.run(look())
    assert findings["Hamsa"].good is True
    agents = [finding for name, finding in findings.items() if name.startswith("agent ")]
    assert [finding.good for finding in agents] == [True, True]
    assert "HTTP 405 to GET" in agents[0].detail
    assert "May I have your full name" in agents[1].detail
    assert findings["TwiML documents"].good is True
    line = findings["line of every other number"].detail
    assert line.endswith("/webhook, second voice James, transfers to ***0001, ***0002, no greeting")
    assert findings["IVR_TRANSFER_TO"].detail == "***0001, ***0002"
    assert "11000" not in repr(findings)
    assert findings["voice URL of the number"].detail == "https://ivr.example.com/bridge/voice (HTTP POST)"
    assert "https://ivr.example.com:443/bridge/voice" in findings["signed for /voice"].detail
    assert "wss://ivr.example.com/bridge/media/" in findings["signed for /media"].detail
    assert "very-secret" not in repr(findings)


@pytest.mark.live
def test_check_shows_a_service_that_refuses(tmp_path: Path) -> None:
    async def look() -> dict[str, Finding]:
        async with peers(welcome=False) as peer:
            return {finding.name: finding async for finding in examine(settings_for(peer, tmp_path))}

    hamsa = live.run(look())["Hamsa"]
    assert hamsa.good is False
    assert hamsa.detail == "does not answer: auth"


@pytest.mark.live
def test_check_shows_peers_that_are_not_there(tmp_path: Path) -> None:
    findings = found(settings_for(NOWHERE, tmp_path), "hello")
    bad = {name: finding.detail for name, finding in findings.items() if finding.good is False}
    assert bad == {
        "Hamsa": "does not answer: connect",
        f"agent http://{NOWHERE}/webhook": "does not answer: ConnectError",
        f"agent http://{NOWHERE}/webhook, asked": "failed: connect",
    }


@pytest.mark.live
def test_check_runs_the_turn_model(tmp_path: Path) -> None:
    good = {"IVR_TURN_MODEL": str(tiny_model(tmp_path / "good.onnx"))}
    finding = found(settings_for(NOWHERE, tmp_path, good))["turn model"]
    assert finding.good is True
    assert re.fullmatch(r".*good\.onnx, judges a pause in \d+ ms", finding.detail)
    odd = {"IVR_TURN_MODEL": str(tiny_model(tmp_path / "odd.onnx", bias=7, sigmoid=False))}
    finding = found(settings_for(NOWHERE, tmp_path, odd))["turn model"]
    assert finding.good is False
    assert "odd.onnx cannot be run (ValueError: gives 7, and not a probability)" in finding.detail
    assert "turn model" not in found(settings_for(NOWHERE, tmp_path))


@pytest.mark.live
def test_check_shows_bad_documents_and_unknown_names(tmp_path: Path) -> None:
    (tmp_path / "answer.xml").write_text("<Response>", encoding="utf-8")
    more = {"IVR_TWIML_DIR": str(tmp_path), "IVR_GREETNG": "typo"}
    findings = found(settings_for(NOWHERE, tmp_path, more, dev=True))
    assert findings["TwiML documents"].good is False
    assert "answer.xml" in findings["TwiML documents"].detail
    assert "did you mean IVR_GREETING" in findings["setting"].detail
    assert "not checked" in findings["signatures"].detail


def test_check_shows_what_agents_may_play(tmp_path: Path) -> None:
    folder = tmp_path / "audio"
    (folder / "menus").mkdir(parents=True)
    for name in ("one.wav", "menus/two.MP3", "readme.txt"):
        (folder / name).write_bytes(b"")
    more = {"IVR_AUDIO_DIR": str(folder), "IVR_PLAY_HOSTS": "audio.example, *.cdn.example"}
    findings = found(settings_for("http://127.0.0.1:9", tmp_path, more))
    assert findings["recordings"].detail == f"2 in {folder}; from audio.example, *.cdn.example"
    assert found(settings_for("http://127.0.0.1:9", tmp_path, {"IVR_PLAY_HOSTS": "a.example"}))[
        "recordings"
    ].detail == ("of no folder; from a.example")
    assert "recordings" not in found(settings_for("http://127.0.0.1:9", tmp_path))


@pytest.mark.live
def test_check_shows_where_tapes_go(tmp_path: Path) -> None:
    there, closed = tmp_path / "tapes", tmp_path / "answer.xml"
    kept = found(settings_for(NOWHERE, tmp_path, {"IVR_TAPES": str(there)}))["tapes"]
    assert (kept.good, kept.detail) == (True, f"none yet: {there} is made at the start; kept: trouble, with audio")
    more = {"IVR_TAPES": str(there), "IVR_TAPES_KEEP": "all", "IVR_TAPES_AUDIO": "off"}
    there.mkdir()
    kept = found(settings_for(NOWHERE, tmp_path, more))["tapes"]
    assert kept.detail == f"0, 0.0 MB, in {there}; kept: of every call, without audio"
    settings = settings_for(NOWHERE, tmp_path, more)
    closed.touch()
    bad = found(settings.model_copy(update={"tapes": closed}))["tapes"]
    assert (bad.good, bad.detail) == (False, f"{closed} is a file: set it to a folder, existing or new")
    assert "tapes" not in found(settings_for(NOWHERE, tmp_path))


ANSWERS: dict[str, tuple[str, str, bytes]] = {
    "not understood": (
        f'failed: not_understood (application/json, 224 bytes: {{"words": "{"x" * 189})',
        "application/json",
        json.dumps({"words": "x" * 211}).encode(),
    ),
    "another character set": (
        'failed: not_understood (application/json; charset=utf-16, 26 bytes: {"a": "é"})',
        "application/json; charset=utf-16",
        '{"a": "é"}\n'.encode("utf-16-le") + b"\n\0" + b"\n\0",
    ),
    "nothing": ("failed: empty", "text/plain", b""),
    "no type": ("failed: only_thoughts (no content type, 18 bytes: <think>x</think>)", "", b"<think>x</think>\n\n"),
    "closing": (": Bye (then the call ends)", "application/json", b'{"text": "Bye", "is_closing": true}'),
    "a person": (": Wait (then a person takes over)", "application/json", b'{"text": "Wait", "transfer": true}'),
    "a fault": (": Hi. (with a fault: agent_error)", "application/x-ndjson", b'{"text": "Hi."}\n{"type": "error"}\n'),
}


@pytest.mark.live
@pytest.mark.parametrize("name", list(ANSWERS))
def test_check_shows_what_an_agent_answered(name: str, tmp_path: Path) -> None:
    shown, content_type, body = ANSWERS[name]

    async def answer(request: Request) -> Response:
        response = Response(body)
        if content_type:
            response.headers["content-type"] = content_type
        return response

    async def look() -> dict[str, Finding]:
        listener = bound()
        async with serving(Starlette(routes=[Route("/webhook", answer, methods=["POST"])]), listener):
            settings = settings_for(f"127.0.0.1:{listener.getsockname()[1]}", tmp_path)
            return {finding.name: finding async for finding in examine(settings, "hello")}

    asked = next(finding for name, finding in live.run(look()).items() if name.endswith(", asked"))
    assert asked.detail.endswith(shown)


@pytest.mark.live
@pytest.mark.parametrize(("status", "good"), [(200, True), (404, True), (405, True), (500, False), (503, False)])
def test_check_judges_an_agent_by_its_status_to_get(status: int, good: bool, tmp_path: Path) -> None:
    async def look() -> list[Finding]:
        listener = bound()
        routes = [Route("/webhook", lambda _: Response(status_code=status))]
        async with serving(Starlette(routes=routes), listener):
            settings = settings_for(f"127.0.0.1:{listener.getsockname()[1]}", tmp_path)
            return [finding async for finding in examine(settings) if finding.name.startswith("agent ")]

    (agent,) = live.run(look())
    assert agent.good is good
    assert f"HTTP {status} to GET" in agent.detail


@pytest.mark.live
@pytest.mark.parametrize(("status", "good"), [(200, True), (500, False)])
def test_check_lets_the_answer_outweigh_the_get(status: int, good: bool, tmp_path: Path) -> None:
    async def answer(request: Request) -> Response:
        return Response("Hi", 500 if request.method == "GET" else status, media_type="text/plain")

    async def look() -> list[Finding]:
        listener = bound()
        async with serving(Starlette(routes=[Route("/webhook", answer, methods=["GET", "POST"])]), listener):
            settings = settings_for(f"127.0.0.1:{listener.getsockname()[1]}", tmp_path)
            return [finding async for finding in examine(settings, "hello") if finding.name.startswith("agent ")]

    found, asked = live.run(look())
    assert (found.good, asked.good) == (None, good)
    assert found.detail == "HTTP 500 to GET: its answer to the question counts"


@pytest.mark.live
def test_check_shows_no_password_of_a_url(tmp_path: Path) -> None:
    more = {
        "IVR_WEBHOOK_URL": f"http://ann:hidden@{NOWHERE}/webhook?key=hidden",
        "IVR_HAMSA_URL": f"ws://ann:hidden@{NOWHERE}/ws?v=hidden",
    }
    findings = found(settings_for(NOWHERE, tmp_path, more), "hello")
    assert "hidden" not in repr(findings)
    assert f"agent http://***@{NOWHERE}/webhook?key=***" in findings


@pytest.mark.parametrize(
    ("workers", "cores", "finding"),
    [
        ("4", 4, Finding("workers", "4, for 4 cores")),
        ("4", 2, Finding("perhaps wrong", "IVR_WORKERS 4, and the bridge has 2 cores: set it to 2")),
    ],
    ids=["enough", "few"],
)
def test_check_counts_the_cores_for_workers(
    workers: str, cores: int, finding: Finding, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(cores)))
    assert found(settings_for(NOWHERE, tmp_path, {"IVR_WORKERS": workers}))[finding.name] == finding


def test_check_says_where_there_can_be_no_workers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("os.fork")
    assert found(settings_for(NOWHERE, tmp_path, {"IVR_WORKERS": "2"}))["workers"].good is False
