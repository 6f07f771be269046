"""Run the call on a tape again with today's code: the same events at the same times."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ivr.call.call import Call
from ivr.call.commands import Command
from ivr.replay.recorded_acoustics import RecordedAcoustics
from ivr.replay.records import command_record
from ivr.replay.tape import CommandRecord, Moment, Tape


@dataclass(slots=True)
class ReplayStep:
    """Hold one moment of a tape, and what today's code decides about it."""

    index: int
    moment: Moment
    commands: list[Command]
    """What is decided today."""
    records: list[CommandRecord]
    """The same as a tape holds it, to compare with `moment.commands`."""

    @property
    def same(self) -> bool:
        """Return whether what is decided today is what was decided then."""
        return self.records == list(self.moment.commands) if self.records else not self.moment.commands


def has_sounds(tape: Tape) -> bool:
    """Return whether a tape has the numbers that were measured on the call's audio, in place of the audio."""
    return any(moment.sounds for moment in tape.moments)


def compares_bytes(tape: Tape) -> bool:
    """Return whether the commands of a tape have checksums of audio; else audio is counted by its length alone."""
    return tape.header.audible and not has_sounds(tape)


def recorded_acoustics(tape: Tape) -> RecordedAcoustics | None:
    """Return what answers a call from the sounds of its tape; None: the tape has the audio itself."""
    return RecordedAcoustics() if has_sounds(tape) else None


def steps(tape: Tape, call: Call | None = None) -> Iterator[ReplayStep]:
    """Yield every moment of a tape with what today's code decides. `call`: the call that is fed; None: a new one.

    A tape with sounds has no audio, or other audio than the call had: its call is given `RecordedAcoustics`, and its
    commands count audio by length alone.
    """
    recorded = recorded_acoustics(tape) if call is None else call.acoustics
    fed = call if call is not None else Call(tape.options, recorded)
    given = recorded if isinstance(recorded, RecordedAcoustics) else None
    audible = compares_bytes(tape)
    for index, moment in enumerate(tape.moments):
        if given is not None:
            given.give(moment.sounds)
        commands = fed.receive(moment.event, moment.now)
        records = [command_record(command, audible=audible) for command in commands] if commands else []
        yield ReplayStep(index, moment, commands, records)
