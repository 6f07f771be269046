"""What a frame of the caller's audio costs, counted in calls of functions: the same on every machine."""

from __future__ import annotations

import sys
from types import FrameType

from ivr.call.events import AudioIn
from tests.call.stage import LOUD, QUIET, Stage


def calls_a_frame(stage: Stage, frame: bytes, frames: int = 100) -> float:
    """Count the Python functions that `Call.receive` calls for each of these frames."""
    counted = 0

    def count(frame: FrameType, event: str, arg: object) -> None:
        nonlocal counted
        counted += event == "call"

    speech = float(frame is LOUD)
    for _ in range(frames):
        stage.now += 0.02
        stage.media_ms += 20
        event = AudioIn(stage.media_ms - 20, frame, speech)
        before = sys.getprofile()
        sys.setprofile(count)
        try:
            stage.call.receive(event, stage.now)
        finally:
            sys.setprofile(before)
    return counted / frames


def test_a_silent_frame_is_cheap() -> None:
    stage = Stage()
    stage.wait(1000)
    assert calls_a_frame(stage, QUIET) <= 40


def test_a_frame_beneath_the_agent_is_cheap() -> None:
    stage = Stage()
    stage.answer(ms=9000)
    stage.wait(500)
    assert stage.state == "speaking"
    assert calls_a_frame(stage, QUIET) <= 60


def test_a_frame_of_the_caller_is_cheap() -> None:
    stage = Stage()
    stage.speak(500)
    assert calls_a_frame(stage, LOUD) <= 62
