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
from ivr.call.events import CallStarted, Event
from ivr.call.timeline import Turn

MOST: Final = 20
"""Calls that are remembered."""


@dataclass(slots=True)
class Told:
    """What the bridge knows of a call."""

    started_at: float
    """The loop's time at which the stream began."""
    result: str = ""
    """How the call ended, and why; empty while it lasts."""
    reason: str = ""
    turns: list[Turn] = field(default_factory=list)
    """Their times are of the same clock."""


class Recent:
    """An observer that remembers the last calls."""

    def __init__(self) -> None:
        self._calls: dict[str, Told] = {}

    def __repr__(self) -> str:
        return f"<Recent {len(self._calls)} calls>"

    def happened(self, call_id: str, now: float, event: Event, commands: Sequence[Command]) -> None:
        if isinstance(event, CallStarted):
            self._calls[call_id] = Told(now)
            while len(self._calls) > MOST:
                del self._calls[next(iter(self._calls))]

    def ended(self, call_id: str, now: float, turns: Sequence[Turn], hang_up: HangUp) -> None:
        told = self._calls.get(call_id)
        if told is not None:
            told.result, told.reason, told.turns = hang_up.result, hang_up.reason, list(turns)

    def get(self, call_id: str) -> Told | None:
        """A call; None: no such call is known."""
        return self._calls.get(call_id)


def encode(told: Told) -> bytes:
    """As JSON."""
    return msgspec.json.encode(told)


def decode(text: bytes) -> Told:
    """From JSON. Raises ValueError."""
    return msgspec.json.decode(text, type=Told)
