"""The bucket never gives more than its rate."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.upstream.pace import SLOWEST_SHARE, TokenBucket


@pytest.mark.parametrize(("rate", "burst"), [(0.0, 1.0), (-1.0, 1.0), (1.0, 0.5)])
def test_a_bucket_that_gives_nothing_is_refused(rate: float, burst: float) -> None:
    with pytest.raises(ValueError, match="bucket"):
        TokenBucket(rate, burst)


def test_burst_then_rate() -> None:
    bucket = TokenBucket(0.5, 2)
    assert [bucket.take(10.0) for _ in range(3)] == [0.0, 0.0, 2.0]
    assert bucket.take(11.0) == pytest.approx(1.0)
    assert bucket.take(12.0) == 0.0
    assert repr(bucket) == "<TokenBucket 0.0 of 2, 0.5 a second>"


def test_a_clock_that_steps_back_gives_nothing() -> None:
    bucket = TokenBucket(1.0, 1)
    assert bucket.take(100.0) == 0.0
    assert bucket.take(50.0) == 1.0
    assert bucket.take(100.5) == pytest.approx(0.5)


@given(st.floats(0.1, 5), st.integers(1, 10), st.lists(st.floats(0, 3), max_size=80))
def test_never_more_than_burst_and_rate(rate: float, burst: int, waits: list[float]) -> None:
    bucket, now, taken = TokenBucket(rate, burst), 0.0, 0
    for wait in waits:
        now += wait
        delay = bucket.take(now)
        taken += delay == 0.0
        assert taken <= burst + now * rate + 1e-6
        assert delay <= 1 / rate + 1e-6


def test_it_learns_to_be_slower_and_recovers() -> None:
    bucket = TokenBucket(4.0, 8)
    bucket.slower(0.0, 1.0)
    assert (bucket.rate, bucket.take(1.0)) == (2.0, 0.5)
    bucket.slower(0.5, 1.1)
    assert bucket.rate == 2.0
    for now in range(2, 12):
        bucket.slower(now, now)
    assert bucket.rate == 4.0 / SLOWEST_SHARE
    for _ in range(50):
        bucket.faster()
    assert bucket.rate == 4.0


@pytest.mark.parametrize("window", [0.5, 2.0, 7.0])
def test_it_finds_the_pace_of_a_service_that_does_not_tell_it(window: float) -> None:
    """One connection in a window, the refused counted: nearly all of what there is, and hardly a refusal."""
    bucket, now, last, taken, refused = TokenBucket(4.0, 1), 0.0, -100.0, 0, 0
    while now < 200 * window:
        delay = bucket.take(now)
        now += delay
        if not delay:
            good, last = now - last >= window, now
            if good:
                bucket.faster()
            else:
                bucket.slower(now, now)
            taken, refused = taken + good, refused + (not good)
    assert taken > 0.8 * now / window
    assert refused < 0.2 * taken


def test_a_wall_is_forgotten_beyond_it() -> None:
    bucket = TokenBucket(8.0, 1)
    bucket.slower(0.0, 1.0)
    bucket.slower(2.0, 3.0)
    rates = []
    while bucket.rate < 8.0:
        bucket.faster()
        rates.append(bucket.rate)
    assert rates[0] == pytest.approx(2.3)
    assert max(b / a for a, b in pairwise(rates) if a > 4.5) > 1.14
    assert max(b / a for a, b in pairwise(rates) if 3.4 <= a <= 4.4) < 1.03


def test_a_connect_begun_when_a_refusal_was_known_counts_again() -> None:
    bucket = TokenBucket(8.0, 1)
    bucket.slower(0.0, 1.0)
    bucket.slower(0.9, 1.0)
    assert bucket.rate == 4.0
    bucket.slower(1.0, 2.0)
    assert bucket.rate < 4.0


def test_a_bucket_may_be_shared_with_others() -> None:
    bucket = TokenBucket(4.0, 8.0)
    bucket.share(0.25)
    assert bucket.rate == 1.0
    assert [bucket.take(0.0) for _ in range(3)] == [0.0, 0.0, 1.0]
    bucket.share(1.0)
    assert bucket.rate == 4.0
    assert bucket.take(0.25) == 0.0


def test_what_was_learnt_is_of_the_part() -> None:
    bucket = TokenBucket(4.0, 8.0)
    bucket.slower(0.0, 1.0)
    assert bucket.rate == 2.0
    bucket.share(0.5)
    assert bucket.rate == 1.0
    for _ in range(100):
        bucket.faster()
    assert bucket.rate == 2.0
    # At least one at once, however many share it.
    bucket.share(0.01)
    assert bucket.take(100.0) == 0.0
