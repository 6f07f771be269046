"""The last calls of a developer's bridge, told to whoever placed them: `GET /calls/{call}`, with `--dev` only.

A phone knows when something was heard, the bridge what was said: `ivr call` asks for the turns of its call and puts
both on one page. They are speech, so no other bridge keeps them, and nobody knows a call's id but who placed it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import msgspec

from ivr.call.commands import Command, HangUp
from ivr.call.events import SUPERSEDED, CallStarted, Event
from ivr.call.timeline import Turn

MOST: Final = 20
"""Calls that are remembered when they are over."""


@dataclass(slots=True)
class CallSnapshot:
    """What the bridge knows of a call."""

    started_at: float
    """The loop's time at which the stream began."""
    result: str = ""
    """How the call ended, and why; empty while it lasts."""
    reason: str = ""
    turns: list[Turn] = field(default_factory=list)
    """Their times are of the same clock."""


class RecentCalls:
    """An observer that remembers the calls that go on, as many as the bridge takes, and the last that are over."""

    def __init__(self, at_once: int = MOST) -> None:
        """`at_once`: calls that may go on at a time."""
        self._at_once = at_once
        self._going: dict[str, CallSnapshot] = {}
        self._over: dict[str, CallSnapshot] = {}

    def __repr__(self) -> str:
        return f"<RecentCalls {len(self._going) + len(self._over)} calls>"

    def happened(self, call_id: str, now: float, event: Event, commands: Sequence[Command]) -> None:
        if isinstance(event, CallStarted):
            self._over.pop(call_id, None)  # its second stream
            _keep(self._going, call_id, CallSnapshot(now), self._at_once)

    def ended(self, call_id: str, now: float, turns: Sequence[Turn], hang_up: HangUp) -> None:
        if hang_up.reason == SUPERSEDED:  # the call goes on, in its second stream
            return
        told = self._going.pop(call_id, None)
        if told is not None:
            told.result, told.reason, told.turns = hang_up.result, hang_up.reason, list(turns)
            _keep(self._over, call_id, told, MOST)

    def get(self, call_id: str) -> CallSnapshot | None:
        """A call; None: no such call is known."""
        return self._going.get(call_id) or self._over.get(call_id)


def _keep(calls: dict[str, CallSnapshot], call_id: str, told: CallSnapshot, most: int) -> None:
    """Put a call behind the others; the first of too many goes."""
    calls.pop(call_id, None)
    calls[call_id] = told
    if len(calls) > most:
        del calls[next(iter(calls))]


def encode(told: CallSnapshot) -> bytes:
    """As JSON."""
    return msgspec.json.encode(told)


def decode(text: bytes) -> CallSnapshot:
    """From JSON. Raises ValueError."""
    return msgspec.json.decode(text, type=CallSnapshot)
