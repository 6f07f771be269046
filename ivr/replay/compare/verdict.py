"""Judge one tape of a folder, and sum up many: what a row of the gate's table says. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias

from ivr.replay.compare.changes import DECISION_KINDS, DecisionKind
from ivr.replay.compare.declared import DeclaredChange, needed
from ivr.replay.compare.difference import ReplayFinding, compare
from ivr.replay.compare.show import difference_lines, headline
from ivr.replay.tape import Tape
from ivr.replay.terminal_text import clock

TapeResult: TypeAlias = Literal["different", "unreadable", "declared", "same", "passed over"]
RESULTS: Final[tuple[TapeResult, ...]] = ("different", "unreadable", "declared", "same", "passed over")
"""The worst first. `passed over`: the tape of a phone, which holds no decisions."""


@dataclass(frozen=True, slots=True)
class TapeVerdict:
    """Hold what came of one tape."""

    name: str
    """Of its file, below the folder."""
    result: TapeResult
    line: str = ""
    """What the operator calls the line of the call."""
    seconds: float = 0.0
    """Of the call."""
    events: int = 0
    """Compared."""
    took_s: float = 0.0
    kind: DecisionKind | Literal[""] = ""
    """Of the first difference."""
    kinds: tuple[DecisionKind, ...] = ()
    """Of all differences, consequences left out."""
    at: str = ""
    """When the first difference is, in the call."""
    turn: int = 0
    what: str = ""
    """The first difference, or why it could not be read, in a few words."""
    story: tuple[str, ...] = ()
    """All of it, in lines."""
    needs: tuple[str, ...] = ()
    """Names of the declared changes that explain it."""
    notes: tuple[str, ...] = ()
    """What could not be read of it."""

    def as_json(self) -> dict[str, Any]:
        """Return it for machines."""
        return {
            "tape": self.name, "result": self.result, "line": self.line, "seconds": round(self.seconds, 3),
            "events": self.events, "took_ms": round(self.took_s * 1000, 1), "kind": self.kind,
            "kinds": list(self.kinds), "at": self.at, "turn": self.turn, "what": self.what,
            "declared": list(self.needs), "notes": list(self.notes),
        }  # fmt: skip


def judge_tape(tape: Tape, name: str, changes: Sequence[DeclaredChange]) -> TapeVerdict:
    """Run a tape again and judge what came of it. `name`: of its file."""
    if tape.header.side != "bridge":
        return TapeVerdict(name, "passed over", tape.header.line, what="the tape of a phone")
    if not tape.moments:
        return TapeVerdict(name, "unreadable", tape.header.line, what="; ".join(tape.faults) or "no event is on it")
    return judged(compare(tape), name, changes)


def judged(found: ReplayFinding, name: str, changes: Sequence[DeclaredChange]) -> TapeVerdict:
    """Judge what a comparison has found."""
    tape, notes = found.tape, list(found.tape.faults)
    notes += [f"then without the option {option}" for option in tape.newer]
    notes += [f"then with the option {option}" for option in tape.unknown]
    if tape.gaps:
        notes.append(f"compared up to the gap before event {tape.gaps[0] + 1}")
    known: dict[str, Any] = {
        "line": tape.header.line, "seconds": tape.seconds, "events": found.compared, "notes": tuple(notes),
    }  # fmt: skip
    if found.same:
        return TapeVerdict(name, "same", **known)
    first, used = found.differences[0], needed(found, name, changes)
    return TapeVerdict(
        name,
        "different" if used is None else "declared",
        kind=first.kind,
        kinds=tuple(sorted(found.kinds, key=DECISION_KINDS.index)),
        at=clock(first.now - tape.began_at),
        turn=first.turn,
        what=headline(first),
        story=tuple(difference_lines(found)) if used is None else (),
        needs=tuple(change.name for change in used or ()),
        **known,
    )


@dataclass(slots=True)
class FolderVerdict:
    """Sum up the tapes of a folder."""

    verdicts: list[TapeVerdict] = field(default_factory=list)
    unneeded: list[str] = field(default_factory=list)
    """Names of the declared changes that no tape needs."""

    @property
    def results(self) -> Counter[TapeResult]:
        """Return how many tapes came out how."""
        return Counter(one.result for one in self.verdicts)

    @property
    def kinds(self) -> Counter[DecisionKind]:
        """Return how many tapes differ in which kind of decision first."""
        return Counter(one.kind for one in self.verdicts if one.kind)

    def as_json(self) -> dict[str, Any]:
        """Return it for machines."""
        return {
            "results": {result: self.results[result] for result in RESULTS},
            "kinds": dict(self.kinds),
            "unneeded": self.unneeded,
            "tapes": [one.as_json() for one in self.verdicts],
        }

    @property
    def compared(self) -> int:
        """Return how many tapes were compared."""
        results = self.results
        return results["same"] + results["declared"] + results["different"]

    def worst_first(self) -> list[TapeVerdict]:
        """Return the verdicts, the worst first, those that say most before others."""
        return sorted(self.verdicts, key=lambda one: (RESULTS.index(one.result), _rank(one), one.name))


def summed(verdicts: Sequence[TapeVerdict], changes: Sequence[DeclaredChange]) -> FolderVerdict:
    """Sum up verdicts."""
    used = {name for one in verdicts for name in one.needs}
    return FolderVerdict(list(verdicts), [change.name for change in changes if change.name not in used])


def _rank(one: TapeVerdict) -> int:
    return DECISION_KINDS.index(one.kind) if one.kind else len(DECISION_KINDS)
