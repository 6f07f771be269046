"""Name everything that a call can ask for.

The session performs these in the order given and feeds back what happens. A command never expects an answer in place.
Cancelling (`Forget*`, `CloseReply`, `CancelSpeech`) is final, and the call drops what still arrives for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from ivr.call.actions import TransferOptions

ToldEvent: TypeAlias = Literal["start", "speech", "dtmf", "transfer_result", "silence", "voicemail", "resumed", "ended"]
"""What an agent is told of. `start`: the call has begun, and the agent greets. `dtmf`: keys alone. `transfer_result`:
the caller is back. `silence`: the caller says nothing. `voicemail`: a message was taken. `resumed`: the first question
since the call was cut off and goes on. `ended`: it is over."""

Result: TypeAlias = Literal["success", "caller_error", "bridge_error", "upstream_error", "indeterminate"]


@dataclass(frozen=True, slots=True)
class SendAudio:
    """Queue audio at the caller's ear, behind what was sent before."""

    payload: bytes
    """G.711 mu-law at 8 kHz."""


@dataclass(frozen=True, slots=True)
class SendMark:
    """Ask the carrier to return this name once the audio before it was heard."""

    name: str


@dataclass(frozen=True, slots=True)
class SendClear:
    """Clear all audio that was sent and not yet heard. Goes before anything still queued."""


@dataclass(frozen=True, slots=True)
class WarmUp:
    """Open what the first turn will need (STT, TTS, agent), in parallel, without waiting."""


@dataclass(frozen=True, slots=True)
class Transcribe:
    """Turn one whole utterance into words."""

    utterance: int
    pcm: bytes
    """PCM16 mono at 8 kHz, pre-roll included."""
    onset: int = field(default=0, compare=False)
    """Where its first voiced frame begins, in samples of the caller's audio."""
    end: int = field(default=0, compare=False)
    """Where its last voiced frame ends."""
    language: Literal["ar", "en", ""] = ""
    """Empty: the line's."""


@dataclass(frozen=True, slots=True)
class ForgetTranscript:
    """Cancel an utterance: the call does not wait for its words any more."""

    utterance: int


@dataclass(frozen=True, slots=True)
class JudgeTurn:
    """Ask the turn model how likely the caller has finished, once a pause. `TurnJudged` comes back, or nothing."""

    utterance: int
    """The one that was sent to STT at this pause."""
    pcm: bytes
    """PCM16 mono at 8 kHz: what the caller has said, up to now."""


@dataclass(frozen=True, slots=True)
class ReplyRequest:
    """Hold what the agent is told at a turn; the webhook wire decides how it is written."""

    text: str
    """What the caller said and the keys pressed, in their order. Never logged."""
    session_id: str
    event: ToldEvent
    turn: int
    language: str
    """The line's language, `ar` or `en`."""
    call_id: str
    caller: str
    called: str
    direction: str
    heard: str = ""
    """Of the agent's last reply: what the caller heard."""
    digits: str = ""
    """The keys in `text`. Never logged."""
    unheard: str = ""
    """Of the agent's last reply: what was cut off. Empty when it was heard to its end."""
    parameters: Mapping[str, str] = field(default_factory=dict)
    """What else is known of the call. Never logged."""
    context: str = field(default="", repr=False)
    """What the agent has asked to be given back: JSON. Empty: nothing. Never logged."""
    superseded: bool = False
    """The question before this one was withdrawn, because the caller went on: this one holds both."""
    eager: bool = False
    """The caller's turn may not be over: the answer is kept back until it is, and dropped if it is not."""
    details: Mapping[str, str | int | float | bool] = field(default_factory=dict)
    """What there is to say of this event alone. Written under the event's own name. Never logged."""


@dataclass(frozen=True, slots=True)
class RequestReply:
    """Ask the agent; its reply streams back as events of this turn."""

    turn: int
    request: ReplyRequest


@dataclass(frozen=True, slots=True)
class TellAgent:
    """Tell the agent what needs no answer. Nothing comes back; the call may be over before it is told."""

    request: ReplyRequest


@dataclass(frozen=True, slots=True)
class CloseReply:
    """Stop reading the reply of this turn."""

    turn: int


@dataclass(frozen=True, slots=True)
class Speak:
    """Synthesise one piece of text. At most one is in flight at a time."""

    turn: int
    sentence: int
    text: str
    """Fit for speech: 1 to 2000 characters. Never logged."""
    quiet_at: float = 0.0
    """When the caller runs out of the audio that is queued already, in seconds of `now`; in the past when the caller
    hears nothing. A filler does not count: the first audio of this sentence replaces it."""
    language: Literal["ar", "en", ""] = ""
    """Empty: the line's."""


@dataclass(frozen=True, slots=True)
class PlayAudio:
    """Load a recording; its audio comes back as that of a sentence (`TtsAudio`, `TtsEnded`, `TtsFailed`)."""

    turn: int
    sentence: int
    source: str = field(repr=False)
    """A URL, or a file of the line's. Never logged."""


@dataclass(frozen=True, slots=True)
class CancelSpeech:
    """Cancel a sentence: the call does not wait for its audio any more."""

    turn: int
    sentence: int


@dataclass(frozen=True, slots=True)
class Transfer:
    """Let the carrier dial a person for the caller, who leaves this stream for it. `Transferred` or `TransferFailed`
    comes back."""

    number: str = field(repr=False)
    """E.164, a SIP address or a queue of the line's list. Never logged."""
    options: TransferOptions | None = None
    """How; None: as the line says."""


@dataclass(frozen=True, slots=True)
class HangUp:
    """End the call. The last command of a call; everything of it is released within a second."""

    result: Result
    reason: str
    """A short fixed phrase, safe for logs and metric labels."""
    from_caller: bool = False
    """The other side has left already, on its own or for a person: there is no call to hang up."""
    said_farewell: bool = False
    """An upstream failed for good, and the caller was told so and heard a goodbye."""

    @property
    def meant(self) -> bool:
        """Return whether the conversation came to its end. Otherwise the carrier goes on with its own words."""
        return self.said_farewell or self.result in ("success", "caller_error")

    @property
    def at_carrier(self) -> bool:
        """Return whether the carrier is to hang up: the conversation came to its end and the caller is still there."""
        return self.meant and not self.from_caller


@dataclass(frozen=True, slots=True)
class Note:
    """Tell what an operator may want to know. Changes nothing."""

    name: str
    """A fixed snake_case word: the log's event and, where counted, the metric's label."""
    fields: Mapping[str, str | int | float | bool] = field(default_factory=dict)
    """Safe for logs: no speech, digits, phone numbers or secrets."""


Command: TypeAlias = (
    SendAudio
    | SendMark
    | SendClear
    | WarmUp
    | Transcribe
    | ForgetTranscript
    | JudgeTurn
    | RequestReply
    | TellAgent
    | CloseReply
    | Speak
    | PlayAudio
    | CancelSpeech
    | Transfer
    | HangUp
    | Note
)
