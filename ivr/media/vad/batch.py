"""One run of the model for many calls.

A run costs some 50 us however few windows it gets, and 20 to 30 us more for each. So a driver that has frames of
several calls at the same time tells them all here first:

    prepare([(detector, frame, played), ...])

and feeds each call its frame as ever after: `push` finds the model's answer there. Nothing else changes. What was
prepared and not pushed, or pushed with other audio, costs the work and does no harm: answers are bound to the very
samples and state they belong to. Detectors of another kind are left alone. One frame a call; a second one of the same
call in the same breath is answered when it is pushed.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from ivr.media.vad.detector import Detector
from ivr.media.vad.silero import Floats, Model, SileroVad, VadAnswer

WORTH_IT = 2
"""Calls that make a shared run worth its trouble."""


def prepare(frames: Iterable[tuple[Detector, bytes, bytes | None]]) -> int:
    """Ask the model what the coming `push` of each of these frames will ask. Returns how many windows were asked.

    Each is a call's detector, its next frame (320 bytes of PCM16) and what was played meanwhile.
    """
    lines: dict[int, _BatchLine] = {}
    for detector, frame, played in frames:
        if isinstance(detector, SileroVad) and id(detector) not in lines:
            windows, state = detector.foresee(frame, played)
            if windows:
                lines[id(detector)] = _BatchLine(detector, windows, state)
    if len(lines) < WORTH_IT:
        return 0
    asking = list(lines.values())
    for turn in range(max(len(line.windows) for line in asking)):
        _ask([line for line in asking if len(line.windows) > turn], turn)
    for line in asking:
        line.detector.know(line.answers)
    return sum(len(line.answers) for line in asking)


class _BatchLine:
    """One call while its windows are asked."""

    __slots__ = ("answers", "detector", "state", "windows")

    def __init__(self, detector: SileroVad, windows: list[Floats], state: Floats) -> None:
        self.detector = detector
        self.windows = windows
        self.state = state
        self.answers: list[VadAnswer] = []


def _ask(lines: list[_BatchLine], turn: int) -> None:
    """The `turn`th window of each line, in one run."""
    model: Model = lines[0].detector.model
    windows = np.concatenate([line.windows[turn] for line in lines])
    said, after = model.run(windows, np.concatenate([line.state for line in lines], axis=1))
    for at, (line, one) in enumerate(zip(lines, said.tolist(), strict=True)):
        state = after[:, at : at + 1].copy()
        line.answers.append(VadAnswer(line.windows[turn], line.state, one, state))
        line.state = state
