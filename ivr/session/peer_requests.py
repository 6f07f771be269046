"""Carry a call's requests to STT, TTS, the agent and the carrier: one task each, cancelled by number."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable, Coroutine
from typing import Any, TypeAlias

from ivr.call import commands as ask
from ivr.call import events
from ivr.call.ports import CallPorts, SttError, TtsChunk, TtsError

PeerRequest: TypeAlias = (
    ask.Speak | ask.PlayAudio | ask.Transcribe | ask.JudgeTurn | ask.RequestReply | ask.Transfer | ask.WarmUp
)
PeerCancellation: TypeAlias = ask.CancelSpeech | ask.ForgetTranscript | ask.CloseReply
RequestKey: TypeAlias = tuple[str, int, int]
"""The kind of a request, its turn or utterance, its sentence."""


class PeerRequests:
    """Run the requests of one call, and feed back what comes of them."""

    def __init__(self, ports: CallPorts, group: asyncio.TaskGroup, feed: Callable[[events.Event], None]) -> None:
        self._ports = ports
        self._group = group
        self._feed = feed
        self._tasks: dict[RequestKey, asyncio.Task[None]] = {}

    def __len__(self) -> int:
        """Return how many are under way."""
        return len(self._tasks)

    def start(self, request: PeerRequest) -> None:
        """Begin a request."""
        match request:
            case ask.Speak():
                self._spawn(("speech", request.turn, request.sentence), self.speak(request))
            case ask.PlayAudio():
                self._spawn(("speech", request.turn, request.sentence), self.play(request))
            case ask.Transcribe():
                self._spawn(("transcript", request.utterance, 0), self.transcribe(request))
            case ask.JudgeTurn():
                self._spawn(("judge", request.utterance, 0), self.judge(request))
            case ask.RequestReply():
                self._spawn(("reply", request.turn, 0), self.reply(request))
            case ask.Transfer():
                self._spawn(("transfer", 0, 0), self.transfer(request))
            case ask.WarmUp() if ("warm", 0, 0) not in self._tasks:
                self._spawn(("warm", 0, 0), self.warm())

    def cancel(self, cancellation: PeerCancellation) -> None:
        """End a request; one that is over already stays as it is."""
        match cancellation:
            case ask.CancelSpeech():
                key: RequestKey = "speech", cancellation.turn, cancellation.sentence
            case ask.ForgetTranscript():
                key = "transcript", cancellation.utterance, 0
                # What it sounded like does not matter any more either.
                self._cancel(("judge", cancellation.utterance, 0))
            case ask.CloseReply():
                key = "reply", cancellation.turn, 0
        self._cancel(key)

    def _cancel(self, key: RequestKey) -> None:
        if (task := self._tasks.get(key)) is not None:
            task.cancel()

    def tell(self, told: ask.TellAgent) -> None:
        """Tell the agent what needs no answer."""
        if self._ports.tell is not None:
            self._ports.tell(told.request)

    def cancel_all(self) -> None:
        """End every request."""
        for task in self._tasks.values():
            task.cancel()

    def _spawn(self, key: RequestKey, work: Coroutine[Any, Any, None]) -> None:
        task = self._tasks[key] = self._group.create_task(work)
        task.add_done_callback(lambda _: self._tasks.pop(key, None))

    async def speak(self, request: ask.Speak) -> None:
        """Feed the audio of one sentence, and its end or why it has none."""
        audio = self._ports.tts.speak(request.text, request.quiet_at, request.language)
        await self._sound(request.turn, request.sentence, audio)

    async def play(self, request: ask.PlayAudio) -> None:
        """Feed the audio of one recording, and its end or why it has none."""
        if self._ports.play is None:
            self._feed(events.TtsFailed(request.turn, request.sentence, "unavailable", again=False))
        else:
            await self._sound(request.turn, request.sentence, self._ports.play(request.source))

    async def _sound(self, turn: int, sentence: int, audio: AsyncGenerator[TtsChunk, None]) -> None:
        try:
            async with contextlib.aclosing(audio) as chunks:
                async for chunk in chunks:
                    self._feed(events.TtsAudio(turn, sentence, chunk.audio, chunk.rate, chunk.encoding))
        except TtsError as error:
            self._feed(events.TtsFailed(turn, sentence, error.reason, error.again))
        else:
            self._feed(events.TtsEnded(turn, sentence))

    async def transcribe(self, request: ask.Transcribe) -> None:
        """Feed the words of one utterance, or why it has none."""
        try:
            text = await self._ports.stt.transcribe(request.pcm, request.language)
        except SttError as error:
            self._feed(events.TranscriptFailed(request.utterance, error.reason))
        else:
            self._feed(events.TranscriptArrived(request.utterance, text))

    async def judge(self, request: ask.JudgeTurn) -> None:
        """Feed what the turn model says of a pause, if it says anything."""
        probability = None if self._ports.judge is None else await self._ports.judge(request.pcm)
        if probability is not None:
            self._feed(events.TurnJudged(request.utterance, probability))

    async def reply(self, request: ask.RequestReply) -> None:
        """Feed the events of the agent's reply."""
        async with contextlib.aclosing(self._ports.agent.reply(request.request)) as reply:
            async for event in reply:
                self._feed(event)

    async def transfer(self, request: ask.Transfer) -> None:
        """Ask the carrier to dial a person, and feed its answer."""
        hand_over = self._ports.hand_over
        outcome = await hand_over(request) if hand_over is not None else "unavailable"
        self._feed(events.Transferred() if outcome == "done" else events.TransferFailed(outcome))

    async def warm(self) -> None:
        """Open a link of every kind before it is needed."""
        await asyncio.gather(self._ports.stt.open(), self._ports.tts.open(), self._ports.agent.warm())
