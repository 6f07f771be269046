"""Serve those in this process who watch the calls and listen to them, whichever engine brings what they see.

Belongs to the loop in which it is used. Queues are bounded: a slow reader misses what is old.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Iterable
from typing import Final

from ivr.fleet.directory import LEASE_S, Change, Gone, LiveCall
from ivr.fleet.live.picture import PendingChanges
from ivr.fleet.messages import Listen

AUDIO_KEPT: Final = 50
"""Pieces of audio that wait for a slow listener: a second."""
MOST_LEASES: Final = 32
"""Listeners elsewhere of one call."""


class Watchers:
    """Tell everyone in this process who watches the calls."""

    def __init__(self) -> None:
        self._watching: dict[PendingChanges, asyncio.Event] = {}

    def __len__(self) -> int:
        return len(self._watching)

    def tell(self, changes: Iterable[Change]) -> None:
        """Pass changes on. Does not wait."""
        for change in changes:
            for pending, news in self._watching.items():
                pending.add(change)
                news.set()

    async def watch(self, calls: Iterable[LiveCall]) -> AsyncGenerator[Change, None]:
        """Yield these calls, and then every change."""
        pending, news = PendingChanges(calls), asyncio.Event()
        self._watching[pending] = news
        try:
            while True:
                while (change := pending.take()) is not None:
                    yield change
                news.clear()
                await news.wait()
        finally:
            del self._watching[pending]


class Audience:
    """Know who listens to the calls: listeners of this process, and leases of those elsewhere."""

    def __init__(self) -> None:
        self._ears: dict[str, list[_Ear]] = {}
        """Of each call, its listeners in this process."""
        self._leases: dict[str, dict[str, tuple[float, str]]] = {}
        """Of each call of this node: until when each listener elsewhere is sent audio, and the operator's name."""

    def __repr__(self) -> str:
        return f"<Audience of {len(self._ears)} calls here, {len(self._leases)} elsewhere>"

    def here(self, call_id: str) -> int:
        """Return how many of this process listen to a call."""
        return len(self._ears.get(call_id, ()))

    def elsewhere(self, call_id: str) -> int:
        """Return how many leases there are on a call."""
        return len(self._leases.get(call_id, ()))

    def nodes(self, call_id: str) -> set[str]:
        """Return the nodes in which there are listeners with a lease on a call: a name, `#` and a number is theirs."""
        return {listener.rpartition("#")[0] for listener in self._leases.get(call_id, ())}

    def lease(self, message: Listen, now: float) -> bool:
        """Send a listener audio for `LEASE_S` from now on, or no more. Return whether that is news."""
        leases = self._leases.setdefault(message.call, {})
        known = message.listener in leases
        if not message.on:
            leases.pop(message.listener, None)
        elif known or len(leases) < MOST_LEASES:
            leases[message.listener] = now + LEASE_S, message.by
        if not leases:
            del self._leases[message.call]
        return known is not (message.listener in leases)

    def beat(self, now: float) -> list[Listen]:
        """Drop the leases that are over, and return what their listeners would have said."""
        if not self._leases:
            return []
        over = [
            Listen(call_id, on=False, listener=listener, by=by)
            for call_id, leases in self._leases.items()
            for listener, (until, by) in leases.items()
            if now >= until
        ]
        for message in over:
            self.lease(message, now)
        return over

    def hear(self, call_id: str, audio: bytes) -> None:
        """Give audio to those of this process who listen to a call."""
        for ear in self._ears.get(call_id, ()):
            ear.audio.append(audio)
            ear.news.set()

    def end(self, change: Change) -> None:
        """Let those listen no more whose call is gone."""
        if isinstance(change, Gone):
            self._leases.pop(change.call_id, None)
            for ear in self._ears.get(change.call_id, ()):
                ear.over = True
                ear.news.set()

    async def listen(self, call_id: str) -> AsyncGenerator[bytes, None]:
        """Yield the audio of a call until it is gone."""
        ear = _Ear()
        self._ears.setdefault(call_id, []).append(ear)
        try:
            while True:
                while ear.audio:
                    yield ear.audio.popleft()
                if ear.over:
                    return
                ear.news.clear()
                await ear.news.wait()
        finally:
            ears = self._ears[call_id]
            ears.remove(ear)
            if not ears:
                del self._ears[call_id]


class _Ear:
    """Hold what one listener was not given yet."""

    def __init__(self) -> None:
        self.audio: deque[bytes] = deque(maxlen=AUDIO_KEPT)
        self.news = asyncio.Event()
        self.over = False
