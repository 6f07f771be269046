"""Turn the frames of one synthesis into audio, or find that they are none. Pure, counted in audio time."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from ivr.call.events import Encoding
from ivr.call.ports import TtsChunk
from ivr.hamsa.tts.wav_header import WavHeader, sniff

HOLD_MS: Final = 100
"""Audio at the beginning that is held back until there is more, or the reply ends."""
FAST_SPEECH_MS_PER_CHARACTER: Final = 80
"""The shortest that a character of natural speech lasts."""
LEAST_SHARE: Final = 0.25
"""The share of the shortest natural length below which a reply has no speech in it."""
LONGEST_MS: Final = 10_000
LONGEST_MS_PER_CHARACTER: Final = 400
"""A reply may last the longer of the two, the second for each character. Beyond it its audio makes no sense."""


@dataclass(frozen=True, slots=True)
class Done:
    """Say that the reply is whole."""

    audio_ms: int
    short: bool
    """It has far less audio than the text needs, and some of it was given out."""


@dataclass(frozen=True, slots=True)
class Degenerate:
    """Say that the reply has no speech in it; none of it was given out."""

    audio_ms: int
    characters: int


@dataclass(frozen=True, slots=True)
class Unusable:
    """Say that the reply cannot be played, or no further."""

    reason: Literal["audio_format", "too_long"]


ReplyOutcome: TypeAlias = TtsChunk | Done | Degenerate | Unusable


def characters(text: str) -> int:
    """Count the characters that take time to say."""
    # Vowel signs and other marks are said with their letters.
    return sum(1 for c in text.strip() if not unicodedata.category(c).startswith(("M", "C")))


class ReplyAudio:
    """Judge one reply: `feed` its frames in order, then `finish`. After `Unusable` throw it away."""

    def __init__(self, text: str, rate: int, encoding: Encoding) -> None:
        """Expect audio of `rate` and `encoding`, as it was asked for, until a header says otherwise."""
        self._characters = characters(text)
        self._rate = rate
        self._encoding: Encoding = encoding
        self._sniffing = True
        self._pending = b""
        self._given = 0
        self._released = False

    @property
    def audio_ms(self) -> int:
        """Return the whole milliseconds of audio received."""
        return (self._given + len(self._pending)) * 1000 // (self._rate * self._width)

    def feed(self, frame: bytes) -> list[ReplyOutcome]:
        """Take one binary frame, cut anywhere; return what can be played now."""
        self._pending += frame
        if self._sniffing:
            found = sniff(self._pending)
            if found == "more":
                return []
            if found == "unusable":
                return [Unusable("audio_format")]
            self._sniffing = False
            if isinstance(found, WavHeader):
                self._pending = self._pending[found.length :]
                self._rate, self._encoding = found.rate, found.encoding
        if self.audio_ms > max(LONGEST_MS, LONGEST_MS_PER_CHARACTER * self._characters):
            return [Unusable("too_long")]
        # The service sometimes answers a whole sentence with one 20 ms frame, `ack` and `end` in order and no error:
        # only the amount of audio shows it. Holding the first audio back costs nothing: `end` follows within 10 ms.
        return self._release() if self._released or self.audio_ms > HOLD_MS else []

    def finish(self) -> list[ReplyOutcome]:
        """Take the service's `end`; return the rest and the verdict."""
        if self._sniffing and self._pending[:4] == b"RIFF":
            self._pending = b""
        short = self.audio_ms < LEAST_SHARE * FAST_SPEECH_MS_PER_CHARACTER * self._characters
        if not self._released and (short or not self.audio_ms):
            return [Degenerate(self.audio_ms, self._characters)]
        # The caller has heard a part of a reply that turns out short now: repeating it would be worse.
        return [*self._release(), Done(self.audio_ms, short)]

    @property
    def _width(self) -> int:
        return 1 if self._encoding == "mulaw" else 2

    def _release(self) -> list[ReplyOutcome]:
        # An odd byte waits for its other half.
        whole = len(self._pending) - len(self._pending) % self._width
        audio, self._pending = self._pending[:whole], self._pending[whole:]
        self._given += whole
        self._released = True
        return [TtsChunk(audio, self._rate, self._encoding)] if audio else []
