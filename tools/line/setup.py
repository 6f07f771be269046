"""Run one bridge as `ivr serve` does, with mock services, a mock carrier with people, and an agent by script."""

from __future__ import annotations

import array
import asyncio
import contextlib
import json
import math
import secrets
import sys
import wave
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeAlias

import httpx
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from ivr.testbench.demo import caller_voice
from ivr.testbench.hamsa.mock import MockHamsa
from ivr.testbench.loopback import bound
from ivr.testbench.mock import Mock
from ivr.testbench.twilio.options import CarrierOptions
from ivr.testbench.twilio.people import FarParty
from ivr.testbench.twilio.server import MockTwilio
from tools.fleet.servers import ROOT, Running, free_port, start

ACCOUNT: Final = f"AC{0:032x}"
SECRET: Final = "a bridge of this machine"
NUMBER: Final = "+966110000000"
"""The line with everything."""
FIRST: Final = "+966110000001"
"""The line whose agent speaks first."""
SHUT: Final = "+966110000002"
"""The line that is never open."""
BRIEF: Final = "+966110000003"
"""The line whose calls are short."""
BLOCKED: Final = "+966509999999"
BOARD: Final = secrets.token_urlsafe(24)
"""The token of an operator."""
READY_S: Final = 60.0

Record: TypeAlias = Mapping[str, Any]
Plan: TypeAlias = Mapping[str, Sequence[Record]]
"""What the agent answers: records, by the words it is asked or else by the event's name."""

_LINES: Final = """
zone = "Asia/Riyadh"

[[line]]
number = "{number}"
name = "all"
language = "en"
keep = "text"
languages = ["en", "ar"]
transfer_to = [{people}]
caller_id = "{number}"

[line.call]
tell_end = true

[line.callers]
blocked = ["{blocked}"]

[line.keys]
0 = "transfer"
9 = "repeat"
2 = "arabic"

[[line]]
number = "{first}"
name = "first"
language = "en"
keep = "text"
[line.call]
say_first = true
ask_agent_on_silence = true
tell_end = true
silence_timeout = 3

[[line]]
number = "{shut}"
name = "shut"
language = "en"
[line.hours]
sun-thu = "09:00-17:00"
holidays = ["2020-01-01..2099-12-31"]

[[line]]
number = "{brief}"
name = "brief"
language = "en"
keep = "text"
[line.call]
max_call = 22
max_call_warning = 10
"""


@dataclass(slots=True)
class ScriptedAgent:
    """Answer by the plan of each caller, and keep what it was told."""

    plans: dict[str, Plan] = field(default_factory=dict)
    told: dict[str, list[tuple[float, dict[str, Any]]]] = field(default_factory=lambda: defaultdict(list))
    """Time of the loop and request, by caller."""

    async def answer(self, request: Request) -> Response:
        """Answer one request."""
        asked = json.loads(await request.body())
        call = asked["call"]
        party = call["to"] if str(call["direction"]).startswith("outbound") else call["from"]
        self.told[party].append((asyncio.get_running_loop().time(), asked))
        plan = self.plans.get(party, {})
        records = plan.get(asked["text"].strip().lower()) or plan.get(asked["event"]) or ()

        async def lines() -> AsyncIterator[str]:
            for record in records:
                yield json.dumps(record, ensure_ascii=False) + "\n"

        return StreamingResponse(lines(), media_type="application/x-ndjson")


@dataclass(slots=True)
class Setup:
    """Hold what runs."""

    folder: Path
    url: str
    rest_url: str
    twilio: MockTwilio
    mock: Mock
    agent: ScriptedAgent
    bridge: Running
    people: dict[str, FarParty]

    async def ready(self) -> None:
        """Wait until the bridge takes calls. Raises RuntimeError."""
        async with httpx.AsyncClient(trust_env=False, timeout=5.0) as client:
            for _ in range(int(READY_S / 0.1)):
                if not self.bridge.alive:
                    break
                with contextlib.suppress(httpx.HTTPError):
                    if (await client.get(f"{self.url}/readyz")).status_code == httpx.codes.OK:
                        return
                await asyncio.sleep(0.1)
        raise RuntimeError(f"the bridge is not ready: {self.bridge.output.read_text('utf-8', 'replace')[-2000:]}")


@contextlib.asynccontextmanager
async def running(
    folder: Path,
    texts: Sequence[str],
    people: Mapping[str, FarParty],
    env: Mapping[str, str] | None = None,
    *,
    voice: Callable[[str], bytes] | None = None,
    hamsa: MockHamsa | None = None,
) -> AsyncIterator[Setup]:
    """Run the bridge and its peers while the block runs. `texts`: all that callers say.

    `voice` and `hamsa`: a voice of the callers' own, and the speech service that understands it.
    """
    mock = Mock("en", voice="tone", marked=tuple(texts))
    mock.hamsa = hamsa or mock.hamsa
    agent, port = ScriptedAgent(), free_port()
    url = f"http://127.0.0.1:{port}"
    # A thousand Hertz for a second: something to play.
    audio = folder / "audio"
    audio.mkdir()
    with wave.open(str(audio / "jingle.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16000)
        tone = array.array("h", (round(8000 * math.sin(2 * math.pi * 1000 * n / 16000)) for n in range(16000)))
        file.writeframes(tone.tobytes())
    listed = ", ".join(f'"{one}"' for one in people)
    (folder / "ivr.toml").write_text(
        _LINES.format(number=NUMBER, first=FIRST, shut=SHUT, brief=BRIEF, people=listed, blocked=BLOCKED), "utf-8"
    )
    parties = dict(people)
    twilio = MockTwilio(
        ACCOUNT, SECRET, voice_url=f"{url}/voice", public_url=url,
        voice=voice or caller_voice("en", {text: mock.said.marker(text) for text in texts}),
        options=CarrierOptions(people=parties, settle_s=0.0, status_callback=f"{url}/status"),
    )  # fmt: skip
    async with contextlib.AsyncExitStack() as stack:
        route = Route("/agent", agent.answer, methods=["POST"])
        peer = await stack.enter_async_context(mock.serving(route))
        rest_url = await stack.enter_async_context(twilio.serving(bound()))
        settings = {
            "TWILIO_ACCOUNT_SID": ACCOUNT,
            "TWILIO_AUTH_TOKEN": SECRET,
            "HAMSA_API_KEY": "mock",
            "IVR_PUBLIC_URL": url,
            "IVR_HOST": "127.0.0.1",
            "IVR_PORT": str(port),
            "IVR_LANGUAGE": "en",
            "IVR_HAMSA_URL": f"ws://{peer}/v1/realtime/ws",
            "IVR_WEBHOOK_URL": f"http://{peer}/agent",
            "IVR_TWILIO_REST_URL": rest_url,
            "IVR_CACHE_DIR": str(folder / "cache"),
            "IVR_DATA_DIR": str(folder / "data"),
            "IVR_AUDIO_DIR": str(audio),
            "IVR_CONFIG": str(folder / "ivr.toml"),
            "IVR_MAX_CALLS": "60",
            "IVR_CONNECTS_PER_SECOND": "100",
            "IVR_CONNECTS_BURST": "50",
            "IVR_BOARD_TOKENS": f"ann:act:{BOARD}",
            "IVR_DRAIN_SECONDS": "120",
            "PYTHONPATH": str(ROOT),
            **(env or {}),
        }
        bridge = await start("bridge", [sys.executable, "-m", "ivr", "serve"], folder, settings)
        stack.push_async_callback(_stopped, bridge)
        setup = Setup(folder, url, rest_url, twilio, mock, agent, bridge, parties)
        with mock.hurrying():
            await setup.ready()
        yield setup


async def _stopped(bridge: Running) -> None:
    if bridge.alive:
        bridge.kill()
        await bridge.over(10.0)
