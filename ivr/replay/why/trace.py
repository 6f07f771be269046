"""Follow a tape and keep at each moment what the call decided and where it stood: the facts that causes are found in.

The facts are those of today's code. They are the facts of the call as far as its decisions are the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from ivr.call.call import Call
from ivr.call.events import Event
from ivr.call.timeline import Turn
from ivr.call.turn import TurnState
from ivr.replay.compare.walk import Walk
from ivr.replay.tape import CommandRecord, Tape


@dataclass(slots=True)
class TracedMoment:
    """Hold one moment, and what changed with it."""

    index: int
    now: float
    event: Event
    records: list[CommandRecord]
    before: TurnState
    """Who had the floor."""
    after: TurnState
    due: tuple[str, ...] = ()
    """What the call had waited for until now, in vain."""
    begun: dict[str, float] = field(default_factory=dict)
    """What it waits for from now on, and until when."""
    yields: int = 0
    """Times the agent has yielded so far."""
    closed: Turn | None = None
    """The turn that was closed."""


@dataclass(slots=True)
class CallTrace:
    """Hold a call, moment by moment."""

    moments: list[TracedMoment]
    failure: str = ""
    """How today's code failed; empty: it did not."""
    same: bool = True
    """All decisions are those of the tape."""


def trace(tape: Tape, last: int | None = None, changed: int | None = None) -> CallTrace:
    """Follow a tape up to the moment `last`. `changed`: the first moment that is not as it was on the call.

    From there on the call is woken by its own wish.
    """
    walk, found = Walk(tape), CallTrace([])
    end = min([*tape.gaps, len(tape.moments) if last is None else last])
    if changed is not None and changed <= 0:
        walk.part()
    before = _Standing(walk.call)
    for step in walk.steps(end):
        if walk.failure:
            found.failure = walk.failure
            break
        after = _Standing(walk.call)
        found.same = found.same and step.same
        found.moments.append(traced_moment(step.index, step.moment.now, step.moment.event, step.records, before, after))
        if step.index + 1 == changed:
            walk.part()
        before = after
    return found


class _Standing:
    """Hold where a call stands."""

    __slots__ = ("deadlines", "open", "state", "yields")

    def __init__(self, call: Call) -> None:
        self.state = call.floor.state
        self.deadlines = call._deadlines.times
        turns = call.turns
        self.open = turns[-1] if turns and turns[-1].outcome == "open" else None
        self.yields = sum(len(turn.overlaps) for turn in turns)


def traced_moment(
    index: int, now: float, event: Event, records: list[CommandRecord], before: _Standing, after: _Standing
) -> TracedMoment:
    due = sorted((at, name) for name, at in before.deadlines.items() if at <= now)
    begun = {name: at for name, at in after.deadlines.items() if before.deadlines.get(name) != at}
    closed = before.open if before.open is not None and before.open is not after.open else None
    return TracedMoment(
        index, now, event, records, before.state, after.state, tuple(name for _, name in due), begun, after.yields,
        closed,
    )  # fmt: skip


def backwards(moments: list[TracedMoment], index: int) -> Iterator[TracedMoment]:
    """Yield the moments before one, the last first."""
    for place in range(index - 1, -1, -1):
        yield moments[place]
