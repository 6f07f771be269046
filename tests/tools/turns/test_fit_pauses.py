"""The pauses of recordings, found as a call finds them, and what is known of each."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from ivr.media.g711 import FRAME_PCM, audioop
from ivr.media.voice.prosody import WEIGHTS
from tests.media.voice.made_voice import Sound, said
from tools.turns.fit_pauses import line_frames, pauses
from tools.turns.fit_recordings import Recording, Wholeness


class Loudness:
    """Score as speech what is louder than the beginning."""

    def __init__(self) -> None:
        self._noise = 0

    def score(self, pcm: bytes) -> float:
        loud = audioop.rms(pcm, 2)
        self._noise = self._noise or loud
        return float(loud > 3 * self._noise)


def recorded(tmp_path: Path, *gaps_ms: int, wholeness: Wholeness = "whole", is_one: bool = True) -> Recording:
    """Record a voice again and again, with silence between."""
    parts: list[Sound] = [said(-4, silence_ms=0, noise=0)]
    for ms in gaps_ms:
        parts += [np.zeros(8 * ms), said(4, silence_ms=0, noise=0)]
    path = tmp_path / "a.wav"
    soundfile.write(path, np.concatenate(parts) / 40000, 8000)
    return Recording(path, "prompts a", wholeness, is_one)


def test_pauses_inside_and_the_end(tmp_path: Path) -> None:
    found = list(pauses([recorded(tmp_path, 300, 140)], Loudness))
    assert [(one.speaker, one.is_end) for one in found] == [
        ("prompts a", False),
        ("prompts a", False),
        ("prompts a", True),
    ]
    assert all(len(one.voice) == len(WEIGHTS) for one in found)
    # All before the pause is heard, and 200 ms of it: one of them is shorter.
    assert [bool(one.said) for one in found] == [True, False, True]
    first, last = len(found[0].said), len(found[2].said)
    assert (first % FRAME_PCM, last % FRAME_PCM) == (0, 0)
    assert first / 16 == pytest.approx(800 + 1300 + 200, abs=60)
    assert last / 16 == pytest.approx(800 + 3 * 1300 + 440 + 200, abs=60)


@pytest.mark.parametrize(
    ("wholeness", "is_one", "wanted"),
    [
        ("whole", True, [False, True]),
        ("whole", False, [True]),
        ("part", True, [False, False]),
        ("part", False, [False]),
        ("unknown", True, [False]),
        ("unknown", False, []),
    ],
)
def test_what_is_not_known_is_left_out(tmp_path: Path, wholeness: Wholeness, is_one: bool, wanted: list[bool]) -> None:
    recording = recorded(tmp_path, 300, wholeness=wholeness, is_one=is_one)
    assert [one.is_end for one in pauses([recording], Loudness)] == wanted


def test_a_breath_behind_the_end_is_no_second_end(tmp_path: Path) -> None:
    recording = recorded(tmp_path)
    sound, rate = soundfile.read(recording.path)
    breath = np.concatenate([sound, np.zeros(2400), sound[:800]])
    soundfile.write(recording.path, breath, rate)
    assert [one.is_end for one in pauses([recording], Loudness)] == [True]


def test_the_same_recording_sounds_the_same_each_time(tmp_path: Path) -> None:
    recording = recorded(tmp_path, 300)
    assert list(pauses([recording], Loudness)) == list(pauses([recording], Loudness))


def test_a_line_has_a_level_and_noise_of_its_own() -> None:
    voice = said(0, silence_ms=0)
    lines = [b"".join(line_frames(voice, np.random.default_rng(seed))) for seed in range(8)]
    assert {len(line) for line in lines} == {-(-len(voice) // 160) * 320 + 80 * FRAME_PCM}
    loud = [audioop.rms(line[40 * FRAME_PCM : -40 * FRAME_PCM], 2) for line in lines]
    quiet = [audioop.rms(line[: 40 * FRAME_PCM], 2) for line in lines]
    assert max(loud) > 3 * min(loud)
    assert all(one > 5 * other for one, other in zip(loud, quiet, strict=True))
    # Of nothing there is the noise of the line.
    assert len(line_frames(voice[:0], np.random.default_rng(1))) == 80
