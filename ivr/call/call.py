"""One call: events in, commands out.

`receive(event, now)` is the only way in. It decides at once, never waits and never reads a clock, so feeding the same
events at the same times gives the same commands. `wake_at()` says when to send a `Tick` if nothing else happens.

The caller's side (`Ears`, `Questions`, `Keypad`) makes questions, the agent's side (`Answers`) answers them, the
`Floor` says whose turn it is. A voice over an answer takes the floor in two steps: the mouth is held (yield), and then
the answer is dropped (commit) or goes on (resume). What a dropped answer left unheard goes into the next request; when
nothing of it was heard, its question is asked again together with the new words.
"""

from __future__ import annotations

from typing import Literal, TypeAlias, assert_never

from ivr.call import bargein, commands, events
from ivr.call.answers import Answers, ReplyEvent
from ivr.call.commands import Command, HangUp, Result
from ivr.call.deadlines import Deadlines
from ivr.call.ears import Ears
from ivr.call.events import Event
from ivr.call.keypad import Keypad
from ivr.call.options import CallOptions, PhraseName
from ivr.call.questions import Questions
from ivr.call.timeline import Overlap, Turn
from ivr.call.turn import Floor, State, Trigger
from ivr.media import endpointing
from ivr.media.vad import Detector

Awaited: TypeAlias = Literal["transcript", "reply", "silence", "media", "length"]


class Call:
    """Everything that is decided on one call."""

    def __init__(self, options: CallOptions, detector: Detector) -> None:
        self.options = options
        self.started: events.CallStarted | None = None
        self.ended: HangUp | None = None
        self.floor = Floor()
        self.answers = Answers(options)
        self.ears = Ears(options, detector)
        self._questions = Questions()
        self._keypad = Keypad(options.keypad_timeout, options.keypad_terminator)
        self._deadlines: Deadlines[Awaited] = Deadlines()
        self._farewell: HangUp | None = None
        self._protected = False
        self._prompts = 0
        self._failures = 0
        self._out: list[Command] = []

    def __repr__(self) -> str:
        call_id = self.started.call_id if self.started else "-"
        state = f"over:{self.ended.reason}" if self.ended else self.floor.state
        return f"<Call {call_id} {state} turns={len(self.turns)} {self.answers.mouth!r} {self.ears!r}>"

    @property
    def turns(self) -> list[Turn]:
        """The record of the call so far."""
        return self.answers.turns

    # -- the way in ----------------------------------------------------------------------------------------------

    def receive(self, event: Event, now: float) -> list[Command]:
        """What to do about `event`, in order. After `HangUp` nothing more comes, whatever arrives."""
        if self.ended is not None:
            return []
        self._out = []
        self._dispatch(event, now)
        if self.ended is None and self.started is not None:
            self._advance(now)
        return self._out

    def wake_at(self) -> float | None:
        """When a `events.Tick` is due; None: nothing is awaited."""
        if self.ended is not None:
            return None
        times = (self._deadlines.next(), self.answers.wake_at(), self._keypad.wake_at())
        return min((at for at in times if at is not None), default=None)

    def _dispatch(self, event: Event, now: float) -> None:
        match event:
            case events.AudioIn():
                self._on_audio(event, now)
            case events.MarkReached(name=name):
                self.answers.mouth.mark(name, now)
            case events.Tick():
                self._on_tick(now)
            case events.SpeechAudio():
                self.answers.mouth.audio(event, now)
            case events.SpeechEnded():
                self.answers.mouth.speech_ended(event)
            case events.SpeechFailed():
                self._on_speech_failed(event, now)
            case events.ReplyDelta() | events.ReplyPause() | events.ReplyEnded() | events.ReplyFailed():
                self._on_reply(event, now)
            case events.TranscriptArrived(utterance=utterance, text=text):
                self._on_transcript(utterance, text, now)
            case events.TranscriptFailed(utterance=utterance, reason=reason):
                self._note("transcript_failed", reason=reason)
                self._on_transcript(utterance, None, now)
            case events.DigitPressed(digit=digit):
                self._on_digit(digit, now)
            case events.CallStarted():
                self._on_started(event, now)
            case events.PeerFault(wire=wire, reason=reason):
                self._note("peer_fault", wire=wire, reason=reason)
            case events.CallerLeft(how=how):
                self._end("success" if how == "stop" else "indeterminate", f"caller_{how}", now, from_caller=True)
            case events.Withdraw(reason=reason):
                self._end("bridge_error", reason, now)
            case _:
                assert_never(event)

    def _note(self, name: str, **fields: str | int | float | bool) -> None:
        self._out.append(commands.Note(name, fields))

    def _advance(self, now: float) -> None:
        """After every event: let the mouth go on and notice what is finished."""
        self._out += self.answers.mouth.pump(now)
        if self.floor.state is State.THINKING and self.answers.sounded:
            self.floor.go(Trigger.SAY)
        if self.floor.state in (State.SPEAKING, State.THINKING) and self.answers.done:
            self._on_all_heard(now)

    # -- beginning and end ---------------------------------------------------------------------------------------

    def _on_started(self, event: events.CallStarted, now: float) -> None:
        if self.started is not None:
            self._note("peer_fault", wire="phone", reason="second_start")
            return
        self.started = event
        self._out.append(commands.WarmUp())
        self._deadlines.set("media", now + self.options.media_timeout)
        if self.options.max_call:
            self._deadlines.set("length", now + self.options.max_call)
        if self._say("greeting", now):
            self._protected = not self.options.interruptible_greeting
        else:
            self._await_caller(now)

    def _on_all_heard(self, now: float) -> None:
        self._note_turn(self.answers.close_turn("failed" if self.answers.turn.failure else "heard", now))
        self._protected = False
        if self._farewell is not None:
            self._end(self._farewell.result, self._farewell.reason, now)
            return
        self.floor.go(Trigger.NOTHING)
        if self.ears.speaking:
            self.floor.go(Trigger.VOICE)
        else:
            self._await_caller(now)

    def _bid_farewell(self, phrase: PhraseName, farewell: HangUp, now: float) -> None:
        """Say a last phrase, which nobody interrupts, and hang up once it was heard."""
        self._drop_questions()
        self._interrupt(now)
        if self._say(phrase, now):
            self._farewell, self._protected = farewell, True
        else:
            self._end(farewell.result, farewell.reason, now)

    def _end(self, result: Result, reason: str, now: float, *, from_caller: bool = False) -> None:
        """The call is over: stop everything that still runs for it."""
        self._drop_questions()
        self._interrupt(now)
        self.ended = HangUp(result, reason, from_caller)
        self._out.append(self.ended)

    # -- time ----------------------------------------------------------------------------------------------------

    def _on_tick(self, now: float) -> None:
        for name in self._deadlines.due(now):
            self._on_overdue(name, now)
            if self.ended is not None:
                return
        stalled = self.answers.mouth.stalled(now)
        if stalled is not None:
            self._on_speech_failed(stalled, now)
        keys = self._keypad.tick(now)
        if keys is not None and self.ended is None:
            self._ask_keys(keys, now)
        self.answers.tick(now)

    def _on_overdue(self, name: Awaited, now: float) -> None:
        match name:
            case "transcript":
                for utterance in self._questions.open:
                    self._out.append(commands.ForgetTranscript(utterance))
                    self._note("transcript_failed", reason="timeout")
                    self._on_transcript(utterance, None, now)
            case "reply":
                self._out.append(commands.CloseReply(self.answers.turn.number))
                self._on_reply(events.ReplyFailed(self.answers.turn.number, "stalled"), now)
            case "silence":
                self._on_silence(now)
            case "media":
                self._end("indeterminate", "no_media", now)
            case "length":
                self._bid_farewell("goodbye", HangUp("success", "call_too_long"), now)
            case _:
                assert_never(name)

    def _await_caller(self, now: float) -> None:
        if self.options.silence_timeout:
            self._deadlines.set("silence", now + self.options.silence_timeout)

    def _on_silence(self, now: float) -> None:
        self._prompts += 1
        if self._prompts > self.options.silence_prompts:
            self._bid_farewell("goodbye", HangUp("caller_error", "caller_silent"), now)
        elif not self._say("still_there", now):
            self._await_caller(now)

    # -- the caller speaks ---------------------------------------------------------------------------------------

    def _on_audio(self, event: events.AudioIn, now: float) -> None:
        if self.started is None:
            return
        self._deadlines.set("media", now + self.options.media_timeout)
        for frame in self.ears.frames(event.timestamp_ms, event.payload):
            for heard in self.ears.hear(frame, self.answers.mouth.playout.playing(now)):
                if isinstance(heard, endpointing.SpeechStarted):
                    self._on_voice(heard, now)
                else:
                    self._on_utterance(heard, now)
            if self.floor.state is State.YIELDING:
                self._judge(now)

    def _on_voice(self, voice: endpointing.SpeechStarted, now: float) -> None:
        state = self.floor.state
        if state in (State.LISTENING, State.TRANSCRIBING):
            self._deadlines.clear("silence")
            self.floor.go(Trigger.VOICE)
        elif state in (State.THINKING, State.SPEAKING) and not self._protected:
            self.floor.go(Trigger.VOICE)
            held = self.answers.mouth.hold(now)
            self._out += held
            overlap = Overlap(self.ears.at(voice.onset, now), now, now if held else None)
            self.answers.turn.overlaps.append(overlap)

    def _judge(self, now: float) -> None:
        verdict = bargein.judge(self.ears.speech_ms, self.ears.silence_ms, self.ears.speaking, self.options)
        if verdict is None:
            return
        overlap = self.answers.turn.overlaps[-1]
        overlap.verdict, overlap.rule, overlap.verdict_at = verdict.kind, verdict.rule, now
        self._note("overlap", verdict=verdict.kind, rule=verdict.rule, ms=round((now - overlap.onset_at) * 1000))
        if verdict.kind == "commit":
            self._interrupt(now)
            self.floor.go(Trigger.COMMIT)
        else:
            self.ears.abandon()
            self.floor.go(Trigger.RESUME_SPEAKING if self.answers.sounded else Trigger.RESUME_THINKING)
            self._out += self.answers.mouth.resume(now)

    def _interrupt(self, now: float) -> None:
        """Drop what is left of the current answer; an answer of which nothing was heard leaves its question."""
        self._farewell, self._protected = None, False
        was_open = self.answers.open
        self._out += self.answers.drop(now)
        self._deadlines.clear("reply", "silence")
        if was_open:
            turn = self.answers.turn
            self._note_turn(turn)
            if turn.outcome == "superseded" and turn.kind == "speech":
                self._questions.carry(turn.text)

    def _on_utterance(self, ended: endpointing.SpeechEnded, now: float) -> None:
        if self.floor.state is not State.HEARING:
            if self.floor.state is not State.YIELDING:
                self._note("speech_ignored", voiced_ms=ended.voiced_ms)
            return
        self.floor.go(Trigger.ENDPOINT)
        begun, over = self.ears.at(ended.onset, now), self.ears.at(ended.end, now)
        number = self._questions.add(begun, over, now, ended.voiced_ms)
        self._out.append(commands.Transcribe(number, ended.pcm))
        self._deadlines.set("transcript", now + self.options.transcript_timeout)

    def _on_transcript(self, utterance: int, text: str | None, now: float) -> None:
        """Words for an utterance; None: the ears failed."""
        if not self._questions.resolve(utterance, text, now) or self._questions.open:
            return
        self._deadlines.clear("transcript")
        if self.floor.state is State.TRANSCRIBING:
            self._put_question(now)

    def _put_question(self, now: float) -> None:
        if self._questions.text():
            turn = self.answers.open_turn("speech")
            self._questions.take(turn)
            self._ask(turn, "speech", now)
            return
        failed, voiced_ms = self._questions.give_up()
        cut_off = bool(self.turns) and self.answers.turn.outcome == "interrupted"
        if failed:
            self._fail("ears", now)
        elif voiced_ms >= bargein.WORD_MS or cut_off:
            self._note("nothing_understood", voiced_ms=voiced_ms)
            self._say("reprompt", now)
        if self.floor.state is State.TRANSCRIBING:
            self.floor.go(Trigger.NOTHING)
            self._await_caller(now)

    def _drop_questions(self) -> None:
        self._out += [commands.ForgetTranscript(n) for n in self._questions.forget()]
        self._deadlines.clear("transcript")

    def _on_digit(self, digit: str, now: float) -> None:
        if self._protected and self._farewell is not None:
            return
        self.ears.deafen()
        self._take_floor(now)
        keys = self._keypad.press(digit, now)
        if keys is not None:
            self._ask_keys(keys, now)
        else:
            self._await_caller(now)

    def _take_floor(self, now: float) -> None:
        """The caller uses the keys: whatever else is going on is over."""
        self._drop_questions()
        self._interrupt(now)
        self._questions.forget()
        if self.floor.state is not State.LISTENING:
            self.floor.go(Trigger.NOTHING)

    def _ask_keys(self, keys: str, now: float) -> None:
        self._take_floor(now)
        turn = self.answers.open_turn("dtmf")
        turn.text = keys
        self._ask(turn, "dtmf", now)

    # -- the agent answers ---------------------------------------------------------------------------------------

    def _ask(self, turn: Turn, event: Literal["speech", "dtmf"], now: float) -> None:
        self._prompts = 0
        turn.asked_at = now
        if self.started is None:
            raise RuntimeError("a question before the call has started")
        request = self.answers.request(turn, event, self.started)
        self.floor.go(Trigger.ASK)
        self._deadlines.clear("silence")
        self._deadlines.set("reply", now + self.options.reply_timeout)
        self._out.append(commands.RequestReply(turn.number, request))

    def _on_reply(self, event: ReplyEvent, now: float) -> None:
        if not self.answers.reply(event, now):
            return
        if isinstance(event, events.ReplyDelta | events.ReplyPause):
            self._deadlines.set("reply", now + self.options.reply_timeout)
            return
        self._deadlines.clear("reply")
        turn = self.answers.turn
        closing = isinstance(event, events.ReplyEnded) and event.hang_up
        if closing:
            self._farewell = HangUp("success", "agent_goodbye")
        if turn.failure or not (turn.sentences or closing):
            turn.failure = turn.failure or "empty"
            self._note("reply_failed", reason=turn.failure)
            self._fail("agent", now)
        else:
            self._failures = 0

    def _on_speech_failed(self, event: events.SpeechFailed, now: float) -> None:
        stop = self.answers.speech_failed(event)
        if stop is None:
            return
        self._out += stop
        self._deadlines.clear("reply")
        self._note("speech_failed", reason=event.reason)
        self._fail("voice", now)

    def _fail(self, who: Literal["ears", "agent", "voice"], now: float) -> None:
        """An upstream has let the caller down: say so, or give the call up.

        Without a voice and without a prepared phrase there is nothing to say; the carrier's fallback takes over.
        """
        self._failures += 1
        self._note("upstream_failed", who=who, in_a_row=self._failures)
        last = HangUp("upstream_error", f"{who}_unavailable")
        if who == "voice" and not self.answers.phrase_is_ready("apology"):
            self._end(last.result, last.reason, now)
        elif self._failures >= self.options.failures_in_a_row:
            self._bid_farewell("apology", last, now)
        else:
            self._say("apology", now)

    # -- turns and phrases ---------------------------------------------------------------------------------------

    def _say(self, name: PhraseName, now: float) -> bool:
        """Say fixed words of the line. False: it has none."""
        if not self.answers.say_phrase(name, now):
            return False
        if self.floor.state is not State.YIELDING:
            self.floor.go(Trigger.SAY)
        return True

    def _note_turn(self, turn: Turn) -> None:
        self._note("turn", turn=turn.number, kind=turn.kind, outcome=turn.outcome, sentences=len(turn.sentences))
