"""Put a call together from the choices of its line: options, TTS, STT, agent and carrier."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import TypeAlias

from ivr.call.call import Call
from ivr.call.commands import Transfer
from ivr.call.events import CallStarted
from ivr.call.ports import CallPorts
from ivr.config.lines import Line
from ivr.config.settings import Settings
from ivr.hamsa.phrases import PhraseCache
from ivr.hamsa.pool.service import SpeechService
from ivr.hamsa.stats import SpeechStats
from ivr.observe.tracing.call_tracer import CallTracer
from ivr.play.recordings import Recordings
from ivr.server import compose
from ivr.server.calls.at_carrier import AtCarrier
from ivr.server.calls.first_words import call_options, is_closed
from ivr.server.outbound.carrier_words import JOB
from ivr.server.talk.calls import LONGEST_CALL_S, TALK, TalkCalls
from ivr.session.turn_judging import TurnJudging
from ivr.webhook.client import AgentClient
from ivr.webhook.line_agent import LineAgent

HandOver: TypeAlias = Callable[[Transfer], Awaitable[str]]


class CallParts:
    """Make the ports of the calls of one bridge."""

    fit: Callable[[CallPorts], CallPorts] | None = None
    """Puts other peers in the place of a call's own, before it begins; None: nothing does."""

    def __init__(
        self,
        speech_service: SpeechService,
        phrases: PhraseCache,
        agent: AgentClient,
        carrier: AtCarrier | None,
        talk: TalkCalls,
        tracer: CallTracer | None,
        recordings: Recordings | None = None,
        judging: TurnJudging | None = None,
    ) -> None:
        """Take what all calls share. `carrier=None`: there is no way to hang up or hand over at the carrier."""
        self._speech_service = speech_service
        self._phrases = phrases
        self._agent = agent
        self._carrier = carrier
        self._talk = talk
        self._tracer = tracer
        self.recordings = recordings
        self._judging = judging

    async def aclose(self) -> None:
        """Close what only calls use. They are over."""
        if self.recordings is not None:
            await self.recordings.aclose()
        if self._judging is not None:
            self._judging.close()

    def __repr__(self) -> str:
        return f"<CallParts {self._carrier!r}>"

    def make(
        self,
        settings: Settings,
        started: CallStarted,
        line: Line,
        account: str,
        late: Mapping[str, str],
        unix: float,
    ) -> tuple[CallPorts, tuple[SpeechStats, SpeechStats]]:
        """Return the ports of a call, and the figures of its TTS and STT.

        `unix`: the time of its start, in Unix seconds.
        `late`: what the carrier finds out of the call after its start; it is read at each question.
        """
        options = call_options(line, self._phrases.get, unix, closed=is_closed(started.parameters))
        if JOB in started.parameters and started.direction.startswith("outbound"):
            # Who asked for the call wants to know what became of it, also where no one but a machine was there.
            options = replace(options, placed=True, tell_end=True)
        options = replace(options, turn_model=self._judging is not None)
        hand_over: HandOver | None = None
        if self._carrier is not None:
            hand_over = partial(self._carrier.hand_over, started, line, account)
        if started.direction == TALK:
            options = replace(options, max_call=min(options.max_call or LONGEST_CALL_S, LONGEST_CALL_S))
            hand_over = self._talk.hand_over(started.call_id)
        hamsa, *others = [compose.speech_settings(settings, spoken) for spoken in line.in_each_language()]
        synthesizer = self._speech_service.synthesizer_for(hamsa, others)
        transcriber = self._speech_service.transcriber_for(hamsa)
        agent = LineAgent(self._agent, line.webhook_url, late)
        if self._tracer is not None:
            agent = replace(agent, traceparent=self._tracer.traceparent)
        ports = CallPorts(
            started,
            # Without the carrier's REST there is no way to hand a caller over.
            Call(options if hand_over is not None else replace(options, transfer_to=())),
            synthesizer,
            transcriber,
            agent,
            hand_over,
            play=self.recordings.play if self.recordings is not None else None,
            judge=self._judging.judge if self._judging is not None else None,
            tell=agent.tell,
        )
        return ports if self.fit is None else self.fit(ports), (synthesizer.stats, transcriber.stats)
