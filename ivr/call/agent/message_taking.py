"""Take a message of the caller's for the agent: announce it, listen, end it, and tell the agent.

While the caller speaks nothing is said and nothing is asked. Utterances go to STT as they end, in pieces short enough
that a caller who hangs up costs the last one at most. `CallerMessage` is the table; here is what each step does to the
rest of the call.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from ivr.call.actions import Message
from ivr.call.agent.own_words import OwnWords
from ivr.call.caller.input import CallerInput
from ivr.call.caller.message import CallerMessage, EndedBy, MessageState
from ivr.call.caller.speculation import Speculation
from ivr.call.caller.utterances import QUESTION_LIMIT
from ivr.call.commands import Note
from ivr.call.deadlines import Deadlines
from ivr.call.options import CallOptions
from ivr.call.timeline import Turn
from ivr.call.turn import HEARING, TurnTrigger

PIECE_MS: Final = 10_000
"""Audio of the longest piece that goes to STT at once, in milliseconds."""
MESSAGE_LIMIT: Final = 20_000
"""Characters of a message at most: twice what is said in ten minutes."""
END_KEY: Final = "#"
"""The key that ends a message."""


class MessageTaking:
    """Take the messages of one call."""

    def __init__(
        self,
        options: CallOptions,
        deadlines: Deadlines,
        words: OwnWords,
        speculation: Speculation,
        caller: CallerInput,
    ) -> None:
        self.message = CallerMessage()
        self._options = options
        self._deadlines = deadlines
        self._words = words
        self._speculation = speculation
        self._input = caller
        self._floor, self._out = words.floor, words.out

    def __repr__(self) -> str:
        return f"<MessageTaking {self.message!r}>"

    def change(self, options: CallOptions) -> None:
        """Take other choices of the line, from now on."""
        self._options = options

    @property
    def records(self) -> bool:
        """Return whether the caller is speaking a message."""
        return self.message.state is MessageState.RECORDING

    @property
    def closes(self) -> bool:
        """Return whether a message is over, and the agent is not told yet."""
        return self.message.state is MessageState.CLOSING

    @property
    def runs(self) -> bool:
        """Return whether the caller's words belong to a message."""
        return self.message.runs

    # -- before it -----------------------------------------------------------------------------------------------

    def want(self, wish: Message) -> None:
        """Take a message once what is being said was heard."""
        if self.message.state in (MessageState.NONE, MessageState.WANTED):
            self.message.want(wish)

    def heard(self, turn: Turn, now: float) -> bool:
        """Go on after what was said; return whether the caller has the floor for a message, or hears of it."""
        match self.message.state:
            case MessageState.WANTED:
                self.announce(now)
            case MessageState.ANNOUNCING if turn.failure:
                # The caller was told that something went wrong, and not that a message is taken.
                self.message.drop()
                return False
            case MessageState.ANNOUNCING:
                self._out.append(Note("message_began"))
                most = min(PIECE_MS, self._options.max_utterance_ms)
                self._input.change(replace(self._options, max_utterance_ms=most))
                self._speculation.utterances.limit = MESSAGE_LIMIT
                self._deadlines.set("silence", self.message.begin(now))
                self._deadlines.set("message", now + self.message.wish.longest_s)
                self._listen(now)
            case MessageState.RECORDING:
                # An operator has had the caller told something.
                self._deadlines.set("silence", now + self.message.wish.silence_s)
                self._listen(now)
            case _:
                return False
        return True

    def announce(self, now: float) -> None:
        """Say that a message is taken, and the tone."""
        self.message.announce()
        self._deadlines.clear("silence")
        self._words.announce_message(self.message.wish.announce, now)

    def _listen(self, now: float) -> None:
        """Give the caller the floor, who may be speaking already."""
        if self._input.speaking:
            self._deadlines.clear("silence")
            self._floor.go(TurnTrigger.VOICE)

    # -- while the caller speaks ---------------------------------------------------------------------------------

    def utterance_ended(self, now: float) -> None:
        """Wait for more of the message, while STT looks for the words of this piece."""
        self._floor.go(TurnTrigger.ENDPOINT)
        self._floor.go(TurnTrigger.NOTHING)
        self._speculation.forget_pause()
        self._deadlines.set("silence", now + self.message.wish.silence_s)

    def takes_key(self, key: str, now: float) -> bool:
        """Take a key, which may end the message; return whether it belongs to the message."""
        if self.message.state in (MessageState.NONE, MessageState.WANTED):
            return False
        if self.records and key == END_KEY:
            self.end("key", now)
        return True

    def overdue(self, by: EndedBy, now: float) -> None:
        """End the message, unless it is over already: two waits may have ended at once."""
        if self.records:
            self.end(by, now)

    def end(self, by: EndedBy, now: float) -> None:
        """End the message: the caller hears that it was taken, while its last words are looked for."""
        if self._floor.state is HEARING:
            spoken, out = self._speculation.cut(now)
            self._out += out
            self._floor.go(TurnTrigger.ENDPOINT if spoken else TurnTrigger.NOTHING)
            self._floor.clear()
        self.message.end(by, now)
        self._forget_waits()
        utterances = self._speculation.utterances
        if utterances.open:
            self._deadlines.begin("transcript", now)
        # A caller who has said nothing has left no message.
        if (utterances.open or utterances.text()) and self._words.say("message_taken", now):
            self._words.must_be_heard = True
        self._note_end()

    # -- after it ------------------------------------------------------------------------------------------------

    def open_turn(self) -> Turn:
        """Begin the turn at which the agent is told of the message, whose words are all there."""
        self.message.told()
        turn = self._words.turns.open_turn("voicemail", self.message.facts())
        utterances = self._speculation.utterances
        utterances.take(turn)
        utterances.limit = QUESTION_LIMIT
        return turn

    def goes_on_waiting(self, now: float) -> None:
        """Wait for the last words of the message, as for those of a question."""
        self._floor.go(TurnTrigger.VOICE)
        self._floor.go(TurnTrigger.ENDPOINT)
        self._deadlines.begin("transcript", now)

    def drop(self) -> None:
        """Forget a message that has not begun: the caller has the floor, or something else is said."""
        self.message.drop()

    def break_off(self, now: float) -> None:
        """Keep what there is of a message: the call ends within it."""
        records, ran, utterances = self.records, self.runs, self._speculation.utterances
        whole = utterances.complete and self._floor.state is not HEARING
        self.message.break_off(utterances.text(), now, whole=whole)
        if records:
            self._note_end()
        if ran:
            self._forget_waits()

    def _note_end(self) -> None:
        facts = self.message.facts()
        self._out.append(Note("message_ended", {"by": facts["ended_by"], "seconds": facts["seconds"]}))

    def _forget_waits(self) -> None:
        """Wait for no more of the message."""
        self._deadlines.clear("silence", "message")
        self._input.change(self._options)
