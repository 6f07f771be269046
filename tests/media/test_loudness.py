"""Levels, the noise floor, and the end of a voice by its level."""

import random
import struct

import pytest

from ivr.media.loudness import FAINT_DBFS, QUIET_DBFS, NoiseFloor, decibels, is_faint, level, voice_level


@pytest.mark.parametrize(
    ("sample", "dbfs"), [(0, -90.3), (1, -90.3), (33, -59.9), (3277, -20.0), (32767, 0.0), (-32768, 0.0)]
)
def test_levels(sample: int, dbfs: float) -> None:
    assert level(struct.pack("<h", sample) * 160) == pytest.approx(dbfs, abs=0.05)


def test_a_voice_is_as_loud_as_its_loudest_tenth() -> None:
    assert voice_level([33] * 8 + [3277] * 2) == pytest.approx(-20.0, abs=0.05)
    assert voice_level([33] * 19 + [3277]) == pytest.approx(-59.9, abs=0.05)
    assert voice_level([]) == pytest.approx(-90.3, abs=0.05)


@pytest.mark.parametrize(
    ("voice", "usual", "faint"),
    [
        (-46.0, -22.0, True),
        (-46.0, -30.0, True),
        (-46.0, -35.0, False),
        (-27.0, -8.0, False),
        (FAINT_DBFS, -10.0, False),
        (-37.0, -22.0, False),
        (-37.1, -22.0, True),
    ],
)
def test_a_faint_voice_is_soft_and_far_below_the_callers(voice: float, usual: float, faint: bool) -> None:
    assert is_faint(voice, usual) is faint


def test_an_idle_line_is_quiet() -> None:
    assert level(struct.pack("<hh", 8, -8) * 80) < QUIET_DBFS - 5


def after(*runs: tuple[int, int]) -> NoiseFloor:
    """The floor after runs of (rms, frames)."""
    noise = NoiseFloor()
    for rms, count in runs:
        for _ in range(count):
            noise.push(rms)
    return noise


@pytest.mark.parametrize(
    ("runs", "now", "floor"),
    [
        ([(100, 1)], 100, 100),
        ([(100, 50), (5000, 100)], 5000, 100),
        ([(100, 50), (5000, 200)], 5000, 5000),
        ([(5000, 100), (100, 3)], 100, 100),
        ([(5000, 110), (100, 3), (5000, 20)], 5000, 100),
        ([(0, 5)], 1, 1),
    ],
)
def test_the_floor_is_the_quietest_of_three_seconds(runs: list[tuple[int, int]], now: int, floor: int) -> None:
    noise = after(*runs)
    assert noise.now == pytest.approx(decibels(now), abs=0.01)
    assert noise.floor == pytest.approx(decibels(floor), abs=0.01)


def test_one_quiet_frame_is_not_yet_the_floor() -> None:
    assert after((1000, 20), (10, 1), (1000, 20)).floor > decibels(1000) - 2


def test_the_floor_prints_itself() -> None:
    assert repr(after((3277, 1))) == "<NoiseFloor -20 dBFS, now -20>"


def test_the_floor_is_the_same_however_often_it_is_asked_for() -> None:
    asked, dice = NoiseFloor(), random.Random(4)
    pushed: list[tuple[int, int]] = []
    for number in range(400):
        # Noise that changes, and then noise that rises.
        pushed.append((dice.choice([30, 100, 400, 3000]) if number < 150 else 10 * number, 1))
        asked.push(pushed[-1][0])
        assert asked.floor == after(*pushed).floor
