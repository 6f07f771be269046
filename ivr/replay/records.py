"""Write events and commands as records of a tape, and read events back.

A record is a list that MessagePack holds as it is. Times are whole microseconds since the record before where that is
exact, seconds as a float otherwise; the score of a frame is in ten-thousandths or a float likewise. Most records are
frames of the caller's audio, so these are short; every other event goes by its name, with the fields that differ from
their defaults. What a hostile tape says is checked by the types of the events.

Audio stands in front of the records, one stream for the caller and two for TTS: the low and the high bytes of the
differences between samples. A record has the length of its piece alone. Each stream is of one kind, so that it shrinks
further than the same audio would between the records: TTS by a fifth.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import MISSING, fields
from functools import cache
from hashlib import blake2b
from math import inf, isfinite
from typing import Any, Final, get_args

import msgspec
import numpy as np

from ivr.call import commands as ask
from ivr.call.commands import Command
from ivr.call.events import AudioIn, Event, TtsAudio
from ivr.media import g711
from ivr.replay.tape import CommandRecord, Moment

FRAME_RECORD: Final = 0
"""First item of a record: a frame of the caller's audio."""
EVENT_RECORD: Final = 1
"""First item of a record: another event."""

_TICKS: Final = 1_000_000
_SCORES: Final = 10_000
_EVENTS: Final[dict[str, type[Any]]] = {kind.__name__: kind for kind in get_args(Event)}
_LONGEST_CHUNK: Final = 4_000_000
"""Bytes of silence at most that stand in for audio that is not on the tape."""
_MOST_SILENCE: Final = 64_000_000
"""Bytes of silence at most in one frame of the file."""
_FURTHEST: Final = 1 << 40
"""Milliseconds of media time, and seconds of the driver's clock, at most: what a frame may be told."""
_FASTEST: Final = 192_000
"""Samples a second of TTS audio at most."""

_MOST_SAID: Final = 4096
"""Commands of one event, and numbers measured with it, at most."""


def command_record(command: Command, *, audible: bool = True) -> CommandRecord:
    """Return a command as a tape holds it. `audible=False`: audio counts by its length alone."""
    if type(command) is ask.SendAudio:
        payload = command.payload
        return ["SendAudio", len(payload), zlib.crc32(payload)] if audible else ["SendAudio", len(payload)]
    if type(command) is ask.Transcribe:
        pcm = command.pcm
        size = [len(pcm), zlib.crc32(pcm)] if audible else [len(pcm)]
        said: dict[str, Any] = {"utterance": command.utterance, "pcm": size}
        return ["Transcribe", {**said, "language": command.language} if command.language else said]
    return [type(command).__name__, _said(command)]


def plain_number(value: Any) -> Any:
    """Return a number of an array library as one that MessagePack knows."""
    if hasattr(value, "item"):
        return value.item()
    raise NotImplementedError(f"a tape holds no {type(value).__name__}")


class CommandDigest:
    """Sum up every command of a call, in order, in 32 hexadecimal digits."""

    def __init__(self) -> None:
        self._sum = blake2b(digest_size=16)

    def add(self, commands: Sequence[CommandRecord]) -> None:
        """Take the commands of one event or of several."""
        self._sum.update(msgspec.msgpack.encode(commands, enc_hook=plain_number)[_head(len(commands)) :])

    def __str__(self) -> str:
        return self._sum.hexdigest()


class RecordEncoder:
    """Write the records of one frame of the file: the first says its time in full, so that the frame stands alone."""

    def __init__(self, *, audible: bool = True) -> None:
        """Take `audible`; False: audio is left out, and its length is written alone."""
        self._audible = audible
        self._ticks: int | None = None
        self._timestamp = 0
        self._caller = bytearray()
        self._tts = bytearray()
        self.records: list[list[Any]] = []
        """One for each event so far."""

    def streams(self) -> list[list[Any]]:
        """Return the records of the audio of the events so far, for in front of theirs, each a kind of its own."""
        found: list[list[Any]] = [["caller_audio", bytes(self._caller)]] if self._caller else []
        if self._tts:
            samples = np.frombuffer(self._tts, "<i2")
            # What is more than 16 bits wraps around, and does so again when the differences are added up.
            planes = np.diff(samples, prepend=np.int16(0)).astype("<i2").view(np.uint8)
            found += [["tts_low", planes[0::2].tobytes()], ["tts_high", planes[1::2].tobytes()]]
        return found

    def add(self, now: float, event: Event, commands: Sequence[CommandRecord] = (), sounds: Sequence[Any] = ()) -> None:
        """Write the record of an event."""
        ticks = round(now * _TICKS)
        before, self._ticks = self._ticks, ticks
        # The first time of a frame, and a time that is no whole number of microseconds, are written in full.
        time: int | float = now if before is None or ticks / _TICKS != now else ticks - before
        if type(event) is AudioIn:
            step, self._timestamp = event.timestamp_ms - self._timestamp, event.timestamp_ms
            score: int | float = round(event.speech * _SCORES)
            if score / _SCORES != event.speech:
                score = event.speech
            payload = event.payload
            if self._audible:
                self._caller += payload
            record: list[Any] = [FRAME_RECORD, time, step, score, len(payload)]
        else:
            said = _said(event)
            if type(event) is TtsAudio:
                whole = event.encoding == "pcm16" and len(event.audio) % 2 == 0
                if self._audible and whole:
                    self._tts += event.audio
                if not self._audible or whole:
                    said["audio"] = len(event.audio)
            record = [EVENT_RECORD, time, type(event).__name__, said]
        if sounds:
            record += (commands, sounds)
        elif commands:
            record.append(commands)
        self.records.append(record)


class RecordDecoder:
    """Read the records of one frame of the file."""

    def __init__(self) -> None:
        self._ticks = 0
        self._timestamp = 0
        self._streams: dict[str, bytes] = {}
        self._at = {"caller_audio": 0, "tts": 0}
        self.silence = 0
        """Bytes that stand in for audio so far."""

    def stream(self, name: str, audio: bytes) -> None:
        """Take audio that stands in front of the records. Raises ValueError for streams that do not fit together."""
        if name != "tts_high":
            self._streams[name] = audio
            return
        low = self._streams.pop("tts_low", b"")
        if len(low) != len(audio):
            raise ValueError("the halves of the TTS audio differ in length")
        planes = np.empty(2 * len(low), np.uint8)
        planes[0::2], planes[1::2] = np.frombuffer(low, np.uint8), np.frombuffer(audio, np.uint8)
        self._streams["tts"] = np.cumsum(planes.view("<u2"), dtype="<u2").tobytes()

    def decode(self, record: Sequence[Any]) -> Moment:
        """Return the moment of a record. Raises ValueError for one that makes no sense."""
        try:
            if record[0] == FRAME_RECORD:
                return self._frame(*record[1:])
            return self._event(*record[1:])
        except (TypeError, IndexError, KeyError, OverflowError, AttributeError, msgspec.ValidationError) as fault:
            raise ValueError(f"a record makes no sense: {str(fault)[:200]}") from fault

    def _frame(
        self,
        time: int | float,
        step: int,
        score: int | float,
        payload: bytes | int,
        commands: list[CommandRecord] | None = None,
        sounds: list[Any] | None = None,
    ) -> Moment:
        now = self._now(time)
        if type(step) is not int or abs(self._timestamp + step) > _FURTHEST:
            raise ValueError("a frame's timestamp is no whole number that makes sense")
        self._timestamp += step
        if type(payload) is not bytes:
            payload = self._piece("caller_audio", payload, g711.SILENCE)
        speech = score / _SCORES if type(score) is int else score
        if type(speech) is not float or not 0.0 <= speech <= 1.0:
            raise ValueError("a score is no number from 0 to 1")
        event = AudioIn(self._timestamp, payload, speech)
        return Moment(now, event, _commands(commands), _sounds(sounds))

    def _event(
        self,
        time: int | float,
        name: str,
        said: dict[str, Any],
        commands: list[CommandRecord] | None = None,
        sounds: list[Any] | None = None,
    ) -> Moment:
        now = self._now(time)
        if name not in _EVENTS:
            raise ValueError(f"no event is called {str(name)[:40]!r}")
        if name == "TtsAudio" and type(said.get("audio")) is int:
            mulaw = said.get("encoding") == "mulaw"
            audio = self._still(said["audio"], g711.SILENCE) if mulaw else self._piece("tts", said["audio"], 0)
            said = {**said, "audio": audio}
        event = msgspec.convert(said, _EVENTS[name], builtin_types=(bytes,))
        if any(isinstance(value, float) and not isfinite(value) for value in said.values()):
            raise ValueError("a number is none")
        if type(event) is TtsAudio and not 0 < event.rate <= _FASTEST:
            raise ValueError("audio has no rate that makes sense")
        return Moment(now, event, _commands(commands), _sounds(sounds))

    def _piece(self, name: str, length: Any, sample: int) -> bytes:
        """Return the next piece of a stream; silence where the tape has no such stream."""
        stream = self._streams.get(name)
        if stream is None or type(length) is not int or length < 0:
            return self._still(length, sample)
        at = self._at[name]
        self._at[name] = at + length
        if at + length > len(stream):
            raise ValueError("its audio is missing")
        return stream[at : at + length]

    def _still(self, length: Any, sample: int) -> bytes:
        """Return silence in place of audio that is not on the tape."""
        if type(length) is not int or not 0 <= length <= _LONGEST_CHUNK or self.silence + length > _MOST_SILENCE:
            raise ValueError("audio has no length that makes sense")
        self.silence += length
        return bytes([sample]) * length

    def _now(self, time: int | float) -> float:
        # A whole number counts from the record before; anything but a number of seconds is no time.
        ticks = self._ticks + time if type(time) is int else time * _TICKS if type(time) is float else inf
        if not abs(ticks) <= _FURTHEST * _TICKS:
            raise ValueError("a time makes no sense")
        self._ticks = round(ticks)
        return self._ticks / _TICKS if type(time) is int else time


@cache
def _defaults(kind: Any) -> tuple[tuple[str, Any], ...]:
    """Return the fields of an event or a command with their defaults; MISSING where there is none."""
    found = []
    for one in fields(kind):
        default = one.default
        if default is MISSING and one.default_factory is not MISSING:
            default = one.default_factory()
        found.append((one.name, default))
    return tuple(found)


def _said(one: Event | Command) -> dict[str, Any]:
    """Return the fields of an event or a command that differ from their defaults, as MessagePack holds them."""
    kind: Any = type(one)
    said = {name: value for name, default in _defaults(kind) if (value := getattr(one, name)) != default}
    if isinstance(one, ask.RequestReply | ask.TellAgent):
        said["request"] = _said(one.request)  # type: ignore[arg-type]
    return said


def _commands(said: Any) -> Sequence[CommandRecord]:
    """Return the commands of a record. Raises ValueError for what are none."""
    if said is None:
        return ()
    if type(said) is not list or len(said) > _MOST_SAID:
        raise ValueError("its decisions make no sense")
    for one in said:
        whole = type(one) is list and len(one) > 1 and type(one[0]) is str
        if not whole or not (type(one[1]) is dict or (one[0] == "SendAudio" and type(one[1]) is int)):
            raise ValueError("its decisions make no sense")
    return said


def _sounds(said: Any) -> Sequence[Any]:
    """Return the numbers that were measured with an event. Raises ValueError for what are none."""
    if said is None:
        return ()
    if type(said) is not list or len(said) > _MOST_SAID:
        raise ValueError("what was measured makes no sense")
    return said


def _head(count: int) -> int:
    """Return the bytes in front of the items of a MessagePack array."""
    return 1 if count < 16 else 3 if count < 1 << 16 else 5
