"""Tell the agent what happens beside the caller's words and keys.

event      comes when                                  when the agent says nothing, or fails
start      the call begins (`say_first`)               the phrase `greeting`
silence    the caller is silent                        the phrase `still_there`
ended      the call is over (`tell_end`)               needs no answer
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ivr.call.actions import TransferResult
from ivr.call.agent.agent_turns import AgentTurns, Details
from ivr.call.caller.message import CallerMessage, MessageState
from ivr.call.commands import Command, HangUp, TellAgent
from ivr.call.events import MOVED, SUPERSEDED, CallStarted
from ivr.call.options import CallOptions, PhraseName
from ivr.call.timeline import TurnKind

IN_PLACE: Final[Mapping[TurnKind, PhraseName]] = {"start": "greeting", "silence": "still_there"}
"""What is said where the agent has no answer, by the kind of the turn. Any other turn: the apology."""
_GOES_ON: Final = frozenset({MOVED, SUPERSEDED})
"""Ends of a stream whose call has another one."""


def told_of(came: TransferResult) -> Details:
    """Return what the agent is told of a transfer without a person."""
    rang_ms, talked_ms = round(came.rang_s * 1000), round(came.talked_s * 1000)
    return {"outcome": came.outcome, "rang_ms": rang_ms, "talked_ms": talked_ms, "to": came.to}


class Telling:
    """Tell the agent of one call's end, and of a message that ended with it."""

    def __init__(self, options: CallOptions, turns: AgentTurns, message: CallerMessage) -> None:
        self._wanted = options.tell_end
        self._turns = turns
        self._message = message

    def change(self, options: CallOptions) -> None:
        """Take other choices of the line, from now on."""
        self._wanted = options.tell_end

    def __repr__(self) -> str:
        return f"<Telling end={self._wanted} {self._message!r}>"

    def ended(
        self, hang_up: HangUp, started: CallStarted | None, lasted_s: float, may_return: bool = False
    ) -> list[Command]:
        """Return what tells of the end of the call, unless the call goes on elsewhere.

        `may_return`: a person is being dialled, and where that fails the call goes on.
        """
        if started is None or hang_up.reason in _GOES_ON:
            return []
        number, message, out = self._turns.next_number, self._message, list[Command]()
        # A caller who has said nothing has left no message.
        if message.state is MessageState.BROKEN_OFF and (message.text or not message.whole):
            told = self._turns.told("voicemail", started, number, text=message.text, details=message.facts())
            out.append(TellAgent(told))
        if self._wanted:
            details: Details = {
                "result": hang_up.result,
                "reason": hang_up.reason,
                "seconds": round(lasted_s, 1),
                "turns": sum(turn.kind != "phrase" for turn in self._turns.turns),
            }
            # An agent that forgets the call now would not know the caller who comes back.
            if may_return:
                details = {**details, "may_return": True}
            out.append(TellAgent(self._turns.told("ended", started, number, details=details)))
        return out
