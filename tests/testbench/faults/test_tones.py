"""Known tones in a whole track, against the judge that knows none."""

from __future__ import annotations

from itertools import groupby

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.media.resample import resample
from ivr.testbench.faults.tones import heard
from ivr.testbench.hamsa.audio import ToneRun, runs, tone

RATE = 8000
stretches = st.lists(st.tuples(st.integers(0, 9), st.integers(8, 60)), max_size=6)


def track(parts: list[tuple[int, int]]) -> bytes:
    """Requests (0: silence) and how many times 20 ms of each."""
    pieces = [bytes(640 * hops) if number == 0 else tone(number, 640 * hops) for number, hops in parts]
    return resample(b"".join(pieces), 16000, RATE)


def order(found: list[ToneRun]) -> list[int]:
    """Who was heard, one after the other."""
    return [number for number, _ in groupby(run.request for run in found if run.ms >= 100)]


@given(stretches)
@settings(max_examples=30, deadline=None)
def test_it_agrees_with_the_judge_that_knows_no_tone(parts: list[tuple[int, int]]) -> None:
    pcm = track(parts)
    known, blind = heard(pcm, RATE, range(1, 10)), runs(pcm, RATE)
    assert order(known) == order(blind)
    for number in range(1, 10):
        lengths = [sum(run.ms for run in found if run.request == number) for found in (known, blind)]
        assert abs(lengths[0] - lengths[1]) <= 40 * (len(parts) + 1)


def test_unknown_tone_is_left_out() -> None:
    assert heard(track([(3, 20)]), RATE, {4}) == []
    assert heard(track([(3, 20)]), RATE, {3}) == [ToneRun(3, 0, 400)]


def test_silence_noise_and_nothing() -> None:
    noise = np.random.default_rng(1).normal(0, 3000, RATE).astype("<i2").tobytes()
    assert heard(b"", RATE, {1}) == []
    assert heard(bytes(16000), RATE, {1}) == []
    assert heard(noise, RATE, range(1, 10)) == []
    assert heard(track([(1, 10)]), RATE, ()) == []
