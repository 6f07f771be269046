"""Give a call the numbers that were measured on its audio, where the audio is lost or was replaced."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Any

from ivr.media.acoustics import VOICE, Acoustics
from ivr.media.beep import HIGHEST_HZ


class RecordedAcoustics(Acoustics):
    """Answer one call from its tape. `give` it the sounds of each moment before the call receives its event."""

    def __init__(self) -> None:
        super().__init__()
        self.missed = 0
        """Numbers that are not on the tape: the call has diverged, and what was there instead was measured."""
        self._frames: deque[Any] = deque()
        self._stretches: deque[list[Any]] = deque()
        self._tones: deque[int] = deque()
        self._voices: deque[list[Any]] = deque()

    def give(self, sounds: Sequence[Any]) -> None:
        """Take the sounds of the next moment; what was left of the last one is over."""
        self._frames = deque(one for one in sounds if type(one) is not list and not _is_tone(one))
        self._tones = deque(-1 - one for one in sounds if _is_tone(one))
        lists = [one for one in sounds if type(one) is list]
        self._stretches = deque(one for one in lists if one[:1] != [VOICE])
        self._voices = deque(one[1:] for one in lists if one[:1] == [VOICE])

    def frame(self, pcm: bytes, played: bytes) -> tuple[int, int | None]:
        """Return the RMS of a frame of the caller, and that of what the caller was hearing meanwhile."""
        heard, agent = super().frame(pcm, played)
        told: list[Any] = [self._frames.popleft() if self._frames else None for _ in range(2)]
        if _is_rms(told[0]):
            heard = told[0]
        else:
            self.missed += 1
        # Whether anything is played says the call. What is played where nothing was then has no number.
        if agent is None:
            return heard, None
        if _is_rms(told[1]):
            return heard, told[1]
        self.missed += 1
        return heard, agent

    def tone(self, pcm: bytes) -> int:
        """Return the frequency of a frame that is one pure tone."""
        if self._tones:
            return self._tones.popleft()
        self.missed += 1
        return super().tone(pcm)

    def voice(self, pcm: bytes) -> list[int]:
        """Return the prosody of the end of an utterance; none where the tape has none: it is older, or has diverged."""
        told = self._voices.popleft() if self._voices else []
        return [one for one in told if type(one) is int]

    def stretch(self, frames: Sequence[bytes]) -> list[int]:
        """Return the RMS of frames of the agent's audio."""
        told = self._stretches.popleft() if self._stretches else []
        if len(told) == len(frames) and all(map(_is_rms, told)):
            return told
        self.missed += 1
        return super().stretch(frames)


def _is_tone(number: Any) -> bool:
    return type(number) is int and -1 - HIGHEST_HZ <= number < 0


def _is_rms(number: Any) -> bool:
    return type(number) is int and 0 <= number <= 32768
