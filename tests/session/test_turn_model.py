"""A turn model run by the real library: what it is shown, and what is wrong with a file."""

from __future__ import annotations

import math
import os
import sys
from pathlib import Path

import numpy as np
import pytest

from ivr.media.resample import resample
from ivr.media.voice.log_mel import turn_features
from ivr.session.turn_model import TurnModel
from tests.support.onnx_model import GIVES, TAKES, model, node, tiny_model

VOICE = np.random.default_rng(5).normal(0, 4000, 24_000).astype("<i2").tobytes()
"""3 s at 8 kHz."""


def logistic(odds: float) -> float:
    return 1 / (1 + math.exp(-odds))


@pytest.mark.parametrize("bias", [-4.0, 0.0, 3.0])
def test_it_says_what_the_network_says(tmp_path: Path, bias: float) -> None:
    assert TurnModel(tiny_model(tmp_path / "m.onnx", bias=bias)).judge(VOICE) == pytest.approx(logistic(bias), abs=6e-5)


@pytest.mark.parametrize("last", [20, 300, 800])
def test_it_is_shown_the_features_of_what_was_said(tmp_path: Path, last: int) -> None:
    features = turn_features(resample(VOICE, 8000, 16_000))
    wanted = logistic(float(features[:, -last:].mean()))
    model = TurnModel(tiny_model(tmp_path / "m.onnx", gain=1.0, last=last))
    assert model.judge(VOICE) == pytest.approx(wanted, abs=1e-4)


def test_it_is_shown_no_more_than_eight_seconds(tmp_path: Path) -> None:
    model = TurnModel(tiny_model(tmp_path / "m.onnx", gain=1.0))
    late = VOICE * 3
    assert model.judge(bytes(16_000) + late) == pytest.approx(model.judge(late), abs=1e-4)


def test_silence_has_an_answer(tmp_path: Path) -> None:
    assert TurnModel(tiny_model(tmp_path / "m.onnx", gain=1.0)).judge(b"") == pytest.approx(logistic(-1.5), abs=1e-3)


def test_its_library_reports_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORT_DISABLE_TELEMETRY", "0")
    TurnModel(tiny_model(tmp_path / "m.onnx"))
    assert os.environ["ORT_DISABLE_TELEMETRY"] == "1"


def test_a_file_that_is_no_turn_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"none\.onnx cannot be read"):
        TurnModel(tmp_path / "none.onnx")


def test_a_network_that_cannot_be_run_is_told_in_a_line(tmp_path: Path) -> None:
    path = tmp_path / "odd.onnx"
    path.write_bytes(model([node("NoSuchStep", ["input_features"], "logits")], [], [TAKES], [GIVES]))
    with pytest.raises(ValueError, match=r"odd\.onnx cannot be run \(\w+: .*NoSuchStep") as raised:
        TurnModel(path)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(("bias", "told"), [(3.0, "gives 3, "), (-0.5, "gives -0.5, "), (math.nan, "gives nan, ")])
def test_what_is_no_probability_is_told(tmp_path: Path, bias: float, told: str) -> None:
    with pytest.raises(ValueError, match=f"{told}and not a probability"):
        TurnModel(tiny_model(tmp_path / "m.onnx", bias=bias, sigmoid=False))


def test_a_library_that_is_not_there_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(ValueError, match=r"needs onnxruntime .*: install ivr-bridge\[turn\]"):
        TurnModel(tiny_model(tmp_path / "m.onnx"))
