"""Write and read live calls in the store of a fleet. Each function is one question, for `Valkey.ask`.

ivr:1:live             set      nodes that have written calls; one whose hash is gone is dead
ivr:1:live:NODE        hash     a node's live calls, JSON by CallSid, and behind `*` what the node says of itself.
                                It expires `LIVE_S` after the node's last beat
ivr:1:live-changes     channel  `+` and a live call, or `-` and one that is gone, JSON
ivr:1:audio:SID        channel  audio of a call that is listened to; empty: the call is gone
ivr:1:to:NODE          channel  messages to a node
ivr:1:closed           hash     lines that were ever closed: 1, or 0 for one that was opened again
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final, cast

import msgspec

from ivr.fleet.directory import Change, Gone, LiveCall, NodeState
from ivr.fleet.keys import key

if TYPE_CHECKING:
    from redis.asyncio import Redis

LIVE_S: Final = 5
"""Seconds after which a node without a beat is dead."""
CHANGE_CHANNEL: Final = key("live-changes")
_NODES: Final = key("live")
_CLOSED: Final = key("closed")
_ITSELF: Final = "*"
_CALL_READER: Final = msgspec.json.Decoder(LiveCall)
_GONE_READER: Final = msgspec.json.Decoder(Gone)
_STATE_READER: Final = msgspec.json.Decoder(NodeState)


def audio_channel(call_id: str) -> str:
    """Return the channel of a call's audio."""
    return key("audio", call_id)


def message_channel(node: str) -> str:
    """Return the channel of messages to a node."""
    return key("to", node)


def encode_change(change: Change) -> bytes | None:
    """Return a change as it is published. None: its text is none that can be written."""
    try:
        return (b"+" if isinstance(change, LiveCall) else b"-") + msgspec.json.encode(change)
    except (UnicodeEncodeError, msgspec.EncodeError):
        return None


def decode_change(written: bytes) -> Change | None:
    """Return the change that was published. None: it is none."""
    try:
        return _GONE_READER.decode(written[1:]) if written[:1] == b"-" else _CALL_READER.decode(written[1:])
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def decode_calls(written: Iterable[bytes]) -> list[LiveCall]:
    """Return the calls of these texts. What is none is left out."""
    return [call for one in written if isinstance(call := decode_change(b"+" + one), LiveCall)]


def write(node: str, changes: Iterable[Change]) -> Callable[[Redis], Awaitable[bool]]:
    """Write what has changed of a node's calls, and publish it, in one step."""
    written = [(change, text) for change in changes if (text := encode_change(change)) is not None]

    async def do(store: Redis) -> bool:
        async with store.pipeline(transaction=True) as steps:
            for change, text in written:
                if isinstance(change, LiveCall):
                    steps.hset(key("live", node), change.call_id, cast(Any, text[1:]))
                else:
                    steps.hdel(key("live", node), change.call_id)
                steps.publish(CHANGE_CHANNEL, text)
            await steps.execute()
        return True

    return do


def beat(state: NodeState) -> Callable[[Redis], Awaitable[tuple[int, Mapping[bytes, bytes]]]]:
    """Say that a node lives. Return how many of its calls the store has, and the lines that were ever closed."""

    async def do(store: Redis) -> tuple[int, Mapping[bytes, bytes]]:
        own = key("live", state.name)
        async with store.pipeline(transaction=True) as steps:
            steps.sadd(_NODES, state.name)
            steps.hset(own, _ITSELF, cast(Any, msgspec.json.encode(state)))
            steps.expire(own, LIVE_S)
            steps.hlen(own)
            steps.hgetall(_CLOSED)
            *_, known, closed = await steps.execute()
        return known - 1, closed

    return do


def rewrite(state: NodeState, calls: Iterable[LiveCall]) -> Callable[[Redis], Awaitable[bool]]:
    """Write all calls of a node anew, and publish them."""
    written = [(call, text) for call in calls if (text := encode_change(call)) is not None]

    async def do(store: Redis) -> bool:
        own = key("live", state.name)
        async with store.pipeline(transaction=True) as steps:
            steps.delete(own)
            steps.sadd(_NODES, state.name)
            steps.hset(own, _ITSELF, cast(Any, msgspec.json.encode(state)))
            for call, text in written:
                steps.hset(own, call.call_id, cast(Any, text[1:]))
                steps.publish(CHANGE_CHANNEL, text)
            steps.expire(own, LIVE_S)
            await steps.execute()
        return True

    return do


def remove(node: str, calls: Iterable[str]) -> Callable[[Redis], Awaitable[bool]]:
    """Forget a node that ends, and publish that its calls are gone."""
    gone = [text for call in calls if (text := encode_change(Gone(call, node))) is not None]

    async def do(store: Redis) -> bool:
        async with store.pipeline(transaction=True) as steps:
            steps.delete(key("live", node))
            steps.srem(_NODES, node)
            for text in gone:
                steps.publish(CHANGE_CHANNEL, text)
            await steps.execute()
        return True

    return do


async def read_nodes(store: Redis) -> list[NodeState]:
    """Return what the nodes that live say of themselves."""
    found: list[NodeState] = []
    for name, text in await _of_each(store, lambda steps, own: steps.hget(own, _ITSELF)):
        try:
            found.append(_STATE_READER.decode(text))
        except (msgspec.DecodeError, TypeError):
            # Its hash has expired. A node that lives puts its name back at its next beat.
            await cast(Any, store.srem(_NODES, name))
    return found


async def read_calls(store: Redis) -> list[LiveCall]:
    """Return every live call."""
    found: list[LiveCall] = []
    for _, fields in await _of_each(store, lambda steps, own: steps.hgetall(own)):
        found += decode_calls(text for name, text in fields.items() if name != _ITSELF.encode())
    return found


async def read_ids(store: Redis) -> dict[str, str]:
    """Return the node of every live call, by the call's id."""
    return {
        call.decode("utf-8", "replace"): name
        for name, calls in await _of_each(store, lambda steps, own: steps.hkeys(own))
        for call in calls
        if call != _ITSELF.encode()
    }


def read_some(wanted: Mapping[str, str]) -> Callable[[Redis], Awaitable[list[LiveCall]]]:
    """Return some calls, given by their nodes."""

    async def do(store: Redis) -> list[LiveCall]:
        async with store.pipeline(transaction=False) as steps:
            for call, node in wanted.items():
                steps.hget(key("live", node), call)
            found = await steps.execute()
        return decode_calls(text for text in found if text is not None)

    return do


def find(call_id: str) -> Callable[[Redis], Awaitable[str]]:
    """Return the node that has a call; empty: none has it."""

    async def do(store: Redis) -> str:
        has = await _of_each(store, lambda steps, own: steps.hexists(own, call_id))
        return next((name for name, found in has if found), "")

    return do


def publish(*messages: tuple[str, bytes]) -> Callable[[Redis], Awaitable[int]]:
    """Publish to channels. Return how many received the last of them."""

    async def do(store: Redis) -> int:
        async with store.pipeline(transaction=False) as steps:
            for channel, text in messages:
                steps.publish(channel, text)
            heard: int = (await steps.execute())[-1]
        return heard

    return do


def close_lines(flags: Mapping[str, bool], *, restore: bool = False) -> Callable[[Redis], Awaitable[bool]]:
    """Note lines as closed or open. `restore`: only those that it knows nothing about."""

    async def do(store: Redis) -> bool:
        async with store.pipeline(transaction=True) as steps:
            for line, closed in flags.items():
                note = steps.hsetnx if restore else steps.hset
                note(_CLOSED, line, cast(Any, int(closed)))
            await steps.execute()
        return True

    return do


async def _of_each(store: Redis, ask: Callable[[Any, str], object]) -> list[tuple[str, Any]]:
    """Ask the same of every node's hash; return the answers with the nodes' names."""
    names = sorted(name.decode() for name in await cast(Any, store.smembers(_NODES)))
    if not names:
        return []
    async with store.pipeline(transaction=False) as steps:
        for name in names:
            ask(steps, key("live", name))
        return list(zip(names, await steps.execute(), strict=True))
