"""Start what a suite calls: a bridge with the mock service and an agent, or a bridge that runs already."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urljoin, urlsplit

import httpx
from starlette.routing import Mount

from ivr.call.options import Language
from ivr.config.environment import exported, gather
from ivr.config.load import load
from ivr.observe.recent_calls import CallSnapshot, RecentCalls
from ivr.server.app import create_app
from ivr.server.serve import config_for
from ivr.testbench.call import asking, markers_of, owed_at, told_of
from ivr.testbench.demo import caller_voice, ready
from ivr.testbench.loopback import bound, serving
from ivr.testbench.mock import Mock
from ivr.testbench.recording import PhoneRecord
from ivr.testbench.twilio.rest import Switchboard

READY_PATIENCE_S: Final = 30.0
"""Seconds that a bridge which is just starting has until it takes calls."""
ENDED_RETRIES: Final = 40
"""Times that the bridge is asked, each 0.05 s, whether the call has ended there too."""
OF_ONE_LANGUAGE: Final = ("IVR_SPEAKER", "IVR_DIALECT", "IVR_FALLBACK_SPEAKER", "IVR_GREETING")
"""Settings that fit the language of IVR_LANGUAGE alone."""
OF_REAL_PEERS: Final = (
    "IVR_DEV", "IVR_HAMSA_REST_URL", "IVR_METRICS_TOKEN", "IVR_REQUIRE_SHARED_KEY", "IVR_SHARED_KEYS",
    "TWILIO_SECONDARY_AUTH_TOKEN",
)  # fmt: skip
"""Settings that have no meaning where the service and the carrier are mocks."""


@dataclass(frozen=True, slots=True)
class SuiteTarget:
    """Hold what a call needs to know of the bridge that it calls."""

    url: str
    """Its voice URL."""
    account: str
    secret: str
    public_url: str | None
    scripted: bool
    """Whether transcripts are written beforehand."""
    about: str
    """What it consists of, for people."""
    voice: Callable[[str], Callable[[str], bytes]]
    """Return the caller's voice of a language. Raises RuntimeError without one."""
    told: Callable[[PhoneRecord], Awaitable[CallSnapshot | str]]
    """Return what the bridge tells about a call that is over here."""
    owes: Callable[[PhoneRecord], Awaitable[bool | None]]
    """Return whether the agent owes an answer in a call that lasts. None: the bridge does not tell."""
    switchboard: Switchboard


@contextlib.asynccontextmanager
async def own_bridge(language: Language, texts: Sequence[str], jobs: int, agent: str) -> AsyncIterator[SuiteTarget]:
    """Run a bridge and a mock service on loopback while the block runs.

    `texts`: what callers say, which the service understands. `agent`: the URL of an agent; empty: the one of
    IVR_WEBHOOK_URL, else the demo agent. All other settings are those of the environment and `.env`. Raises
    RuntimeError and SettingsError.
    """
    account, secret = f"AC{secrets.token_hex(16)}", secrets.token_hex(16)
    switchboard, recent = Switchboard(account, secret), RecentCalls(jobs)
    mock = Mock(language, marked=texts)
    given = gather()
    if given.get("IVR_LANGUAGE", "ar") != language:
        given = {name: value for name, value in given.items() if name not in OF_ONE_LANGUAGE}
    given = {name: value for name, value in given.items() if name not in OF_REAL_PEERS}
    listener = bound()
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    with tempfile.TemporaryDirectory(prefix="ivr-test-") as place:
        async with mock.serving(Mount("/", switchboard.app())) as peer:
            settings = load(
                {
                    "IVR_WEBHOOK_URL": f"http://{peer}/webhook",
                    "IVR_MAX_CALLS": str(2 * jobs),
                    **given,
                    **({"IVR_WEBHOOK_URL": agent} if agent else {}),
                    "TWILIO_ACCOUNT_SID": account,
                    "TWILIO_AUTH_TOKEN": secret,
                    "IVR_TWILIO_REST_URL": f"http://{peer}",
                    "IVR_HAMSA_URL": f"ws://{peer}/v1/realtime/ws",
                    "HAMSA_API_KEY": "mock",
                    "IVR_LANGUAGE": language,
                    "IVR_PUBLIC_URL": url,
                    "IVR_HOST": "127.0.0.1",
                    "IVR_PORT": url.rpartition(":")[2],
                    "IVR_CACHE_DIR": str(Path(place) / "phrases"),
                    "IVR_DATA_DIR": str(Path(place) / "data"),
                }
            )
            app = create_app(settings, observe=recent)
            recent.describe = app.state.bridge.facts
            async with serving(app, listener, lambda served: config_for(served, settings)):
                with mock.hurrying():
                    await ready(url, READY_PATIENCE_S)
                about = agent or given.get("IVR_WEBHOOK_URL") or "the demo agent"
                yield SuiteTarget(
                    url=f"{url}/voice",
                    account=account,
                    secret=secret,
                    public_url=None,
                    scripted=True,
                    about=f"a bridge of its own ({language}), the mock service (SCRIPTED transcripts), agent: {about}",
                    voice=lambda of: caller_voice(of, {text: mock.said.marker(text) for text in texts}),
                    told=lambda record: _told_by(recent, record),
                    owes=lambda record: _owed_by(recent, record),
                    switchboard=switchboard,
                )


@contextlib.asynccontextmanager
async def far_bridge(bridge: str, texts: Sequence[str], mock: str | None) -> AsyncIterator[SuiteTarget]:
    """Ask a bridge that runs already for its calls while the block runs. Raises RuntimeError when it takes none.

    `texts`: what callers say; `mock`, the service behind the bridge, is told (see `markers_of`). Requests are signed
    with TWILIO_AUTH_TOKEN and TWILIO_ACCOUNT_SID of the environment.
    """
    parts = urlsplit(bridge)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise RuntimeError(f"--bridge {bridge}: must be an http URL, such as http://127.0.0.1:8000/voice")
    url = bridge if parts.path.strip("/") else urljoin(bridge, "/voice")
    given = exported()
    account, secret = given.get("TWILIO_ACCOUNT_SID", f"AC{0:032x}"), given.get("TWILIO_AUTH_TOKEN", "none")
    async with asking() as client:
        await _takes_calls(client, urljoin(url, "readyz"))
        markers = await markers_of(texts, mock)
        yield SuiteTarget(
            url=url,
            account=account,
            secret=secret,
            public_url=given.get("IVR_PUBLIC_URL"),
            scripted=bool(markers),
            about=f"the bridge at {url}{', ivr mock hears (SCRIPTED)' if markers else ''}",
            voice=lambda of: caller_voice(of, markers),
            told=lambda record: told_of(record, urljoin(url, f"calls/{record.call_sid}")),
            owes=lambda record: owed_at(client, record, url),
            switchboard=Switchboard(account, secret),
        )


async def _owed_by(recent: RecentCalls, record: PhoneRecord) -> bool:
    """Return whether a bridge of this process owes an answer."""
    snapshot = recent.get(record.call_sid)
    return snapshot is not None and snapshot.owes


async def _takes_calls(client: httpx.AsyncClient, url: str) -> None:
    """Wait until a bridge is ready. One that has no such page counts as ready."""
    loop = asyncio.get_running_loop()
    until, why = loop.time() + READY_PATIENCE_S, ""
    while loop.time() < until:
        try:
            answer = await client.get(url)
            if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                return
            why = answer.text.strip() or "503"
        except httpx.HTTPError as error:
            why = f"no answer ({type(error).__name__})"
        await asyncio.sleep(0.25)
    raise RuntimeError(f"{url}: not ready in {READY_PATIENCE_S:.0f} s: {why}")


async def _told_by(recent: RecentCalls, record: PhoneRecord) -> CallSnapshot | str:
    """Return what a bridge of this process tells about a call."""
    snapshot = recent.get(record.call_sid)
    for _ in range(ENDED_RETRIES):
        if snapshot is None or snapshot.result:
            break
        await asyncio.sleep(0.05)
        snapshot = recent.get(record.call_sid)
    if snapshot is None:
        return "the bridge had no stream of this call"
    return snapshot if snapshot.result else "the call goes on at the bridge after its end here"
