"""Run the call of a tape again, for a test to assert on: what was heard, when, and whether it is still decided so."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ivr.call.call import Call
from ivr.call.commands import Command, Note
from ivr.call.timeline import Turn, wait
from ivr.replay.compare.difference import compare
from ivr.replay.compare.show import lines
from ivr.replay.exact import recorded_acoustics, steps
from ivr.replay.records import CommandDigest
from ivr.replay.tape import Tape
from ivr.replay.tape_file import read
from ivr.replay.tape_folder import must_decide
from ivr.replay.what_if.changes import changed, option_name, read_value
from ivr.replay.what_if.closed_loop import closed_loop
from ivr.replay.what_if.taped_call import taped_call


class CallTurns:
    """Show the turns of a call that was run from a tape."""

    tape: Tape
    turns: list[Turn]
    """The turns of today; 0 is the greeting."""

    @property
    def heard(self) -> list[str]:
        """Return what the caller hears of each turn's answer, in words."""
        return [turn.heard for turn in self.turns]

    def first_audio_ms(self, turn: int) -> float | None:
        """Return the wait for the first audio of a turn's answer, in ms, from the caller's last word. None: none came.

        Of the greeting, and of a turn without speech: from the call's start, or the request to the agent.
        """
        found = next((one for one in self.turns if one.number == turn), None)
        if found is None:
            raise LookupError(f"the call has no turn {turn}: it has {', '.join(str(one.number) for one in self.turns)}")
        if found.number == 0 and found.first_sent_at is not None:
            return (found.first_sent_at - self.tape.began_at) * 1000
        seconds = wait(found)
        return None if seconds is None else seconds * 1000


class OtherwiseCall(CallTurns):
    """Hold a call as it would have been with other options."""

    def __init__(self, tape: Tape, options: Mapping[str, object]) -> None:
        """Run the call with some options changed, by their names. Raises ChangeError, TapeError."""
        names = {name: option_name(name) for name in options}
        changes = {names[name]: read_value(names[name], str(value)) for name, value in options.items()}
        self.tape = tape
        self.run = closed_loop(taped_call(tape), changed(tape.options, changes))
        """What the caller did, and what was answered: `run.modelled` names what is not on the tape."""
        self.turns = self.run.turns

    def __repr__(self) -> str:
        return f"<OtherwiseCall {self.tape!r} {len(self.run.modelled)} modelled>"

    @property
    def result(self) -> str:
        """Return how the call would have ended; empty: it would have gone on behind the end of the tape."""
        return self.run.hang_up.result if self.run.hang_up else ""

    @property
    def notes(self) -> list[str]:
        """Return the names of what an operator would have been told, in order."""
        return [note.name for _, note in self.run.notes]


class ReplayedCall(CallTurns):
    """Hold a tape and what today's code makes of it."""

    def __init__(self, tape: Tape, name: str = "the tape") -> None:
        """Run the call again. Raises TapeError for the tape of a phone, which holds no decisions."""
        must_decide(tape, name)
        self.tape, self.name = tape, name
        self._call = Call(tape.options, recorded_acoustics(tape))
        self.turns = self._call.turns
        self._digest = CommandDigest()
        self.commands: list[tuple[float, Command]] = []
        """What is decided today, with the seconds since the tape began."""
        self.same = True
        """Whether everything is decided as it was then."""
        for step in steps(tape, self._call):
            at = step.moment.now - tape.began_at
            self.commands += [(at, command) for command in step.commands]
            if step.records:
                self._digest.add(step.records)
            self.same = self.same and step.same

    def __repr__(self) -> str:
        return f"<ReplayedCall {self.tape!r} {'same' if self.same else 'different'}>"

    @classmethod
    def of(cls, path: Path) -> ReplayedCall:
        """Read a tape and run it again. Raises TapeError, OSError."""
        return cls(read(path), path.name)

    @property
    def digest(self) -> str:
        """Return the digest of what is decided today."""
        return str(self._digest)

    @property
    def result(self) -> str:
        """Return how the call ends today; empty: it does not."""
        return self._call.ended.result if self._call.ended else ""

    @property
    def reason(self) -> str:
        """Return why the call ends today."""
        return self._call.ended.reason if self._call.ended else ""

    @property
    def notes(self) -> list[str]:
        """Return the names of what an operator is told, in order."""
        return [command.name for _, command in self.commands if isinstance(command, Note)]

    @property
    def difference(self) -> str:
        """Return what is decided otherwise first, in words; empty: nothing is."""
        return "" if self.same else "\n".join(lines(compare(self.tape), self.name, 0.0))
