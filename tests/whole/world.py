"""Run a whole call in virtual time: the carrier and its phone, the bridge, the mock Hamsa and the demo agent.

The carrier asks the real application over ASGI and reads the real document. Its stream runs over a `MemoryWire` into
`Bridge.serve`. The caller's audio is loud or silent and the scorer goes by loudness, so a second of a call costs a few
milliseconds. The agent's speech is one tone a request: `tones` says what the caller heard of which sentence.

`call` also checks that no task, timer, socket, request or place is left of the call.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import httpx

from ivr.call.call import Call
from ivr.call.commands import Command, HangUp, Note, Transcribe
from ivr.call.events import Event
from ivr.call.ports import WireClosed
from ivr.call.timeline import Turn
from ivr.fleet.kept.calls import MemoryKept
from ivr.media import g711
from ivr.server.app import create_app
from ivr.server.bridge import Bridge
from ivr.testbench import virtual_time
from ivr.testbench.agent.app import DemoAgent, MemoryTransport
from ivr.testbench.agent.script import TokenPace
from ivr.testbench.hamsa.audio import ToneRun, runs
from ivr.testbench.hamsa.memory import MemoryHamsa
from ivr.testbench.hamsa.mock import MockHamsa
from ivr.testbench.hamsa.profile import HamsaProfile, parse_rule
from ivr.testbench.hamsa.stats import MockStats, RequestRecord
from ivr.testbench.memory import MemoryWire, wire_pair
from ivr.testbench.phone.figures import figures
from ivr.testbench.phone.phone import PhoneOptions
from ivr.testbench.recording import PhoneRecord
from ivr.testbench.scenario import Scenario, from_words
from ivr.testbench.twilio.asgi import alive, websocket
from ivr.testbench.twilio.carrier import CarrierOptions, Switchboard, place_call
from ivr.testbench.twilio.stream import FarWire
from ivr.twilio.rest import TwilioRest
from ivr.twilio.twiml import Documents
from ivr.webhook.client import AgentClient
from tests.call.stage import LOUD, Loudness
from tests.support.front import ACCOUNT, AUTH, CALLED, CALLER, PUBLIC, settings

GREETING = "Hello, and welcome. How can I help you today?"
QUESTION = "what are your opening hours"
PRICE = "how much does it cost"
BYE = "thank you goodbye"
PHRASE = 50
"""Tones above this number belong to phrases, the others to the sentences of the call."""
TAKEN_DOWN = 1.0
"""Seconds after the end of the stream in which all parts of a call must have ended."""


def spoken(text: str) -> bytes:
    """Return the caller's audio: 60 ms a letter; `ahem` is a cough."""
    return LOUD * (4 if text == "ahem" else max(20, 3 * len(text)))


@dataclass
class World:
    """Hold the parts of a call, and what came of it."""

    hamsa: MemoryHamsa
    agent: DemoAgent
    switchboard: Switchboard
    client: AgentClient
    bridge: Bridge = field(init=False)
    record: PhoneRecord = field(default_factory=PhoneRecord)
    wires: list[MemoryWire] = field(default_factory=list)
    """Bridge's end of each stream."""
    phones: list[MemoryWire] = field(default_factory=list)
    """Phone's end of each stream."""
    left_at: float = 0.0
    """Time of an event that a test wants to remember."""
    happenings: list[tuple[float, Event, Sequence[Command]]] = field(default_factory=list)
    turns: list[Turn] = field(default_factory=list)
    hang_up: HangUp | None = None
    ends: list[HangUp] = field(default_factory=list)
    """Of each stream of the call."""
    ended_at: float = 0.0
    """Time at which the observer saw the end; loop time."""

    def began(self, call_id: str, now: float, call: Call) -> None:
        """Need nothing of a call before its first event."""

    def happened(self, call_id: str, now: float, event: Event, commands: Sequence[Command]) -> None:
        self.happenings.append((now, event, commands))

    def ended(self, call_id: str, now: float, turns: Sequence[Turn], hang_up: HangUp) -> None:
        self.turns, self.hang_up, self.ended_at = list(turns), hang_up, now
        self.ends.append(hang_up)

    @property
    def stats(self) -> MockStats:
        return self.hamsa.mock.stats

    @property
    def asked(self) -> list[dict[str, Any]]:
        """Return the requests to the agent."""
        return self.agent.recent

    def sentences(self) -> list[RequestRecord]:
        """Return the TTS requests."""
        return [record for record in self.stats.records if record.kind == "tts"]

    def notes(self, name: str) -> list[Mapping[str, Any]]:
        found = [command for _, _, commands in self.happenings for command in commands]
        return [command.fields for command in found if isinstance(command, Note) and command.name == name]

    def utterances(self) -> int:
        """Return the number of STT requests of the call."""
        return sum(isinstance(command, Transcribe) for _, _, commands in self.happenings for command in commands)

    @functools.cached_property
    def tones(self) -> list[ToneRun]:
        """Return the TTS requests that the caller heard, by number, with times since sample 0."""
        return runs(g711.decode(bytes(self.record.heard)), g711.RATE)

    def tones_after(self, sample: int) -> set[int]:
        """Return the TTS requests that were still heard after a sample, with 20 ms of tolerance."""
        return {run.request for run in self.tones if run.start_ms + run.ms > sample / 8 + 20}

    def heard_ms(self, number: int) -> int:
        """Return how much of one TTS request was heard, in ms."""
        return sum(run.ms for run in self.tones if run.request == number)

    def heard(self) -> list[int]:
        """Return the TTS requests that the caller heard, in order. Less than 100 ms is a click."""
        found = [run.request for run in self.tones if run.ms >= 100]
        return [number for place, number in enumerate(found) if place == 0 or found[place - 1] != number]


@dataclass(frozen=True)
class Peers:
    """Hold how the peers behave."""

    rules: tuple[str, ...] = ()
    """Faults of the speech service, one a line."""
    transcripts: tuple[str, ...] | None = None
    """Transcript of each utterance; None: what the caller said."""
    agent: str = ""
    """Query of the agent's URL: `mode=cut`, `script=500,ok`."""
    pace: TokenPace = field(default_factory=lambda: TokenPace(first_token=0.3, rate=400.0))
    phone: PhoneOptions = field(default_factory=lambda: PhoneOptions(strict=True))
    carrier: CarrierOptions = field(default_factory=lambda: CarrierOptions(seed=1))
    rest: TwilioRest | Literal["switchboard"] | None = "switchboard"
    """REST client of the bridge; None: it has none."""
    sockets: bool = False
    """Whether the stream goes through the application's WebSocket route instead of a wire."""
    caller: str = CALLER
    voice_query: str = ""
    """Query of the number's voice URL, with its `?`."""
    cut: bool = False
    """Whether the wire becomes half open: one side never sees its end."""
    latency: float = 0.0
    """Seconds on the phone's wire, each way."""
    depth: int | None = None
    profile: Mapping[str, Any] = field(default_factory=dict)
    """Further fields of the speech service's profile."""


def call(
    folder: Path,
    steps: Sequence[str] | Scenario,
    peers: Peers | None = None,
    *,
    during: Callable[[World], Awaitable[None]] | None = None,
    scorer: Callable[[], Any] = Loudness,
    voice: Callable[[str], bytes] = spoken,
    prepared: bool = True,
    **env: str,
) -> World:
    """Place one call. `folder` keeps the phrases: give the same one twice and they are rendered once.

    `prepared=False`: without phrases. `during`: runs beside the call, from the moment its stream opens.
    """
    scenario = steps if isinstance(steps, Scenario) else from_words(list(steps))
    return virtual_time.run(_call(folder, scenario, peers or Peers(), during, scorer, voice, prepared, env))


async def _call(
    folder: Path,
    scenario: Scenario,
    peers: Peers,
    during: Callable[[World], Awaitable[None]] | None,
    scorer: Callable[[], Any],
    voice: Callable[[str], bytes],
    prepared: bool,
    env: Mapping[str, str],
) -> World:
    before, timers = asyncio.all_tasks(), _timers()
    world = _world(folder, scenario, peers, scorer, env)
    app = create_app(world.bridge.settings, bridge=world.bridge)
    if world.bridge.transfers is not None:
        world.bridge.transfers.clock = asyncio.get_running_loop().time
    serving: list[asyncio.Future[Any]] = []

    async def connect(url: str, headers: Mapping[str, str], timeout: float) -> FarWire:
        if peers.sockets:
            socket = await websocket(app, url, headers)
            serving.append(socket.serving)
            return socket
        phone, near = wire_pair(latency=peers.latency, depth=peers.depth, closed=WireClosed)
        world.wires.append(near)
        world.phones.append(phone)
        serving.append(asyncio.create_task(world.bridge.serve(near)))
        if during is not None:
            serving.append(asyncio.create_task(_beside(during, world)))
        return phone

    async with alive(app) if prepared else _bare(world.bridge):
        if prepared:
            await _ready(world.bridge)
            # The folder has every phrase, so nothing was asked of the service. Its spare links may be opening.
            assert sum(world.stats.requests.values()) == 0
        world.record = await place_call(
            f"http://127.0.0.1:8000/voice{peers.voice_query}",
            scenario,
            auth_token=AUTH,
            account_sid=ACCOUNT,
            caller=peers.caller,
            called=CALLED,
            public_url=PUBLIC,
            voice=voice,
            phone=peers.phone,
            options=peers.carrier,
            switchboard=world.switchboard,
            transport=httpx.ASGITransport(app),
            connect=connect,
        )
        over = asyncio.get_running_loop().time()
        await asyncio.gather(*serving)
        assert asyncio.get_running_loop().time() - over <= TAKEN_DOWN
        # What an agent is told of a call's end may come after it.
        await world.client.telling.finish()
        _nothing_left(world)
        assert figures(world.record).leaked_until_ms <= 2000 * peers.latency + 1, "audio after the hang-up"
        assert peers.cut or all(wire.over for wire in world.wires)
    assert (world.stats.open_sockets, world.stats.in_flight) == (0, 0)
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == before
    assert _timers() <= timers
    return world


def _world(folder: Path, scenario: Scenario, peers: Peers, scorer: Callable[[], Any], env: Mapping[str, str]) -> World:
    query = f"?{peers.agent}" if peers.agent else ""
    given = {"IVR_GREETING": GREETING, "IVR_WEBHOOK_URL": f"http://agent.example/webhook{query}", **env}
    chosen = settings(folder, **given)
    transcripts = tuple(scenario.texts) if peers.transcripts is None else peers.transcripts
    rules = tuple(parse_rule(line) for line in peers.rules)
    hamsa = MemoryHamsa(MockHamsa(HamsaProfile(transcripts=transcripts, rules=rules, **peers.profile)))
    demo = DemoAgent(peers.pace)
    switchboard = Switchboard(ACCOUNT, AUTH)
    world = World(hamsa, demo, switchboard, AgentClient(transport=MemoryTransport(demo)))
    world.bridge = Bridge(
        chosen,
        Documents.load(chosen.twiml_dir, chosen.public_url),
        observer=world,
        scorer=scorer,
        kept=MemoryKept(),
        connect=hamsa.connect,
        agent=world.client,
        rest=_rest(switchboard) if peers.rest == "switchboard" else peers.rest,
    )
    return world


def _rest(switchboard: Switchboard) -> TwilioRest:
    transport = httpx.ASGITransport(switchboard.app())
    return TwilioRest(ACCOUNT, AUTH, base_url="http://carrier.example", transport=transport)


async def _ready(bridge: Bridge) -> None:
    for _ in range(1000):
        if bridge.prepared:
            return
        await asyncio.sleep(0.1)
    raise TimeoutError("the phrases were not rendered")


async def _beside(during: Callable[[World], Awaitable[None]], world: World) -> None:
    with contextlib.suppress(WireClosed):
        await during(world)


@contextlib.asynccontextmanager
async def _bare(bridge: Bridge) -> AsyncIterator[None]:
    """Run a bridge that was never started: its phrases are not rendered."""
    try:
        yield
    finally:
        await bridge.stop()


def _nothing_left(world: World) -> None:
    """Check that the peers and the admission know of no open call."""
    assert len(world.bridge.admission) == 0
    assert not world.stats.violations
    assert world.agent.counts["requests"] == world.agent.counts["whole"] + world.agent.counts["aborted"]
    if world.happenings:
        assert world.hang_up is not None


def _timers() -> set[asyncio.TimerHandle]:
    """Return the timers of the loop that are still set."""
    scheduled: list[asyncio.TimerHandle] = asyncio.get_running_loop()._scheduled  # type: ignore[attr-defined]
    return {timer for timer in scheduled if not timer.cancelled()}


def render_phrases(folder: Path) -> None:
    """Render the phrases of English calls into the folder, once for all calls. Their tones are above `PHRASE`."""

    async def main() -> None:
        hamsa = MemoryHamsa()
        hamsa.mock.stats.requests["tts"] = PHRASE
        chosen = settings(folder, IVR_GREETING=GREETING)
        bridge = Bridge(chosen, Documents.load(None, chosen.public_url), scorer=Loudness, connect=hamsa.connect)
        await bridge.start()
        await _ready(bridge)
        await bridge.stop()

    virtual_time.run(main())


def dies(*seconds: float) -> Callable[[World], Awaitable[None]]:
    """Let each stream die some seconds after it has opened; later ones live."""
    left = list(seconds)

    async def during(world: World) -> None:
        if left:
            phone = world.phones[-1]
            await asyncio.sleep(left.pop(0))
            phone.drop()

    return during
