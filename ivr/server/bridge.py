"""One server's worth of bridge: everything its calls share, and how a call is put together.

Nothing in here knows HTTP. The routes (`ivr.server.app`) ask for an answer to a call and for a session on a socket;
whoever
serves (`ivr.server.serve`) starts, drains and stops it.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from random import SystemRandom
from typing import Final

import anyio.lowlevel

from ivr.call.call import Call
from ivr.call.commands import ReplyRequest
from ivr.call.ending import RELEASE_S
from ivr.call.events import SUPERSEDED, CallStarted, Event
from ivr.call.options import PhraseName
from ivr.call.ports import CallObserver, CallPorts, PhonePort
from ivr.config.lines import Line
from ivr.config.settings import Settings
from ivr.hamsa.options import HamsaSettings, SpeechServiceOptions
from ivr.hamsa.phrases import NOT_KEPT, PhraseCache
from ivr.hamsa.pool.service import SpeechService
from ivr.hamsa.pool.socket import Connect, connect
from ivr.hamsa.rest import SpeechRest
from ivr.hamsa.stats import SpeechStats
from ivr.hamsa.tts.synthesizer import Synthesizer
from ivr.media.vad import detector as vad
from ivr.observe import logs
from ivr.observe.call_log import CallLog, Observers
from ivr.observe.loop_lag import EVERY, LONG, LoopLag
from ivr.observe.metrics import Metrics
from ivr.observe.upstream_metrics import Sample, UpstreamMetrics, figures
from ivr.server.admission import Admission
from ivr.session.session import Session
from ivr.session.vad_batching import VadBatching
from ivr.twilio.form import Dialled
from ivr.twilio.rest import LONGEST_TWIML, TwilioRest
from ivr.twilio.stream import INTERNAL, TOKEN, Stream
from ivr.twilio.tokens import Tokens
from ivr.twilio.twiml import Documents
from ivr.webhook.client import AgentClient, AgentSettings
from ivr.webhook.http.pool import PoolLimits

log = logging.getLogger("ivr.bridge")

REST_TIMEOUT = 2.0
"""Seconds the carrier has to hang up for us; after that the stream is closed and its fallback speaks."""
RENDER_AGAIN = 30.0
"""Seconds before phrases that could not be rendered are tried again."""
_CHANCE: Final = SystemRandom()


@dataclass(frozen=True, slots=True)
class LineAgent:
    """The agent of one line."""

    agent: AgentClient
    url: str

    async def warm(self) -> None:
        """Have a connection before it is needed."""
        await self.agent.warm(self.url)

    def reply(self, request: ReplyRequest) -> AsyncGenerator[Event, None]:
        """Ask; the reply's events."""
        return self.agent.reply(self.url, request)


class Bridge:
    """What the calls of one server share. Belongs to the loop in which `start` is awaited."""

    def __init__(
        self,
        settings: Settings,
        documents: Documents,
        *,
        observer: CallObserver | None = None,
        detector: Callable[[], vad.Detector] = vad.factory,
        connect: Connect = connect,
        agent: AgentClient | None = None,
        rest: TwilioRest | None = None,
        speech_rest: SpeechRest | None = None,
        chance: Callable[[], float] = _CHANCE.random,
    ) -> None:
        """`speech_rest`: the speech service over HTTP; by default that of the settings, unless `connect` stands in for
        the service. `chance`: 0 to 1, spreads what the links would else all do at once. Raises ValueError for settings
        with which every call would fail."""
        self.settings = settings
        self.documents = documents
        self.registry: Admission[Session] = Admission(settings.max_calls)
        self.tokens = Tokens()
        self._chorus = VadBatching(lambda: len(self.registry))
        self.metrics = Metrics(lambda: float(len(self.registry)))
        self.prepared = False
        """Phrases were rendered, or could not be: calls are welcome."""
        self._connect = connect
        self._detector = detector
        self._agent = agent or AgentClient(_asking(settings))
        self._pulse = LoopLag()
        self._beating: asyncio.TimerHandle | None = None
        watching: list[CallObserver] = [CallLog(), self.metrics]
        self._observer = Observers(*watching, *([observer] if observer is not None else []), lag=self._pulse)
        self.speech_service = self._governed(speech_rest, chance)
        self.metrics.add(UpstreamMetrics(self._standing))
        self._tallies: dict[Session, tuple[SpeechStats, SpeechStats]] = {}
        self._told_of_cache = False
        self._phrases = PhraseCache(settings.cache_dir, self._voice, service=settings.hamsa_url, note=self._note)
        self._rest = rest or self._carrier()
        self._preparing: asyncio.Task[None] | None = None
        self._left = asyncio.Event()
        for line in settings.all_lines:
            self._speech(line.speaker, line.dialect, line.language)
            _check_transfer(line, documents)

    def __repr__(self) -> str:
        return f"<Bridge {self.registry!r} prepared={self.prepared}>"

    # -- life ----------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Get ready in the background; calls may come at once."""
        self._detector()
        # What the REST clients look up at their first request, when there may be no free file any more.
        await anyio.lowlevel.checkpoint()
        log.info("started", extra={"detector": vad.default_name(), "lines": len(self.settings.all_lines)})
        self.speech_service.open()
        self._preparing = asyncio.create_task(self._prepare())
        self._beat(asyncio.get_running_loop().time())

    async def drain(self) -> None:
        """Take no new calls and give those that were answered time to come and to end; then end them."""
        self.registry.draining = True
        clock = asyncio.get_running_loop().time
        log.info("draining", extra={"calls": self.registry.owed(clock()), "seconds": self.settings.drain_seconds})
        await self._until(lambda: not self.registry.owed(clock()), self.settings.drain_seconds)
        self._end_calls()
        await self._until(lambda: not len(self.registry), REST_TIMEOUT)

    def over(self, call_id: str) -> None:
        """The carrier says that a call is over."""
        self.registry.forget(call_id)
        self._left.set()

    def _end_calls(self) -> None:
        for session in self.registry:
            try:
                session.withdraw("shutdown")
            except Exception:
                log.exception("withdraw_failed")

    async def _until(self, empty: Callable[[], bool], seconds: float) -> None:
        """Until no call is left, or the time is up. Looked at when a call leaves and when a place falls free."""
        clock = asyncio.get_running_loop().time
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not empty():
                    self._left.clear()
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout_at(self.registry.expires_at(clock())):
                            await self._left.wait()

    def _beat(self, due: float) -> None:
        """See whether the process keeps up, again and again."""
        loop = asyncio.get_running_loop()
        now = loop.time()
        late = self._pulse.beat(due, now)
        self.metrics.lagged(late)
        if late >= LONG:
            log.warning("stood_still", extra={"s": round(late, 1), "calls": len(self.registry)})
        self._beating = loop.call_at(now + EVERY, self._beat, now + EVERY)

    async def stop(self) -> None:
        """Let go of everything."""
        self.registry.draining = True
        if self._beating is not None:
            self._beating.cancel()
        if self._preparing is not None:
            self._preparing.cancel()
            await asyncio.gather(self._preparing, return_exceptions=True)
        self._end_calls()
        await self._agent.aclose()
        await self.speech_service.aclose()
        if self._rest is not None:
            await self._rest.aclose()

    async def _prepare(self) -> None:
        """Render the fixed words of every line; what cannot be had is tried again until it can."""
        while True:
            missing = 0
            for line in self.settings.all_lines:
                missing += await self._render(line)
            self.prepared = True
            if not missing:
                return
            log.warning("phrases_missing", extra={"phrases": missing, "again_in_s": RENDER_AGAIN})
            await asyncio.sleep(RENDER_AGAIN)

    async def _render(self, line: Line) -> int:
        """How many of the line's phrases are still missing."""
        wanted = {text for text in line.phrases.values() if text.strip()}
        try:
            return len(wanted - set(await self._phrases.render(wanted, line.speaker, line.dialect, line.language)))
        except Exception:
            log.exception("phrases_failed")
            return len(wanted)

    # -- calls ---------------------------------------------------------------------------------------------------

    def answer(self, dialled: Dialled, now: float) -> tuple[str, str]:
        """What the carrier should do with a call: the document's name and its text."""
        line = self.settings.line(dialled.called)
        if line is None:
            return "closed", self.documents.say("closed", self.settings.language)
        verdict = self.registry.admit(
            dialled.call_sid, now, caller=dialled.caller, called=dialled.called, direction=dialled.direction
        )
        if verdict != "answer":
            return verdict, self.documents.say(verdict, line.language)
        token = self.tokens.issue(dialled.call_sid, now)
        return "answer", self.documents.answer(self.settings.stream_url, {TOKEN: token}, line.language)

    async def serve(self, wire: PhonePort) -> None:
        """One socket of the phone, from accept to its end."""
        loop = asyncio.get_running_loop()
        stream = Stream(lambda token, call: self._admits(token, call, loop.time()), self.settings.expected_account)
        session = Session(
            wire,
            stream,
            lambda started: self._compose(started, session, loop.time()),
            hang_up=self._hang_up if self._rest is not None else None,
            observer=self._observer,
            together=self._chorus,
        )
        try:
            await session.run()
        except Exception:
            log.exception("session_failed", extra={"call": stream.call_sid})
            await _closed(wire)
        finally:
            if stream.refused:
                self.metrics.rejected("media", stream.refused)
            self._sum_up(stream.call_sid, session)
            self.registry.leave(stream.call_sid, session, loop.time())
            self.speech_service.trim()
            self._left.set()

    def _admits(self, token: str, call_id: str, now: float) -> bool:
        if self.tokens.redeem(token, call_id, now):
            return True
        return self.settings.dev and not token and self.registry.admit(call_id, now) == "answer"

    def _compose(self, started: CallStarted, session: Session, now: float) -> CallPorts:
        """Put a call together, for the line that was dialled."""
        place = self.registry.expect(started.call_id, now)
        if place is not None:
            started = replace(started, caller=place.caller, called=place.called, direction=place.direction)
        older = self.registry.arrive(started.call_id, session)
        if older is not None:
            older.withdraw(SUPERSEDED)
        line = self.settings.line(started.called) or self.settings.default_line
        options = line.options(self._rendered(line))
        hamsa = self._speech(line.speaker, line.dialect, line.language)
        hamsa = replace(hamsa, fallback_speaker=line.fallback_speaker)
        voice, ears = self.speech_service.synthesizer_for(hamsa), self.speech_service.transcriber_for(hamsa)
        self._tallies[session] = voice.stats, ears.stats
        return CallPorts(
            started,
            Call(options if self._rest is not None else replace(options, transfer_to=()), self._detector()),
            voice,
            ears,
            LineAgent(self._agent, line.webhook_url),
            None if self._rest is None else partial(self._hand_over, self._rest, started.call_id, line.language),
        )

    def _sum_up(self, call_id: str, session: Session) -> None:
        """What the speech of a call came to, in one line of the log."""
        voice, ears = self._tallies.pop(session, (None, None))
        if voice is not None and ears is not None:
            log.info("speech", extra={"call": call_id, **voice.fields("tts"), **ears.fields("stt")})

    def _rendered(self, line: Line) -> Mapping[PhraseName, bytes]:
        found = {
            name: self._phrases.get(text, line.speaker, line.dialect, line.language)
            for name, text in line.phrases.items()
            if text
        }
        return {name: audio for name, audio in found.items() if audio}

    # -- peers ---------------------------------------------------------------------------------------------------

    def _speech(self, speaker: str, dialect: str, language: str) -> HamsaSettings:
        try:
            return HamsaSettings(
                url=self.settings.hamsa_url,
                api_key=self.settings.hamsa_api_key.get_secret_value() or "none",
                speaker=speaker,
                dialect=dialect,
                language="en" if language == "en" else "ar",
                format=self.settings.audio_format,
            )
        except ValueError as fault:
            raise ValueError(f"IVR_HAMSA_URL or HAMSA_API_KEY makes no sense: {fault}") from None

    def _voice(self, speaker: str, dialect: str, language: str) -> Synthesizer:
        """For rendering: nobody listens, and what cannot be had is tried again later."""
        return self.speech_service.synthesizer_for(replace(self._speech(speaker, dialect, language), away_patience=0.0))

    def _governed(self, rest: SpeechRest | None, chance: Callable[[], float]) -> SpeechService:
        """The links to the speech service, for all calls."""
        settings, line = self.settings, self.settings.default_line
        if rest is None and settings.speech_rest_url and self._connect is connect:
            rest = SpeechRest(settings.speech_rest_url, settings.hamsa_api_key.get_secret_value() or "none")
        return SpeechService(
            self._speech(line.speaker, line.dialect, line.language),
            SpeechServiceOptions(
                spare_links=settings.spare_links,
                links_per_call=settings.links_per_call,
                connects_per_second=settings.connects_per_second,
                connects_burst=settings.connects_burst,
            ),
            rest=rest,
            connect=self._connect,
            note=self._note,
            calls=lambda: len(self.registry),
            chance=chance,
        )

    def _standing(self) -> Iterator[Sample]:
        """How the services stand now."""
        return figures(self.speech_service, self._agent.breakers, asyncio.get_running_loop().time())

    def _carrier(self) -> TwilioRest | None:
        """REST, when there is an account to use it with."""
        settings = self.settings
        if not settings.rest_possible:
            return None
        return TwilioRest(
            settings.twilio_account_sid,
            settings.auth_tokens[0],
            base_url=settings.twilio_rest_url,
            timeout=REST_TIMEOUT,
        )

    async def _hang_up(self, call_id: str) -> None:
        if self._rest is not None:
            outcome = await self._rest.hang_up(call_id)
            log.info("hung_up", extra={"call": call_id, "outcome": outcome})

    async def _hand_over(self, rest: TwilioRest, call_id: str, language: str, number: str) -> str:
        outcome = await rest.redirect(call_id, twiml=self.documents.transfer(number, language))
        log.info("transferred", extra={"call": call_id, "outcome": outcome})
        return outcome

    def _note(self, name: str, fields: Mapping[str, str | int | float | bool]) -> None:
        self.metrics.noted(name)
        if name == NOT_KEPT:
            self._cannot_keep(str(fields["why"]))
        else:
            log.info(name, extra=logs.fitted(fields))

    def _cannot_keep(self, why: str) -> None:
        """Say once that phrases are lost at the end of the server."""
        if not self._told_of_cache:
            self._told_of_cache = True
            fields = {"setting": "IVR_CACHE_DIR", "path": str(self.settings.cache_dir), "why": why}
            log.warning("phrases_not_kept", extra=fields)


def _check_transfer(line: Line, documents: Documents) -> None:
    """Raise ValueError where a caller could not be handed over for a mistake that can be seen now."""
    for number in line.transfer_to:
        if len(documents.transfer(number, line.language)) > LONGEST_TWIML:
            raise ValueError(f"transfer.xml: longer than {LONGEST_TWIML} characters once it is filled: shorten it")


async def _closed(wire: PhonePort) -> None:
    """Close a socket whose session could not."""
    with contextlib.suppress(Exception):
        async with asyncio.timeout(RELEASE_S):
            await wire.close(INTERNAL)


def _asking(settings: Settings) -> AgentSettings:
    return AgentSettings(
        secret=settings.webhook_secret.get_secret_value(),
        agent_node=settings.agent_node or None,
        pool=PoolLimits(busy=max(PoolLimits().busy, settings.max_calls)),
    )
