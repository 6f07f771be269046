"""Keep where each call stands while it lasts: an observer that writes at the ends of turns and at the phone's marks."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from ivr.call.call import Call
from ivr.call.commands import Command, HangUp, Note, RequestReply
from ivr.call.events import (
    SUPERSEDED,
    CallStarted,
    Event,
    MarkReached,
    ReplyEnded,
    ReplyFailed,
    Resumption,
    TranscriptArrived,
    Withdraw,
)
from ivr.call.timeline import Turn
from ivr.fleet.kept.calls import KeptCalls
from ivr.server.resume.state import CallState, write_state

_NEW_CALL: Final = Resumption()
_TELLING_EVENTS: Final = (CallStarted, MarkReached, ReplyEnded, ReplyFailed, TranscriptArrived)


@dataclass(slots=True)
class _Live:
    """Hold one call on the line."""

    call: Call
    state: CallState | None = None
    """What was kept last."""
    began_at: float = 0.0
    """Unix seconds."""
    frozen: bool = False
    """The bridge ends the call: what it does from here on is no state to go on from."""
    handed_over: bool = False
    """A person is to take over: where the call stood is what the caller may come back to."""


class StateKeeper:
    """Write the states of calls to `kept`. A call never waits for it."""

    wants_still_frames: Final = False

    def __init__(self, kept: KeptCalls) -> None:
        self.kept = kept
        self._live: dict[str, _Live] = {}
        self.leaving = False
        """The bridge is about to end."""
        self.awaited: set[str] = set()
        """Calls that a leaving bridge has ended, and that the carrier is still to ask about."""

    def __repr__(self) -> str:
        return f"<StateKeeper {len(self._live)} calls, {self.kept!r}>"

    def began(self, call_id: str, now: float, call: Call) -> None:
        """Follow a call."""
        self._live[call_id] = _Live(call, began_at=time.time())

    def happened(self, call_id: str, now: float, event: Event, commands: Sequence[Command]) -> None:
        """Keep the state where an event may have changed it."""
        live = self._live.get(call_id)
        if live is None or live.frozen or live.handed_over:
            return
        if isinstance(event, Withdraw):
            live.frozen = True
            return
        if isinstance(event, CallStarted):
            live.state = CallState(
                event.resumption or _NEW_CALL, event.caller, event.called, event.direction, event.parameters
            )
        elif not isinstance(event, _TELLING_EVENTS) and not any(_tells(command) for command in commands):
            return
        if live.call.ended is not None or live.state is None:
            return
        stands = live.call.stands(now)
        # The call ends as it is meant to: nothing is to be gone on with.
        if stands is None:
            self.kept.drop(call_id)
            return
        state = replace(live.state, stands=replace(stands, since=stands.since or live.began_at))
        # The time it has lasted is no news by itself.
        if replace(state.stands, lasted_s=0.0) != replace(live.state.stands, lasted_s=0.0):
            live.state = state
            self.kept.keep(call_id, write_state(state))

    def ended(self, call_id: str, now: float, turns: Sequence[Turn], hang_up: HangUp) -> None:
        """Forget a call that has ended as meant, or cannot be helped by going on; its newer stream keeps its own."""
        live = self._live.get(call_id)
        if live is not None and live.call.ended is not None:
            del self._live[call_id]
        if hang_up.reason == SUPERSEDED:
            return
        if self.leaving and not hang_up.meant and not hang_up.from_caller:
            self.awaited.add(call_id)
        if live is not None and live.handed_over:
            return
        if live is None or hang_up.meant or hang_up.result == "upstream_error":
            self.kept.drop(call_id)

    def hand_over(self, call_id: str, now: float) -> CallState | None:
        """Keep no more of a call whose caller goes to a person; return where it stands. None: that is not known."""
        live = self._live.get(call_id)
        if live is None or live.state is None or (stands := live.call.stands(now)) is None:
            return None
        live.handed_over = True
        return replace(live.state, stands=replace(stands, since=stands.since or live.began_at))

    def take_back(self, call_id: str) -> None:
        """Keep the states of a call again: the carrier did not take the caller over."""
        if (live := self._live.get(call_id)) is not None:
            live.handed_over = False


def _tells(command: Command) -> bool:
    """Return whether a command says that the call stands elsewhere."""
    return isinstance(command, RequestReply) or (isinstance(command, Note) and command.name == "turn")
