"""One call: events in, commands out.

`receive(event, now)` is the only way in. It decides at once, never waits and never reads a clock, so feeding the same
events at the same times gives the same commands. `wake_at()` says when to send a `Tick` if nothing else happens.

What is said by whom is the `TurnTaking`'s; this is what surrounds it: the beginning, the keys, the deadlines.
"""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

from ivr.call import commands, events
from ivr.call.commands import Command, HangUp, Result
from ivr.call.deadlines import Awaited
from ivr.call.ending import LEAVE_STREAM_S, TRANSFER_PATIENCE_S, EndingState, PlannedEnd
from ivr.call.events import Event
from ivr.call.keypad import Keypad
from ivr.call.options import CallOptions
from ivr.call.timeline import Turn
from ivr.call.turn import TurnState
from ivr.call.turn_taking import TurnTaking
from ivr.media import g711
from ivr.media.endpointing import SpeechStarted
from ivr.media.vad.detector import Detector


class Call:
    """Everything that is decided on one call."""

    def __init__(self, options: CallOptions, detector: Detector) -> None:
        self.options = options
        self.talk = TurnTaking(options, detector)
        self._keypad = Keypad(options.keypad_timeout, options.keypad_terminator)

    def __repr__(self) -> str:
        talk = self.talk
        call_id = talk.started.call_id if talk.started else "-"
        state = f"over:{talk.ended.reason}" if talk.ended else talk.floor.state
        return f"<Call {call_id} {state} turns={len(self.turns)} {talk.answers.mouth!r} {talk.ears!r}>"

    @property
    def turns(self) -> list[Turn]:
        """The record of the call so far."""
        return self.talk.answers.turns

    @property
    def ended(self) -> HangUp | None:
        """How the call ended; None: it has not."""
        return self.talk.ended

    # -- the way in ----------------------------------------------------------------------------------------------

    def receive(self, event: Event, now: float) -> list[Command]:
        """What to do about `event`, in order. After `HangUp` nothing more comes, whatever arrives."""
        talk = self.talk
        if talk.ended is not None:
            return []
        self._dispatch(event, now)
        if talk.ended is None and talk.started is not None:
            talk.advance(now)
        out, talk.out = talk.out, []
        return out

    def foresee(self, event: events.AudioIn, now: float) -> tuple[Detector, bytes, bytes | None] | None:
        """What the detector will be asked if this chunk comes now, for a driver that asks for several calls at once.

        None when a chunk is not one frame. Changes nothing.
        """
        talk = self.talk
        if talk.started is None or talk.ending.handing_over or len(event.payload) != g711.FRAME:
            return None
        return talk.ears.foresee(event.payload, talk.answers.mouth.playout.playing(now))

    def wake_at(self) -> float | None:
        """When a `Tick` is due; None: nothing is awaited."""
        if self.talk.ended is not None:
            return None
        times = (self.talk.deadlines.next(), self.talk.answers.wake_at(), self._keypad.wake_at())
        return min((at for at in times if at is not None), default=None)

    def _dispatch(self, event: Event, now: float) -> None:
        talk = self.talk
        match event:
            case events.AudioIn():
                self._on_audio(event, now)
            case events.MarkReached(name=name):
                talk.answers.mouth.mark(name, now)
            case events.Tick():
                self._on_tick(now)
            case events.TtsAudio():
                talk.sound(event, now)
            case events.TtsEnded():
                talk.answers.mouth.speech_ended(event, now)
            case events.TtsFailed():
                talk.speech_failed(event, now)
            case events.ReplyDelta() | events.ReplyPause() | events.ReplyEnded() | events.ReplyFailed():
                talk.reply(event, now)
            case events.TranscriptArrived(utterance=utterance, text=text):
                talk.transcript(utterance, text, now)
            case events.TranscriptFailed(utterance=utterance, reason=reason):
                talk.note("transcript_failed", reason=reason)
                talk.transcript(utterance, None, now)
            case events.DigitPressed(digit=digit):
                self._on_digit(digit, now)
            case events.CallStarted():
                self._on_started(event, now)
            case events.PeerFault(wire=wire, reason=reason):
                talk.note("peer_fault", wire=wire, reason=reason)
            case events.CallerLeft(how=how):
                self._on_left(how, now)
            case events.Transferred():
                self._on_transferred(now)
            case events.TransferFailed(reason=reason):
                self._on_transfer_failed(reason, now)
            case events.Withdraw(reason=reason):
                talk.end(HangUp("indeterminate" if reason == events.SUPERSEDED else "bridge_error", reason), now)
            case _:
                assert_never(event)

    def _on_started(self, event: events.CallStarted, now: float) -> None:
        talk = self.talk
        if talk.started is not None:
            talk.note("peer_fault", wire="phone", reason="second_start")
            return
        talk.started = event
        talk.out.append(commands.WarmUp())
        talk.deadlines.begin("media", now)
        talk.deadlines.begin("length", now)
        greeted = talk.say("greeting", now)
        noticed = talk.say("notice", now)
        talk.protected = noticed or not self.options.interruptible_greeting
        if not greeted and not noticed:
            talk.protected = False
            talk.await_caller(now)

    def _on_audio(self, event: events.AudioIn, now: float) -> None:
        talk = self.talk
        if talk.started is None:
            return
        talk.deadlines.begin("media", now)
        if talk.ending.handing_over:
            return
        playout = talk.answers.mouth.playout
        for frame in talk.ears.frames(event.timestamp_ms, event.payload):
            for edge in talk.ears.hear(frame, playout.playing(now)):
                if isinstance(edge, SpeechStarted):
                    talk.voice(edge, now)
                else:
                    talk.utterance(edge, now)
            talk.follow(now)

    # -- a person takes over -------------------------------------------------------------------------------------

    def _on_transferred(self, now: float) -> None:
        """The carrier will dial: the call is over for us as soon as the caller has left the stream."""
        ending = self.talk.ending
        if ending.handing_over:
            ending.accept()
            self.talk.deadlines.set("transfer", now + LEAVE_STREAM_S)
            if ending.left:
                self._on_transfer_due(now)

    def _on_transfer_due(self, now: float) -> None:
        """The carrier had its time."""
        ending = self.talk.ending
        if ending.state is EndingState.ACCEPTED and ending.plan is not None:
            self.talk.end(replace(ending.plan.hang_up, from_caller=True), now)
        else:
            self._on_transfer_failed("timeout", now)

    def _on_transfer_failed(self, reason: str, now: float) -> None:
        """Nobody was dialled. The caller may have left meanwhile; else it is a question without an answer."""
        talk = self.talk
        if talk.ending.state is not EndingState.HANDING_OVER:
            return
        talk.deadlines.clear("transfer")
        talk.note("transfer_failed", reason=reason)
        talk.ending.refuse()
        if talk.ending.left or reason == "gone":
            self._on_left(talk.ending.left or "stop", now)
            return
        talk.fail("transfer", now)
        if talk.ended is None and talk.floor.state is TurnState.LISTENING:
            talk.await_caller(now)

    def _on_left(self, how: str, now: float) -> None:
        """The stream has ended from the other side: the caller has hung up, unless it was left for a person."""
        ending = self.talk.ending
        if ending.handing_over:
            ending.leave(how)
            if ending.state is EndingState.ACCEPTED:
                self._on_transfer_due(now)
        else:
            result: Result = "success" if how == "stop" else "indeterminate"
            self.talk.end(HangUp(result, f"caller_{how}", from_caller=True), now)

    # -- keys ----------------------------------------------------------------------------------------------------

    def _on_digit(self, digit: str, now: float) -> None:
        talk = self.talk
        if not talk.ending.interruptible:
            return
        talk.ears.deafen()
        talk.take_floor(now)
        keys = self._keypad.press(digit, now)
        if keys is not None:
            self._ask_keys(keys, now)
        else:
            talk.await_caller(now)

    def _ask_keys(self, keys: str, now: float) -> None:
        self.talk.take_floor(now)
        turn = self.talk.answers.open_turn("dtmf")
        turn.put_question(keys)
        self.talk.ask(turn, "dtmf", now)

    # -- time ----------------------------------------------------------------------------------------------------

    def _on_tick(self, now: float) -> None:
        talk = self.talk
        for name in talk.deadlines.due(now):
            self._on_overdue(name, now)
            if talk.ended is not None:
                return
        stalled = talk.answers.mouth.stalled(now)
        if stalled is not None:
            talk.speech_failed(stalled, now)
        keys = self._keypad.tick(now)
        if keys is not None and talk.ending.interruptible:
            self._ask_keys(keys, now)
        talk.answers.tick(now)

    def _on_overdue(self, name: Awaited, now: float) -> None:
        talk = self.talk
        match name:
            case "transcript":
                for utterance in talk.listening.questions.open:
                    talk.out.append(commands.ForgetTranscript(utterance))
                    talk.note("transcript_failed", reason="timeout")
                    talk.transcript(utterance, None, now)
            case "reply":
                number = talk.answers.turn.number
                talk.out.append(commands.CloseReply(number))
                talk.reply(events.ReplyFailed(number, "stalled"), now)
            case "silence":
                self._on_silence(now)
            case "dead_air":
                talk.fill(now)
            case "media":
                talk.end(HangUp("indeterminate", "no_media"), now)
            case "transfer":
                self._on_transfer_due(now)
            case "length" if talk.ending.handing_over:
                talk.deadlines.set("length", now + TRANSFER_PATIENCE_S)
            case "length":
                self._say_goodbye(HangUp("success", "call_too_long"), now)
            case _:
                assert_never(name)

    def _on_silence(self, now: float) -> None:
        talk = self.talk
        talk.prompts += 1
        if talk.prompts > self.options.silence_prompts:
            self._say_goodbye(HangUp("caller_error", "caller_silent"), now)
        elif not talk.say("still_there", now):
            talk.await_caller(now)

    def _say_goodbye(self, hang_up: HangUp, now: float) -> None:
        """Whatever is going on is over: take leave, and hang up once that was heard."""
        self.talk.take_floor(now)
        self.talk.part(PlannedEnd(hang_up, words=("goodbye",)), now)
