"""The network: what onnxruntime says of the same file, alone and beside others."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from ivr.media.vad import silero
from ivr.media.vad.network import CONTEXT, SEEN, WINDOW, Floats, Network

Sound = np.ndarray[Any, np.dtype[np.float64]]
REFERENCE = [
    0.0424611,
    0.0170042,
    0.0159988,
    0.7781162,
    0.972644,
    0.9798511,
    0.9692062,
    0.9916555,
    0.9968421,
    0.9932508,
    0.9961151,
    0.9978006,
    0.9981466,
    0.9973798,
    0.9993789,
    0.9792657,
    0.9955634,
    0.9981644,
    0.997708,
    0.9955294,
    0.9974596,
    0.9990494,
    0.9988016,
    0.9616001,
    0.5859491,
    0.1759616,
    0.0584721,
]
"""What onnxruntime 1.31 says of these windows, one after the other."""


@pytest.fixture(scope="module")
def windows(syllables: Callable[..., Sound], idle: Callable[[int], Sound]) -> Floats:
    """Windows in a row of a line on which three syllables are said."""
    sound = np.concatenate((np.zeros(800), syllables(3), np.zeros(1200)))
    sound = ((sound + idle(len(sound) // 8)) / 32768).astype(np.float32)
    return np.array([sound[at : at + SEEN] for at in range(0, len(sound) - CONTEXT - WINDOW, WINDOW)])


def in_turn(network: Network, windows: Floats) -> list[float]:
    """What the network says of windows in a row of one call, each shown alone."""
    state, found = np.zeros((1, 2, 128), np.float32), []
    for window in windows:
        said, state = network.step(network.look(window[None]), state)
        found.append(float(said[0]))
    return found


def test_it_says_what_onnxruntime_says(windows: Floats) -> None:
    assert in_turn(silero.load(), windows) == pytest.approx(REFERENCE, abs=2e-6)


@pytest.mark.parametrize("calls", [2, 7, 40])
def test_calls_beside_it_change_no_answer(windows: Floats, calls: int) -> None:
    network = silero.load()
    states = np.zeros((calls, 2, 128), np.float32)
    shifted = [np.roll(windows, -call, axis=0) for call in range(calls)]
    found = []
    for number in range(len(windows)):
        said, states = network.step(network.look(np.array([line[number] for line in shifted])), states)
        found.append(said)
    for line, answers in zip(shifted[:2], np.array(found).T, strict=False):
        assert answers.tolist() == pytest.approx(in_turn(network, line), abs=2e-6)


def test_windows_of_one_call_are_looked_at_together(windows: Floats) -> None:
    network = silero.load()
    together = network.look(windows)
    alone = np.concatenate([network.look(window[None]) for window in windows])
    assert np.allclose(together, alone, atol=2e-5)


@pytest.mark.parametrize("level", [0.0, 1.0, 1e4])
def test_no_sound_makes_an_answer_that_is_none(level: float) -> None:
    windows = np.full((3, SEEN), level, np.float32)
    said, states = silero.load().step(silero.load().look(windows), np.zeros((3, 2, 128), np.float32))
    assert bool(((said >= 0) & (said <= 1)).all())
    assert bool(np.isfinite(states).all())


def test_a_file_without_a_weight_is_refused() -> None:
    with pytest.raises(KeyError, match=r"stft\.forward_basis_buffer"):
        Network({})
