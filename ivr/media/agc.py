"""Give everything the caller hears one loudness, whatever voice said it (AGC).

A telephone voice is comfortable at about -20 dBFS while it speaks (active level, pauses not counted), and the echo gate
counts on it. `GainControl` measures the active level over the last five seconds of speech and moves its gain towards
the target slowly. It begins a call at gain one and keeps its gain from sentence to sentence. A recording that is there
as a whole gets one gain for all of it: `normalise`.
"""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray

from ivr.media.g711 import FRAME
from ivr.media.loudness import decibels

_ACTIVE = -50.0
"""dBFS under which a block is a pause."""
_PAUSE_ENERGY = FRAME * 32768**2 * 10 ** (_ACTIVE / 10)
"""The same as the sum of a block's squares."""
_SPEECH_SPREAD = 100
"""Power of the loudest block over that of the softest one that still counts as speech (20 dB)."""
_MEASURED_BLOCKS = 250
"""Blocks measured: five seconds of speech."""
_TRUSTED = 25
"""Blocks of speech after which the measure is trusted fully."""
_UP, _DOWN = 0.2, 0.4
"""dB a block that the gain may rise and fall."""
_LIMIT = 15.0
"""dB of gain either way, at most."""
_KNEE = 0.7 * 32768
"""Sample value from which peaks are rounded off: -3 dBFS."""
_ABOVE_KNEE = 32767 - _KNEE

_STEPS = np.arange(1, FRAME + 1)

_Floats = NDArray[np.float64]


class GainControl:
    """Control the level of the agent's voice in one call. PCM16 at 8 kHz in, as many samples out."""

    def __init__(self, target_dbfs: float = -20.0) -> None:
        self.target = target_dbfs
        """Active level aimed at, dBFS."""
        self.gain_db = 0.0
        """Gain at the end of the current block."""
        self._speech = _SpeechEnergy()
        self._ramp = (1.0, 1.0)
        """Factors between which the gain moves in the current block."""
        self._at = 0
        """Samples of the current block so far..."""
        self._energy = 0
        """...and the sum of their squares."""
        self._odd = b""

    def __repr__(self) -> str:
        return f"<GainControl {self.gain_db:+.1f} dB to {self.target:.0f} dBFS>"

    def feed(self, pcm: bytes) -> bytes:
        """Return the same audio at the target level. A half sample waits for its other half."""
        pcm = self._odd + pcm
        whole = len(pcm) - len(pcm) % 2
        self._odd = pcm[whole:]
        samples = np.frombuffer(pcm, "<i2", whole // 2)
        if not len(samples):
            return b""
        # Gain is decided at every 160th sample from what came before it and moves in a straight line in between. So
        # output comes at once, sample for sample, and is the same under every chunking.
        begin, end = self._at, self._at + len(samples)
        blocks, full = -(-end // FRAME), end // FRAME
        squares = np.zeros(blocks * FRAME, np.int64)
        squares[begin:end] = samples
        squares *= squares
        energies = squares.reshape(blocks, FRAME).sum(axis=1).tolist()
        energies[0] += self._energy
        factors = [*self._ramp, *map(self._next, energies[:full])]
        self._ramp, self._at = (factors[-2], factors[-1]), end - full * FRAME
        self._energy = energies[full] if self._at else 0
        bounds = np.array(factors[: blocks + 1])[:, None]
        first, last = bounds[:-1], bounds[1:]
        return _rounded_off(samples * (first + (last - first) * _STEPS / FRAME).ravel()[begin:end])

    def _next(self, energy: int) -> float:
        """Return the factor to which the gain moves behind a whole block. `energy`: the sum of its samples' squares."""
        # Pauses change nothing: silence stays silence.
        if energy > _PAUSE_ENERGY:
            self._speech.push(energy)
            wanted = _gain(self._speech.mean, self.target) * min(1.0, len(self._speech) / _TRUSTED)
            # Slow enough that a voice keeps its accents and nothing pumps.
            self.gain_db = min(self.gain_db + _UP, max(self.gain_db - _DOWN, wanted))
        return float(10 ** (self.gain_db / 20))


class _SpeechEnergy:
    """Follow the mean power of what is speech in the last blocks. Whole numbers, so that the order does not count."""

    def __init__(self) -> None:
        self._energies: deque[int] = deque()
        self._loudest = self._sum = self._count = 0

    def __len__(self) -> int:
        return len(self._energies)

    @property
    def mean(self) -> float:
        """Return the mean power of a sample, over the blocks that are less than 20 dB below the loudest."""
        return self._sum / (self._count * FRAME)

    def push(self, energy: int) -> None:
        """Take a block's energy."""
        known = self._energies
        known.append(energy)
        gone = known.popleft() if len(known) > _MEASURED_BLOCKS else 0
        if energy > self._loudest or gone == self._loudest:
            # Another block is the loudest: which of them are speech is asked anew.
            self._loudest = max(known)
            speech = [one for one in known if one * _SPEECH_SPREAD >= self._loudest]
            self._sum, self._count = sum(speech), len(speech)
            return
        for one, sign in ((energy, 1), (gone, -1)):
            if one * _SPEECH_SPREAD >= self._loudest:
                self._sum += sign * one
                self._count += sign


def normalise(pcm: bytes, target_dbfs: float = -20.0) -> bytes:
    """Return a recording (PCM16, 8 kHz) at the target level, by one gain. Without speech it stays as it is."""
    samples = np.frombuffer(pcm, "<i2", len(pcm) // 2)
    blocks = samples[: len(samples) // FRAME * FRAME].reshape(-1, FRAME).astype(np.float64)
    powers = np.array([power for power in (blocks**2).mean(axis=1) if decibels(power**0.5) > _ACTIVE])
    if not len(powers):
        return samples.tobytes()
    speech = powers[powers * _SPEECH_SPREAD >= powers.max()]
    return _rounded_off(samples * 10 ** (_gain(float(speech.mean()), target_dbfs) / 20))


def _gain(power: float, target: float) -> float:
    """Return the dB that bring speech of this power to the target."""
    return min(_LIMIT, max(-_LIMIT, target - decibels(power**0.5)))


def _rounded_off(samples: _Floats) -> bytes:
    # A curve of the sample alone, straight up to the knee and then bending towards full scale, cannot click.
    size = np.abs(samples)
    if size.max() > _KNEE:
        bent = _KNEE + _ABOVE_KNEE * np.tanh((size - _KNEE) / _ABOVE_KNEE)
        samples = np.where(size > _KNEE, np.copysign(bent, samples), samples)
    return np.rint(samples).astype("<i2").tobytes()
