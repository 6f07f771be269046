"""Hold a call as its tape does: the line's options, every event with its time, and what was decided.

A call is a function of its events, so `Call(tape.options)` fed with the moments of a tape decides the same again.
`ivr.replay.tape_file` reads and writes tapes, `ivr.replay.records` says how an event or a command is written, and
docs/tape.md describes the file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal, TypeAlias, get_args

from ivr.call.commands import Result
from ivr.call.events import CallStarted, Event
from ivr.call.options import CallOptions, Language, Phrase, PhraseName, every_phrase, phrase_key
from ivr.media import g711

TAPE_FORMAT: Final = 1
"""Raised when a reader of today would misread the file. A field more does not raise it."""

Side: TypeAlias = Literal["bridge", "phone"]
"""`bridge`: the events and decisions of a call. `phone`: what a phone heard and said, whatever server answered."""
Leg: TypeAlias = Literal["caller", "stt", "agent", "tts"]
PHRASE_KEYS: Final[Mapping[str, tuple[Language | None, PhraseName]]] = {
    phrase_key(name, language or ""): (language, name)
    for language in (None, *get_args(Language))
    for name in get_args(PhraseName)
}
"""The language and the name of each phrase by its key. None: the line's language."""
CommandRecord: TypeAlias = list[Any]
"""A command as a tape holds it (`records.command_record`): audio by its length and checksum."""


class TapeError(Exception):
    """Report that a file is no tape, or one that this version cannot read. The message is for the developer."""


@dataclass(frozen=True, slots=True)
class KeptPhrase:
    """Hold the words of a line, and how long their audio was when the call began."""

    text: str
    audio_bytes: int = 0
    """Length as mu-law; 0: not rendered before the call."""


@dataclass(frozen=True, slots=True)
class TapeHeader:
    """Hold what is known when a call begins."""

    call_id: str
    side: Side = "bridge"
    format: int = TAPE_FORMAT
    line: str = ""
    """What the operator calls the line."""
    started_on: str = ""
    """Wall time of the start, ISO 8601 with its zone, for people."""
    versions: Mapping[str, str] = field(default_factory=dict)
    """Of the bridge, of Python and of the packages whose arithmetic a decision rests on, by their names."""
    model: str = ""
    """What scored the caller's audio, with the SHA-256 of its weights where it has some."""
    legs: Mapping[Leg, str] = field(default_factory=dict)
    """What is recorded of each leg: `audio`, `words`, `lengths` or `scores`; a leg that is missing is not recorded."""
    origin: str = "live"
    """`live`, or what was done to the tape since: `cut`, `redacted`, separated by commas."""
    options: CallOptions = field(default_factory=CallOptions)
    """The line's options in force, without its phrases."""
    phrases: Mapping[str, KeptPhrase] = field(default_factory=dict)
    """By name; those of another language of the line by `en/greeting` and so on."""

    @property
    def audible(self) -> bool:
        """Return whether the caller's audio is on the tape."""
        return self.legs.get("caller") == "audio"


@dataclass(slots=True)
class Moment:
    """Hold one event, and what was decided about it."""

    now: float
    """Seconds of the driver's clock."""
    event: Event
    """Where a leg is recorded without its audio, the event has silence of the same length."""
    commands: Sequence[CommandRecord] = ()
    sounds: Sequence[Any] = ()
    """What the call measured of its audio with this event (`Acoustics.taken`), where the audio itself is not what it
    was: the numbers that `RecordedAcoustics` gives the call in its place."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Name one thing that went wrong on a call."""

    kind: str
    """A fixed word, one of `trouble.KINDS`."""
    turn: int = 0
    """The turn it belongs to; 0: none."""
    at: float = 0.0
    """Seconds of the driver's clock."""
    detail: str = ""
    """A few words or a figure: no speech, digits or numbers."""


@dataclass(frozen=True, slots=True)
class TapeEnd:
    """Hold what is known when a call is over."""

    result: Result | Literal[""] = ""
    reason: str = ""
    seconds: float = 0.0
    """Length of the call."""
    events: int = 0
    turns: int = 0
    digest: str = ""
    """Of every command, in order: `records.CommandDigest`."""
    trouble: tuple[Trouble, ...] = ()
    stood_s: float = 0.0
    """Seconds for which the process stood still during the call, in all."""


@dataclass(slots=True)
class Tape:
    """Hold one call."""

    header: TapeHeader
    moments: list[Moment] = field(default_factory=list)
    phrase_audio: dict[str, bytes] = field(default_factory=dict)
    """Audio of the phrases that were said, mu-law, named as in the header."""
    phone: list[Any] = field(default_factory=list)
    """Of a tape from the phone's side: its records, in order."""
    end: TapeEnd | None = None
    """None: the tape breaks off."""
    faults: list[str] = field(default_factory=list)
    """What could not be read, one line each for the developer. What is behind a damaged place is still there."""
    gaps: list[int] = field(default_factory=list)
    """Indexes of the moments before which some are missing."""
    newer: list[str] = field(default_factory=list)
    """Options of a line that the tape does not have, each with the default that holds instead."""
    unknown: list[str] = field(default_factory=list)
    """Options on the tape that this version does not have."""

    def __repr__(self) -> str:
        return f"<Tape {self.header.call_id} {self.seconds:.1f} s, {len(self.moments)} events>"

    @property
    def started(self) -> CallStarted | None:
        """Return how the call started; None: the tape has no such event."""
        return next((one.event for one in self.moments if isinstance(one.event, CallStarted)), None)

    @property
    def began_at(self) -> float:
        """Return the time of the first event, in seconds of the driver's clock."""
        return self.moments[0].now if self.moments else 0.0

    @property
    def seconds(self) -> float:
        """Return the length of what is on the tape."""
        return self.moments[-1].now - self.moments[0].now if self.moments else 0.0

    @property
    def options(self) -> CallOptions:
        """Return the options that the call ran with. A phrase that was not said has silence of its length."""
        silence = bytes([g711.SILENCE])
        found: dict[Language | None, dict[PhraseName, Phrase]] = {None: {}}
        for key, kept in self.header.phrases.items():
            if (of := PHRASE_KEYS.get(key)) is not None:
                phrase = Phrase(kept.text, self.phrase_audio.get(key) or silence * kept.audio_bytes)
                found.setdefault(of[0], {})[of[1]] = phrase
        others = {language: phrases for language, phrases in found.items() if language is not None}
        return replace(self.header.options, phrases=found[None], languages=others)


def kept_phrases(options: CallOptions) -> tuple[CallOptions, dict[str, KeptPhrase]]:
    """Return options without their phrases, and the phrases as a header has them."""
    kept = {name: KeptPhrase(phrase.text, len(phrase.audio)) for name, phrase in every_phrase(options).items()}
    return replace(options, phrases={}, languages={}), kept
