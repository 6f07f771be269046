"""One run for many calls: the same answers, fewer runs."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

from ivr.media.vad import batch, silero
from ivr.media.vad.energy import EnergyVad
from ivr.media.vad.silero import Model, SileroVad

Sound = np.ndarray[Any, np.dtype[np.float64]]


class Counted:
    """The real network, and how many windows each run had."""

    def __init__(self) -> None:
        self.sizes: list[int] = []
        self._session = silero.load()._session

    def run(self, names: None, feed: Mapping[str, Any]) -> Any:
        self.sizes.append(len(feed["input"]))
        return self._session.run(names, feed)


@pytest.fixture
def lines(
    syllables: Callable[..., Sound], idle: Callable[[int], Sound], frames: Callable[[Sound], list[bytes]]
) -> list[list[bytes]]:
    """Five calls: four in which somebody speaks, each at another time, and one in which nobody does."""
    speech = [
        np.concatenate((np.zeros(8 * lead), syllables(2), np.zeros(8 * (1200 - lead)))) for lead in (100, 110, 300, 700)
    ]
    noise = np.random.default_rng(1).normal(0, 100, len(speech[0]))
    return [frames(sound + idle(1620)) for sound in [*speech[:3], speech[3] + noise, np.zeros(len(noise))]]


def test_calls_that_share_their_runs_hear_the_same(lines: list[list[bytes]]) -> None:
    alone_network, network = Counted(), Counted()
    alone = [SileroVad(Model(alone_network)) for _ in lines]
    model = Model(network)
    shared = [SileroVad(model) for _ in lines]
    played = b"\x00\x02" * 160
    for number, now in enumerate(zip(*lines, strict=True)):
        reference = played if number % 40 > 20 else None
        wanted = [vad.push(frame, reference) for vad, frame in zip(alone, now, strict=True)]
        batch.prepare([(vad, frame, reference) for vad, frame in zip(shared, now, strict=True)])
        assert [vad.push(frame, reference) for vad, frame in zip(shared, now, strict=True)] == pytest.approx(
            wanted, abs=1e-4
        )
    assert sum(network.sizes) == sum(alone_network.sizes)
    assert len(network.sizes) < 0.7 * len(alone_network.sizes)


def test_one_call_has_nobody_to_share_with(lines: list[list[bytes]]) -> None:
    network = Counted()
    vad = SileroVad(Model(network))
    assert batch.prepare([(vad, frame, None) for frame in lines[0][:20]]) == 0
    assert network.sizes == []


def test_a_second_frame_of_a_call_waits_for_its_push(lines: list[list[bytes]]) -> None:
    network = Counted()
    model = Model(network)
    one, two = SileroVad(model), SileroVad(model)
    first, second, third = lines[0][8:11]
    assert batch.prepare([(one, first, None), (two, first, None), (one, second, None)]) == 18
    one.push(first)
    two.push(first)
    assert network.sizes == [2] * 9
    for frame in (second, third):
        one.push(frame)
    assert network.sizes[9:] == [1]


def test_what_was_not_pushed_after_all_does_no_harm(lines: list[list[bytes]]) -> None:
    model = silero.load()
    plain, one, two = SileroVad(model), SileroVad(model), SileroVad(model)
    for frame, other in zip(lines[0], lines[2], strict=True):
        batch.prepare([(one, other, None), (two, frame, None)])
        assert one.push(frame) == pytest.approx(plain.push(frame), abs=1e-6)


def test_a_detector_of_another_kind_is_left_alone() -> None:
    loud = b"\x00\x10" * 160
    assert batch.prepare([(EnergyVad(), loud, None), (EnergyVad(), loud, None)]) == 0
    assert batch.prepare([]) == 0


def test_sleeping_lines_cost_no_run() -> None:
    network = Counted()
    model = Model(network)
    assert batch.prepare([(SileroVad(model), bytes(320), None) for _ in range(5)]) == 0
    assert network.sizes == []
