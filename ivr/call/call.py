"""Decide one call: events in, commands out.

`receive(event, now)` is the only way in: it never waits and never reads a clock, so that the same events at the same
times give the same commands. `wake_at()` says when to send a `Tick` if nothing else happens.

The caller's side (`CallerInput`, `Speculation`, `Overlaps`, `Keypad`) makes questions. The agent's side (`AgentTurns`,
`SpeechOutput`, `Fillers`, `OwnWords`) answers them. `Floor` is the table of turns, `Ending` that of the call's end;
`CallEnding` does what both ask for when an answer or the call ends.
"""

from __future__ import annotations

from typing import assert_never

from ivr.call import commands, events
from ivr.call.actions import Message, TransferResult
from ivr.call.agent.agent_turns import AgentTurns
from ivr.call.agent.eager import EagerAnswer
from ivr.call.agent.fillers import Fillers
from ivr.call.agent.key_actions import KeyActions
from ivr.call.agent.message_taking import MessageTaking
from ivr.call.agent.opening import Opening
from ivr.call.agent.output import SpeechOutput
from ivr.call.agent.own_words import OwnWords
from ivr.call.agent.telling import Telling, told_of
from ivr.call.call_ending import CallEnding
from ivr.call.call_language import CallLanguage
from ivr.call.caller.barge_in import Verdict
from ivr.call.caller.input import CallerInput
from ivr.call.caller.keypad import KEYPAD
from ivr.call.caller.next_answer import NextAnswer
from ivr.call.caller.prompts import Prompts
from ivr.call.caller.speculation import MAYBE_WORDS_MS, Speculation
from ivr.call.commands import Command, HangUp
from ivr.call.deadlines import Awaited, Deadlines
from ivr.call.ending import TRANSFER_PATIENCE_S, Ending, PlannedEnd
from ivr.call.line_watch import PROBE, LineWatch
from ivr.call.options import CallOptions
from ivr.call.overlaps import Overlaps
from ivr.call.placed.who_answers import WhoAnswers
from ivr.call.timeline import Turn
from ivr.call.turn import AGENT_HAS_FLOOR, ANSWERING, HEARING, OWED, Floor, TurnState, TurnTrigger
from ivr.media.acoustics import Acoustics
from ivr.media.endpointing import SpeechEnded
from ivr.media.jitter_buffer import Frame
from ivr.text.transcript import words_in


class Call:
    """Decide everything on one call. `acoustics` measures its audio."""

    def __init__(self, options: CallOptions, acoustics: Acoustics | None = None) -> None:
        self.options = options
        self.acoustics = acoustics or Acoustics()
        self.floor = Floor()
        self.ending = Ending(options)
        self._started: events.CallStarted | None = None
        self._input = CallerInput(options, self.acoustics)
        self._output = SpeechOutput(options, self.acoustics)
        self._agent_turns = AgentTurns(options, self._output)
        said = self._agent_turns.said_lately, self._agent_turns.said_last
        self._speculation = Speculation(options, self._input, *said)
        self._overlaps = Overlaps(options, self.floor, self._input, self._speculation, self._output, self._agent_turns)
        self._fillers = Fillers(options)
        self._deadlines = Deadlines(options)
        self._line_watch = LineWatch(options.media_timeout)
        self._out: list[Command] = []  # of the event that is being decided, by all machines
        self._words = OwnWords(options, self.floor, self._output, self._agent_turns, self._fillers, self._out)
        self._prompts = Prompts(options.silence_prompts)
        self._next_answer = NextAnswer(self._speculation, self._deadlines)
        self._taking = MessageTaking(options, self._deadlines, self._words, self._speculation, self._input)
        sides = self._words, self._speculation, self._input, self._taking
        self._eager = EagerAnswer(options, self._deadlines, *sides)
        self._end = CallEnding(self.ending, self._deadlines, *sides, self._overlaps, self._eager)
        self._opening = Opening(options, self.ending, self._deadlines, self._words, self._speculation.utterances)
        self.stands = self._opening.stands
        machines = self._speculation, self._output, self._agent_turns, self._words, self._opening, self._eager
        self.language = CallLanguage(options, self._out, *machines)
        self._keys = KeyActions(options, self._end, self._words, self._deadlines, self._input, self.language)
        self._who_answers = WhoAnswers(options, self.acoustics, self._input, self._deadlines, self._end, self._out)
        self._telling = Telling(options, self._agent_turns, self._taking.message)

    def __repr__(self) -> str:
        call_id = self._started.call_id if self._started else "-"
        state = f"over:{self.ended.reason}" if self.ended else self.floor.state
        return f"<Call {call_id} {state} turns={len(self.turns)} {self._output!r} {self._input!r}>"

    @property
    def turns(self) -> list[Turn]:
        """Return the record of the call so far."""
        return self._agent_turns.turns

    @property
    def ended(self) -> HangUp | None:
        """Return how the call ended; None: it has not."""
        return self.ending.hang_up

    def receive(self, event: events.Event, now: float) -> list[Command]:
        """Return what to do about an event, in order. After `HangUp` nothing more comes, whatever arrives."""
        self.acoustics.begin()
        if self.ending.hang_up is not None:
            return []
        self._line_watch.take(event, now)
        state = self.floor.state
        self._decide(event, now)
        if self._end.not_dialled:
            self._tell_not_dialled(now)
        # Audio of the caller that changes nothing leaves the agent's side as it was until something is due there.
        still = type(event) is events.AudioIn and not self._out and self.floor.state is state
        if still and self._agent_turns.at_rest(now):
            return []
        if self.ended is None and self._started is not None:
            self._advance(now)
        if self.ended is not None:
            place = self._out.index(self.ended)
            told = self._telling.ended(self.ended, self._started, self._opening.lasted_s(now), self.ending.may_return)
            self._out[place:place] = told
        out = [*self._out]
        self._out.clear()
        return out

    def _decide(self, event: events.Event, now: float) -> None:
        match event:
            case events.AudioIn():
                self._hear(self._input.frames(event), now)
            case events.MarkReached(name=name):
                self._output.mark(name, now)
            case events.Tick(stood_s=stood):
                self._tick(now, stood)
            case events.TtsAudio():
                self._output.audio(event, now)
                if self._output.open:
                    self._fillers.sounded()
            case events.TtsEnded():
                self._output.speech_ended(event, now)
            case events.TtsFailed():
                self._end.speech_failed(event, now)
            case events.CallAnswered(by=by):
                self._who_answers.told(by, now, self._open)
            case (
                events.ReplyDelta() | events.ReplyPause() | events.ReplyAction()
                | events.ReplyEnded() | events.ReplyFailed()
            ):  # fmt: skip
                self._reply(event, now)
            case events.TranscriptArrived(utterance=utterance, text=text):
                self._transcript(utterance, words_in(self._speculation.without_echo(utterance, text, now)), now)
            case events.TurnJudged(utterance=utterance, probability=probability):
                # A question that is held is held shorter or longer.
                if self._speculation.judged(utterance, probability) and self._deadlines.runs("more"):
                    self._put_question(now)
            case events.TranscriptFailed(utterance=utterance, reason=reason):
                self._note("transcript_failed", reason=reason)
                self._transcript(utterance, None, now)
            case events.DigitPressed(digit=key):
                self._press(key, now)
            case events.CallStarted():
                self._start(event, now)
            case events.PeerFault(wire=wire, reason=reason):
                self._note("peer_fault", wire=wire, reason=reason)
            case events.CallerLeft() | events.Transferred() | events.TransferFailed() | events.Withdraw():
                self._end.take(event, now)
            case events.Operated():
                refused = self._end.operate(event, now) if self._started is not None else "ending"
                self._note("operator_act", act=event.act, refused=refused)
            case _:
                assert_never(event)

    def wake_at(self) -> float | None:
        """Return when a `Tick` is due, in seconds of `now`; None: nothing is awaited."""
        if self.ending.hang_up is not None:
            return None
        wake_at = self._line_watch.wake_at(speaking=self._input.speaking)
        for at in (self._deadlines.next(), self._agent_turns.wake_at(), self._speculation.utterances.keypad.wake_at()):
            if at is not None and (wake_at is None or at < wake_at):
                wake_at = at
        return wake_at

    def _start(self, event: events.CallStarted, now: float) -> None:
        """Begin the call with the first words of the line."""
        if self._started is not None:
            self._note("peer_fault", wire="phone", reason="second_start")
            return
        self._started = event
        self._out.append(commands.WarmUp())
        self._agent_turns.context = event.context
        self.language.begin(event.resumption)
        if event.resumption is not None or not self._who_answers.begin(event, now):
            self._open(event, now)

    def _open(self, event: events.CallStarted, now: float) -> None:
        """Say the first words, or go on where the call stood."""
        if (turn := self._opening.begin(event, now)) is not None:
            self._ask(turn, now)
            self._opening.say_meanwhile(now)
        if self.options.message_first:
            self._taking.want(Message())
            if self.floor.state is TurnState.LISTENING:
                self._taking.announce(now)
        if (plan := self._opening.hand_over) is not None:
            self._end.say_goodbye(plan, now)

    def _advance(self, now: float) -> None:
        """Let speech output go on after an event, and notice what is finished."""
        self._out += self._output.pump(now)
        while (language := self._agent_turns.language_reached()) is not None:
            self.language.change(language, "agent")
        if self.ending.interruptible and not self._eager.open and self._words.advance(now):
            self._deadlines.clear("silence")
            self._out += self._output.pump(now)
        self._judge_beneath(now)
        if self.floor.state is TurnState.THINKING and self._agent_turns.sounded:
            self.floor.go(TurnTrigger.SAY)
        if self.floor.state in ANSWERING and self._agent_turns.done:
            self._all_heard(now)
        if self._overlaps.held or self._eager.open:
            self._deadlines.clear("filler")
        # While words are owed to the caller, the caller's silence is watched; a voice does not end the wait.
        elif self.ended is None:
            # A question that waits for more of it, in words or keys, is the caller's own silence.
            own = self._deadlines.runs("more") or self._speculation.utterances.keypad.typing
            owed = self.floor.state in OWED and not own
            due = self._fillers.due_at(self._output.silent_from, now, owed=owed, arriving=self._agent_turns.arriving)
            self._deadlines.move("filler", due)
        self._agent_turns.settle()

    def _note(self, name: str, /, **fields: str | int | float | bool) -> None:
        """Tell the observers."""
        self._out.append(commands.Note(name, fields))

    # -- the caller speaks ---------------------------------------------------------------------------------------

    def _hear(self, frames: list[Frame], now: float) -> None:
        """Follow the caller's audio, frame by frame."""
        # While the carrier dials a person, the caller is not listened to.
        if self._started is None or self.ending.handing_over:
            return
        for frame, speech in frames:
            ended = self._input.hear(frame, speech, self._output.playout.playing(now))
            # Who has answered a call that was placed is found out before anything is a question.
            if self._who_answers.listens and self._who_answers.hear(frame, now, self._open):
                if self.ended is not None:
                    return
                continue
            if ended is not None:
                self._ended(ended, now)
            # Where only keys are an answer, a voice neither interrupts nor asks.
            if self._next_answer.keys_only and not (self._overlaps.held or self._taking.records):
                self._input.abandon()
                continue
            if self._eager.open and self._eager.keeps(now):
                continue
            state = self.floor.state
            if state is HEARING:
                self._out += self._speculation.follow(now)
            elif state in AGENT_HAS_FLOOR:
                if self._overlaps.follows:
                    self._out += (out := self._overlaps.frame(now, interruptible=self._interruptible))
                    if out and any(isinstance(command, commands.Transcribe) for command in out):
                        self._deadlines.begin("transcript", now)
                self._out += self._overlaps.let_begin(now)
            elif self._input.speaking:
                if self._taking.records or self._speculation.may_be_caller(asked_in_vain=self._prompts.silent > 0):
                    self._deadlines.clear("silence", "more")
                    self.floor.go(TurnTrigger.VOICE)
                    self._out.append(commands.WarmUp())
                elif self._input.speech_ms >= MAYBE_WORDS_MS:
                    self._input.abandon()

    def _ended(self, utterance: SpeechEnded, now: float) -> None:
        """Take an utterance that is over."""
        if (kept := self._eager.release(utterance, now)) is not None:
            self._answer_over(self._agent_turns.turn)
            for event in kept:
                self._decide(event, now)
        elif self.floor.state is TurnState.HEARING:
            self._out += self._speculation.ended(utterance, now)
            self._end_hearing(now)
        # What was said beneath words that nothing may interrupt is answered after them.
        elif self._words.protected and self.ending.interruptible and utterance.voiced_ms >= self.options.word_ms:
            self._out += self._speculation.ended(utterance, now, beneath=True)
            self._deadlines.begin("transcript", now)
        elif self.floor.state is TurnState.LISTENING or not (self._interruptible or self._overlaps.held):
            self._note("speech_ignored", voiced_ms=utterance.voiced_ms)

    def _end_hearing(self, now: float) -> None:
        """Wait for the words of what the caller has said, or for more of a message."""
        if self._taking.records:
            self._taking.utterance_ended(now)
            return
        self.floor.go(TurnTrigger.ENDPOINT)
        self._deadlines.begin("transcript", now)
        self._put_question(now)

    # -- barge-in ------------------------------------------------------------------------------------------------

    @property
    def _interruptible(self) -> bool:
        return self.ending.interruptible and not self._words.protected

    def _overlap_words(self, number: int, text: str | None, now: float) -> None:
        """Judge words over the agent, perhaps none (None: STT failed): the caller or the agent has the floor."""
        verdict = self._overlaps.words(number, text)
        if verdict is None:
            return
        if verdict.kind == "resume":
            self._out += self._overlaps.go_on(number, verdict, now)
            # The agent goes on working, and says so to a caller who asks whether it is there.
            if self._overlaps.is_left_waiting(text) and self._fillers.may_answer:
                self._words.fill(now)
            return
        match self.floor.state:
            case TurnState.SPEAKING | TurnState.THINKING if self._interruptible:
                self._out += self._overlaps.hold(now)
                self._commit(number, verdict, now)
            case TurnState.YIELDING:
                self._commit(number, verdict, now)
            case TurnState.LISTENING:
                self._deadlines.clear("silence")
                self.floor.go(TurnTrigger.VOICE)
                self._take_words(number, now)

    def _judge_beneath(self, now: float) -> None:
        """Judge what was said beneath words that nothing might interrupt: these are over, and the answer goes on."""
        if self.floor.state not in ANSWERING or self._agent_turns.done or not self._interruptible or self._eager.open:
            return
        turn = self._agent_turns.turn
        for number, text in self._speculation.take_beneath():
            self._overlap_words(number, text, now)
            # One that interrupts takes the others into its question.
            if self._agent_turns.turn is not turn or self.floor.state not in ANSWERING:
                return

    def _commit(self, number: int, verdict: Verdict, now: float) -> None:
        """Give the caller the floor: the words were an interruption, or go on with the question."""
        self._out += self._overlaps.settle(verdict, now)
        self._fillers.begin_anew(self._speculation.utterances.sent_at(number))
        self.ending.call_off()
        self._end.drop_answer(now)
        self._speculation.goes_on(number)
        self.floor.go(TurnTrigger.COMMIT)
        self._take_words(number, now)

    def _take_words(self, number: int, now: float) -> None:
        """Take what the caller has to say; these words may be a part of it."""
        whole, out = self._overlaps.take(number, now)
        self._out += out
        if whole:
            self._end_hearing(now)

    # -- the caller's words and keys -----------------------------------------------------------------------------

    def _transcript(self, number: int, text: str | None, now: float) -> None:
        """Take the words of an utterance; None: STT failed."""
        early = number == self._speculation.early
        if not self._speculation.found(number, text, now):
            return
        if text is None and self._taking.runs:
            self._taking.message.lose_words()
        answering = self.floor.state in ANSWERING
        beneath = self._words.protected or (answering and self._speculation.is_beneath(number))
        if self._speculation.take_late(number) or (early and self.floor.state is TurnState.YIELDING):
            self._overlap_words(number, text, now)
        # A sign of listening, or a noise, beneath words that nothing interrupts.
        elif beneath and self._overlaps.is_no_question(text) and not self._taking.runs:
            self._speculation.utterances.drop(number)
        if self.floor.state is TurnState.TRANSCRIBING:
            self._put_question(now)
        elif early and text and self.language.decided and self._eager.may_ask():
            self._ask(self._eager.begin(now), now)

    def _put_question(self, now: float) -> None:
        """Ask the agent once nothing is awaited of the caller any more."""
        utterances = self._speculation.utterances
        if not utterances.complete or self.floor.state not in (TurnState.LISTENING, TurnState.TRANSCRIBING):
            return
        self._deadlines.clear("transcript")
        if self._taking.closes:
            self._ask(self._taking.open_turn(), now)
            return
        if text := utterances.text():
            # A caller who has not finished is given time to go on; then it is asked as it is.
            waits = self.floor.state is TurnState.TRANSCRIBING
            if waits and (until := self._speculation.more_until(now)) is not None:
                self._deadlines.set("more", until)
                return
            self._deadlines.clear("more")
            self.language.follow(text)
            turn = self._agent_turns.open_turn("dtmf" if utterances.only_keys else "speech")
            self._out += self._speculation.asked(turn.number, now)
            utterances.take(turn)
            self._ask(turn, now)
            return
        self._speculation.forget_pause()
        failed, voiced_ms = utterances.give_up()
        if failed:
            self._end.fail("stt", now)
        # A noise is passed over, unless it cut the agent off: the caller waits for something to be said then.
        elif voiced_ms >= MAYBE_WORDS_MS or self._agent_turns.was_interrupted:
            self._note("nothing_understood", voiced_ms=voiced_ms)
            if self._prompts.may_ask_again():
                self._words.say("reprompt", now)
        if self.ended is None and self.floor.state is TurnState.TRANSCRIBING:
            self.floor.go(TurnTrigger.NOTHING)
            # The wait for words goes on as if there had been no noise.
            self._deadlines.begin("silence", self._prompts.silent_since(now))

    def _press(self, key: str, now: float) -> None:
        """Take a key; it interrupts what is said, unless that is protected or the bridge's last words."""
        # A phone sends only these; anything else is a fault of the carrier's.
        if self._started is None or not self.ending.interruptible or key not in KEYPAD:
            return
        if self._taking.takes_key(key, now):
            self._message_over(now)
            return
        self._eager.withdraw("keys", now)
        if not self._speculation.utterances.keypad.typing and self._keys.press(key, now, self._clear_floor):
            self._prompts.answered()
            return
        utterances = self._speculation.utterances
        heard = self.floor.state in (TurnState.HEARING, TurnState.TRANSCRIBING)
        only_ends = utterances.keypad.only_ends(key, now, unanswered=heard or self._agent_turns.unanswered(now))
        # Nothing is cut off that must be said: the keys wait for its end.
        if not self._words.protected and (not only_ends or self.floor.state is TurnState.HEARING):
            self._clear_floor(now)
        if only_ends:
            # A question that waits for more of it is whole now.
            self._speculation.closed = heard
            if self._deadlines.runs("more"):
                self._put_question(now)
            return
        self._prompts.answered()
        self._deadlines.clear("silence", "more")
        self._input.deafen()
        self._next_answer.begin_keys()
        utterances.press(key, now)
        if not utterances.keypad.typing:
            self._put_question(now)

    def _message_over(self, now: float) -> None:
        """Tell the agent of a message that is over, once nothing is being said and its words are there."""
        if self._taking.closes and self.floor.state is TurnState.LISTENING:
            if not self._speculation.utterances.complete:
                self._taking.goes_on_waiting(now)
            self._put_question(now)

    def _clear_floor(self, now: float) -> None:
        """Give the floor to the caller's keys; words that were said before them are kept."""
        if self.floor.state in (TurnState.LISTENING, TurnState.TRANSCRIBING):
            return
        if self.floor.state is not TurnState.HEARING:
            self.ending.call_off()
            self._end.drop_answer(now)
            self.floor.go(TurnTrigger.NOTHING)
            self.floor.go(TurnTrigger.VOICE)
        spoken, out = self._speculation.cut(now)
        self._out += out
        if spoken:
            self._end_hearing(now)
        else:
            self.floor.go(TurnTrigger.NOTHING)

    def _tell_not_dialled(self, now: float) -> None:
        """Tell the agent at once that the carrier would not dial the person that the agent has asked for."""
        came = TransferResult("refused", to=self._end.not_dialled)
        self._end.not_dialled = ""
        self._ask(self._agent_turns.open_turn("transfer_result", told_of(came)), now)
        self._words.say_aside("transfer_back", now=now)

    # -- the agent answers ---------------------------------------------------------------------------------------

    def _ask(self, turn: Turn, now: float) -> None:
        """Put this turn's question to the agent."""
        if self._started is None:
            raise RuntimeError("a question before the call has started")
        turn.ask(now)
        request = self._agent_turns.request(turn, self._started)
        self.floor.go(TurnTrigger.ASK)
        # What was said of the caller's answer holds until it is over.
        if not turn.ahead:
            self._answer_over(turn)
        self._deadlines.clear("silence")
        self._deadlines.begin("reply", now)
        self._out.append(commands.RequestReply(turn.number, request))

    def _answer_over(self, turn: Turn) -> None:
        """Forget what was awaited of the caller's answer: it is over, or the agent has asked by itself."""
        # The agent's own question to a silent caller is no answer of the caller's.
        if turn.kind != "silence":
            self._prompts.answered()
        self._keys.map.asked()
        self._next_answer.forget()

    def _reply(self, event: events.ReplyEvent | None, now: float) -> None:
        """Take a piece of the agent's reply, or its end."""
        event = None if event is None else self._eager.take(event, now)
        if event is None or not self._agent_turns.reply(event, now):
            return
        if isinstance(event, events.ReplyDelta | events.ReplyPause | events.ReplyAction):
            self._deadlines.begin("reply", now)
            return
        if isinstance(event, events.ReplyEnded):
            self._next_answer.prepare(event)
            self._keys.map.answered(event)
        self._deadlines.clear("reply")
        self._end.reply_over(event, now)

    def _all_heard(self, now: float) -> None:
        """Close a turn that was heard to its end; then the caller has the floor, or the call ends."""
        turn = self._agent_turns.turn
        if self._agent_turns.mute and self.ending.plan is None:
            turn.fail("recording")
            self._end.fail("agent", now)
            if not self._agent_turns.done:
                return
        self._out += self._agent_turns.close_asides(now)
        self._agent_turns.close_turn("failed" if turn.failure else "heard", now)
        self._note("turn", **turn.summary())
        plan = self.ending.plan
        if turn.kind != "phrase" and not turn.failure and plan is None:
            self.ending.answered()
        self._words.over()
        self._overlaps.over()
        self.floor.go(TurnTrigger.NOTHING)
        if plan is not None:
            self._end.conclude(plan, now)
        elif self._taking.heard(turn, now) or self._keys.act_on_waiting(now, self._clear_floor):
            pass
        elif self._taking.closes:
            self._message_over(now)
        elif self._input.speaking and self._speculation.may_be_caller(asked_in_vain=self._prompts.silent > 0):
            self.floor.go(TurnTrigger.VOICE)
        elif self._speculation.keeps:
            self.floor.go(TurnTrigger.VOICE)
            self._end_hearing(now)
        elif self._speculation.utterances.text():
            self._put_question(now)
        elif not self._speculation.utterances.keypad.typing:
            self._deadlines.begin("silence", now)

    def _tick(self, now: float, stood: float) -> None:
        """Perform what is due. `stood`: seconds for which no peer could be heard."""
        for name in [*self._deadlines.due(now, stood), *self._line_watch.due(now, stood)]:
            self._overdue(name, now)
            if self.ended is not None:
                return
        self._hear(self._line_watch.silence(now, speaking=self._input.speaking), now)
        if (stalled := self._output.stalled(now, stood)) is not None:
            self._end.speech_failed(stalled, now)
        if self._speculation.utterances.tick(now):
            self._put_question(now)
        self._reply(self._agent_turns.tick(now), now)

    def _overdue(self, name: Awaited, now: float) -> None:
        match name:
            case "transcript":
                for utterance in self._speculation.utterances.open:
                    self._out.append(commands.ForgetTranscript(utterance))
                    self._note("transcript_failed", reason="timeout")
                    self._transcript(utterance, None, now)
            case "reply":
                self._out.append(commands.CloseReply(number := self._agent_turns.turn.number))
                self._reply(events.ReplyFailed(number, "stalled"), now)
            case "warning":
                # A caller who leaves a message is not spoken to.
                if not self._taking.runs:
                    self._words.remind("last_minute")
            case "message" | "silence" if name == "message" or self._taking.runs:
                self._taking.overdue("length" if name == "message" else "silence", now)
                self._message_over(now)
            case "silence":
                self._next_answer.listen()
                if not self._prompts.may_ask_silent():
                    self._end.say_goodbye(PlannedEnd(HangUp("caller_error", "caller_silent"), words=("goodbye",)), now)
                elif self.options.ask_agent_on_silence:
                    waited = {"times": self._prompts.silent, "seconds": self._deadlines.patience_s}
                    self._ask(self._agent_turns.open_turn("silence", waited), now)
                elif not self._words.say("still_there", now):
                    self._deadlines.begin("silence", now)
            case "more":
                self._put_question(now)
            case "filler":
                self._words.fill(now)
            case "answer":
                self._who_answers.waited(now, self._open)
            case "probe":
                self._out.append(commands.SendMark(PROBE))
            case "media" | "withdrawal" | "transfer":
                self._end.overdue(name, now)
            case "length" if self.ending.handing_over:
                # The carrier is about to take the call over: it is not cut off before its answer.
                self._deadlines.set("length", now + TRANSFER_PATIENCE_S)
            case "length":
                self._end.say_goodbye(PlannedEnd(HangUp("success", "call_too_long"), words=("goodbye",)), now)
            case _:
                assert_never(name)
