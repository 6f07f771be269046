"""End one call, or only the answer that is being said: drop what goes on, say last words, hand over, hang up.

`Ending` is the table of the states on the way; here is what each step does to the rest of the call.
"""

from __future__ import annotations

from typing import Literal

from ivr.call import commands, events
from ivr.call.agent.eager import EagerAnswer
from ivr.call.agent.message_taking import MessageTaking
from ivr.call.agent.own_words import OwnWords
from ivr.call.agent.telling import IN_PLACE
from ivr.call.caller.input import CallerInput
from ivr.call.caller.speculation import Speculation
from ivr.call.commands import HangUp
from ivr.call.deadlines import Deadlines
from ivr.call.ending import (
    AGENT_TRANSFER,
    LATE_ENDS,
    LEAVE_STREAM_S,
    TRANSFER_PATIENCE_S,
    Ending,
    EndingState,
    PlannedEnd,
    Upstream,
)
from ivr.call.overlaps import Overlaps
from ivr.call.timeline import CALLER_ASKED
from ivr.call.turn import TurnState


class CallEnding:
    """End one call. Commands are appended to those of its own words."""

    def __init__(
        self,
        ending: Ending,
        deadlines: Deadlines,
        words: OwnWords,
        speculation: Speculation,
        caller: CallerInput,
        taking: MessageTaking,
        overlaps: Overlaps,
        eager: EagerAnswer,
    ) -> None:
        self._ending = ending
        self._deadlines = deadlines
        self._words = words
        self._speculation = speculation
        self._overlaps = overlaps
        self._input = caller
        self._taking = taking
        self._eager = eager
        self._floor, self._agent_turns, self._out = words.floor, words.turns, words.out
        self.not_dialled = ""
        """A person whom the carrier would not dial, as long as the agent is not told. Never logged."""

    def __repr__(self) -> str:
        return f"<CallEnding {self._ending!r}>"

    @property
    def over(self) -> bool:
        """Return whether the call has ended."""
        return self._ending.hang_up is not None

    def _note(self, name: str, /, **fields: str | int | float | bool) -> None:
        """Tell the observers."""
        self._out.append(commands.Note(name, fields))

    def take(
        self, event: events.CallerLeft | events.Transferred | events.TransferFailed | events.Withdraw, now: float
    ) -> None:
        """Take what comes of the call's end from outside."""
        match event:
            case events.CallerLeft(how=how):
                self.end(self._ending.leave(how), now)
            case events.Transferred():
                self.transferred(now)
            case events.TransferFailed(reason=reason):
                self.transfer_failed(reason, now)
            case events.Withdraw():
                self.withdraw(event, now)

    # -- the answer ends -----------------------------------------------------------------------------------------

    def drop_answer(self, now: float) -> None:
        """Drop what is left of the current answer; one without a sound leaves its question for the next request."""
        self._eager.withdraw("over", now)
        self._words.over()
        self._overlaps.over()
        self._taking.drop()
        was_open = self._agent_turns.open
        goes_on = self._agent_turns.unanswered(now) and self._speculation.utterances.may_go_on()
        self._out += self._agent_turns.drop(now)
        self._deadlines.clear("reply", "silence")
        if was_open:
            turn = self._agent_turns.turn
            self._note("turn", **turn.summary())
            if goes_on or (turn.outcome == "superseded" and turn.kind in CALLER_ASKED):
                self._speculation.utterances.carry()

    def forget_words(self, now: float) -> None:
        """Wait for no words of the caller any more; those of a message are kept for the agent."""
        self._taking.break_off(now)
        self._out += self._speculation.forget()
        self._deadlines.clear("transcript", "more")

    def fail(self, upstream: Upstream, now: float, person: str = "") -> None:
        """Say the apology for an upstream that left the caller without an answer, or give the call up.

        `person`: whom the agent wanted to take over; the agent is told, and has its say in place of the apology.
        """
        mute = upstream == "tts" and not self._agent_turns.phrase_is_ready("apology")
        plan = self._ending.failed(upstream, mute=mute)
        self._note("upstream_failed", who=upstream, in_a_row=self._ending.failures)
        if plan is None and person:
            self.not_dialled = person
        elif plan is None:
            self._words.say("apology", now)
        else:
            self.say_last_words(plan, now, mute=upstream == "tts")

    def reply_over(self, event: events.ReplyEvent, now: float) -> None:
        """Do what the end of a reply asks for, or make good that it failed."""
        turn = self._agent_turns.turn
        wish = event.message if isinstance(event, events.ReplyEnded) and event.transfer_to is None else None
        ends_call = isinstance(event, events.ReplyEnded) and (event.hang_up or event.transfer_to is not None)
        # A reply without a word is a failure, unless the agent ends the call with it or has asked for something else.
        no_words = not (turn.sentences or ends_call or wish or self._agent_turns.needs_no_words(event))
        if turn.failure or no_words:
            turn.fail(turn.failure or "empty")
            self._note("reply_failed", reason=turn.failure)
            if turn.kind == "voicemail":
                self.say_goodbye(PlannedEnd(HangUp("success", "message_taken"), words=("goodbye",)), now)
            elif (phrase := IN_PLACE.get(turn.kind)) is None or not self._words.say(phrase, now):
                self.fail("agent", now)
        # After a message the agent is asked again, and may end the call then.
        elif wish is not None:
            self._taking.want(wish)
        elif isinstance(event, events.ReplyEnded) and ends_call:
            if self._ending.is_foreign(event):
                self._note("transfer_number_refused")
            plan = self._ending.close(event)
            if plan is None:
                turn.fail("transfer")
                self.fail("transfer", now)
            elif plan.number and not turn.sentences:
                self._words.say("transfer", now)

    def speech_failed(self, event: events.TtsFailed, now: float) -> None:
        """Continue without a sentence that TTS gave up."""
        if self._eager.fails(event, now) or (lost := self._agent_turns.speech_failed(event, now)) is None:
            return
        loss, stop = lost
        self._out += stop
        self._note(loss, reason=event.reason)
        # One sentence alone is begun again or left out. After the second, or the last, there is an apology.
        if loss != "speech_failed":
            return
        self._deadlines.clear("reply")
        if (plan := self._ending.plan) is None:
            self.fail("tts", now)
        else:
            # The agent's last words cannot be said: the bridge's take their place. If these fail, there are no others.
            self.say_last_words(plan, now, mute=True, again=self._ending.interruptible)

    # -- the call ends -----------------------------------------------------------------------------------------

    def withdraw(self, event: events.Withdraw, now: float) -> None:
        """End the call for the bridge: at once, or after a phrase and within the time there is for it."""
        end = self._ending.withdraw(event, ready=self._agent_turns.phrase_is_ready("shutdown"))
        if end is not None:
            self.say_goodbye(end, now) if end.words else self.end(end.hang_up, now)
        self._deadlines.set("withdrawal", now + event.words_s)

    def operate(self, event: events.Operated, now: float) -> str:
        """Do what an operator asks for, unless the call is about to end already. Return why not; empty: it is done."""
        if not self._ending.interruptible:
            return "ending"
        if event.act == "say":
            return "" if self._words.tell(event.words) else "words"
        if (plan := self._ending.operate(event)) is None:
            self._note("transfer_number_refused")
            return "number"
        self.say_goodbye(plan, now)
        return ""

    def say_goodbye(self, plan: PlannedEnd, now: float) -> None:
        """Drop whatever is going on, say the last words of `plan`, and end as planned once they were heard."""
        self.hush(now)
        self.say_last_words(plan, now)

    def hush(self, now: float) -> None:
        """Drop whatever is going on, and say nothing more."""
        self._ending.call_off()
        self.drop_answer(now)
        # The answer may have left its question.
        self.forget_words(now)
        self._floor.clear()

    def say_last_words(self, plan: PlannedEnd, now: float, *, mute: bool = False, again: bool = True) -> None:
        """Say the bridge's last words behind what is being said; then the call ends as planned.

        `mute`: say only what needs no TTS. `again=False`: they could not be said, and there are no others.
        """
        self.forget_words(now)
        self._deadlines.clear("silence")
        possible = [name for name in plan.words if not mute or self._agent_turns.phrase_is_ready(name)] if again else []
        said = next((name for name in possible if self._words.say(name, now)), None)
        self._ending.say_last_words(plan := plan.after(said, mute=mute))
        # Where nothing is being said there is nothing to wait for.
        if self._floor.state in (TurnState.LISTENING, TurnState.HEARING, TurnState.TRANSCRIBING):
            self.conclude(plan, now)

    def conclude(self, plan: PlannedEnd, now: float) -> None:
        """Hang up, or let the carrier dial a person: everything was heard."""
        if not plan.number:
            self.end(plan.hang_up, now)
            return
        self._floor.clear()
        # Words that come now are too late.
        self.forget_words(now)
        self._input.abandon()
        self._ending.hand_over()
        self._deadlines.set("transfer", now + TRANSFER_PATIENCE_S)
        self._out.append(commands.Transfer(plan.number, plan.transfer))

    def transferred(self, now: float) -> None:
        """Wait for the caller to leave the stream: the carrier will dial a person."""
        if self._ending.handing_over:
            self._ending.accept()
            self._deadlines.set("transfer", now + LEAVE_STREAM_S)
            if self._ending.left:
                self.transfer_due(now)

    def overdue(self, name: Literal["media", "withdrawal", "transfer"], now: float) -> None:
        """End what has had its time: the call, or the transfer."""
        if name == "transfer":
            self.transfer_due(now)
        else:
            self.end(LATE_ENDS[name], now)

    def transfer_due(self, now: float) -> None:
        """End a transfer: the caller has left the stream for it, or the carrier had its time."""
        if (hang_up := self._ending.transferred) is not None:
            self.end(hang_up, now)
        else:
            self.transfer_failed("timeout", now)

    def transfer_failed(self, reason: str, now: float) -> None:
        """Go on with the call as after a question without an answer: the person was not dialled."""
        # An answer to nothing, or after the carrier has accepted, says nothing.
        if self._ending.state is not EndingState.HANDING_OVER:
            return
        self._deadlines.clear("transfer")
        self._note("transfer_failed", reason=reason)
        plan = self._ending.plan
        self._ending.refuse()
        # The stream has ended meanwhile, or the carrier knows no such call any more: the caller has hung up.
        if self._ending.left or reason == "gone":
            self.end(self._ending.leave(self._ending.left or "stop"), now)
            return
        self.fail("transfer", now, plan.number if plan is not None and plan.hang_up == AGENT_TRANSFER else "")
        if not self.over and not self.not_dialled and self._floor.state is TurnState.LISTENING:
            self._deadlines.begin("silence", now)

    def end(self, hang_up: HangUp | None, now: float) -> None:
        """End the call, and stop everything that still runs for it. None: it does not end yet."""
        if hang_up is None:
            return
        self.forget_words(now)
        self.drop_answer(now)
        if levels := {name: value for name, value in self._input.levels.report().items() if value is not None}:
            self._note("levels", **levels)
        self._ending.end(hang_up)
        self._out.append(hang_up)
