"""Put a fleet together: bridges behind Caddy, what they share, and their services as mocks of this process."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import signal
import sys
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any, Final

import httpx
from starlette.routing import Mount

from ivr.testbench.agent.app import DemoAgent
from ivr.testbench.agent.conversation import DemoReply
from ivr.testbench.mock import Mock
from ivr.testbench.twilio.rest import Switchboard
from tools.fleet import servers
from tools.fleet.servers import ROOT, Running, free_port

ACCOUNT: Final = f"AC{0:032x}"
SECRET: Final = "a fleet of this machine"
QUESTION: Final = "tell me the story"
THANKS: Final = "thank you goodbye"
STORY: Final = (
    "Here is the first part of the story, and it is a long one.",
    "In the second part a parcel leaves the harbour before the sun is up.",
    "The third part tells how it crosses the desert on an old lorry.",
    "In the fourth part the driver stops for tea and a long talk.",
    "The fifth part brings the parcel to a quiet street in the city.",
    "In the sixth part a neighbour takes it in and keeps it safe.",
    "The seventh part is about the letter that was in the parcel.",
    "And in the eighth part everyone is glad, and the story ends.",
)
READY_S: Final = 90.0
MAX_CALLS: Final = 40
"""Of each bridge."""


class StoryAgent(DemoAgent):
    """Tell a long story, and keep every request by its session."""

    def __init__(self, pace: Any) -> None:
        super().__init__(pace)
        self.asked_by: dict[str, list[dict[str, Any]]] = defaultdict(list)

    def reply(self, request: dict[str, Any]) -> DemoReply:
        """Tell the story, until the caller says goodbye."""
        self.asked_by[str(request.get("session_id", ""))].append(request)
        if "goodbye" in request["text"]:
            return DemoReply("You are welcome. Goodbye.", closing=True)
        return DemoReply(" ".join(STORY))


class FleetBridge:
    """Run one bridge of the fleet, again and again."""

    def __init__(self, name: str, folder: Path, env: Mapping[str, str]) -> None:
        self.name, self.port = name, free_port()
        self._folder = folder / name
        self._folder.mkdir()
        self._env = {**env, "IVR_NODE": name, "IVR_PORT": str(self.port)}
        self._env |= {"IVR_DATA_DIR": str(self._folder / "data")}
        self.running: Running | None = None

    def __repr__(self) -> str:
        return f"<FleetBridge {self.name} {self.running!r}>"

    @property
    def url(self) -> str:
        """Return its own address, beside the door."""
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        """Start it, and wait until it is ready. Raises RuntimeError."""
        command = [sys.executable, "-m", "ivr", "serve"]
        self.running = await servers.start(self.name, command, self._folder, {**self._env, "PYTHONPATH": str(ROOT)})
        await self.running.listening(self.port)
        async with httpx.AsyncClient(trust_env=False, timeout=5.0) as client:
            for _ in range(int(READY_S / 0.1)):
                with contextlib.suppress(httpx.HTTPError):
                    if (await client.get(f"{self.url}/readyz")).status_code == httpx.codes.OK:
                        return
                await asyncio.sleep(0.1)
        raise RuntimeError(f"{self.name} does not get ready: see {self.running.output}")

    async def live(self) -> int:
        """Return the calls on its line, by its metrics."""
        page = await self.metrics()
        return int(float(page.get("ivr_live_calls", "0")))

    async def metrics(self) -> dict[str, str]:
        """Return its metrics: name with labels, and value."""
        headers = {"authorization": f"Bearer {self._env['IVR_METRICS_TOKEN']}"}
        async with httpx.AsyncClient(trust_env=False, timeout=5.0, headers=headers) as client:
            text = (await client.get(f"{self.url}/metrics")).text
        lines = (line.rpartition(" ") for line in text.splitlines() if line and not line.startswith("#"))
        return {name: value for name, _, value in lines}

    async def calls(self, token: str) -> list[dict[str, Any]]:
        """Return the calls of the whole fleet, as this bridge tells them to the bearer of a token."""
        headers = {"authorization": f"Bearer {token}"}
        async with httpx.AsyncClient(trust_env=False, timeout=5.0, headers=headers) as client:
            answer = await client.get(f"{self.url}/calls")
            answer.raise_for_status()
            found: list[dict[str, Any]] = answer.json()["calls"]
            return found

    async def restart(self, seconds: float) -> float:
        """Drain it as SIGTERM does, start it again, and return the seconds that the drain took. Raises TimeoutError."""
        assert self.running is not None
        loop = asyncio.get_running_loop()
        began = loop.time()
        self.running.send(signal.SIGTERM)
        await self.running.over(seconds)
        took = loop.time() - began
        await self.start()
        return took


class Fleet:
    """Hold what runs: see `running`."""

    def __init__(self, folder: Path, url: str, mock: Mock, agent: StoryAgent, bridges: list[FleetBridge]) -> None:
        self.folder, self.url, self.mock, self.agent, self.bridges = folder, url, mock, agent, bridges
        self.switchboard = Switchboard(ACCOUNT, SECRET)
        self.peer = ""
        """The URL of the mock services."""
        self.tokens: dict[str, str] = {}
        """Tokens of the board, by role."""
        self.database = ""
        self.store: Running | None = None


@contextlib.asynccontextmanager
async def running(folder: Path, count: int = 3, env: Mapping[str, str] | None = None) -> AsyncIterator[Fleet]:
    """Run a fleet of `count` bridges while the block runs. Raises `Missing` for a server that is not installed."""
    mock = Mock("en", voice="tone", marked=(QUESTION, THANKS))
    mock.agent = agent = StoryAgent(mock.agent.pace)
    port, metrics = free_port(), secrets.token_urlsafe(24)
    url = f"http://127.0.0.1:{port}"
    fleet = Fleet(folder, url, mock, agent, [])
    fleet.tokens = {role: secrets.token_urlsafe(24) for role in ("view", "listen", "act")}
    async with contextlib.AsyncExitStack() as stack:
        fleet.store, store = await stack.enter_async_context(servers.valkey(folder))
        _, fleet.database = await stack.enter_async_context(servers.postgres(folder))
        peer = await stack.enter_async_context(mock.serving(Mount("/", fleet.switchboard.app())))
        fleet.peer = f"http://{peer}"
        (folder / "ivr.toml").write_text(
            '[[line]]\nnumber = "+966110000009"\nname = "stories"\nlanguage = "en"\nkeep = "text"\n'
        )
        shared = {
            "TWILIO_ACCOUNT_SID": ACCOUNT,
            "TWILIO_AUTH_TOKEN": SECRET,
            "HAMSA_API_KEY": "mock",
            "IVR_PUBLIC_URL": url,
            "IVR_HOST": "127.0.0.1",
            "IVR_LANGUAGE": "en",
            "IVR_HAMSA_URL": f"ws://{peer}/v1/realtime/ws",
            "IVR_WEBHOOK_URL": f"http://{peer}/webhook",
            "IVR_TWILIO_REST_URL": f"http://{peer}",
            "IVR_CACHE_DIR": str(folder / "cache"),
            "IVR_CONFIG": str(folder / "ivr.toml"),
            "IVR_MAX_CALLS": str(MAX_CALLS),
            "IVR_CONNECTS_PER_SECOND": "100",
            "IVR_CONNECTS_BURST": "50",
            "IVR_METRICS_TOKEN": metrics,
            "IVR_REDIS_URL": store,
            "IVR_DATABASE_URL": fleet.database,
            "IVR_BOARD_TOKENS": ",".join(f"fleet-{role}:{role}:{token}" for role, token in fleet.tokens.items()),
            "IVR_NOTICE_SECONDS": "2",
            "IVR_DRAIN_SECONDS": "3",
            **(env or {}),
        }
        fleet.bridges = [FleetBridge(f"bridge-{number}", folder, shared) for number in range(1, count + 1)]
        for bridge in fleet.bridges:
            stack.push_async_callback(_stopped, bridge)
        with mock.hurrying():
            await asyncio.gather(*(bridge.start() for bridge in fleet.bridges))
        await stack.enter_async_context(servers.caddy(folder, [bridge.port for bridge in fleet.bridges], port))
        yield fleet


async def _stopped(bridge: FleetBridge) -> None:
    if bridge.running is not None and bridge.running.alive:
        # The second signal ends what the first would wait for.
        bridge.running.send(signal.SIGTERM)
        await bridge.running.stop(seconds=servers.STOP_S)
