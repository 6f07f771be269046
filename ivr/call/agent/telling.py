"""Tell the agent what happens beside the caller's words and keys.

event      comes when                                  when the agent says nothing, or fails
start      the call begins (`say_first`)               the phrase `greeting`
silence    the caller is silent                        the phrase `still_there`
ended      the call is over (`tell_end`)               needs no answer
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ivr.call.agent.agent_turns import AgentTurns, Details
from ivr.call.commands import Command, HangUp, TellAgent
from ivr.call.events import MOVED, SUPERSEDED, CallStarted
from ivr.call.options import CallOptions, PhraseName
from ivr.call.timeline import TurnKind

IN_PLACE: Final[Mapping[TurnKind, PhraseName]] = {"start": "greeting", "silence": "still_there"}
"""What is said where the agent has no answer, by the kind of the turn. Any other turn: the apology."""
_GOES_ON: Final = frozenset({MOVED, SUPERSEDED})
"""Ends of a stream whose call has another one."""


class Telling:
    """Tell the agent of one call's end."""

    def __init__(self, options: CallOptions, turns: AgentTurns) -> None:
        self._wanted = options.tell_end
        self._turns = turns

    def change(self, options: CallOptions) -> None:
        """Take other choices of the line, from now on."""
        self._wanted = options.tell_end

    def __repr__(self) -> str:
        return f"<Telling end={self._wanted}>"

    def ended(self, hang_up: HangUp, started: CallStarted | None, lasted_s: float) -> list[Command]:
        """Return what tells that the call is over, where the agent is told and the call does not go on elsewhere."""
        if not self._wanted or started is None or hang_up.reason in _GOES_ON:
            return []
        details: Details = {
            "result": hang_up.result,
            "reason": hang_up.reason,
            "seconds": round(lasted_s, 1),
            "turns": sum(turn.kind != "phrase" for turn in self._turns.turns),
        }
        return [TellAgent(self._turns.told("ended", started, self._turns.next_number, details=details))]
