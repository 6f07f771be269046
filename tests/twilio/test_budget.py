"""What one stream may send: the carrier's bursts pass, a flood does not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.twilio.budget import AUDIO_S, BYTES, KEYS, MESSAGES, Allowance, StreamBudget

FRAME_S = 0.02
MEDIA = 430
"""Characters of one message of the carrier's audio."""


@pytest.mark.parametrize("tracks", [1, 2])
def test_an_hour_of_the_carriers_audio_passes(tracks: int) -> None:
    budget = StreamBudget()
    for second in range(3600):
        for number in range(50 * tracks):
            now = second + number / 50 / tracks
            assert budget.message(MEDIA, now) is None
            assert number % tracks or budget.audio(FRAME_S, now) is None
        assert budget.key(second) is None
    assert (budget.dropped, budget.flooded) == (0, False)


@pytest.mark.parametrize("pause", [1, 12, 30, 55])
def test_what_was_kept_during_a_pause_passes_at_once(pause: int) -> None:
    budget, now = StreamBudget(), 100.0
    # Twice, a minute apart: what a pause takes has come back by then.
    for _ in range(2):
        for _ in range(50 * pause):
            assert budget.message(MEDIA, now) is None
            assert budget.audio(FRAME_S, now) is None
        now += 60
    assert repr(budget) == "<StreamBudget 0 dropped>"


@pytest.mark.parametrize(
    ("what", "size", "audio", "keys", "burst"),
    [
        ("too_many_messages", 10, 0.0, False, MESSAGES[1]),
        ("too_many_bytes", 60_000, 0.0, False, BYTES[1] / 60_000),
        ("too_much_audio", 10, 2.0, False, AUDIO_S[1] / 2),
        ("too_many_keys", 10, 0.0, True, KEYS[1]),
    ],
)
def test_a_flood_is_dropped_by_name_and_then_ends(what: str, size: int, audio: float, keys: bool, burst: float) -> None:
    budget, said, kept = StreamBudget(), set(), 0
    while not budget.flooded:
        over = budget.message(size, 0.0)
        if over is None and audio:
            over = budget.audio(audio, 0.0)
        if over is None and keys:
            over = budget.key(0.0)
        kept += over is None
        said.add(over)
    assert said == {None, what}
    assert kept == int(burst)
    assert budget.dropped == pytest.approx(burst, abs=1)
    assert repr(budget).endswith("flooded>")


@given(st.lists(st.tuples(st.floats(0, 10), st.floats(0, 50)), max_size=60))
def test_no_more_than_rate_and_burst_is_ever_taken(asked: list[tuple[float, float]]) -> None:
    bucket, now, taken = Allowance(5.0, 20.0), 0.0, 0.0
    for waits, amount in asked:
        now += waits
        if bucket.take(amount, now) >= 0:
            taken += amount
        assert taken <= 20.0 + 5.0 * now + 1e-6


def test_a_clock_that_goes_back_gives_nothing() -> None:
    bucket = Allowance(1.0, 10.0)
    assert bucket.take(10.0, 100.0) == 0
    assert bucket.take(0.0, 50.0) == 0
    assert repr(bucket) == "<Allowance 0 of 10>"


@given(
    st.tuples(st.floats(0.1, 1e3), st.floats(1, 1e4)),
    st.lists(st.tuples(st.floats(0, 1e4), st.floats(0, 1e3)), max_size=20),
)
def test_an_allowance_is_its_plain_definition(limits: tuple[float, float], takes: list[tuple[float, float]]) -> None:
    allowance, (rate, left) = Allowance(*limits), limits
    burst, at = left, takes[0][1] if takes else 0.0
    for amount, now in takes:
        left, at = min(burst, left + max(0.0, now - at) * rate) - amount, now
        assert allowance.take(amount, now) == left / burst
