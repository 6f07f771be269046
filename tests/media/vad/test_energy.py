"""The fallback detector: pitch and energy."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from ivr.media.vad.energy import EnergyVad

Sound = np.ndarray[Any, np.dtype[np.float64]]


def noise(ms: int, rms: float) -> Sound:
    return np.random.default_rng(1).normal(0, rms, ms * 8)


def test_speech_is_heard_and_the_idle_line_is_not(
    syllables: Callable[..., Sound], idle: Callable[[int], Sound], frames: Callable[[Sound], list[bytes]]
) -> None:
    vad = EnergyVad()
    sound = np.concatenate((np.zeros(8000), syllables(6), np.zeros(8000))) + idle(1000 + 6 * 210 + 1000)
    said = [vad.push(frame) for frame in frames(sound)]
    assert max(said[:50] + said[116:]) < 0.35
    assert np.mean([p >= 0.5 for p in said[50:112]]) > 0.8
    assert repr(vad) == "<EnergyVad floor=-75 dBFS echo=None>"


@pytest.mark.parametrize("rms", [5, 100, 1500])
def test_noise_is_not_speech(rms: float, frames: Callable[[Sound], list[bytes]]) -> None:
    vad = EnergyVad()
    assert max(vad.push(frame) for frame in frames(noise(5000, rms))) < 0.35


def test_hiss_counts_only_near_a_voice(
    syllables: Callable[..., Sound], idle: Callable[[int], Sound], frames: Callable[[Sound], list[bytes]]
) -> None:
    vad = EnergyVad()
    sound = np.concatenate((idle(400), syllables(1), noise(200, 2000)))
    said = [vad.push(frame) for frame in frames(sound)]
    assert 0.45 in said[29:34]
    assert max(said[34:]) < 0.35


def test_echo_is_not_the_caller(syllables: Callable[..., Sound], frames: Callable[[Sound], list[bytes]]) -> None:
    agent = syllables(8)
    played, echo = frames(agent), frames(agent * 0.08)
    vad = EnergyVad()
    assert {vad.push(near, far) for near, far in zip(echo, played, strict=True)} == {0.0}
    vad.reset()
    assert vad.gate.echo is None
    assert max(vad.push(near, far) for near, far in zip(played, played, strict=True)) == 0.9


@pytest.mark.parametrize(("frame", "played"), [(b"", None), (bytes(160), None), (bytes(320), bytes(2))])
def test_a_frame_of_another_size_is_refused(frame: bytes, played: bytes | None) -> None:
    with pytest.raises(ValueError, match="a frame is 320 bytes"):
        EnergyVad().push(frame, played)
