"""Keep the directory of a process that serves alone in its memory."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import AsyncGenerator, Callable

from ivr.fleet.directory import Change, Gone, LiveCall, NodeState
from ivr.fleet.live.closed_lines import ClosedLines
from ivr.fleet.live.local import Audience, Watchers
from ivr.fleet.live.picture import Picture
from ivr.fleet.messages import Listen, Message, OfCall


class MemoryDirectory:
    """Know the live calls of one process: see `Directory`."""

    def __init__(self, state: Callable[[], NodeState], closed: ClosedLines | None = None) -> None:
        """Take what the node says of itself, and the flags of the machine's lines."""
        self.node = state().name
        self._closed = closed or ClosedLines()
        self._state = state
        self._picture = Picture()
        self._watchers = Watchers()
        self._audience = Audience()
        self._numbers = itertools.count(1)
        self._receive: Callable[[Message], None] = lambda _message: None

    def __repr__(self) -> str:
        return f"<MemoryDirectory {self._picture!r}, {len(self._watchers)} watch, {self._audience!r}>"

    def open(self, receive: Callable[[Message], None]) -> None:
        """See `Directory`."""
        self._receive = receive

    @property
    def closed_lines(self) -> frozenset[str]:
        """See `Directory`."""
        return self._closed.names

    def beat(self, now: float) -> None:
        """See `Directory`."""
        self._closed.look(now)

    async def close(self) -> None:
        """See `Directory`."""
        self._tell(self._picture.replace(()))

    def put(self, call: LiveCall) -> None:
        """See `Directory`."""
        self._tell(self._picture.take(call))

    def gone(self, call_id: str) -> None:
        """See `Directory`."""
        self._tell(self._picture.take(Gone(call_id, self.node)))

    async def calls(self) -> list[LiveCall]:
        """See `Directory`."""
        return sorted(self._picture, key=lambda call: call.since)

    async def nodes(self) -> list[NodeState]:
        """See `Directory`."""
        return [self._state()]

    def watch(self) -> AsyncGenerator[Change, None]:
        """See `Directory`."""
        return self._watchers.watch(self._picture)

    async def tell(self, call_id: str, message: OfCall) -> bool:
        """See `Directory`."""
        if self._picture.get(call_id) is None:
            return False
        self._receive(message)
        return True

    async def tell_node(self, node: str, message: Message) -> bool:
        """See `Directory`."""
        if node != self.node:
            return False
        self._receive(message)
        return True

    def pass_on(self, message: OfCall) -> None:
        """Tell no other node: there is none."""

    def relay(self, call_id: str, audio: bytes) -> None:
        """See `Directory`."""
        self._audience.hear(call_id, audio)

    def listeners(self, call_id: str) -> int:
        """See `Directory`."""
        return self._audience.here(call_id)

    async def listen(self, call_id: str, by: str = "") -> AsyncGenerator[bytes, None]:
        """See `Directory`."""
        if self._picture.get(call_id) is None:
            return
        listener = f"{self.node}#{next(self._numbers)}"
        self._receive(Listen(call_id, on=True, listener=listener, by=by))
        try:
            async with contextlib.aclosing(self._audience.listen(call_id)) as heard:
                async for audio in heard:
                    yield audio
        finally:
            self._receive(Listen(call_id, on=False, listener=listener, by=by))

    async def close_line(self, line: str, closed: bool) -> None:
        """See `Directory`."""
        self._closed.set(line, closed)

    def _tell(self, changes: list[Change]) -> None:
        for change in changes:
            self._audience.end(change)
        self._watchers.tell(changes)
