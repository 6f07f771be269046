"""Everything that can happen on one call.

A call is a function of its events: `Call.receive(event, now)`. The wires translate what their peers say into these,
the session adds `Tick`. No vendor is named here, no event holds a live object, so a list of `(now, event)` pairs is a
tape that can be played again.

What comes back from the outside carries the number it belongs to (`utterance`, `turn`, `sentence`); a number that is
over is ignored by the call, so nothing late can do harm.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

Encoding: TypeAlias = Literal["pcm16", "mulaw"]
"""`pcm16`: signed 16-bit little-endian mono. `mulaw`: G.711, one byte a sample."""


@dataclass(frozen=True, slots=True)
class CallStarted:
    """The phone's audio stream is open and its token was accepted. First event of a call, exactly once."""

    call_id: str
    """The carrier's id of the call, also the agent's `session_id`."""
    stream_id: str
    """The carrier's id of this audio stream."""
    caller: str = ""
    """Who calls, as the carrier writes it: a number, `anonymous`, a SIP address. Never logged."""
    called: str = ""
    """The number that was dialled. Never logged."""
    direction: str = "inbound"
    """`inbound` or an outbound kind."""
    parameters: Mapping[str, str] = field(default_factory=dict)
    """Custom parameters of the stream, without the token."""


@dataclass(frozen=True, slots=True)
class AudioIn:
    """A chunk of the caller's audio, of any length."""

    timestamp_ms: int
    """Media time of the chunk's first sample: ms since the stream began, as the carrier counts."""
    payload: bytes
    """G.711 mu-law at 8 kHz."""


@dataclass(frozen=True, slots=True)
class DigitPressed:
    """The caller pressed a key."""

    digit: str
    """One of `0-9 * # A-D`. Never logged."""


@dataclass(frozen=True, slots=True)
class MarkReached:
    """The carrier returned a mark: its audio was heard, or thrown away by a `SendClear`."""

    name: str


@dataclass(frozen=True, slots=True)
class CallerLeft:
    """The stream ended from the other side."""

    how: Literal["stop", "closed", "dropped", "stalled"]
    """`stop`: announced; `closed`: socket closed without it; `dropped`: socket died; `stalled`: it no longer reads."""


@dataclass(frozen=True, slots=True)
class PeerFault:
    """A peer said something that is not in its protocol. The call goes on; the fault is counted."""

    wire: Literal["phone", "stt", "agent", "tts"]
    reason: str
    """A short fixed phrase, safe for logs and metric labels: never the peer's own words."""


@dataclass(frozen=True, slots=True)
class TranscriptArrived:
    """What the caller said, in words. Empty when the recogniser found none."""

    utterance: int
    text: str


@dataclass(frozen=True, slots=True)
class TranscriptFailed:
    """The recogniser gave up on an utterance, retries included."""

    utterance: int
    reason: str


@dataclass(frozen=True, slots=True)
class ReplyDelta:
    """A piece of the agent's reply, cut anywhere."""

    turn: int
    text: str


@dataclass(frozen=True, slots=True)
class ReplyPause:
    """The agent will be busy before more text comes (an n8n `end` record: a tool runs): say what is there."""

    turn: int


@dataclass(frozen=True, slots=True)
class ReplyEnded:
    """The agent's reply is whole."""

    turn: int
    hang_up: bool = False
    """The agent closes the conversation: hang up once its last word was heard."""
    transfer_to: str | None = field(default=None, repr=False)
    """The agent wants a person to take over once its last word was heard: the number it names, empty for the line's
    own. None: it does not. Never logged."""


@dataclass(frozen=True, slots=True)
class ReplyFailed:
    """The agent's reply broke off or never came."""

    turn: int
    reason: str


@dataclass(frozen=True, slots=True)
class TtsAudio:
    """Audio of one sentence, in order, cut anywhere but inside a sample."""

    turn: int
    sentence: int
    audio: bytes
    rate: int = 16000
    """Samples a second."""
    encoding: Encoding = "pcm16"


@dataclass(frozen=True, slots=True)
class TtsEnded:
    """All audio of the sentence was delivered."""

    turn: int
    sentence: int


@dataclass(frozen=True, slots=True)
class TtsFailed:
    """The sentence has no (more) audio, retries included."""

    turn: int
    sentence: int
    reason: str
    again: bool = True
    """It may be asked for once more."""


@dataclass(frozen=True, slots=True)
class Transferred:
    """The carrier has taken the caller out of the stream and dials a person."""


@dataclass(frozen=True, slots=True)
class TransferFailed:
    """The carrier did not take the caller over."""

    reason: str
    """A short fixed word; `gone`: there is no such call any more."""


@dataclass(frozen=True, slots=True)
class Tick:
    """Time has passed: sent when `Call.wake_at` is due. Harmless at any other time."""


SUPERSEDED: Final = "superseded"
"""The reason for ending a call's stream when it has another one: the call goes on there."""


@dataclass(frozen=True, slots=True)
class Withdraw:
    """The bridge itself ends the call: a drain's deadline, a second stream of it, a failure of ours."""

    reason: str


Event: TypeAlias = (
    CallStarted
    | AudioIn
    | DigitPressed
    | MarkReached
    | CallerLeft
    | PeerFault
    | TranscriptArrived
    | TranscriptFailed
    | ReplyDelta
    | ReplyPause
    | ReplyEnded
    | ReplyFailed
    | TtsAudio
    | TtsEnded
    | TtsFailed
    | Transferred
    | TransferFailed
    | Tick
    | Withdraw
)
