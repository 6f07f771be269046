"""Run a part of a tape as a call of its own: some of its moments, perhaps earlier than they were.

What is left out changes the numbers that the call gives to utterances, turns and marks. The answers of the peers are
told apart by what asked for them: a transcript whose utterance is now the second carries the number two, and an answer
to what is not asked any more is left out. Where a deadline of the call has no tick on the tape, it gets one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any, Final, TypeAlias

from ivr.call.call import Call
from ivr.call.commands import Command, SendMark, Speak, Transcribe
from ivr.call.events import (
    AudioIn,
    Event,
    MarkReached,
    ReplyDelta,
    ReplyEnded,
    ReplyFailed,
    ReplyPause,
    Tick,
    TranscriptArrived,
    TranscriptFailed,
    TtsAudio,
    TtsEnded,
    TtsFailed,
)
from ivr.call.timeline import Turn
from ivr.media import g711
from ivr.replay import exact
from ivr.replay.recorded_acoustics import RecordedAcoustics
from ivr.replay.records import command_record
from ivr.replay.tape import Moment, Tape

USUALLY_LATE_S: Final = 0.05
"""How late a tick comes on a machine that keeps up, in seconds, at most."""
MOST_TICKS: Final = 20_000
"""Ticks that one run is given beyond those of the tape."""
_REPLY_EVENTS: Final = (ReplyDelta, ReplyPause, ReplyEnded, ReplyFailed)
_TTS_EVENTS: Final = (TtsAudio, TtsEnded, TtsFailed)


Frames: TypeAlias = dict[int, tuple[int, int]]
"""For each frame of the caller's audio, by its index: the index of the frame before it, and the media time between
them in milliseconds."""


@dataclass(frozen=True, slots=True)
class KeptMoment:
    """Say which moment of a tape is kept, and when it happens now."""

    index: int
    now: float


@dataclass(slots=True)
class Rerun:
    """Hold what came of a part of a tape."""

    call: Call
    moments: list[Moment] = field(default_factory=list)
    """With the decisions of today's code."""
    places: dict[int, int] = field(default_factory=dict)
    """Where the moments of the tape are now, by their indexes on the tape."""
    opened: dict[int, int] = field(default_factory=dict)
    """Which turn opened with which moment of the tape: the turn's number, by the index."""
    ticks: int = 0
    """Ticks that it was given beyond those of the tape."""
    late: float = 0.0
    """How late a tick came at most, in seconds."""
    broke: str = ""
    """Why today's code could not go on; empty: it could."""

    @property
    def turns(self) -> list[Turn]:
        """Return the turns of the call."""
        return self.call.turns


class _Numbers:
    """Match the numbers and names that a call gives now with those that the tape's answers carry."""

    def __init__(self) -> None:
        self.given: dict[Any, Any] = {}
        self._then: list[Any] = []
        self._now: list[Any] = []

    def match(self, then: Iterable[Any], now: Iterable[Any]) -> None:
        """Match what was asked for on the tape with what is asked for now, in order."""
        self._then += then
        self._now += now
        both = min(len(self._then), len(self._now))
        self.given |= zip(self._then[:both], self._now[:both], strict=True)
        del self._then[:both], self._now[:both]


class _Running:
    """Run one part of a tape."""

    def __init__(self, tape: Tape, late: float) -> None:
        self._tape = tape
        self._late = late
        acoustics = exact.recorded_acoustics(tape)
        self._recorded = acoustics if isinstance(acoustics, RecordedAcoustics) else None
        self._audible = tape.header.audible and self._recorded is None
        self.result = Rerun(call=Call(tape.options, acoustics))
        self._utterances, self._marks, self._turns = _Numbers(), _Numbers(), _Numbers()
        self._spoken: set[tuple[int, int]] = set()
        self._last_frame: tuple[int, int] | None = None
        """Index of the last frame of the caller on the tape, and its media time now."""
        self._frame_ms = 0
        """Its length."""

    def run(self, kept: Sequence[KeptMoment], opened: dict[int, int] | None, frames: Frames) -> Rerun:
        """Return what comes of these moments. `opened`: which turn of the tape opened with which moment;
        None: the whole tape runs.

        `frames`: see `Frames`.
        """
        result = self.result
        try:
            for one in kept:
                moment = self._tape.moments[one.index]
                self._wake(one.now)
                event = self._translated(moment.event, one.index, frames)
                if event is None:
                    continue
                result.places[one.index] = len(result.moments)
                before = len(result.turns)
                commands = self._feed(event, one.now, moment.sounds)
                for number in (turn.number for turn in result.turns[before:]):
                    result.opened[one.index] = number
                    then = number if opened is None else opened.get(one.index)
                    self._turns.match([] if then is None else [then], [] if then is None else [number])
                self._match(moment, commands)
                if result.call.ended is not None:
                    break
        except Exception as fault:
            result.broke = f"{type(fault).__name__}: {fault}"
        return result

    def _feed(self, event: Event, now: float, sounds: Sequence[Any]) -> list[Command]:
        if self._recorded is not None:
            self._recorded.give(sounds)
        commands = self.result.call.receive(event, now)
        records = [command_record(command, audible=self._audible) for command in commands]
        self.result.moments.append(Moment(now, event, records, sounds))
        return commands

    def _wake(self, until: float) -> None:
        """Give the call the ticks that it waits for in vain."""
        call = self.result.call
        while self.result.ticks < MOST_TICKS and (due := call.wake_at()) is not None and due < until - self._late:
            self.result.ticks += 1
            last = self.result.moments[-1].now if self.result.moments else due
            commands = self._feed(Tick(), max(due, last), ())
            self._match(Moment(due, Tick()), commands)
        if (due := call.wake_at()) is not None:
            self.result.late = max(self.result.late, until - due)

    def _translated(self, event: Event, index: int, frames: Frames) -> Event | None:
        """Return an event with the numbers of now; None: it answers what is not asked any more."""
        match event:
            case AudioIn():
                now = event.timestamp_ms
                if self._last_frame is not None:
                    last, now = self._last_frame
                    before, step = frames[index]
                    # A frame that did not come before counts from the end of the one before it.
                    now += step if last == before else self._frame_ms
                self._last_frame, self._frame_ms = (index, now), len(event.payload) * 1000 // g711.RATE
                return replace(event, timestamp_ms=now) if now != event.timestamp_ms else event
            case TranscriptArrived(utterance=number) | TranscriptFailed(utterance=number):
                given = self._utterances.given.get(number)
                return None if given is None else replace(event, utterance=given)
            case MarkReached(name=name):
                given = self._marks.given.get(name)
                return None if given is None else replace(event, name=given)
        if isinstance(event, _REPLY_EVENTS):
            given = self._turns.given.get(event.turn)
            return None if given is None else replace(event, turn=given)
        if isinstance(event, _TTS_EVENTS):
            given = self._turns.given.get(event.turn)
            asked = (given, event.sentence) in self._spoken
            return replace(event, turn=given) if given is not None and asked else None
        return event

    def _match(self, moment: Moment, commands: Sequence[Command]) -> None:
        """Learn the numbers of what is asked for now."""
        self._spoken |= {(one.turn, one.sentence) for one in commands if isinstance(one, Speak)}
        now = [one.utterance for one in commands if isinstance(one, Transcribe)]
        self._utterances.match(_asked(moment, "Transcribe", "utterance"), now)
        marks = [one.name for one in commands if isinstance(one, SendMark)]
        self._marks.match(_asked(moment, "SendMark", "name"), marks)


def _asked(moment: Moment, name: str, key: str) -> Iterator[Any]:
    """Yield the numbers or names in the commands of a moment."""
    for command in moment.commands:
        if len(command) > 1 and command[0] == name and isinstance(command[1], dict) and key in command[1]:
            yield command[1][key]


class Cutter:
    """Run parts of one tape."""

    def __init__(self, tape: Tape) -> None:
        self.tape = tape
        self.all = [KeptMoment(index, moment.now) for index, moment in enumerate(tape.moments)]
        frames = [(index, one.event) for index, one in enumerate(tape.moments) if isinstance(one.event, AudioIn)]
        self._frames: Frames = {
            index: (before, event.timestamp_ms - last.timestamp_ms)
            for (before, last), (index, event) in pairwise(frames)
        }
        self._opened: dict[int, int] | None = None
        self._late = float("inf")
        self.whole = self.run(self.all)
        """The whole tape, as today's code decides it."""
        self._opened = self.whole.opened
        # A tick is missing where none came for a while; on a machine that stood still, a while is longer.
        self._late = USUALLY_LATE_S
        if self.run(self.all).moments != self.whole.moments:
            self._late = self.whole.late

    def run(self, kept: Sequence[KeptMoment]) -> Rerun:
        """Return what comes of some of the moments, in order."""
        return _Running(self.tape, self._late).run(kept, self._opened, self._frames)
