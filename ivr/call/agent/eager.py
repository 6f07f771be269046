"""Ask the agent before the caller's turn is sure to be over, and keep the answer back until it is.

The words are there some time before the silence is long enough. On a line that is `eager` the agent is asked at once,
and its answer is synthesised; nothing of it sounds, and nothing is done that it asks for, before the turn has ended.
When the caller goes on, or types, it is dropped: what was said is asked again as a whole, `superseded`. The question
stays with the caller's utterances until the turn has ended, so that nothing has to be given back.

An agent that does not answer ahead says nothing, or fails: it is asked again when the turn has ended.
"""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

from ivr.call.agent.message_taking import MessageTaking
from ivr.call.agent.own_words import OwnWords
from ivr.call.caller.input import CallerInput
from ivr.call.caller.speculation import Speculation
from ivr.call.commands import Note
from ivr.call.deadlines import Deadlines
from ivr.call.events import ReplyDelta, ReplyEnded, ReplyEvent, ReplyFailed, ReplyPause, TtsFailed
from ivr.call.options import CallOptions
from ivr.call.timeline import Turn
from ivr.call.turn import TurnState, TurnTrigger
from ivr.media.endpointing import SpeechEnded
from ivr.media.g711 import FRAME_MS

EagerOutcome: TypeAlias = Literal["used", "went_on", "keys", "refused", "failed", "over"]
"""What became of a question that was asked ahead. `used`: its answer is the turn's. `went_on`, `keys`: the caller spoke
or typed more. `refused`: the agent said nothing. `failed`: the agent or TTS did. `over`: the call ended, or was handed
over, meanwhile."""

WASTED_MOST: Final = 2
"""Requests ahead of one turn's end that may be in vain; then the end is waited for."""


class EagerAnswer:
    """Hold one call's answer to a turn that may not be over. Commands are appended to those of its own words."""

    def __init__(
        self,
        options: CallOptions,
        deadlines: Deadlines,
        words: OwnWords,
        speculation: Speculation,
        caller: CallerInput,
        taking: MessageTaking,
    ) -> None:
        self.change(options)
        self._deadlines = deadlines
        self._floor, self._turns, self._output, self._out = words.floor, words.turns, words.output, words.out
        self._speculation = speculation
        self._caller = caller
        self._taking = taking
        self._turn: Turn | None = None
        """The turn whose answer is kept back."""
        self._voiced_ms = 0
        """Voice of the caller's in the utterance when the agent was asked."""
        self._kept: list[ReplyEvent] = []
        """What the agent has said that is acted upon when the turn has ended."""
        self._wasted = 0
        """Requests of this turn that were in vain."""

    def change(self, options: CallOptions) -> None:
        """Take other choices of the line, from now on."""
        self._on, self._start_ms = options.eager, options.start_ms

    def __repr__(self) -> str:
        return f"<EagerAnswer open={self.open} kept={len(self._kept)} wasted={self._wasted}>"

    @property
    def open(self) -> bool:
        """Return whether an answer is kept back."""
        return self._turn is not None

    # -- the question --------------------------------------------------------------------------------------------

    def may_ask(self) -> bool:
        """Return whether the agent is asked now: all words are there, more is unlikely, and the silence goes on."""
        utterances = self._speculation.utterances
        if not self._on or self._floor.state is not TurnState.HEARING or self._taking.runs:
            return False
        # The question after a resumption is told as such, and once.
        if self._turns.tells_resumed or not utterances.complete or self._speculation.more_is_to_come():
            return False
        if not utterances.withdrawn:
            self._wasted = 0
        # A turn that ends with the next frame has nothing to gain.
        return self._wasted < WASTED_MOST and 0 < self._caller.silence_ms < self._caller.endpoint_ms - FRAME_MS

    def begin(self, now: float) -> Turn:
        """Open the turn whose question is put to the agent now, and let nothing of it sound."""
        self._floor.go(TurnTrigger.ENDPOINT)
        self._turn = turn = self._turns.open_turn("speech")
        self._speculation.utterances.show(turn)
        turn.ask_ahead()
        self._voiced_ms, self._kept = self._caller.speech_ms, []
        self._out += self._output.hold(now)
        return turn

    def keeps(self, now: float) -> bool:
        """Take one more frame of the caller; return False when the caller has gone on, and has the floor again."""
        # A click is no word. It begins the silence anew, and the answer waits for its end.
        if self._caller.speech_ms - self._voiced_ms >= self._start_ms:
            self.withdraw("went_on", now)
            return False
        if self._caller.silence_ms:
            self._out += self._speculation.follow(now)
        return True

    # -- the answer ----------------------------------------------------------------------------------------------

    def take(self, event: ReplyEvent, now: float) -> ReplyEvent | None:
        """Return what is to be done about a piece of the answer now; None: nothing is, before the turn has ended."""
        turn = self._turn
        if turn is None or event.turn != turn.number:
            return event
        # The agent is asked again when the turn has ended: until then the caller has missed nothing.
        if isinstance(event, ReplyFailed):
            self.withdraw("refused" if event.reason == "empty" else "failed", now, again=False)
            return None
        # Words are synthesised ahead. What is asked for among them, and all behind it, waits.
        if not self._kept and isinstance(event, ReplyDelta | ReplyPause):
            return event
        self._kept.append(event)
        self._deadlines.clear("reply")
        # All words are there: the last ones are synthesised as well.
        return ReplyPause(event.turn) if isinstance(event, ReplyEnded) and len(self._kept) == 1 else None

    def fails(self, event: TtsFailed, now: float) -> bool:
        """Drop an answer that TTS cannot say; return False for any other."""
        if self._turn is None or event.turn != self._turn.number:
            return False
        self.withdraw("failed", now, again=False)
        return True

    # -- its end -------------------------------------------------------------------------------------------------

    def withdraw(self, outcome: EagerOutcome, now: float, *, again: bool = True) -> None:
        """Drop the answer, and give the floor back to the caller. Without an answer do nothing.

        `again`: the agent may be asked once more before this turn has ended.
        """
        turn, self._turn = self._turn, None
        if turn is None:
            return
        self._wasted = self._wasted + 1 if again else WASTED_MOST
        self._out.append(Note("eager", {"turn": turn.number, "outcome": outcome, "ms": 0}))
        self._out += self._turns.withdraw(now)
        self._deadlines.clear("reply")
        self._speculation.utterances.withdraw()
        self._floor.go(TurnTrigger.VOICE)
        self._floor.go(TurnTrigger.COMMIT)

    def release(self, utterance: SpeechEnded, now: float) -> list[ReplyEvent] | None:
        """Let the answer sound: the turn has ended. Return what is to be acted upon. None: there is no answer."""
        turn, self._turn = self._turn, None
        if turn is None:
            return None
        self._out += self._speculation.ended(utterance, now)
        self._out += self._speculation.asked(turn.number, now)
        self._speculation.utterances.take(turn)
        turn.end_ahead(now)
        gained_ms = round(1000 * (turn.gained_s or 0.0))
        self._out.append(Note("eager", {"turn": turn.number, "outcome": "used", "ms": gained_ms}))
        self._out += self._output.resume(now)
        return self._kept
