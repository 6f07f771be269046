"""Name what the agent may ask for beside its words.

What has its place among the words (`ReplyAction`) happens when the words before it were heard. What ends a call, hands
it over or is about the caller's next answer is asked for anywhere in a reply and counts once all of it was heard.
Values that come from outside are checked by the wire: here they are within their bounds.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from ivr.text.turn.words import AnswerKind

ReplyAct: TypeAlias = Literal["say", "play", "pause", "dtmf", "language"]
"""What has its place among the words. `say`: words that are not interrupted, unless it says so. `play`: a recording.
`pause`: silence. `dtmf`: keys as tones. `language`: all that follows is in this language."""

TransferOutcome: TypeAlias = Literal[
    "completed", "busy", "no_answer", "failed", "canceled", "declined", "voicemail", "refused", "queue_full"
]
"""What became of a transfer. `declined`: the person did not take the call. `voicemail`: a machine answered.
`refused`: the carrier would not dial. `completed`: caller and person have talked."""

Answered: TypeAlias = Literal["person", "machine", "fax", "unknown"]
"""Who has answered a call that the bridge has placed."""


@dataclass(frozen=True, slots=True)
class Expect:
    """Hold what the caller's next answer is expected to be."""

    kind: AnswerKind
    length: int = 0
    """Of `digits`: how many; 0: as the agent's words say."""


@dataclass(frozen=True, slots=True)
class Gather:
    """Hold how the keys of the caller's next answer are gathered."""

    digits: int = 0
    """Keys after which the entry is whole; 0: any number."""
    terminator: str | None = None
    """The key that ends the entry; empty: none. None: the line's."""
    timeout_s: float | None = None
    """Seconds after a key before the entry is whole; None: the line's."""
    first_timeout_s: float | None = None
    """Seconds for the first key before the caller counts as silent; None: the line's."""
    allow_speech: bool = True
    """The caller may answer in words instead."""


@dataclass(frozen=True, slots=True)
class TransferOptions:
    """Hold how a person is asked to take over."""

    mode: Literal["cold", "warm"] = "cold"
    """`warm`: the person hears `whisper` first and presses a key to take the call; the caller hears music."""
    whisper: str = field(default="", repr=False)
    """What the person is told. Never logged."""
    accept_key: str = "1"
    """The key with which the person takes the call; empty: any."""
    timeout_s: float = 25.0
    """Seconds for which it rings."""
    caller_id: str = field(default="", repr=False)
    """The number that the person is shown, one of the line's; empty: the caller's. Never logged."""
    returns: bool = True
    """A transfer that fails brings the caller back to the agent. False: the call ends."""


@dataclass(frozen=True, slots=True)
class TransferResult:
    """Hold what became of a transfer, for the agent to whom the caller is back."""

    outcome: TransferOutcome
    rang_s: float = 0.0
    """Seconds for which it rang."""
    talked_s: float = 0.0
    """Seconds for which caller and person talked."""
    to: str = field(default="", repr=False)
    """Who was dialled. Never logged."""


@dataclass(frozen=True, slots=True)
class Message:
    """Hold how a message of the caller's is taken."""

    announce: str = field(default="", repr=False)
    """What is said before the tone; empty: the line's phrase."""
    longest_s: float = 120.0
    silence_s: float = 4.0
    """Silence that ends the message."""
