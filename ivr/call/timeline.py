"""The times and words of each turn, for reports, metrics and the next request.

All times are the driver's `now` in seconds, `None` until they happen. Text in here is what was said: never logged.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

Outcome: TypeAlias = Literal["open", "heard", "interrupted", "superseded", "failed", "empty"]
"""`superseded`: the caller went on talking before a word was heard. `empty`: nothing was understood or answered."""


@dataclass(slots=True)
class Sentence:
    """One piece of a reply, as sent to the voice."""

    number: int
    text: str
    """As the agent wrote it."""
    spoken: str
    """As the voice got it."""
    ready_at: float
    """Its text was complete."""
    asked_at: float | None = None
    audio_at: float | None = None
    """First audio arrived from the voice."""
    sent_at: float | None = None
    """First audio left for the phone."""
    audio_ms: int = 0
    """Audio received so far."""
    whole: bool = False
    """The voice has delivered all of it."""
    heard_ms: int = 0
    """Audio the caller heard, by marks and the play clock."""
    finished: bool = False
    """Its last mark came back as heard."""
    failed: str = ""
    fixed: bool = False
    """Words of the line, not of the agent."""
    again_from: int | None = None
    """It broke off, and the next sentence says its text again from this character on. None: it did not."""


@dataclass(slots=True)
class Overlap:
    """The caller spoke over the agent."""

    onset_at: float
    """When the first voiced frame arrived."""
    yield_at: float
    clear_at: float | None
    """The phone was told to throw away what it had; None: it had nothing."""
    verdict: Literal["pending", "commit", "resume"] = "pending"
    verdict_at: float | None = None
    rule: str = ""
    """What decided, see `bargein.Rule`."""
    quiet_at: float | None = None
    """The phone was silent by then, fade included; None: it was silent before."""
    resumed_at: float | None = None
    """The agent went on, also where the words of the overlap decided only later."""


@dataclass(slots=True)
class Turn:
    """One question and its answer. Turn 0 is the greeting."""

    number: int
    kind: Literal["phrase", "speech", "dtmf"]
    text: str = ""
    """What the agent was asked."""
    outcome: Outcome = "open"
    failure: str = ""
    speech_started_at: float | None = None
    speech_ended_at: float | None = None
    """When the last voiced frame of the utterance arrived."""
    endpoint_at: float | None = None
    """The utterance was declared over and sent to the ears."""
    transcript_at: float | None = None
    asked_at: float | None = None
    """The agent was asked."""
    first_delta_at: float | None = None
    reply_ended_at: float | None = None
    first_sent_at: float | None = None
    """First audio of the answer left for the phone."""
    ended_at: float | None = None
    sentences: list[Sentence] = field(default_factory=list)
    overlaps: list[Overlap] = field(default_factory=list)
    fillers: list[float] = field(default_factory=list)
    """When the caller's waiting was filled with words of the line."""
    heard: str = ""
    unheard: str = ""
    stalls: list[tuple[float, float]] = field(default_factory=list)
    """When the whole process stood still while this turn was waited for, from and to: told when the call is over."""

    def stood_still(self, start: float, end: float) -> float:
        """Seconds of a span in which the process stood still."""
        return sum(max(0.0, min(end, until) - max(start, since)) for since, until in self.stalls)

    @property
    def own_overhead(self) -> float | None:
        """Seconds of the way from endpoint to first audio that were the bridge's own: not ears, agent or voice.

        A service whose answer lay unread while the process stood still is not charged for that time. None until the
        first sentence was sent.
        """
        first = self.sentences[0] if self.sentences else None
        if first is None or self.asked_at is None or self.transcript_at is None or self.endpoint_at is None:
            return None
        if first.asked_at is None or first.audio_at is None or first.sent_at is None:
            return None
        services = (
            (self.endpoint_at, self.transcript_at),
            (self.asked_at, first.ready_at),
            (first.asked_at, first.audio_at),
        )
        own = (
            (self.asked_at - self.transcript_at) + (first.asked_at - first.ready_at) + (first.sent_at - first.audio_at)
        )
        return own + sum(self.stood_still(start, end) for start, end in services)
