"""The inbound track: order, gaps, duplicates and clocks that lie."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.media.jitter_buffer import JitterBuffer

HUSH = b"\xff" * 160


def frame(n: int) -> bytes:
    """A frame that says which one it is; never silence."""
    return bytes([n % 200]) * 160


def push(track: JitterBuffer, at: int, ulaw: bytes) -> list[bytes]:
    """The frames without their scores."""
    return [frame for frame, _ in track.push(at, ulaw)]


def flush(track: JitterBuffer) -> list[bytes]:
    return [frame for frame, _ in track.flush()]


def run(track: JitterBuffer, chunks: list[tuple[int, bytes]]) -> list[bytes]:
    return [out for at, chunk in chunks for out in push(track, at, chunk)]


def numbered(*numbers: int, base: int = 0) -> list[tuple[int, bytes]]:
    return [(base + 20 * n, frame(n)) for n in numbers]


def frames(*numbers: int) -> list[bytes]:
    return [HUSH if n < 0 else frame(n) for n in numbers]


@pytest.mark.parametrize("base", [0, 61, 10**9, -500])
def test_in_order_comes_out_at_once(base: int) -> None:
    track = JitterBuffer()
    for n in range(50):
        assert push(track, base + 20 * n, frame(n)) == [frame(n)]
    assert (track.frames, track.filled_ms, track.late_chunks, track.reordered) == (50, 0, 0, 0)


@given(st.lists(st.integers(1, 700) | st.just(160), min_size=1, max_size=20), st.integers(-9, 9))
def test_any_chunk_length_with_rounded_timestamps(lengths: list[int], wobble: int) -> None:
    audio = bytes(i % 251 for i in range(sum(lengths)))
    track, at, out = JitterBuffer(), 0, []
    for i, length in enumerate(lengths):
        out += push(track, at // 8 + (wobble if i % 2 else 0), audio[at : at + length])
        at += length
    assert b"".join(out) == audio[: len(audio) // 160 * 160]
    assert b"".join(out + flush(track)) == audio + b"\xff" * (-len(audio) % 160)
    assert track.late_chunks == track.filled_ms == 0


@pytest.mark.parametrize(
    ("arrivals", "expected", "filled", "late", "reordered"),
    [
        ([0, 2, 1, 3], [0, 1, 2, 3], 0, 0, 1),
        ([0, 2, 3, 4, 1, 5], [0, 1, 2, 3, 4, 5], 0, 0, 3),
        ([0, 3, 2, 1, 4], [0, 1, 2, 3, 4], 0, 0, 2),
        ([0, 2, 3, 4, 5, 6], [0, -1, 2, 3, 4, 5, 6], 20, 0, 0),
        ([0, 2, 3, 4, 5, 1, 6], [0, -1, 2, 3, 4, 5, 6], 20, 1, 0),
        ([0, 1, 1, 2, 0, 3], [0, 1, 2, 3], 0, 2, 0),
        ([0, 2, 2, 1, 3], [0, 1, 2, 3], 0, 1, 1),
        ([0, 2, 4, 5, 6, 7], [0, -1, 2, -1, 4, 5, 6, 7], 40, 0, 0),
        ([0, 101, 102, 103, 104], [0, *[-1] * 100, 101, 102, 103, 104], 2000, 0, 0),
    ],
)
def test_out_of_order(arrivals: list[int], expected: list[int], filled: int, late: int, reordered: int) -> None:
    track = JitterBuffer()
    assert run(track, numbered(*arrivals)) == frames(*expected)
    assert (track.filled_ms, track.late_chunks, track.reordered, track.resyncs) == (filled, late, reordered, 0)


def test_a_gap_over_two_seconds_is_not_filled() -> None:
    track = JitterBuffer()
    assert run(track, numbered(0, 102, 103, 104, 105, 106)) == frames(0, 102, 103, 104, 105, 106)
    assert (track.filled_ms, track.resyncs) == (0, 1)


def test_a_long_chunk_does_not_wait_for_what_is_missing() -> None:
    track = JitterBuffer()
    assert push(track, 0, frame(0)) == [frame(0)]
    assert push(track, 100, frame(5) * 4) == [*frames(-1, -1, -1, -1), *[frame(5)] * 4]


def test_only_what_is_new_of_a_late_chunk_is_taken() -> None:
    track = JitterBuffer()
    run(track, numbered(0, 1, 2))
    assert push(track, 20, frame(1) + frame(2) + frame(3) + frame(4)) == frames(3, 4)
    assert track.late_chunks == 0


def test_a_single_absurd_timestamp_is_dropped() -> None:
    track = JitterBuffer()
    chunks = numbered(0, 1, 2, 3, 4, 5, 6, 7, 8)
    chunks.insert(3, (10**15, frame(99)))
    assert run(track, chunks) == frames(0, 1, 2, 3, 4, 5, 6, 7, 8)
    assert (track.late_chunks, track.filled_ms, track.resyncs) == (1, 0, 0)


@pytest.mark.parametrize("at", [0, 5000, -(10**12)])
def test_a_clock_that_stands_still_costs_80_ms(at: int) -> None:
    track = JitterBuffer()
    run(track, numbered(0, base=at))
    out = run(track, [(at, frame(n)) for n in range(1, 60)])
    assert out == frames(*range(5, 60))
    assert (track.late_chunks, track.resyncs) == (4, 1)


def test_a_clock_that_starts_again_is_followed_and_trusted() -> None:
    track = JitterBuffer()
    run(track, numbered(*range(100)))
    assert run(track, numbered(*range(30))) == frames(*range(4, 30))
    assert run(track, numbered(30, 32, 31, 33)) == frames(30, 31, 32, 33)
    assert run(track, numbered(35, 36, 37, 38)) == frames(-1, 35, 36, 37, 38)


@pytest.mark.parametrize("twins", [(7, 9), (9, 7)])
def test_of_two_for_one_place_the_first_counts(twins: tuple[int, int]) -> None:
    first, second = twins
    chunks = [(0, frame(0)), (40, frame(first)), (40, frame(second)), (20, frame(1))]
    assert run(JitterBuffer(), chunks) == frames(0, 1, first)


def test_what_was_held_when_the_clock_went_back_is_dropped() -> None:
    track = JitterBuffer()
    run(track, numbered(*range(10)))
    assert run(track, [*numbered(12), *numbered(0, 0, 0, 0, 0)]) == [frame(0)]
    assert track.late_chunks == 5
    assert flush(track) == []


def test_duplicates_among_the_held_may_reach_the_late_limit() -> None:
    track = JitterBuffer()
    out = run(track, numbered(0, 5)) + run(track, [(100 + n, b"\x01" * 20) for n in range(1, 5)])
    assert out == [frame(0)]
    assert run(track, numbered(1, 2, 3, 4))[:5] == frames(1, 2, 3, 4, 5)


def test_flush_gives_what_is_held_and_fills_the_last_frame() -> None:
    track = JitterBuffer()
    run(track, numbered(0))
    assert push(track, 40, b"\x01" * 200) == []
    assert flush(track) == [HUSH, b"\x01" * 160, (b"\x01" * 40).ljust(160, b"\xff")]
    assert flush(track) == []


def test_an_empty_chunk_is_nothing() -> None:
    track = JitterBuffer()
    assert push(track, 10**6, b"") == []
    assert run(track, numbered(0, 1)) == frames(0, 1)


@settings(max_examples=200)
@given(
    st.lists(
        st.tuples(st.one_of(st.integers(-(10**15), 10**15), st.integers(-200, 2000), st.just(0)), st.integers(0, 500)),
        max_size=60,
    )
)
def test_no_timestamp_hurts(chunks: list[tuple[int, int]]) -> None:
    track, out = JitterBuffer(), 0
    for at, length in chunks:
        new = push(track, at, b"\x01" * length)
        assert all(len(f) == 160 for f in new)
        out += len(new) * 160
        assert out <= sum(n for _, n in chunks) + track.filled_ms * 8 + 7 * len(chunks)
        assert sum(len(held) for _, held, _ in track._held) <= 480 + 500
    assert track.frames == out // 160


@given(st.permutations(range(4)))
def test_any_order_within_60_ms_is_put_right(order: list[int]) -> None:
    track = JitterBuffer()
    out = run(track, numbered(*range(5), *(5 + n for n in order), *range(9, 15)))
    assert out == frames(*range(15))
    assert track.filled_ms == 0


@given(st.sets(st.integers(1, 40)))
def test_lost_frames_keep_the_timeline(lost: set[int]) -> None:
    there = [n for n in range(60) if n not in lost]
    out = run(JitterBuffer(), numbered(*there))
    assert out == frames(*(n if n in there else -1 for n in range(60)))
    assert all(a < b for a, b in pairwise(there))


def test_it_prints_itself() -> None:
    track = JitterBuffer()
    run(track, numbered(0, 2))
    assert repr(track) == "<JitterBuffer frames=1 filled=0ms late=0 reordered=0 resyncs=0 held=1>"


def scores(track: JitterBuffer, chunks: list[tuple[int, int, float]]) -> list[float]:
    """The scores of all frames; a chunk is its time, its length in samples and its score."""
    out = [score for at, length, speech in chunks for _, score in track.push(at, b"\x01" * length, speech)]
    return out + [score for _, score in track.flush()]


def test_a_score_goes_with_its_chunk_into_its_place() -> None:
    chunks = [(0, 160, 0.1), (40, 160, 0.3), (20, 160, 0.2), (60, 160, 0.4)]
    assert scores(JitterBuffer(), chunks) == [0.1, 0.2, 0.3, 0.4]


def test_silence_that_fills_a_gap_has_the_score_0() -> None:
    chunks = [(0, 160, 0.9), *((at, 160, 0.8) for at in (60, 80, 100, 120))]
    assert scores(JitterBuffer(), chunks) == [0.9, 0, 0, 0.8, 0.8, 0.8, 0.8]


def test_a_frame_has_the_score_of_the_chunk_that_completes_it() -> None:
    assert scores(JitterBuffer(), [(0, 80, 0.9), (10, 160, 0.1), (30, 160, 0.7)]) == [0.1, 0.7, 0.0]
    assert scores(JitterBuffer(), [(0, 80, 0.1), (10, 80, 0.9), (20, 400, 0.5)]) == [0.9, 0.5, 0.5, 0.0]


def test_a_clock_that_went_back_keeps_the_scores() -> None:
    chunks = [*((20 * n, 160, 0.1) for n in range(10)), *((0, 160, n / 10) for n in range(2, 8))]
    assert scores(JitterBuffer(), chunks) == [0.1] * 10 + [0.6, 0.7]


def test_late_chunks_with_good_ones_between_move_no_clock() -> None:
    track = JitterBuffer()
    run(track, numbered(*range(10)))
    assert run(track, numbered(0, 0, 0, 0, 10, 0, 0, 0, 0, 11)) == frames(10, 11)
    assert (track.late_chunks, track.resyncs) == (8, 0)


@pytest.mark.parametrize(("in_order", "taken"), [(9, True), (10, False)])
def test_a_clock_is_trusted_after_ten_chunks_in_order(in_order: int, taken: bool) -> None:
    track = JitterBuffer()
    run(track, numbered(*range(10)))
    run(track, numbered(0, 0, 0, 0, 0))
    assert run(track, numbered(*range(1, 1 + in_order))) == frames(*range(1, 1 + in_order))
    ahead = in_order + 2
    assert run(track, numbered(ahead)) == (frames(ahead) if taken else [])
