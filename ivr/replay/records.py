"""Write events and commands as records of a tape, and read events back.

A record is a list that MessagePack holds as it is. Times are whole microseconds since the record before where that is
exact, seconds as a float otherwise; the score of a frame is in ten-thousandths or a float likewise. Most records are
frames of the caller's audio, so these are short; every other event goes by its name, with the fields that differ from
their defaults. What a hostile tape says is checked by the types of the events.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import MISSING, fields
from functools import cache
from hashlib import blake2b
from typing import Any, Final, get_args

import msgspec

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


def command_record(command: Command, *, audible: bool = True) -> CommandRecord:
    """Return a command as a tape holds it. `audible=False`: audio counts by its length alone."""
    if type(command) is ask.SendAudio:
        payload = command.payload
        return ["SendAudio", len(payload), zlib.crc32(payload)] if audible else ["SendAudio", len(payload)]
    if type(command) is ask.Transcribe:
        pcm = command.pcm
        size = [len(pcm), zlib.crc32(pcm)] if audible else [len(pcm)]
        return ["Transcribe", {"utterance": command.utterance, "pcm": size}]
    return [type(command).__name__, _said(command)]


class CommandDigest:
    """Sum up every command of a call, in order, in 32 hexadecimal digits."""

    def __init__(self) -> None:
        self._sum = blake2b(digest_size=16)

    def add(self, commands: Sequence[CommandRecord]) -> None:
        """Take the commands of one event or of several."""
        self._sum.update(msgspec.msgpack.encode(commands)[_head(len(commands)) :])

    def __str__(self) -> str:
        return self._sum.hexdigest()


class RecordEncoder:
    """Write the records of one frame of the file: the first says its time in full, so that the frame stands alone."""

    def __init__(self) -> None:
        self._ticks: int | None = None
        self._timestamp = 0

    def encode(self, moment: Moment, *, audible: bool = True) -> list[Any]:
        """Return the record of a moment. `audible=False`: audio is written as its length."""
        event = moment.event
        if type(event) is AudioIn:
            step, self._timestamp = event.timestamp_ms - self._timestamp, event.timestamp_ms
            score: int | float = round(event.speech * _SCORES)
            if score / _SCORES != event.speech:
                score = event.speech
            payload = event.payload if audible else len(event.payload)
            record: list[Any] = [FRAME_RECORD, self._time(moment.now), step, score, payload]
        else:
            said = _said(event)
            if not audible and type(event) is TtsAudio:
                said["audio"] = len(event.audio)
            record = [EVENT_RECORD, self._time(moment.now), type(event).__name__, said]
        if moment.sounds:
            return [*record, moment.commands, moment.sounds]
        return [*record, moment.commands] if moment.commands else record

    def _time(self, now: float) -> int | float:
        ticks = round(now * _TICKS)
        before, self._ticks = self._ticks, ticks
        # The first time of a frame, and a time that is no whole number of microseconds, are written in full.
        return now if before is None or ticks / _TICKS != now else ticks - before


class RecordDecoder:
    """Read the records of one frame of the file."""

    def __init__(self) -> None:
        self._ticks = 0
        self._timestamp = 0

    def decode(self, record: Sequence[Any]) -> Moment:
        """Return the moment of a record. Raises ValueError for one that makes no sense."""
        try:
            if record[0] == FRAME_RECORD:
                return self._frame(*record[1:])
            return self._event(*record[1:])
        except (TypeError, IndexError, KeyError, OverflowError, msgspec.ValidationError) as fault:
            raise ValueError(f"a record makes no sense: {fault}") from fault

    def _frame(
        self,
        time: int | float,
        step: int,
        score: int | float,
        payload: bytes | int,
        commands: list[CommandRecord] | None = None,
        sounds: list[Any] | None = None,
    ) -> Moment:
        self._timestamp += step
        speech = score / _SCORES if type(score) is int else float(score)
        if type(payload) is not bytes:
            payload = _silence(payload, g711.SILENCE)
        if type(self._timestamp) is not int:
            raise ValueError("a frame's timestamp is no whole number")
        event = AudioIn(self._timestamp, payload, speech)
        return Moment(self._now(time), event, commands or (), sounds or ())

    def _event(
        self,
        time: int | float,
        name: str,
        said: dict[str, Any],
        commands: list[CommandRecord] | None = None,
        sounds: list[Any] | None = None,
    ) -> Moment:
        if name not in _EVENTS:
            raise ValueError(f"no event is called {str(name)[:40]!r}")
        if name == "TtsAudio" and type(said.get("audio")) is int:
            said = {**said, "audio": _silence(said["audio"], g711.SILENCE if said.get("encoding") == "mulaw" else 0)}
        event = msgspec.convert(said, _EVENTS[name], builtin_types=(bytes,))
        return Moment(self._now(time), event, commands or (), sounds or ())

    def _now(self, time: int | float) -> float:
        if type(time) is int:
            self._ticks += time
            return self._ticks / _TICKS
        now = float(time)
        self._ticks = round(now * _TICKS)
        return now


def decode_all(records: Iterable[Sequence[Any]]) -> list[Moment]:
    """Return the moments of the records of one frame of the file. Raises ValueError."""
    decoder = RecordDecoder()
    return [decoder.decode(record) for record in records]


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
    if type(one) is ask.RequestReply:
        said["request"] = _said(one.request)  # type: ignore[arg-type]
    return said


def _silence(length: Any, sample: int) -> bytes:
    """Return silence in place of audio that is not on the tape."""
    if type(length) is not int or not 0 <= length <= _LONGEST_CHUNK:
        raise ValueError("audio has no length that makes sense")
    return bytes([sample]) * length


def _head(count: int) -> int:
    """Return the bytes in front of the items of a MessagePack array."""
    return 1 if count < 16 else 3 if count < 1 << 16 else 5
