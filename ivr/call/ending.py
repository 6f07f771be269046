"""How a call will end: its last words, and whether they lead to a person.

    what happened                              last words            then
    the agent closes                           its own               hang up
    the agent transfers                        its own               the person
    ... and there is none on this line         its own               hang up if it closes as well, else as below
    a question was left without an answer      (the apology)         the call goes on
    as often in a row as the line bears        transfer              the person, if the line has one
                                               farewell              hang up
    the voice is gone, nothing is prepared     none                  the person; else the carrier's own words
    the person cannot be dialled               (the apology)         as a question without an answer

Whoever is dialled stands in the line's own list, whatever the agent names: an agent that was talked into dialling
cannot be talked into dialling anybody. Once a person could not be dialled, a failure leads to no person any more.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final, Literal, TypeAlias

from ivr.call.commands import HangUp
from ivr.call.events import ReplyEnded
from ivr.call.options import CallOptions, PhraseName

Upstream: TypeAlias = Literal["stt", "agent", "tts", "transfer"]
"""Who let the caller down. `transfer`: the carrier did not dial."""

PATIENCE: Final = 5.0
"""Seconds the carrier has for taking over the call; whoever asks it gives up before."""
MOVING: Final = 2.0
"""Seconds it then has for taking the caller out of the stream. A stream that we closed before would have the carrier go
on with the words behind it."""
LETTING_GO: Final = 0.8
"""Seconds that each step of taking a call down may last, whoever does not let go."""


@dataclass(frozen=True, slots=True)
class PlannedEnd:
    """What follows once everything was heard."""

    hang_up: HangUp
    number: str = field(default="", repr=False)
    """Hand the caller to this number first. Empty: nobody. Never logged."""
    words: tuple[PhraseName, ...] = ()
    """Fixed words to say before, the first of them that the line has."""

    def after(self, phrase: PhraseName | None, *, mute: bool) -> PlannedEnd:
        """With these as the last words: those that take leave make the end a meant one, none leave the last word to
        the carrier."""
        if phrase is None and mute and not self.number:
            return PlannedEnd(HangUp("upstream_error", "tts_unavailable"))
        return replace(self, hang_up=replace(self.hang_up, took_leave=phrase == "farewell"))


class Ending:
    """One call's end, from the first failure on."""

    def __init__(self, options: CallOptions) -> None:
        self._numbers = options.transfer_to
        self._most = options.failures_in_a_row
        self._refused = False
        self.in_a_row = 0
        """Questions left without an answer."""
        self.farewell: PlannedEnd | None = None
        """How the call ends once everything was heard. None: it goes on."""
        self.handing_over = False
        """The carrier was told to dial a person; nobody listens to the caller meanwhile."""
        self.accepted = False
        """The carrier will dial, and is taking the caller out of the stream."""
        self.left: str | None = None
        """How the stream ended while the carrier was dialling."""

    def __repr__(self) -> str:
        state = "handing over" if self.handing_over else "parting" if self.farewell else "staying"
        return f"<Ending {state} failures={self.in_a_row}>"

    def answered(self) -> None:
        """A question was answered."""
        self.in_a_row = 0

    def failed(self, who: Upstream, *, mute: bool) -> PlannedEnd | None:
        """A question was left without an answer; how the call ends of it. None: it goes on, with an apology.

        `mute`: nothing can be said any more.
        """
        self.in_a_row += 1
        if self.in_a_row < self._most and not mute:
            return None
        if self._numbers and not self._refused and who != "transfer":
            reason = f"{who}_unavailable_transfer"
            return PlannedEnd(HangUp("upstream_error", reason), self._numbers[0], ("transfer", "apology"))
        return PlannedEnd(HangUp("upstream_error", f"{who}_unavailable"), words=("farewell", "apology"))

    def asked(self, event: ReplyEnded) -> PlannedEnd | None:
        """How the call ends because the agent says so. None: it goes on, or there is nobody to be dialled."""
        if event.transfer_to is not None and self._numbers:
            number = event.transfer_to if event.transfer_to in self._numbers else self._numbers[0]
            return PlannedEnd(HangUp("success", "agent_transfer"), number, ("transfer",))
        return PlannedEnd(HangUp("success", "agent_goodbye"), words=("goodbye",)) if event.hang_up else None

    def foreign(self, event: ReplyEnded) -> bool:
        """The agent names a number that is not in the line's list."""
        return bool(event.transfer_to) and event.transfer_to not in self._numbers

    def refused(self) -> None:
        """The person could not be dialled."""
        self.handing_over, self.farewell, self._refused = False, None, True
