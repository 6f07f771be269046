"""Run a turn model of the operator's: how likely has the caller finished, from the sound of the last 8 s.

The library is loaded with the model and not before: where there is no model, nothing of it is in the process.
"""

from __future__ import annotations

import importlib
import os
from pathlib import Path
from typing import Any, Final

from ivr.media import g711
from ivr.media.resample import resample
from ivr.media.voice.log_mel import MEL_RATE, SECONDS, turn_features
from ivr.media.voice.turn_model_file import WHICH, check_turn_model

HEARD: Final = SECONDS * 2 * g711.RATE
"""Bytes of the caller's audio that are looked at."""


class TurnModel:
    """Judge pauses with one model. Safe to use from one thread at a time."""

    def __init__(self, path: Path) -> None:
        """Load the model and try it on silence. Raises ValueError, one line, when it cannot be used."""
        if problem := check_turn_model(path):
            raise ValueError(problem)
        # The library's builds report their use, and write an id of the machine, unless this is set before the import.
        # Whatever the environment says, also an empty value: this process reports nothing.
        os.environ["ORT_DISABLE_TELEMETRY"] = "1"
        try:
            runtime: Any = importlib.import_module("onnxruntime")
        except ImportError as error:
            raise ValueError(f"{path} needs onnxruntime ({error}): install ivr-bridge[turn]") from None
        runtime.disable_telemetry_events()
        options = runtime.SessionOptions()
        # One pause is judged at a time: the other cores are for the calls.
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 4
        try:
            self._session = runtime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
            self._input = self._session.get_inputs()[0].name
            self.judge(b"")
        # The library has exceptions of its own for whatever is wrong with a file.
        except Exception as error:
            why = str(error).partition("\n")[0][:200]
            raise ValueError(f"{path} cannot be run ({type(error).__name__}: {why}): {WHICH}") from None

    def judge(self, pcm: bytes) -> float:
        """Return how likely the caller has finished, 0 to 1. `pcm`: what was said up to now, PCM16 at 8 kHz.

        Raises whatever is wrong with the model.
        """
        features = turn_features(resample(pcm[-HEARD:], g711.RATE, MEL_RATE))
        answers = self._session.run(None, {self._input: features[None]})
        probability = float(answers[0].reshape(-1)[0])
        if not 0 <= probability <= 1:
            raise ValueError(f"gives {probability:.3g}, and not a probability")
        # No weight needs more, and a tape writes it as a small number.
        return round(probability, 4)
