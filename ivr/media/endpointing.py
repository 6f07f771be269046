"""Decide where an utterance begins and ends, frame by frame in media time (endpointing).

Hysteresis twice. In height: a frame is voiced from `on`, stays so down to `off`. In time: speech starts once
`start_ms` of a window one frame longer are voiced (one frame may miss: a stop consonant), and ends after `endpoint_ms`
without a voiced frame.

What is cut out: `pre_roll_ms` before the first voiced frame (soft first consonants), the speech, and `tail_ms` after
the last voiced frame. No audio is in two utterances, and none is lost between an utterance that was cut at its greatest
length and the next one. Frames are counted from 0; sample indices are `160 * frame`.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TypeAlias

from ivr.media.g711 import FRAME, FRAME_MS, FRAME_PCM


@dataclass(frozen=True, slots=True)
class EndpointOptions:
    """Hold the thresholds of one line."""

    on: float = 0.5
    """Probability from which a frame is voiced."""
    off: float = 0.35
    """Probability under which a voiced stretch is over."""
    start_ms: int = 60
    """Voiced audio that makes a start."""
    endpoint_ms: int = 500
    """Unvoiced audio that makes an end."""
    pre_roll_ms: int = 300
    """Audio kept from before the first voiced frame."""
    faint: float = 0.06
    """Probability from which a frame before the start may already have been speech."""
    reach_ms: int = 800
    """Audio kept from before the first voiced frame at most, where all of it may have been speech."""
    tail_ms: int = 200
    """Audio kept from after the last voiced frame, at most."""
    max_utterance_ms: int = 30_000
    """Length from the first voiced frame at which an utterance is cut."""


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """Say that the caller speaks."""

    onset: int
    """Sample index of the first voiced frame."""


@dataclass(frozen=True, slots=True)
class SpeechEnded:
    """Hold one whole utterance."""

    pcm: bytes
    """PCM16 at 8 kHz: pre-roll, speech, tail."""
    onset: int
    """Sample index of the first voiced frame."""
    end: int
    """Sample index after the last voiced frame."""
    voiced_ms: int
    """Voiced audio in it."""
    forced: bool
    """Ended by its length or by the end of the stream, not by silence."""
    loud: tuple[int, ...] = ()
    """RMS of each frame of `pcm`."""


_MAYBE = 2
"""Frames without a voiced one after which no utterance begins with those before them."""
_BRIDGED = 6
"""Frames without a trace of speech inside a doubtful stretch."""
_BEFORE_DOUBT = 2
"""Frames kept before a doubtful stretch."""

Edge: TypeAlias = SpeechStarted | SpeechEnded
_Heard: TypeAlias = tuple[bytes, int]
"""A frame and its RMS."""


class Endpointer:
    """Find the utterances of one call. Feed every frame, in order."""

    def __init__(self, options: EndpointOptions | None = None) -> None:
        self.options = options or EndpointOptions()
        self.endpoint_ms = self.options.endpoint_ms
        """Silence that ends the utterance, ms. May be changed at any time, also while one is under way."""
        self._window: deque[bool] = deque()
        self._kept: deque[_Heard] = deque()
        self._faint: deque[bool] = deque()
        self._measure()
        self._speech: list[_Heard] = []
        self._frame = 0
        self._first = 0
        self._onset = -1
        self._end = 0
        self._voiced = 0
        self._above = False

    def change(self, options: EndpointOptions) -> None:
        """Take other thresholds, also for the utterance that is under way; silence that its words have set stays."""
        if self.endpoint_ms == self.options.endpoint_ms:
            self.endpoint_ms = options.endpoint_ms
        self.options = options
        self._measure()

    def _measure(self) -> None:
        """Keep as much of what was heard as the options need."""
        self._need = max(1, _frames(self.options.start_ms))
        self._pre_roll = _frames(self.options.pre_roll_ms)
        most = max(self._pre_roll, _frames(self.options.reach_ms)) + self._need + 1
        self._window = deque(self._window, maxlen=self._need + 1)
        self._kept, self._faint = deque(self._kept, maxlen=most), deque(self._faint, maxlen=most)

    def __repr__(self) -> str:
        state = f"speaking {self.speech_ms}ms, silent {self.silence_ms}ms" if self.speaking else "silence"
        return f"<Endpointer frame={self._frame} {state}>"

    @property
    def speaking(self) -> bool:
        """Return whether an utterance is under way; its last frames may be silence."""
        return self._onset >= 0

    @property
    def rising(self) -> bool:
        """Return whether the last frames may be the beginning of an utterance."""
        return self._onset < 0 and any(list(self._window)[-_MAYBE:])

    @property
    def onset(self) -> int:
        """Return the sample at which the current utterance begins; negative without one."""
        return self._onset * FRAME

    @property
    def speech_ms(self) -> int:
        """Return the voiced audio of the current utterance, ms; 0 without one."""
        return self._voiced * FRAME_MS

    @property
    def silence_ms(self) -> int:
        """Return the audio since the last voiced frame of the current utterance, ms; 0 without one."""
        return (self._frame - self._end) * FRAME_MS if self.speaking else 0

    def push(self, frame_pcm: bytes, probability: float, rms: int = 0) -> list[Edge]:
        """Take one frame (320 bytes), how likely it is speech, and its RMS; return its edge, at most one."""
        if len(frame_pcm) != FRAME_PCM:
            raise ValueError(f"a frame is {FRAME_PCM} bytes, not {len(frame_pcm)}")
        self._frame = frame = self._frame + 1
        options = self.options
        if self._onset < 0:
            self._kept.append((frame_pcm, rms))
            self._faint.append(probability >= options.faint)
            self._window.append(voiced := probability >= options.on)
            return self._listen() if voiced else []
        self._speech.append((frame_pcm, rms))
        self._above = probability >= (options.off if self._above else options.on)
        if self._above:
            self._voiced += 1
            self._end = frame
        too_long = (frame - self._onset) * FRAME_MS >= options.max_utterance_ms
        silent = (frame - self._end) * FRAME_MS >= self.endpoint_ms
        if not too_long and not silent:
            return []
        ended = self._utterance(forced=not silent)
        # What comes after the utterance's audio may be the beginning of the next one.
        self._keep(self._speech[len(ended.pcm) // FRAME_PCM :])
        self._forget()
        return [ended]

    def so_far(self) -> SpeechEnded | None:
        """Return the current utterance as if it ended here, for an STT that starts early; None without one."""
        return self._utterance(forced=True) if self.speaking else None

    def latest(self, ms: int) -> bytes:
        """Return the newest audio of the current utterance, so much at most."""
        return b"".join(frame for frame, _ in self._speech[-_frames(ms) :])

    def abandon(self) -> None:
        """Drop the current utterance: it was nothing. Its last frames are the pre-roll of what follows."""
        self._keep(self._speech)
        self._forget()

    def finish(self) -> SpeechEnded | None:
        """End the stream; return the utterance that was under way, if any."""
        last = self.so_far()
        self.abandon()
        return last

    def _listen(self) -> list[Edge]:
        """Look for the start of an utterance at a frame that is voiced."""
        if sum(self._window) < self._need:
            return []
        since = len(self._window) - self._window.index(True)
        self._onset = self._frame - since
        self._end = self._frame
        self._voiced = sum(self._window)
        self._above = True
        # A model that was in doubt for a while before it said yes has mostly heard the first syllable of a soft voice.
        # So a doubtful stretch that leads up to the start belongs to the utterance, and a little before it.
        furthest = since
        for back, faint in enumerate(reversed(self._faint), 1):
            if faint:
                furthest = max(furthest, back)
            elif back > furthest + _BRIDGED:
                break
        before = min(len(self._kept), max(self._pre_roll + since, furthest + _BEFORE_DOUBT))
        self._speech = list(self._kept)[len(self._kept) - before :]
        self._first = self._frame - before
        self._kept.clear()
        self._faint.clear()
        return [SpeechStarted(self._onset * FRAME)]

    def _keep(self, frames: list[_Heard]) -> None:
        self._kept.extend(frames)
        self._faint.extend([False] * len(frames))

    def _utterance(self, *, forced: bool) -> SpeechEnded:
        until = self._end - self._first + _frames(self.options.tail_ms)
        frames, loud = zip(*self._speech[:until], strict=True)
        return SpeechEnded(b"".join(frames), self._onset * FRAME, self._end * FRAME, self.speech_ms, forced, loud)

    def _forget(self) -> None:
        self._onset, self._voiced = -1, 0
        self._speech = []
        self._window.clear()


def _frames(ms: int) -> int:
    return -(-ms // FRAME_MS)
