"""Drive one call: perform its commands, and feed back what happens.

One task group a call. The reader feeds what the phone says; the writer sends what the call wants sent; every
transcript, reply and sentence under way is a task of its own (`PeerRequests`); one timer ticks when the call asks for
it. The only clock is the loop's, read in one place. There is no policy in here: no threshold, no retry, no words.

Feeding is synchronous. Two events are never decided at once, and nothing comes between an event and its commands.
However the call ends, all of it is gone when `run` returns: tasks, sockets, timer.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Final, assert_never

from ivr.call import commands as ask
from ivr.call import events
from ivr.call.commands import Command, HangUp
from ivr.call.ending import RELEASE_S
from ivr.call.events import Event
from ivr.call.ports import CallObserver, CallPorts, DirectPhonePort, PhonePort, WireClosed
from ivr.media.vad.scorer import SpeechScorer
from ivr.session.peer_requests import PeerRequests
from ivr.session.vad_batching import VadBatching
from ivr.twilio.send_queue import SendQueue
from ivr.twilio.stream import FLOODED, REFUSED, START_TIMEOUT, Stream, close_code

log = logging.getLogger("ivr.session")

FAIR_SHARE: Final = 25
"""Events of one phone that may be decided before the other calls have their turn: half a second of audio."""

LATE_S: Final = 0.5
"""Seconds by which a timer is late when the process has stood still."""


class Session:
    """Serve one socket of the phone, from accept to the last task."""

    def __init__(
        self,
        wire: PhonePort,
        stream: Stream,
        compose: Callable[[events.CallStarted, Session], CallPorts],
        scorer: SpeechScorer,
        *,
        hang_up: Callable[[str], Awaitable[None]] | None = None,
        observer: CallObserver | None = None,
        batching: VadBatching | None = None,
        admit: Callable[[events.CallStarted], Awaitable[bool]] | None = None,
        recall: Callable[[events.CallStarted], Awaitable[events.CallStarted]] | None = None,
    ) -> None:
        """Take what the session needs before it knows the call. `admit` decides, within moments, whether it begins.

        `compose` makes the call and its ports at `start`; it is told the session. `scorer` scores the caller's audio,
        through `batching` together with that of other calls. `hang_up(call_id)` ends the call at the carrier after a
        goodbye. `recall` adds what is known of a call whose stream before this one has died.
        """
        self.scorer = scorer
        self._wire = wire
        self._direct = wire if isinstance(wire, DirectPhonePort) else None
        self._stream = stream
        self._compose = compose
        self._hang_up = hang_up
        self._observer = observer
        self._batching = batching or VadBatching()
        self._admit = admit
        self._recall = recall
        self._unscored = 0
        """Frames of this call that wait for their score."""
        self._ports: CallPorts | None = None
        self._group = asyncio.TaskGroup()
        self._requests: PeerRequests | None = None
        self._heard: Iterator[Event | None] = iter(())
        """What is left of the phone's last message."""
        self._taken = 0
        """Events of the phone that were decided since the other calls had their turn."""
        self._send_queue = SendQueue(stream)
        self._to_send = asyncio.Event()
        self._all_sent = asyncio.Event()
        self._over = asyncio.Event()
        self._failure: Exception | None = None
        self._timer: asyncio.Handle | None = None
        self._tick_at = 0.0
        """When the timer is due, in seconds of the loop's clock."""
        self._loop = asyncio.get_running_loop()

    def __repr__(self) -> str:
        what = repr(self._ports.call) if self._ports else repr(self._stream)
        return f"<Session {what} tasks={len(self._requests or ())} unsent={len(self._send_queue)}>"

    # -- the whole of it -----------------------------------------------------------------------------------------

    async def run(self) -> HangUp | None:
        """Serve the socket to its end; return how the call ended, None when no call ever began on it."""
        started = await self._await_start()
        if started is None:
            return None
        if self._recall is not None:
            started = await self._recall(started)
        ports = self._ports = self._compose(started, self)
        requests = self._requests = PeerRequests(ports, self._group, self._feed)
        try:
            async with self._group as group:
                io = [group.create_task(self._read()), group.create_task(self._write())]
                if self._observer is not None:
                    self._observer.began(ports.started.call_id, self._now(), ports.call)
                self._feed(ports.started)
                await self._over.wait()
                # What the call wants sent last, a mark or a clear, leaves before the socket is closed.
                if self._send_queue:
                    await _within_release(self._all_sent.wait())
                for task in io:
                    task.cancel()
                requests.cancel_all()
            if self._failure is not None:
                raise self._failure
        except Exception:
            log.exception("call_failed", extra={"call": ports.started.call_id})
            self._feed(events.Withdraw("internal_error"))
        finally:
            if self._timer is not None:
                self._timer.cancel()
            ended = ports.call.ended
            # They know the session: without this, all of the call would wait for the garbage collector.
            self._requests = None

            async def leave() -> None:
                # At the carrier first: a socket that is only closed lets the carrier go on with its document.
                if self._hang_up is not None and ended is not None and ended.at_carrier:
                    await self._hang_up(ports.started.call_id)
                await _within_release(self._wire.close(close_code(ended)))

            await asyncio.gather(leave(), _within_release(ports.tts.aclose()), _within_release(ports.stt.aclose()))
            if self._observer is not None and ended is not None:
                self._observer.ended(ports.started.call_id, self._loop.time(), ports.call.turns, ended)
        return ended

    def withdraw(self, reason: str, words_s: float = 0.0) -> None:
        """End the call from our side; a fixed phrase as reason. `words_s`: seconds for last words. Never raises."""
        self._feed_or_fail(events.Withdraw(reason, words_s))

    def operate(self, event: events.Operated | events.CallAnswered) -> None:
        """Do what an operator asks for on this call, or take who has answered it. Never raises."""
        self._feed_or_fail(event)

    def operate_soon(self, event: events.CallAnswered) -> None:
        """Do the same behind the start of a call that is being put together. Never raises."""
        self._loop.call_soon(self._feed_or_fail, event)

    def carrier_ended(self, stream_id: str | None = None) -> None:
        """Tell the call that the carrier says it is over, or this stream of it. Never raises."""
        # The socket of a phone may die without a sign: the carrier's word is as good as its `stop`.
        if stream_id in (None, self._stream.stream_sid):
            self._feed_or_fail(events.CallerLeft("stop" if stream_id is None else "closed"))

    async def _await_start(self) -> events.CallStarted | None:
        """Return how the call started; None when it did not, the socket closed."""
        # A socket that says nothing would hold its place for ever.
        try:
            async with asyncio.timeout(START_TIMEOUT):
                while not self._stream.refused:
                    for event in self._stream.receive(await self._wire.receive(), self._loop.time()):
                        if isinstance(event, events.CallStarted):
                            if self._admit is None or await self._admit(event):
                                return event
                            self._stream.refuse("token")
                            break
                        log.info("before_start", extra={"what": type(event).__name__})
        except WireClosed:
            return None
        except TimeoutError:
            log.warning("no_start", extra={"seconds": START_TIMEOUT})
        else:
            log.warning("stream_refused", extra={"reason": self._stream.refused})
        await _within_release(self._wire.close(REFUSED))
        return None

    # -- events in, commands out ---------------------------------------------------------------------------------

    def _feed(self, event: Event, not_before: float = 0.0) -> None:
        """Let the call decide about an event, and perform its commands."""
        # A frame that came before this event is fed before it, so that the order of arrival is kept.
        if self._unscored and not isinstance(event, events.AudioIn):
            self._batching.flush()
        ports, requests = self._ports, self._requests
        if ports is None or requests is None or ports.call.ended is not None:
            return
        now = max(self._now(), not_before)
        commands = ports.call.receive(event, now)
        if self._observer is not None:
            self._observer.happened(ports.started.call_id, now, event, commands)
        if commands:
            self._perform(commands, requests)
        wake_at = ports.call.wake_at()
        # A timer that is due earlier stays: a tick that comes too early is harmless and sets the next.
        if wake_at is None or (self._timer is not None and self._tick_at <= wake_at):
            return
        if self._timer is not None:
            self._timer.cancel()
        self._tick_at = wake_at
        self._timer = self._loop.call_later(max(0.0, wake_at - now), self.tick)

    def _perform(self, commands: Sequence[Command], requests: PeerRequests) -> None:
        """Do what the call asks for."""
        for command in commands:
            match command:
                case ask.SendAudio() | ask.SendMark() | ask.SendClear():
                    if not self._send_queue.put(command):
                        # The phone does not read. The call hears of it after the commands of this event.
                        self._loop.call_soon(self._feed_or_fail, events.CallerLeft("stalled"))
                case ask.Speak() | ask.PlayAudio() | ask.Transcribe() | ask.RequestReply() | ask.JudgeTurn():
                    requests.start(command)
                case ask.Transfer() | ask.WarmUp():
                    requests.start(command)
                case ask.TellAgent():
                    requests.tell(command)
                case ask.CancelSpeech() | ask.ForgetTranscript() | ask.CloseReply():
                    requests.cancel(command)
                case ask.Note():
                    pass  # an observer's business
                case ask.HangUp():
                    self._over.set()
                case _:
                    assert_never(command)
        if self._send_queue:
            self._send()

    def _now(self) -> float:
        """Return the loop's time in whole microseconds, which a tape writes as a small number."""
        return int(self._loop.time() * 1_000_000) / 1_000_000

    def tick(self) -> None:
        """Tell the call that the time it asked for has come. Never raises."""
        self._timer = None
        # So late, the process has stood still. Who measures that (`stood_still`) is late as well, and comes first.
        if self._loop.time() - self._tick_at > LATE_S:
            self._tick_at = self._loop.time()
            self._timer = self._loop.call_soon(self.tick)
            return
        # A timer may fire a little early: the call gets the time it asked for.
        self._feed_or_fail(events.Tick(), self._tick_at)

    def stood_still(self, seconds: float) -> None:
        """Tell the call that the process did nothing for these seconds, before it holds them against its peers."""
        self._feed_or_fail(events.Tick(stood_s=seconds))

    def _feed_or_fail(self, event: Event, not_before: float = 0.0) -> None:
        """Feed where no task of the call would see an exception: let it end the call instead."""
        try:
            self._feed(event, not_before)
        except Exception as error:
            self._failure = error
            self._over.set()

    # -- the caller's audio with its score -----------------------------------------------------------------------

    def hear(self, frame: events.AudioIn) -> None:
        """Feed a frame that has its score. Never raises: a failure ends this call alone."""
        self._unscored -= 1
        self._feed_or_fail(frame)

    def scoring_failed(self, error: Exception) -> None:
        """End this call, whose audio has no score. Never raises."""
        self._unscored -= 1
        ports = self._ports
        if ports is not None and ports.call.ended is None:
            log.error("vad_failed", extra={"call": ports.started.call_id}, exc_info=error)
            self._feed_or_fail(events.Withdraw("vad_failed"))

    # -- the phone's socket --------------------------------------------------------------------------------------

    async def _read(self) -> None:
        """Feed what the phone says until its socket is over."""
        try:
            if self._direct is not None:
                await self._direct.listen(self._take)
            while True:
                waits = self._take(await self._wire.receive())
                while waits:
                    await asyncio.sleep(0)
                    waits = self._take(None)
        except WireClosed as closed:
            self._feed(events.CallerLeft("flood" if closed.code == FLOODED else "closed" if closed.code else "dropped"))

    def _take(self, message: str | bytes | None) -> bool:
        """Feed what a message of the phone means; None: what is left of the last. True: the others come first."""
        if message is not None:
            # A message that means nothing takes its time as well.
            self._heard = iter(self._stream.receive(message, self._loop.time()) or (None,))
        for event in self._heard:
            if isinstance(event, events.AudioIn):
                self._unscored += 1
                self._batching.add(self, event)
            elif event is not None:
                self._feed(event)
            self._taken += 1
            # What has come is there without waiting: a phone with much to say would keep the others waiting.
            if self._taken >= FAIR_SHARE:
                self._taken = 0
                return True
        return False

    def _send(self) -> None:
        """Send what waits for the phone: at once where the socket takes it, else by the writer."""
        # What the writer has in its hand goes first.
        if self._to_send.is_set():
            return
        if self._direct is None or not self._direct.send_now(iter(self._send_queue.take, None)):
            self._to_send.set()

    async def _write(self) -> None:
        """Send what waits for the phone until its socket is over."""
        with contextlib.suppress(WireClosed):
            while True:
                while (message := self._send_queue.take()) is not None:
                    await self._wire.send(message)
                self._all_sent.set()
                self._to_send.clear()
                await self._to_send.wait()
                self._all_sent.clear()


async def _within_release(closing: Awaitable[object]) -> None:
    """Wait for something to be closed, `RELEASE_S` seconds at most, whatever it raises."""
    with contextlib.suppress(Exception):
        async with asyncio.timeout(RELEASE_S):
            await closing
