"""One call with a fault and all that it touches, in virtual time: carrier, bridge as it is served, speech, agent.

The carrier asks the bridge's real doors over ASGI; its stream, the speech service's sockets and the agent's answers are
in memory. The caller's voice is loud or silent and the detector hears loudness: the ears are not what is tried here.
A faint whistle in it says which of his texts it is, so that the service hears the same words however often it is asked.
The agent's voice is a tone by request, so that what was heard says by itself which request it came from.

The fixed words of the lines are rendered once, by a sound service, before anything goes wrong: a `FaultHarness`
keeps them,
with the tones they have.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, Final

import httpx
from starlette.applications import Starlette

from ivr.call.commands import Command, HangUp, Note
from ivr.call.events import Event, ReplyDelta
from ivr.call.ports import CallObserver, WireClosed
from ivr.call.timeline import Turn
from ivr.config.default_phrases import PHRASES
from ivr.config.load import load
from ivr.config.settings import Settings
from ivr.hamsa.options import HamsaSettings
from ivr.hamsa.rest import SpeechRest
from ivr.media import g711
from ivr.server.app import create_app
from ivr.server.bridge import Bridge
from ivr.testbench import virtual_time
from ivr.testbench.agent.app import DemoAgent, MemoryTransport
from ivr.testbench.agent.conversation import DemoReply, four_sentences
from ivr.testbench.agent.script import FOUR_PACE, AgentScript, TokenPace
from ivr.testbench.faults.fault_file import LONG_QUESTION, FaultScenario, Service
from ivr.testbench.faults.rest import Served
from ivr.testbench.hamsa import audio
from ivr.testbench.hamsa import rest as hamsa_rest
from ivr.testbench.hamsa.audio import TONES
from ivr.testbench.hamsa.memory import MemoryHamsa, MemorySocket
from ivr.testbench.hamsa.mock import MockHamsa
from ivr.testbench.hamsa.profile import HamsaProfile
from ivr.testbench.hamsa.stats import MockStats
from ivr.testbench.memory import wire_pair
from ivr.testbench.phone.phone import PhoneOptions
from ivr.testbench.recording import PhoneRecord
from ivr.testbench.scenario import Scenario
from ivr.testbench.twilio.carrier import CarrierOptions, Switchboard, place_call
from ivr.twilio.rest import TwilioRest
from ivr.twilio.twiml import Documents
from ivr.webhook.client import AgentClient

ACCOUNT: Final = "AC" + "f" * 32
AUTH: Final = "token-of-a-made-up-account"
PUBLIC: Final = "https://bridge.example"
CALLER, CALLED = "+966500000001", "+966110000000"
VOICED: Final = 1000
"""RMS of PCM16 from which the caller speaks."""
LOUD: Final = bytes((0x10, 0x90)) * 80
"""20 ms of the caller's voice."""
QUICK: Final = TokenPace()
"""How the short answers come."""
FIRST_PHRASE: Final = 50
"""Tones above this belong to fixed words."""
MOST_REQUESTS: Final = FIRST_PHRASE
"""Requests of one call that can be told apart."""
RENDERING: Final = 60
"""Seconds the fixed words may take; without them a call is placed all the same."""


class Loudness:
    """Score callers who are loud or silent."""

    def score(self, pcm: bytes) -> float:
        """Return 1 for loud audio, else 0."""
        return float(g711.audioop.rms(pcm, 2) > VOICED)


class Recital(DemoAgent):
    """The demo agent, whose answer to one question is four long sentences; it remembers what it meant to say."""

    def __init__(self, longer: float = 1.0) -> None:
        """`longer`: how many times as long as usual it takes."""
        super().__init__(QUICK, mode="tools")
        self._longer = longer
        self.answers: dict[tuple[str, int], str] = {}
        """By call and turn."""

    def asked(self, body: bytes, query: Mapping[str, str]) -> AgentScript:
        """As the demo agent; the four sentences come as they were measured."""
        self.pace = (FOUR_PACE if LONG_QUESTION in json.loads(body)["text"] else QUICK).slower(self._longer)
        return super().asked(body, query)

    def reply(self, request: dict[str, Any]) -> DemoReply:
        answer = super().reply(request)
        if LONG_QUESTION in request["text"]:
            answer = DemoReply(four_sentences())
        self.answers[str(request.get("session_id")), int(request.get("turn", 0))] = answer.text
        return answer


@dataclass
class FaultObserver:
    """What the bridge says of one call."""

    deltas: dict[int, str] = field(default_factory=dict)
    """What arrived of the agent's words, by turn."""
    notes: Counter[str] = field(default_factory=Counter)
    turns: list[Turn] = field(default_factory=list)
    hang_up: HangUp | None = None

    def happened(self, call_id: str, now: float, event: Event, commands: Sequence[Command]) -> None:
        if isinstance(event, ReplyDelta):
            self.deltas[event.turn] = self.deltas.get(event.turn, "") + event.text
        self.notes.update(command.name for command in commands if isinstance(command, Note))

    def ended(self, call_id: str, now: float, turns: Sequence[Turn], hang_up: HangUp) -> None:
        self.turns, self.hang_up = list(turns), hang_up


@dataclass(frozen=True, slots=True)
class FaultHarness:
    """Where the fixed words of all lines are kept, rendered."""

    folder: Path
    phrases: Mapping[int, str]
    """Names of the fixed words by their tones."""


@dataclass
class FaultRun:
    """One call with a fault, when it is over."""

    scenario: FaultScenario
    record: PhoneRecord
    witness: FaultObserver
    tally: MockStats
    answers: Mapping[int, str]
    """What the agent meant to say, by turn."""
    left: list[str]
    """What the call left behind in the process."""


class FaultPeers:
    """The other sides of a bridge."""

    def __init__(self, service: Service, profile: HamsaProfile, longer: float = 1.0) -> None:
        """`longer`: how many times as long as usual the agent takes."""
        self.hamsa = MemoryHamsa(MockHamsa(profile))
        self.agent = Recital(longer)
        self.switchboard = Switchboard(ACCOUNT, AUTH)
        self.called_at: float | None = None
        """When the call came; loop time."""
        self._service = service
        self.twin = Served(
            Starlette(routes=hamsa_rest.routes(self.hamsa.mock)), connect=profile.connect, refused=self._refused
        )

    async def connect(self, settings: HamsaSettings) -> MemorySocket:
        """A socket of the speech service."""
        if self._refused(asyncio.get_running_loop().time()):
            raise ConnectionRefusedError
        return await self.hamsa.connect(settings)

    def speech_rest(self, chance: Callable[[], float]) -> SpeechRest | None:
        """The speech service over REST, if it has that."""
        url = "http://speech.example/v1/realtime"
        return SpeechRest(url, "key", transport=self.twin, chance=chance) if self._service.rest else None

    def carrier_rest(self) -> TwilioRest:
        """The carrier's REST API."""
        transport = httpx.ASGITransport(self.switchboard.app())
        return TwilioRest(ACCOUNT, AUTH, base_url="http://carrier.example", transport=transport)

    def _refused(self, now: float) -> bool:
        since = self._service.refused_from
        if since is None or self.called_at is None:
            return since is not None and since < 0
        return since <= now - self.called_at < self._service.refused_until


def settings(folder: Path, **env: str) -> Settings:
    """Of a bridge whose peers are all in memory."""
    lines = folder / "ivr.toml"
    lines.touch()
    given = {
        "TWILIO_ACCOUNT_SID": ACCOUNT,
        "TWILIO_AUTH_TOKEN": AUTH,
        "HAMSA_API_KEY": "key",
        "IVR_HAMSA_URL": "ws://speech.example/v1/realtime/ws",
        "IVR_WEBHOOK_URL": "http://agent.example/webhook",
        "IVR_PUBLIC_URL": PUBLIC,
        "IVR_GREETING": "",
        "IVR_CACHE_DIR": str(folder / "cache"),
        "IVR_CONFIG": str(lines),
    }
    return load({**given, **env})


def a_bridge(chosen: Settings, peers: FaultPeers, observer: CallObserver | None = None, *, chance: int = 1) -> Bridge:
    """A bridge among these peers. `chance` seeds what it leaves to chance, so that a fault is the same every time."""
    random = Random(chance).random
    return Bridge(
        chosen,
        Documents.load(None, chosen.public_url),
        observer=observer,
        scorer=Loudness,
        connect=peers.connect,
        agent=AgentClient(transport=MemoryTransport(peers.agent)),
        rest=peers.carrier_rest(),
        speech_rest=peers.speech_rest(random),
        chance=random,
    )


@contextlib.asynccontextmanager
async def running(bridge: Bridge) -> AsyncIterator[Bridge]:
    """A bridge between its start, its phrases rendered, and its stop."""
    await bridge.start()
    try:
        for _ in range(RENDERING * 10):
            if bridge.prepared:
                break
            await asyncio.sleep(0.1)
        yield bridge
    finally:
        await bridge.stop()


def studio(folder: Path) -> FaultHarness:
    """Render the fixed words of both languages into a folder."""
    return virtual_time.run(_studio(folder))


async def _studio(folder: Path) -> FaultHarness:
    peers = FaultPeers(Service(), HamsaProfile())
    peers.hamsa.mock.stats.requests["tts"] = FIRST_PHRASE
    for language in ("ar", "en"):
        async with running(a_bridge(settings(folder, IVR_LANGUAGE=language), peers)):
            pass
    names = {text: name for words in PHRASES.values() for name, text in words.items()}
    tones = {(record.number - 1) % TONES + 1: names[record.text] for record in peers.hamsa.mock.stats.records}
    return FaultHarness(folder, tones)


def play(scenario: FaultScenario, place: FaultHarness, *, chance: int = 1) -> FaultRun:
    """Place the scenario's call and wait for its end."""
    return virtual_time.run(_play(scenario, place, chance))


async def _play(scenario: FaultScenario, place: FaultHarness, chance: int) -> FaultRun:
    loop = asyncio.get_running_loop()
    before = asyncio.all_tasks()
    profile = HamsaProfile(
        **scenario.service.profile,
        rules=scenario.rules,
        transcripts=scenario.transcripts or (),
        marked=dict(enumerate(_marks(scenario.caller), 1)) if scenario.transcripts is None else {},
    )
    peers, witness = FaultPeers(scenario.service, profile, scenario.pace), FaultObserver()
    url = f"http://agent.example/webhook?script={','.join(scenario.agent)}"
    env = {
        "IVR_LANGUAGE": scenario.language,
        "IVR_WEBHOOK_URL": url,
        "IVR_TRANSFER_TO": scenario.transfer_to,
        "IVR_FALLBACK_SPEAKER": scenario.fallback_speaker,
    }
    chosen = settings(place.folder, **env)
    async with running(a_bridge(chosen, peers, witness, chance=chance)) as bridge:
        await asyncio.sleep(scenario.service.early)
        peers.called_at = loop.time()
        record = await ring(bridge, scenario.caller, peers.switchboard)
        left = [f"{len(bridge.registry)} places"] if len(bridge.registry) else []
    tally = peers.hamsa.mock.stats
    await asyncio.sleep(0)
    left += [f"task {task.get_name()}" for task in asyncio.all_tasks() - before]
    left += [f"{count} {name}" for name, count in _open(tally).items() if count]
    answers = {turn: text for (_, turn), text in peers.agent.answers.items()}
    return FaultRun(scenario, record, witness, tally, answers, left)


async def ring(
    bridge: Bridge, caller: Scenario, switchboard: Switchboard, *, seed: int = 1, strict: bool = True
) -> PhoneRecord:
    """One call at a bridge that runs; over when everything of it is."""
    serving: list[asyncio.Task[None]] = []

    async def connect(url: str, headers: Mapping[str, str], timeout: float) -> Any:
        phone, near = wire_pair(closed=WireClosed)
        serving.append(asyncio.create_task(bridge.serve(near)))
        return phone

    record = await place_call(
        "http://127.0.0.1:8000/voice",
        caller,
        auth_token=AUTH,
        account_sid=ACCOUNT,
        caller=CALLER,
        called=CALLED,
        public_url=PUBLIC,
        voice=_voice_of(caller),
        phone=PhoneOptions(strict=strict),
        options=CarrierOptions(seed=seed),
        switchboard=switchboard,
        transport=httpx.ASGITransport(create_app(bridge.settings, bridge=bridge)),
        connect=connect,
    )
    await asyncio.gather(*serving)
    return record


def _marks(caller: Scenario) -> list[str]:
    """His texts; the first has the first mark."""
    return list(dict.fromkeys(caller.texts))[: audio.MARKERS]


def _voice_of(caller: Scenario) -> Callable[[str], bytes]:
    """How he speaks: 60 ms a letter."""
    marks = {text: number for number, text in enumerate(_marks(caller), 1)}

    def voice(text: str) -> bytes:
        loud = g711.decode(LOUD * max(20, 3 * len(text)))
        return g711.encode(audio.marked(loud, marks[text], g711.RATE) if text in marks else loud)

    return voice


def _open(tally: MockStats) -> dict[str, int]:
    return {"sockets": tally.open_sockets, "requests": tally.in_flight}
