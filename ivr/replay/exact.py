"""Run the call on a tape again with today's code: the same events at the same times."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ivr.call.call import Call
from ivr.call.commands import Command
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
        return self.records == list(self.moment.commands)


def steps(tape: Tape, call: Call | None = None) -> Iterator[ReplayStep]:
    """Yield every moment of a tape with what today's code decides. `call`: the call that is fed; None: a new one."""
    fed = call if call is not None else Call(tape.options)
    audible = tape.header.audible
    for index, moment in enumerate(tape.moments):
        commands = fed.receive(moment.event, moment.now)
        yield ReplayStep(index, moment, commands, [command_record(command, audible=audible) for command in commands])
