"""The shell of one call: performs commands, feeds back what happens.

One task group a call. The reader feeds what the phone says; the writer sends what the call wants sent; every
transcript, reply and sentence on its way is a task that feeds its own events and can be cancelled by number; one timer
ticks when the call asks for it. The only clock is the loop's, read in one place. There is no policy in here: no
threshold, no retry, no choice of words.

Feeding is synchronous. Two events are never decided at once, and nothing can slip between an event and its commands.

However the call ends, all of it is gone when `run` returns: tasks, sockets, timer.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, assert_never

from ivr.call import commands as ask
from ivr.call import events
from ivr.call.commands import Command, HangUp
from ivr.call.ending import RELEASE_S
from ivr.call.events import Event
from ivr.call.ports import (
    AgentPort,
    CallObserver,
    CallPorts,
    PhonePort,
    SttError,
    SttPort,
    TtsError,
    TtsPort,
    WireClosed,
)
from ivr.media.vad.scorer import SpeechScorer
from ivr.session.vad_batching import VadBatching
from ivr.twilio.send_queue import SendQueue
from ivr.twilio.stream import REFUSED, START_TIMEOUT, Stream, close_code

log = logging.getLogger("ivr.session")


class Session:
    """One socket of the phone, from accept to the last task."""

    def __init__(
        self,
        wire: PhonePort,
        stream: Stream,
        compose: Callable[[events.CallStarted], CallPorts],
        scorer: SpeechScorer,
        *,
        hang_up: Callable[[str], Awaitable[None]] | None = None,
        observer: CallObserver | None = None,
        batching: VadBatching | None = None,
    ) -> None:
        """`compose` makes the party at `start`; `hang_up(call_id)` ends the call at the carrier after a goodbye.

        `scorer` scores the caller's audio, through `batching` together with that of other calls.
        """
        self._wire = wire
        self._stream = stream
        self._compose = compose
        self._hang_up = hang_up
        self._observer = observer
        self.scorer = scorer
        self._batching = batching or VadBatching()
        self._unscored = 0
        self._party: CallPorts | None = None
        self._outbox = SendQueue(stream)
        self._to_send = asyncio.Event()
        self._all_sent = asyncio.Event()
        self._over = asyncio.Event()
        self._failure: Exception | None = None
        self._tasks: dict[tuple[str, int, int], asyncio.Task[None]] = {}
        self._group = asyncio.TaskGroup()
        self._timer: asyncio.Handle | None = None
        self._tick_at = 0.0
        self._loop = asyncio.get_running_loop()

    def __repr__(self) -> str:
        what = repr(self._party.call) if self._party else repr(self._stream)
        return f"<Session {what} tasks={len(self._tasks)} unsent={len(self._outbox)}>"

    # -- the whole of it -----------------------------------------------------------------------------------------

    async def run(self) -> HangUp | None:
        """Serve the socket to its end. None: no call ever began on it."""
        started = await self._await_start()
        if started is None:
            return None
        party = self._party = self._compose(started)
        try:
            await self._serve(party)
        except Exception:
            log.exception("call_failed", extra={"call": party.started.call_id})
            self._feed(events.Withdraw("internal_error"))
        finally:
            await self._take_down(party)
        return party.call.ended

    def withdraw(self, reason: str) -> None:
        """End the call from our side; a fixed phrase as reason. Never raises."""
        self._feed_from_outside(events.Withdraw(reason))

    async def _await_start(self) -> events.CallStarted | None:
        try:
            async with asyncio.timeout(START_TIMEOUT):
                while not self._stream.refused:
                    for event in self._stream.receive(await self._wire.receive()):
                        if isinstance(event, events.CallStarted):
                            return event
                        log.info("before_start", extra={"what": type(event).__name__})
        except WireClosed:
            return None
        except TimeoutError:
            log.warning("no_start", extra={"seconds": START_TIMEOUT})
        else:
            log.warning("stream_refused", extra={"reason": self._stream.refused})
        await _within(self._wire.close(REFUSED))
        return None

    async def _serve(self, party: CallPorts) -> None:
        async with self._group as group:
            io = [group.create_task(self._read()), group.create_task(self._write())]
            self._feed(party.started)
            await self._over.wait()
            await _within(self._flushed())
            for task in (*io, *self._tasks.values()):
                task.cancel()
        if self._failure is not None:
            raise self._failure

    async def _take_down(self, party: CallPorts) -> None:
        """Let go of everything the call held."""
        if self._timer is not None:
            self._timer.cancel()
        await asyncio.gather(self._leave(party), _within(party.tts.aclose()), _within(party.stt.aclose()))
        ended = party.call.ended
        if self._observer is not None and ended is not None:
            self._observer.ended(party.started.call_id, self._loop.time(), party.call.turns, ended)

    async def _leave(self, party: CallPorts) -> None:
        """Off the line: at the carrier first where that is to be hung up as well."""
        ended = party.call.ended
        if self._hang_up is not None and ended is not None and ended.at_carrier:
            await self._hang_up(party.started.call_id)
        await _within(self._wire.close(close_code(ended)))

    # -- events in, commands out ---------------------------------------------------------------------------------

    def _feed(self, event: Event, not_before: float = 0.0) -> None:
        """Let the call decide, and do what it says."""
        # A frame that came before this event is fed before it, so that the order of arrival is kept.
        if self._unscored and not isinstance(event, events.AudioIn):
            self._batching.flush()
        party = self._party
        if party is None or party.call.ended is not None:
            return
        now = max(self._loop.time(), not_before)
        commands = party.call.receive(event, now)
        if self._observer is not None:
            self._observer.happened(party.started.call_id, now, event, commands)
        for command in commands:
            self._perform(command, party)
        self._set_timer(party.call.wake_at())

    def _perform(self, command: Command, party: CallPorts) -> None:
        match command:
            case ask.SendAudio() | ask.SendMark() | ask.SendClear():
                self._send(command)
            case ask.Speak(turn=turn, sentence=sentence):
                self._spawn(("speech", turn, sentence), self._speak(command, party.tts))
            case ask.Transcribe(utterance=utterance):
                self._spawn(("transcript", utterance, 0), self._transcribe(command, party.stt))
            case ask.RequestReply(turn=turn):
                self._spawn(("reply", turn, 0), self._reply(command, party.agent))
            case ask.CancelSpeech(turn=turn, sentence=sentence):
                self._cancel(("speech", turn, sentence))
            case ask.ForgetTranscript(utterance=utterance):
                self._cancel(("transcript", utterance, 0))
            case ask.CloseReply(turn=turn):
                self._cancel(("reply", turn, 0))
            case ask.Transfer(number=number):
                self._spawn(("transfer", 0, 0), self._transfer(number, party))
            case ask.WarmUp() if ("warm", 0, 0) not in self._tasks:
                self._spawn(("warm", 0, 0), _warm(party))
            case ask.WarmUp() | ask.Note():
                pass  # under way; an observer's business
            case ask.HangUp():
                self._over.set()
            case _:
                assert_never(command)

    def _set_timer(self, wake_at: float | None) -> None:
        """Tick at `wake_at` or earlier; a tick that comes too early is harmless and sets the next."""
        if wake_at is None or (self._timer is not None and self._tick_at <= wake_at):
            return
        if self._timer is not None:
            self._timer.cancel()
        self._tick_at = wake_at
        self._timer = self._loop.call_later(max(0.0, wake_at - self._loop.time()), self._tick)

    def _tick(self) -> None:
        self._timer = None
        self._feed_from_outside(events.Tick(), self._tick_at)  # a timer may fire a hair early

    def _feed_from_outside(self, event: Event, not_before: float = 0.0) -> None:
        """Feed where no task of the call would see an exception: carry it in."""
        try:
            self._feed(event, not_before)
        except Exception as error:
            self._failure = error
            self._over.set()

    # -- tasks by number -----------------------------------------------------------------------------------------

    def _spawn(self, key: tuple[str, int, int], work: Coroutine[Any, Any, None]) -> None:
        task = self._tasks[key] = self._group.create_task(work)
        task.add_done_callback(lambda _: self._tasks.pop(key, None))

    def _cancel(self, key: tuple[str, int, int]) -> None:
        if (task := self._tasks.get(key)) is not None:
            task.cancel()

    async def _speak(self, command: ask.Speak, voice: TtsPort) -> None:
        turn, sentence = command.turn, command.sentence
        try:
            async with contextlib.aclosing(voice.speak(command.text, command.quiet_at)) as chunks:
                async for chunk in chunks:
                    self._feed(events.TtsAudio(turn, sentence, chunk.audio, chunk.rate, chunk.encoding))
        except TtsError as error:
            self._feed(events.TtsFailed(turn, sentence, error.reason, error.again))
        else:
            self._feed(events.TtsEnded(turn, sentence))

    async def _transcribe(self, command: ask.Transcribe, hearing: SttPort) -> None:
        try:
            text = await hearing.transcribe(command.pcm)
        except SttError as error:
            self._feed(events.TranscriptFailed(command.utterance, error.reason))
        else:
            self._feed(events.TranscriptArrived(command.utterance, text))

    async def _reply(self, command: ask.RequestReply, agent: AgentPort) -> None:
        async with contextlib.aclosing(agent.reply(command.request)) as pieces:
            async for event in pieces:
                self._feed(event)

    async def _transfer(self, number: str, party: CallPorts) -> None:
        outcome = await party.hand_over(number) if party.hand_over is not None else "unavailable"
        self._feed(events.Transferred() if outcome == "done" else events.TransferFailed(outcome))

    # -- the phone's socket --------------------------------------------------------------------------------------

    async def _read(self) -> None:
        try:
            while True:
                for event in self._stream.receive(await self._wire.receive()):
                    if isinstance(event, events.AudioIn):
                        self._unscored += 1
                        self._batching.add(self, event)
                    else:
                        self._feed(event)
        except WireClosed as closed:
            self._feed(events.CallerLeft("dropped" if closed.code is None else "closed"))

    def hear(self, frame: events.AudioIn) -> None:
        """Feed a frame that has its score. Never raises: a failure ends this call alone."""
        self._unscored -= 1
        self._feed_from_outside(frame)

    def scoring_failed(self, error: Exception) -> None:
        """End this call, whose audio has no score. Never raises."""
        self._unscored -= 1
        party = self._party
        if party is not None and party.call.ended is None:
            log.error("vad_failed", extra={"call": party.started.call_id}, exc_info=error)
            self._feed_from_outside(events.Withdraw("vad_failed"))

    def _send(self, command: ask.SendAudio | ask.SendMark | ask.SendClear) -> None:
        if self._outbox.put(command):
            self._to_send.set()
        else:
            self._loop.call_soon(self._feed_from_outside, events.CallerLeft("stalled"))

    async def _write(self) -> None:
        with contextlib.suppress(WireClosed):
            while True:
                while (message := self._outbox.take()) is not None:
                    await self._wire.send(message)
                self._all_sent.set()
                self._to_send.clear()
                await self._to_send.wait()
                self._all_sent.clear()

    async def _flushed(self) -> None:
        if self._outbox:
            await self._all_sent.wait()


async def _warm(party: CallPorts) -> None:
    """Have every link before it is needed."""
    await asyncio.gather(party.stt.open(), party.tts.open(), party.agent.warm())


async def _within(closing: Awaitable[None]) -> None:
    """Give it a moment, whatever it does."""
    with contextlib.suppress(Exception):
        async with asyncio.timeout(RELEASE_S):
            await closing
