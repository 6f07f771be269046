"""Build from the settings what a process shares: its composition root.

The bridge, `ivr check`, `ivr phrases` and the test bench take the speech service, the agents' client and the carrier's
REST client from here, so that each is told the same of the settings.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import SystemRandom
from typing import Final

import httpx

from ivr.config import environment
from ivr.config.lines import Line
from ivr.config.settings import Settings
from ivr.fleet.client import Valkey
from ivr.fleet.directory import Directory, NodeState
from ivr.fleet.kept.calls import KeptCalls
from ivr.fleet.kept.sqlite import SqliteKept
from ivr.fleet.kept.valkey import ValkeyKept
from ivr.fleet.live.closed_lines import ClosedLines
from ivr.fleet.live.memory import MemoryDirectory
from ivr.fleet.live.valkey import ValkeyDirectory
from ivr.hamsa.options import HamsaSettings, SpeechServiceOptions
from ivr.hamsa.phrases import PhraseCache
from ivr.hamsa.pool.pool import NoteCallback
from ivr.hamsa.pool.service import SpeechService
from ivr.hamsa.pool.socket import Connect
from ivr.hamsa.pool.socket import connect as connect_to_hamsa
from ivr.hamsa.rest import SpeechRest
from ivr.hamsa.tts.synthesizer import Synthesizer
from ivr.observe.metrics import Metrics
from ivr.observe.tracing.call_tracer import CallTracer
from ivr.observe.tracing.start import call_tracer as begin_tracing
from ivr.play.cache import FolderCache
from ivr.play.fetch import Fetcher
from ivr.play.places import AllowedHosts, read_hosts
from ivr.play.recordings import Recordings
from ivr.server.shared.machine_directory import MachineDirectory
from ivr.server.shared.shared import Shared
from ivr.server.shared.worker import Worker
from ivr.session.turn_judging import TurnJudging
from ivr.session.turn_model import TurnModel
from ivr.twilio.rest import TwilioRest
from ivr.upstream.http_transport import ResolvingTransport
from ivr.webhook.client import AgentClient, AgentSettings
from ivr.webhook.http.pool import PoolLimits

REST_TIMEOUT: Final = 2.0
"""Seconds the carrier has to end or redirect a call; after that its stream is closed and its document goes on."""
CHANCE: Final = SystemRandom()


def node_name(settings: Settings, worker: Worker) -> str:
    """Return the name of this process among all that carry calls: the machine's, and the worker's index."""
    return settings.node if worker.count == 1 else f"{settings.node}.{worker.index}"


def store(settings: Settings, worker: Worker) -> Valkey | None:
    """Return the client of the store that the machines share; None: there is one machine."""
    url = settings.redis_url.get_secret_value()
    return Valkey(url, f"ivr-{node_name(settings, worker)}") if url else None


def call_tracer(settings: Settings, count: Callable[[str, int], None], node: str = "") -> CallTracer | None:
    """Return what traces calls; None where the operator names no collector. Raises ValueError when it cannot."""
    if not settings.otlp_endpoint:
        return None
    environment.pass_on("OTEL_")
    return begin_tracing(node, count)


def directory(
    settings: Settings, state: Callable[[], NodeState], shared: Shared, closed: ClosedLines, store: Valkey | None
) -> Directory:
    """Return the directory of live calls: of this process, of the machine's workers, or of the fleet of `store`."""
    if store is not None:
        return ValkeyDirectory(store, state)
    if shared.alone:
        return MemoryDirectory(state, closed)
    names = [node_name(settings, replace(shared.worker, index=index)) for index in range(shared.worker.count)]
    found = MachineDirectory(shared, names, state, closed)
    shared.takes = found.takes
    return found


def speech_settings(settings: Settings, line: Line) -> HamsaSettings:
    """Return how Hamsa is reached for a line. Raises ValueError for a URL or a key that cannot be used."""
    try:
        return HamsaSettings(
            url=settings.hamsa_url,
            api_key=_hamsa_key(settings),
            speaker=line.speaker,
            fallback_speaker=line.fallback_speaker,
            dialect=line.dialect,
            language=line.language,
            format=settings.audio_format,
        )
    except ValueError as fault:
        raise ValueError(f"IVR_HAMSA_URL or HAMSA_API_KEY makes no sense: {fault}") from None


def speech_service(
    settings: Settings,
    *,
    connect: Connect = connect_to_hamsa,
    rest: SpeechRest | None = None,
    note: NoteCallback = lambda _name, _fields: None,
    calls: Callable[[], int] = lambda: 0,
    chance: Callable[[], float] = CHANCE.random,
) -> SpeechService:
    """Return the speech service of a process.

    `rest`: the same service over HTTP; by default that of the settings, unless `connect` stands in for the service.
    The other arguments are those of `SpeechService`.
    """
    if rest is None and settings.speech_rest_url and connect is connect_to_hamsa:
        rest = SpeechRest(settings.speech_rest_url, _hamsa_key(settings))
    return SpeechService(
        speech_settings(settings, settings.default_line),
        SpeechServiceOptions(
            spare_links=settings.spare_links,
            links_per_call=settings.links_per_call,
            connects_per_second=settings.connects_per_second,
            connects_burst=settings.connects_burst,
        ),
        rest=rest,
        connect=connect,
        note=note,
        calls=calls,
        chance=chance,
    )


def phrase_cache(
    settings: Settings, service: SpeechService | None, note: NoteCallback = lambda _name, _fields: None
) -> PhraseCache:
    """Return the cache of rendered phrases. `service` renders what is missing; None: the cache is only read."""

    def synthesizer(speaker: str, dialect: str, language: str) -> Synthesizer:
        if service is None:
            raise RuntimeError("this cache is only read")
        chosen = speech_settings(settings, settings.default_line)
        return service.synthesizer_for(
            replace(
                chosen,
                speaker=speaker,
                fallback_speaker="",
                dialect=dialect,
                language="en" if language == "en" else "ar",
                # No caller waits for a phrase: what cannot be had now is tried again later.
                away_patience=0.0,
            )
        )

    return PhraseCache(settings.cache_dir, synthesizer, service=settings.hamsa_url, note=note)


def agent_client(settings: Settings, transport: httpx.AsyncBaseTransport | None = None) -> AgentClient:
    """Return the client that asks the agents of all lines."""
    chosen = AgentSettings(
        secret=settings.webhook_secret.get_secret_value(),
        agent_node=settings.agent_node or None,
        pool=PoolLimits(busy=max(PoolLimits().busy, settings.max_calls)),
    )
    return AgentClient(chosen, transport=transport)


def kept_calls(settings: Settings, store: Valkey | None) -> KeptCalls:
    """Return what keeps where calls stand: the store of the fleet, or a file of this machine."""
    return SqliteKept(settings.data_dir) if store is None else ValkeyKept(store)


def twilio_rest(settings: Settings) -> TwilioRest | None:
    """Return the carrier's REST client; None: there is no account to use it with."""
    login = settings.rest_login
    if login is None or not settings.rest_possible:
        return None
    return TwilioRest(
        settings.twilio_account_sid,
        login[1],
        api_key=login[0],
        subaccounts=settings.subaccounts,
        region=settings.twilio_region,
        edge=settings.twilio_edge,
        base_url=settings.twilio_rest_url,
        timeout=REST_TIMEOUT,
        transport=ResolvingTransport(httpx.AsyncHTTPTransport(retries=1, trust_env=False)),
    )


def recordings(settings: Settings) -> Recordings | None:
    """Return what plays recordings for agents; None: there is neither a folder nor a host of them."""
    hosts = AllowedHosts(read_hosts(settings.play_hosts), dev=settings.dev)
    if settings.audio_dir is None and not hosts.entries:
        return None
    fetcher = Fetcher(hosts) if hosts.entries else None
    return Recordings(settings.audio_dir, fetcher, FolderCache(settings.cache_dir / "played"))


def turn_judging(settings: Settings, metrics: Metrics) -> TurnJudging | None:
    """Return what judges the pauses of callers by a model; None: there is none. Raises ValueError when it cannot run.

    Its library starts threads: a process that is to be forked has none.
    """
    if settings.turn_model is None:
        return None
    try:
        return TurnJudging(TurnModel(settings.turn_model), metrics.noted, metrics.judged)
    except ValueError as fault:
        raise ValueError(f"IVR_TURN_MODEL {fault}") from None


def use_secrets(settings: Settings, service: SpeechService, agent: AgentClient, rest: TwilioRest | None) -> None:
    """Give the secrets of newly read settings to what was built with others. Raises ValueError for one that is odd."""
    agent.use_secret(settings.webhook_secret.get_secret_value())
    service.use_key(_hamsa_key(settings))
    if rest is not None and (login := settings.rest_login) is not None:
        rest.log_in(login[1], settings.subaccounts)


def _hamsa_key(settings: Settings) -> str:
    # A server of your own may need no key; the header is sent all the same.
    return settings.hamsa_api_key.get_secret_value() or "none"
