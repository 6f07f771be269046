"""When the echo comes: found on lively speech, never made up."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.media.vad.echo_delay import LONGEST_ECHO, EchoDelay, _spread

Curve = list[float]


def speech(frames: int, seed: int = 1) -> Curve:
    """Loudness of an agent: syllables of 100 to 300 ms, pauses in between."""
    rng = np.random.default_rng(seed)
    curve: Curve = []
    while len(curve) < frames:
        curve += [float(rng.uniform(-28, -14))] * int(rng.integers(3, 12))
        curve += [float(rng.uniform(-60, -35))] * int(rng.integers(1, 6))
    return curve[:frames]


def returned(played: Curve, late: int, loss: float, floor: float = -70.0) -> Curve:
    return [max(floor, one - loss) for one in [-99.0] * late + played][: len(played)]


def listen(delay: EchoDelay, heard: Curve, played: Curve) -> int:
    return sum(delay.push(one, other) for one, other in zip(heard, played, strict=True))


@pytest.mark.parametrize("late", [0, 1, 5, 10, 15, 25])
@pytest.mark.parametrize("loss", [20.0, 35.0])
def test_an_echo_is_found_in_two_and_a_half_seconds(late: int, loss: float) -> None:
    delay, played = EchoDelay(), speech(126)
    assert listen(delay, returned(played, late, loss)[:120], played[:120]) == 1
    assert delay.frames is None
    assert repr(delay) == "<EchoDelay unknown>"
    assert listen(delay, returned(played, late, loss)[120:], played[120:]) == 1
    assert delay.frames == pytest.approx(late, abs=1)


@pytest.mark.parametrize("late", [26, 35, 45, 60, 75])
@pytest.mark.parametrize("seed", range(1, 9))
def test_a_late_echo_is_found_in_four_and_a_half_seconds(late: int, seed: int) -> None:
    delay, played = EchoDelay(), speech(225, seed)
    listen(delay, returned(played, late, 25.0), played)
    assert delay.frames == pytest.approx(late, abs=1)


def test_what_repeats_itself_comes_back_soon_rather_than_late() -> None:
    delay, played = EchoDelay(), (speech(40) * 10)[:400]
    listen(delay, returned(played, 10, 25), played)
    assert delay.frames == 10


def test_a_late_echo_is_found_while_the_agent_stops_and_goes_on() -> None:
    """As when it takes its own echo for the caller."""
    delay, played = EchoDelay(), speech(400)
    halting = [one if n // 45 % 2 == 0 else -99.0 for n, one in enumerate(played)]
    listen(delay, returned(halting, 42, 25), halting)
    assert delay.frames == pytest.approx(42, abs=1)


def test_a_line_without_echo_has_no_delay() -> None:
    delay = EchoDelay()
    listen(delay, [-70.0] * 500, speech(500))
    assert delay.frames is None


def test_a_caller_agrees_with_no_delay_and_leaves_what_is_known() -> None:
    delay, played = EchoDelay(), speech(900)
    listen(delay, speech(300, seed=9), played[:300])
    assert delay.frames is None
    listen(delay, returned(played[300:600], 8, 25), played[300:600])
    known = delay.frames
    assert known == 8
    assert repr(delay) == "<EchoDelay 160 ms>"
    listen(delay, speech(300, seed=9), played[600:])
    assert delay.frames == known


def test_another_delay_makes_it_unknown_and_then_known() -> None:
    delay, played = EchoDelay(), speech(1200)
    listen(delay, returned(played[:400], 6, 25), played[:400])
    states = []
    for heard, out in zip(returned(played[400:], 14, 25), played[400:], strict=True):
        if delay.push(heard, out):
            states.append(delay.frames)
    assert states[0] == 6
    assert states[-1] == 14
    assert None in states


def test_a_frame_more_or_less_is_the_same_delay() -> None:
    delay, played = EchoDelay(), speech(800)
    listen(delay, returned(played[:400], 6, 25), played[:400])
    listen(delay, returned(played[400:], 7, 25), played[400:])
    assert delay.frames == 6


def test_silence_in_between_is_not_laid_over_speech() -> None:
    delay, played = EchoDelay(), speech(300)
    for part in range(3):
        heard = returned(played, 6, 25)
        assert listen(delay, heard[90 * part : 90 * part + 90], played[90 * part : 90 * part + 90]) == 0
        for _ in range(2):
            delay.pause()
    assert delay.frames is None


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(-99, 0), min_size=40, max_size=150))
def test_the_spread_of_levels_is_numpys_to_the_bit(levels: list[float]) -> None:
    row = np.array(levels)
    rows = np.array([row, row[::-1]])
    assert float(_spread(row)) == float(row.std())
    assert _spread(rows).tolist() == rows.std(axis=1).tolist()


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.floats(-99, 0), st.floats(-99, 0)), max_size=300))
def test_whatever_is_heard_the_delay_is_possible(frames: list[tuple[float, float]]) -> None:
    delay = EchoDelay()
    for heard, played in frames:
        delay.push(heard, played)
        assert delay.frames is None or 0 <= delay.frames <= LONGEST_ECHO


def noisy(curve: Curve, seed: int) -> Curve:
    rng = np.random.default_rng(seed)
    return [float(10 * np.log10(10 ** (one / 10) + 10**-5.5) + rng.normal(0, 1.5)) for one in curve]


@pytest.mark.parametrize("late", [5, 40, 70])
def test_an_echo_follows_what_was_played_and_a_caller_does_not(late: int) -> None:
    """Over 0.8 s and 1.2 s of 40 callers and echoes, at the end and a second ago."""
    for seed in range(40):
        echo, caller, played = EchoDelay(), EchoDelay(), speech(300, seed)
        listen(echo, noisy(returned(played, late, 25), seed), played)
        listen(caller, speech(300, seed + 1000), played)
        for frames, before in ((40, 0), (60, 0), (60, 50)):
            assert echo.agreement(frames, before) > 0.8, (seed, frames, before)
            assert caller.agreement(frames, before) < 0.8, (seed, frames, before)


def test_too_little_follows_nothing() -> None:
    delay, played = EchoDelay(), speech(64)
    assert delay.agreement(40, 0) == 0.0
    listen(delay, returned(played, 5, 25), played)
    assert delay.agreement(100, 0) == 0.0
    listen(delay, [-80.0] * 150, speech(150))
    assert delay.agreement(50, 0) == 0.0


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.tuples(st.floats(-99, 0), st.floats(-99, 0)), max_size=300), st.integers(0, 400), st.integers(0, 400)
)
def test_an_agreement_is_a_correlation(frames: list[tuple[float, float]], span: int, before: int) -> None:
    delay = EchoDelay()
    for heard, played in frames:
        delay.push(heard, played)
    assert -1.001 <= delay.agreement(span, before) <= 1.001
