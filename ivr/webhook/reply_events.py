"""Turn the pieces of one reply into the events of its turn, and into its end: exactly one, whatever happened."""

from __future__ import annotations

from typing import Final

from ivr.call.events import PeerFault, ReplyDelta, ReplyEnded, ReplyFailed, ReplyPause
from ivr.text.segment.unfinished import LONGEST_END, whole_length
from ivr.webhook.formats.parts import Closing, Delta, Failure, Pause, Piece, Transferring, Waiting

_BREAKS: Final = frozenset(("agent_error", "bad_line", "bad_record", "not_json"))
"""Faults behind which the words before them may not be whole."""


class ReplyEvents:
    """Follow one reply and decide how it ended."""

    def __init__(self, turn: int) -> None:
        self._turn = turn
        self._said = False
        self._hang_up = False
        self._transfer_to: str | None = None
        self._idle_s: float | None = None
        self._faults: list[str] = []
        self._last_words = ""
        """The end of what was said since the last pause."""
        self._broke_off = ""
        """The fault that came within a sentence, where no word came since."""

    def take(self, piece: Piece) -> ReplyDelta | ReplyPause | PeerFault | None:
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
            case Closing():
                self._hang_up = True
            case Transferring(number):
                self._transfer_to = number
            case Waiting(seconds):
                self._idle_s = seconds
            case Failure(reason):
                words = self._last_words.rstrip()
                if reason in _BREAKS and whole_length(words) < len(words):
                    self._broke_off = self._broke_off or reason
                if reason not in self._faults:
                    self._faults.append(reason)
                    return PeerFault("agent", reason)
        return None

    def end(self, broke: str = "") -> ReplyEnded | ReplyFailed:
        """Return how the reply ended. `broke`: why it could not be read to its end."""
        # A reply that only hangs up or hands over has ended well, unless it broke off before its first word.
        asks = self._hang_up or self._transfer_to is not None
        if asks and (self._said or not broke):
            return ReplyEnded(self._turn, self._hang_up, self._transfer_to, self._idle_s)
        if broke:
            return ReplyFailed(self._turn, broke)
        if "too_long" in self._faults:
            return ReplyFailed(self._turn, "too_long")
        if self._broke_off:
            return ReplyFailed(self._turn, self._broke_off)
        # A reply that said something whole and merely reported an error has ended, with a `PeerFault` beside it.
        if self._said:
            return ReplyEnded(self._turn, idle_s=self._idle_s)
        return ReplyFailed(self._turn, self._faults[0] if self._faults else "empty")
