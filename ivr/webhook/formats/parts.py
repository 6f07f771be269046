"""Name the parts of a streamed reply, whatever its format.

The formats turn bytes into these parts and know nothing of turns. `reply_events` turns parts into events of a turn.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from ivr.call.actions import Expect, Gather, Message, ReplyAct, TransferOptions


@dataclass(frozen=True, slots=True)
class Delta:
    """Carry words to say, cut anywhere but inside a character."""

    text: str


@dataclass(frozen=True, slots=True)
class Pause:
    """Mark the end of one LLM call of several: the agent is busy before more text comes."""


@dataclass(frozen=True, slots=True)
class Closing:
    """Ask to end the call after this reply. At most once in a reply."""


@dataclass(frozen=True, slots=True)
class Transferring:
    """Ask for a person to take over after this reply. At most once in a reply."""

    number: str = field(default="", repr=False)
    """The number the agent names, without blanks, dots, dashes and brackets; empty: the agent names none."""
    options: TransferOptions | None = None
    """How; None: as the line says."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Ask for patience after this reply. The last of a reply counts."""

    seconds: float
    """Silence of the caller before the bridge asks whether they are there."""


@dataclass(frozen=True, slots=True)
class Acting:
    """Ask for something that has its place among the words."""

    act: ReplyAct
    value: str = field(default="", repr=False)
    ms: int = 0
    interruptible: bool = True


@dataclass(frozen=True, slots=True)
class TakingMessage:
    """Ask for a message of the caller's after this reply. At most once in a reply."""

    message: Message


@dataclass(frozen=True, slots=True)
class Gathering:
    """Say how the keys of the next answer are gathered. The last of a reply counts."""

    gather: Gather


@dataclass(frozen=True, slots=True)
class Expecting:
    """Say what the next answer is expected to be. The last of a reply counts."""

    expect: Expect


@dataclass(frozen=True, slots=True)
class Keeping:
    """Ask for JSON to be given back with every later request. The last of a reply counts."""

    context: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Failure:
    """Report bytes that are in no known format, or the agent's own word that it failed. The reply goes on."""

    reason: str
    """A short fixed word, safe for logs and metric labels: never the agent's own words."""


Action: TypeAlias = Acting | Closing | Transferring | TakingMessage | Waiting | Gathering | Expecting | Keeping
Piece: TypeAlias = Delta | Pause | Action | Failure
