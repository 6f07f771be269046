"""Follow the agent's side of a call: turns, the reply that streams in, the sentences that go out.

An answer is *owed* from the request until the reply is over, and *being said* until speech output is quiet. Every early
end of it goes through `drop`, which also records what was heard. Whether it should end is not decided here.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import replace
from typing import Final, Literal, TypeAlias, assert_never

from ivr.call.agent.heard_text import ledger
from ivr.call.agent.output import SpeechOutput
from ivr.call.agent.reply import Reply
from ivr.call.agent.reply_acts import Guard, ReplyActs, ReplyPart
from ivr.call.commands import CloseReply, Command, Note, ReplyRequest, ToldEvent
from ivr.call.events import (
    CallStarted,
    ReplyAction,
    ReplyDelta,
    ReplyEnded,
    ReplyEvent,
    ReplyFailed,
    ReplyPause,
    Resumption,
    TtsFailed,
)
from ivr.call.options import CallOptions, PhraseName
from ivr.call.timeline import CALLER_ASKED, Turn, TurnKind, TurnOutcome
from ivr.media import g711
from ivr.media.playout import EARLY_S
from ivr.text.overlap_words import asks

Details: TypeAlias = Mapping[str, str | int | float | bool]
"""What there is to say of an event that the agent is told of, by names."""

SpeechLoss: TypeAlias = Literal["sentence_again", "sentence_lost", "play_failed", "speech_failed"]
"""`sentence_again`: it broke off and is begun again. `sentence_lost`: the reply is said without it. `play_failed`:
so is a recording. `speech_failed`: nothing more is asked of TTS in this turn."""

ENOUGH_HEARD_MS: Final = 1500
"""Audio of an answer after which the caller knows what is interrupted."""
LATELY_S: Final = 20.0
"""Seconds in which a sentence may have been said whose echo is heard now: a long one, and the longest echo."""
PARTS_AT_ONCE: Final = 20
"""Parts of a reply that waited and are looked at in one step."""
REACTION_S: Final = 0.7
"""Seconds of an answer before what the caller does is in reply to it: keys that come sooner go on with those before."""


class AgentTurns:
    """Hold one call's turns. There is always a last turn once the call has started; it is open or closed."""

    def __init__(self, options: CallOptions, output: SpeechOutput) -> None:
        self._options = options
        self._output = output
        self._reply: Reply | None = None
        self._acts = ReplyActs(options, output)
        self._parts: deque[ReplyPart] = deque()
        """Parts of the reply that wait until what is before them was looked at to its end."""
        self._parts_at = 0.0
        self.context = ""
        """What the agent is given with every request: JSON. Empty: nothing."""
        self.heard_last = ("", "")
        """Heard and unheard text of the last turn in which the agent said anything."""
        self.next_number = 0
        """Number of the next turn: of a call that is resumed, those before are another process's."""
        self._resumed: Turn | None = None
        """The turn in which the rest is said of an answer that was cut off with the stream before."""
        self.tells_resumed = False
        """The agent is still to be told that the call was resumed."""
        self._details: Details = {}
        """Of the event that the agent is told of at the last turn."""
        self._due: float | None = None
        self._turn: Turn | None = None
        """The last turn that is no aside."""
        self._before: Turn | None = None
        """The one before it."""
        self.turns: list[Turn] = []
        """All turns. An aside stands behind the turn into which it was said, and may be open beside it."""
        self._asides: list[Turn] = []
        """Those that are open."""
        self.cut_short = 0
        """Answers in a row that ended before the caller knew what they say; one without a sound counts twice."""

    def change(self, options: CallOptions) -> None:
        """Take other choices of the line, from the next phrase and the next reply on."""
        self._options = options
        self._acts.change(options)

    @property
    def turn(self) -> Turn:
        """Return the last turn that is no aside."""
        if self._turn is None:
            raise IndexError("no turn yet")
        return self._turn

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

    def unsaid_at(self, at: float) -> bool:
        """Return whether nothing had been said since the caller's question: no answer, and nothing to fill the wait."""
        turn = self.turn
        # What was said while the agent thinks is a turn behind its own.
        if turn.kind != "speech" or turn.fillers or self.turns[-1] is not turn:
            return False
        return turn.first_sent_at is None or at <= turn.first_sent_at

    @property
    def mute(self) -> bool:
        """Return whether the answer was nothing but recordings that could not be had."""
        turn = self.turn
        recordings = (bool(sentence.failed) and not sentence.spoken for sentence in turn.sentences)
        return turn.kind != "phrase" and not turn.failure and bool(turn.sentences) and all(recordings)

    def needs_no_words(self, event: ReplyEvent) -> bool:
        """Return whether a reply, now at its end, gives the caller the floor even if it has said nothing."""
        # A caller who has just come, or has left a message, waits to be spoken to.
        if self.turn.kind in ("start", "voicemail") or not isinstance(event, ReplyEnded):
            return False
        return event.prepares or self._acts.switched

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

    def said_last(self) -> str:
        """Return what the agent has said last, as written: phrases of the line count where there is nothing else."""
        for turn in reversed(self.turns):
            if said := [one.text for one in turn.sentences if one.sent_at is not None and not one.fixed]:
                return " ".join(said)
        first = [one.text for turn in self.turns[:1] for one in turn.sentences if one.sent_at is not None]
        return " ".join(first)

    # -- turns ---------------------------------------------------------------------------------------------------

    def open_turn(self, kind: TurnKind, details: Details | None = None) -> Turn:
        """Begin a turn; any but a phrase owes a reply. `details`: of the event that the agent is told of."""
        # What still arrives for the turn before carries its number, and is dropped.
        turn = self._add(kind)
        self._before, self._turn = self._turn, turn
        self._reply = None
        self._forget_acts()
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
            # A caller whose turn was ended too soon has cut nothing short.
            silent = outcome == "superseded" and not (turn.overlaps and turn.overlaps[-1].rule == "went_on")
            self.cut_short = self.cut_short + 1 + silent if cut else max(0, self.cut_short - 1)
        # The rest of an answer is one with its beginning, and the phrase before it is none of it.
        if self.resumed_in(turn):
            rest = [sentence for sentence in turn.sentences if not sentence.fixed]
            heard, unheard = ledger(rest)
            self.heard_last = (f"{self.heard_last[0]} {heard}".strip(), unheard if rest else self.heard_last[1])
        # A turn in which the agent said nothing leaves the last answer the last one, and so does a withdrawn question.
        elif turn.sentences and not (outcome == "superseded" and turn.kind in CALLER_ASKED):
            self.heard_last = (turn.heard, turn.unheard)

    def resume(self, kept: Resumption) -> None:
        """Go on behind the turns of the stream before."""
        self.next_number, self.heard_last = kept.turn, (kept.heard, kept.unheard)
        # A caller who is back from a transfer was not cut off.
        self.tells_resumed = kept.transfer is None
        self.context = kept.context or self.context

    def resumed_in(self, turn: Turn) -> bool:
        """Return whether the rest of a cut-off answer is said in this turn."""
        return turn is self._resumed

    def say_rest(self, rest: str, now: float) -> None:
        """Say the rest of an answer that was cut off, perhaps none, in the open turn or in one of its own."""
        self._resumed = self.turn if self.open else self.open_turn("phrase")
        if rest:
            reply = Reply(self._options.language, speakable_already=self._options.speakable_reply)
            self._acts.say(self.turn, [*reply.feed(rest, 0, now), *reply.finish()], now)

    def open_aside(self) -> Turn:
        """Begin a phrase turn inside the open one, whose answer goes on behind it."""
        turn = self._add("phrase")
        self._asides.append(turn)
        return turn

    def _add(self, kind: TurnKind) -> Turn:
        turn = Turn(self.next_number, kind)
        self.turns.append(turn)
        self.next_number += 1
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
        self._forget_acts()
        out += self._output.drop(now)
        out += self.close_asides(now)
        if self.open:
            went_on = bool(self.turn.overlaps) and self.turn.overlaps[-1].rule == "went_on"
            self.close_turn("interrupted" if self.sounded and not went_on else "superseded", now)
        return out

    def withdraw(self, now: float) -> list[Command]:
        """Forget the last turn, whose question was asked before the caller's turn was over, and its answer.

        The number is used no more: what still arrives carries it, and is dropped.
        """
        out = self._close_reply()
        self._forget_acts()
        out += self._output.drop(now)
        self.turns.pop()
        self._turn, self._reply = self._before, None
        return out

    def request(self, turn: Turn, started: CallStarted) -> ReplyRequest:
        """Return what the agent is told at this turn, which is no phrase."""
        event: ToldEvent = "speech" if turn.kind == "phrase" else turn.kind
        if self.tells_resumed and turn.kind in CALLER_ASKED:
            event, self.tells_resumed = "resumed", False
        asked = self.told(event, started, turn.number, text=turn.text, digits=turn.digits, details=self._details)
        return replace(asked, superseded=turn.supersedes, eager=turn.ahead)

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
            context=self.context,
        )

    def _close_reply(self) -> list[Command]:
        """Stop reading the reply; what the agent has said so far stands."""
        if self._reply is None or self._reply.over:
            return []
        self._reply.close()
        self._parts.clear()
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
        """Take a piece of the reply; return False when it belongs to no open turn, or is an end that has to wait."""
        if self._reply is None or self._reply.over or self.turn.number != event.turn:
            return False
        if isinstance(event, ReplyAction):
            self._parts += [ReplyPause(event.turn), event]
            self._go_through_parts(now)
            return True
        is_end = isinstance(event, ReplyEnded | ReplyFailed)
        if self._parts or (is_end and self._reply.behind):
            self._parts.append(event)
            self._parts_at = now
            return not is_end
        self._take(event, self._reply, now)
        return True

    def _take(self, part: ReplyPart, reply: Reply, now: float) -> None:
        """Say a part of the reply, or do what it asks for: all before it was looked at."""
        turn = self.turn
        match part:
            case ReplyDelta(text=text):
                turn.receive_delta(now)
                self._acts.say(turn, reply.feed(text, self._output.owes_ms(now), now), now)
            case ReplyPause():
                self._acts.say(turn, reply.pause(now), now)
            case ReplyAction():
                turn.receive_delta(now)
                self._act(part, now)
            case Guard(on=on):
                self._acts.guard(on)
            case ReplyEnded(context=context):
                turn.end_reply(now)
                self.context = self.context if context is None else context
                self._acts.say(turn, reply.finish(), now)
            case ReplyFailed(reason=reason):
                turn.end_reply(now)
                turn.fail(reason)
                # What came of it is said, but half a number would be a wrong answer.
                self._acts.say(turn, reply.break_off(), now)
            case _:
                assert_never(part)

    def _act(self, action: ReplyAction, now: float) -> None:
        """Do what the agent asks for at this place of its words."""
        turn, guards = self.turn, not action.interruptible
        match action.act:
            case "say":
                words: list[ReplyPart] = [ReplyDelta(turn.number, action.value), ReplyPause(turn.number)]
                self._parts.extendleft(reversed([Guard(True), *words, Guard(False)] if guards else words))
            case "play" | "pause" | "dtmf":
                self._acts.guard(guards)
                self._acts.sound(turn, action, now)
                self._acts.guard(False)
            case "language":
                if (language := self._acts.switch(turn, action.value)) is not None:
                    self._reply = Reply(language, speakable_already=self._options.speakable_reply)
            case _:
                assert_never(action.act)

    def _go_through_parts(self, now: float) -> ReplyEnded | ReplyFailed | None:
        """Take parts that waited, as far as all before them was looked at. Return the end, when its turn has come."""
        for _ in range(PARTS_AT_ONCE):
            if not self._parts or self._reply is None or self._reply.behind:
                break
            part = self._parts.popleft()
            if isinstance(part, ReplyEnded | ReplyFailed):
                return part
            self._take(part, self._reply, now)
        self._parts_at = now
        return None

    def tick(self, now: float) -> ReplyEvent | None:
        """Say what is due: time has passed without a word from the agent. Return the end that waited for it, if any."""
        if self._reply is None or self._reply.over:
            return None
        self._acts.say(self.turn, self._reply.tick(self._output.owes_ms(now), now), now)
        return self._go_through_parts(now)

    @property
    def protected(self) -> bool:
        """Return whether the caller hears words of the agent that may not be interrupted."""
        return self._acts.protected

    def language_reached(self) -> str | None:
        """Return, once, a language that the call changes to: all before it was heard. None: there is none."""
        return self._acts.reached()

    def _forget_acts(self) -> None:
        """Forget what the agent has asked for and was not done."""
        self._acts.begin()
        self._parts.clear()

    def speech_failed(self, event: TtsFailed, now: float) -> tuple[SpeechLoss, list[Command]] | None:
        """Go on without a sentence that TTS gave up; return how, and the commands. None: it was not awaited."""
        if not self._output.awaits(event):
            return None
        # The caller has heard the beginning of the sentence.
        if event.again and self._output.may_begin_again:
            return "sentence_again", self._output.begin_again(now)
        self._output.failed(event)
        # A recording that cannot be had says nothing about TTS.
        if self._output.plays:
            return "play_failed", self._output.skip()
        # Of an operator's words one sentence is left out: the answer has nothing to do with it.
        if event.turn != self.turn.number:
            return "sentence_lost", self._output.skip()
        # One sentence alone may be bad luck; two in a turn are a TTS that is gone.
        lost = sum(bool(sentence.failed and sentence.spoken) for sentence in self.turn.sentences)
        if lost < 2 and (self.owed or self._output.more):
            return "sentence_lost", self._output.skip()
        self.turn.fail("tts")
        return "speech_failed", self._close_reply() + self._output.give_up()

    def settle(self) -> None:
        """Find out what comes next, after all that an event has changed."""
        self._due = self._output.wake_at()
        at = None if self._reply is None else self._parts_at if self._parts else self._reply.wake_at()
        if at is not None:
            self._due = at if self._due is None else min(at, self._due)

    def wake_at(self) -> float | None:
        """Return when `tick`, or speech output, has something to do; seconds of `now`."""
        return self._due

    def at_rest(self, now: float) -> bool:
        """Return whether nothing is due here, so that time alone changes nothing."""
        return self._output.settled and (self._due is None or now < self._due - EARLY_S)
