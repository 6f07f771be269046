"""Play one call with a fault in virtual time, with everything that it touches: carrier, bridge, Hamsa and agent.

The carrier calls the bridge's real routes over ASGI. Its stream, the sockets of the speech service and the agent's
answers are in memory. The caller is loud or silent and the scorer hears loudness, because the VAD is not under test.
A faint whistle in the caller's audio says which text it is, so that every STT request gets the same words.
TTS answers with one tone per request, so that the recording says which request was heard.

A sound service renders the phrases once, before anything fails. `FaultHarness` keeps them, with their tones.
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

from ivr.call.call import Call
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
from ivr.testbench.faults.fault_file import LONG_QUESTION, FaultScenario, FaultyWire, Service
from ivr.testbench.faults.rest import StreamingTransport
from ivr.testbench.hamsa import audio
from ivr.testbench.hamsa import rest as hamsa_rest
from ivr.testbench.hamsa.audio import TONES
from ivr.testbench.hamsa.memory import MemoryHamsa, MemorySocket
from ivr.testbench.hamsa.mock import MockHamsa
from ivr.testbench.hamsa.profile import HamsaProfile
from ivr.testbench.hamsa.stats import MockStats
from ivr.testbench.memory import wire_pair
from ivr.testbench.phone.mark_faults import FAULT_KINDS
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
VOICED_RMS: Final = 1000
"""RMS of PCM16 from which the caller speaks."""
LOUD: Final = bytes((0x10, 0x90)) * 80
"""20 ms of the caller's voice."""
SHORT_ANSWER_PACE: Final = TokenPace()
"""How fast the short answers come."""
FIRST_PHRASE: Final = 44
"""Tones above this number belong to phrases."""
MAX_REQUESTS: Final = FIRST_PHRASE
"""Requests of one call that have tones of their own."""
STRICT: Final = PhoneOptions(strict=True)
"""A phone that stops a call at the first message that is not in the protocol."""
SOUND_WIRE: Final = FaultyWire()
RENDER_LIMIT_S: Final = 60
"""Seconds that rendering the phrases may take. After that the call is placed without them."""


class LoudnessScorer:
    """Score callers who are loud or silent."""

    def score(self, pcm: bytes) -> float:
        """Return 1 for loud audio, else 0."""
        return float(g711.audioop.rms(pcm, 2) > VOICED_RMS)


class FourSentenceAgent(DemoAgent):
    """Answer as the demo agent, and one question with four long sentences. Keep all answers."""

    def __init__(self, slowdown: float = 1.0) -> None:
        """Take `slowdown` times as long as usual."""
        super().__init__(SHORT_ANSWER_PACE, mode="tools")
        self._slowdown = slowdown
        self.answers: dict[tuple[str, int], str] = {}
        """The text of each answer, by call and turn."""

    def asked(self, body: bytes, query: Mapping[str, str]) -> AgentScript:
        """Choose the script of an answer, as the demo agent does."""
        # The four sentences come at the pace that was measured for them.
        self.pace = (FOUR_PACE if LONG_QUESTION in json.loads(body)["text"] else SHORT_ANSWER_PACE).slower(
            self._slowdown
        )
        return super().asked(body, query)

    def reply(self, request: dict[str, Any]) -> DemoReply:
        """Answer, and keep the answer."""
        answer = super().reply(request)
        if LONG_QUESTION in request["text"]:
            answer = DemoReply(four_sentences())
        self.answers[str(request.get("session_id")), int(request.get("turn", 0))] = answer.text
        return answer


@dataclass
class FaultObserver:
    """Collect what the bridge reports of one call."""

    deltas: dict[int, str] = field(default_factory=dict)
    """The agent's text that arrived, by turn."""
    notes: Counter[str] = field(default_factory=Counter)
    turns: list[Turn] = field(default_factory=list)
    hang_up: HangUp | None = None

    def began(self, call_id: str, now: float, call: Call) -> None:
        """Need nothing of a call before its first event."""

    def happened(self, call_id: str, now: float, event: Event, commands: Sequence[Command]) -> None:
        if isinstance(event, ReplyDelta):
            self.deltas[event.turn] = self.deltas.get(event.turn, "") + event.text
        self.notes.update(command.name for command in commands if isinstance(command, Note))

    def ended(self, call_id: str, now: float, turns: Sequence[Turn], hang_up: HangUp) -> None:
        self.turns, self.hang_up = list(turns), hang_up


@dataclass(frozen=True, slots=True)
class FaultHarness:
    """Hold the rendered phrases of all lines."""

    folder: Path
    phrases: Mapping[int, str]
    """Names of the phrases by their tones."""


@dataclass
class FaultRun:
    """Hold one call with a fault that is over."""

    scenario: FaultScenario
    record: PhoneRecord
    observer: FaultObserver
    stats: MockStats
    answers: Mapping[int, str]
    """The whole answer of the agent, by turn."""
    left: list[str]
    """Places, tasks, sockets and requests that were still there after the call."""


class FaultPeers:
    """Hold the services and the carrier that a bridge talks to."""

    def __init__(self, service: Service, profile: HamsaProfile, slowdown: float = 1.0) -> None:
        """Start them. The agent takes `slowdown` times as long as usual."""
        self.hamsa = MemoryHamsa(MockHamsa(profile))
        self.agent = FourSentenceAgent(slowdown)
        self.switchboard = Switchboard(ACCOUNT, AUTH)
        self.called_at: float | None = None
        """When the call came; loop time."""
        self._service = service
        self.speech_transport = StreamingTransport(
            Starlette(routes=hamsa_rest.routes(self.hamsa.mock)), connect=profile.connect, refused=self._refused
        )

    async def connect(self, settings: HamsaSettings) -> MemorySocket:
        """Open a socket of the speech service. Raises ConnectionRefusedError."""
        if self._refused(asyncio.get_running_loop().time()):
            raise ConnectionRefusedError
        return await self.hamsa.connect(settings)

    def speech_rest(self, chance: Callable[[], float]) -> SpeechRest | None:
        """Return the client of the speech service over REST. None: the service has no REST."""
        url = "http://speech.example/v1/realtime"
        return SpeechRest(url, "key", transport=self.speech_transport, chance=chance) if self._service.rest else None

    def carrier_rest(self) -> TwilioRest:
        """Return the client of the carrier's REST API."""
        transport = httpx.ASGITransport(self.switchboard.app())
        return TwilioRest(ACCOUNT, AUTH, base_url="http://carrier.example", transport=transport)

    def _refused(self, now: float) -> bool:
        """Return whether the speech service refuses connections at this time."""
        since = self._service.refused_from
        # Before the call only a service that was never there refuses.
        if since is None or self.called_at is None:
            return since is not None and since < 0
        return since <= now - self.called_at < self._service.refused_until


def settings(folder: Path, **env: str) -> Settings:
    """Return the settings of a bridge whose peers are all in memory. `env`: variables beyond the usual ones."""
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
        "IVR_DATA_DIR": str(folder / "data"),
        "IVR_CONFIG": str(lines),
    }
    return load({**given, **env})


def build_bridge(chosen: Settings, peers: FaultPeers, observer: CallObserver | None = None, *, seed: int = 1) -> Bridge:
    """Build a bridge among these peers. `seed` fixes its random choices: a fault is the same every time."""
    random = Random(seed).random
    return Bridge(
        chosen,
        Documents.load(None, chosen.public_url),
        observer=observer,
        scorer=LoudnessScorer,
        connect=peers.connect,
        agent=AgentClient(transport=MemoryTransport(peers.agent)),
        rest=peers.carrier_rest(),
        speech_rest=peers.speech_rest(random),
        chance=random,
    )


@contextlib.asynccontextmanager
async def running(bridge: Bridge) -> AsyncIterator[Bridge]:
    """Start a bridge, wait for its phrases, and stop it at the end."""
    await bridge.start()
    try:
        for _ in range(RENDER_LIMIT_S * 10):
            if bridge.prepared:
                break
            await asyncio.sleep(0.1)
        yield bridge
    finally:
        await bridge.stop()


def render_phrases(folder: Path) -> FaultHarness:
    """Render the phrases of both languages into a folder."""

    async def rendered() -> FaultHarness:
        peers = FaultPeers(Service(), HamsaProfile())
        # Phrases get the tones above those of a call's own requests.
        peers.hamsa.mock.stats.requests["tts"] = FIRST_PHRASE
        for language in ("ar", "en"):
            async with running(build_bridge(settings(folder, IVR_LANGUAGE=language), peers)):
                pass
        # A phrase without a tone of its own would be taken for the first answers of a call.
        if (rendered := peers.hamsa.mock.stats.requests["tts"]) > TONES:
            raise RuntimeError(f"{rendered - FIRST_PHRASE} phrases, {TONES - FIRST_PHRASE} tones: raise TONES")
        names = {text: name for words in PHRASES.values() for name, text in words.items()}
        tones = {(record.number - 1) % TONES + 1: names[record.text] for record in peers.hamsa.mock.stats.records}
        return FaultHarness(folder, tones)

    return virtual_time.run(rendered())


def play(scenario: FaultScenario, harness: FaultHarness, *, seed: int = 1) -> FaultRun:
    """Place the scenario's call and wait for its end. `seed` fixes the bridge's random choices."""

    async def played() -> FaultRun:
        loop = asyncio.get_running_loop()
        before = asyncio.all_tasks()
        texts = _whistled_texts(scenario.caller)
        profile = HamsaProfile(
            **scenario.service.profile,
            rules=scenario.rules,
            transcripts=scenario.transcripts or (),
            marked=dict(enumerate(texts, 1)) if scenario.transcripts is None else {},
        )
        peers, observer = FaultPeers(scenario.service, profile, scenario.pace), FaultObserver()
        chosen = settings(
            harness.folder,
            IVR_LANGUAGE=scenario.language,
            IVR_WEBHOOK_URL=f"http://agent.example/webhook?script={','.join(scenario.agent)}",
            IVR_TRANSFER_TO=scenario.transfer_to,
            IVR_FALLBACK_SPEAKER=scenario.fallback_speaker,
        )
        async with running(build_bridge(chosen, peers, observer, seed=seed)) as bridge:
            await asyncio.sleep(scenario.service.early)
            peers.called_at = loop.time()
            phone = PhoneOptions(strict=True, seed=seed, marks=FAULT_KINDS.get(scenario.marks))
            record = await ring(bridge, scenario.caller, peers.switchboard, phone=phone, wire=scenario.wire)
            left = [f"{len(bridge.admission)} places"] if len(bridge.admission) else []
        stats = peers.hamsa.mock.stats
        # One round of the event loop for tasks that have just been cancelled.
        await asyncio.sleep(0)
        left += [f"task {task.get_name()}" for task in asyncio.all_tasks() - before]
        left += [f"{stats.open_sockets} sockets"] if stats.open_sockets else []
        left += [f"{stats.in_flight} requests"] if stats.in_flight else []
        answers = {turn: text for (_, turn), text in peers.agent.answers.items()}
        return FaultRun(scenario, record, observer, stats, answers, left)

    return virtual_time.run(played())


async def ring(
    bridge: Bridge,
    caller: Scenario,
    switchboard: Switchboard,
    *,
    seed: int = 1,
    phone: PhoneOptions = STRICT,
    wire: FaultyWire = SOUND_WIRE,
) -> PhoneRecord:
    """Place one call at a running bridge, and return its record when all of it is over."""
    serving: list[asyncio.Task[None]] = []
    whistles = {text: number for number, text in enumerate(_whistled_texts(caller), 1)}

    async def connect(url: str, headers: Mapping[str, str], timeout: float) -> Any:
        far, near = wire_pair(latency=wire.delay_s, closed=WireClosed)
        for at, seconds in wire.stalls:
            asyncio.get_running_loop().call_later(at, far.stall, seconds)
        serving.append(asyncio.create_task(bridge.serve(near)))
        return far

    def voice(text: str) -> bytes:
        # 60 ms a letter, 400 ms at least.
        loud = g711.decode(LOUD * max(20, 3 * len(text)))
        return g711.encode(audio.marked(loud, whistles[text], g711.RATE) if text in whistles else loud)

    record = await place_call(
        "http://127.0.0.1:8000/voice",
        caller,
        auth_token=AUTH,
        account_sid=ACCOUNT,
        caller=CALLER,
        called=CALLED,
        public_url=PUBLIC,
        voice=voice,
        phone=phone,
        options=CarrierOptions(seed=seed),
        switchboard=switchboard,
        transport=httpx.ASGITransport(create_app(bridge.settings, bridge=bridge)),
        connect=connect,
    )
    await asyncio.gather(*serving)
    return record


def _whistled_texts(caller: Scenario) -> list[str]:
    """Return the caller's texts, in the order of their whistles."""
    return list(dict.fromkeys(caller.texts))[: audio.MARKERS]
