"""Make of a caller's last words what turn models look at: the logarithm of a mel spectrogram, as Whisper has it.

Smart Turn (https://github.com/pipecat-ai/smart-turn) takes the last 8 s at 16 kHz, silence before what is shorter, of
mean 0 and variance 1. Spectra of 25 ms, 10 ms apart, are summed in 80 bands that are narrow where hearing is fine
(Slaney's mel scale), and all that is 80 dB below the loudest is as silent as that.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

MEL_RATE: Final = 16_000
SECONDS: Final = 8
SAMPLES: Final = SECONDS * MEL_RATE
"""Of the audio that is looked at."""
BANDS: Final = 80
HOP: Final = 160
"""Samples from one spectrum to the next."""
MEL_FRAMES: Final = SAMPLES // HOP
_WIDE: Final = 400
"""Samples of a spectrum."""
_FLOOR: Final = 1e-10
"""Power that counts as none."""
_DEEP: Final = 8.0
"""Powers of ten below the loudest that are told apart."""
_STEADY: Final = 1e-7
"""Added to a variance: silence has none."""
_HZ_PER_MEL: Final = 200 / 3
_LINEAR_HZ: Final = 1000.0
"""From here on a mel is a step in the logarithm..."""
_MEL_STEP: Final = 27 / float(np.log(6.4))
"""...of so many to a factor of e."""


def turn_features(pcm: bytes) -> Floats:
    """Return what a turn model is shown of PCM16 mono at 16 kHz, (80, 800): of its last 8 s, silence before it."""
    samples = np.frombuffer(pcm[: len(pcm) // 2 * 2], "<i2")[-SAMPLES:]
    audio: Floats = np.zeros(SAMPLES, np.float32)
    np.divide(samples, 32768, out=audio[SAMPLES - len(samples) :], dtype=np.float32)
    audio -= audio.mean()
    audio /= np.sqrt(audio.var() + _STEADY)
    return log_mel(audio)


def log_mel(audio: Floats) -> Floats:
    """Return the log-mel spectrogram, (80, n), of n hops of audio at 16 kHz; at least two hops."""
    # Each spectrum is around its instant: the ends are mirrored, and the one behind the last hop is not looked at.
    half = _WIDE // 2
    mirrored = np.concatenate((audio[half:0:-1], audio, audio[-2 : -half - 2 : -1]))
    count = len(audio) // HOP
    step = mirrored.itemsize
    frames = np.ndarray((count, _WIDE), np.float32, mirrored, strides=(HOP * step, step))
    window, bank = _tables()
    spectra = np.fft.rfft(frames * window)
    power = spectra.real**2
    power += spectra.imag**2
    bands: Floats = np.log10(np.maximum(bank @ power.T, _FLOOR))
    np.maximum(bands, bands.max() - _DEEP, out=bands)
    bands += 4
    bands /= 4
    return bands


@lru_cache(maxsize=1)
def _tables() -> tuple[Floats, Floats]:
    """Return the window of a spectrum, (400,), and each band's weights of its bins, (80, 201)."""
    # Hann's, periodic.
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(_WIDE) / _WIDE)
    highest = _LINEAR_HZ / _HZ_PER_MEL + _MEL_STEP * np.log(MEL_RATE / 2 / _LINEAR_HZ)
    mels = np.linspace(0, highest, BANDS + 2)
    above = np.maximum(mels - _LINEAR_HZ / _HZ_PER_MEL, 0)
    edges = np.where(above > 0, _LINEAR_HZ * np.exp(above / _MEL_STEP), mels * _HZ_PER_MEL)
    bins = np.linspace(0, MEL_RATE / 2, _WIDE // 2 + 1)
    low, middle, high = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    triangles = np.minimum((bins - low) / (middle - low), (high - bins) / (high - middle))
    # Each band has the same area, however wide it is.
    bank = np.maximum(triangles, 0) * 2 / (high - low)
    return window.astype(np.float32), bank.astype(np.float32)
