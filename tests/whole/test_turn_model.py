"""Whole calls with a turn model: the real library, from the setting to the silence that ends a turn."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ivr.call.events import TurnJudged
from ivr.media.voice.log_mel import turn_features
from ivr.server.app import create_app
from ivr.session.turn_judging import FAILED
from tests.support.front import settings, total
from tests.support.onnx_model import tiny_model
from tests.whole.world import BYE, QUESTION, World, call

STEPS = (f"say {QUESTION}", f"say {BYE}", "wait")


def a_call(folder: Path, model: Path | None) -> World:
    env: dict[str, Any] = {} if model is None else {"IVR_TURN_MODEL": str(model)}
    return call(folder, STEPS, prepared=False, **env)


def silences(world: World) -> list[float]:
    """Return the silence that ended each utterance of the caller, in seconds."""
    found = [(turn.speech_ended_at, turn.endpoint_at) for turn in world.turns]
    return [round(end - last, 2) for last, end in found if last is not None and end is not None]


def judged(world: World) -> list[float]:
    return [event.probability for _, event, _ in world.happenings if isinstance(event, TurnJudged)]


def test_what_it_says_of_a_pause_changes_the_wait(folder: Path, tmp_path: Path) -> None:
    without = a_call(folder, None)
    done = a_call(folder, tiny_model(tmp_path / "done.onnx", bias=4.0))
    more = a_call(folder, tiny_model(tmp_path / "more.onnx", bias=-4.0))
    assert judged(without) == []
    assert judged(done) == [pytest.approx(0.982, abs=0.001)] * 2
    assert judged(more) == [pytest.approx(0.018, abs=0.001)] * 2
    assert all(sure < unsure < never for sure, unsure, never in zip(*map(silences, (done, without, more)), strict=True))
    assert {note["model"] for note in done.notes("turn_end")} == {3.0}
    assert {note["model"] for note in more.notes("turn_end")} == {-3.0}
    assert all("model" not in note for note in without.notes("turn_end"))
    assert total(done.bridge.metrics, "ivr_turn_model_seconds_count") == 2


def test_a_model_that_breaks_down_delays_no_call(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tiny_model(tmp_path / "tiny.onnx")
    without = a_call(folder, None)

    def breaks(pcm: bytes) -> object:
        # At the start it is tried on silence.
        return turn_features(pcm) if not pcm else 1 / 0

    monkeypatch.setattr("ivr.session.turn_model.turn_features", breaks)
    broken = a_call(folder, path)
    assert judged(broken) == []
    assert silences(broken) == silences(without)
    assert broken.bridge.metrics.registry.get_sample_value("ivr_notes_total", {"name": FAILED}) == 2


def test_a_bad_model_stops_the_start(tmp_path: Path) -> None:
    path = tiny_model(tmp_path / "odd.onnx", bias=7.0, sigmoid=False)
    chosen = settings(tmp_path, IVR_TURN_MODEL=str(path))
    with pytest.raises(ValueError, match=r"^IVR_TURN_MODEL .*odd\.onnx cannot be run .*gives 7, and not a probability"):
        create_app(chosen)
