"""Measure the sound of one call: the only place where what audio sounds like becomes a number that decides.

Everything else that a call decides rests on times, lengths, words and the scores of its events. Here it is the RMS of
20 ms, of four kinds:

- each frame of the caller's audio: echo gate, noise floor, crowd, the end of a voice, a voice far softer than another,
  the agent's words that come back, the levels of the record;
- what the caller was hearing meanwhile: the echo gate and its delay, and the levels of the record;
- the agent's audio before the place where it yielded: where it resumes;
- the end of a filler: the pause in which it is shortened.

And, where the bridge has placed the call, the pure tone of each frame of who has answered: a machine's beep. And at
each pause of the caller's the prosody of what was said before it: a list that begins with `VOICE`.

So a call whose audio is lost, or was replaced, decides the same when it is given these numbers (`taken`) again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeAlias

from ivr.media.beep import tone_hz
from ivr.media.g711 import FRAME, audioop
from ivr.media.voice import prosody

Sounds: TypeAlias = list[int | list[int] | None]
"""Numbers in the order in which they were asked for: two of each frame, or a list of a stretch of the agent's audio, or
-1 less the Hz of a tone, 0 of none."""

VOICE: Final = -2
"""The first of the numbers of a voice's end: no level is negative."""


class Acoustics:
    """Measure one call's audio."""

    def __init__(self, *, keep: bool = False) -> None:
        self.keep = keep
        """Write the numbers down."""
        self.taken: Sounds = []
        """Numbers of the event that is being decided, or was decided last; with `keep` alone."""

    def __repr__(self) -> str:
        return f"<{type(self).__name__} taken={len(self.taken)}>"

    def begin(self) -> None:
        """Begin with another event. The list of the one before is not touched any more."""
        if self.keep:
            self.taken = []

    def frame(self, pcm: bytes, played: bytes) -> tuple[int, int | None]:
        """Return the RMS of a frame of the caller, and that of what the caller was hearing meanwhile; None: nothing.

        `pcm`: 320 bytes of PCM16. `played`: 160 bytes of mu-law; of another size: nothing.
        """
        heard = audioop.rms(pcm, 2)
        agent = audioop.rms(audioop.ulaw2lin(played, 2), 2) if len(played) == FRAME else None
        if self.keep:
            self.taken += (heard, agent)
        return heard, agent

    def stretch(self, frames: Sequence[bytes]) -> list[int]:
        """Return the RMS of frames of the agent's audio, 160 bytes of mu-law each."""
        loud = [audioop.rms(audioop.ulaw2lin(frame, 2), 2) for frame in frames]
        if self.keep:
            self.taken.append(loud)
        return loud

    def tone(self, pcm: bytes) -> int:
        """Return the frequency of a frame that is one pure tone, Hz; 0: it is none. `pcm`: 320 bytes of PCM16."""
        hz = tone_hz(pcm)
        if self.keep:
            self.taken.append(-1 - hz)
        return hz

    def voice(self, pcm: bytes) -> list[int]:
        """Return the prosody of the end of an utterance, PCM16 (`prosody.measure`); none where it does not tell."""
        features = prosody.measure(pcm)
        if self.keep:
            self.taken.append([VOICE, *features])
        return features
