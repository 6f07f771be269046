"""Make and measure mu-law audio: a caller who speaks without a voice of this machine, and what is wrong with audio.

Pure. `buzz` sounds like a voice to a detector: harmonics of a pitch under syllables. Limits of `faults_of` are set so
that speech of espeak-ng, tones and recorded speech pass.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ivr.media import g711

FRAME_SAMPLES: Final = 160
"""Samples of a frame: 20 ms."""
LOUD_RMS: Final = 150
"""RMS of a frame of PCM16 from which it is heard: about -47 dBFS."""
_WINDOW: Final = 256
CLIPPED: Final = 32_000
"""Magnitude of a sample at the end of the scale of mu-law."""
CLIPPED_SHARE: Final = 0.02
"""Share of clipped samples in loud audio from which it is distorted."""
HISS_SHARE: Final = 0.08
"""Share of the energy above 3.4 kHz from which something was folded down: -11 dB."""
FLAT: Final = 0.45
"""Spectral flatness of loud audio from which it is noise: 1 is white, speech is below 0.2."""
CLICK_JUMP: Final = 5_000
"""Least step between two samples that is a click, in PCM16."""
JUMP_RATIO: Final = 3.0
"""How far a click stands out of the steps around it."""
CLICKS_MOST: Final = 2
"""Clicks in a call that may be chance."""
LEAST_LOUD_MS: Final = 500
"""Milliseconds of loud audio from which it can be judged."""


def buzz(seconds: float, pitch: float = 130.0, rate: int = g711.RATE, top: float = 3200.0) -> NDArray[np.float64]:
    """Return voice-like samples between -1 and 1: harmonics of `pitch` up to `top` Hz, four syllables a second."""
    t = np.arange(int(seconds * rate)) / rate
    wave = np.zeros(len(t))
    for k in range(1, int(top / pitch) + 1):
        # Two resonances, as a voice has: around 600 and 1700 Hz.
        at = k * pitch
        gain = np.exp(-(((at - 600) / 500) ** 2)) + 0.5 * np.exp(-(((at - 1700) / 700) ** 2)) + 0.02
        wave += gain * np.sin(2 * np.pi * at * t + k * k)
    envelope = 0.35 + 0.65 * np.abs(np.sin(2 * np.pi * 2 * t))
    edge = np.minimum(1.0, np.minimum(t, t[::-1]) / 0.02)
    shaped: NDArray[np.float64] = wave * envelope * edge
    return shaped / (np.max(np.abs(shaped), initial=0.0) or 1.0)


def ulaw(wave: NDArray[np.float64], level: float = 0.3) -> bytes:
    """Return samples between -1 and 1 as mu-law at this level."""
    return g711.encode((np.clip(wave * level, -1, 1) * 32767).astype("<i2").tobytes())


@dataclass(slots=True)
class Loudness:
    """Know which frames of a growing mu-law track are loud."""

    frames: list[bool] = field(default_factory=list)

    def extend(self, track: bytes | bytearray) -> None:
        """Look at the whole frames of `track` that were not looked at before."""
        for at in range(len(self.frames) * FRAME_SAMPLES, len(track) - FRAME_SAMPLES + 1, FRAME_SAMPLES):
            piece = bytes(track[at : at + FRAME_SAMPLES])
            quiet = piece.count(0xFF) == FRAME_SAMPLES
            self.frames.append(not quiet and g711.audioop.rms(g711.decode(piece), 2) >= LOUD_RMS)

    def ms(self, start: int, end: int | None = None) -> int:
        """Return the loud milliseconds from sample `start` to `end`."""
        last = None if end is None else end // FRAME_SAMPLES
        return 20 * sum(self.frames[-(-start // FRAME_SAMPLES) : last])

    def last(self, start: int, end: int | None = None) -> int | None:
        """Return one past the last loud sample from `start` to `end`; None where all is silent."""
        stop = len(self.frames) if end is None else min(len(self.frames), end // FRAME_SAMPLES)
        for number in range(stop - 1, start // FRAME_SAMPLES - 1, -1):
            if self.frames[number]:
                return (number + 1) * FRAME_SAMPLES
        return None

    def first(self, start: int) -> int | None:
        """Return the first loud sample from `start` on; None where all is silent."""
        for number in range(-(-start // FRAME_SAMPLES), len(self.frames)):
            if self.frames[number]:
                return number * FRAME_SAMPLES
        return None


@dataclass(frozen=True, slots=True)
class SoundFigures:
    """Hold what was measured on audio."""

    loud_ms: int
    clipped: float
    """Share of clipped samples in loud frames."""
    hiss: float
    """Share of the energy above 3.4 kHz."""
    flatness: float
    clicks: int

    @property
    def faults(self) -> list[str]:
        """Return what is wrong with the audio, in words."""
        rows = (
            (self.clipped > CLIPPED_SHARE, f"{self.clipped:.1%} of the samples are at the end of the scale"),
            (self.hiss > HISS_SHARE, f"{self.hiss:.0%} of the energy lies above 3.4 kHz: folded down, not filtered"),
            (self.flatness > FLAT, f"it is noise (spectral flatness {self.flatness:.2f}): not raw mu-law at 8 kHz"),
            (self.clicks > CLICKS_MOST, f"{self.clicks} clicks"),
        )
        return [words for wrong, words in rows if wrong]

    def __str__(self) -> str:
        return (f"{self.loud_ms / 1000:.1f} s of audio: {self.clipped:.1%} clipped, {self.hiss:.1%} of the energy "
                f"above 3.4 kHz, flatness {self.flatness:.2f}, {self.clicks} clicks")  # fmt: skip


def measure(track: bytes | bytearray) -> SoundFigures:
    """Measure the loud part of a mu-law track."""
    loudness = Loudness()
    loudness.extend(track)
    pcm = np.frombuffer(g711.decode(bytes(track)), dtype="<i2").astype(np.float64)
    frames = [number for number, loud in enumerate(loudness.frames) if loud]
    if not frames:
        return SoundFigures(0, 0.0, 0.0, 0.0, 0)
    loud = np.concatenate([pcm[n * FRAME_SAMPLES : (n + 1) * FRAME_SAMPLES] for n in frames])
    windows = loud[: len(loud) // _WINDOW * _WINDOW].reshape(-1, _WINDOW) * np.hanning(_WINDOW)
    power = np.mean(np.abs(np.fft.rfft(windows)) ** 2, axis=0) + 1e-9 if len(windows) else np.ones(_WINDOW // 2 + 1)
    hertz = np.fft.rfftfreq(_WINDOW, 1 / g711.RATE)
    band = power[hertz >= 150]
    return SoundFigures(
        20 * len(frames),
        float(np.mean(np.abs(loud) >= CLIPPED)),
        float(np.sum(power[hertz > 3400]) / np.sum(band)),
        float(np.exp(np.mean(np.log(band))) / np.mean(band)),
        _clicks(pcm, frames),
    )


def _clicks(pcm: NDArray[np.float64], frames: list[int]) -> int:
    """Count the steps in and around loud frames that stand out of the steps around them."""
    steps = np.abs(np.diff(pcm, prepend=0.0))
    found = 0
    for number in frames:
        at = number * FRAME_SAMPLES
        near = steps[max(0, at - FRAME_SAMPLES) : at + 2 * FRAME_SAMPLES]
        here = steps[at : at + FRAME_SAMPLES]
        place = int(np.argmax(here))
        # The 99th percentile of the steps around: a voice has many steep ones, a click is alone.
        usual = float(np.percentile(near, 98))
        found += bool(here[place] >= CLICK_JUMP and here[place] > JUMP_RATIO * max(usual, 1.0))
    return found
