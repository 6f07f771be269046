"""Turns the frames of one synthesis into audio, or into the verdict that they are none.

Pure, counted in audio time. Frames are large, irregular and cut anywhere, so an odd byte waits for its other half and a
WAV header that comes before the samples is taken off.

Degenerate replies: the service sometimes answers a whole sentence with a single 20 ms frame, its `ack` and `end` in
order and no error. Nothing but the amount of audio shows it. The first 100 ms are therefore held back until there is
more or the reply ends (which follows within milliseconds); at the end a reply is degenerate when it has less than a
quarter of 80 ms a character, which is the least any voice needs. A reply that was good for more than 100 ms has been
heard in part when it turns out short: it is `Done(short=True)`, for repeating it would be worse.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from ivr.call.events import Encoding
from ivr.call.ports import TtsChunk
from ivr.hamsa.tts.wav_header import WavHeader, sniff

HOLD_MS: Final = 100
CHARACTER_MS: Final = 80
"""The shortest a character of natural speech lasts."""
LEAST_SHARE: Final = 0.25
LONGEST_MS: Final = 10_000
LONGEST_CHARACTER_MS: Final = 400
"""A reply may last the longer of the two, the second for each character; beyond it is nonsense."""


@dataclass(frozen=True, slots=True)
class Done:
    """The reply is whole."""

    audio_ms: int
    short: bool
    """Far less audio than the text needs, and some of it was given out."""


@dataclass(frozen=True, slots=True)
class Degenerate:
    """The reply has no speech in it; none of it was given out."""

    audio_ms: int
    characters: int


@dataclass(frozen=True, slots=True)
class Unusable:
    """The reply cannot be played, or no further."""

    reason: Literal["audio_format", "too_long"]


Outcome: TypeAlias = TtsChunk | Done | Degenerate | Unusable


def characters(text: str) -> int:
    """Characters that take time to say: vowel signs and other marks ride on their letters."""
    return sum(1 for c in text.strip() if not unicodedata.category(c).startswith(("M", "C")))


class ReplyAudio:
    """One reply. `feed` its frames in order, then `finish`; after `Unusable` throw it away."""

    def __init__(self, text: str, rate: int, encoding: Encoding) -> None:
        """`rate` and `encoding`: what was asked for, until a header says otherwise."""
        self._characters = characters(text)
        self._rate = rate
        self._encoding: Encoding = encoding
        self._sniffing = True
        self._pending = b""
        self._given = 0
        self._released = False

    @property
    def audio_ms(self) -> int:
        """Whole milliseconds of audio received."""
        return (self._given + len(self._pending)) * 1000 // (self._rate * self._width)

    def feed(self, frame: bytes) -> list[Outcome]:
        """Take one binary frame; what can be played now."""
        self._pending += frame
        if self._sniffing and not self._strip():
            return [] if self._sniffing else [Unusable("audio_format")]
        if self.audio_ms > max(LONGEST_MS, LONGEST_CHARACTER_MS * self._characters):
            return [Unusable("too_long")]
        return self._release() if self._released or self.audio_ms > HOLD_MS else []

    def finish(self) -> list[Outcome]:
        """The service has sent `end`."""
        if self._sniffing and self._pending[:4] == b"RIFF":
            self._pending = b""
        short = self.audio_ms < LEAST_SHARE * CHARACTER_MS * self._characters
        if not self._released and (short or not self.audio_ms):
            return [Degenerate(self.audio_ms, self._characters)]
        return [*self._release(), Done(self.audio_ms, short)]

    @property
    def _width(self) -> int:
        return 1 if self._encoding == "mulaw" else 2

    def _strip(self) -> bool:
        """Settle whether a header comes first. True: what is pending is samples."""
        found = sniff(self._pending)
        self._sniffing = found == "more"
        if isinstance(found, WavHeader):
            self._pending = self._pending[found.length :]
            self._rate, self._encoding = found.rate, found.encoding
        return isinstance(found, WavHeader) or found == "none"

    def _release(self) -> list[Outcome]:
        whole = len(self._pending) - len(self._pending) % self._width
        audio, self._pending = self._pending[:whole], self._pending[whole:]
        self._given += whole
        self._released = True
        return [TtsChunk(audio, self._rate, self._encoding)] if audio else []
