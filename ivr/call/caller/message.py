"""Follow a message that the caller leaves: a state machine as a table.

NONE          no message is taken
WANTED        the agent, or the line, has asked for one; what is being said is said first
ANNOUNCING    the announcement and the tone are said; nothing interrupts them
RECORDING     the caller speaks; nothing is said and nothing is asked
CLOSING       the message is over: the last words are looked for, then the agent is told
BROKEN_OFF    the call ended within the message: the agent is told what there is of it
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final, Literal, TypeAlias

from ivr.call.actions import Message

EndedBy: TypeAlias = Literal["silence", "key", "length", "caller"]
"""What has ended a message. `caller`: the call is over, or about to end."""

FIRST_WORD_S: Final = 6.0
"""Seconds that the caller has at least for the first word."""


class MessageState(StrEnum):
    """Name how far a message is."""

    NONE = "none"
    WANTED = "wanted"
    ANNOUNCING = "announcing"
    RECORDING = "recording"
    CLOSING = "closing"
    BROKEN_OFF = "broken_off"


class MessageTrigger(StrEnum):
    """Name what leads from one state to another."""

    WANT = "want"
    ANNOUNCE = "announce"
    BEGIN = "tone heard"
    END = "end"
    TELL = "tell the agent"
    DROP = "drop"
    BREAK_OFF = "call ends"


_S, _T = MessageState, MessageTrigger
MESSAGE_TABLE: Final[dict[MessageState, dict[MessageTrigger, MessageState]]] = {
    _S.NONE: {_T.WANT: _S.WANTED, _T.DROP: _S.NONE, _T.BREAK_OFF: _S.NONE},
    _S.WANTED: {
        _T.WANT: _S.WANTED,
        _T.ANNOUNCE: _S.ANNOUNCING,
        # The caller has interrupted the words before it, or the call ends.
        _T.DROP: _S.NONE,
        _T.BREAK_OFF: _S.NONE,
    },
    _S.ANNOUNCING: {_T.BEGIN: _S.RECORDING, _T.DROP: _S.NONE, _T.BREAK_OFF: _S.NONE},
    _S.RECORDING: {_T.END: _S.CLOSING, _T.DROP: _S.RECORDING, _T.BREAK_OFF: _S.BROKEN_OFF},
    _S.CLOSING: {_T.TELL: _S.NONE, _T.DROP: _S.CLOSING, _T.BREAK_OFF: _S.BROKEN_OFF},
    _S.BROKEN_OFF: {_T.TELL: _S.NONE, _T.DROP: _S.BROKEN_OFF, _T.BREAK_OFF: _S.BROKEN_OFF},
}
_RUNNING: Final = frozenset({_S.RECORDING, _S.CLOSING})


class IllegalMessage(RuntimeError):
    """Report a trigger in a state that has no row for it: the call is at fault, not its peers."""


class CallerMessage:
    """Hold one caller's message. Times in seconds of `now`."""

    def __init__(self) -> None:
        self.state = MessageState.NONE
        self.wish = Message()
        """How it is taken."""
        self.text = ""
        """What there was of one that broke off. Never logged."""
        self.whole = True
        """All that was said has its words."""
        self.ended_by: EndedBy = "caller"
        self._began_at: float | None = None
        self._ended_at: float | None = None

    def __repr__(self) -> str:
        return f"<CallerMessage {self.state}>"

    @property
    def runs(self) -> bool:
        """Return whether the caller's words belong to the message."""
        return self.state in _RUNNING

    def want(self, wish: Message) -> None:
        """Take a message once what is being said was heard; another wish takes the place of the first."""
        self._go(MessageTrigger.WANT)
        self.wish = wish

    def announce(self) -> None:
        """Note that the announcement and the tone are being said."""
        self._go(MessageTrigger.ANNOUNCE)

    def begin(self, now: float) -> float:
        """Begin after the tone; return until when the caller may stay silent."""
        self._go(MessageTrigger.BEGIN)
        self.text, self.whole, self._began_at, self._ended_at = "", True, now, None
        return now + max(FIRST_WORD_S, self.wish.silence_s)

    def end(self, by: EndedBy, now: float) -> None:
        """End it: its last words may still be looked for."""
        self._go(MessageTrigger.END)
        self.ended_by, self._ended_at = by, now

    def lose_words(self) -> None:
        """Note that a piece of it has no words: STT failed."""
        self.whole = False

    def told(self) -> None:
        """Note that the agent is told."""
        self._go(MessageTrigger.TELL)

    def drop(self) -> None:
        """Forget a message that has not begun."""
        self._go(MessageTrigger.DROP)

    def break_off(self, text: str, now: float, *, whole: bool) -> None:
        """End it with the call. `text`: the words that are known. `whole`: these are all."""
        ran, self.ended_by = self.runs, "caller" if self.state is MessageState.RECORDING else self.ended_by
        self._go(MessageTrigger.BREAK_OFF)
        if ran:
            self.text, self.whole = text, self.whole and whole
            self._ended_at = self._ended_at or now

    def facts(self) -> dict[str, str | int | float | bool]:
        """Return what there is to say of it, without its words."""
        began, ended = self._began_at or 0.0, self._ended_at or 0.0
        return {"seconds": round(ended - began, 1), "complete": self.whole, "ended_by": self.ended_by}

    def _go(self, trigger: MessageTrigger) -> None:
        """Follow the table. Raises IllegalMessage."""
        try:
            self.state = MESSAGE_TABLE[self.state][trigger]
        except KeyError:
            raise IllegalMessage(f"{trigger} while {self.state}") from None
