"""Decide how a transfer goes on: a state machine as a table. Nothing here waits, reads a clock or asks the carrier.

RINGING    the person's telephone rings, or is about to
ASKED      a warm transfer: the person has answered, hears what it is about, and is asked for a key
JOINED     caller and person talk
RETURNING  there is no person: the caller is being brought back to the agent
OVER       nothing is left to do

Requests of the carrier come in any order and may come twice: what has no row changes nothing.
`python -m ivr.server.transfer.progress` prints the diagram of docs/transfers.md from the table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from ivr.call.actions import TransferOutcome, TransferResult
from ivr.server.transfer.handover import Handover, Phase

ANSWER_LATE_S: Final = 5.0
"""Seconds that the carrier may be late with its word that no person has answered."""
ASKED_MOST_S: Final = 75.0
"""Seconds that a person who has answered may take: the longest whisper twice, and the wait for a key."""


class Trigger(StrEnum):
    """Name what happens during a transfer."""

    RING = "it rings"
    ANSWER = "person answers"
    JOIN = "person takes the call"
    DECLINE = "person declines"
    PERSON_LEFT = "person hangs up"
    MACHINE = "a machine answers"
    BUSY = "busy"
    NO_ANSWER = "no answer"
    FAIL = "failed"
    CANCEL = "canceled"
    FULL = "queue is full"
    CALLER_LEFT = "caller hangs up"
    OVERDUE = "time is over"
    DIAL_OVER = "dial ends"


@dataclass(frozen=True, slots=True)
class Progress:
    """Say where a trigger leads."""

    phase: Phase
    outcome: TransferOutcome | None = None
    """What became of the transfer."""
    end_person: bool = False
    """The person's call is to be ended."""


def _back(outcome: TransferOutcome, *, end_person: bool = False) -> Progress:
    return Progress(Phase.RETURNING, outcome, end_person)


_T, _P = Trigger, Phase
_CALLER_GONE: Final = Progress(Phase.OVER, end_person=True)
_MACHINE: Final = _back("voicemail", end_person=True)
_NO_PERSON: Final[Mapping[Trigger, Progress]] = {
    _T.BUSY: _back("busy"),
    _T.NO_ANSWER: _back("no_answer"),
    _T.FAIL: _back("failed"),
    _T.CANCEL: _back("canceled"),
    _T.FULL: _back("queue_full"),
    _T.DECLINE: _back("declined", end_person=True),
    _T.PERSON_LEFT: _back("declined"),
    _T.MACHINE: _MACHINE,
    _T.CALLER_LEFT: _CALLER_GONE,
    _T.DIAL_OVER: _back("failed", end_person=True),
}
PROGRESS_TABLE: Final[Mapping[Phase, Mapping[Trigger, Progress]]] = {
    _P.RINGING: {
        _T.RING: Progress(_P.RINGING),
        _T.ANSWER: Progress(_P.ASKED),
        _T.JOIN: Progress(_P.JOINED),
        **_NO_PERSON,
        _T.OVERDUE: _back("no_answer", end_person=True),
    },
    _P.ASKED: {
        _T.JOIN: Progress(_P.JOINED),
        **_NO_PERSON,
        _T.OVERDUE: _back("declined", end_person=True),
    },
    _P.JOINED: {
        # The person's end ends the conference, and the caller's dial with it.
        _T.DIAL_OVER: Progress(_P.OVER, "completed", end_person=True),
        _T.CALLER_LEFT: _CALLER_GONE,
        # A cold transfer is joined to whatever answers, and told later that it is a machine.
        _T.MACHINE: _MACHINE,
    },
    _P.RETURNING: {_T.CALLER_LEFT: _CALLER_GONE},
    _P.OVER: {},
}


def follow(handover: Handover, trigger: Trigger, now: float) -> tuple[Handover, Progress | None]:
    """Return where a transfer stands after a trigger, and the step that was taken; None: it changes nothing.

    `now`: Unix seconds.
    """
    step = PROGRESS_TABLE[handover.phase].get(trigger)
    if step is None:
        return handover, None
    after = replace(handover, phase=step.phase, outcome=step.outcome or handover.outcome)
    if trigger is Trigger.RING:
        return replace(after, rang_at=handover.rang_at or now), step
    if trigger in (Trigger.ANSWER, Trigger.JOIN):
        return replace(after, answered_at=handover.answered_at or now), step
    return replace(after, ended_at=handover.ended_at or now), step


def is_overdue(handover: Handover, now: float) -> bool:
    """Return whether the caller has waited long enough for the person."""
    return due_at(handover) <= now


def due_at(handover: Handover) -> float:
    """Return when to look whether a person has come, in Unix seconds; infinity: nothing is awaited."""
    if handover.phase is Phase.RINGING:
        return handover.began_at + handover.options.timeout_s + ANSWER_LATE_S
    if handover.phase is Phase.ASKED:
        return handover.answered_at + ASKED_MOST_S
    if handover.phase is Phase.RETURNING:
        return handover.ended_at + ANSWER_LATE_S
    return float("inf")


def result(handover: Handover, now: float, talked_s: float = 0.0) -> TransferResult:
    """Return what became of a transfer, for the agent."""
    until = handover.answered_at or handover.ended_at or now
    rang_s = max(0.0, until - (handover.rang_at or handover.began_at))
    return TransferResult(handover.outcome or "failed", round(rang_s, 1), round(talked_s, 1), handover.number)


def diagram() -> str:
    """Draw the table as a Mermaid state diagram."""
    lines = ["stateDiagram-v2", "    [*] --> ringing"]
    for phase, row in PROGRESS_TABLE.items():
        for step in dict.fromkeys(row.values()):
            triggers = ", ".join(trigger.value for trigger, to in row.items() if to == step)
            told = f" ({step.outcome})" if step.outcome else ""
            lines.append(f"    {phase} --> {step.phase}: {triggers}{told}")
    return "\n".join(lines)


if __name__ == "__main__":
    print(diagram())
