"""Follow the agent's side of a call: turns, the reply that streams in, the sentences that go out.

An answer is *owed* from the request until the reply is over, and *being said* until speech output is quiet. Every early
end of it goes through `drop`, which also records what was heard. Whether it should end is not decided here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, TypeAlias, assert_never

from ivr.call.agent.heard_text import ledger
from ivr.call.agent.output import SpeechOutput
from ivr.call.agent.reply import Pieces, Reply
from ivr.call.commands import CloseReply, Command, Note, ReplyRequest, ToldEvent
from ivr.call.events import CallStarted, ReplyDelta, ReplyEnded, ReplyFailed, ReplyPause, Resumption, TtsFailed
from ivr.call.options import CallOptions, PhraseName
from ivr.call.timeline import CALLER_ASKED, Turn, TurnKind, TurnOutcome
from ivr.media import g711
from ivr.media.playout import EARLY_S
from ivr.text.overlap_words import asks

ReplyEvent: TypeAlias = ReplyDelta | ReplyPause | ReplyEnded | ReplyFailed

Details: TypeAlias = Mapping[str, str | int | float | bool]
"""What there is to say of an event that the agent is told of, by names."""

SpeechLoss: TypeAlias = Literal["sentence_again", "sentence_lost", "speech_failed"]
"""`sentence_again`: it broke off and is begun again. `sentence_lost`: the reply is said without it. `speech_failed`:
nothing more is asked of TTS in this turn."""

ENOUGH_HEARD_MS: Final = 1500
"""Audio of an answer after which the caller knows what is interrupted."""
LATELY_S: Final = 20.0
"""Seconds in which a sentence may have been said whose echo is heard now: a long one, and the longest echo."""
REACTION_S: Final = 0.7
"""Seconds of an answer before what the caller does is in reply to it: keys that come sooner go on with those before."""


class AgentTurns:
    """Hold one call's turns. There is always a last turn once the call has started; it is open or closed."""

    def __init__(self, options: CallOptions, output: SpeechOutput) -> None:
        self._options = options
        self._output = output
        self._reply: Reply | None = None
        self._end: ReplyEnded | ReplyFailed | None = None
        """The end of a reply that was not looked at to its end."""
        self.heard_last = ("", "")
        """Heard and unheard text of the last turn in which the agent said anything."""
        self._first = 0
        """Number of the first turn: of a call that is resumed, those before are another process's."""
        self._resumed: Turn | None = None
        """The turn in which the rest is said of an answer that was cut off with the stream before."""
        self._tell_resumed = False
        """The agent is still to be told that the call was resumed."""
        self._details: Details = {}
        """Of the event that the agent is told of at the last turn."""
        self._due: float | None = None
        self._turn: Turn | None = None
        """The last turn that is no aside."""
        self.turns: list[Turn] = []
        """All turns. An aside stands behind the turn into which it was said, and may be open beside it."""
        self._asides: list[Turn] = []
        """Those that are open."""
        self.cut_short = 0
        """Answers in a row that ended before the caller knew what they say; one without a sound counts twice."""

    def change(self, options: CallOptions) -> None:
        """Take other choices of the line, from the next phrase and the next reply on."""
        self._options = options

    @property
    def turn(self) -> Turn:
        """Return the last turn that is no aside."""
        if self._turn is None:
            raise IndexError("no turn yet")
        return self._turn

    @property
    def next_number(self) -> int:
        """Return the number of the next turn."""
        return self._first + len(self.turns)

    @property
    def open(self) -> bool:
        """Return whether the last turn is not closed yet."""
        return self._turn is not None and self._turn.outcome == "open"

    @property
    def was_interrupted(self) -> bool:
        """Return whether the caller has cut the last answer off."""
        return self._turn is not None and self._turn.outcome == "interrupted"

    @property
    def owed(self) -> bool:
        """Return whether the agent has still something to say."""
        return self._reply is not None and not self._reply.over

    @property
    def done(self) -> bool:
        """Return whether nothing is owed and all of it was heard."""
        return self._output.quiet and not self.owed

    @property
    def sounded(self) -> bool:
        """Return whether audio of the last turn has left for the phone."""
        return self.turn.first_sent_at is not None

    @property
    def arriving(self) -> bool:
        """Return whether the agent has begun to answer, and more may sound at any moment."""
        return self.open and self.turn.first_delta_at is not None

    def unanswered(self, now: float) -> bool:
        """Return whether the caller has heard too little of the answer to react to it."""
        if not self.open or self.turn.kind not in CALLER_ASKED:
            return False
        return self.turn.first_sent_at is None or now < self.turn.first_sent_at + REACTION_S

    @property
    def asking(self) -> bool:
        """Return whether the caller has been asked something since the caller's last words or keys."""
        sent: list[str] = []
        for turn in reversed(self.turns):
            sent += [sentence.text for sentence in reversed(turn.sentences) if sentence.sent_at is not None]
            # What was asked before these words has been answered by them.
            if turn.kind != "phrase":
                break
        return asks(" ".join(reversed(sent)))

    def said_lately(self, now: float) -> list[str]:
        """Return what the agent has said in the last seconds, as written and as spoken."""
        sentences = [sentence for turn in self.turns[-3:] for sentence in turn.sentences]
        lately = [one for one in sentences if one.sent_at is not None and one.sent_at > now - LATELY_S]
        return [text for one in lately for text in (one.text, one.spoken)]

    # -- turns ---------------------------------------------------------------------------------------------------

    def open_turn(self, kind: TurnKind, details: Details | None = None) -> Turn:
        """Begin a turn; any but a phrase owes a reply. `details`: of the event that the agent is told of."""
        # What still arrives for the turn before carries its number, and is dropped.
        turn = self._turn = Turn(self.next_number, kind)
        self.turns.append(turn)
        self._reply = self._end = None
        self._details = details or {}
        if kind != "phrase":
            self._reply = Reply(self._options.language, speakable_already=self._options.speakable_reply)
        return turn

    def close_turn(self, outcome: TurnOutcome, now: float) -> None:
        """Close the turn, and record what was heard of it."""
        turn = self.turn
        turn.close(outcome, now, *ledger(turn.sentences))
        if turn.kind != "phrase" and turn.failure == "":
            heard_ms = sum(sentence.heard_ms for sentence in turn.sentences)
            cut = outcome != "heard" and heard_ms < ENOUGH_HEARD_MS
            # One answer that was heard does not prove that the next will be.
            self.cut_short = self.cut_short + 1 + (outcome == "superseded") if cut else max(0, self.cut_short - 1)
        # The rest of an answer is one with its beginning, and the phrase before it is none of it.
        if self.resumed_in(turn):
            rest = [sentence for sentence in turn.sentences if not sentence.fixed]
            heard, unheard = ledger(rest)
            self.heard_last = (f"{self.heard_last[0]} {heard}".strip(), unheard if rest else self.heard_last[1])
        # A turn in which the agent said nothing leaves the last answer the last one.
        elif turn.sentences:
            self.heard_last = (turn.heard, turn.unheard)

    def resume(self, kept: Resumption) -> None:
        """Go on behind the turns of the stream before."""
        self._first, self.heard_last, self._tell_resumed = kept.turn, (kept.heard, kept.unheard), True

    def resumed_in(self, turn: Turn) -> bool:
        """Return whether the rest of a cut-off answer is said in this turn."""
        return turn is self._resumed

    def say_rest(self, rest: str, now: float) -> None:
        """Say the rest of an answer that was cut off, perhaps none, in the open turn or in one of its own."""
        self._resumed = self.turn if self.open else self.open_turn("phrase")
        if rest:
            reply = Reply(self._options.language, speakable_already=self._options.speakable_reply)
            self._say([*reply.feed(rest, 0, now), *reply.finish()], now)

    def open_aside(self) -> Turn:
        """Begin a phrase turn inside the open one, whose answer goes on behind it."""
        turn = Turn(self.next_number, "phrase")
        self.turns.append(turn)
        self._asides.append(turn)
        return turn

    def close_aside(self, turn: Turn, now: float) -> list[Command]:
        """Close an aside: it was heard to its end, or broke off."""
        self._asides.remove(turn)
        heard, unheard = ledger(turn.sentences)
        turn.close("interrupted" if unheard else "heard", now, heard, unheard)
        return [Note("turn", turn.summary())]

    def close_asides(self, now: float) -> list[Command]:
        """Close every open aside: what was to be said was heard, or dropped."""
        return [command for aside in [*self._asides] for command in self.close_aside(aside, now)]

    def drop(self, now: float) -> list[Command]:
        """End the answer where the caller stopped hearing it."""
        out = self._close_reply()
        out += self._output.drop(now)
        out += self.close_asides(now)
        if self.open:
            self.close_turn("interrupted" if self.sounded else "superseded", now)
        return out

    def request(self, turn: Turn, started: CallStarted) -> ReplyRequest:
        """Return what the agent is told at this turn, which is no phrase."""
        event: ToldEvent = "speech" if turn.kind == "phrase" else turn.kind
        if self._tell_resumed and turn.kind in CALLER_ASKED:
            event, self._tell_resumed = "resumed", False
        return self.told(event, started, turn.number, text=turn.text, digits=turn.digits, details=self._details)

    def told(
        self,
        event: ToldEvent,
        started: CallStarted,
        number: int,
        *,
        text: str = "",
        digits: str = "",
        details: Details | None = None,
    ) -> ReplyRequest:
        """Return what the agent is told of an event, at the turn of this number."""
        heard, unheard = self.heard_last
        return ReplyRequest(
            text=text,
            session_id=started.call_id,
            event=event,
            turn=number,
            language=self._options.language,
            call_id=started.call_id,
            caller=started.caller,
            called=started.called,
            direction=started.direction,
            parameters=started.parameters,
            digits=digits,
            heard=heard,
            unheard=unheard,
            details=details or {},
        )

    def _close_reply(self) -> list[Command]:
        """Stop reading the reply; what the agent has said so far stands."""
        if self._reply is None or self._reply.over:
            return []
        self._reply.close()
        return [CloseReply(self.turn.number)]

    # -- words ---------------------------------------------------------------------------------------------------

    def say_phrase(self, name: PhraseName, now: float) -> bool:
        """Say a phrase, in the open turn if there is one; return False when the line has none."""
        phrase = self._options.phrases.get(name)
        if phrase is None or not phrase.text:
            return False
        # An apology, or last words, follow what was said of the answer: one turn.
        if not self.open:
            self.open_turn("phrase")
        # The silence has no words: a caller who speaks in it has heard none.
        if name in ("recorded", "greeting") and not self.turn.sentences and (pause := self._options.greeting_after_ms):
            self._output.say(self.turn, "", "", now, g711.silence(pause), fixed=True)
        self._output.say(self.turn, phrase.text, phrase.text, now, phrase.audio, fixed=True)
        return True

    def phrase_is_ready(self, name: PhraseName) -> bool:
        """Return whether the phrase can be said without TTS."""
        phrase = self._options.phrases.get(name)
        return phrase is not None and bool(phrase.audio)

    def reply(self, event: ReplyEvent, now: float) -> bool:
        """Take a piece of the reply; return False when it belongs to no open turn."""
        if self._reply is None or self._reply.over or self.turn.number != event.turn:
            return False
        reply, turn = self._reply, self.turn
        if isinstance(event, ReplyEnded | ReplyFailed) and reply.behind:
            # It ends when all before its end was looked at.
            self._end = event
            return False
        match event:
            case ReplyDelta(text=text):
                turn.receive_delta(now)
                self._say(reply.feed(text, self._output.owes_ms(now), now), now)
            case ReplyPause():
                self._say(reply.pause(now), now)
            case ReplyEnded():
                turn.end_reply(now)
                self._say(reply.finish(), now)
            case ReplyFailed(reason=reason):
                turn.end_reply(now)
                turn.fail(reason)
                # What came of it is said, but half a number would be a wrong answer.
                self._say(reply.break_off(), now)
            case _:
                assert_never(event)
        return True

    def tick(self, now: float) -> ReplyEvent | None:
        """Say what is due: time has passed without a word from the agent. Return the end that waited for it, if any."""
        if self._reply is None or self._reply.over:
            return None
        self._say(self._reply.tick(self._output.owes_ms(now), now), now)
        end, self._end = (None, self._end) if self._reply.behind else (self._end, None)
        return end

    def speech_failed(self, event: TtsFailed, now: float) -> tuple[SpeechLoss, list[Command]] | None:
        """Go on without a sentence that TTS gave up; return how, and the commands. None: it was not awaited."""
        if not self._output.awaits(event):
            return None
        # The caller has heard the beginning of the sentence.
        if event.again and self._output.may_begin_again:
            return "sentence_again", self._output.begin_again(now)
        self._output.failed(event)
        # Of an operator's words one sentence is left out: the answer has nothing to do with it.
        if event.turn != self.turn.number:
            return "sentence_lost", self._output.skip()
        # One sentence alone may be bad luck; two in a turn are a TTS that is gone.
        lost = sum(bool(sentence.failed) for sentence in self.turn.sentences)
        if lost < 2 and (self.owed or self._output.more):
            return "sentence_lost", self._output.skip()
        self.turn.fail("tts")
        return "speech_failed", self._close_reply() + self._output.give_up()

    def settle(self) -> None:
        """Find out what comes next, after all that an event has changed."""
        self._due = self._output.wake_at()
        if self._reply is not None and (at := self._reply.wake_at()) is not None:
            self._due = at if self._due is None else min(at, self._due)

    def wake_at(self) -> float | None:
        """Return when `tick`, or speech output, has something to do; seconds of `now`."""
        return self._due

    def at_rest(self, now: float) -> bool:
        """Return whether nothing is due here, so that time alone changes nothing."""
        return self._output.settled and (self._due is None or now < self._due - EARLY_S)

    def _say(self, pieces: Pieces, now: float) -> None:
        for text, spoken in pieces:
            self._output.say(self.turn, text, spoken, now)
