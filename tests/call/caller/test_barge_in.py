"""The two steps of a barge-in."""

from __future__ import annotations

import pytest

from ivr.call.caller.barge_in import BargeIn, Verdict
from ivr.call.options import CallOptions

OPTIONS = CallOptions(
    start_ms=60, commit_ms=600, word_ms=100, resume_ms=300, verdict_ms=700, caution_ms=60, caution_most=2, caution_s=30
)


def overlap(voiced: int, quiet: int, *, ends_at: int = 10_000) -> list[tuple[int, object]]:
    """What is decided, and after how many ms: so much speech, then so much silence."""
    machine = BargeIn(OPTIONS)
    machine.begin()
    out: list[tuple[int, object]] = []
    for ms in range(20, voiced + quiet + 1, 20):
        silence = max(0, ms - voiced)
        decided = machine.frame(min(ms, voiced), silence, speaking=silence < ends_at)
        if decided is not None:
            out.append((ms, decided))
            if isinstance(decided, Verdict):
                break
    return out


@pytest.mark.parametrize(
    ("voiced", "quiet", "ends_at", "decided"),
    [
        (40, 500, 10_000, [(340, Verdict("resume", "silence"))]),
        (80, 500, 200, [(280, Verdict("resume", "silence"))]),
        (100, 900, 10_000, [(260, "ask"), (700, Verdict("resume", "late"))]),
        (300, 900, 10_000, [(460, "ask"), (700, Verdict("resume", "late"))]),
        (300, 900, 100, [(400, "ask"), (700, Verdict("resume", "late"))]),
        (500, 900, 10_000, [(660, "ask"), (820, Verdict("resume", "late"))]),
        (900, 100, 10_000, [(600, Verdict("commit", "duration"))]),
        (580, 140, 10_000, []),
    ],
)
def test_barge_in_follows_its_rules(voiced: int, quiet: int, ends_at: int, decided: list[tuple[int, object]]) -> None:
    assert overlap(voiced, quiet, ends_at=ends_at) == decided


def test_a_caller_who_goes_on_after_a_pause_takes_the_floor() -> None:
    machine = BargeIn(OPTIONS)
    machine.begin()
    assert machine.frame(200, 160, speaking=True) == "ask"
    assert machine.frame(220, 0, speaking=True) is None
    assert machine.frame(600, 0, speaking=True) == Verdict("commit", "duration")


@pytest.mark.parametrize(
    ("text", "asked", "verdict"),
    [
        ("", False, Verdict("resume", "nothing")),
        (" ", False, Verdict("resume", "nothing")),
        ("اها", False, Verdict("resume", "backchannel")),
        ("yes", False, Verdict("resume", "backchannel")),
        ("yes", True, Verdict("commit", "words")),
        ("stop", False, Verdict("commit", "words")),
    ],
)
def test_barge_in_is_decided_by_words(text: str, asked: bool, verdict: Verdict) -> None:
    assert BargeIn(OPTIONS).words(text, asked=asked) == verdict


def test_false_yields_make_the_next_one_harder_for_a_while() -> None:
    machine = BargeIn(OPTIONS)
    assert not machine.rises(40, 0.0)
    assert machine.rises(60, 0.0)
    for _ in range(5):
        machine.learn(Verdict("resume", "silence"), 10.0)
    assert not machine.rises(160, 11.0)
    assert machine.rises(180, 11.0)
    assert machine.rises(60, 40.0)
    machine.learn(Verdict("resume", "nothing"), 50.0)
    assert not machine.rises(100, 51.0)
    machine.learn(Verdict("resume", "late"), 52.0)
    assert not machine.rises(100, 53.0)
    assert machine.rises(120, 53.0)
    machine.learn(Verdict("commit", "words"), 54.0)
    assert machine.rises(60, 55.0)
    machine.learn(Verdict("resume", "silence"), 56.0)
    machine.learn(Verdict("resume", "backchannel"), 57.0)
    assert machine.rises(60, 58.0)


def test_each_overlap_asks_for_its_own_words() -> None:
    machine = BargeIn(OPTIONS)
    for _ in range(2):
        machine.begin()
        assert machine.frame(200, 160, speaking=True) == "ask"
        assert machine.frame(200, 180, speaking=True) is None


def test_barge_in_prints_itself() -> None:
    assert repr(BargeIn(OPTIONS)) == "<BargeIn false=0 voiced=0 quiet=0 asked=False>"
