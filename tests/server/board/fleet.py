"""Stand for a fleet: a directory whose calls a test changes as it likes, and the routes of operators on it."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncGenerator, Callable
from dataclasses import replace
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from ivr.config.settings import Settings
from ivr.fleet.directory import Change, Gone, LiveCall, NodeState
from ivr.fleet.messages import Message, OfCall
from ivr.server.board.mount import Mounted, mount

STATES = ("hearing", "speaking", "thinking", "speaking", "listening", "transcribing", "speaking", "yielding", "ending")
SINCE = 1_800_000_000.0


class Fleet:
    """Know the calls that a test puts on the line. A `Directory`."""

    def __init__(self, nodes: int = 1, max_calls: int = 50) -> None:
        self.node = "node-1"
        self.closed_lines: frozenset[str] = frozenset()
        self.told: list[Message] = []
        self.there: dict[str, LiveCall] = {}
        self.broken = False
        self._nodes = [f"node-{number}" for number in range(1, nodes + 1)]
        self._max_calls = max_calls
        self.draining: set[str] = set()
        self._beats = itertools.count(SINCE)
        self._watching: list[asyncio.Queue[Change]] = []

    def open(self, receive: Callable[[Message], None]) -> None: ...

    def beat(self, now: float) -> None: ...

    async def close(self) -> None: ...

    def put(self, call: LiveCall) -> None:
        self.there[call.call_id] = call
        self._tell(call)

    def change(self, call_id: str, **fields: Any) -> None:
        self.put(replace(self.there[call_id], **fields))

    def gone(self, call_id: str) -> None:
        self._tell(Gone(call_id, self.there.pop(call_id).node))

    async def calls(self) -> list[LiveCall]:
        if self.broken:
            raise RuntimeError("broken")
        return sorted(self.there.values(), key=lambda call: call.since)

    async def nodes(self) -> list[NodeState]:
        return [
            NodeState(name, self._carried(name), self._max_calls, name in self.draining, next(self._beats), "0.1.0")
            for name in self._nodes
        ]

    async def watch(self) -> AsyncGenerator[Change, None]:
        queue: asyncio.Queue[Change] = asyncio.Queue()
        self._watching.append(queue)
        try:
            for call in list(self.there.values()):
                yield call
            while True:
                yield await queue.get()
        finally:
            self._watching.remove(queue)

    @property
    def watched(self) -> int:
        return len(self._watching)

    async def tell(self, call_id: str, message: OfCall) -> bool:
        if call_id in self.there:
            self.told.append(message)
        return call_id in self.there

    async def tell_node(self, node: str, message: Message) -> bool:
        if node in self._nodes:
            self.told.append(message)
            self.draining.add(node)
        return node in self._nodes

    def pass_on(self, message: OfCall) -> None: ...

    def relay(self, call_id: str, audio: bytes) -> None: ...

    def listeners(self, call_id: str) -> int:
        return 0

    async def listen(self, call_id: str, by: str = "") -> AsyncGenerator[bytes, None]:
        for _ in ():
            yield b""

    async def close_line(self, line: str, closed: bool) -> None:
        self.closed_lines = self.closed_lines | {line} if closed else self.closed_lines - {line}

    def _carried(self, node: str) -> int:
        return sum(call.node == node for call in self.there.values())

    def _tell(self, change: Change) -> None:
        for queue in self._watching:
            queue.put_nowait(change)


def a_call(number: int = 1, **fields: Any) -> LiveCall:
    """Return one of many calls, each a little different."""
    waited = 600 + (number * 733) % 5200 if number % 7 else None
    return LiveCall(**{
        "call_id": f"CA{number:032x}",
        "node": f"node-{1 + number % 3}",
        "line": ("default", "shipments", "billing")[number % 3],
        "direction": "outbound-api" if number % 11 == 5 else "inbound",
        "caller": f"+9665{number * 7919 % 100_000_000:08d}" if number % 11 != 5 else "+966110000000",
        "called": "+966110000000" if number % 11 != 5 else f"+9665{number * 7919 % 100_000_000:08d}",
        "since": SINCE - 17.0 * number,
        "state": STATES[number % len(STATES)],
        "turns": number % 9,
        "wait_ms": waited,
        "longest_wait_ms": None if waited is None else waited + number * 60,
        "faults": 2 if number % 10 == 3 else 0,
        "listeners": int(number % 13 == 4),
        "recorded": number % 5 == 0,
        "resumed": int(number % 17 == 6),
        "keep": "text" if number % 3 == 1 else "metrics",
        "words": (("agent", "Welcome."), ("caller", f"Where is shipment {number}?")) if number % 3 == 1 else (),
        **fields,
    })  # fmt: skip


async def nowhere(_: Request) -> Response:
    """Answer what has no route."""
    return PlainTextResponse("Not Found\n", 404)


def operators_app(settings: Settings, fleet: Fleet, **more: Any) -> tuple[Starlette, Mounted]:
    """Return an application with the routes of operators alone."""
    mounted = mount(lambda: settings, fleet, nowhere, **more)
    app = Starlette(routes=mounted.routes)
    app.state.roles = mounted.roles
    return app, mounted
