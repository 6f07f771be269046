"""Follow the call on a tape: with each moment who has the floor, and which turn it belongs to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ivr.call.call import Call
from ivr.call.timeline import Turn
from ivr.replay import exact
from ivr.replay.tape import Moment, Tape

UNKNOWN_STATE = "-"
"""State of a moment at which today's code cannot go on with the call."""


@dataclass(slots=True)
class FollowedMoment:
    """Hold one moment of a tape, and where the call stands with it."""

    index: int
    moment: Moment
    state: str
    """Who has the floor behind it: a word of `TurnState`, `over` behind the end, or `-` where the call cannot go on."""
    turn: int
    """The turn that is open, or that it leads to."""
    same: bool
    """Today's code decides the same."""


class Follower:
    """Run a call from its tape, and keep what is known of it at the end."""

    def __init__(self, tape: Tape) -> None:
        self._tape = tape
        self._call: Call | None = Call(tape.options, exact.recorded_acoustics(tape))
        resumption = tape.started.resumption if tape.started is not None else None
        self._first = resumption.turn if resumption is not None else 0
        self.turns: list[Turn] = []
        """Turns of the call, as far as it came."""
        self.broke = ""
        """Why today's code could not go on with the call; empty: it could."""

    def moments(self) -> Iterator[FollowedMoment]:
        """Yield every moment in order. What today's code cannot take is yielded all the same."""
        moments = self._tape.moments
        steps = exact.steps(self._tape, self._call)
        for index, moment in enumerate(moments):
            call = self._call
            if call is None:
                yield FollowedMoment(index, moment, UNKNOWN_STATE, self._turn(), same=False)
                continue
            self.turns, turn = call.turns, self._turn()
            # A tape with a gap, or one that was written by hand, may hold what cannot happen on a call.
            try:
                step = next(steps)
            except Exception as fault:
                self._call, self.broke = None, f"event {index + 1}: {type(fault).__name__}: {fault}"
                yield FollowedMoment(index, moment, UNKNOWN_STATE, turn, same=False)
                continue
            state = "over" if call.ended is not None else str(call.floor.state)
            yield FollowedMoment(index, moment, state, turn, step.same)
        if self._call is not None:
            self.turns = self._call.turns

    def _turn(self) -> int:
        """Return the turn that is open, or that comes next."""
        is_open = bool(self.turns) and self.turns[-1].outcome == "open"
        return self._first + (len(self.turns) - 1 if is_open else len(self.turns))
