"""A beep is a pure tone of the right length, and nothing else is."""

from __future__ import annotations

import math
import random
import struct

import pytest

from ivr.media import g711
from ivr.media.beep import BeepWatch, tone_hz


def tones(*hz: float, ms: int = 20, level: float = 8000.0, noise: float = 0.0, at: int = 0) -> bytes:
    """Return PCM16 at 8 kHz of these tones together, as the phone's coding leaves it."""
    chance = random.Random(1)
    wave = [
        sum(math.sin(2 * math.pi * one * (at + n) / 8000) for one in hz) * level / max(1, len(hz))
        + chance.gauss(0, noise)
        for n in range(8 * ms)
    ]
    pcm = struct.pack(f"<{len(wave)}h", *(int(max(-32768, min(32767, one))) for one in wave))
    return g711.decode(g711.encode(pcm))


@pytest.mark.parametrize("hz", [400, 440, 850, 1000, 1400, 2000, 2475])
def test_a_pure_tone_has_its_frequency(hz: int) -> None:
    assert abs(tone_hz(tones(hz)) - hz) <= 25
    assert abs(tone_hz(tones(hz, level=1500, noise=60)) - hz) <= 50


@pytest.mark.parametrize(
    "pcm",
    [
        bytes(320),
        tones(1000, level=100),
        tones(200),
        tones(3000),
        tones(697, 1209),
        tones(941, 1477),
        tones(150, 300, 450, 600, 750),
        tones(noise=3000.0),
        tones(1000, ms=10),
    ],
    ids=["silence", "faint", "low", "high", "key 1", "key #", "vowel", "noise", "half a frame"],
)
def test_what_is_no_pure_tone_has_none(pcm: bytes) -> None:
    assert tone_hz(pcm) == 0


@pytest.mark.parametrize(("frames", "beep"), [(7, False), (8, True), (25, True), (60, True), (61, False)])
def test_a_beep_has_a_length(frames: int, beep: bool) -> None:
    watch = BeepWatch()
    assert not any(watch.hear(1000) for _ in range(frames))
    assert watch.hear(0) is beep
    assert not watch.hear(0)


def test_tones_that_jump_are_no_beep() -> None:
    watch = BeepWatch()
    assert not any(watch.hear(hz) for hz in [700, 1100, 900, 1500] * 8)
    assert not watch.hear(0)
    assert "0 frames" in repr(watch)
