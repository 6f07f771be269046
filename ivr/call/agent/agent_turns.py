"""The agent's side of a call: turns, the reply that streams in, the sentences that go out.

An answer is *owed* from the request until the reply is over, and *being said* until the mouth is quiet. Every way to
end it early goes through `drop`, which also writes down what of it was heard. Whether it should end is not decided
here.
"""

from __future__ import annotations

from typing import Literal, TypeAlias, assert_never

from ivr.call.agent.heard_text import ledger
from ivr.call.agent.output import SpeechOutput
from ivr.call.agent.reply import Reply
from ivr.call.commands import CloseReply, Command, ReplyRequest
from ivr.call.events import CallStarted, ReplyDelta, ReplyEnded, ReplyFailed, ReplyPause, TtsFailed
from ivr.call.options import CallOptions, PhraseName
from ivr.call.timeline import Outcome, Turn

ReplyEvent: TypeAlias = ReplyDelta | ReplyPause | ReplyEnded | ReplyFailed

Loss: TypeAlias = Literal["sentence_again", "sentence_lost", "speech_failed"]
"""It broke off and is begun again; the reply is said without it; nothing more is asked of the voice in this turn."""


class AgentTurns:
    """One call's turns. There is always a last turn once the call has started; it is open or closed."""

    def __init__(self, options: CallOptions) -> None:
        self._options = options
        self._reply: Reply | None = None
        self.mouth = SpeechOutput(options)
        self.turns: list[Turn] = []
        self.loss: Loss = "speech_failed"
        """What came of a sentence that the voice gave up."""
        self.heard_last = ("", "")
        """Heard and unheard text of the last turn in which the agent said anything."""

    @property
    def turn(self) -> Turn:
        return self.turns[-1]

    @property
    def open(self) -> bool:
        """The last turn is not closed yet."""
        return bool(self.turns) and self.turn.outcome == "open"

    @property
    def owed(self) -> bool:
        """The agent has still something to say."""
        return self._reply is not None and not self._reply.over

    @property
    def done(self) -> bool:
        """Nothing is owed and all of it was heard."""
        return self.mouth.quiet and not self.owed

    @property
    def sounded(self) -> bool:
        """Audio of the last turn has left for the phone."""
        return self.turn.first_sent_at is not None

    @property
    def arriving(self) -> bool:
        """The agent has begun to answer, and more may sound at any moment."""
        return self.open and self.turn.first_delta_at is not None

    @property
    def asking(self) -> bool:
        """The sentence that was sent last is a question."""
        sent = [sentence.text for sentence in self.turn.sentences if sentence.sent_at is not None] if self.turns else []
        return bool(sent) and sent[-1].rstrip(" \n\"'»”)").endswith(("?", "؟"))

    # -- turns ---------------------------------------------------------------------------------------------------

    def open_turn(self, kind: Literal["phrase", "speech", "dtmf"]) -> Turn:
        """Begin a turn; a spoken or keyed one owes a reply."""
        turn = Turn(len(self.turns), kind)
        self.turns.append(turn)
        self._reply = None
        if kind != "phrase":
            self._reply = Reply(self._options.language, speakable_already=self._options.speakable_reply)
        return turn

    def close_turn(self, outcome: Outcome, now: float) -> Turn:
        """The turn is over; what was heard of it is written down."""
        turn = self.turn
        turn.close(outcome, now, *ledger(turn.sentences))
        if turn.sentences:
            self.heard_last = (turn.heard, turn.unheard)
        return turn

    def drop(self, now: float) -> list[Command]:
        """End the answer where the caller stopped hearing it."""
        out = self.close_reply()
        out += self.mouth.drop(now)
        if self.open:
            self.close_turn("interrupted" if self.sounded else "superseded", now)
        return out

    def close_reply(self) -> list[Command]:
        """Stop listening to the agent; what it has said so far stands."""
        if self._reply is None or self._reply.over:
            return []
        self._reply.finish()
        return [CloseReply(self.turn.number)]

    def request(self, turn: Turn, event: Literal["speech", "dtmf"], started: CallStarted) -> ReplyRequest:
        """What the agent is told at this turn."""
        heard, unheard = self.heard_last
        return ReplyRequest(
            text=turn.text,
            session_id=started.call_id,
            event=event,
            turn=turn.number,
            language=self._options.language,
            call_id=started.call_id,
            caller=started.caller,
            called=started.called,
            direction=started.direction,
            heard=heard,
            unheard=unheard,
        )

    # -- words ---------------------------------------------------------------------------------------------------

    def say_phrase(self, name: PhraseName, now: float) -> bool:
        """Say fixed words, in the open turn if there is one. False: the line has none."""
        phrase = self._options.phrases.get(name)
        if phrase is None or not phrase.text:
            return False
        if not self.open:
            self.open_turn("phrase")
        self.mouth.say(self.turn, phrase.text, phrase.text, now, phrase.audio, fixed=True)
        return True

    def phrase_is_ready(self, name: PhraseName) -> bool:
        """The phrase can be said without the voice."""
        phrase = self._options.phrases.get(name)
        return phrase is not None and bool(phrase.audio)

    def reply(self, event: ReplyEvent, now: float) -> bool:
        """A piece of the reply. False: it belongs to no open turn."""
        if self._reply is None or self._reply.over or self.turn.number != event.turn:
            return False
        reply, turn = self._reply, self.turn
        match event:
            case ReplyDelta(text=text):
                turn.receive_delta(now)
                self._say(reply.feed(text, self.mouth.owes_ms(now), now), now)
            case ReplyPause():
                self._say(reply.pause(now), now)
            case ReplyEnded():
                turn.end_reply(now)
                self._say(reply.finish(), now)
            case ReplyFailed(reason=reason):
                turn.end_reply(now)
                turn.fail(reason)
                self._say(reply.finish(), now)
            case _:
                assert_never(event)
        return True

    def tick(self, now: float) -> None:
        """Time has passed without a word from the agent."""
        if self._reply is not None and not self._reply.over:
            self._say(self._reply.tick(self.mouth.owes_ms(now), now), now)

    def speech_failed(self, event: TtsFailed, now: float) -> list[Command] | None:
        """The voice gave up a sentence. None: nobody waited for it; else `loss` says what comes of it."""
        if not self.mouth.awaits(event):
            return None
        if event.again and self.mouth.may_begin_again:
            self.loss = "sentence_again"
            return self.mouth.begin_again(now)
        self.mouth.failed(event)
        lost = sum(bool(sentence.failed) for sentence in self.turn.sentences)
        if lost < 2 and (self.owed or self.mouth.more):
            self.loss = "sentence_lost"
            return self.mouth.skip()
        self.loss = "speech_failed"
        self.turn.fail("tts")
        return self.close_reply() + self.mouth.give_up()

    def wake_at(self) -> float | None:
        """When `tick`, or the mouth, has something to do."""
        times = (self.mouth.wake_at(), self._reply.wake_at() if self._reply is not None else None)
        return min((at for at in times if at is not None), default=None)

    def _say(self, pieces: list[tuple[str, str]], now: float) -> None:
        for text, spoken in pieces:
            self.mouth.say(self.turn, text, spoken, now)
