"""Decide which calls a line does not take now: outside its hours, or from callers that it does not want."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

from ivr.config.line.has import ANSWERED_CLOSED
from ivr.config.lines import Line
from ivr.server.calls.blocked_lists import BlockedLists
from ivr.server.calls.first_words import CLOSED, HOURS
from ivr.twilio.form import Dialled

TurnedAwayBy: TypeAlias = Literal["outside_hours", "holiday", "blocked", "anonymous"]
Refusal: TypeAlias = Literal["closed", "voicemail", "blocked", "anonymous"]
"""The document that such a caller hears."""
OUTBOUND: Final = "outbound"


@dataclass(frozen=True, slots=True)
class Look:
    """Hold what came of looking at a call."""

    refusal: Refusal | None = None
    """None: the line takes it."""
    told: Mapping[str, str] = field(default_factory=dict)
    """What the agent is told of it."""


class Doors:
    """Look at the calls of one bridge before they are taken."""

    def __init__(self, lists: BlockedLists, count: Callable[[str, str], None]) -> None:
        """Take the files of blocked callers, and what counts a call that is turned away, by its line and reason."""
        self.lists = lists
        self._count = count
        self._last = ("", "")

    def __repr__(self) -> str:
        return f"<Doors {self.lists!r}>"

    def look(self, line: Line, dialled: Dialled, unix: float) -> Look:
        """Decide about a call at a time in Unix seconds."""
        # A call that the operator places comes when the operator wants, to whom the operator wants.
        if dialled.direction.startswith(OUTBOUND):
            return Look()
        match line.has.callers.verdict(dialled.caller, self.lists.of(line.has.callers)):
            case "reject":
                withheld = line.has.callers.is_anonymous(dialled.caller)
                return self._turn_away("blocked", line, dialled, "anonymous" if withheld else "blocked")
            case "say":
                return self._turn_away("anonymous", line, dialled, "anonymous")
            case "voicemail":
                return self._turn_away("voicemail", line, dialled, "anonymous")
        hours = line.has.hours
        if hours is None or hours.open_at(unix):
            return Look()
        if line.has.closed in ANSWERED_CLOSED:
            return Look(told={HOURS: CLOSED})
        document: Refusal = "voicemail" if line.has.closed == "voicemail" else "closed"
        return self._turn_away(document, line, dialled, "holiday" if hours.is_holiday(unix) else "outside_hours")

    def reason_of(self, call_id: str) -> str:
        """Return why a call was turned away that was looked at last; empty: it was not, or not for a reason of here."""
        return self._last[1] if self._last[0] == call_id else ""

    def _turn_away(self, document: Refusal, line: Line, dialled: Dialled, reason: TurnedAwayBy) -> Look:
        self._last = dialled.call_sid, reason
        self._count(line.name, reason)
        return Look(document)
