"""Decide how a call ends: a state machine as a table, and the last words of each end.

TALKING       the call goes on
CLOSING       the agent's own last words are said; the caller may still interrupt them
LAST_WORDS    the bridge's last words are said; nothing interrupts them
HANDING_OVER  the carrier was told to dial a person; the caller is not listened to meanwhile
ACCEPTED      the carrier will dial, and takes the caller out of the stream
OVER          the call has ended

What happened leads to last words, and these to an end:

    what happened                               last words            then
    the agent closes                            its own               hang up
    the agent transfers                         its own               the person
    ... and the line has no person              its own               hang up if it closes as well, else as below
    a question was left without an answer       (the apology)         the call goes on
    as often in a row as the line bears         transfer              the person, if the line has one
                                                farewell              hang up
    TTS is gone, and no phrase is rendered      none                  the person; else the carrier's own words
    an operator ends the call                   goodbye             hang up
    an operator hands the caller over           transfer            the person
    the bridge is stopped                       shutdown          the carrier's own words
    the person cannot be dialled                (the agent's answer)  as a question without an answer
    ... and it was not the agent's wish         (the apology)         as a question without an answer

`python -m ivr.call.ending` prints the diagram of docs/architecture.md from the table.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final, Literal, TypeAlias

from ivr.call.actions import TransferOptions
from ivr.call.commands import HangUp
from ivr.call.events import MOVED, SUPERSEDED, Operated, ReplyEnded, Withdraw
from ivr.call.options import CallOptions, PhraseName

Upstream: TypeAlias = Literal["stt", "agent", "tts", "transfer"]
"""What has failed. `transfer`: the carrier did not dial."""

TRANSFER_PATIENCE_S: Final = 5.0
"""Seconds the carrier has for its answer to a transfer. The request to the carrier gives up before."""
LEAVE_STREAM_S: Final = 2.0
"""Seconds the carrier then has to take the caller out of the stream. If the bridge closed the stream before, the
carrier would go on with the words behind it."""
LAST_WORDS_S: Final = 2.0
"""Seconds in which a call ends that the bridge can carry no longer: a phrase, and then the carrier's own words."""
RELEASE_S: Final = 0.8
"""Seconds that each step of releasing a call may last, even where a peer does not let go."""


LATE_ENDS: Final = {
    "media": HangUp("indeterminate", "no_media"),
    "withdrawal": HangUp("bridge_error", "shutdown"),
}
"""How the call ends at these deadlines."""

AGENT_TRANSFER: Final = HangUp("success", "agent_transfer")
"""How the call ends for a person whom the agent asks for."""


class EndingState(StrEnum):
    """Name how far a call is on the way to its end."""

    TALKING = "talking"
    CLOSING = "closing"
    LAST_WORDS = "last_words"
    HANDING_OVER = "handing_over"
    ACCEPTED = "accepted"
    OVER = "over"


class EndingTrigger(StrEnum):
    """Name what leads from one state to another."""

    CLOSE = "agent closes"
    SAY = "say last words"
    CALL_OFF = "caller interrupts"
    HAND_OVER = "hand over"
    ACCEPT = "carrier accepts"
    REFUSE = "carrier refuses"
    END = "end"


_S, _T = EndingState, EndingTrigger
ENDING_TABLE: Final[dict[EndingState, dict[EndingTrigger, EndingState]]] = {
    _S.TALKING: {_T.CLOSE: _S.CLOSING, _T.SAY: _S.LAST_WORDS, _T.END: _S.OVER},
    _S.CLOSING: {_T.CALL_OFF: _S.TALKING, _T.SAY: _S.LAST_WORDS, _T.HAND_OVER: _S.HANDING_OVER, _T.END: _S.OVER},
    _S.LAST_WORDS: {
        # A caller whose voice had made the agent yield before the last words began still takes the floor.
        _T.CALL_OFF: _S.TALKING,
        # TTS has failed in the middle of the last words: what needs no TTS takes their place.
        _T.SAY: _S.LAST_WORDS,
        _T.HAND_OVER: _S.HANDING_OVER,
        _T.END: _S.OVER,
    },
    _S.HANDING_OVER: {_T.ACCEPT: _S.ACCEPTED, _T.REFUSE: _S.TALKING, _T.END: _S.OVER},
    _S.ACCEPTED: {_T.ACCEPT: _S.ACCEPTED, _T.END: _S.OVER},
    _S.OVER: {},
}
_TO_READ: Final = re.compile(r"[\s().-]")
_INTERRUPTIBLE: Final = frozenset({_S.TALKING, _S.CLOSING})
_HANDING_OVER: Final = frozenset({_S.HANDING_OVER, _S.ACCEPTED})


class IllegalEnding(RuntimeError):
    """Report a trigger in a state that has no row for it: the call is at fault, not its peers."""


@dataclass(frozen=True, slots=True)
class PlannedEnd:
    """Say what follows once all last words were heard."""

    hang_up: HangUp
    number: str = field(default="", repr=False)
    """Hand the caller to this person first. Empty: hang up. Never logged."""
    words: tuple[PhraseName, ...] = ()
    """Phrases to say before, the first of them that the line has."""
    transfer: TransferOptions | None = None
    """How the person is asked; None: as the line says."""

    def after(self, phrase: PhraseName | None, *, mute: bool) -> PlannedEnd:
        """Return this end with `phrase` as its last words; None: none are said. `mute`: TTS cannot be used."""
        # Without a word and without a person the call breaks off, and the carrier has the last word.
        if phrase is None and mute and not self.number:
            return PlannedEnd(HangUp("upstream_error", "tts_unavailable"))
        return replace(self, hang_up=replace(self.hang_up, said_farewell=phrase == "farewell"))


class Ending:
    """Follow one call to its end, from the first failure on."""

    def __init__(self, options: CallOptions) -> None:
        self._numbers = options.transfer_to
        self._most = options.failures_in_a_row
        self._refused = False
        self.state = EndingState.TALKING
        self.plan: PlannedEnd | None = None
        """How the call ends once all last words were heard. None: it goes on."""
        self.left: str | None = None
        """How the stream ended while the carrier was dialling."""
        self.hang_up: HangUp | None = None
        """How the call ended; None: it has not."""
        self.failures = 0
        """Questions in a row left without an answer."""

    def change(self, options: CallOptions) -> None:
        """Take other choices of the line, from now on."""
        self._numbers, self._most = options.transfer_to, options.failures_in_a_row

    def __repr__(self) -> str:
        return f"<Ending {self.state} failures={self.failures}>"

    @property
    def interruptible(self) -> bool:
        """Return whether the caller may interrupt what is said, by voice or key."""
        return self.state in _INTERRUPTIBLE

    @property
    def handing_over(self) -> bool:
        """Return whether the carrier is dialling a person, or about to."""
        return self.state in _HANDING_OVER

    def answered(self) -> None:
        """Count a question that was answered."""
        self.failures = 0

    def failed(self, upstream: Upstream, *, mute: bool) -> PlannedEnd | None:
        """Count a question without an answer; return how the call ends for it. None: it goes on, with an apology.

        `mute`: nothing can be said any more.
        """
        self.failures += 1
        if self.failures < self._most and not mute:
            return None
        # A person who could not be dialled once is not dialled again for a failure.
        if self._numbers and not self._refused and upstream != "transfer":
            reason = f"{upstream}_unavailable_transfer"
            return PlannedEnd(HangUp("upstream_error", reason), self._numbers[0], ("transfer", "apology"))
        return PlannedEnd(HangUp("upstream_error", f"{upstream}_unavailable"), words=("farewell", "apology"))

    def is_foreign(self, event: ReplyEnded) -> bool:
        """Return whether the agent names a number that is not in the line's list."""
        return bool(event.transfer_to) and not self._named(event.transfer_to)

    def _named(self, person: str | None) -> str:
        """Return the person of the list whom the agent names, with or without what only helps to read a number."""
        return next((one for one in self._numbers if person and _bare(one) == _bare(person)), "")

    def come_back(self) -> None:
        """Note that a person was asked, and did not take the call: for a failure none is asked again."""
        self._refused = True

    def close(self, event: ReplyEnded) -> PlannedEnd | None:
        """Plan the end that the agent asks for. None: it asks for a person and the line has none; the call goes on."""
        if event.transfer_to is not None and self._numbers:
            # Only numbers of the line's own list are dialled: an agent that a caller has talked into dialling
            # another number gets the line's first.
            number = self._named(event.transfer_to) or self._numbers[0]
            plan = PlannedEnd(AGENT_TRANSFER, number, ("transfer",), event.transfer)
        elif event.hang_up:
            plan = PlannedEnd(HangUp("success", "agent_goodbye"), words=("goodbye",))
        else:
            return None
        self._go(EndingTrigger.CLOSE)
        self.plan = plan
        return plan

    def operate(self, event: Operated) -> PlannedEnd | None:
        """Return how the call ends for an operator. None: the number is not in the line's list, or there is no list."""
        if event.act == "hang_up":
            return PlannedEnd(HangUp("success", "operator"), words=("goodbye",))
        if not self._numbers or event.number not in ("", *self._numbers):
            return None
        number = event.number or self._numbers[0]
        return PlannedEnd(HangUp("success", "operator_transfer"), number, ("transfer",))

    def say_last_words(self, plan: PlannedEnd) -> None:
        """Begin the bridge's last words, or leave it at what was said of them; `plan` follows."""
        self._go(EndingTrigger.SAY)
        self.plan = plan

    def call_off(self) -> None:
        """Forget the planned end, if there is one: the caller has taken the floor."""
        if self.state is not EndingState.TALKING:
            self._go(EndingTrigger.CALL_OFF)
            self.plan = None

    def hand_over(self) -> None:
        """Record that the carrier was told to dial."""
        self._go(EndingTrigger.HAND_OVER)

    def accept(self) -> None:
        """Record that the carrier will dial."""
        self._go(EndingTrigger.ACCEPT)

    def refuse(self) -> None:
        """Record that the person could not be dialled: the call goes on."""
        self._go(EndingTrigger.REFUSE)
        self.plan, self._refused = None, True

    @property
    def transferred(self) -> HangUp | None:
        """Return how a call ends that the carrier has taken over; None: it has not."""
        if self.state is not EndingState.ACCEPTED or self.plan is None:
            return None
        return replace(self.plan.hang_up, from_caller=True)

    @property
    def may_return(self) -> bool:
        """Return whether the call has ended here with a person being dialled who may not come."""
        plan, over = self.plan, self.hang_up
        if plan is None or over is None or not plan.number or over != replace(plan.hang_up, from_caller=True):
            return False
        return plan.transfer is None or plan.transfer.returns

    def leave(self, how: str) -> HangUp | None:
        """Return how the call ends because its stream has; None: the carrier is dialling, and its answer tells."""
        # The first way in which the stream ended counts.
        if self.state is EndingState.HANDING_OVER:
            self.left = self.left or how
            return None
        # A flood is cut off by the bridge: the call is still there at the carrier.
        if how == "flood":
            return self.transferred or HangUp("caller_error", "caller_flood")
        return self.transferred or HangUp("success" if how == "stop" else "indeterminate", f"caller_{how}", True)

    def withdraw(self, event: Withdraw, *, ready: bool) -> PlannedEnd | None:
        """Return how the call ends for the bridge, without words at once. None: it ends as it is about to.

        `ready`: the phrase can be said without TTS.
        """
        goes_on = event.reason in (SUPERSEDED, MOVED)
        hang_up = HangUp("indeterminate" if goes_on else "bridge_error", event.reason)
        if not event.words_s or self.state is EndingState.OVER:
            return PlannedEnd(hang_up)
        # Last words that are being said, and a person who is being dialled, have the same time.
        if self.state is not EndingState.TALKING:
            return None
        return PlannedEnd(hang_up, words=("shutdown",) if ready else ())

    def end(self, hang_up: HangUp) -> None:
        """End the call."""
        self._go(EndingTrigger.END)
        self.hang_up = hang_up

    def _go(self, trigger: EndingTrigger) -> None:
        """Follow the table. Raises IllegalEnding."""
        try:
            self.state = ENDING_TABLE[self.state][trigger]
        except KeyError:
            raise IllegalEnding(f"{trigger} while {self.state}") from None


def _bare(person: str) -> str:
    """Return an address without what agents leave out of numbers, or add to them."""
    return _TO_READ.sub("", person).casefold()


def diagram() -> str:
    """Draw the table as a Mermaid state diagram."""
    lines = ["stateDiagram-v2", "    [*] --> talking"]
    for state, row in ENDING_TABLE.items():
        lines += [f"    {state} --> {target}: {trigger}" for trigger, target in row.items()]
    return "\n".join(lines)


if __name__ == "__main__":
    print(diagram())
