"""Give everything the caller hears one loudness, whatever voice said it (AGC).

A telephone voice is comfortable at about -20 dBFS while it speaks (active level, pauses not counted), and the echo gate
counts on it. `GainControl` measures the active level over the last five seconds of speech and moves its gain towards
the target slowly. It begins a call at gain one and keeps its gain from sentence to sentence. A recording that is there
as a whole gets one gain for all of it: `normalise`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from ivr.media.g711 import FRAME
from ivr.media.loudness import decibels

_ACTIVE = -50.0
"""dBFS under which a block is a pause."""
_SPEECH_SPREAD = 100.0
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

_Floats = NDArray[np.float64]


class GainControl:
    """Control the level of the agent's voice in one call. PCM16 at 8 kHz in, as many samples out."""

    def __init__(self, target_dbfs: float = -20.0) -> None:
        self.target = target_dbfs
        """Active level aimed at, dBFS."""
        self.gain_db = 0.0
        """Gain at the end of the current block."""
        self._powers: deque[float] = deque(maxlen=_MEASURED_BLOCKS)
        self._ramp: _Floats = np.ones(FRAME)
        self._block = np.zeros(0, np.int64)
        self._odd = b""

    def __repr__(self) -> str:
        return f"<GainControl {self.gain_db:+.1f} dB to {self.target:.0f} dBFS>"

    def feed(self, pcm: bytes) -> bytes:
        """Return the same audio at the target level. A half sample waits for its other half."""
        pcm = self._odd + pcm
        whole = len(pcm) - len(pcm) % 2
        self._odd = pcm[whole:]
        samples = np.frombuffer(pcm, "<i2", whole // 2)
        out: list[bytes] = []
        # Gain is decided at every 160th sample from what came before it and moves in a straight line in between. So
        # output comes at once, sample for sample, and is the same under every chunking.
        while len(samples):
            at = len(self._block)
            part, samples = samples[: FRAME - at], samples[FRAME - at :]
            out.append(_rounded_off(part * self._ramp[at : at + len(part)]))
            self._block = np.concatenate((self._block, part))
            if len(self._block) == FRAME:
                power = float(self._block @ self._block) / FRAME
                before = self.gain_db
                # Pauses change nothing: silence stays silence.
                if decibels(power**0.5) > _ACTIVE:
                    self._powers.append(power)
                    wanted = _gain(self._powers, self.target) * min(1.0, len(self._powers) / _TRUSTED)
                    # Slow enough that a voice keeps its accents and nothing pumps.
                    self.gain_db = min(before + _UP, max(before - _DOWN, wanted))
                first, last = 10 ** (before / 20), 10 ** (self.gain_db / 20)
                self._ramp = first + (last - first) * np.arange(1, FRAME + 1) / FRAME
                self._block = self._block[:0]
        return b"".join(out)


def normalise(pcm: bytes, target_dbfs: float = -20.0) -> bytes:
    """Return a recording (PCM16, 8 kHz) at the target level, by one gain. Without speech it stays as it is."""
    samples = np.frombuffer(pcm, "<i2", len(pcm) // 2)
    blocks = samples[: len(samples) // FRAME * FRAME].reshape(-1, FRAME).astype(np.float64)
    powers = [float(power) for power in (blocks**2).mean(axis=1) if decibels(power**0.5) > _ACTIVE]
    if not powers:
        return samples.tobytes()
    return _rounded_off(samples * 10 ** (_gain(powers, target_dbfs) / 20))


def _gain(powers: Collection[float], target: float) -> float:
    """Return the dB that bring the active level of these blocks to the target."""
    known = np.array(powers)
    speech = known[known * _SPEECH_SPREAD >= known.max()]
    return min(_LIMIT, max(-_LIMIT, target - decibels(float(speech.mean()) ** 0.5)))


def _rounded_off(samples: _Floats) -> bytes:
    # A curve of the sample alone, straight up to the knee and then bending towards full scale, cannot click.
    size = np.abs(samples)
    if size.max() > _KNEE:
        bent = _KNEE + _ABOVE_KNEE * np.tanh((size - _KNEE) / _ABOVE_KNEE)
        samples = np.where(size > _KNEE, np.copysign(bent, samples), samples)
    return np.rint(samples).astype("<i2").tobytes()
