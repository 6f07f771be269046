"""Tell a caller who goes on with a question from one who speaks over its answer.

The end of a turn is a guess. Where it was wrong, the caller goes on within moments and before a sound of the answer:
what follows belongs to the question. The agent is quiet from the first voiced frames on, so nothing sounds meanwhile.
The request is withdrawn, and both parts are asked as one.

It is withdrawn as soon as words were found, and not before. To the caller it is the same, who hears nothing either way;
to an answer that a noise would throw away it is not. STT is asked at the first pause, or after `commit_ms` of a voice
that makes none. Any words will do: "please" and "yes" are signs of listening only to an agent that has said something.
Behind a question that was whole they decide as over any answer: "thank you" asks for nothing there.
"""

from __future__ import annotations

from typing import Final

from ivr.call.agent.agent_turns import AgentTurns
from ivr.call.caller.barge_in import AgentFloor, Verdict
from ivr.call.caller.speculation import Speculation
from ivr.text.overlap_words import only_checks_presence

CONTINUES_S: Final = 2.0
"""Seconds behind the end of speech within which a voice may go on with what was said."""
CUT_SHORT_MOST: Final = 5
"""What answers in a row that words have cut short may count (`AgentTurns.cut_short`); the next is said first. Commands
always cut."""
WENT_ON: Final = Verdict("commit", "went_on")


class GoingOn:
    """Judge one call's voices that begin while the agent works at an answer."""

    def __init__(self, speculation: Speculation, turns: AgentTurns) -> None:
        self._speculation = speculation
        self._turns = turns
        self.follows = False
        """The voice that is followed may go on with the question that the agent works at."""
        self._numbers: dict[int, int] = {}
        """Utterances of such voices, each with the turn of the question."""

    def __repr__(self) -> str:
        return f"<GoingOn follows={self.follows} {self._numbers}>"

    def begin(self, onset_at: float, *, held: bool) -> None:
        """Follow a voice that began at `onset_at`. `held`: the agent is muted for one before it already."""
        turn = self._turns.turn
        ended_at = turn.speech_ended_at
        if self._turns.cut_short >= CUT_SHORT_MOST or not self._turns.unsaid_at(onset_at):
            self.follows = False
        # The second of two voices follows where the first did.
        elif not (held and self.follows):
            self.follows = ended_at is not None and onset_at <= ended_at + CONTINUES_S

    def ask(self, number: int) -> None:
        """Note that the words of the voice are looked for."""
        if self.follows:
            self._numbers[number] = self._turns.turn.number

    def floor(self, number: int, text: str) -> AgentFloor | None:
        """Return how the words of an utterance are judged that goes on with the question. None: as any other's."""
        if self._numbers.get(number) != self._turns.turn.number or self._speculation.completeness == "complete":
            return None
        # A caller who asks whether the agent is there waits for it.
        return None if only_checks_presence(text) else AgentFloor(asked=True)

    def verdict(self, number: int, verdict: Verdict | None) -> Verdict | None:
        """Return a verdict on the words of an utterance, with the rule that they go on with the question."""
        goes_on = self._numbers.pop(number, None) == self._turns.turn.number
        if verdict is None or verdict.kind != "commit" or not goes_on or self._turns.cut_short >= CUT_SHORT_MOST:
            return verdict
        return WENT_ON
