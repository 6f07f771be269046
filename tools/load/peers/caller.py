"""Play one caller of a load run, and measure what the caller gets. Pure: `now` is an argument.

A caller says a question, interrupts the answer after two seconds, hears the answer to the interruption to its end, and
begins again. All callers count into one `Figures`.
"""

from __future__ import annotations

import base64
from collections import deque
from dataclasses import asdict, dataclass, field
from random import Random
from typing import Any, Final, Literal

import msgspec

FRAME_BYTES: Final = 160
FRAME_S: Final = 0.02
GAP_S: Final = 0.02
"""A gap in the playback of an answer that is longer is an underrun."""
PAUSE_S: Final = 0.5
"""The caller's silence between an answer and the next question."""
INTERRUPT_AFTER_S: Final = 2.0
ANSWER_OVER_S: Final = 0.8
"""Silence at the ear after which an answer is over."""
TOO_EARLY_S: Final = 0.3
"""Audio that comes sooner after the end of a question belongs to the answer before."""
PATIENCE_S: Final = 8.0
"""Time after which a question counts as lost."""
_QUIET: Final = (0xFF, 0x7F, 0xFE, 0x7E)
"""Samples of a line on which nothing is said."""

Act = Literal["waits", "asks", "listens", "hears"]
"""`waits`: before a question. `asks`: speaks. `listens`: nothing has come yet. `hears`: an answer plays."""


class _Mark(msgspec.Struct):
    name: str = ""


class _Media(msgspec.Struct):
    payload: str = ""


class _Message(msgspec.Struct):
    event: str
    media: _Media | None = None
    mark: _Mark | None = None


_READ: Final = msgspec.json.Decoder(_Message)


@dataclass(slots=True)
class Figures:
    """Hold what all callers measured since `clear`. Times in milliseconds."""

    turn_ms: list[float] = field(default_factory=list)
    """From the last frame of a question to the first audio of its answer, without the first of each call."""
    first_turn_ms: list[float] = field(default_factory=list)
    barge_in_ms: list[float] = field(default_factory=list)
    """From the first frame of an interruption to `clear`."""
    answer_ms: list[float] = field(default_factory=list)
    """Audio of each answer that was heard to its end."""
    underrun_ms: list[float] = field(default_factory=list)
    asked: int = 0
    lost: int = 0
    interrupted: int = 0
    not_cleared: int = 0
    """Interruptions that got an answer, or none, without `clear`."""
    stale_ms: float = 0.0
    """Audio after `clear` and before the next answer."""
    messages: int = 0

    def clear(self) -> None:
        """Begin again."""
        for name, value in asdict(Figures()).items():
            setattr(self, name, value)

    def as_json(self) -> dict[str, Any]:
        """Return all figures."""
        return asdict(self)


def frames_of(ulaw: bytes) -> tuple[bytes, ...]:
    """Return mu-law audio as base64, a frame each."""
    whole = ulaw + b"\xff" * (-len(ulaw) % FRAME_BYTES)
    return tuple(base64.b64encode(whole[at : at + FRAME_BYTES]) for at in range(0, len(whole), FRAME_BYTES))


def quiet_frames(count: int = 31, seed: int = 1) -> tuple[bytes, ...]:
    """Return frames of a line on which nothing is said."""
    chance = Random(seed)
    return frames_of(bytes(chance.choice(_QUIET) for _ in range(count * FRAME_BYTES)))


@dataclass(frozen=True, slots=True)
class Sounds:
    """Hold what all callers say, a frame each."""

    question: tuple[bytes, ...]
    interruption: tuple[bytes, ...]
    quiet: tuple[bytes, ...]


class LoadCaller:
    """Speak on one stream and listen to it. `start`, `tick` and `received` return the messages to send."""

    def __init__(self, sounds: Sounds, figures: Figures, number: int) -> None:
        chance = Random(number)
        self._sounds = sounds
        self._figures = figures
        self._stream = f"MZ{chance.getrandbits(128):032x}"
        self._call = f"CA{chance.getrandbits(128):032x}"
        self._tail = b'"},"streamSid":"%b"}' % self._stream.encode()
        self._chunk = 0
        self._sequence = 1
        self._act: Act = "waits"
        # The first words of all callers are spread over two seconds.
        self._frames_left = int((1.0 + 2.0 * chance.random()) / FRAME_S)
        self._speech: tuple[bytes, ...] = ()
        self._spoken = 0
        self._turn = -1
        self._asked_at = self._answer_at = 0.0
        self._answer_s = 0.0
        self._interrupted_at: float | None = None
        self._cleared = False
        self._plays_until = 0.0
        self._marks: deque[tuple[float, str]] = deque()
        self.leaving = False
        """The caller asks no more."""

    def start(self) -> list[bytes]:
        """Return what a stream begins with."""
        media = {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1}
        account = f"AC{0:032x}"
        started = {
            "event": "start",
            "sequenceNumber": "1",
            "streamSid": self._stream,
            "start": {
                "accountSid": account,
                "streamSid": self._stream,
                "callSid": self._call,
                "tracks": ["inbound"],
                "mediaFormat": media,
                "customParameters": {},
            },
        }
        connected = {"event": "connected", "protocol": "Call", "version": "1.0.0"}
        return [msgspec.json.encode(connected), msgspec.json.encode(started)]

    def stop(self) -> list[bytes]:
        """Return what a stream ends with."""
        self._sequence += 1
        ended = {
            "event": "stop",
            "sequenceNumber": str(self._sequence),
            "streamSid": self._stream,
            "stop": {"accountSid": f"AC{0:032x}", "callSid": self._call},
        }
        return [msgspec.json.encode(ended)]

    def tick(self, now: float) -> list[bytes]:
        """Return the frame that is due, behind the marks that were reached. Call it every 20 ms."""
        out = self._reached(now) if self._marks else []
        if self._act == "asks":
            out.append(self._media(self._speech[self._spoken]))
            self._spoken += 1
            if self._spoken == len(self._speech):
                self._act, self._asked_at = "listens", now
                self._turn += 1
                self._figures.asked += 1
            return out
        if self._act == "waits":
            self._frames_left -= 1
            if self._frames_left <= 0 and not self.leaving:
                self._say(self._sounds.question)
        elif self._act == "listens":
            if now - self._asked_at > PATIENCE_S:
                self._figures.lost += 1
                self._settle_interruption()
                self._pause()
        elif not self._turn % 2 and now - self._answer_at >= INTERRUPT_AFTER_S and now < self._plays_until:
            self._figures.interrupted += 1
            self._interrupted_at, self._cleared = now, False
            self._say(self._sounds.interruption)
        elif now > self._plays_until + ANSWER_OVER_S:
            self._figures.answer_ms.append(1e3 * self._answer_s)
            self._pause()
        # The first frame of what is said goes out in the next tick.
        out.append(self._media(self._sounds.quiet[self._chunk % len(self._sounds.quiet)]))
        return out

    def received(self, text: bytes, now: float) -> list[bytes]:
        """Take a message of the bridge. Raises `msgspec.DecodeError` for one that is none."""
        message = _READ.decode(text)
        self._figures.messages += 1
        if message.event == "media" and message.media is not None:
            payload = message.media.payload
            self._hear((3 * len(payload) // 4 - payload[-2:].count("=")) / 8000, now)
        elif message.event == "mark" and message.mark is not None:
            self._marks.append((self._plays_until, message.mark.name))
            return self._reached(now)
        elif message.event == "clear":
            return self._clear(now)
        return []

    def _say(self, frames: tuple[bytes, ...]) -> None:
        self._act, self._speech, self._spoken = "asks", frames, 0

    def _pause(self) -> None:
        self._act, self._frames_left = "waits", int(PAUSE_S / FRAME_S)

    def _settle_interruption(self) -> None:
        self._figures.not_cleared += self._interrupted_at is not None and not self._cleared
        self._interrupted_at = None

    def _hear(self, seconds: float, now: float) -> None:
        figures = self._figures
        if self._act == "listens":
            if now - self._asked_at < TOO_EARLY_S:
                figures.stale_ms += 1e3 * seconds
            else:
                (figures.turn_ms if self._turn else figures.first_turn_ms).append(1e3 * (now - self._asked_at))
                self._act, self._answer_at, self._answer_s = "hears", now, 0.0
                self._settle_interruption()
        elif self._act == "hears":
            gap = now - self._plays_until
            if gap > GAP_S:
                figures.underrun_ms.append(1e3 * gap)
        elif self._act == "asks" and self._cleared:
            figures.stale_ms += 1e3 * seconds
        self._answer_s += seconds
        self._plays_until = max(self._plays_until, now) + seconds

    def _clear(self, now: float) -> list[bytes]:
        if self._interrupted_at is not None and not self._cleared:
            self._cleared = True
            self._figures.barge_in_ms.append(1e3 * (now - self._interrupted_at))
        self._plays_until = min(self._plays_until, now)
        # The carrier returns the marks that the playback will never reach.
        return self._reached(float("inf"))

    def _reached(self, now: float) -> list[bytes]:
        out = []
        while self._marks and self._marks[0][0] <= now:
            self._sequence += 1
            name = self._marks.popleft()[1]
            mark = {
                "event": "mark",
                "sequenceNumber": str(self._sequence),
                "streamSid": self._stream,
                "mark": {"name": name},
            }
            out.append(msgspec.json.encode(mark))
        return out

    def _media(self, payload: bytes) -> bytes:
        self._chunk += 1
        self._sequence += 1
        return (
            b'{"event":"media","sequenceNumber":"%d","media":{"track":"inbound","chunk":"%d","timestamp":"%d","payload":"%b%b'
            % (self._sequence, self._chunk, 20 * self._chunk, payload, self._tail)
        )
