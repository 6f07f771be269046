"""Keep the states of a fleet's calls in Valkey, through the client that no call waits for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ivr.fleet.client import Valkey
from ivr.fleet.kept.calls import FORGET_S, MemoryKept
from ivr.fleet.keys import key

if TYPE_CHECKING:
    from redis.asyncio import Redis

_KIND: Final = "kept"


class ValkeyKept:
    """Keep states in Valkey, and this process's own in memory too: a stream that comes back finds them without it."""

    def __init__(self, client: Valkey) -> None:
        self._client = client
        self._own = MemoryKept()

    def __repr__(self) -> str:
        return f"<ValkeyKept {self._own!r} {self._client!r}>"

    @property
    def up(self) -> bool | None:
        """See `KeptCalls`."""
        return self._client.up

    def open(self) -> None:
        """See `KeptCalls`. Who owns the client opens it."""

    def keep(self, call_id: str, state: bytes) -> None:
        """See `KeptCalls`."""
        self._own.keep(call_id, state)

        async def write(store: Redis) -> object:
            # What has changed since has a write of its own, behind this one.
            return await store.set(key(_KIND, call_id), state, ex=int(FORGET_S))

        self._client.post(write)

    async def take(self, call_id: str) -> bytes | None:
        """See `KeptCalls`."""

        async def read(store: Redis) -> bytes | None:
            found = await store.get(key(_KIND, call_id))
            return found if isinstance(found, bytes) else None

        # Another node may have carried the call since: the store knows better than memory.
        found = await self._client.ask(read, None)
        return found if found is not None else await self._own.take(call_id)

    def drop(self, call_id: str) -> None:
        """See `KeptCalls`."""
        self._own.drop(call_id)

        async def forget(store: Redis) -> object:
            return await store.delete(key(_KIND, call_id))

        self._client.post(forget)

    async def close(self) -> None:
        """See `KeptCalls`. Who owns the client closes it."""
