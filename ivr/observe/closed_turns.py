"""Find the turns of calls that are over, each once: a turn says that it is closed with a note of its number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ivr.call.call import Call
from ivr.call.commands import Command, HangUp, Note
from ivr.call.events import SUPERSEDED
from ivr.call.timeline import Turn


@dataclass(slots=True)
class _Told:
    """Hold a call, and the numbers of its turns that were found."""

    call: Call
    numbers: set[int] = field(default_factory=set)


class ClosedTurns:
    """Follow the calls of a process."""

    def __init__(self) -> None:
        self._calls: dict[str, list[_Told]] = {}
        """By the carrier's id, the streams of a call: an older one ends while the newer one runs."""

    def __repr__(self) -> str:
        return f"<ClosedTurns of {len(self._calls)} calls>"

    def began(self, call_id: str, call: Call) -> None:
        """Take a call that is about to begin."""
        self._calls.setdefault(call_id, []).append(_Told(call))

    def among(self, call_id: str, commands: Sequence[Command]) -> list[Turn]:
        """Return the turns that were closed with these commands."""
        numbers = [
            command.fields.get("turn") for command in commands if isinstance(command, Note) and command.name == "turn"
        ]
        if not numbers or call_id not in self._calls:
            return []
        told = self._calls[call_id][-1]
        found = [turn for turn in told.call.turns if turn.number in numbers and turn.number not in told.numbers]
        told.numbers.update(turn.number for turn in found)
        return found

    def rest(self, call_id: str, turns: Sequence[Turn], hang_up: HangUp) -> list[Turn]:
        """Return those of a call's turns that were not found while it ran, and forget the call."""
        streams = self._calls.get(call_id)
        if not streams:
            return list(turns)
        told = streams.pop(0 if hang_up.reason == SUPERSEDED else -1)
        if not streams:
            del self._calls[call_id]
        return [turn for turn in turns if turn.number not in told.numbers]
