"""Silero: what the model is shown and when (scripted), and the real model on made-up speech."""

import importlib
import importlib.util
from collections.abc import Callable, Mapping
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from ivr.media.vad import silero
from ivr.media.vad.silero import CONTEXT, WINDOW, Model, SileroVad

Sound = np.ndarray[Any, np.dtype[np.float64]]
SILENT, AGENT = bytes(320), b"\x00\x10" * 160


class Script:
    """An inference session that says what it is told, and keeps what it was shown."""

    def __init__(self, *answers: float, then: float = 0.9) -> None:
        self.answers = list(answers)
        self.then = then
        self.shown: list[np.ndarray[Any, Any]] = []
        self.states: list[float] = []

    def run(self, _: None, feed: Mapping[str, Any]) -> list[np.ndarray[Any, Any]]:
        self.shown.append(feed["input"][0].copy())
        self.states.append(float(feed["state"][0, 0, 0]))
        said = self.answers.pop(0) if self.answers else self.then
        return [np.array([[said]], np.float32), feed["state"] + np.float32(1)]


def ramp(count: int, first: int = 0) -> list[bytes]:
    """Loud frames in which every sample differs: 8000, 8001, ..."""
    samples = np.arange(first * 160, (first + count) * 160) % 20000 + 8000
    return [samples[i : i + 160].astype("<i2").tobytes() for i in range(0, count * 160, 160)]


@pytest.fixture
def no_room(monkeypatch: pytest.MonkeyPatch) -> None:
    """The model is shown what the line says, to the bit."""
    monkeypatch.setattr(silero, "_ROOM", np.zeros_like(silero._ROOM))


@pytest.mark.usefixtures("no_room")
def test_no_sample_is_left_out_and_none_is_shown_twice() -> None:
    script = Script()
    vad = SileroVad(Model(script))
    for frame in ramp(50):
        vad.push(frame)
    heard = np.concatenate([window[CONTEXT:] for window in script.shown])
    wanted = np.concatenate((np.zeros(9 * WINDOW - 160), np.frombuffer(b"".join(ramp(50)), "<i2") / 32768))
    assert np.allclose(heard, wanted[: len(heard)])
    assert len(heard) == 9 * WINDOW + 49 * 160 // WINDOW * WINDOW
    for before, after in zip(script.shown, script.shown[1:], strict=False):
        assert np.array_equal(before[-CONTEXT:], after[:CONTEXT])
    assert script.states == list(range(len(script.shown)))


def test_between_windows_the_last_answer_stands() -> None:
    script = Script(*[0.72] * 9, 0.74, 0.8, 0.9)
    vad = SileroVad(Model(script))
    assert [round(vad.push(frame), 2) for frame in ramp(6)] == [0.72, 0.72, 0.74, 0.74, 0.8, 0.9]


@pytest.mark.usefixtures("no_room")
def test_while_it_says_no_the_newest_sound_is_tried_out_of_turn() -> None:
    script = Script(*[0.4] * 9, 0.45, 0.41, 0.6, then=0.8)
    vad = SileroVad(Model(script))
    for frame in ramp(10):
        vad.noise.push(10)
        vad.push(frame)
    pcm = np.frombuffer(b"".join(ramp(10)), "<i2") / 32768
    assert np.allclose(script.shown[9], pcm[320 - 288 : 320])
    assert script.states[9:12] == [9, 9, 10]


def test_a_try_counts_for_its_frame_only() -> None:
    script = Script(*[0.1] * 9, 0.7, 0.2, then=0.2)
    vad = SileroVad(Model(script))
    vad.noise.push(10)
    assert [round(vad.push(frame), 1) for frame in ramp(3)] == [0.1, 0.7, 0.2]


@pytest.mark.parametrize(
    ("answer", "floor", "said"),
    [
        (0.6, 8000, [0.45, 0.45, 0.6, 0.6]),
        (0.8, 8000, [0.8, 0.8, 0.8, 0.8]),
        (0.6, 500, [0.6, 0.6, 0.6, 0.6]),
        (0.4, 8000, [0.4, 0.4, 0.4, 0.4]),
    ],
)
def test_a_faint_yes_near_the_noise_must_last(answer: float, floor: int, said: list[float]) -> None:
    vad = SileroVad(Model(Script(then=answer)))
    vad.noise.push(floor)
    assert [round(vad.push(frame), 2) for frame in ramp(4)] == said


def test_a_yes_that_was_sure_once_may_be_faint_after() -> None:
    vad = SileroVad(Model(Script(*[0.8] * 9, then=0.6)))
    vad.noise.push(8000)
    assert [round(vad.push(frame), 1) for frame in ramp(4)] == [0.8, 0.8, 0.6, 0.6]


def test_a_crowd_is_not_heard_and_a_caller_in_it_is() -> None:
    vad = SileroVad(Model(Script(then=0.8)))
    vad.noise.push(10)
    crowd = [vad.push(b"\x40\x01" * 160) for _ in range(150)]
    assert crowd[0] == pytest.approx(0.8)
    assert crowd[-1] == pytest.approx(0.2)
    assert vad.push(b"\x00\x10" * 160) == pytest.approx(0.8)


def test_steady_noise_is_not_worth_a_try() -> None:
    script = Script(then=0.1)
    vad = SileroVad(Model(script))
    for _ in range(8):
        vad.push(b"\x00\x04" * 160)
    assert len(script.shown) == 9 + 4


def test_an_idle_line_never_wakes_the_model(
    idle: Callable[[int], Sound], frames: Callable[[Sound], list[bytes]]
) -> None:
    script = Script()
    vad = SileroVad(Model(script))
    assert {vad.push(frame) for frame in frames(idle(2000))} == {0.0}
    assert script.shown == []
    assert repr(vad) == "<SileroVad asleep floor=-75 dBFS echo=None>"


def test_it_sleeps_100_ms_after_the_sound_and_wakes_with_a_fresh_state() -> None:
    script = Script()
    vad = SileroVad(Model(script))
    said = [vad.push(frame) for frame in [*ramp(3), *[SILENT] * 6]]
    assert [round(p, 1) for p in said] == [0.9, 0.9, 0.9, 0.9, 0.9, 0.2, 0.2, 0.0, 0.0]
    before = len(script.shown)
    vad.push(ramp(1)[0])
    assert len(script.shown) == before + 9
    assert script.states[before] == 0


def test_an_old_state_that_hears_nothing_is_rebuilt_every_two_seconds() -> None:
    script = Script(then=0.05)
    vad = SileroVad(Model(script))
    for _ in range(160):
        vad.push(b"\x00\x04" * 160)
    starts = [i for i, state in enumerate(script.states) if state == 0]
    assert starts == [0, 62]
    assert len(script.shown) == 62 + 9 + 45


def test_a_state_that_hears_speech_is_kept() -> None:
    script = Script(then=0.2)
    vad = SileroVad(Model(script))
    for _ in range(160):
        vad.push(b"\x00\x04" * 160)
    assert script.states.count(0) == 1


def test_echo_is_not_even_shown_to_the_model() -> None:
    script = Script()
    vad = SileroVad(Model(script))
    faint = b"\x00\x01" * 160
    assert {vad.push(faint, AGENT) for _ in range(30)} == {0.0}
    assert script.shown == []
    assert vad.push(AGENT, AGENT) == pytest.approx(0.9)
    assert vad.push(faint, AGENT) == 0.0
    assert repr(vad).startswith("<SileroVad p=0.90 floor=")


def test_after_the_agents_voice_mere_noise_wakes_nothing() -> None:
    script = Script()
    vad = SileroVad(Model(script))
    noise = b"\x80\x00" * 160
    for _ in range(30):
        assert vad.push(noise, AGENT) == 0
    assert [vad.push(noise, SILENT) for _ in range(25)] == [0.0] * 25
    assert script.shown == []
    assert vad.push(noise) > 0


def test_after_the_agents_voice_a_voice_above_the_noise_does() -> None:
    script = Script()
    vad = SileroVad(Model(script))
    for _ in range(30):
        vad.push(b"\x80\x00" * 160, AGENT)
    assert vad.foresee(b"\x00\x08" * 160, AGENT)[0] != []
    assert vad.push(b"\x00\x08" * 160, AGENT) > 0


def test_played_silence_is_nothing_played() -> None:
    vad = SileroVad(Model(Script()))
    assert vad.push(ramp(1)[0], SILENT) == pytest.approx(0.9)
    assert vad.push(ramp(1)[0], b"") == pytest.approx(0.9)


def test_the_model_is_never_shown_silence() -> None:
    script = Script()
    vad = SileroVad(Model(script))
    for frame in [*ramp(1), *[SILENT] * 4]:
        vad.push(frame)
    assert np.std(script.shown[0]) == pytest.approx(0.001, rel=0.2)
    assert np.std(script.shown[-1]) == pytest.approx(0.001, rel=0.2)
    for before, after in pairwise(script.shown[:9]):
        assert np.array_equal(before[-CONTEXT:], after[:CONTEXT])


@pytest.mark.usefixtures("no_room")
def test_reset_is_as_new() -> None:
    script = Script()
    vad = SileroVad(Model(script))
    for _ in range(200):
        vad.push(ramp(1)[0], AGENT)
    vad.reset()
    script.shown.clear()
    vad.push(ramp(1)[0])
    assert len(script.shown) == 9
    assert not script.shown[0].any()
    assert vad.gate.echo is None


@pytest.mark.parametrize(
    ("frame", "played"), [(b"", None), (bytes(160), None), (bytes(322), None), (SILENT, bytes(160))]
)
def test_a_frame_of_another_size_is_refused(frame: bytes, played: bytes | None) -> None:
    with pytest.raises(ValueError, match="a frame is 320 bytes"):
        SileroVad(Model(Script())).push(frame, played)


def test_speech_is_heard_at_once_and_its_end_too(
    syllables: Callable[..., Sound], idle: Callable[[int], Sound], frames: Callable[[Sound], list[bytes]]
) -> None:
    vad = SileroVad(silero.load())
    sound = np.concatenate((np.zeros(8000), syllables(6), np.zeros(8000))) + idle(1000 + 6 * 210 + 1000)
    said = [vad.push(frame) for frame in frames(sound)]
    assert max(said[:50]) < 0.1
    first = next(i for i, p in enumerate(said) if p >= 0.5)
    last = max(i for i, p in enumerate(said) if p >= 0.35)
    assert 50 <= first <= 53
    assert min(said[first : 50 + 60]) >= 0.35
    assert last <= 50 + 62 + 3


def test_what_is_foreseen_is_what_is_asked(
    syllables: Callable[..., Sound], idle: Callable[[int], Sound], frames: Callable[[Sound], list[bytes]]
) -> None:
    asked: list[silero.Floats] = []

    class Overheard(Model):
        def run(self, windows: silero.Floats, states: silero.Floats) -> tuple[silero.Floats, silero.Floats]:
            asked.append(windows)
            return super().run(windows, states)

    vad = SileroVad(Overheard(silero.load()._session))
    noise = np.random.default_rng(1).normal(0, 150, 3 * 8000)
    sound = np.concatenate((np.zeros(1600), syllables(2), np.zeros(2400), noise, syllables(2), np.zeros(4000)))
    total = wrong = 0
    for frame in frames(sound + idle(len(sound) // 8)):
        foreseen, _ = vad.foresee(frame)
        asked.clear()
        vad.push(frame)
        total += len(asked)
        wrong += len(asked) != len(foreseen)
        assert all(np.array_equal(a, b) for a, b in zip(asked, foreseen, strict=False))
    assert total > 150
    assert wrong <= 2


def test_looking_ahead_changes_nothing() -> None:
    one, other = SileroVad(Model(Script())), SileroVad(Model(Script()))
    for frame in [*ramp(30), *[SILENT] * 10, *ramp(5)]:
        one.foresee(frame, AGENT)
        one.foresee(ramp(1, 77)[0])
        assert one.push(frame) == other.push(frame)


def test_echo_is_not_foreseen_to_be_asked_about() -> None:
    vad = SileroVad(Model(Script()))
    assert vad.foresee(b"\x00\x01" * 160, AGENT)[0] == []
    assert vad.foresee(SILENT)[0] == []
    assert len(vad.foresee(AGENT, AGENT)[0]) == 9


def test_an_answer_that_is_there_is_not_asked_again() -> None:
    script = Script()
    vad = SileroVad(Model(script))
    frame = ramp(1)[0]
    windows, state = vad.foresee(frame)
    answers = []
    for window in windows:
        after = state + np.float32(5)
        answers.append(silero.VadAnswer(window, state, 0.77, after))
        state = after
    vad.know(answers)
    assert vad.push(frame) == 0.77
    assert script.shown == []
    assert vad.state is state


@pytest.mark.parametrize("late", [0, 4])
def test_an_answer_to_another_question_is_no_answer(late: int) -> None:
    script = Script()
    vad = SileroVad(Model(script))
    windows, state = vad.foresee(ramp(1)[0])
    answers = []
    for at, window in enumerate(windows):
        answers.append(silero.VadAnswer(window, state if at < late else state.copy(), 0.1, state))
    vad.know(answers)
    assert vad.push(ramp(1)[0]) == pytest.approx(0.9)
    assert len(script.shown) == 9 - late
    for frame in ramp(2, 1):
        vad.know(answers)
        assert vad.push(frame) == pytest.approx(0.9)
    assert len(script.shown) == 10 - late


def test_without_the_package_there_is_no_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ModuleNotFoundError, match="no package silero-vad"):
        silero.load.__wrapped__()


def test_another_model_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    class Other:
        def run(self, _: None, feed: Mapping[str, Any]) -> list[np.ndarray[Any, Any]]:
            return [np.zeros((1, 1)), feed["state"]]

    runtime = SimpleNamespace(SessionOptions=SimpleNamespace, InferenceSession=lambda *_, **__: Other())
    monkeypatch.setattr(importlib, "import_module", lambda name: runtime)
    with pytest.raises(ValueError, match="not the one known here"):
        silero.load.__wrapped__()
