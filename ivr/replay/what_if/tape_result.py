"""Run one tape under several sets of options, and keep what came of it: small, so that it goes between processes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ivr.replay.tape import Tape, TapeError
from ivr.replay.tape_folder import must_decide
from ivr.replay.what_if.changes import Changes, changed, without_effect
from ivr.replay.what_if.closed_loop import closed_loop
from ivr.replay.what_if.fitting import fit
from ivr.replay.what_if.fork import AT_THE_START, fork_place
from ivr.replay.what_if.outcome import CallOutcome, as_it_was, as_it_would_have_been
from ivr.replay.what_if.taped_call import taped_call


@dataclass(slots=True)
class TapeResult:
    """Hold what came of one tape."""

    name: str
    seconds: float = 0.0
    before: CallOutcome = field(default_factory=CallOutcome)
    after: list[CallOutcome] = field(default_factory=list)
    """One for each set of changes."""
    notes: list[str] = field(default_factory=list)
    """What the developer should know of this tape."""
    without_effect: list[dict[str, str]] = field(default_factory=list)
    """Of each set: the changes that cannot matter here, with the reason."""
    error: str = ""
    """Why nothing can be said of it; empty: something can."""


def run_tape(tape: Tape, name: str, variants: Sequence[Changes], from_turn: int | None = None) -> TapeResult:
    """Return what came of a tape, and what would have under each set of changes. Raises ChangeError, TapeError.

    `from_turn`: the changes count from this turn on; None: from the start.
    """
    must_decide(tape, name)
    made = TapeResult(name, tape.seconds, notes=list(tape.faults))
    taped = taped_call(tape)
    fitted = fit(taped)
    made.before = as_it_was(taped)
    fork = 0 if from_turn is None else fork_place(taped, from_turn)
    if taped.differs_at is not None and taped.differs_at < fork:
        raise TapeError(f"{name}: today's code decides otherwise before turn {from_turn}: see `ivr replay {name}`")
    if taped.differs_at is not None:
        # The events answer decisions of then. Today's code gets its own history, to be compared with.
        made.notes.append(
            f"today's code decides otherwise from event {taped.differs_at + 1} on: "
            "compared with today's code under the options of then"
        )
        made.before = as_it_would_have_been(taped, closed_loop(taped, tape.options, fitted))
    for changes in variants:
        options = changed(tape.options, changes)
        late = {one: why for one, why in AT_THE_START.items() if fork and one in changes}
        made.without_effect.append(without_effect(taped, changes) | late)
        made.after.append(as_it_would_have_been(taped, closed_loop(taped, options, fitted, fork=fork)))
    return made
