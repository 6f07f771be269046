"""The bench of the ears: that what it times is what it says."""

import numpy as np
import pytest

from ivr.media.vad.energy import EnergyScorer
from ivr.testbench import tts
from tools.vad import bench
from tools.vad.bench import Frame
from tools.vad.score import Scored

LOUD = (b"\x00\x10" * 160, None)
LINES: list[list[Frame]] = [[LOUD] * 100, [(bytes(320), bytes(320))] * 100]


def test_many_calls_are_out_of_step_and_equally_long() -> None:
    numbered: list[list[Frame]] = [[(bytes([n]) * 320, None) for n in range(100)]]
    calls = bench.many(numbered, 5, frames=80)
    assert [len(call) for call in calls] == [80] * 5
    assert len({call[0][0] for call in calls}) == 5
    assert {frame for call in bench.many(numbered, 5, frames=100) for frame in call} == set(numbered[0])


@pytest.mark.parametrize("wait", [0, 4])
def test_collecting_answers_every_frame_after_its_arrival(wait: int) -> None:
    share, p50, p95 = bench.collecting(LINES, 6, wait)
    assert share > 0
    assert 0 < p50 <= p95
    if wait:
        assert p95 > 1


def test_cost_is_that_of_the_best_pass() -> None:
    passes: list[int] = []

    def one_pass() -> None:
        passes.append(sum(range(20000 if passes else 200_000)))

    assert bench.cost(one_pass, 1, 3) > 0
    assert len(passes) == 3


def test_everybody_hears_the_same_frames() -> None:
    for one_pass in (bench.alone(lambda: Scored(EnergyScorer()), LINES), bench.shared(LINES), bench.noted(LINES)):
        one_pass()
    assert len(LINES[0]) == 100


def test_the_sound_of_a_call_is_speech_and_agent() -> None:
    if not tts.available():
        pytest.skip("no espeak-ng")
    frames = bench.call(np.random.default_rng(1), 8)
    assert len(frames) == 400
    assert any(played is not None and any(played) for _, played in frames)
    assert len(bench.speaking(np.random.default_rng(1), 2)) == 100
