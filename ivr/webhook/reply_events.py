"""Turn the pieces of one reply into the events of its turn, and into its end: exactly one, whatever happened."""

from __future__ import annotations

from typing import Final, assert_never

from ivr.call.actions import Expect, Gather, Message, TransferOptions
from ivr.call.events import PeerFault, ReplyAction, ReplyDelta, ReplyEnded, ReplyFailed, ReplyPause
from ivr.text.segment.unfinished import LONGEST_END, whole_length
from ivr.webhook.formats.parts import (
    Acting,
    Closing,
    Delta,
    Expecting,
    Failure,
    Gathering,
    Keeping,
    Pause,
    Piece,
    TakingMessage,
    Transferring,
    Waiting,
)

_BREAKS: Final = frozenset(("agent_error", "bad_line", "bad_record", "not_json"))
"""Faults behind which the words before them may not be whole."""


class ReplyEvents:
    """Follow one reply and decide how it ended."""

    def __init__(self, turn: int) -> None:
        self._turn = turn
        self._said = False
        self._hang_up = False
        self._transfer_to: str | None = None
        self._transfer: TransferOptions | None = None
        self._message: Message | None = None
        self._idle_s: float | None = None
        self._gather: Gather | None = None
        self._expect: Expect | None = None
        self._context: str | None = None
        self._faults: list[str] = []
        self._last_words = ""
        """The end of what was said since the last pause."""
        self._broke_off = ""
        """The fault that came within a sentence, where no word came since."""

    def take(self, piece: Piece) -> ReplyDelta | ReplyPause | ReplyAction | PeerFault | None:
        """Return the event of a piece; None for a fault that was reported before, and for what the end tells."""
        match piece:
            case Delta(text):
                self._said = self._said or not text.isspace()
                self._last_words = (self._last_words + text)[-LONGEST_END:]
                self._broke_off = ""
                return ReplyDelta(self._turn, text)
            case Pause():
                self._last_words = ""
                return ReplyPause(self._turn)
            case Acting(act, value, ms, interruptible):
                self._said = True
                self._last_words = self._broke_off = ""
                return ReplyAction(self._turn, act, value, ms, interruptible)
            case Failure(reason):
                words = self._last_words.rstrip()
                if reason in _BREAKS and whole_length(words) < len(words):
                    self._broke_off = self._broke_off or reason
                if reason not in self._faults:
                    self._faults.append(reason)
                    return PeerFault("agent", reason)
            case _:
                self._keep(piece)
        return None

    def _keep(self, piece: Closing | Transferring | TakingMessage | Waiting | Gathering | Expecting | Keeping) -> None:
        """Keep what is asked for at the end of the reply; the last counts."""
        match piece:
            case Closing():
                self._hang_up = True
            case Transferring(number, options):
                self._transfer_to, self._transfer = number, options
            case TakingMessage(message):
                self._message = message
            case Waiting(seconds):
                self._idle_s = seconds
            case Gathering(gather):
                self._gather = gather
            case Expecting(expect):
                self._expect = expect
            case Keeping(context):
                self._context = context
            case _:
                assert_never(piece)

    def end(self, broke: str = "") -> ReplyEnded | ReplyFailed:
        """Return how the reply ended. `broke`: why it could not be read to its end."""
        # A reply that only hangs up, hands over or takes a message has ended well, unless it broke off before its
        # first word.
        ends_call = self._hang_up or self._transfer_to is not None or self._message is not None
        if ends_call and (self._said or not broke):
            return self._ended()
        if broke:
            return ReplyFailed(self._turn, broke)
        if "too_long" in self._faults:
            return ReplyFailed(self._turn, "too_long")
        if self._broke_off:
            return ReplyFailed(self._turn, self._broke_off)
        # A reply that said something whole and merely reported an error has ended, with a `PeerFault` beside it. One
        # that only asks for something else, such as patience, has said all it wants to.
        ended = self._ended()
        if self._said or (ended.prepares and not self._faults):
            return ended
        return ReplyFailed(self._turn, self._faults[0] if self._faults else "empty")

    def _ended(self) -> ReplyEnded:
        return ReplyEnded(
            self._turn,
            self._hang_up,
            self._transfer_to,
            self._idle_s,
            self._transfer,
            self._message,
            self._gather,
            self._expect,
            self._context,
        )
