"""Begin a call with the first words of its line, or go on with one whose stream has died.

A call that goes on has no greeting again, and the notice only where it was not heard to its end. After a short phrase
it says the rest of the answer, or asks the agent again at once: the phrase is said while the agent thinks. Where the
agent greets, it is asked at once as well, and what must be said is said meanwhile.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from ivr.call.actions import TransferResult
from ivr.call.agent.own_words import OwnWords
from ivr.call.agent.resumption import goes_on
from ivr.call.agent.telling import told_of
from ivr.call.caller.utterances import Utterances
from ivr.call.commands import Note
from ivr.call.deadlines import Deadlines
from ivr.call.ending import AGENT_TRANSFER, Ending, EndingState, PlannedEnd
from ivr.call.events import CallStarted, Resumption
from ivr.call.options import CallOptions, PhraseName
from ivr.call.timeline import Turn
from ivr.call.turn import TurnState, TurnTrigger

SHORTEST_S: Final = 10.0
"""Seconds that a call has at least after it was resumed, however long it may last."""

_SAID_ONCE: Final[tuple[PhraseName, ...]] = ("resumed", "transfer_back", "recorded", "notice")
"""Phrases that are not said again for being unheard."""


class Opening:
    """Begin one call, and know where it stands."""

    def __init__(
        self, options: CallOptions, ending: Ending, deadlines: Deadlines, words: OwnWords, utterances: Utterances
    ) -> None:
        self._options = options
        self._ending = ending
        self._deadlines = deadlines
        self._words = words
        self._utterances = utterances
        self._kept = Resumption()
        self._started_at: float | None = None

    def change(self, options: CallOptions) -> None:
        """Take other choices of the line, from now on."""
        self._options = options

    def __repr__(self) -> str:
        return f"<Opening resumed={self._kept.count}>"

    def begin(self, event: CallStarted, now: float) -> Turn | None:
        """Say the first words. Return the turn whose question is to be put to the agent now. None: there is none."""
        self._started_at = now
        self._limit(now, self._options.max_call)
        asked = None
        if event.resumption is None and self._options.say_first:
            asked = self._words.turns.open_turn("start")
        elif event.resumption is None:
            recorded, greeted = self._words.say("recorded", now), self._words.say("greeting", now)
            self._words.offer_languages(now)
            noticed = self._words.say("notice", now)
            # What must be said protects the greeting beside it as well.
            self._words.must_be_heard = recorded or noticed or (greeted and not self._options.interruptible_greeting)
        else:
            asked = self._go_on(event.resumption, now)
            if (came := event.resumption.transfer) is not None:
                told = {"outcome": came.outcome, "rang_s": came.rang_s, "talked_s": came.talked_s}
                self._words.out.append(Note("transfer_back", told))
            else:
                owed = "question" if asked else "rest" if event.resumption.rest else "nothing"
                self._words.out.append(Note("resumed", {"count": event.resumption.count, "owed": owed}))
        if asked is None and self._words.floor.state is TurnState.LISTENING:
            self._deadlines.begin("silence", now)
        return asked

    def _limit(self, now: float, seconds: float) -> None:
        """Let the call last this long, and warn the caller before; 0: there is no limit."""
        warning = self._options.max_call_warning
        if seconds:
            self._deadlines.set("length", now + seconds)
        # A call that is about to end already says so with its goodbye.
        self._deadlines.move("warning", now + seconds - warning if warning and seconds > warning else None)

    def say_meanwhile(self, now: float) -> None:
        """Say what comes before the answer of an agent that was asked at the call's start."""
        if self._kept.transfer is not None:
            self._come_back(now)
        elif self._kept.count:
            self._words.say_aside("resumed", now=now)
        else:
            pause = self._options.greeting_after_ms
            self._words.say_aside("recorded", "notice", now=now, protected=True, pause_ms=pause)

    def lasted_s(self, now: float) -> float:
        """Return the seconds that the call has lasted, its streams before this one included."""
        return self._kept.lasted_s + (now - self._started_at if self._started_at is not None else 0.0)

    @property
    def hand_over(self) -> PlannedEnd | None:
        """Return how a call that was being handed to a person goes on: with that. None: it was not."""
        if self._kept.transfer_to not in self._options.transfer_to:
            return None
        return PlannedEnd(AGENT_TRANSFER, self._kept.transfer_to, ("transfer",))

    def _go_on(self, kept: Resumption, now: float) -> Turn | None:
        """Begin a call that was cut off."""
        self._kept = kept
        if most := self._options.max_call:
            self._limit(now, max(SHORTEST_S, most - kept.lasted_s))
        self._words.turns.resume(kept)
        if kept.transfer is not None:
            self._ending.come_back()
            return self._words.turns.open_turn("transfer_result", told_of(kept.transfer))
        self._utterances.recall(kept.question, kept.digits)
        announced = {name for name in ("recorded", "notice") if self._has(name)} - (
            {"notice"} if kept.noticed else set()
        )
        if kept.question and not kept.rest and not announced:
            turn = self._words.turns.open_turn("dtmf" if self._utterances.only_keys else "speech")
            self._utterances.take(turn)
            return turn
        self._words.say("resumed", now)
        # The agent was to greet, and was not heard.
        if self._options.say_first and not (kept.heard or kept.unheard or kept.question):
            self._words.say("greeting", now)
        # Nothing of a stream is recorded before its caller was told.
        recorded = self._words.say("recorded", now)
        noticed = not kept.noticed and self._words.say("notice", now)
        self._words.must_be_heard = recorded or noticed
        if kept.rest or self._words.turns.open:
            self._words.turns.say_rest(kept.rest, now)
            if self._words.floor.state is TurnState.LISTENING:
                self._words.floor.go(TurnTrigger.SAY)
        return None

    def _come_back(self, now: float) -> None:
        """Say that the person did not take the call, and again what must be said before a stream is recorded."""
        must: list[PhraseName] = ["recorded"] if self._has("recorded") else []
        must += ["notice"] if self._has("notice") and not self._kept.noticed else []
        self._words.say_aside("transfer_back", *must, now=now, protected=bool(must))

    @property
    def _untold(self) -> TransferResult | None:
        """Return what became of a transfer, where the agent's answer to it has not begun to be heard."""
        turns = self._words.turns
        waits = turns.open and turns.turn.kind == "transfer_result" and not turns.sounded
        return self._kept.transfer if waits else None

    def _has(self, name: PhraseName) -> bool:
        """Return whether the line has this phrase."""
        phrase = self._options.phrases.get(name)
        return phrase is not None and bool(phrase.text)

    @property
    def _noticed(self) -> bool:
        """Return whether the notice was heard to its end; True where the line has none."""
        if self._kept.noticed or not self._has("notice"):
            return True
        notice = self._options.phrases["notice"]
        # Where the agent greets, it is said in the turn behind the agent's.
        first = [one for turn in self._words.turns.turns[:2] for one in turn.sentences]
        return any(one.fixed and one.text == notice.text and one.finished for one in first)

    def stands(self, now: float) -> Resumption | None:
        """Return where the call stands, should its stream die now. None: it has not begun, or ends as meant."""
        plan = self._ending.plan
        if self._started_at is None or self._ending.state is EndingState.OVER:
            return None
        if plan is not None and not plan.number and plan.hang_up.meant:
            return None
        phrases = self._options.phrases
        fixed = {phrases[name].text for name in _SAID_ONCE if name in phrases}
        text = self._utterances.text()
        at = goes_on(self._words.turns, self._words.output, text, text if self._utterances.only_keys else "", fixed)
        return replace(
            at,
            count=self._kept.count,
            since=self._kept.since,
            lasted_s=round(self.lasted_s(now), 3),
            turn=self._words.turns.next_number,
            noticed=self._noticed,
            transfer_to=plan.number if plan is not None else "",
            context=self._words.turns.context,
            transfer=self._untold,
            language=self._options.changed_to,
        )
