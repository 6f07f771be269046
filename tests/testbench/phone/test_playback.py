"""Playback: queued audio is heard once and in order unless it is cleared, and marks come back when reached."""

from hypothesis import given
from hypothesis import strategies as st

from ivr.testbench.phone.playback import Playback, PlayedRun


def test_audio_is_heard_at_its_sample() -> None:
    playback = Playback(8000)
    assert playback.advance(3) == []
    assert playback.queue(b"abcd", 0) == 0
    playback.advance(5)
    assert (playback.buffered, playback.position) == (2, 5)
    playback.advance(9)
    playback.advance(4)
    assert bytes(playback.heard) == b"\xff\xff\xffabcd\xff\xff"
    assert playback.runs == [PlayedRun(3, 7, 0)]
    assert playback.runs[0].ms == 0.5
    assert "0 ms queued" in repr(playback)


def test_mark_is_reached_with_the_sample_before_it() -> None:
    playback = Playback(8000)
    playback.mark("empty")
    assert playback.next_mark() == 0
    assert playback.advance(0) == [(0, "empty")]
    assert playback.next_mark() is None
    playback.queue(b"abcd", 0)
    playback.mark("after")
    playback.queue(b"ef", 0)
    playback.mark("end")
    assert playback.advance(3) == []
    assert playback.advance(4) == [(4, "after")]
    assert playback.advance(100) == [(6, "end")]


def test_clear_empties_the_queue_and_returns_marks() -> None:
    playback = Playback(8000)
    playback.queue(b"abcd", 0)
    playback.mark("a")
    playback.mark("b")
    playback.advance(1)
    assert playback.clear() == (3, ["a", "b"])
    playback.queue(b"xy", 1)
    playback.advance(4)
    assert bytes(playback.heard) == b"axy\xff"
    assert playback.runs == [PlayedRun(0, 1, 0), PlayedRun(1, 3, 1)]
    assert playback.clear() == (0, [])


def test_runs_end_at_gaps_and_replies() -> None:
    playback = Playback(8000)
    for piece in (b"aa", b"bb"):
        playback.queue(piece, 0)
        playback.advance(playback.position + 2)
    playback.queue(b"cc", 1)
    playback.queue(b"dd", 2)
    playback.advance(8)
    playback.advance(9)
    playback.queue(b"e", 2)
    playback.advance(20)
    assert playback.runs == [PlayedRun(0, 4, 0), PlayedRun(4, 8, 1), PlayedRun(9, 10, 2)]


def test_full_queue_refuses_the_rest() -> None:
    playback = Playback(4)
    assert playback.queue(b"abc", 0) == 0
    assert playback.queue(b"def", 0) == 2
    assert playback.queue(b"ghi", 0) == 3
    assert playback.queue(b"", 0) == 0
    playback.advance(5)
    assert bytes(playback.heard) == b"abcd\xff"


@given(st.lists(st.binary(max_size=40) | st.integers(0, 40) | st.none(), max_size=60))
def test_all_audio_is_heard_discarded_or_queued(acts: list[bytes | int | None]) -> None:
    playback, queued, gone, expected = Playback(1_000_000), 0, 0, 0
    for act in acts:
        match act:
            case None:
                gone += playback.clear()[0]
            case int():
                playback.advance(playback.position + act)
                expected += act
            case payload:
                queued += len(payload)
                playback.queue(payload, 0)
    played = sum(run.end - run.start for run in playback.runs)
    assert played + gone + playback.buffered == queued
    assert playback.position == len(playback.heard) == expected
    assert all(a.end < b.start for a, b in zip(playback.runs, playback.runs[1:], strict=False))


@given(st.integers(1, 50), st.lists(st.integers(1, 30), min_size=1, max_size=30))
def test_marks_come_in_order_and_never_early(every: int, steps: list[int]) -> None:
    playback = Playback(1_000_000)
    for number in range(20):
        playback.queue(b"x" * every, 0)
        playback.mark(str(number))
    seen = []
    for step in steps:
        for sample, name in playback.advance(playback.position + step):
            assert sample == (int(name) + 1) * every <= playback.position
            seen.append(int(name))
    assert seen == list(range(len(seen)))
    assert len(seen) == min(20, playback.position // every)
