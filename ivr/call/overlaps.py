"""Follow the caller's voice while the agent has the floor, until it is clear what it was.

The agent is muted for a voice that rises over it, and goes on when that was no interruption. Whether it was says
`BargeIn`. What a commit ends is decided by the call.
"""

from __future__ import annotations

from typing import Final

from ivr.call.agent.agent_turns import AgentTurns
from ivr.call.agent.output import SpeechOutput
from ivr.call.caller.barge_in import AgentFloor, BargeIn, Verdict, judge
from ivr.call.caller.going_on import CUT_SHORT_MOST, GoingOn
from ivr.call.caller.input import CallerInput
from ivr.call.caller.speculation import Speculation
from ivr.call.commands import Command, ForgetTranscript, Note
from ivr.call.options import CallOptions
from ivr.call.turn import ANSWERING, YIELDING, Floor, TurnState, TurnTrigger
from ivr.text.overlap_words import checks_presence

_RISES_MOST: Final = 6
"""Frames for which the first sound of an answer waits at most."""
LEFT_WAITING_S: Final = 0.5
"""Silence between two sentences of an answer after which the caller waits for the next, in seconds."""


class Overlaps:
    """Judge every voice over the agent on one call."""

    def __init__(
        self,
        options: CallOptions,
        floor: Floor,
        caller: CallerInput,
        speculation: Speculation,
        output: SpeechOutput,
        turns: AgentTurns,
    ) -> None:
        self._options = options
        self._floor = floor
        self._speculation = speculation
        self._caller = caller
        self._output = output
        self._turns = turns
        self._barge_in = BargeIn(options)
        self._going_on = GoingOn(speculation, turns)
        self._onset: int | None = None
        """Sample at which the voice began that is followed."""
        self._onset_at = 0.0
        self._pending: int | None = None
        """The last utterance whose words were looked for."""
        self._left_waiting = False
        """The voice that is followed began while the caller heard nothing and waited for words of the agent."""
        self._rising = 0
        """Frames for which a voice may have been beginning, before the first sound of an answer."""
        self._working: dict[int, int] = {}
        """Utterances said while the agent worked at its answer and was silent, each with its turn."""

    def change(self, options: CallOptions) -> None:
        """Take other choices of the line, from now on."""
        self._options = options
        self._barge_in.change(options)

    def __repr__(self) -> str:
        return f"<Overlaps onset={self._onset} {self._barge_in!r}>"

    @property
    def held(self) -> bool:
        """Return whether the agent is muted for a voice."""
        return self._floor.state is YIELDING

    @property
    def follows(self) -> bool:
        """Return whether there is a voice to judge: `frame` has nothing to do without one."""
        return self._onset is not None or self._caller.speaking

    def frame(self, now: float, *, interruptible: bool) -> list[Command]:
        """Take one more frame while the agent has the floor. `interruptible`: the caller may interrupt what is said."""
        caller = self._caller
        another = caller.speaking and caller.onset != self._onset
        # A television behind the voice that muted the agent, or whose words are still to be found, is no part of it.
        behind = another and (self.held or self._barge_in.owes_words) and self._speculation.is_faint()
        if behind and caller.speech_ms >= self._options.word_ms:
            caller.abandon()
        elif another and not behind:
            self._onset, self._onset_at = caller.onset, caller.at(caller.onset, now)
            silent = self._onset_at >= self._output.silent_from + LEFT_WAITING_S
            self._left_waiting = silent or not self._turns.sounded
            self._going_on.begin(self._onset_at, held=self.held)
            self._barge_in.begin(self._onset_at, held=self.held, goes_on=self._going_on.follows)
        if self._onset is None or not (interruptible or self.held):
            return []
        decided = self._barge_in.frame(
            0 if behind else caller.speech_ms,
            caller.silence_ms,
            now,
            speaking=caller.speaking and not behind,
            held=self.held,
            wait_ms=1000 * self._speculation.utterances.stt.longest,
        )
        if decided == "ask":
            # The words of the voice before it are looked for, not its own.
            if behind:
                caller.abandon()
            return self._ask(now)
        if decided is not None:
            return self.resume(decided, now)
        if self.held or not caller.speaking or not self._barge_in.rises(caller.speech_ms, now):
            return []
        # A television does not mute the agent; its words are looked at all the same.
        return [] if self._speculation.is_faint() else self.hold(now)

    def _ask(self, now: float) -> list[Command]:
        """Look for the words of the voice so far."""
        out = self._speculation.withdraw(self._pending)
        out += self._speculation.send_early(now)
        self._pending = number = self._speculation.early
        if number is not None:
            self._going_on.ask(number)
        if number is not None and self._left_waiting:
            self._working[number] = self._turns.turn.number
        # The agent that has not yielded goes on meanwhile.
        if not self.held:
            self._speculation.go_on_without()
        return out

    def hold(self, now: float) -> list[Command]:
        """Mute the agent until it is clear what the voice is."""
        self._floor.go(TurnTrigger.VOICE)
        held = self._output.hold(now)
        quiet_at = now + self._options.fade_ms / 1000 if held else None
        self._turns.turn.overlap(self._onset_at if self._onset is not None else now, now, quiet_at)
        return held

    def let_begin(self, now: float) -> list[Command]:
        """Let the first sound of an answer wait for the moment that it takes to tell a voice, and go then."""
        waited = self._rising
        rising = self._floor.state is TurnState.THINKING and self._caller.rising and not self._turns.sounded
        self._rising = waited + 1 if rising else 0
        if self._rising == 1:
            return self._output.hold(now)
        # What crackles on and on is no voice.
        over = self._rising == _RISES_MOST or (0 < waited < _RISES_MOST and not rising)
        return self._output.resume(now) if over and not self.held and self._output.playout.held else []

    def words(self, number: int, text: str | None) -> Verdict | None:
        """Judge the words of an utterance, perhaps none (None: STT failed); return None when more are to come."""
        turn, caller = self._turns.turn, self._caller
        working = self._working.pop(number, None) == turn.number
        asked = self._turns.asking
        floor = self._going_on.floor(number, text or "") or AgentFloor(
            asked=asked,
            # Words behind a question of the agent's answer it, whatever the agent still has to say. The same question
            # behind a whole answer wants to be answered again.
            working_at=("" if self._turns.sounded and not self._turns.owed else turn.text)
            if working and not asked
            else None,
            owes=self._turns.cut_short >= CUT_SHORT_MOST,
        )
        faint = self._speculation.utterances.is_faint(number)
        # Words of an earlier voice say nothing about this one.
        if number != self._pending:
            return self._going_on.verdict(number, judge(text, floor, faint=faint))
        goes_on = caller.speaking and not caller.silence_ms
        verdict = self._barge_in.words(text, floor, faint=faint, goes_on=goes_on, held=self.held)
        verdict = self._going_on.verdict(number, verdict)
        # The same voice is looked into again, as a whole.
        if verdict is None:
            self._speculation.utterances.drop(number)
        return verdict

    def is_no_question(self, text: str | None) -> bool:
        """Return whether words beneath a protected phrase, perhaps none, are no question. None: STT failed."""
        return text is not None and judge(text, AgentFloor(asked=self._turns.asking)).kind == "resume"

    def is_left_waiting(self, text: str | None) -> bool:
        """Return whether these words ask whether an agent is there that works at a question and is silent."""
        return self._floor.state in ANSWERING and self._output.quiet and checks_presence(text or "")

    def settle(self, verdict: Verdict, now: float) -> list[Command]:
        """Record what the overlap was for which the agent is muted."""
        self._barge_in.learn(verdict, now)
        overlap = self._turns.turn.overlaps[-1]
        overlap.settle(verdict.kind, verdict.rule, now)
        fields: dict[str, str | int | float | bool] = {"verdict": verdict.kind, "rule": verdict.rule}
        return [Note("overlap", fields | {"ms": round((now - overlap.onset_at) * 1000)})]

    def resume(self, verdict: Verdict, now: float) -> list[Command]:
        """Let the agent go on: the voice was no interruption."""
        out = self.settle(verdict, now)
        if verdict.rule == "late":
            self._speculation.go_on_without()
        out += self._speculation.take_back()
        self._let_go()
        self._floor.go(TurnTrigger.RESUME_SPEAKING if self._turns.sounded else TurnTrigger.RESUME_THINKING)
        return out + self._output.resume(now)

    def go_on(self, number: int, verdict: Verdict, now: float) -> list[Command]:
        """Let the agent go on: these words were no interruption. They are dropped, unless they are kept."""
        if verdict.rule == "kept":
            self._speculation.early = None
        else:
            self._speculation.utterances.drop(number)
        # Words of an earlier voice say nothing about this one.
        if number != self._pending:
            return []
        self._pending = None
        if self.held:
            return self.resume(verdict, now)
        self._barge_in.learn(verdict, now)
        self._let_go()
        return []

    def _let_go(self) -> None:
        """Drop the voice that was no interruption, unless it has said more meanwhile: the agent goes on under it."""
        if not self._barge_in.owes_words:
            self._caller.abandon()

    def take(self, number: int, now: float) -> tuple[bool, list[Command]]:
        """Take an interruption as a question; these words may be a part of it. Return whether it is whole."""
        self._speculation.early = None
        self.over()
        onset = self._speculation.utterances.began_at(number)
        last = self._caller.so_far()
        if last is None or last.onset != onset:
            return not self._caller.speaking or self._speculation.is_faint(), []
        if not self._barge_in.more:
            self._caller.abandon()
            return True, []
        # The voice went on behind the words that were found: all of it goes to STT once it is over.
        out: list[Command] = [ForgetTranscript(number)] if self._speculation.utterances.drop(number) else []
        if self._caller.speaking:
            return False, out
        return True, out + self._speculation.ended(last, now)

    def over(self) -> None:
        """Follow no voice any more: the agent no longer has the floor."""
        self._onset = None
