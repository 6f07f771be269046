"""Hold what the calls of one server share, and put each call together.

Nothing in here knows HTTP. The routes (`ivr.server.app`) ask for an answer to a call and hand over its socket;
`ivr.server.serve` starts, drains and stops the bridge.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Final

import anyio.lowlevel

from ivr import __version__
from ivr.call.ending import LAST_WORDS_S, RELEASE_S
from ivr.call.events import MOVED, SUPERSEDED, CallStarted
from ivr.call.ports import CallObserver, CallPorts, PhonePort
from ivr.config.lines import Line
from ivr.config.settings import SECRETS, Settings
from ivr.fleet.directory import Directory, NodeState
from ivr.fleet.kept.calls import KeptCalls
from ivr.fleet.live.closed_lines import ClosedLines
from ivr.fleet.live.live_calls import LiveCalls
from ivr.fleet.messages import CallOver, Learnt, StreamOver
from ivr.hamsa.phrases import NOT_KEPT
from ivr.hamsa.pool.socket import Connect, connect
from ivr.hamsa.rest import SpeechRest
from ivr.hamsa.stats import SpeechStats
from ivr.media.vad import scorer as vad
from ivr.observe import logs
from ivr.observe.call_log import CallLog, Observers
from ivr.observe.event_loop.blocked_loop import BlockedLoop
from ivr.observe.event_loop.loop_lag import BEAT_S, LONG_STALL_S, LoopLag
from ivr.observe.metrics import Capacity, Metrics
from ivr.observe.upstream_metrics import Sample, UpstreamMetrics, figures
from ivr.server import compose
from ivr.server.admission import Admission, Room
from ivr.server.calls.at_carrier import AtCarrier
from ivr.server.calls.blocked_lists import BlockedLists
from ivr.server.calls.doors import Doors
from ivr.server.calls.parts import CallParts
from ivr.server.garbage import Garbage
from ivr.server.listening.live_audio import with_live_audio
from ivr.server.outbound.heard import HeardAnswers
from ivr.server.outbound.no_call import NoCalls
from ivr.server.outbound.outbound import Outbound
from ivr.server.resume.resuming import Resuming
from ivr.server.resume.state import CallState
from ivr.server.shared.facts import read_facts, write_facts
from ivr.server.shared.fleet_calls import FleetCalls
from ivr.server.shared.places import Place
from ivr.server.shared.shared import Shared
from ivr.server.shared.told import Told
from ivr.server.talk.calls import TALK, TalkCalls
from ivr.server.talk.told import Tell
from ivr.server.transfer.transfers import Transfers
from ivr.session.session import Session
from ivr.session.vad_batching import VadBatching
from ivr.twilio.form import Dialled, own_addresses
from ivr.twilio.parameters import call_parameters
from ivr.twilio.rest import LONGEST_TWIML, TwilioRest
from ivr.twilio.stream import INTERNAL, TOKEN, Stream
from ivr.twilio.tokens import Tokens
from ivr.twilio.twiml import Documents
from ivr.webhook.client import AgentClient

log = logging.getLogger("ivr.bridge")

RENDER_AGAIN: Final = 30.0
"""Seconds before phrases that could not be rendered are tried again."""
LAST_QUESTION_S: Final = 1.5
"""Seconds in which the carrier asks about a call that a bridge has ended before it ends itself."""
LONGEST_NUMBER: Final = "+" + 15 * "9"


class Bridge:
    """Hold what the calls of one server share. Belongs to the loop in which `start` is awaited."""

    prepared = leaving = False
    """Phrases were rendered, or could not be: calls are welcome. The server is about to stop: they are not."""
    exiting = False
    """The server closes its connections: what is open without a call must end."""
    garbage: Garbage | None = None
    """Of the process, where the bridge is all there is in it."""
    _cache_warned = False
    _next_beat: asyncio.TimerHandle | None = None
    _preparing: asyncio.Task[None] | None = None
    _draining: asyncio.Task[None] | None = None
    blocked: BlockedLoop | None = None
    """The watch over the loop of such a process."""
    transfers: Transfers | None
    """What hands callers over; None: the carrier's REST cannot be used."""

    def __init__(
        self,
        settings: Settings,
        documents: Documents,
        *,
        observer: CallObserver | None = None,
        scorer: Callable[[], vad.SpeechScorer] = vad.factory,
        connect: Connect = connect,
        agent: AgentClient | None = None,
        rest: TwilioRest | None = None,
        speech_rest: SpeechRest | None = None,
        chance: Callable[[], float] = compose.CHANCE.random,
        shared: Shared | None = None,
        kept: KeptCalls | None = None,
    ) -> None:
        """Build the peers that are not given. `connect`, `speech_rest`, `chance`: see `compose.speech_service`.

        `shared`: what this worker shares with the others; by default it serves alone. `kept`: keeps where calls stand.
        Raises ValueError for settings with which every call would fail.
        """
        self.settings, self.documents = settings, documents
        self._call_left, self._hurried = asyncio.Event(), False
        self.closed_lines, self.shared = ClosedLines(), shared or Shared()
        self.admission: Admission[Session] = Admission(settings.max_calls, shared=self.shared)
        self.store = compose.store(settings, self.shared.worker)
        self.fleet_calls = FleetCalls(settings, self.shared.worker, self.admission, self.store, lambda: self.leaving)
        self.tokens = Tokens(self._token_secrets(settings), skew=self.fleet_calls.skew_s)
        self._batching = VadBatching(lambda: len(self.admission))
        self.metrics = Metrics(self.capacity, [line.name for line in settings.all_lines])
        self._scorer, self.doors = scorer, Doors(BlockedLists(settings.all_lines), self.metrics.turned_away)
        self._agent = agent or compose.agent_client(settings)
        self.directory: Directory = compose.directory(settings, self._state, self.shared, self.closed_lines, self.store)
        self.live_calls = LiveCalls(self.directory, time.time, self._keep)
        self.leave: Callable[[], None] = self._leave
        """Ends the process as SIGTERM would. Replaced by a server."""
        self._told, heard = Told(self.admission, self._ask_to_leave), HeardAnswers(lambda: self.outbound.heard)
        self.talk, self._loop_lag = TalkCalls(settings.talk_calls), LoopLag()
        self.tracer = compose.call_tracer(settings, self.metrics.traced, self.fleet_calls.node)
        self.resuming = Resuming(kept or compose.kept_calls(settings, self.store), self.metrics.noted)
        watching = with_live_audio((self.resuming.keeper, self.tracer, heard, observer), self.directory, settings)
        self._observer = Observers(CallLog(), self.metrics, self.live_calls, self.talk, *watching, lag=self._loop_lag)
        self.speech_service = compose.speech_service(
            settings,
            connect=connect,
            rest=speech_rest,
            note=self._note,
            calls=lambda: len(self.admission),
            chance=chance,
        )
        self.metrics.add(UpstreamMetrics(self._figures))
        self._speech_stats: dict[Session, tuple[SpeechStats, SpeechStats]] = {}
        """Of TTS and STT, for each call on the line."""
        self._phrases = compose.phrase_cache(settings, self.speech_service, self._note)
        self._rest, self.transfers = rest or compose.twilio_rest(settings), None
        self.at_carrier = None if self._rest is None else self._reach_carrier(self._rest)
        self.outbound = Outbound(lambda: self.settings, self._rest, NoCalls(self._agent), self.directory, self._room)
        of_all = self.speech_service, self._phrases, self._agent, self.at_carrier, self.talk, self.tracer
        self.parts = CallParts(*of_all, compose.recordings(settings), compose.turn_judging(settings, self.metrics))
        self._check_lines()

    def __repr__(self) -> str:
        return f"<Bridge {self.admission!r} prepared={self.prepared}>"

    def _reach_carrier(self, rest: TwilioRest) -> AtCarrier:
        """Return what acts on calls at the carrier."""
        self.transfers = Transfers(rest, self.documents, self.resuming, self.metrics.noted)
        self.transfers.settled = self._call_left.set
        return AtCarrier(rest, self.transfers, self.metrics.noted)

    def _figures(self) -> Iterator[Sample]:
        return figures(self.speech_service, self._agent.breakers, asyncio.get_running_loop().time())

    def _check_lines(self) -> None:
        """Raise ValueError for a mistake that would fail every call, or a transfer: it stops the start."""
        for line in self.settings.all_lines:
            for spoken in line.in_each_language():
                compose.speech_settings(self.settings, spoken)
            for number in line.transfer_to:
                if len(self.documents.transfer(number, line.language, LONGEST_NUMBER)) > LONGEST_TWIML:
                    raise ValueError(f"transfer.xml: longer than {LONGEST_TWIML} characters when filled: shorten it")

    # -- life ----------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Get ready in the background; calls may come at once."""
        self._scorer()
        # The REST clients look this up at their first request, when there may be no free file any more.
        await anyio.lowlevel.checkpoint()
        log.info("started", extra={"detector": vad.default_name(), "lines": len(self.settings.all_lines)})
        if not self.shared.alone:
            self.metrics.add(self.shared.gauge())
        self.shared.open(self._told.take, asyncio.get_running_loop().time())
        paced = self.speech_service.pool.rate.bucket.share
        self.fleet_calls.open(self._told.take, self.directory.tell_node, self.metrics, paced)
        self.directory.open(self._told.take)
        self.resuming.open(self.metrics)
        self.outbound.open(self.metrics, self._call_left.set)
        self.speech_service.open()
        self._preparing = asyncio.create_task(self._prepare())
        if self.garbage is not None:
            self.garbage.settle()
        self._beat(asyncio.get_running_loop().time())

    async def drain(self, notice_s: float = 0.0) -> None:
        """Take no new calls, give those that were answered time to come and to end, then end them.

        `notice_s`: seconds before that, in which only `/readyz` says that the bridge goes.
        """
        self.leaving = self.outbound.draining = True
        if notice_s:
            log.info("leaving", extra={"seconds": notice_s})
            # A load balancer sends calls until it has looked: they are taken as ever.
            await self._until(lambda: self._hurried, notice_s)
        self.admission.draining = True
        clock = asyncio.get_running_loop().time
        log.info("draining", extra={"calls": self._owed(clock()), "seconds": self.settings.drain_seconds})
        await self._until(lambda: self._hurried or not self._owed(clock()), self.settings.drain_seconds)
        self._hurried = self.resuming.keeper.leaving = True
        # Where another bridge goes on, a call is not ended: its stream is, and the carrier asks how to go on.
        if self.admission.takes:
            self._end_calls(LAST_WORDS_S)
        else:
            self._end_calls(reason=MOVED)
        await self._until(lambda: not len(self.admission), LAST_WORDS_S + compose.REST_TIMEOUT)
        # The carrier asks at once: it is told the last words, as long as there is a bridge that tells them.
        await self._until(lambda: not self.resuming.keeper.awaited, LAST_QUESTION_S)

    def _owed(self, now: float) -> int:
        """Return how many calls a drain waits for. A caller who waits for a person may come back, to any bridge."""
        waits = len(self.transfers) if self.transfers is not None and self.admission.takes else 0
        # Who is being called now is talked to.
        return self.admission.owed(now) + self.outbound.ringing + waits

    def use_secrets(self, settings: Settings) -> list[str]:
        """Take the secrets of newly read settings; return the names of those that have changed. Calls go on."""
        changed = {
            own: getattr(settings, own) for own in SECRETS if getattr(settings, own) != getattr(self.settings, own)
        }
        renewed = self.settings.model_copy(update=changed)
        compose.use_secrets(renewed, self.speech_service, self._agent, self._rest)
        self.tokens.use_secrets(self._token_secrets(renewed), self.fleet_calls.clock())
        self.settings = renewed
        self.doors.lists.look_again()
        return [SECRETS[own] for own in changed]

    def hurry(self) -> None:
        """End the calls of a drain now, with last words."""
        self._hurried = True
        self._call_left.set()

    def _ask_to_leave(self) -> None:
        self.leave()

    def _leave(self) -> None:
        """Drain: where no server ends the process, nothing else does."""
        self._draining = self._draining or asyncio.create_task(self.drain())

    def over(self, call_id: str) -> None:
        """End a call that the carrier says is over, and free its place."""
        self.admission.forget(call_id)
        self.fleet_calls.forget(call_id)
        if not self._told.call_over(call_id):
            self._pass_on(CallOver(call_id))
        if self.transfers is not None:
            self.transfers.over(call_id)
        self._call_left.set()

    def stream_over(self, call_id: str, stream_id: str) -> None:
        """End a call whose stream the carrier says is over, unless another stream has taken its place."""
        if not self._told.call_over(call_id, stream_id):
            self._pass_on(StreamOver(call_id, stream_id))

    def learn(self, call_id: str, found: Mapping[str, str]) -> None:
        """Remember what the carrier found out of a call, for the agent."""
        self.admission.learn(call_id, found)
        if not self._told.learn(call_id, found):
            self._pass_on(Learnt(call_id, dict(found)))

    def _pass_on(self, message: CallOver | StreamOver | Learnt) -> None:
        """Tell the worker or the node that carries the call."""
        self.admission.tell_owner(message)
        self.directory.pass_on(message)

    def _end_calls(self, words_s: float = 0.0, reason: str = "shutdown") -> None:
        for session in self.admission:
            try:
                session.withdraw(reason, words_s)
            except Exception:
                log.exception("withdraw_failed")

    async def _until(self, empty: Callable[[], bool], seconds: float) -> None:
        """Wait until `empty`, for at most these seconds. Look when a call leaves and when a place falls free."""
        clock = asyncio.get_running_loop().time
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not empty():
                    self._call_left.clear()
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout_at(self.admission.expires_at(clock())):
                            await self._call_left.wait()

    def _beat(self, due: float) -> None:
        """Measure how late the event loop is, and do so again after `BEAT_S` seconds."""
        loop = asyncio.get_running_loop()
        now = loop.time()
        late = self._loop_lag.beat(due, now)
        self.metrics.lagged(late)
        if self.blocked is not None:
            self.blocked.beat()
        self.shared.beat(now)
        self.directory.beat(now)
        self.live_calls.beat(now)
        if late >= LONG_STALL_S:
            log.warning("loop_stalled", extra={"s": round(late, 1), "calls": len(self.admission)})
            # This beat was due before any deadline that has passed meanwhile: the calls hear of it first.
            for session in self.admission:
                session.stood_still(late)
        if self.garbage is not None and not len(self.admission):
            self.garbage.rest(now)
        self._next_beat = loop.call_at(now + BEAT_S, self._beat, now + BEAT_S)

    async def stop(self) -> None:
        """Close every connection and end every task."""
        self.admission.draining = True
        if self._next_beat is not None:
            self._next_beat.cancel()
        if self._preparing is not None:
            self._preparing.cancel()
            await asyncio.gather(self._preparing, return_exceptions=True)
        self._end_calls()
        await self._agent.aclose()
        await self.speech_service.aclose()
        await self.parts.aclose()
        if self.transfers is not None:
            self.transfers.close()
        await self.outbound.close()
        if self._rest is not None:
            await self._rest.aclose()
        if self._draining is not None:
            self._draining.cancel()
        await self.directory.close()
        await self.fleet_calls.close()
        await self.resuming.kept.close()
        self.shared.close()
        if self.tracer is not None:
            await asyncio.to_thread(self.tracer.close)

    async def _prepare(self) -> None:
        """Render the fixed words of every line; what cannot be had is tried again until it can."""
        while True:
            missing = 0
            for line in self.settings.spoken_lines:
                wanted = set(line.words().values())
                try:
                    done = set(await self._phrases.render(wanted, line.speaker, line.dialect, line.language))
                except Exception:
                    log.exception("phrases_failed")
                    done = set()
                missing += len(wanted - done)
            self.prepared = True
            if not missing:
                return
            log.warning("phrases_missing", extra={"phrases": missing, "again_in_s": RENDER_AGAIN})
            await asyncio.sleep(RENDER_AGAIN)

    # -- calls ---------------------------------------------------------------------------------------------------

    def _keep(self, line: str) -> str:
        """Return what a line keeps of its calls."""
        return next((one.keep for one in self.settings.all_lines if one.name == line), "metrics")

    def _room(self) -> int:
        """Return how many calls may be placed, beside those that ring already."""
        return self.admission.max_calls - self.admission.owed(asyncio.get_running_loop().time()) - self.outbound.ringing

    def _state(self) -> NodeState:
        """Return what this node says of itself."""
        calls, most = len(self.admission), self.shared.worker.share(self.admission.max_calls)
        draining = self.leaving or self.admission.draining
        return NodeState(self.fleet_calls.node, calls, most, draining, time.time(), __version__)

    def capacity(self) -> Capacity:
        """Return how many calls there are, and how many there may be."""
        return Capacity(len(self.admission), self.admission.max_calls, self.leaving or self.admission.draining)

    def facts(self, started: CallStarted) -> dict[str, str]:
        """Return what a developer wants to know of the bridge and of the line of a call, by names."""
        line = self._line_of(started.caller, started.called, started.direction, started.line)
        python = ".".join(map(str, sys.version_info[:3]))
        return {"bridge": f"ivr {__version__}, Python {python}", **line.described()}

    async def take_call(self, dialled: Dialled) -> tuple[str, str]:
        """Return what the carrier should do with a call, as `answer` does, after the fleet was asked for a place."""
        if (placed := await self.outbound.placed(dialled, dialled.parameters)) is not None:
            return "answer", await self._connect(dialled, dialled.parameters, *placed)
        line = self.settings.line(*dialled.ours)
        room: Room = "unknown" if line is None else await self.fleet_calls.take(dialled.call_sid, line)
        name, text = self.answer(dialled, asyncio.get_running_loop().time(), room)
        if name != "answer":
            self.fleet_calls.forget(dialled.call_sid)
        return name, text

    def answer(self, dialled: Dialled, now: float, fleet: Room = "unknown") -> tuple[str, str]:
        """Return what the carrier should do with a call: the document's name and its text.

        `fleet`: whether the fleet has a place for it.
        """
        line = self.settings.line(*dialled.ours)
        if line is None or line.name in self.directory.closed_lines:
            return "closed", self.documents.say("closed", self.settings.language)
        look = self.doors.look(line, dialled, time.time())
        if look.refusal is not None:
            return look.refusal, self.documents.say(look.refusal, line.language)
        parameters = {**dialled.parameters, **look.told}
        asked = Place(dialled.call_sid, dialled.caller, dialled.called, dialled.direction, parameters)
        return self._let_in(replace(asked, line=line.name), line, now, fleet)

    def _let_in(self, asked: Place, line: Line, now: float, fleet: Room) -> tuple[str, str]:
        """Answer with a place and its token, where there is a place."""
        verdict, place = self.admission.place(asked, now, max_line=line.max_calls, fleet=fleet)
        if verdict != "answer":
            return verdict, self.documents.say(verdict, line.language)
        token = self.token_of(place, now)
        return "answer", self.documents.answer(self.fleet_calls.stream_url(now), {TOKEN: token}, line.language)

    def token_of(self, place: Place, now: float) -> str:
        """Return the token with which the stream of a call comes back."""
        clock = self.fleet_calls.clock()
        facts = write_facts(place), write_facts(place, {})
        return self.tokens.issue(place.call_id, place.nonce, place.deadline - now + clock, facts, clock)

    async def resume(self, dialled: Dialled) -> str:
        """Return what the carrier should do with a call whose audio has ended: go on with it, or say last words."""
        line = self.settings.line(*dialled.ours)
        state = await self.resuming.take(dialled.call_sid, ending=self._hurried)
        self._call_left.set()
        if state is not None and (placed := await self.outbound.placed(dialled, state.parameters)) is not None:
            line = placed[0]
        if state is None or line is None:
            return self.documents.say("lost", (line or self.settings.default_line).language)
        return await self.go_on(dialled, state, line)

    async def go_on(self, dialled: Dialled, state: CallState, line: Line) -> str:
        """Return the document that connects a call once more: it was let in before."""
        placed = await self.outbound.placed(dialled, state.parameters)
        return await self._connect(dialled, state.parameters, *(placed or (line, "")), resumed=True)

    async def _connect(
        self, dialled: Dialled, parameters: Mapping[str, str], line: Line, job_id: str, *, resumed: bool = False
    ) -> str:
        """Return the document of a call that is not turned away: it was let in before, or the bridge has placed it."""
        room = await self.fleet_calls.take(dialled.call_sid, line, known=True)
        asked = Place(
            *(dialled.call_sid, dialled.caller, dialled.called, dialled.direction, parameters),
            line=line.name,
            resumed=resumed,
            job=job_id,
        )
        return self._let_in(asked, line, asyncio.get_running_loop().time(), room)[1]

    async def serve(self, wire: PhonePort, started: Callable[[], None] | None = None, page: Tell | None = None) -> None:
        """Carry a call on one socket of the phone, from accept to its end. `started` is called when there is a call.

        `page`: the call is the softphone's, and this takes what its page is told.
        """
        loop = asyncio.get_running_loop()
        place: Place | None = None

        def check(token: str, call_id: str) -> bool:
            nonlocal place
            place = self._admits(token, call_id, loop.time(), talk=page is not None)
            return place is not None

        def begin(call: CallStarted, session: Session) -> CallPorts:
            if started is not None:
                started()
            if page is not None:
                self.talk.begin(call.call_id, page)
            return self._compose(call, session, loop.time(), stream.account_sid, place)

        async def admit(call: CallStarted) -> bool:
            told = place or Place(call.call_id)
            job = await self.outbound.found(told.job, call.call_id)
            line = self._line_of(told.caller, told.called, told.direction, "" if job is None else job.line)
            return await self.fleet_calls.arrive(call.call_id, line, number, told.nonce)

        stream = Stream(check, self.settings.expected_accounts if page is None else None)
        session = Session(
            wire,
            stream,
            begin,
            self._scorer(),
            # The carrier knows nothing of a call of the softphone's.
            hang_up=self.at_carrier.ending(stream) if self.at_carrier is not None and page is None else None,
            observer=self._observer,
            batching=self._batching,
            admit=admit,
            recall=lambda call: self.outbound.recall(self.resuming, call, place),
        )
        number = self.admission.begin(session)
        try:
            await session.run()
        except Exception:
            log.exception("session_failed", extra={"call": stream.call_sid})
            # The session closes its socket itself, unless it could not be put together.
            with contextlib.suppress(Exception):
                async with asyncio.timeout(RELEASE_S):
                    await wire.close(INTERNAL)
        finally:
            self._tell_stream(stream, session)
            if page is not None:
                self.talk.leave(stream.call_sid)
            if self.admission.leave(stream.call_sid, session, loop.time()):
                self._told.late.pop(stream.call_sid, None)
                self.live_calls.left(stream.call_sid)
            self.fleet_calls.leave(stream.call_sid, number)
            self.speech_service.trim()
            self._call_left.set()

    def _tell_stream(self, stream: Stream, session: Session) -> None:
        """Log and count what there is to say of a stream that is over."""
        if stream.refused:
            self.metrics.rejected("media", stream.refused)
        if stream.budget.dropped:
            log.warning("messages_dropped", extra={"call": stream.call_sid, "messages": stream.budget.dropped})
        if session in self._speech_stats:
            tts, stt = self._speech_stats.pop(session)
            log.info("speech", extra={"call": stream.call_sid, **tts.fields("tts"), **stt.fields("stt")})

    def _line_of(self, caller: str, called: str, direction: str, name: str = "") -> Line:
        """Return the line of a call, by its name where it is known; that of every number where there is none."""
        found = self._named(name) or self.settings.line(*own_addresses(caller, called, direction))
        return found or self.settings.default_line

    def _named(self, name: str) -> Line | None:
        """Return the line of this name."""
        return next((line for line in self.settings.all_lines if line.name == name), None)

    def _admits(self, token: str, call_id: str, now: float, *, talk: bool) -> Place | None:
        """Return what a stream's token says of its call. None: the stream is refused. `talk`: it is the softphone's."""
        # The calls that are left are being ended: the document goes on after a stream that comes now.
        if self._hurried:
            return None
        clock = self.fleet_calls.clock()
        if (opened := self.tokens.read(token, call_id, clock)) is not None:
            place = read_facts(call_id, opened.facts, opened.void_at - clock + now, opened.nonce)
            # Where clocks differ, a token may be taken for good for as much longer.
            until = place.deadline + 2 * self.fleet_calls.skew_s
            # A token opens the door that it was written for, and no other.
            return place if (place.direction == TALK) is talk and self.admission.redeem(place, now, until) else None
        if self.settings.dev and not token and not talk and self.admission.admit(call_id, now) == "answer":
            return Place(call_id)
        return None

    def _token_secrets(self, settings: Settings) -> tuple[bytes, ...]:
        """Return what signs the tokens: the same in every worker, of the carrier's secrets the two that may be used."""
        known = settings.auth_tokens or tuple(settings.signing_keys.values())
        shared = [secret.encode("utf-8", "surrogatepass") for secret in known[:2]]
        return tuple(shared) or (self.shared.worker.secret,)

    def _compose(
        self, started: CallStarted, session: Session, now: float, account: str, told: Place | None
    ) -> CallPorts:
        """Put a call together, for the line that was dialled. `told`: what its token says."""
        # The common places know more than the token, and may not be there.
        place = self.admission.expect(started.call_id, now) or told
        if place is not None:
            parameters, left_out = call_parameters((started.parameters, place.parameters))
            if left_out:
                log.warning("parameters_left_out", extra={"call": started.call_id, "count": left_out})
            started = replace(
                started, caller=place.caller, called=place.called, direction=place.direction, parameters=parameters
            )
        line = self._line_of(started.caller, started.called, started.direction, started.line)
        older = self.admission.arrive(started.call_id, session, line.name)
        if older is not None:
            older.withdraw(SUPERSEDED)
        late = self.admission.late(started.call_id)
        started = replace(started, line=line.name)
        late = self._told.begin(session, started, late)
        ports, self._speech_stats[session] = self.parts.make(self.settings, started, line, account, late, time.time())
        return ports

    # -- peers ---------------------------------------------------------------------------------------------------

    def _note(self, name: str, fields: Mapping[str, str | int | float | bool]) -> None:
        self.metrics.noted(name)
        if name == NOT_KEPT:
            # Every phrase of every line may fail alike: one warning is enough.
            if not self._cache_warned:
                self._cache_warned = True
                told = {"setting": "IVR_CACHE_DIR", "path": str(self.settings.cache_dir), "why": str(fields["why"])}
                log.warning("phrases_not_kept", extra=told)
        else:
            log.info(name, extra=logs.fitted(fields))
