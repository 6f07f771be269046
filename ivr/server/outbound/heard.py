"""Note on a job who has answered its call, as the call itself has found out. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from ivr.call.call import Call
from ivr.call.commands import Command, HangUp, Note
from ivr.call.events import CallStarted, Event
from ivr.call.timeline import Turn
from ivr.server.outbound.carrier_words import attempt_of

BY_CARRIER: Final = "carrier"
"""How a call was told who has answered, where the job has it from the carrier already."""


class HeardAnswers:
    """See who answers the calls of jobs."""

    wants_still_frames = False

    def __init__(self, learnt: Callable[[], Callable[[tuple[str, int], str, str], None]]) -> None:
        """Take what returns who is told the job and its attempt, the call, and who has answered it."""
        self._learnt = learnt
        self._jobs: dict[str, tuple[str, int]] = {}

    def __repr__(self) -> str:
        return f"<HeardAnswers of {len(self._jobs)} calls>"

    def began(self, call_id: str, now: float, call: Call) -> None:
        """See `CallObserver`."""

    def happened(self, call_id: str, now: float, event: Event, commands: Sequence[Command]) -> None:
        """See `CallObserver`."""
        if isinstance(event, CallStarted) and (named := attempt_of(event.parameters)) is not None:
            self._jobs[call_id] = named
        if (of_job := self._jobs.get(call_id)) is None:
            return
        for command in commands:
            if isinstance(command, Note) and command.name == "answered_by" and command.fields["how"] != BY_CARRIER:
                self._learnt()(of_job, call_id, str(command.fields["by"]))

    def ended(self, call_id: str, now: float, turns: Sequence[Turn], hang_up: HangUp) -> None:
        """See `CallObserver`."""
        self._jobs.pop(call_id, None)
