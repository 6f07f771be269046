"""The record of each overlap, and the words that come when the agent has gone on."""

from __future__ import annotations

import pytest

from ivr.call.caller.barge_in import Verdict
from ivr.call.caller.overlaps import Overlaps
from ivr.call.commands import Note
from ivr.call.options import CallOptions
from ivr.call.timeline import Overlap, Turn

OPTIONS = CallOptions(fade_ms=40, start_ms=60, caution_ms=60)


@pytest.mark.parametrize(
    ("sounding", "verdict", "resumed_at"),
    [(True, Verdict("commit", "words"), None), (False, Verdict("resume", "silence"), 11.0)],
)
def test_an_overlap_is_written_into_its_turn(sounding: bool, verdict: Verdict, resumed_at: float | None) -> None:
    overlaps, turn = Overlaps(OPTIONS), Turn(1, "speech")
    overlaps.begin(turn, 10.0, 10.25, sounding=sounding)
    [overlap] = turn.overlaps
    silenced = (10.25, pytest.approx(10.29)) if sounding else (None, None)
    assert (overlap.clear_at, overlap.quiet_at) == silenced
    assert (overlap.onset_at, overlap.yield_at, overlap.verdict) == (10.0, 10.25, "pending")
    note = overlaps.settle(turn, verdict, 11.0)
    assert note == Note("overlap", {"verdict": verdict.kind, "rule": verdict.rule, "ms": 1000})
    assert (overlap.verdict, overlap.rule, overlap.verdict_at) == (verdict.kind, verdict.rule, 11.0)
    assert overlap.resumed_at == resumed_at


def test_only_the_last_overlap_is_settled_and_the_judge_learns_of_it() -> None:
    overlaps, turn = Overlaps(OPTIONS), Turn(1, "speech")
    earlier = Overlap(1.0, 1.2, None, verdict="resume", verdict_at=1.5)
    turn.overlaps.append(earlier)
    overlaps.begin(turn, 10.0, 10.25, sounding=True)
    overlaps.settle(turn, Verdict("resume", "silence"), 11.0)
    assert (earlier.verdict_at, turn.overlaps[1].verdict_at) == (1.5, 11.0)
    assert not overlaps.judge.rises(100, 11.0)
    assert overlaps.judge.rises(120, 11.0)


def test_late_words_count_once_and_not_after_they_were_forgotten() -> None:
    overlaps = Overlaps(OPTIONS)
    assert not overlaps.take_late(3)
    overlaps.go_on_without(3)
    assert not overlaps.take_late(4)
    assert overlaps.take_late(3)
    assert not overlaps.take_late(3)
    overlaps.go_on_without(5)
    overlaps.forget()
    assert not overlaps.take_late(5)


def test_it_prints_itself() -> None:
    overlaps = Overlaps(OPTIONS)
    overlaps.go_on_without(3)
    assert repr(overlaps).startswith("<Overlaps late=3 <BargeIn ")
