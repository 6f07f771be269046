"""Give everything the caller hears one loudness, whatever voice said it (AGC).

A telephone voice is comfortable at about -20 dBFS while it speaks (active level, pauses not counted), and the echo gate
counts on it. `GainControl` measures the active level over the last five seconds of speech and moves its gain towards
the target slowly. It begins a call at gain one and keeps its gain from sentence to sentence. A recording that is there
as a whole gets one gain for all of it: `normalise`.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import deque
from math import copysign

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
        self._factor = 1.0
        self._ramp = (1.0, 1.0)
        """Factors between which the gain moves in the current block."""
        self._at = 0
        """Samples of the current block so far..."""
        self._energy = 0.0
        """...and the sum of their squares."""
        self._odd = b""

    def __repr__(self) -> str:
        return f"<GainControl {self.gain_db:+.1f} dB to {self.target:.0f} dBFS>"

    def feed(self, pcm: bytes) -> bytes:
        """Return the same audio at the target level. A half sample waits for its other half."""
        if self._odd:
            pcm = self._odd + pcm
        whole = len(pcm) - len(pcm) % 2
        self._odd = pcm[whole:]
        if not whole:
            return b""
        # Gain is decided at every 160th sample from what came before it and moves in a straight line in between. So
        # output comes at once, sample for sample, and is the same under every chunking.
        begin, end = self._at, self._at + whole // 2
        blocks, full = -(-end // FRAME), end // FRAME
        samples = np.zeros((blocks, FRAME))
        flat = samples.reshape(-1)
        flat[begin:end] = np.frombuffer(pcm, "<i2", whole // 2)
        # Whole numbers below 2**53: the sums are exact.
        energies: list[float] = np.vecdot(samples, samples).tolist()
        energies[0] += self._energy
        factors = [*self._ramp]
        for energy in energies[:full]:
            # Pauses change nothing: silence stays silence.
            if energy > _PAUSE_ENERGY:
                self._learn(int(energy))
            factors.append(self._factor)
        self._ramp, self._at = (factors[-2], factors[-1]), end - full * FRAME
        self._energy = energies[full] if self._at else 0.0
        bounds = np.array(factors[: blocks + 1]).reshape(-1, 1)
        first = bounds[:-1]
        gains = (bounds[1:] - first) * _STEPS
        gains /= FRAME
        gains += first
        samples *= gains
        return _rounded_off(flat[begin:end])

    def _learn(self, energy: int) -> None:
        """Move the gain behind a block of speech. `energy`: the sum of its samples' squares."""
        speech = self._speech
        speech.push(energy)
        wanted, gain = _gain(speech.mean, self.target), self.gain_db
        if len(speech) < _TRUSTED:
            wanted *= len(speech) / _TRUSTED
        # Slow enough that a voice keeps its accents and nothing pumps.
        if wanted > gain + _UP:
            wanted = gain + _UP
        elif wanted < gain - _DOWN:
            wanted = gain - _DOWN
        self.gain_db = wanted
        self._factor = 10 ** (wanted / 20)


class _SpeechEnergy:
    """Follow the mean power of what is speech in the last blocks. Whole numbers, so that the order does not count."""

    def __init__(self) -> None:
        self._energies: deque[int] = deque()
        self._ranked: list[int] = []
        """The same, the softest first."""
        self._least = self._sum = self._count = 0
        """The least energy that is speech; what all such blocks come to, and how many they are."""

    def __len__(self) -> int:
        return len(self._energies)

    @property
    def mean(self) -> float:
        """Return the mean power of a sample, over the blocks that are less than 20 dB below the loudest."""
        return self._sum / (self._count * FRAME)

    def push(self, energy: int) -> None:
        """Take a block's energy."""
        known, ranked = self._energies, self._ranked
        known.append(energy)
        insort(ranked, energy)
        if energy >= self._least:
            self._sum += energy
            self._count += 1
        if len(known) > _MEASURED_BLOCKS:
            gone = known.popleft()
            del ranked[bisect_left(ranked, gone)]
            if gone >= self._least:
                self._sum -= gone
                self._count -= 1
        least = -(-ranked[-1] // _SPEECH_SPREAD)
        if least != self._least:
            # Another block is the loudest: those between the two bounds become speech, or are speech no more.
            before, after = len(ranked) - self._count, bisect_left(ranked, least)
            self._sum += sum(ranked[after:before]) - sum(ranked[before:after])
            self._least, self._count = least, len(ranked) - after


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
    gain = target - decibels(power**0.5)
    return gain if -_LIMIT <= gain <= _LIMIT else copysign(_LIMIT, gain)


def _rounded_off(samples: _Floats) -> bytes:
    # A curve of the sample alone, straight up to the knee and then bending towards full scale, cannot click.
    size = np.abs(samples)
    if size.max() > _KNEE:
        bent = _KNEE + _ABOVE_KNEE * np.tanh((size - _KNEE) / _ABOVE_KNEE)
        samples = np.where(size > _KNEE, np.copysign(bent, samples), samples)
    return np.rint(samples).astype("<i2").tobytes()
