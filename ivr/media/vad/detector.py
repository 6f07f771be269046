"""Detect the caller's voice: turn a score of the caller's audio into how likely the caller speaks.

The score is what a model said of the audio alone (`ivr.media.vad.scorer`). To the model the agent's echo is speech, a
crowd is now and then, and a voice that has stopped is for a while. What is known of the line decides what to believe.
Pure: the same frames, scores and played audio give the same answers.
"""

from __future__ import annotations

from ivr.media.g711 import FRAME_PCM, audioop
from ivr.media.loudness import QUIET_DBFS, NoiseFloor, decibels
from ivr.media.vad.babble import BabbleFloor
from ivr.media.vad.echo_gate import NOTHING, EchoGate
from ivr.media.vad.hangover import Hangover

_ON, _OFF = 0.5, 0.35
"""Scores from which a frame is a yes, and under which it is a no."""
_DOUBTED = 0.2
"""What is said of a frame whose voice fell off, or does not stand out from a crowd, while the model says speech."""
_WAKING = 6.0
"""dB above the noise floor that a frame needs to be the caller while the agent's echo may sound."""
_SURE, _CLEAR, _LASTING, _NOT_YET = 0.7, 15.0, 3, 0.45
"""A yes from 0.7 is believed at once, so is one that is 15 dB above the noise; else only the third frame of it. What is
said meanwhile."""
_ASLEEP_AFTER = 5
"""Frames in a row that cannot be the caller before the detector is asleep."""


class VoiceDetector:
    """Detect one caller's voice. Feed every frame of the track, in order."""

    def __init__(self) -> None:
        self.gate = EchoGate()
        self.noise = NoiseFloor()
        self.crowd = BabbleFloor()
        self._hangover = Hangover()
        self._asleep = True
        self._shut = 0
        self._yes = 0

    def __repr__(self) -> str:
        state = "asleep" if self._asleep else "awake"
        return f"<VoiceDetector {state} floor={self.noise.floor:.0f} dBFS echo={self.gate.echo}>"

    def push(self, frame: bytes, speech: float, played: bytes | None = None) -> float:
        """Return how likely the caller spoke in these 20 ms, 0 to 1.

        `frame`: 320 bytes of PCM16 at 8 kHz. `speech`: its score, 0 to 1. `played`: the 320 bytes the caller was
        hearing at that time; None or zeros for nothing. A frame of another size is a `ValueError`.
        """
        if len(frame) != FRAME_PCM or (played and len(played) != FRAME_PCM):
            raise ValueError(f"a frame is {FRAME_PCM} bytes, not {len(frame)} and {len(played or b'')}")
        return self.judge(audioop.rms(frame, 2), speech, audioop.rms(played, 2) if played else None)

    def judge(self, rms: int, speech: float, played: int | None = None) -> float:
        """Return the same for a frame that was measured. `rms`: of the frame. `played`: of what was heard; or None."""
        heard = decibels(rms)
        self.noise.push(rms)
        is_open = self.gate.push(heard, NOTHING if played is None else decibels(played))
        # Right after the agent's voice the line's own noise wakes nothing: the model still has the agent's last word in
        # its memory and takes noise for speech.
        needed = max(QUIET_DBFS, self.noise.floor + _WAKING) if self._asleep and self.gate.busy else QUIET_DBFS
        if is_open and heard >= needed:
            self._asleep, self._shut = False, 0
        else:
            self._shut += 1
            self._asleep = self._asleep or self._shut >= _ASLEEP_AFTER
        # Silence, or nothing but echo for 100 ms: the answer is no, whatever the model makes of it.
        if self._asleep:
            return 0.0
        said = speech
        if self._hangover.over(heard, self.noise, said, _OFF):
            said = min(said, _DOUBTED)
        if not is_open:
            return 0.0
        # A faint yes to something hardly louder than the noise counts once it lasts: gusts do not.
        self._yes = self._yes + 1 if said >= _ON else 0
        if said >= _SURE or (self._yes and heard > self.noise.floor + _CLEAR):
            self._yes = max(self._yes, _LASTING)
        if 0 < self._yes < _LASTING:
            said = _NOT_YET
        return min(said, _DOUBTED) if self.crowd.push(heard, speech) else said
