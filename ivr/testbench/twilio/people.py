"""Describe who is at the far end of a leg: whether and when they answer, what they press and say, when they hang up.

A carrier finds a party by what is dialled: a number, `sip:user@host`, `client:name`, or `queue:name` for the person who
takes the callers of a queue. A party is data; `legs` plays it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from ivr.testbench.phone.script import CallerScript
from ivr.testbench.scenario import Scenario

PartyDoes: TypeAlias = Literal["answer", "busy", "no_answer", "failed", "reject"]
"""`reject`: declines the call. `failed`: the number cannot be reached, and never rings."""
PartyKind: TypeAlias = Literal["person", "machine", "fax"]

BEEP_S = 0.5
"""Seconds of a machine's beep."""


@dataclass(frozen=True, slots=True)
class FarParty:
    """Hold how one party behaves. Times in seconds."""

    does: PartyDoes = "answer"
    ring_s: float = 2.0
    """Rings before it does so."""
    kind: PartyKind = "person"
    keys: tuple[str, ...] = ()
    """Keys pressed in each `<Gather>`, one after the other; empty, or no more of them: none."""
    key_after_s: float | None = None
    """From the start of a `<Gather>` to its first key; None: a second after the prompt."""
    says: tuple[str, ...] = ()
    """Words said in each `<Gather>` that takes speech and gets no key."""
    message_s: float = 4.0
    """Length of the message left in a `<Record>`; a machine: of what it records. 0: says nothing."""
    talks_s: float | None = None
    """From the connection to another party to hanging up; None: until the other hangs up."""
    hangs_up_s: float | None = None
    """From answering to hanging up; None: stays."""
    leaves: Mapping[str, float] = field(default_factory=dict)
    """Hang up so long after the start of a verb: `{"Dial": 3}` leaves while it rings."""
    greeting_s: float = 8.0
    """Length of a machine's greeting."""
    beep: bool = True
    """Whether a machine beeps after its greeting."""
    answered_by: str = ""
    """What detection says in place of the truth; empty: the truth."""
    detect_s: float | None = None
    """From answering to the result of detection; None: as long as it takes by itself."""
    scenario: Scenario | None = None
    """What is said and pressed in a media stream; None: nothing, or a machine's greeting."""
    script: Callable[[], CallerScript] | None = None
    """Makes what decides instead of a scenario."""

    @property
    def stays_s(self) -> float | None:
        """Return when it hangs up by itself after answering; None: it does not."""
        if self.hangs_up_s is not None or self.kind == "person":
            return self.hangs_up_s
        return self.greeting_s + BEEP_S * self.beep + self.message_s
