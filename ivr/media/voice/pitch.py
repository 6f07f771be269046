"""Follow the pitch and the level of a voice, by one autocorrelation of all its frames at once.

The audio is halved to 4 kHz: what of a voice repeats itself lies below 2 kHz, and half as much costs half as much. A
frame is 40 ms, one begins every 20 ms. How well a frame repeats itself after the best of its lags (50 to 400 Hz) is
corrected for the window, so that a clean voice comes near 1 whatever its pitch (Boersma, 1993).
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ivr.media.g711 import FRAME_MS, RATE

Floats = NDArray[np.float32]

EVERY_MS: Final = FRAME_MS
"""From one frame to the next."""
_HALF: Final = RATE // 2
_HOP: Final = _HALF * EVERY_MS // 1000
_STRETCH: Final = 2 * _HOP
_POINTS: Final = 256
"""Of a transform: the window and the longest lag have room in it."""
_SHORTEST_LAG, _LONGEST_LAG = _HALF // 400, _HALF // 60
_FULL: Final = 2 * _STRETCH * 32768.0**2
_TAPER: Final = np.hanning(_STRETCH + 2)[1:-1].astype(np.float32)
_HERTZ: Final = np.fft.rfftfreq(_POINTS, 1 / _HALF)
_BAND: Final = (np.clip((1500 - _HERTZ) / 1000, 0, 1) * (_HERTZ >= 60)).astype(np.float32)
"""Weight of each part of the spectrum: higher partials repeat too fast for lags of whole samples."""
_TAPER_ALONE: Final = np.fft.irfft(np.abs(np.fft.rfft(_TAPER, _POINTS)) ** 2)
_CORRECTION: Final = (_TAPER_ALONE[0] / _TAPER_ALONE[_SHORTEST_LAG - 1 : _LONGEST_LAG + 2]).astype(np.float32)
"""What the taper alone does to the likeness at each lag."""
_LAGS: Final = np.arange(_SHORTEST_LAG, _LONGEST_LAG + 1, dtype=np.float32)
_LONG_LAG_COSTS: Final = (0.03 * np.log2(_LAGS / _SHORTEST_LAG)).astype(np.float32)
"""Of two lags that fit alike the shorter is the pitch, and the longer one twice or three times it."""


class Contour(NamedTuple):
    """Hold a voice, a number for each frame."""

    hertz: Floats
    likeness: Floats
    """How well the frame repeats itself, up to 1."""
    level: Floats
    """dB of full scale."""


def contour(samples: NDArray[np.int16]) -> Contour:
    """Follow a voice. `samples`: at 8 kHz, an even number, 40 ms at least."""
    halved = samples[0::2].astype(np.float32) + samples[1::2]
    frames = np.lib.stride_tricks.sliding_window_view(halved, _STRETCH)[::_HOP] * _TAPER
    spectrum = np.fft.rfft(frames, _POINTS)
    power = (spectrum.real**2 + spectrum.imag**2) * _BAND
    likeness = np.fft.irfft(power, _POINTS)
    total = likeness[:, 0]
    level = 10 * np.log10(total / _FULL + 1e-9)
    ratio = likeness[:, _SHORTEST_LAG - 1 : _LONGEST_LAG + 2] / (total[:, np.newaxis] + 1e-3) * _CORRECTION
    before, at, behind = ratio[:, :-2], ratio[:, 1:-1], ratio[:, 2:]
    # A parabola through three lags tells the height of the peak between them.
    curve = np.minimum(before - 2 * at + behind, -1e-6)
    tilt = before - behind
    peak = np.where((at >= before) & (at >= behind), at - tilt * tilt / (8 * curve), -1)
    best = (peak - _LONG_LAG_COSTS).argmax(axis=1)
    rows = np.arange(len(best))
    aside = 0.5 * tilt[rows, best] / curve[rows, best]
    return Contour(_HALF / (_LAGS[best] + aside), peak[rows, best], level)
