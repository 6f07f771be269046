"""Keep the places of the fleet's calls in the store: who may come in, who is on the line and where.

A place is a *slot* with an expiry. That of an awaited call lasts as long as its stream may come; that of a call on the
line is renewed by the heartbeat of its node, so a node that dies holds its slots for one expiry and no longer. Every
operation is one script of the store (`ivr.fleet.scripts`): no two nodes take the last slot. None of them waits longer
than the client's bound, and each returns None where the store cannot be asked.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from ivr.fleet import scripts
from ivr.fleet.client import Valkey
from ivr.fleet.keys import key

if TYPE_CHECKING:
    from redis.asyncio import Redis

SlotAnswer: TypeAlias = Literal["new", "known", "full", "line_full"]
_ANSWERS: Final[dict[int, SlotAnswer]] = {1: "new", 2: "known", 0: "full", -1: "line_full"}
_SLOTS, _OWNERS, _NODES, _LIMITS = key("slots"), key("owners"), key("nodes"), key("limits")


@dataclass(frozen=True, slots=True)
class Timing:
    """Say how long the store believes what it was told. Seconds of its own clock."""

    hold: float = 65.0
    """For a call that was answered and whose stream has not come: a little longer than its token is good."""
    live: int = 20
    """For a node, and for a call on the line, without a heartbeat."""
    beat: float = 5.0
    """Between two heartbeats. Three of them may be lost."""
    used: int = 300
    """For a token that was used: longer than any clock of the fleet may take it for good."""


@dataclass(frozen=True, slots=True)
class SlotLimits:
    """Say how many calls there may be."""

    node: int
    """On this node."""
    fleet: int = 0
    """On all nodes. 0: as many as they carry together. Never more than that."""
    line: int = 0
    """Of the call's line. 0: no limit of its own."""


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Name the stream that carried a call before."""

    node: str
    stream: int


@dataclass(frozen=True, slots=True)
class Arrival:
    """Say what became of a stream that asked to carry its call."""

    fresh: bool
    """Its token was not used before. False: the stream must be refused, and nothing has changed."""
    since: float = 0.0
    """Seconds of the store's clock from which it carries the call."""
    older: Elsewhere | None = None
    """The stream that it takes the place of, which must be ended."""


@dataclass(slots=True)
class LiveSlot:
    """Hold what a node knows of a call that it carries."""

    line: str
    stream: int
    since: float


class Slots:
    """Ask for the places of the fleet."""

    def __init__(self, store: Valkey, timing: Timing | None = None) -> None:
        """Take the store. `timing`: shorter times are for tests."""
        self._store = store
        self.timing = timing or Timing()

    def __repr__(self) -> str:
        return f"<Slots in {self._store!r}>"

    async def take(
        self, call: str, line: str, node: str, limits: SlotLimits, *, known: bool = False
    ) -> SlotAnswer | None:
        """Take a place for a call that rings. `known`: it had one, and is never refused."""
        keys = [_SLOTS, _OWNERS, _NODES, _LIMITS]
        given = [_id(call), line, self.timing.hold, limits.fleet, limits.line, node, limits.node, int(known)]
        answer = await self._store.ask(lambda store: run(store, scripts.TAKE, keys, given), None, again=True)
        return None if answer is None else _ANSWERS[answer]

    async def arrive(self, call: str, line: str, node: str, stream: int, nonce: bytes = b"") -> Arrival | None:
        """Note that a node carries a call, if its token was not used before. `nonce`: of the token; empty: none."""
        keys = [_SLOTS, _OWNERS, key("token", nonce.hex())]
        # The question has a mark: where it is asked again, the token is its own.
        used = self.timing.used if nonce else 0
        given = [_id(call), line, self.timing.live, node, stream, used, secrets.token_hex(6)]
        found = await self._store.ask(lambda store: run(store, scripts.ARRIVE, keys, given), None, again=True)
        if found is None:
            return None
        if found[0] == 0:
            return Arrival(fresh=False)
        return Arrival(True, float(found[1]), read_owner(found[2]))

    def leave(self, call: str, slot: LiveSlot) -> None:
        """Free the place of a call whose stream is over, without waiting."""
        given = [_id(call), slot.line, f"{slot.since:.6f}"]
        self._store.post(lambda store: run(store, scripts.LEAVE, [_SLOTS, _OWNERS], given))

    def forget(self, call: str, lines: Sequence[str]) -> None:
        """Free the place of a call that will not come, of one of these lines, without waiting."""
        self._store.post(lambda store: run(store, scripts.FORGET, [_SLOTS, _OWNERS], [_id(call), *lines]))

    async def renew(self, store: Redis, node: str, live: dict[str, LiveSlot]) -> list[str]:
        """Keep the places of a node's calls. Return those that another carries by now. Raises what `store` does."""
        given: list[bytes | str | int | float] = [node, self.timing.live]
        for call, slot in live.items():
            given += [_id(call), slot.line, slot.stream, f"{slot.since:.6f}"]
        lost: list[bytes] = await run(store, scripts.RENEW, [_SLOTS, _OWNERS], given) if live else []
        return [call.decode("utf-8", "surrogatepass") for call in lost]

    async def restore(self, awaited: Iterable[tuple[str, str, float]]) -> None:
        """Write the places of awaited calls again: call, line, and for how many seconds its stream may still come."""
        given = [part for call, line, seconds in awaited for part in (_id(call), line, seconds)]
        if given:
            await self._store.ask(lambda store: run(store, scripts.RESTORE, [_SLOTS, _OWNERS], given), None)

    async def settled(self, calls: Iterable[str]) -> list[str]:
        """Return those of these awaited calls that are on some line by now, or have no place any more."""
        asked = list(calls)
        if not asked:
            return []

        async def look(store: Redis) -> list[str]:
            ids: list[Any] = [_id(call) for call in asked]
            owners = await store.hmget(_OWNERS, ids)
            scores = await store.zmscore(_SLOTS, ids)
            rows = zip(asked, owners, scores, strict=True)
            return [call for call, owner, score in rows if owner is not None or score is None]

        return await self._store.ask(look, [])


def read_owner(written: bytes) -> Elsewhere | None:
    """Return where a call was, from what the store has of it."""
    parts = written.decode("utf-8", "replace").split(" ")
    return Elsewhere(parts[1], int(parts[2])) if len(parts) == 3 and parts[2].isdecimal() else None


async def run(store: Redis, script: str, keys: list[str], given: list[Any]) -> Any:
    """Run a script in the store, which need not know it yet."""
    return await store.register_script(script)(keys=keys, args=given)


def _id(call: str) -> bytes:
    """Return a call's id as the store has it: it may be any text, and none may spoil what is written of the others."""
    return call.encode("utf-8", "surrogatepass")
