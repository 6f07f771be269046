"""Cut what the caller says into chunks, on the phone's own media clock.

A chunk is spoken at `t0 + samples / 8000`. This is an absolute time, so nothing drifts.
"""

from __future__ import annotations

import itertools
import random
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from ivr.media.g711 import RATE, SILENCE
from ivr.testbench.phone.mark_faults import MarkFaults
from ivr.testbench.phone.voiced import voiced
from ivr.testbench.recording import Speech

FAINT = bytes([0xFF, 0x7F, 0xFE, 0x7E, 0xFD, 0x7D])
"""Mu-law of the smallest samples around zero: an idle line."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Represent a part of media time."""

    at_ms: float
    """Since sample 0."""
    ms: float

    def covers(self, ms: float) -> bool:
        """Return whether a moment lies in it. Its end does not."""
        return self.at_ms <= ms < self.at_ms + self.ms


@dataclass(frozen=True, slots=True)
class PhoneOptions:
    """Hold how a phone and the network before it behave."""

    start_burst: int = 11
    """Chunks already spoken when the stream opens, delivered at once. At least 1. A capture of Twilio showed 11."""
    chunks: tuple[int, ...] = (160,)
    """Sizes of the chunks in samples, repeated."""
    first_timestamp_ms: int = 8
    """Timestamp of sample 0."""
    pauses: tuple[Stretch, ...] = ()
    """Times in which nothing is delivered; all of it comes at the end. Up to 233 ms was measured on Twilio."""
    losses: tuple[Stretch, ...] = ()
    """Times in which chunks that begin are lost: the timestamps jump."""
    noise: bool = False
    """Whether a faint line noise takes the place of 0xFF where the caller is silent."""
    seed: int = 0
    strict: bool = False
    """Whether a message that is not in the protocol raises `WireViolation` instead of being counted."""
    buffer_s: float = 600.0
    """Seconds of agent audio that the phone keeps; more is refused with warning 31931. Twilio documents 10 minutes."""
    linger_ms: float = 200.0
    """Time from `stop` to the phone's own close, if the bridge has not closed by then."""
    keep_messages: bool = False
    """Whether every message is written into the record."""
    marks: MarkFaults | None = None
    """How marks come back; None: each when it is reached."""


@dataclass(frozen=True, slots=True)
class MicrophoneChunk:
    """Hold a piece of the caller's track."""

    timestamp_ms: int
    leaves: float
    """When it leaves, on the driver's clock."""
    payload: bytes


class Microphone:
    """Make the caller's track as time passes."""

    def __init__(
        self,
        options: PhoneOptions,
        opened: float,
        track: bytearray,
        speech: list[Speech],
        began: float | None = None,
    ) -> None:
        """Go on with a `track` that began at `began`, in a stream of its own. None: it begins now."""
        burst = sum(options.chunks[number % len(options.chunks)] for number in range(options.start_burst))
        self._options = options
        self._left = opened
        self.t0 = opened - burst / RATE if began is None else began
        """Time of sample 0 on the driver's clock."""
        # Between two streams nothing is carried; what is spoken just before a stream opens is.
        missed = round((opened - self.t0) * RATE) - burst - len(track)
        track += bytes([SILENCE]) * max(0, missed - missed % 8)
        self._first_ms = len(track) / 8
        self._track = track
        self._speech = speech
        self._sizes: Iterator[int] = itertools.cycle(options.chunks)
        self._size = next(self._sizes)
        self._queue: deque[tuple[bytes, Speech]] = deque()
        self._at = 0
        self._ready: deque[MicrophoneChunk] = deque()
        self._quiet = bytes([SILENCE]) * RATE
        if options.noise:
            self._quiet = bytes(random.Random(options.seed).choices(FAINT, k=RATE))

    @property
    def speaking(self) -> bool:
        """Return whether the caller is saying something, or is about to."""
        return bool(self._queue)

    def say(self, ulaw: bytes, label: str, over: bool) -> Speech:
        """Say `ulaw` from the next chunk on, or behind what is being said."""
        # The part of the first queued audio that was said already is in the track.
        start = len(self._track) + sum(len(audio) for audio, _ in self._queue) - self._at
        # A recording has silence around its words, from which no figure counts.
        begin, end = voiced(ulaw)
        speech = Speech(label, start + begin, start + end, over)
        if ulaw:
            self._queue.append((ulaw, speech))
        self._speech.append(speech)
        return speech

    def due(self) -> float:
        """Return when the next chunk is spoken or, when it was spoken already, leaves."""
        return self._ready[0].leaves if self._ready else self._spoken_at()

    def take(self, now: float) -> Iterator[MicrophoneChunk]:
        """Yield the chunks that leave by `now`, in order."""
        while self._spoken_at() <= now:
            start, spoken = len(self._track), self._spoken_at()
            payload = self._sound(self._size)
            self._track += payload
            self._size = next(self._sizes)
            begun_ms, spoken_ms = start / 8, (start + len(payload)) / 8
            # A lost chunk never leaves and the timestamps jump: lost speech.
            if any(loss.covers(begun_ms) for loss in self._options.losses):
                continue
            # In a pause of the network a chunk is held with its timestamp unchanged: late delivery, in order.
            held = max((p.at_ms + p.ms - spoken_ms for p in self._options.pauses if p.covers(spoken_ms)), default=0.0)
            self._left = max(spoken + held / 1000, self._left)
            timestamp = self._options.first_timestamp_ms + int(begun_ms - self._first_ms)
            self._ready.append(MicrophoneChunk(timestamp, self._left, payload))
        while self._ready and self._ready[0].leaves <= now:
            yield self._ready.popleft()

    def _spoken_at(self) -> float:
        """Return when the last sample of the next chunk is spoken."""
        return self.t0 + (len(self._track) + self._size) / RATE

    def _sound(self, size: int) -> bytes:
        """Return the next `size` samples: what is being said, then line noise or silence."""
        sound = b""
        while self._queue and len(sound) < size:
            audio, _ = self._queue[0]
            piece = audio[self._at : self._at + size - len(sound)]
            sound += piece
            self._at += len(piece)
            if self._at == len(audio):
                self._queue.popleft()
                self._at = 0
        # Noise goes on where the last chunk left it, so that no chunk repeats another.
        at = len(self._track) % (len(self._quiet) - size) if size < len(self._quiet) else 0
        return sound + self._quiet[at : at + size - len(sound)].ljust(size - len(sound), bytes([SILENCE]))
