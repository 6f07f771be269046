"""The caller's side of the line: what is said, cut into chunks on the phone's own media clock.

A chunk is *due* when its last sample was spoken, at `t0 + samples / 8000`: absolute, so nothing drifts. Between being
due and leaving it may be held by a pause of the network, with its timestamp unchanged: late delivery. In a loss it
never leaves and the timestamps jump: lost speech. A stream opens with the chunks that were spoken while it was being
set up (`start_burst`), as live captures show.
"""

from __future__ import annotations

import itertools
import random
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from ivr.media.g711 import RATE, SILENCE
from ivr.testbench.recording import Speech

FAINT = bytes([0xFF, 0x7F, 0xFE, 0x7E, 0xFD, 0x7D])
"""Mu-law of the smallest samples around zero: an idle line."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of media time."""

    at_ms: float
    """Since sample 0."""
    ms: float

    def covers(self, ms: float) -> bool:
        """Whether a moment lies in it; its end does not."""
        return self.at_ms <= ms < self.at_ms + self.ms


@dataclass(frozen=True, slots=True)
class PhoneOptions:
    """How a phone and the network before it behave."""

    start_burst: int = 11
    """Chunks already spoken when the stream opens, delivered at once. At least 1."""
    chunks: tuple[int, ...] = (160,)
    """Sizes of the chunks in samples, repeated."""
    first_timestamp_ms: int = 8
    """Timestamp of sample 0."""
    pauses: tuple[Stretch, ...] = ()
    """Nothing is delivered meanwhile, all of it at the end. Up to 233 ms was seen live."""
    losses: tuple[Stretch, ...] = ()
    """Chunks that begin in here are lost: the timestamps jump."""
    noise: bool = False
    """A faint line noise where the caller is silent, instead of 0xFF."""
    seed: int = 0
    strict: bool = False
    """A message that is not in the protocol raises `WireViolation` instead of being counted."""
    buffer_s: float = 600.0
    """Agent audio the phone keeps; more is refused with warning 31931."""
    linger_ms: float = 200.0
    """From `stop` to the phone's own close, if the bridge has not closed by then."""
    keep_messages: bool = False
    """Write every message into the record."""


@dataclass(frozen=True, slots=True)
class MicrophoneChunk:
    """A piece of the caller's track."""

    timestamp_ms: int
    leaves: float
    """Driver's clock."""
    payload: bytes


class Microphone:
    """The caller's track, made as time passes."""

    def __init__(self, options: PhoneOptions, opened: float, track: bytearray, speech: list[Speech]) -> None:
        burst = sum(options.chunks[number % len(options.chunks)] for number in range(options.start_burst))
        self._options = options
        self._left = opened
        self.t0 = opened - burst / RATE
        """Driver's clock at sample 0."""
        self._track = track
        self._speech = speech
        self._sizes: Iterator[int] = itertools.cycle(options.chunks)
        self._size = next(self._sizes)
        self._queue: deque[tuple[bytes, Speech]] = deque()
        self._at = 0
        self._ready: deque[MicrophoneChunk] = deque()
        self._quiet = _noise(random.Random(options.seed)) if options.noise else bytes([SILENCE]) * RATE

    @property
    def speaking(self) -> bool:
        """Something is being said, or about to be."""
        return bool(self._queue)

    def say(self, ulaw: bytes, label: str, over: bool) -> Speech:
        """Say `ulaw` from the next chunk on, or behind what is being said."""
        start = len(self._track) + sum(len(audio) for audio, _ in self._queue) - self._at
        speech = Speech(label, start, start + len(ulaw), over)
        if ulaw:
            self._queue.append((ulaw, speech))
        self._speech.append(speech)
        return speech

    def due(self) -> float:
        """When the next chunk is spoken or, spoken already, leaves."""
        return self._ready[0].leaves if self._ready else self._spoken_at()

    def take(self, now: float) -> Iterator[MicrophoneChunk]:
        """The chunks that leave by `now`, in order."""
        while self._spoken_at() <= now:
            self._speak_chunk()
        while self._ready and self._ready[0].leaves <= now:
            yield self._ready.popleft()

    def _spoken_at(self) -> float:
        return self.t0 + (len(self._track) + self._size) / RATE

    def _speak_chunk(self) -> None:
        start, spoken = len(self._track), self._spoken_at()
        payload = self._sound(self._size)
        self._track += payload
        self._size = next(self._sizes)
        begun_ms, spoken_ms = start / 8, (start + len(payload)) / 8
        if any(loss.covers(begun_ms) for loss in self._options.losses):
            return
        held = max((p.at_ms + p.ms - spoken_ms for p in self._options.pauses if p.covers(spoken_ms)), default=0.0)
        timestamp = self._options.first_timestamp_ms + int(begun_ms)
        self._left = max(spoken + held / 1000, self._left)
        self._ready.append(MicrophoneChunk(timestamp, self._left, payload))

    def _sound(self, size: int) -> bytes:
        sound = b""
        while self._queue and len(sound) < size:
            audio, _ = self._queue[0]
            piece = audio[self._at : self._at + size - len(sound)]
            sound += piece
            self._at += len(piece)
            if self._at == len(audio):
                self._queue.popleft()
                self._at = 0
        at = len(self._track) % (len(self._quiet) - size) if size < len(self._quiet) else 0
        return sound + self._quiet[at : at + size - len(sound)].ljust(size - len(sound), bytes([SILENCE]))


def _noise(chance: random.Random) -> bytes:
    return bytes(chance.choices(FAINT, k=RATE))
