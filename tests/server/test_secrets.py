"""Secrets that are read again while the bridge runs: who uses which, and what a bad file changes."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from pathlib import Path

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette

from ivr.config.settings import Settings
from ivr.hamsa.reasons import LinkLost
from ivr.hamsa.rest import SpeechRest
from ivr.observe.logs import fields_of
from ivr.server import serve
from ivr.server.serve import Server, reload_secrets
from ivr.twilio.rest import TwilioRest
from ivr.webhook.client import AgentClient
from tests.support.front import ACCOUNT, AUTH, Front, settings, visit

NEW = {
    "TWILIO_AUTH_TOKEN": "another-auth-token",
    "HAMSA_API_KEY": "another-hamsa-key",
    "IVR_WEBHOOK_SECRET": "another-webhook-secret",
    "IVR_METRICS_TOKEN": "other-figures-of-the-bridge",
}
OLD = {"IVR_WEBHOOK_SECRET": "a-webhook-secret", "IVR_METRICS_TOKEN": "figures-of-the-bridge"}


class Seen:
    """The secrets that peers were shown."""

    def __init__(self) -> None:
        self.headers: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.headers.append(request.headers.get("authorization", ""))
        return httpx.Response(404, json={"code": 20404, "message": "x", "status": 404})


def test_every_door_and_every_peer_gets_the_new_secret(tmp_path: Path) -> None:
    agent, carrier, speech = Seen(), Seen(), Seen()
    keys: list[str] = []

    async def connect(chosen: object) -> None:
        keys.append(getattr(chosen, "api_key", ""))
        raise ConnectionRefusedError

    async def story(front: Front) -> None:
        bridge = front.bridge
        before, after = Front(bridge), Front(bridge, secret=NEW["TWILIO_AUTH_TOKEN"])

        async def metrics(token: str) -> int:
            return (await front.client.get("/metrics", headers={"Authorization": f"Bearer {token}"})).status_code

        assert ((await before.post("/voice")).status_code, (await after.post("/voice")).status_code) == (200, 403)
        assert await metrics(OLD["IVR_METRICS_TOKEN"]) == 200
        assert sorted(bridge.use_secrets(settings(tmp_path, **NEW))) == sorted(NEW)
        assert ((await before.post("/voice")).status_code, (await after.post("/voice")).status_code) == (403, 200)
        assert (await metrics(OLD["IVR_METRICS_TOKEN"]), await metrics(NEW["IVR_METRICS_TOKEN"])) == (401, 200)
        assert bridge._rest is not None
        await bridge._rest.hang_up("CA1")
        with pytest.raises(LinkLost):
            await rest_of_speech.send("stt", {})
        bridge.speech_service.open()
        await asyncio.sleep(1)
        assert keys[-1] == NEW["HAMSA_API_KEY"]
        assert bridge._agent._headers["Authorization"] == f"Bearer {NEW['IVR_WEBHOOK_SECRET']}"
        assert bridge.use_secrets(settings(tmp_path, **NEW)) == []
        await before.aclose()
        await after.aclose()

    rest_of_speech = SpeechRest("http://speech.example", "hamsa-secret", transport=httpx.MockTransport(speech))
    visit(
        settings(tmp_path, **OLD),
        story,
        connect=connect,
        speech_rest=rest_of_speech,
        agent=AgentClient(transport=httpx.MockTransport(agent)),
        rest=TwilioRest(ACCOUNT, AUTH, transport=httpx.MockTransport(carrier)),
    )
    assert carrier.headers == [httpx.BasicAuth(ACCOUNT, NEW["TWILIO_AUTH_TOKEN"])._auth_header]
    assert speech.headers == [f"Token {NEW['HAMSA_API_KEY']}"]


def test_what_cannot_be_read_changes_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)

    async def story(front: Front) -> None:
        kept = front.bridge.settings

        def broken() -> Settings:
            raise ValueError("HAMSA_API_KEY_FILE /x cannot be read\nand another")

        reload_secrets(front.bridge, broken)
        assert front.bridge.settings is kept
        reload_secrets(front.bridge, lambda: settings(tmp_path, HAMSA_API_KEY="new", IVR_MAX_CALLS="7"))
        assert front.bridge.settings.hamsa_api_key.get_secret_value() == "new"
        assert front.bridge.settings.max_calls == kept.max_calls
        reload_secrets(front.bridge, lambda: front.bridge.settings)

    visit(settings(tmp_path), story)
    told = [(record.message, fields_of(record)) for record in caplog.records if record.name == "ivr.serve"]
    assert told == [
        ("secrets_not_read", {"problem": "HAMSA_API_KEY_FILE /x cannot be read"}),
        ("secrets_not_read", {"problem": "and another"}),
        ("secrets_read", {"changed": "HAMSA_API_KEY"}),
        ("restart_needed", {"changed": "IVR_MAX_CALLS"}),
        ("secrets_read", {"changed": "none"}),
    ]


@pytest.mark.live
@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="this system has no SIGHUP")
def test_sighup_reads_the_secrets_and_ends_nothing() -> None:
    asked: list[int] = []

    async def main() -> None:
        server = Server(uvicorn.Config(Starlette(), log_config=None), None, reload=lambda: asked.append(1))  # type: ignore[arg-type]
        with server.capture_signals():
            for _ in range(3):
                os.kill(os.getpid(), signal.SIGHUP)
                await asyncio.sleep(0.05)
        assert not server.should_exit

    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        asyncio.run(main())
    finally:
        signal.signal(signal.SIGHUP, before)
    assert asked == [1, 1, 1]


@pytest.mark.live
@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="this system has no SIGHUP")
def test_sighup_of_a_closed_terminal_is_ctrl_c(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    ends: list[bool] = []

    async def main() -> None:
        monkeypatch.setattr(serve, "in_terminal", lambda: True)
        server = Server(uvicorn.Config(Starlette(), log_config=None), None, reload=lambda: asked.append(1))  # type: ignore[arg-type]
        with server.capture_signals():
            for there in (True, False):
                monkeypatch.setattr(serve, "in_terminal", lambda there=there: there)
                os.kill(os.getpid(), signal.SIGHUP)
                await asyncio.sleep(0.05)
                ends.append(server.should_exit)

    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    # A shell without a terminal starts what runs in its background with Ctrl-C ignored.
    interrupt = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            asyncio.run(main())
    finally:
        signal.signal(signal.SIGHUP, before)
        signal.signal(signal.SIGINT, interrupt)
    assert (asked, ends) == ([1], [False, True])
