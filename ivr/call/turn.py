"""Say whose turn it is: the conversation as a table.

LISTENING     neither side speaks and nothing is owed
HEARING       the caller speaks
TRANSCRIBING  the caller has stopped; STT looks for words
THINKING      the agent was asked; nothing of its answer has reached the phone
SPEAKING      the agent has the floor: it is heard, or the next sentence is on its way
YIELDING      the caller spoke up while the agent thought or spoke: the agent is quiet until it is clear whether
              that was an interruption (commit) or a cough (resume)

`python -m ivr.call.turn` prints the diagram of docs/architecture.md from the table.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class TurnState(StrEnum):
    """Name who has the floor."""

    LISTENING = "listening"
    HEARING = "hearing"
    TRANSCRIBING = "transcribing"
    THINKING = "thinking"
    SPEAKING = "speaking"
    YIELDING = "yielding"


class TurnTrigger(StrEnum):
    """Name what gives the floor to another side."""

    VOICE = "voice"
    """The caller began to speak."""
    ENDPOINT = "endpoint"
    """The caller's utterance is over."""
    ASK = "ask"
    """There are words or keys for the agent."""
    SAY = "say"
    """Agent audio, or a phrase of the line, begins."""
    NOTHING = "nothing"
    """What was owed is delivered, or came to nothing."""
    COMMIT = "commit"
    """The caller has taken the floor."""
    RESUME_THINKING = "resume thinking"
    RESUME_SPEAKING = "resume speaking"


# Asked for at every event: until Python 3.12, to look up a member of an enum costs more than most questions.
HEARING: Final = TurnState.HEARING
YIELDING: Final = TurnState.YIELDING
ANSWERING: Final = frozenset({TurnState.THINKING, TurnState.SPEAKING})
"""The agent works at an answer, or says it."""
AGENT_HAS_FLOOR: Final = ANSWERING | {YIELDING}
OWED: Final = ANSWERING | {TurnState.TRANSCRIBING}
"""The caller waits for words."""

_S, _T = TurnState, TurnTrigger
TURN_TABLE: Final[dict[TurnState, dict[TurnTrigger, TurnState]]] = {
    _S.LISTENING: {_T.VOICE: _S.HEARING, _T.ASK: _S.THINKING, _T.SAY: _S.SPEAKING},
    # The bridge may say a phrase in every state: an apology, a goodbye.
    _S.HEARING: {_T.ENDPOINT: _S.TRANSCRIBING, _T.SAY: _S.SPEAKING, _T.NOTHING: _S.LISTENING},
    _S.TRANSCRIBING: {
        _T.VOICE: _S.HEARING,
        _T.ASK: _S.THINKING,
        _T.SAY: _S.SPEAKING,
        _T.NOTHING: _S.LISTENING,
    },
    # A voice over the agent yields first: only a commit gives the caller the floor.
    _S.THINKING: {_T.VOICE: _S.YIELDING, _T.SAY: _S.SPEAKING, _T.NOTHING: _S.LISTENING},
    _S.SPEAKING: {
        _T.VOICE: _S.YIELDING,
        _T.SAY: _S.SPEAKING,
        _T.NOTHING: _S.LISTENING,
    },
    _S.YIELDING: {
        _T.COMMIT: _S.HEARING,
        _T.RESUME_THINKING: _S.THINKING,
        _T.RESUME_SPEAKING: _S.SPEAKING,
        _T.SAY: _S.SPEAKING,
        _T.NOTHING: _S.LISTENING,
    },
}


class IllegalTurn(RuntimeError):
    """Report a trigger in a state that has no row for it: the call is at fault, not its peers."""


class Floor:
    """Hold who has the floor on one call."""

    def __init__(self) -> None:
        self.state = TurnState.LISTENING

    def __repr__(self) -> str:
        return f"<Floor {self.state}>"

    def go(self, trigger: TurnTrigger) -> TurnState:
        """Follow the table; return the new state. Raises IllegalTurn."""
        try:
            self.state = TURN_TABLE[self.state][trigger]
        except KeyError:
            raise IllegalTurn(f"{trigger} while {self.state}") from None
        return self.state

    def clear(self) -> None:
        """Drop whatever has the floor."""
        if self.state is not TurnState.LISTENING:
            self.go(TurnTrigger.NOTHING)


def diagram() -> str:
    """Draw the table as a Mermaid state diagram."""
    lines = ["stateDiagram-v2", "    [*] --> listening"]
    for state, row in TURN_TABLE.items():
        lines += [f"    {state} --> {target}: {trigger}" for trigger, target in row.items()]
    return "\n".join(lines)


if __name__ == "__main__":
    print(diagram())
