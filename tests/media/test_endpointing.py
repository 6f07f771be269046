"""Endpointing: edges of speech on scripted probabilities, and that no audio is lost or doubled."""

from itertools import groupby

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.media.endpointing import Edge, Endpointer, EndpointOptions, SpeechEnded, SpeechStarted

V, M, U, F = 0.9, 0.4, 0.02, 0.1
"""Voiced, between the thresholds, unvoiced, a trace of speech."""


def pcm(n: int) -> bytes:
    """Frame number `n`, recognisable."""
    return n.to_bytes(2, "little") * 160


def run(endpointer: Endpointer, *parts: tuple[float, int], first: int = 0) -> list[tuple[int, Edge]]:
    """Push runs of (probability, frames); edges with the number of the frame that brought them."""
    edges, n = [], first
    for probability, count in parts:
        for _ in range(count):
            edges += [(n, edge) for edge in endpointer.push(pcm(n), probability)]
            n += 1
    return edges


def numbers(audio: bytes) -> list[int]:
    """Which frames an utterance is made of."""
    return [int.from_bytes(audio[i : i + 2], "little") for i in range(0, len(audio), 320)]


def ended(edges: list[tuple[int, Edge]]) -> list[SpeechEnded]:
    return [edge for _, edge in edges if isinstance(edge, SpeechEnded)]


def test_one_utterance() -> None:
    endpointer = Endpointer()
    edges = run(endpointer, (U, 50), (V, 20), (U, 60))
    assert [n for n, _ in edges] == [52, 94]
    start, end = edges[0][1], edges[1][1]
    assert start == SpeechStarted(onset=50 * 160)
    assert isinstance(end, SpeechEnded)
    assert (end.onset, end.end, end.voiced_ms, end.forced) == (50 * 160, 70 * 160, 400, False)
    assert numbers(end.pcm) == list(range(35, 80))


@pytest.mark.parametrize(
    ("pattern", "start"),
    [
        ([V, V, V], 2),
        ([V, V, U, V], 3),
        ([V, U, V, V], 3),
        ([V, U, V, U, V, U, V], None),
        ([V, V, U, U, V], None),
        ([V, M, V, V], 3),
        ([M, M, M, M, M], None),
        ([V, V, U, U, V, V, V], 6),
    ],
)
def test_what_makes_a_start(pattern: list[float], start: int | None) -> None:
    edges = run(Endpointer(), *((p, 1) for p in pattern))
    assert [n for n, _ in edges] == ([] if start is None else [start])


def test_the_onset_is_the_first_voiced_frame_of_the_window() -> None:
    [(_, start)] = run(Endpointer(), (U, 10), (V, 1), (U, 1), (V, 2))
    assert start == SpeechStarted(onset=10 * 160)


def test_between_the_thresholds_speech_stays_and_silence_stays() -> None:
    endpointer = Endpointer(EndpointOptions(endpoint_ms=200))
    run(endpointer, (V, 3), (M, 10))
    assert (endpointer.speech_ms, endpointer.silence_ms) == (260, 0)
    run(endpointer, (U, 1), (M, 5))
    assert (endpointer.speech_ms, endpointer.silence_ms) == (260, 120)
    run(endpointer, (V, 1))
    assert (endpointer.speech_ms, endpointer.silence_ms) == (280, 0)


def test_what_can_be_asked_while_it_runs() -> None:
    endpointer = Endpointer()
    assert (endpointer.speaking, endpointer.speech_ms, endpointer.silence_ms) == (False, 0, 0)
    assert endpointer.so_far() is None
    assert repr(endpointer) == "<Endpointer frame=0 silence>"
    run(endpointer, (U, 5), (V, 4), (U, 3))
    assert (endpointer.speaking, endpointer.speech_ms, endpointer.silence_ms) == (True, 80, 60)
    assert repr(endpointer) == "<Endpointer frame=12 speaking 80ms, silent 60ms>"
    so_far = endpointer.so_far()
    assert so_far is not None
    assert numbers(so_far.pcm) == list(range(12))
    assert endpointer.speaking


def test_a_short_pre_roll_at_the_very_start() -> None:
    edges = run(Endpointer(), (V, 5), (U, 30))
    assert numbers(ended(edges)[0].pcm) == list(range(15))


def test_the_endpoint_can_be_changed_while_the_caller_pauses() -> None:
    endpointer = Endpointer()
    run(endpointer, (V, 5), (U, 10))
    endpointer.endpoint_ms = 220
    assert [n for n, _ in run(endpointer, (U, 5), first=15)] == [15]
    endpointer.endpoint_ms = 900
    assert [n for n, _ in run(endpointer, (V, 5), (U, 50), first=20)] == [22, 69]


def test_speech_right_after_a_short_endpoint_shares_no_audio() -> None:
    endpointer = Endpointer(EndpointOptions(endpoint_ms=260, tail_ms=200))
    edges = run(endpointer, (V, 10), (U, 13), (V, 10), (U, 13))
    first, second = (numbers(end.pcm) for end in ended(edges))
    assert first == list(range(20))
    assert second == list(range(20, 43))


def test_a_monologue_is_cut_without_losing_a_frame() -> None:
    endpointer = Endpointer(EndpointOptions(max_utterance_ms=1000))
    edges = run(endpointer, (U, 20), (V, 120), (U, 30))
    ends = ended(edges)
    assert [end.forced for end in ends] == [True, True, False]
    assert [n for end in ends for n in numbers(end.pcm)] == list(range(5, 150))
    assert sum(end.voiced_ms for end in ends) == 2400


def test_an_utterance_that_reaches_both_limits_ended_by_itself() -> None:
    endpointer = Endpointer(EndpointOptions(max_utterance_ms=600, endpoint_ms=500))
    [_, (_, end)] = run(endpointer, (V, 5), (U, 40))
    assert isinstance(end, SpeechEnded)
    assert not end.forced


def test_an_abandoned_utterance_leaves_its_pre_roll() -> None:
    endpointer = Endpointer()
    run(endpointer, (U, 10), (V, 30))
    endpointer.abandon()
    assert not endpointer.speaking
    edges = run(endpointer, (U, 2), (V, 5), (U, 30), first=40)
    assert [n for n, _ in edges] == [44, 71]
    assert numbers(ended(edges)[0].pcm) == list(range(27, 57))


def test_abandoned_in_a_word_it_starts_again_after_start_ms() -> None:
    endpointer = Endpointer()
    run(endpointer, (V, 10))
    endpointer.abandon()
    assert [n for n, _ in run(endpointer, (V, 10), first=10)] == [12]


def test_finish_gives_what_was_under_way() -> None:
    endpointer = Endpointer()
    assert endpointer.finish() is None
    run(endpointer, (V, 10), (U, 2))
    last = endpointer.finish()
    assert last is not None
    assert (numbers(last.pcm), last.forced, last.end) == (list(range(12)), True, 1600)
    assert endpointer.finish() is None


def test_a_start_of_no_length_is_one_frame() -> None:
    assert [n for n, _ in run(Endpointer(EndpointOptions(start_ms=0)), (U, 3), (V, 1))] == [3]


def test_a_frame_of_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="a frame is 320 bytes, not 160"):
        Endpointer().push(bytes(160), 0.0)


@given(
    st.lists(st.tuples(st.sampled_from([V, M, U]), st.integers(1, 40)), max_size=30),
    st.sampled_from([0, 100, 300]),
    st.sampled_from([0, 200, 600]),
    st.sampled_from([200, 500]),
    st.sampled_from([400, 30_000]),
    st.sampled_from([0, 800]),
)
def test_every_utterance_is_whole_and_no_frame_is_in_two(
    parts: list[tuple[float, int]], pre_roll: int, tail: int, endpoint: int, longest: int, reach: int
) -> None:
    options = EndpointOptions(
        pre_roll_ms=pre_roll,
        tail_ms=tail,
        endpoint_ms=endpoint,
        max_utterance_ms=longest,
        reach_ms=reach,
        faint=0.06 if reach else 1.0,
    )
    endpointer = Endpointer(options)
    edges = run(endpointer, *parts)
    assert [isinstance(edge, SpeechStarted) for _, edge in edges] == [i % 2 == 0 for i in range(len(edges))]
    seen: list[int] = []
    for end in [*ended(edges), *filter(None, [endpointer.finish()])]:
        there = numbers(end.pcm)
        assert there == list(range(there[0], there[-1] + 1))
        assert there[0] <= end.onset // 160 < end.end // 160 <= there[-1] + 1
        assert end.onset // 160 - there[0] <= max(reach, pre_roll) // 20 + 2
        seen += there
    assert all(len(list(same)) == 1 for _, same in groupby(seen))
    assert seen == sorted(seen)


@pytest.mark.parametrize(
    ("before", "first"),
    [
        ([(U, 50)], 35),
        ([(U, 44), (F, 6)], 35),
        ([(U, 30), (F, 20)], 28),
        ([(U, 30), (F, 2), (U, 6), (F, 2), (U, 6), (F, 4)], 28),
        ([(U, 30), (F, 2), (U, 7), (F, 11)], 35),
        ([(U, 26), (F, 2), (U, 6), (M, 16)], 24),
        ([(F, 50)], 9),
        ([(U, 2), (F, 20)], 0),
    ],
)
def test_a_doubtful_stretch_before_the_start_belongs_to_it(before: list[tuple[float, int]], first: int) -> None:
    edges = run(Endpointer(), *before, (V, 20), (U, 60))
    [end] = ended(edges)
    assert end.onset == 160 * sum(count for _, count in before)
    assert numbers(end.pcm)[0] == first


def test_an_utterance_is_no_doubtful_beginning_of_the_next() -> None:
    endpointer = Endpointer(EndpointOptions(endpoint_ms=200, tail_ms=40))
    one, two = ended(run(endpointer, (U, 20), (V, 5), (F, 30), (V, 5), (U, 30)))
    assert numbers(one.pcm)[-1] == 26
    assert numbers(two.pcm)[0] == 33


def test_a_reach_shorter_than_the_pre_roll_leaves_the_pre_roll() -> None:
    endpointer = Endpointer(EndpointOptions(reach_ms=0))
    [end] = ended(run(endpointer, (F, 50), (V, 5), (U, 30)))
    assert numbers(end.pcm)[0] in range(31, 36)


def test_a_voiced_frame_may_be_the_beginning_of_an_utterance() -> None:
    endpointer = Endpointer()
    told = []
    for probability, frames in ((U, 1), (V, 1), (U, 1), (U, 1), (V, 3)):
        run(endpointer, (probability, frames))
        told.append(endpointer.rising)
    assert told == [False, True, True, False, False]
    assert endpointer.speaking
