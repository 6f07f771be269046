"""The talk on a call: who has the floor, and what each side's words do to it.

The caller's side (`CallerInput`, `Speculation`) makes questions, the agent's side (`AgentTurns`) answers them, the
`Floor` says
whose turn it is. A voice over an answer takes the floor in two steps: the mouth is held (yield), and then the answer
is dropped (commit) or goes on (resume); `Overlaps` has the judge and the record. What a dropped answer left unheard
goes into the next request; when nothing of it had sounded, its question is asked again together with the new words.

Commands are collected in `out`, which whoever drives the conversation takes after every event.
"""

from __future__ import annotations

from typing import Literal

from ivr.call import commands, events
from ivr.call.agent.agent_turns import AgentTurns, ReplyEvent
from ivr.call.agent.fillers import Fillers
from ivr.call.caller.barge_in import Verdict
from ivr.call.caller.input import CallerInput
from ivr.call.caller.overlaps import Overlaps
from ivr.call.caller.speculation import Speculation
from ivr.call.commands import Command, HangUp
from ivr.call.deadlines import Deadlines
from ivr.call.ending import TRANSFER_PATIENCE_S, Ending, PlannedEnd, Upstream
from ivr.call.options import CallOptions, PhraseName
from ivr.call.timeline import Turn
from ivr.call.turn import Floor, TurnState, TurnTrigger
from ivr.media.endpointing import SpeechEnded, SpeechStarted
from ivr.media.vad.detector import Detector

WORD_MS = 300
"""Voiced audio that may have been words: less is not worth asking the caller to repeat."""


class TurnTaking:
    """One call's talk. Begins when `started` is set; after `ended` nothing may be asked of it."""

    def __init__(self, options: CallOptions, detector: Detector) -> None:
        self.options = options
        self.started: events.CallStarted | None = None
        self.out: list[Command] = []
        self.floor = Floor()
        self.answers = AgentTurns(options)
        self.ears = CallerInput(options, detector)
        self.listening = Speculation(options, self.ears)
        self.deadlines = Deadlines(options)
        self.ending = Ending(options)
        self.protected = False
        """The first words of the line are being said, and nothing may interrupt them."""
        self.prompts = 0
        """Times in a row a silent caller was asked."""
        self._overlaps = Overlaps(options)
        self._dead_air = Fillers(options)

    @property
    def ended(self) -> HangUp | None:
        """How the call ended; None: it has not."""
        return self.ending.hang_up

    def note(self, name: str, **fields: str | int | float | bool) -> None:
        """Tell whoever watches."""
        self.out.append(commands.Note(name, fields))

    # -- the caller speaks ---------------------------------------------------------------------------------------

    def voice(self, voice: SpeechStarted, now: float) -> None:
        """The caller has begun to speak."""
        self._overlaps.voice_at = self.ears.at(voice.onset, now)
        if self.floor.state in (TurnState.LISTENING, TurnState.TRANSCRIBING):
            self.deadlines.clear("silence")
            self.floor.go(TurnTrigger.VOICE)
            self.out.append(commands.WarmUp())

    def utterance(self, utterance: SpeechEnded, now: float) -> None:
        """The caller has finished an utterance."""
        if self.floor.state is TurnState.HEARING:
            self.out += self.listening.ended(utterance, now)
            self._end_hearing(now)
        elif self.floor.state is not TurnState.YIELDING:
            self.note("speech_ignored", voiced_ms=utterance.voiced_ms)

    def follow(self, now: float) -> None:
        """After every frame: what the caller's voice means where the floor stands."""
        state = self.floor.state
        if state is TurnState.HEARING:
            self.out += self.listening.follow(now)
        elif state is TurnState.YIELDING:
            self._judge(now)
        elif self._may_yield() and self._overlaps.judge.rises(self.ears.speech_ms, now):
            self._yield(self._overlaps.voice_at, now)

    def _may_yield(self) -> bool:
        talking = self.floor.state in (TurnState.SPEAKING, TurnState.THINKING)
        return talking and self.ears.speaking and self._interruptible

    @property
    def _interruptible(self) -> bool:
        return self.ending.interruptible and not self.protected

    def _end_hearing(self, now: float) -> None:
        self.floor.go(TurnTrigger.ENDPOINT)
        self.deadlines.begin("transcript", now)
        self._put_question(now)

    # -- over the agent ------------------------------------------------------------------------------------------

    def _yield(self, onset_at: float, now: float) -> None:
        self.floor.go(TurnTrigger.VOICE)
        held = self.answers.mouth.hold(now)
        self.out += held
        self._overlaps.begin(self.answers.turn, onset_at, now, sounding=bool(held))

    def _judge(self, now: float) -> None:
        ears = self.ears
        decided = self._overlaps.judge.frame(ears.speech_ms, ears.silence_ms, speaking=ears.speaking)
        if decided == "ask":
            self.out += self.listening.send_early(now)
            self.deadlines.begin("transcript", now)
        elif decided is not None:
            self._settle(decided, now)

    def _settle(self, verdict: Verdict, now: float) -> None:
        """The overlap was this."""
        self.out.append(self._overlaps.settle(self.answers.turn, verdict, now))
        if verdict.kind == "commit":
            self.interrupt(now)
            self.floor.go(TurnTrigger.COMMIT)
            return
        if verdict.rule == "late":
            self._overlaps.go_on_without(self.listening.early)
            self.listening.early = None
        self.out += self.listening.take_back()
        self.ears.abandon()
        self.floor.go(TurnTrigger.RESUME_SPEAKING if self.answers.sounded else TurnTrigger.RESUME_THINKING)
        self.out += self.answers.mouth.resume(now)

    def _overlap_words(self, text: str, now: float) -> None:
        """The words of the overlap came while the agent waits for them."""
        goes_on = self.ears.speaking and not self.ears.silence_ms
        verdict = self._overlaps.judge.words(text, asked=self.answers.asking)
        if goes_on and verdict.kind == "resume":
            return
        self._settle(verdict, now)
        if verdict.kind == "commit" and not goes_on:
            self._take_words(now)

    def _late_words(self, number: int, text: str, now: float) -> None:
        """The words of an overlap came after the agent went on."""
        verdict = self._overlaps.judge.words(text, asked=self.answers.asking)
        state = self.floor.state
        if verdict.kind == "resume":
            self.listening.questions.drop(number)
        elif state in (TurnState.SPEAKING, TurnState.THINKING) and self._interruptible:
            before = self.answers.turn.overlaps
            self._yield(before[-1].onset_at if before else now, now)
            self._settle(verdict, now)
            self._take_words(now)
        elif state is TurnState.LISTENING:
            self.deadlines.clear("silence")
            self.floor.go(TurnTrigger.VOICE)
            self._take_words(now)

    def _take_words(self, now: float) -> None:
        """The words that were found are all the caller had to say."""
        self.listening.early = None
        self.ears.abandon()
        self._end_hearing(now)

    def interrupt(self, now: float) -> None:
        """Drop what is left of the current answer; one of which nothing sounded leaves its question."""
        self.ending.call_off()
        self._drop_answer(now)

    def _drop_answer(self, now: float) -> None:
        self.protected = False
        was_open = self.answers.open
        self.out += self.answers.drop(now)
        self.deadlines.clear("reply", "silence")
        if was_open:
            turn = self.answers.turn
            self._note_turn(turn)
            if turn.outcome == "superseded" and turn.kind == "speech":
                self.listening.questions.carry(turn.text)

    def take_floor(self, now: float) -> None:
        """Whatever is going on is over, and nothing of it is kept."""
        self.forget()
        self.interrupt(now)
        self.forget()
        if self.floor.state is not TurnState.LISTENING:
            self.floor.go(TurnTrigger.NOTHING)

    # -- the caller's words --------------------------------------------------------------------------------------

    def transcript(self, number: int, text: str | None, now: float) -> None:
        """Words for an utterance; None: the ears failed."""
        early = number == self.listening.early
        if not self.listening.found(number, text, now):
            return
        if self._overlaps.take_late(number):
            self._late_words(number, text or "", now)
        elif early and self.floor.state is TurnState.YIELDING:
            self._overlap_words(text or "", now)
        if self.floor.state is TurnState.TRANSCRIBING:
            self._put_question(now)

    def _put_question(self, now: float) -> None:
        """Ask the agent once all words are there."""
        questions = self.listening.questions
        if questions.open:
            return
        self.deadlines.clear("transcript")
        if questions.text():
            turn = self.answers.open_turn("speech")
            questions.take(turn)
            self.ask(turn, "speech", now)
            return
        failed, voiced_ms = questions.give_up()
        cut_off = bool(self.answers.turns) and self.answers.turn.outcome == "interrupted"
        if failed:
            self.fail("stt", now)
        elif voiced_ms >= WORD_MS or cut_off:
            self.note("nothing_understood", voiced_ms=voiced_ms)
            self.say("reprompt", now)
        if self.ended is None and self.floor.state is TurnState.TRANSCRIBING:
            self.floor.go(TurnTrigger.NOTHING)
            self.await_caller(now)

    def forget(self) -> None:
        """Nobody waits for the caller's words any more."""
        self._overlaps.forget()
        self.out += self.listening.forget()
        self.deadlines.clear("transcript")

    def await_caller(self, now: float) -> None:
        """It is the caller's turn to say something."""
        self.deadlines.begin("silence", now)

    # -- the agent answers ---------------------------------------------------------------------------------------

    def ask(self, turn: Turn, event: Literal["speech", "dtmf"], now: float) -> None:
        """Put this turn's question to the agent."""
        if self.started is None:
            raise RuntimeError("a question before the call has started")
        self.prompts = 0
        turn.ask(now)
        request = self.answers.request(turn, event, self.started)
        self.floor.go(TurnTrigger.ASK)
        self.deadlines.clear("silence")
        self.deadlines.begin("reply", now)
        self.out.append(commands.RequestReply(turn.number, request))

    def reply(self, event: ReplyEvent, now: float) -> None:
        """A piece of the agent's reply, or its end."""
        if not self.answers.reply(event, now):
            return
        if isinstance(event, events.ReplyDelta | events.ReplyPause):
            self.deadlines.begin("reply", now)
            return
        self.deadlines.clear("reply")
        turn = self.answers.turn
        asks = isinstance(event, events.ReplyEnded) and (event.hang_up or event.transfer_to is not None)
        if turn.failure or not (turn.sentences or asks):
            turn.fail(turn.failure or "empty")
            self.note("reply_failed", reason=turn.failure)
            self.fail("agent", now)
        elif isinstance(event, events.ReplyEnded) and asks:
            self._obey(event, now)

    def _obey(self, event: events.ReplyEnded, now: float) -> None:
        """The agent ends the conversation with this reply."""
        if self.ending.is_foreign(event):
            self.note("transfer_number_refused")
        plan = self.ending.close(event)
        if plan is None:
            self.answers.turn.fail("transfer")
            self.fail("transfer", now)
        elif plan.number and not self.answers.turn.sentences:
            self.say("transfer", now)

    def sound(self, event: events.TtsAudio, now: float) -> None:
        """Audio of a sentence."""
        self.out += self.answers.mouth.audio(event, now)
        if self.answers.mouth.open:
            self._dead_air.sounded()

    def speech_failed(self, event: events.TtsFailed, now: float) -> None:
        """The voice gave a sentence up. What broke off is begun again. One alone is left out; after the second, or the
        last, there is an apology."""
        stop = self.answers.speech_failed(event, now)
        if stop is None:
            return
        self.out += stop
        self.note(self.answers.loss, reason=event.reason)
        if self.answers.loss != "speech_failed":
            return
        self.deadlines.clear("reply")
        plan = self.ending.plan
        if plan is None:
            self.fail("tts", now)
        else:  # what was to be the last words cannot be said, or not to their end
            self.part(plan, now, mute=True, again=self.ending.interruptible)

    def fail(self, who: Upstream, now: float) -> None:
        """An upstream has let the caller down: say so, or give the call up."""
        mute = who == "tts" and not self.answers.phrase_is_ready("apology")
        plan = self.ending.failed(who, mute=mute)
        self.note("upstream_failed", who=who, in_a_row=self.ending.failures)
        if plan is None:
            self.say("apology", now)
        else:
            self.part(plan, now, mute=who == "tts")

    def say(self, name: PhraseName, now: float) -> bool:
        """Say fixed words of the line. False: it has none."""
        if not self.answers.say_phrase(name, now):
            return False
        if self.floor.state is not TurnState.YIELDING:
            self.floor.go(TurnTrigger.SAY)
        return True

    # -- the end of a turn, and of the call ----------------------------------------------------------------------

    def advance(self, now: float) -> None:
        """After every event: let the mouth go on and notice what is finished."""
        self.out += self.answers.mouth.pump(now)
        if self.floor.state is TurnState.THINKING and self.answers.sounded:
            self.floor.go(TurnTrigger.SAY)
        if self.floor.state in (TurnState.SPEAKING, TurnState.THINKING) and self.answers.done:
            self._all_heard(now)
        if self.ended is None:
            self._mind_dead_air(now)

    def _mind_dead_air(self, now: float) -> None:
        """While words are owed to the caller, watch the silence at the ear."""
        owed = self.floor.state in (TurnState.TRANSCRIBING, TurnState.THINKING, TurnState.SPEAKING)
        silent_from = self.answers.mouth.playout.silent_from
        self.deadlines.move(
            "dead_air", self._dead_air.watch(silent_from, now, owed=owed, arriving=self.answers.arriving)
        )

    def fill(self, now: float) -> None:
        """The caller has heard nothing for too long: say something of the line."""
        phrase, mouth = self.options.phrases.get(self._dead_air.filler()), self.answers.mouth
        if phrase is None or not phrase.audio or (mouth.open and not mouth.may_begin_again):
            return
        if mouth.open:  # the sentence is cut already
            self.out += mouth.begin_again(now)
            self.note("sentence_again", reason="dead_air")
        mouth.fill(phrase.audio, now)
        self.note("filler", state=self.floor.state.value)
        if self.answers.open:
            self.answers.turn.fill(now)

    def _all_heard(self, now: float) -> None:
        turn = self.answers.turn
        self._note_turn(self.answers.close_turn("failed" if turn.failure else "heard", now))
        if turn.kind != "phrase" and not turn.failure and self.ending.plan is None:
            self.ending.answered()
        self.protected = False
        self.floor.go(TurnTrigger.NOTHING)
        if self.ending.plan is not None:
            self.conclude(self.ending.plan, now)
            return
        if self.ears.speaking:
            self.floor.go(TurnTrigger.VOICE)
        else:
            self.await_caller(now)

    def part(self, plan: PlannedEnd, now: float, *, mute: bool = False, again: bool = True) -> None:
        """Say the last words behind what is being said; nobody interrupts them. Then the call ends this way.

        `mute`: only what needs no voice. `again=False`: they could not be said, there are no others.
        """
        self.forget()
        self.deadlines.clear("silence")
        possible = [name for name in plan.words if not mute or self.answers.phrase_is_ready(name)] if again else []
        said = next((name for name in possible if self.say(name, now)), None)
        plan = plan.after(said, mute=mute)
        self.ending.say_last_words(plan)
        if self.floor.state in (TurnState.LISTENING, TurnState.HEARING, TurnState.TRANSCRIBING):
            self.conclude(plan, now)

    def conclude(self, plan: PlannedEnd, now: float) -> None:
        """Everything was heard: hang up, or let the carrier dial a person."""
        if not plan.number:
            self.end(plan.hang_up, now)
            return
        if self.floor.state is not TurnState.LISTENING:
            self.floor.go(TurnTrigger.NOTHING)
        self.forget()  # words that come now are too late: the caller is not listened to any more
        self.ears.abandon()
        self.ending.hand_over()
        self.deadlines.set("transfer", now + TRANSFER_PATIENCE_S)
        self.out.append(commands.Transfer(plan.number))

    def end(self, hang_up: HangUp, now: float) -> None:
        """The call is over: stop everything that still runs for it."""
        self.forget()
        self._drop_answer(now)
        levels = {name: value for name, value in self.ears.levels.report().items() if value is not None}
        if levels:
            self.note("levels", **levels)
        self.ending.end(hang_up)
        self.out.append(hang_up)

    def _note_turn(self, turn: Turn) -> None:
        self.note("turn", turn=turn.number, kind=turn.kind, outcome=turn.outcome, sentences=len(turn.sentences))
