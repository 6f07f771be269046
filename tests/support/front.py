"""Run a bridge in memory for tests of its routes: peers that refuse everything, and a carrier that signs.

A route decides before it asks a peer, so these bridges have no speech service, no agent and no network. Whole calls are
in `tests/whole`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlencode
from xml.etree import ElementTree

import httpx
from starlette.applications import Starlette

from ivr.config.load import load
from ivr.config.settings import Settings
from ivr.fleet.kept.calls import MemoryKept
from ivr.hamsa.options import HamsaSettings
from ivr.observe.metrics import Metrics
from ivr.server.app import create_app
from ivr.server.bridge import Bridge
from ivr.testbench import virtual_time
from ivr.testbench.twilio.asgi import AsgiSocket, websocket
from ivr.testbench.twilio.signing import Signer
from ivr.twilio.twiml import Documents
from ivr.webhook.client import AgentClient
from tests.call.stage import Loudness

ACCOUNT = "AC" + "a" * 32
CALL = "CA" + "b" * 32
STREAM = "MZ" + "c" * 32
AUTH = "the-auth-token"
PUBLIC = "https://bridge.example"
CALLER, CALLED = "+966500000001", "+966110000000"
ENV = {
    "TWILIO_ACCOUNT_SID": ACCOUNT,
    "TWILIO_AUTH_TOKEN": AUTH,
    "HAMSA_API_KEY": "hamsa-secret",
    "IVR_HAMSA_URL": "ws://speech.example/v1/realtime/ws",
    "IVR_WEBHOOK_URL": "http://agent.example/webhook",
    "IVR_PUBLIC_URL": PUBLIC,
    "IVR_LANGUAGE": "en",
    "IVR_GREETING": "",
    "IVR_DATABASE_URL": "off",
}


def settings(folder: Path, **env: str) -> Settings:
    """Return the settings of a real account, with `env` over them. Phrases are kept in `folder`."""
    lines = folder / "ivr.toml"
    lines.touch()
    return load(
        {
            **ENV,
            "IVR_CACHE_DIR": str(folder / "cache"),
            "IVR_DATA_DIR": str(folder / "data"),
            "IVR_CONFIG": str(lines),
            **env,
        }
    )


async def refuse_speech(_: HamsaSettings) -> NoReturn:
    """Refuse every connection to the speech service."""
    raise ConnectionRefusedError


class NoAgent(httpx.AsyncBaseTransport):
    """Refuse every connection to the agent."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")


def a_bridge(chosen: Settings, **more: Any) -> Bridge:
    """Return a bridge without peers."""
    given: dict[str, Any] = {
        "scorer": Loudness,
        "connect": refuse_speech,
        "agent": AgentClient(transport=NoAgent()),
        "kept": MemoryKept(),
        **more,
    }
    return Bridge(chosen, Documents.load(chosen.twiml_dir, chosen.public_url), **given)


class Front:
    """Ask the routes of one bridge as the carrier does."""

    def __init__(self, bridge: Bridge, *, secret: str = AUTH) -> None:
        self.bridge = bridge
        self.app: Starlette = create_app(bridge.settings, bridge=bridge)
        self.signer = Signer(secret)
        self.client = httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url="http://127.0.0.1:8000")

    async def aclose(self) -> None:
        await self.client.aclose()

    async def post(self, path: str, fields: Mapping[str, str] | None = None, *, query: str = "") -> httpx.Response:
        """Send a signed POST of a form; the standard one unless given."""
        form = voice_form() if fields is None else dict(fields)
        headers = self.signer.headers(f"{PUBLIC}{path}{query}", form)
        return await self.client.post(f"{path}{query}", data=form, headers=headers)

    async def get(self, path: str, fields: Mapping[str, str] | None = None) -> httpx.Response:
        """Send a signed GET of the same."""
        query = urlencode(voice_form() if fields is None else fields)
        return await self.client.get(f"{path}?{query}", headers=self.signer.headers(f"{PUBLIC}{path}?{query}"))

    async def media(self, headers: Mapping[str, str] | None = None, *, query: str = "") -> AsgiSocket:
        """Open a media socket, signed unless headers are given. Raises `AsgiRefused`."""
        signed = self.signer.headers(f"wss{PUBLIC.removeprefix('https')}/media{query}")
        return await websocket(self.app, f"ws://127.0.0.1:8000/media{query}", signed if headers is None else headers)

    def rejected(self, route: str, reason: str) -> float:
        """Return how often a route refused for this reason."""
        return self.metric("ivr_rejected_requests_total", route=route, reason=reason)

    def metric(self, name: str, **labels: str) -> float:
        return total(self.bridge.metrics, name, **labels)


def total(metrics: Metrics, name: str, **labels: str) -> float:
    """Return the sum of a metric's samples that have these labels, and perhaps others."""
    families = metrics.registry.restricted_registry([name]).collect()
    samples = (sample for family in families for sample in family.samples if sample.name == name)
    return sum(sample.value for sample in samples if labels.items() <= sample.labels.items())


def voice_form(**changes: str) -> dict[str, str]:
    """Return the form that Twilio posts for an incoming call, empty fields included."""
    return {
        "AccountSid": ACCOUNT,
        "ApiVersion": "2010-04-01",
        "CallSid": CALL,
        "CallStatus": "ringing",
        "Called": CALLED,
        "CalledCity": "",
        "CalledZip": "",
        "Caller": CALLER,
        "CallerName": "",
        "Direction": "inbound",
        "From": CALLER,
        "StirVerstat": "TN-Validation-Passed-A",
        "To": CALLED,
        "ToState": "",
        **changes,
    }


def visit(chosen: Settings, story: Callable[[Front], Awaitable[None]], **more: Any) -> None:
    """Run a story against the routes of a fresh bridge, in virtual time."""

    async def main() -> None:
        bridge = a_bridge(chosen, **more)
        front = Front(bridge)
        try:
            await story(front)
        finally:
            await front.aclose()
            await bridge.stop()

    virtual_time.run(main())


def document(answer: httpx.Response) -> ElementTree.Element:
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/xml")
    return ElementTree.fromstring(answer.text)


def said(answer: httpx.Response) -> str:
    words = document(answer).findtext("Say")
    assert words is not None
    return words


def token(answer: httpx.Response) -> str:
    parameter = document(answer).find("Connect/Stream/Parameter")
    assert parameter is not None
    assert parameter.get("name") == "token"
    return str(parameter.get("value"))
