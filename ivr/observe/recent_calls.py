"""Remember the last calls of a developer's bridge, for `GET /calls/{call}` with `--dev`.

The phone knows when the caller heard something, the bridge knows the words: `ivr call` asks for the turns of its call
and puts both on one page. Turns hold speech, so only a bridge with `--dev` keeps them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import msgspec

from ivr.call.commands import Command, HangUp
from ivr.call.events import SUPERSEDED, CallStarted, Event
from ivr.call.timeline import Turn

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


class RecentCalls:
    """Remember the live calls, and the last that are over. An observer of calls."""

    def __init__(self, at_once: int = ENDED_KEPT) -> None:
        """Take `at_once`, the number of live calls."""
        self._at_once = at_once
        self._going: dict[str, CallSnapshot] = {}
        self._over: dict[str, CallSnapshot] = {}

    def __repr__(self) -> str:
        return f"<RecentCalls {len(self._going) + len(self._over)} calls>"

    def happened(self, call_id: str, now: float, event: Event, commands: Sequence[Command]) -> None:
        """Remember a call that begins."""
        if isinstance(event, CallStarted):
            # A second stream of a call makes it live again.
            self._over.pop(call_id, None)
            _keep(self._going, call_id, CallSnapshot(now), self._at_once)

    def ended(self, call_id: str, now: float, turns: Sequence[Turn], hang_up: HangUp) -> None:
        """Remember how a call ended, and its turns."""
        # The call goes on in its second stream.
        if hang_up.reason == SUPERSEDED:
            return
        snapshot = self._going.pop(call_id, None)
        if snapshot is not None:
            snapshot.result, snapshot.reason, snapshot.turns = hang_up.result, hang_up.reason, list(turns)
            _keep(self._over, call_id, snapshot, ENDED_KEPT)

    def get(self, call_id: str) -> CallSnapshot | None:
        """Return a call. None: the call is unknown."""
        return self._going.get(call_id) or self._over.get(call_id)


def _keep(calls: dict[str, CallSnapshot], call_id: str, snapshot: CallSnapshot, most: int) -> None:
    """Add a call behind the others. The first of too many is forgotten."""
    calls.pop(call_id, None)
    calls[call_id] = snapshot
    if len(calls) > most:
        del calls[next(iter(calls))]


def encode(snapshot: CallSnapshot) -> bytes:
    """Write a snapshot as JSON."""
    return msgspec.json.encode(snapshot)


def decode(text: bytes) -> CallSnapshot:
    """Read a snapshot from JSON. Raises ValueError."""
    return msgspec.json.decode(text, type=CallSnapshot)
