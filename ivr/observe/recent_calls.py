"""Remember the last calls of a developer's bridge, for `GET /calls/{call}` with `--dev`.

The phone knows when the caller heard something, the bridge knows the words: `ivr call` asks for the turns of its call
and puts both on one page. Turns hold speech, so only a bridge with `--dev` keeps them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeVar

import msgspec

from ivr.call.call import Call
from ivr.call.commands import (
    CancelSpeech,
    CloseReply,
    Command,
    ForgetTranscript,
    HangUp,
    RequestReply,
    Speak,
    Transcribe,
)
from ivr.call.events import (
    SUPERSEDED,
    AudioIn,
    CallStarted,
    Event,
    ReplyEnded,
    ReplyFailed,
    TranscriptArrived,
    TranscriptFailed,
    TtsEnded,
    TtsFailed,
)
from ivr.call.timeline import Turn

T = TypeVar("T")

ENDED_KEPT: Final = 20
"""Calls that are remembered after their end."""


@dataclass(slots=True)
class CallSnapshot:
    """Hold what the bridge knows of a call."""

    started_at: float
    """The event loop's time at which the stream began."""
    result: str = ""
    """How the call ended; empty while it lasts."""
    reason: str = ""
    turns: list[Turn] = field(default_factory=list)
    """Their times are of the same clock."""
    owes: bool = False
    """While it lasts: the caller has asked something, and more of the answer will come."""
    about: dict[str, str] = field(default_factory=dict)
    """What the bridge says of itself and of the line: facts for people, by their names."""


class OwedAnswer:
    """Follow whether a caller waits for words: from an utterance's end until TTS has delivered its whole answer.

    A filler is no answer, and so the caller of a test must not go on after it.
    """

    def __init__(self) -> None:
        self._hearing: set[int] = set()
        self._replying: int | None = None
        self._speaking = False

    def __bool__(self) -> bool:
        return bool(self._hearing) or self._replying is not None or self._speaking

    def happened(self, event: Event, commands: Sequence[Command]) -> None:
        """Take an event and what followed from it."""
        for one in (event, *commands):
            match one:
                case Transcribe(utterance=utterance):
                    self._hearing.add(utterance)
                case (
                    ForgetTranscript(utterance=utterance)
                    | TranscriptArrived(utterance=utterance)
                    | TranscriptFailed(utterance=utterance)
                ):
                    self._hearing.discard(utterance)
                case RequestReply(turn=turn):
                    self._replying = turn
                case ReplyEnded(turn=turn) | ReplyFailed(turn=turn) | CloseReply(turn=turn):
                    self._replying = None if turn == self._replying else self._replying
                case Speak():
                    self._speaking = True
                case TtsEnded() | TtsFailed() | CancelSpeech():
                    self._speaking = False


class RecentCalls:
    """Remember the live calls, and the last that are over. An observer of calls."""

    wants_still_frames: Final = False

    def __init__(self, at_once: int = ENDED_KEPT) -> None:
        """Take `at_once`, the number of live calls."""
        self._at_once = at_once
        self.describe: Callable[[CallStarted], dict[str, str]] = lambda _: {}
        """Return what is told `about` a call that begins."""
        self.tell: Callable[[str, CallSnapshot], None] = lambda _call, _snapshot: None
        """Given a call, and what is known of it, whenever that has changed."""
        self._going: dict[str, CallSnapshot] = {}
        self._over: dict[str, CallSnapshot] = {}
        self._owed: dict[str, OwedAnswer] = {}

    def __repr__(self) -> str:
        return f"<RecentCalls {len(self._going) + len(self._over)} calls>"

    def began(self, call_id: str, now: float, call: Call) -> None:
        """Need nothing of a call before its first event."""

    def happened(self, call_id: str, now: float, event: Event, commands: Sequence[Command]) -> None:
        """Remember a call that begins, and whether it owes an answer."""
        if isinstance(event, CallStarted):
            # A second stream of a call makes it live again.
            self._over.pop(call_id, None)
            _keep(self._going, call_id, CallSnapshot(now, about=self.describe(event)), self._at_once)
            _keep(self._owed, call_id, OwedAnswer(), self._at_once)
            self.tell(call_id, self._going[call_id])
        # Audio alone changes nothing, and comes fifty times a second.
        elif isinstance(event, AudioIn) and not commands:
            return
        elif (owed := self._owed.get(call_id)) is not None and call_id in self._going:
            owed.happened(event, commands)
            snapshot = self._going[call_id]
            if snapshot.owes != bool(owed):
                snapshot.owes = bool(owed)
                self.tell(call_id, snapshot)

    def ended(self, call_id: str, now: float, turns: Sequence[Turn], hang_up: HangUp) -> None:
        """Remember how a call ended, and its turns."""
        # The call goes on in its second stream.
        if hang_up.reason == SUPERSEDED:
            return
        snapshot = self._going.pop(call_id, None)
        self._owed.pop(call_id, None)
        if snapshot is not None:
            snapshot.owes = False
            snapshot.result, snapshot.reason, snapshot.turns = hang_up.result, hang_up.reason, list(turns)
            _keep(self._over, call_id, snapshot, ENDED_KEPT)
            self.tell(call_id, snapshot)

    def get(self, call_id: str) -> CallSnapshot | None:
        """Return a call. None: the call is unknown."""
        return self._going.get(call_id) or self._over.get(call_id)


def _keep(calls: dict[str, T], call_id: str, what: T, most: int) -> None:
    """Add what is kept of a call behind the others. The first of too many is forgotten."""
    calls.pop(call_id, None)
    calls[call_id] = what
    if len(calls) > most:
        del calls[next(iter(calls))]


def encode(snapshot: CallSnapshot) -> bytes:
    """Write a snapshot as JSON."""
    return msgspec.json.encode(snapshot)


def decode(text: bytes) -> CallSnapshot:
    """Read a snapshot from JSON. Raises ValueError."""
    return msgspec.json.decode(text, type=CallSnapshot)
