"""The pieces of one reply -> the events of its turn, and its end: exactly one, whatever happened.

A reply that said something and broke off has failed; one that said something and merely reported an error has ended,
with a `PeerFault` beside it. A reply that only closes the conversation, or hands it over, has ended too.
"""

from __future__ import annotations

from ivr.call.events import PeerFault, ReplyDelta, ReplyEnded, ReplyFailed, ReplyPause
from ivr.webhook.formats.parts import Closing, Delta, Failure, Pause, Piece, Transferring


class ReplyEvents:
    """One reply's ledger."""

    def __init__(self, turn: int) -> None:
        self._turn = turn
        self._said = False
        self._hang_up = False
        self._transfer_to: str | None = None
        self._faults: list[str] = []

    def take(self, piece: Piece) -> ReplyDelta | ReplyPause | PeerFault | None:
        """The event of a piece. The same fault is told once; what comes after the words at the end."""
        match piece:
            case Delta(text):
                self._said = self._said or not text.isspace()
                return ReplyDelta(self._turn, text)
            case Pause():
                return ReplyPause(self._turn)
            case Closing():
                self._hang_up = True
            case Transferring(number):
                self._transfer_to = number
            case Failure(reason) if reason not in self._faults:
                self._faults.append(reason)
                return PeerFault("agent", reason)
        return None

    def verdict(self, broke: str = "") -> ReplyEnded | ReplyFailed:
        """How the reply ended; `broke` says why it could not be read to its end."""
        asks = self._hang_up or self._transfer_to is not None
        if asks and (self._said or not broke):
            return ReplyEnded(self._turn, self._hang_up, self._transfer_to)
        if broke:
            return ReplyFailed(self._turn, broke)
        if "too_long" in self._faults:
            return ReplyFailed(self._turn, "too_long")
        if self._said:
            return ReplyEnded(self._turn)
        return ReplyFailed(self._turn, self._faults[0] if self._faults else "empty")
