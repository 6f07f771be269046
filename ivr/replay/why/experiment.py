"""Leave out inputs before an effect and see whether it still happens: what no chain of facts can prove.

Each try runs the call again from its beginning to a little behind the effect. Peers are not asked anew: an answer to a
question that is no longer asked is passed over, and a new question has none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ivr.replay.tape import Tape
from ivr.replay.why.effects import Effect, effects
from ivr.replay.why.inputs import LeftOut, inputs, without
from ivr.replay.why.trace import trace
from ivr.testbench.shrink import shrink

BEHIND_S: Final = 1.5
"""How much sooner or later an effect is still the same one, in seconds."""
MOST_RUNS: Final = 40
"""Runs of the call to find the fewest inputs, at most."""


@dataclass(frozen=True, slots=True)
class LeftOutResult:
    """Hold what happens without one input."""

    input: LeftOut
    shift_s: float | None
    """How much later the effect happens then, in seconds; None: it does not."""


@dataclass(frozen=True, slots=True)
class Experiment:
    """Hold what an effect depends on."""

    results: list[LeftOutResult]
    """Each input alone left out, in order."""
    enough: list[LeftOut]
    """The inputs with which alone it still happens, of the seconds before it."""
    finished: bool
    """None of them can be left out. False: the tries were used up before."""


def experiment(tape: Tape, effect: Effect) -> Experiment:
    """Leave out the inputs before an effect: one by one, then as many as can go together."""
    found = inputs(tape, effect.index)
    results = [LeftOutResult(one, _shift(tape, effect, [one])) for one in found]
    # What it does not need alone may be needed together: only what is proved is left out.
    needed = [one.input for one in results if one.shift_s is None]
    others = [one.input for one in results if one.shift_s is not None]

    def still(kept: list[LeftOut]) -> bool:
        return _shift(tape, effect, [one for one in others if one not in kept]) is not None

    left = shrink(others, still, most=MOST_RUNS)
    enough = sorted([*needed, *left.kept], key=lambda one: one.first)
    return Experiment(results, enough, left.finished)


def _shift(tape: Tape, effect: Effect, left_out: Sequence[LeftOut]) -> float | None:
    """Return how much later an effect happens without some inputs, in seconds; None: it does not."""
    altered, changed = without(tape, left_out)
    last = next(
        (place for place, one in enumerate(altered.moments) if one.now > effect.now + BEHIND_S), len(altered.moments)
    )
    known = effects(trace(altered, last, changed).moments, tape.began_at)
    again = [
        one.now - effect.now
        for one in known
        if (one.sort, one.text) == (effect.sort, effect.text) and abs(one.now - effect.now) <= BEHIND_S
    ]
    return min(again, key=abs, default=None)
