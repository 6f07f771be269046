"""What a call believes of its scores: echo, sleep, doubt, crowds and voices that stop."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from ivr.media.vad.detector import VoiceDetector

Sound = np.ndarray[Any, np.dtype[np.float64]]
SILENT = bytes(320)
AGENT = b"\x00\x10" * 160
FAINT = b"\x00\x01" * 160
NOISE = b"\x80\x00" * 160
LOUD = b"\x40\x1f" * 160


def said(detector: VoiceDetector, scores: list[float], frame: bytes = LOUD, played: bytes | None = None) -> list[float]:
    return [detector.push(frame, score, played) for score in scores]


def test_the_score_of_a_voice_is_believed() -> None:
    assert said(VoiceDetector(), [0.9, 0.7, 0.3, 0.0]) == [0.9, 0.7, 0.2, 0.0]


def test_silence_is_a_no_whatever_the_score() -> None:
    detector = VoiceDetector()
    assert said(detector, [0.99] * 10, SILENT) == [0.0] * 10
    assert repr(detector) == "<VoiceDetector asleep floor=-90 dBFS echo=None>"


def test_a_voice_counts_for_100_ms_of_silence_at_most() -> None:
    detector = VoiceDetector()
    assert said(detector, [0.9] * 3) == [0.9] * 3
    assert said(detector, [0.9] * 6, SILENT) == [0.9, 0.9, 0.2, 0.2, 0.0, 0.0]
    assert repr(detector).startswith("<VoiceDetector asleep")
    assert detector.push(LOUD, 0.9) == 0.9
    assert repr(detector).startswith("<VoiceDetector awake floor=-90 dBFS")


def test_echo_is_a_no_and_the_caller_over_it_is_not() -> None:
    detector = VoiceDetector()
    assert said(detector, [0.99] * 30, FAINT, AGENT) == [0.0] * 30
    assert detector.push(AGENT, 0.9, AGENT) == 0.9
    assert detector.push(FAINT, 0.9, AGENT) == 0.0


def test_echo_of_speech_is_a_no(syllables: Callable[..., Sound], frames: Callable[[Sound], list[bytes]]) -> None:
    agent = syllables(8)
    echo = zip(frames(agent * 0.08), frames(agent), strict=True)
    detector = VoiceDetector()
    assert {detector.push(near, 0.99, far) for near, far in echo} == {0.0}
    detector = VoiceDetector()
    assert max(detector.push(far, 0.99, far) for far in frames(agent)) == 0.99


def test_after_the_agent_mere_noise_wakes_nothing() -> None:
    detector = VoiceDetector()
    assert said(detector, [0.9] * 30, NOISE, AGENT) == [0.0] * 30
    assert said(detector, [0.9] * 25, NOISE, SILENT) == [0.0] * 25
    assert detector.push(NOISE, 0.9) == 0.9


@pytest.mark.parametrize(("frame", "wakes"), [(b"\xf0\x00" * 160, False), (b"\x08\x01" * 160, True)])
def test_after_the_agent_6_db_above_the_noise_wake(frame: bytes, wakes: bool) -> None:
    detector = VoiceDetector()
    said(detector, [0.9] * 30, NOISE, b"\x00\x04" * 160)
    said(detector, [0.9] * 25, NOISE, SILENT)
    detector = VoiceDetector()
    said(detector, [0.9] * 30, NOISE, b"\x00\x02" * 160)
    assert (detector.push(frame, 0.9, b"\x00\x02" * 160) > 0) == wakes


def test_once_awake_it_takes_no_6_db_to_stay_so() -> None:
    detector = VoiceDetector()
    said(detector, [0.9] * 30, NOISE, b"\x40\x00" * 160)
    assert detector.push(LOUD, 0.9, b"\x40\x00" * 160) == 0.9
    assert min(said(detector, [0.9] * 10, NOISE, b"\x40\x00" * 160)) > 0


def test_played_silence_is_nothing_played() -> None:
    for played in (SILENT, b"", None):
        assert VoiceDetector().push(LOUD, 0.9, played) == 0.9


@pytest.mark.parametrize(
    ("score", "floor", "expected"),
    [
        (0.6, 8000, [0.45, 0.45, 0.6, 0.6]),
        (0.7, 8000, [0.7, 0.7, 0.7, 0.7]),
        (0.6, 500, [0.6, 0.6, 0.6, 0.6]),
        (0.5, 8000, [0.45, 0.45, 0.5, 0.5]),
        (0.4, 8000, [0.4, 0.4, 0.4, 0.4]),
    ],
)
def test_a_faint_yes_near_the_noise_must_last(score: float, floor: int, expected: list[float]) -> None:
    detector = VoiceDetector()
    detector.noise.push(floor)
    assert said(detector, [score] * 4) == expected


def test_a_yes_that_was_sure_once_may_be_faint_after() -> None:
    detector = VoiceDetector()
    detector.noise.push(8000)
    assert said(detector, [0.8, 0.6, 0.6, 0.4, 0.6]) == [0.8, 0.6, 0.6, 0.4, 0.45]


def test_a_crowd_is_not_the_caller_and_a_caller_in_it_is() -> None:
    detector = VoiceDetector()
    detector.noise.push(10)
    crowd = said(detector, [0.8] * 150, b"\x40\x01" * 160)
    assert crowd[0] == 0.8
    assert crowd[-1] == 0.2
    assert detector.push(AGENT, 0.8) == 0.8


def test_it_is_a_function_of_what_it_is_given() -> None:
    rng = np.random.default_rng(1)
    frames = [
        (rng.normal(0, rng.uniform(10, 5000), 160).astype("<i2").tobytes(), float(rng.uniform())) for _ in range(300)
    ]
    one, other = VoiceDetector(), VoiceDetector()
    assert [one.push(*frame, AGENT) for frame in frames] == [other.push(*frame, AGENT) for frame in frames]


@pytest.mark.parametrize(
    ("frame", "played"), [(b"", None), (bytes(160), None), (bytes(322), None), (SILENT, bytes(160))]
)
def test_a_frame_of_another_size_is_refused(frame: bytes, played: bytes | None) -> None:
    with pytest.raises(ValueError, match="a frame is 320 bytes"):
        VoiceDetector().push(frame, 0.5, played)
