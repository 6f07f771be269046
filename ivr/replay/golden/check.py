"""Judge a golden call: what today's code decides, what the caller hears of it, and the budgets. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ivr.replay.golden.expected import BUDGETS, GoldenCall, GoldenFile, GoldenTurn, differences, golden_call, measured
from ivr.replay.golden.replayed import ReplayedCall
from ivr.replay.report.difference import (
    BudgetLine,
    CallHistory,
    HistoryLine,
    HistoryPair,
    HistoryTurn,
)
from ivr.replay.tape import Tape


@dataclass(frozen=True, slots=True)
class GoldenVerdict:
    """Hold what came of one golden call."""

    name: str
    faults: tuple[str, ...]
    """What is otherwise than expected, what says most first; empty: nothing."""
    pair: HistoryPair
    """Both histories, for the page of differences."""
    now: GoldenCall
    """What today's code makes of it."""
    seconds: float
    """Length of the call."""

    @property
    def passed(self) -> bool:
        """Return whether everything is as expected."""
        return not self.faults


def judge(name: str, tape: Tape, golden: GoldenFile, command: str = "") -> GoldenVerdict:
    """Run a golden call again and compare it with what is expected. `command`: shows it again. Raises TapeError."""
    replayed = ReplayedCall(tape, name)
    now, figures = golden_call(replayed), measured(replayed)
    faults = list(tape.faults)
    if tape.end is not None and golden.call.digest != tape.end.digest:
        faults.append(f"the tape and {name}.toml are of two calls: their digests differ")
    seen = [] if now == golden.call else list(differences(golden.call, now))
    faults += seen
    if not replayed.same or (now.digest != golden.call.digest and not faults):
        faults.append(replayed.difference or f"digest: {golden.call.digest}, now {now.digest}")
    budgets = []
    for figure, what in BUDGETS.items():
        limit, value = golden.budget.get(figure), figures[figure]
        if limit is not None:
            unit = figure.rpartition("_")[2]
            budgets.append(BudgetLine(figure, None, value, limit, unit))
            if not budgets[-1].kept:
                faults.append(f"budget {figure}: {value:g} {unit}, at most {limit:g} ({what})")
    pair = HistoryPair(
        name, history("expected", golden.call), history("today", now), budgets, tuple(faults), bool(faults), command
    )
    return GoldenVerdict(name, tuple(faults), pair, now, tape.seconds)


def history(name: str, call: GoldenCall) -> CallHistory:
    """Return a call as one side of the page: its turns, then its frames, marks and the order of decisions."""
    turns = [HistoryTurn(turn.number, turn.outcome, list(_lines(turn))) for turn in call.turns]
    last = [HistoryLine(None, "frames", str(call.frames)), HistoryLine(None, "marks", str(call.marks))]
    last += [HistoryLine(None, "order", word) for word in call.order]
    last.append(HistoryLine(None, "end", f"{call.result} {call.reason}".strip()))
    number = max((turn.number for turn in call.turns), default=-1) + 1
    return CallHistory(name, [*turns, HistoryTurn(number, "", last, whole_call=True)])


def _lines(turn: GoldenTurn) -> Iterator[HistoryLine]:
    if turn.text:
        yield HistoryLine(None, "caller", turn.text)
    if turn.wait_ms is not None:
        yield HistoryLine(None, "wait", "", turn.wait_ms)
    if turn.heard:
        yield HistoryLine(None, "heard", turn.heard)
    if turn.unheard:
        yield HistoryLine(None, "unheard", turn.unheard)
