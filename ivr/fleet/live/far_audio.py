"""Listen to calls of other nodes: their audio comes by a channel of the store, while this node asks for it again."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Final

from ivr.fleet.client import Valkey
from ivr.fleet.directory import LEASE_S, Gone
from ivr.fleet.live.local import Audience
from ivr.fleet.live.stored_calls import audio_channel
from ivr.fleet.messages import Listen

MOST_LISTENED: Final = 20
"""Calls that may be listened to at once: each takes a connection to the store."""
RENEW_S: Final = LEASE_S / 3
MISSES: Final = 2
"""Times in a row that no node has the call, after which it is gone."""


class FarAudio:
    """Bring the audio of calls of other nodes to the listeners of this process."""

    def __init__(self, store: Valkey, audience: Audience, tell: Callable[[Listen], Awaitable[bool]]) -> None:
        """Take the store, the listeners of this process, and what tells the node of a call."""
        self._store = store
        self._audience = audience
        self._tell = tell
        self._pumps: dict[str, asyncio.Task[None]] = {}

    def __repr__(self) -> str:
        return f"<FarAudio of {len(self._pumps)} calls>"

    async def close(self) -> None:
        """End every task."""
        pumps = list(self._pumps.values())
        for pump in pumps:
            pump.cancel()
        await asyncio.gather(*pumps, return_exceptions=True)
        self._pumps.clear()

    async def listen(self, asked: Listen) -> AsyncGenerator[bytes, None]:
        """Yield the audio of a call until it is gone. Nothing comes where no node has it, or too many are heard."""
        call_id = asked.call
        if call_id not in self._pumps and len(self._pumps) >= MOST_LISTENED:
            return
        if call_id not in self._pumps:
            self._pumps[call_id] = asyncio.create_task(self._pump(call_id))
        renewing = None
        try:
            if await self._tell(asked):
                renewing = asyncio.create_task(self._renew(asked))
                async with contextlib.aclosing(self._audience.listen(call_id)) as heard:
                    async for audio in heard:
                        yield audio
        finally:
            if renewing is not None:
                renewing.cancel()
            if not self._audience.here(call_id) and (pump := self._pumps.pop(call_id, None)) is not None:
                pump.cancel()

    async def _pump(self, call_id: str) -> None:
        """Give what comes by the channel to the listeners. Nothing: the call is gone."""
        async for audio in self._store.subscribe(audio_channel(call_id)):
            if audio:
                self._audience.hear(call_id, audio)
            else:
                self._audience.end(Gone(call_id, ""))

    async def _renew(self, asked: Listen) -> None:
        """Ask again before the lease is over. Where no node has the call any more, the listeners are told."""
        missed = 0
        while missed < MISSES:
            await asyncio.sleep(RENEW_S)
            missed = 0 if await self._tell(asked) else missed + 1
        self._audience.end(Gone(asked.call, ""))
