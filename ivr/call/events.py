"""Name everything that can happen on one call.

A call is a function of its events: `Call.receive(event, now)`. The wires translate what their peers say into these,
the session adds `Tick`. No event holds a live object, so a list of `(now, event)` pairs can be played again.

What comes back from the outside carries the number it belongs to (`utterance`, `turn`, `sentence`). The call ignores a
number that is over, so that nothing late can do harm.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

from ivr.call.actions import Answered, Expect, Gather, Message, ReplyAct, TransferOptions, TransferResult

Encoding: TypeAlias = Literal["pcm16", "mulaw"]
"""`pcm16`: signed 16-bit little-endian mono. `mulaw`: G.711, one byte a sample."""


@dataclass(frozen=True, slots=True)
class Resumption:
    """Hold what goes on of a call whose stream has died: where it stood, in words. Never logged."""

    count: int = 0
    """Times that the call was resumed, this time included."""
    since: float = 0.0
    """When its first stream began, in Unix seconds; 0: not known. Nothing is decided by it."""
    lasted_s: float = 0.0
    """Seconds that it had lasted."""
    turn: int = 0
    """The number of its next turn."""
    noticed: bool = False
    """The notice of the line was heard to its end."""
    heard: str = ""
    """Of the last answer: what the caller heard, as far as the phone has confirmed it."""
    unheard: str = ""
    """Of the last answer: what the caller did not hear."""
    rest: str = ""
    """Of `unheard`: what is still to be said, from the clause on in which it broke off."""
    question: str = ""
    """What the caller asked, or said, that was not answered."""
    digits: str = ""
    """The keys in it."""
    transfer_to: str = ""
    """The number of a person to whom the caller was being handed over."""
    transfer: TransferResult | None = None
    """What became of a transfer that has brought the caller back; None: there was none."""
    context: str = ""
    """What the agent wants to be given back with every request: JSON. Empty: nothing."""
    language: Literal["ar", "en", ""] = ""
    """The language that the call has changed to; empty: the line's."""


@dataclass(frozen=True, slots=True)
class CallStarted:
    """Report that the phone's audio stream is open and its token accepted. First event of a call, exactly once."""

    call_id: str
    """The carrier's id of the call, also the agent's `session_id`."""
    stream_id: str
    """The carrier's id of this audio stream."""
    caller: str = ""
    """The caller, as the carrier writes it: a number, `anonymous`, a SIP address. Never logged."""
    called: str = ""
    """The number that was dialled. Never logged."""
    direction: str = "inbound"
    """`inbound` or an outbound kind."""
    parameters: Mapping[str, str] = field(default_factory=dict)
    """What else the carrier and the operator say of the call, without the token. Never logged."""
    context: str = field(default="", repr=False)
    """What the agent is given with every request until it says something else: JSON. Empty: nothing. Never logged."""
    line: str = ""
    """What the operator calls the line that was dialled, for logs and metrics; empty: nothing."""
    resumption: Resumption | None = field(default=None, repr=False)
    """What is known of the call's stream before this one, which has died; None: the call is new."""


@dataclass(frozen=True, slots=True)
class AudioIn:
    """A chunk of the caller's audio, with what the driver's VAD model said of it."""

    timestamp_ms: int
    """Media time of the chunk's first sample: ms since the stream began, as the carrier counts."""
    payload: bytes
    """G.711 mu-law at 8 kHz, of any length; a score is worth most for at most 20 ms."""
    speech: float = 0.0
    """How likely it is speech, 0 to 1, by its sound alone: the agent's echo is speech too. 0 while not scored."""


@dataclass(frozen=True, slots=True)
class DigitPressed:
    """Report that the caller pressed a key."""

    digit: str
    """One of `0-9 * # A-D`. Never logged."""


@dataclass(frozen=True, slots=True)
class MarkReached:
    """Report that the carrier returned a mark: its audio was heard, or thrown away by a `SendClear`."""

    name: str


@dataclass(frozen=True, slots=True)
class CallerLeft:
    """Report that the stream ended from the other side."""

    how: Literal["stop", "closed", "dropped", "stalled", "flood"]
    """`stop`: announced; `closed`: socket closed without it; `dropped`: socket died; `stalled`: it no longer reads;
    `flood`: it sent far more than a phone does."""


@dataclass(frozen=True, slots=True)
class PeerFault:
    """Report that a peer said something that is not in its protocol. The call goes on; the fault is counted."""

    wire: Literal["phone", "stt", "agent", "tts"]
    reason: str
    """A short fixed phrase, safe for logs and metric labels: never the peer's own words."""


@dataclass(frozen=True, slots=True)
class TranscriptArrived:
    """Deliver what the caller said, in words; empty when STT found none."""

    utterance: int
    text: str


@dataclass(frozen=True, slots=True)
class TranscriptFailed:
    """Report that STT gave an utterance up, retries included."""

    utterance: int
    reason: str


@dataclass(frozen=True, slots=True)
class ReplyDelta:
    """Deliver a piece of the agent's reply, cut anywhere."""

    turn: int
    text: str


@dataclass(frozen=True, slots=True)
class ReplyPause:
    """Report that the agent will be busy before more text comes (a tool runs): what is there is to be said."""

    turn: int


@dataclass(frozen=True, slots=True)
class ReplyAction:
    """Report what the agent asks for among its words: it happens when those before it were heard."""

    turn: int
    act: ReplyAct
    value: str = field(default="", repr=False)
    """The words of `say`, the URL or file of `play`, the keys of `dtmf`, the code of `language`. Never logged."""
    ms: int = 0
    """Of `pause`."""
    interruptible: bool = True
    """The caller may interrupt it."""


@dataclass(frozen=True, slots=True)
class ReplyEnded:
    """Report that the agent's reply is whole."""

    turn: int
    hang_up: bool = False
    """The agent closes the conversation: hang up once its last word was heard."""
    transfer_to: str | None = field(default=None, repr=False)
    """The agent wants a person to take over once its last word was heard: the number it names, empty for the line's
    own. None: it does not. Never logged."""
    idle_s: float | None = None
    """Seconds that the caller may be silent after this answer before being asked; None: as the line says."""
    transfer: TransferOptions | None = None
    """How the person is asked to take over; None: as the line says."""
    message: Message | None = None
    """A message of the caller's is to be taken once the last word was heard."""
    gather: Gather | None = None
    """How the keys of the next answer are gathered; None: as the line says."""
    expect: Expect | None = None
    """What the next answer is expected to be; None: it is not said."""
    context: str | None = field(default=None, repr=False)
    """What is given back with every later request: JSON. None: what was. Never logged."""

    @property
    def prepares(self) -> bool:
        """Return whether the agent has asked for anything that is about the caller's next answer."""
        return any(one is not None for one in (self.idle_s, self.gather, self.expect, self.context))


@dataclass(frozen=True, slots=True)
class ReplyFailed:
    """Report that the agent's reply broke off or never came."""

    turn: int
    reason: str


@dataclass(frozen=True, slots=True)
class TurnJudged:
    """Deliver what the turn model says of a pause."""

    utterance: int
    probability: float
    """That the caller has finished, 0 to 1."""


ReplyEvent: TypeAlias = ReplyDelta | ReplyPause | ReplyAction | ReplyEnded | ReplyFailed


@dataclass(frozen=True, slots=True)
class TtsAudio:
    """Deliver audio of one sentence, in order, cut anywhere but inside a sample."""

    turn: int
    sentence: int
    audio: bytes
    rate: int = 16000
    """Samples a second."""
    encoding: Encoding = "pcm16"


@dataclass(frozen=True, slots=True)
class TtsEnded:
    """Report that all audio of the sentence was delivered."""

    turn: int
    sentence: int


@dataclass(frozen=True, slots=True)
class TtsFailed:
    """Report that TTS has no (more) audio for the sentence, retries included."""

    turn: int
    sentence: int
    reason: str
    again: bool = True
    """It may be asked for once more."""


@dataclass(frozen=True, slots=True)
class CallAnswered:
    """Report who has answered a call that the bridge has placed, as the carrier found out, perhaps late."""

    by: Answered


@dataclass(frozen=True, slots=True)
class Transferred:
    """Report that the carrier will take the caller out of the stream and dial a person."""


@dataclass(frozen=True, slots=True)
class TransferFailed:
    """Report that the carrier did not take the caller over."""

    reason: str
    """A short fixed word; `gone`: there is no such call any more."""


@dataclass(frozen=True, slots=True)
class Tick:
    """Tell that time has passed: sent when `Call.wake_at` is due. Harmless at any other time."""

    stood_s: float = 0.0
    """Seconds for which this process has just stood still. No peer could be heard then: deadlines move by as much."""


SUPERSEDED: Final = "superseded"
"""The reason for ending a call's stream when it has another one: the call goes on there."""


MOVED: Final = "moved"
"""The reason for ending a call's stream when another bridge is to go on with the call."""


@dataclass(frozen=True, slots=True)
class Withdraw:
    """End the call for the bridge: a drain's deadline, a second stream of the call, a failure of the bridge."""

    reason: str
    words_s: float = 0.0
    """Seconds that there are for last words; with 0 the call ends at once."""


@dataclass(frozen=True, slots=True)
class Operated:
    """Do what an operator asks for on this call."""

    act: Literal["hang_up", "transfer", "say"]
    """`hang_up`: say goodbye, then end the call. `transfer`: let a person of the line's list take over. `say`: tell the
    caller something before the agent's next sentence, or at once where the agent is silent."""
    words: str = field(default="", repr=False)
    """Of `say`. Never logged."""
    number: str = field(default="", repr=False)
    """Of `transfer`: one of the line's list; empty: its first. Never logged."""


Event: TypeAlias = (
    CallStarted
    | AudioIn
    | DigitPressed
    | MarkReached
    | CallerLeft
    | PeerFault
    | TranscriptArrived
    | TranscriptFailed
    | TurnJudged
    | ReplyDelta
    | ReplyPause
    | ReplyAction
    | ReplyEnded
    | ReplyFailed
    | TtsAudio
    | TtsEnded
    | TtsFailed
    | CallAnswered
    | Transferred
    | TransferFailed
    | Tick
    | Withdraw
    | Operated
)
