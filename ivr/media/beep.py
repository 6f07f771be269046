"""Find the beep of an answering machine: a pure tone of 400 to 2500 Hz that lasts 0.16 to 1.2 s and then ends."""

from __future__ import annotations

from typing import Final

import numpy as np

from ivr.media.g711 import RATE

LOWEST_HZ: Final = 400
HIGHEST_HZ: Final = 2500
SHORTEST_BEEP: Final = 8
"""Frames of 20 ms."""
LONGEST_BEEP: Final = 60
_SAMPLES: Final = 160
_BIN_HZ: Final = RATE / _SAMPLES
_HANN: Final = np.hanning(_SAMPLES)
_PURE: Final = 0.9
"""Share of a frame's energy that lies within two bins of its peak."""
_FAINT: Final = 200.0
"""RMS below which nothing is a beep."""
_DRIFT_HZ: Final = 75
"""How far a tone may move from frame to frame: a bin and a half."""


def tone_hz(pcm: bytes) -> int:
    """Return the frequency of a frame that is one pure tone, Hz; 0: it is none. `pcm`: 320 bytes of PCM16 at 8 kHz."""
    samples = np.frombuffer(pcm, dtype="<i2").astype(np.float64)
    if len(samples) != _SAMPLES or float(np.sqrt(np.mean(samples * samples))) < _FAINT:
        return 0
    power = np.abs(np.fft.rfft((samples - samples.mean()) * _HANN)) ** 2
    peak = int(power.argmax())
    near = float(power[max(0, peak - 2) : peak + 3].sum())
    hz = round(peak * _BIN_HZ)
    return hz if near >= _PURE * float(power.sum()) and LOWEST_HZ <= hz <= HIGHEST_HZ else 0


class BeepWatch:
    """Follow the tones of a call, frame by frame."""

    def __init__(self) -> None:
        self._hz = 0
        self._frames = 0

    def __repr__(self) -> str:
        return f"<BeepWatch {self._hz} Hz for {self._frames} frames>"

    def hear(self, hz: int) -> bool:
        """Take the tone of a frame; 0: none. Tell whether a beep has just ended."""
        if hz and (not self._hz or abs(hz - self._hz) <= _DRIFT_HZ):
            self._hz, self._frames = hz, self._frames + 1
            return False
        ended = SHORTEST_BEEP <= self._frames <= LONGEST_BEEP and not hz
        self._hz, self._frames = hz, int(hz > 0)
        return ended
