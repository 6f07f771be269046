"""What a streamed reply is made of, whatever its format.

The stream parser turns bytes into these and knows nothing of turns; the client turns these into events of a turn.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Delta:
    """Words to say, cut anywhere but inside a character."""

    text: str


@dataclass(frozen=True, slots=True)
class Pause:
    """The agent will be busy before more text comes: one LLM call of several is over."""


@dataclass(frozen=True, slots=True)
class Closing:
    """The agent ends the conversation with this reply. At most once in a reply."""


@dataclass(frozen=True, slots=True)
class Transferring:
    """The agent wants a person to take over after this reply. At most once in a reply."""

    number: str = field(default="", repr=False)
    """Whom it names, as it wrote it but without blanks and the like; empty: nobody."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Something that is not in any of the formats, or the agent's own word that it failed. The reply goes on."""

    reason: str
    """A short fixed phrase, safe for logs and metric labels: never the peer's own words."""


Piece: TypeAlias = Delta | Pause | Closing | Transferring | Failure
