"""The fallback scorer: pitch and energy."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from ivr.media.vad.energy import EnergyScorer

Sound = np.ndarray[Any, np.dtype[np.float64]]


def noise(ms: int, rms: float) -> Sound:
    return np.random.default_rng(1).normal(0, rms, ms * 8)


@pytest.mark.parametrize("size", [320, 160, 52])
def test_speech_is_heard_and_the_idle_line_is_not(
    size: int, syllables: Callable[..., Sound], idle: Callable[[int], Sound], frames: Callable[[Sound], list[bytes]]
) -> None:
    scorer = EnergyScorer()
    sound = np.concatenate((np.zeros(8000), syllables(6), np.zeros(8000))) + idle(1000 + 6 * 210 + 1000)
    said = [max(scorer.score(f[at : at + size]) for at in range(0, 320, size)) for f in frames(sound)]
    assert max(said[:50] + said[116:]) < 0.35
    assert np.mean([p >= 0.5 for p in said[50:112]]) > 0.8
    assert repr(scorer) == "<EnergyScorer floor=-75 dBFS>"


@pytest.mark.parametrize("rms", [5, 100, 1500])
def test_noise_is_not_speech(rms: float, frames: Callable[[Sound], list[bytes]]) -> None:
    scorer = EnergyScorer()
    assert max(scorer.score(frame) for frame in frames(noise(5000, rms))) < 0.35


def test_hiss_counts_only_near_a_voice(
    syllables: Callable[..., Sound], idle: Callable[[int], Sound], frames: Callable[[Sound], list[bytes]]
) -> None:
    scorer = EnergyScorer()
    sound = np.concatenate((idle(400), syllables(1), noise(200, 2000)))
    said = [scorer.score(frame) for frame in frames(sound)]
    assert 0.45 in said[29:34]
    assert max(said[34:]) < 0.35


@pytest.mark.parametrize("chunk", [bytes(322), bytes(1)])
def test_a_chunk_that_is_too_long_or_odd_is_refused(chunk: bytes) -> None:
    with pytest.raises(ValueError, match="a chunk is at most 320 bytes"):
        EnergyScorer().score(chunk)
