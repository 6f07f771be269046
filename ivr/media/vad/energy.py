"""The detector that needs nothing: energy and voicing, by audioop alone.

Speech is louder than the line's noise and has a pitch: some 60 to 400 times a second it repeats itself. audioop's
`findfit` finds the lag at which the last 20 ms fit best what came before, and how well they fit is the voicing. A frame
without pitch counts while a voiced one is near (fricatives). It hears everything; it also takes music, tones and some
coughs for speech. That is why it is the fallback.
"""

from __future__ import annotations

from ivr.media.g711 import FRAME_PCM, RATE, audioop
from ivr.media.loudness import NoiseFloor, decibels
from ivr.media.vad.echo_gate import NOTHING, EchoGate

_SHORTEST, _LONGEST = RATE // 400, RATE // 60
_QUIETEST = -50.0
"""dBFS under which nothing is a voice here."""
_LOUDER = 8.0
"""dB above the noise floor that make a voice."""
_VOICED = 0.6
_NEAR = 3
"""Frames after a voiced one in which noise-like sound still belongs to it."""
_YES, _MAYBE, _NO = 0.9, 0.45, 0.05


class EnergyVad:
    """One call's detector."""

    wants_ref = True

    def __init__(self) -> None:
        self.reset()

    def __repr__(self) -> str:
        return f"<EnergyVad floor={self.noise.floor:.0f} dBFS echo={self.gate.echo}>"

    def reset(self) -> None:
        """As new: nothing of the call so far is remembered."""
        self.gate = EchoGate()
        self.noise = NoiseFloor()
        self._before = bytes(2 * _LONGEST)
        self._since = _NEAR + 1

    def push(self, frame: bytes, played: bytes | None = None) -> float:
        """How likely the caller spoke in these 20 ms: one of 0, 0.05, 0.45, 0.9. `ValueError`: not 320 bytes."""
        if len(frame) != FRAME_PCM or (played and len(played) != FRAME_PCM):
            raise ValueError(f"a frame is {FRAME_PCM} bytes, not {len(frame)} and {len(played or b'')}")
        rms = audioop.rms(frame, 2)
        self.noise.push(rms)
        heard = self._before + frame
        self._before = heard[-2 * _LONGEST :]
        if not self.gate.push(decibels(rms), decibels(audioop.rms(played, 2)) if played else NOTHING):
            return 0.0
        self._since += 1
        if decibels(rms) < max(_QUIETEST, self.noise.floor + _LOUDER):
            return _NO
        if _voicing(heard, rms) >= _VOICED:
            self._since = 0
            return _YES
        return _MAYBE if self._since <= _NEAR else _NO


def _voicing(heard: bytes, rms: int) -> float:
    """How well the last frame of `heard` repeats what came before: 1 is a perfect repetition, 0 none."""
    frame = heard[-FRAME_PCM:]
    past = heard[: len(heard) - 2 * _SHORTEST]
    at, factor = audioop.findfit(past, frame)
    return min(1.0, factor * rms / max(1, audioop.rms(past[2 * at : 2 * at + FRAME_PCM], 2)))
