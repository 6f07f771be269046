"""Silero's voice activity model at 8 kHz, one state for each call.

The model hears windows of 32 ms (256 samples, and the 32 before them), frames are 20 ms. In between, the last answer
stands; while it is "no" and something loud begins, the newest 32 ms are tried out of turn (the state untouched), which
finds a beginning about 15 ms sooner. `Model` is shared by all calls of the process and takes any number of windows at
once; `SileroVad` is one call. Its `push` runs the model, unless the answer is there already: `foresee` says which
windows the next frame will want, changing nothing, and `know` takes their answers, so that one run may serve many calls
(`ivr.media.vad.batch`). An answer counts only for the very window and state it was given for; a wrong guess costs a
run.

The model has learnt from rooms, and a line without any noise is strange to it: on perfect silence it misses soft words
and single vowels that it hears at once with a little noise around them. So what it is shown is never quite silent.

The recurrent state is worth having and does harm when it gets old (a word after long silence is missed). So a state is
never older than a few seconds: it is rebuilt from the last 288 ms of audio, from zero, whenever the line wakes up
and every 2 s once five windows in a row were clearly not speech.

While a frame is digital or line silence, or too soft against what is being played to be anything but echo, the answer
is no and the model is left alone: asleep. That is most of a call, and costs a few microseconds a frame. Where the agent
spoke a moment ago, mere noise does not wake it up either: with the agent's last word in its memory the model would take
noise for speech.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ivr.media.g711 import FRAME, FRAME_PCM, RATE, audioop
from ivr.media.loudness import QUIET, NoiseFloor, decibels, level
from ivr.media.vad.babble import BabbleFloor
from ivr.media.vad.echo_gate import NOTHING, EchoGate
from ivr.media.vad.hangover import Hangover

Floats = NDArray[np.float32]

WINDOW, CONTEXT = 256, 32
"""Samples of a window, and of what came before it that the model is shown again."""
_SEEN = WINDOW + CONTEXT
_RECALLED = 9
"""Windows a rebuilt state has heard: 288 ms."""
_RECALLED_SAMPLES = _RECALLED * WINDOW + CONTEXT
_KEPT = -(-_RECALLED_SAMPLES // FRAME)
_ROOM: Floats = np.random.default_rng(0).normal(0, 0.001, _RECALLED_SAMPLES).astype(np.float32)
"""White noise of -60 dBFS, added to what the model is shown: every window gets the same of it."""
_FRESH: Floats = np.zeros((2, 1, 128), np.float32)
_FRESH.setflags(write=False)
_ON, _OFF = 0.5, 0.35
_OVER = 0.2
"""What is said of a frame whose voice fell off, or does not stand out from a crowd, while the model says speech."""
_LOUDER = 6.0
"""dB above the noise floor that are worth a try out of turn, or waking up for while the agent speaks."""
_SURE, _CLEAR, _LASTING, _NOT_YET = 0.7, 15.0, 3, 0.45
"""A yes from 0.7 is believed at once, so is one that is 15 dB above the noise; else only the third frame of it. What is
said meanwhile."""
_SLEEP_AFTER = 5
"""Frames that cannot be speech before the model is left alone."""
_CLEARLY_NOT, _CLEARLY_NOT_RUN = 0.1, 5
_OLD = 2 * RATE // WINDOW
"""Windows after which a state may be rebuilt."""


@dataclass(frozen=True, slots=True, eq=False)
class VadAnswer:
    """What the model said of one window."""

    window: Floats
    """(1, 288)."""
    before: Floats
    """The state it was asked with, (2, 1, 128); the very object."""
    said: float
    """How likely there is speech in it, 0 to 1."""
    after: Floats
    """The state then."""


class Model:
    """The network and its weights. Stateless: safe to share between calls and threads."""

    def __init__(self, session: Any) -> None:
        self._session = session
        self._rate = np.array(RATE, np.int64)

    def run(self, windows: Floats, states: Floats) -> tuple[Floats, Floats]:
        """`windows` (n, 288) in -1..1 and `states` (2, n, 128) of n calls: probabilities (n,) and the new states."""
        said, after = self._session.run(None, {"input": windows, "state": states, "sr": self._rate})
        return said[:, 0], after


@lru_cache(maxsize=1)
def load() -> Model:
    """The process's one model, checked to run. Raises whatever is wrong: no onnxruntime, no model, not that model."""
    found = importlib.util.find_spec("silero_vad")
    if found is None or not found.submodule_search_locations:
        raise ModuleNotFoundError("no package silero-vad")
    path = Path(found.submodule_search_locations[0], "data", "silero_vad.onnx")
    runtime = importlib.import_module("onnxruntime")
    options = runtime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    model = Model(runtime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"]))
    said, after = model.run(np.zeros((2, _SEEN), np.float32), np.zeros((2, 2, 128), np.float32))
    if said.shape != (2,) or after.shape != (2, 2, 128):
        raise ValueError("the model file of silero-vad is not the one known here")
    return model


class SileroVad:
    """One call's detector."""

    wants_ref = True

    def __init__(self, model: Model) -> None:
        self.model = model
        """Shared by all calls."""
        self.reset()

    def __repr__(self) -> str:
        state = "asleep" if self._asleep else f"p={self._said:.2f}"
        return f"<SileroVad {state} floor={self.noise.floor:.0f} dBFS echo={self.gate.echo}>"

    def reset(self) -> None:
        """As new: nothing of the call so far is remembered."""
        self.gate = EchoGate()
        self.noise = NoiseFloor()
        self.crowd = BabbleFloor()
        self.state = _FRESH
        """What the model remembers of this call. Never changed in place, only replaced."""
        self._known: list[VadAnswer] = []
        self._falloff = Hangover()
        self._frames = deque([bytes(FRAME_PCM)] * _KEPT, maxlen=_KEPT)
        self._due: list[Floats] = []
        self._trying = False
        self._asleep = True
        self._level = 0.0
        self._open = False
        self._shut = 0
        self._ahead = 0
        self._said = 0.0
        self._glimpse: float | None = None
        self._age = 0
        self._no_run = 0
        self._yes = 0

    def push(self, frame: bytes, played: bytes | None = None) -> float:
        """How likely the caller spoke in these 20 ms, 0 to 1.

        `frame` is 320 bytes of PCM16 at 8 kHz, `played` the 320 bytes the caller was hearing meanwhile, if any.
        """
        if len(frame) != FRAME_PCM or (played and len(played) != FRAME_PCM):
            raise ValueError(f"a frame is {FRAME_PCM} bytes, not {len(frame)} and {len(played or b'')}")
        self._take(frame, played)
        for window in self._due:
            self._accept(self._answer(window))
        self._known.clear()
        return self._verdict()

    def foresee(self, frame: bytes, played: bytes | None = None) -> tuple[list[Floats], Floats]:
        """Windows (1, 288) that `push` of this frame will want, in order, and the state before the first. A guess."""
        heard = level(frame)
        is_shut = not self._is_loud(heard) or not self.gate.opens(heard, level(played) if played else NOTHING)
        if is_shut and (self._asleep or self._shut >= _SLEEP_AFTER - 1):
            return [], self.state
        frames = [*self._frames, frame]
        if self._forgets():
            return _windows(_newest(frames, _RECALLED_SAMPLES, 0)), _FRESH
        ahead = self._ahead + FRAME
        if ahead >= WINDOW:
            return [_newest(frames, _SEEN, ahead - WINDOW)], self.state
        return ([_newest(frames, _SEEN, 0)] if self._is_worth_a_try(heard) else []), self.state

    def know(self, answers: list[VadAnswer]) -> None:
        """What the model said of the windows foreseen, for the `push` that follows."""
        self._known = answers

    def _take(self, frame: bytes, played: bytes | None) -> None:
        rms = audioop.rms(frame, 2)
        self._level = decibels(rms)
        self._frames.append(frame)
        self.noise.push(rms)
        self._open = self.gate.push(self._level, level(played) if played else NOTHING)
        self._glimpse = None
        self._due = []
        if self._open and self._is_loud(self._level):
            self._shut = 0
            self._listen()
        else:
            self._shut += 1
            if self._shut >= _SLEEP_AFTER:
                self._asleep, self._said = True, 0.0
            elif not self._asleep:
                self._listen()

    def _answer(self, window: Floats) -> VadAnswer:
        if self._known:
            known = self._known.pop(0)
            if known.before is self.state and np.array_equal(known.window, window):
                return known
            self._known.clear()
        said, after = self.model.run(window, self.state)
        return VadAnswer(window, self.state, float(said[0]), after)

    def _accept(self, answer: VadAnswer) -> None:
        if self._trying:
            self._trying, self._glimpse = False, answer.said
            return
        self.state, self._said = answer.after, answer.said
        self._age += 1
        self._no_run = self._no_run + 1 if answer.said < _CLEARLY_NOT else 0

    def _verdict(self) -> float:
        if self._asleep:
            return 0.0
        said = self._said if self._glimpse is None else self._glimpse
        if self._falloff.over(self._level, self.noise, said, _OFF):
            said = min(said, _OVER)
        if not self._open:
            return 0.0
        said = self._believed(said)
        return min(said, _OVER) if self.crowd.push(self._level, self._said) else said

    def _believed(self, said: float) -> float:
        """A faint yes to something hardly louder than the noise counts once it lasts: gusts do not."""
        self._yes = self._yes + 1 if said >= _ON else 0
        if said >= _SURE or (self._yes and self._level > self.noise.floor + _CLEAR):
            self._yes = max(self._yes, _LASTING)
        return _NOT_YET if 0 < self._yes < _LASTING else said

    def _is_loud(self, heard: float) -> bool:
        """Somebody might be speaking; after the agent's voice, to wake up takes more than the line's noise."""
        if self._asleep and self.gate.busy:
            return heard >= max(QUIET, self.noise.floor + _LOUDER)
        return heard >= QUIET

    def _forgets(self) -> bool:
        """The state is not worth keeping."""
        return self._asleep or (self._age >= _OLD and self._no_run >= _CLEARLY_NOT_RUN)

    def _is_worth_a_try(self, heard: float) -> bool:
        return self._said < _ON and heard > self.noise.floor + _LOUDER

    def _listen(self) -> None:
        """Which windows this frame makes due."""
        if self._forgets():
            self._recall()
            return
        self._ahead += FRAME
        if self._ahead >= WINDOW:
            self._ahead -= WINDOW
            self._due.append(_newest(self._frames, _SEEN, self._ahead))
        elif self._is_worth_a_try(self._level):
            self._trying = True
            self._due.append(_newest(self._frames, _SEEN, 0))

    def _recall(self) -> None:
        """Begin a state from zero on the last 288 ms."""
        self._asleep = False
        self._ahead = self._age = self._no_run = 0
        self.state = _FRESH
        self._due.extend(_windows(_newest(self._frames, _RECALLED_SAMPLES, 0)))


def _windows(past: Floats) -> list[Floats]:
    """The windows of a row of samples, each with its context."""
    return [past[:, at : at + _SEEN] for at in range(0, past.shape[1] - CONTEXT, WINDOW)]


def _newest(frames: Sequence[bytes], count: int, skip: int) -> Floats:
    """The last `count` samples before the last `skip`, as the model wants them: (1, count)."""
    some = -(-(count + skip) // FRAME)
    pcm = b"".join([frames[at] for at in range(-some, 0)])
    samples = np.frombuffer(pcm, "<i2", count, len(pcm) - 2 * (count + skip))
    window: Floats = np.divide(samples, 32768, dtype=np.float32)
    window += _ROOM[:count]
    return window.reshape(1, count)
