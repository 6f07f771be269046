"""What is put down about a call's levels."""

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.media.call_levels import CallLevelCounts, CallLevels, power_decibels
from ivr.media.g711 import audioop


def frames(dbfs: float, count: int, seed: int = 1) -> Iterator[bytes]:
    """Noise of a level, frame by frame."""
    sound = np.random.default_rng(seed).normal(0, 32768 * 10 ** (dbfs / 20), (count, 160))
    return (np.clip(frame, -32768, 32767).astype("<i2").tobytes() for frame in sound)


def rms(frame: bytes) -> int:
    return audioop.rms(frame, 2)


def hear(levels: CallLevels, dbfs: float, seconds: float, *, played: float | None = None, voiced: bool = False) -> None:
    count = round(seconds * 50)
    agent = [None] * count if played is None else frames(played, count, 2)
    for frame, out in zip(frames(dbfs, count), agent, strict=True):
        levels.push(rms(frame), None if out is None else rms(out), voiced)


def test_of_nothing_nothing_is_known() -> None:
    assert CallLevels().report() == {"caller_dbfs": None, "noise_dbfs": None, "echo_db": None}
    assert repr(CallLevels()) == "<CallLevels caller=None noise=None echo=None>"


@pytest.mark.parametrize("dbfs", [-75.0, -50.0, -30.0])
def test_noise_is_what_is_there_when_nobody_speaks(dbfs: float) -> None:
    levels = CallLevels()
    hear(levels, dbfs, 10)
    assert levels.noise == pytest.approx(dbfs, abs=1.5)
    assert levels.caller is None
    assert levels.echo is None


@pytest.mark.parametrize("order", [(False, False, True), (False, True, False), (True, False, False)])
def test_a_half_second_beside_a_voice_is_no_noise(order: tuple[bool, ...]) -> None:
    levels = CallLevels()
    for voiced in order:
        hear(levels, -40, 0.5, voiced=voiced)
    assert levels.noise is None
    hear(levels, -40, 1.5)
    assert levels.noise == pytest.approx(-40, abs=1.5)


def test_noise_is_not_raised_by_a_cough() -> None:
    levels = CallLevels()
    hear(levels, -60, 5)
    hear(levels, -15, 1)
    hear(levels, -60, 5)
    assert levels.noise == pytest.approx(-60, abs=1.5)


@pytest.mark.parametrize("dbfs", [-40.0, -20.0, -10.0])
def test_the_callers_level_leaves_pauses_out(dbfs: float) -> None:
    levels = CallLevels()
    for _ in range(5):
        hear(levels, dbfs, 0.4, voiced=True)
        hear(levels, dbfs - 45, 0.3, voiced=True)
    assert levels.caller == pytest.approx(dbfs, abs=1)
    assert levels.noise is None


def test_a_callers_level_needs_a_fifth_of_a_second() -> None:
    levels = CallLevels()
    hear(levels, -20, 0.18, voiced=True)
    assert levels.caller is None
    hear(levels, -20, 0.02, voiced=True)
    assert levels.caller is not None


@pytest.mark.parametrize("echo", [-20.0, -28.0, -35.0])
@pytest.mark.parametrize("noise", [-75.0, -62.0])
def test_echo_is_what_comes_back_without_the_noise(echo: float, noise: float) -> None:
    levels = CallLevels()
    hear(levels, noise, 3)
    hear(levels, power_decibels(10 ** ((-20 + echo) / 10) + 10 ** (noise / 10)), 6, played=-20)
    assert levels.echo == pytest.approx(echo, abs=1.5)


def test_an_echo_under_the_noise_is_at_most_the_noise() -> None:
    levels = CallLevels()
    hear(levels, -50, 3)
    hear(levels, -50, 6, played=-20)
    assert levels.echo == pytest.approx(-30, abs=1.5)


def test_digital_silence_comes_back_from_a_perfect_line() -> None:
    levels = CallLevels()
    for _ in range(200):
        levels.push(0, rms(next(frames(-20, 1))), False)
    assert levels.echo == pytest.approx(-70, abs=1)


def test_echo_before_the_noise_is_known_counts_as_it_is() -> None:
    levels = CallLevels()
    hear(levels, -48, 4, played=-20)
    assert levels.echo == pytest.approx(-28, abs=1)
    assert levels.noise is None


def test_a_caller_talking_over_the_agent_is_not_its_echo() -> None:
    levels = CallLevels()
    hear(levels, -50, 4, played=-20)
    for _ in range(5):
        hear(levels, -18, 0.5, played=-20)
        hear(levels, -18, 1, played=-20, voiced=True)
        hear(levels, -18, 0.5, played=-20)
    assert levels.echo == pytest.approx(-30, abs=1.5)


def test_half_a_second_after_the_agent_counts_for_nothing() -> None:
    levels = CallLevels()
    hear(levels, -48, 1, played=-20)
    hear(levels, -40, 0.5)
    hear(levels, -60, 2)
    assert levels.noise == pytest.approx(-60, abs=1.5)
    assert levels._noise.of[-40 + 91] == 0


def test_a_soft_agent_tells_nothing_about_echo() -> None:
    levels = CallLevels()
    hear(levels, -60, 4, played=-55)
    assert levels.report() == {"caller_dbfs": None, "noise_dbfs": None, "echo_db": None}


def test_whatever_the_level_it_has_a_place() -> None:
    counts = CallLevelCounts()
    for level in (-500.0, -91.0, 0.0, 40.0):
        counts.add(level)
    assert counts.total == 4
    assert (counts.of[0], counts.of[-1]) == (2, 2)


@settings(max_examples=50)
@given(st.lists(st.integers(-91, 0), min_size=1, max_size=200), st.floats(0, 1))
def test_quantiles_are_those_of_the_list(levels: list[int], share: float) -> None:
    counts = CallLevelCounts()
    for level in levels:
        counts.add(level)
    quantile = counts.quantile(share)
    assert quantile in levels
    assert sum(level <= quantile for level in levels) >= share * len(levels) - 1e-6
    assert min(levels) <= counts.power_above(-91) + 1e-6
    assert counts.power_above(-91) <= max(-90.3, *levels) + 1e-6


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(st.integers(-90, -1), st.booleans(), st.booleans()), max_size=300))
def test_no_call_is_too_strange(parts: list[tuple[int, bool, bool]]) -> None:
    levels = CallLevels()
    for dbfs, voiced, agent in parts:
        loud = int(32768 * 10 ** (dbfs / 20))
        levels.push(loud, loud if agent else None, voiced)
    assert all(value is None or -91 <= value <= 0 for value in levels.report().values())
