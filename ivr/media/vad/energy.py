"""Score the caller's audio by energy and pitch, with audioop alone: the fallback where the model is not there.

Speech is louder than the line's noise and has a pitch: some 60 to 400 times a second it repeats itself. audioop's
`findfit` finds the lag at which the last 20 ms fit best what came before, and how well they fit is the voicing. It
finds every voice; it also takes music, tones and some coughs for speech. That is why it is only the fallback.
"""

from __future__ import annotations

from ivr.media.g711 import FRAME_PCM, RATE, audioop
from ivr.media.loudness import NoiseFloor, decibels

_SHORTEST, _LONGEST = RATE // 400, RATE // 60
"""Samples of a pitch's period, shortest and longest."""
_QUIETEST = -50.0
"""dBFS under which nothing is a voice here."""
_LOUDER = 8.0
"""dB above the noise floor that make a voice."""
_VOICED = 0.6
_NEAR = 3
"""Chunks after a voiced one in which noise-like sound still belongs to it."""
_VOICE, _NEAR_A_VOICE, _NO_VOICE = 0.96, 0.45, 0.04
"""What is said of a chunk. The first and the last are no doubt to `BabbleFloor`."""


class EnergyScorer:
    """Score one call's audio, chunk by chunk, in order of arrival."""

    def __init__(self) -> None:
        self.noise = NoiseFloor()
        self._before = bytes(2 * _LONGEST + FRAME_PCM)
        self._since = _NEAR + 1

    def __repr__(self) -> str:
        return f"<EnergyScorer floor={self.noise.floor:.0f} dBFS>"

    def score(self, pcm: bytes) -> float:
        """Return 0.96 for speech, 0.45 for noise near it, else 0.04. PCM16, at most 320 bytes; else `ValueError`."""
        if len(pcm) > FRAME_PCM or len(pcm) % 2:
            raise ValueError(f"a chunk is at most {FRAME_PCM} bytes of PCM16, not {len(pcm)}")
        self._before = heard = self._before[len(pcm) :] + pcm
        frame = heard[-FRAME_PCM:]
        rms = audioop.rms(frame, 2)
        self.noise.push(rms)
        self._since += 1
        if decibels(rms) < max(_QUIETEST, self.noise.floor + _LOUDER):
            return _NO_VOICE
        past = heard[: len(heard) - 2 * _SHORTEST]
        at, factor = audioop.findfit(past, frame)
        voicing = factor * rms / max(1, audioop.rms(past[2 * at : 2 * at + FRAME_PCM], 2))
        if voicing >= _VOICED:
            self._since = 0
            return _VOICE
        # Fricatives have no pitch: a chunk without one counts while a voiced one is near.
        return _NEAR_A_VOICE if self._since <= _NEAR else _NO_VOICE
