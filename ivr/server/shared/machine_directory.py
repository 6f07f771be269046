"""Keep the directory of one machine's workers without a store: they tell one another, by their sockets.

A worker is told the calls of the others only while there is a watcher in it, or for one question (`calls`). A datagram
may be lost: which worker carries which call stands in the file that the workers share, and what is missing in the
picture is asked for again.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping, Sequence
from typing import Final, Protocol

import msgspec

from ivr.fleet.directory import LEASE_S, Change, Gone, LiveCall, NodeState
from ivr.fleet.live.closed_lines import ClosedLines
from ivr.fleet.live.local import Audience, Watchers
from ivr.fleet.live.picture import Picture
from ivr.fleet.messages import Listen, Message, OfCall
from ivr.server.shared.worker_messages import Heard, NodeIs, Seen, Show, Unseen, Watching, WorkerMessage, encode_told

TOLD_FOR_S: Final = 3.0
"""Seconds for which a worker tells another its calls, without being asked again."""
ASK_AGAIN_S: Final = 1.0
"""Seconds between two questions, while there is a watcher."""
SEND_AGAIN_S: Final = 0.005
"""Seconds until a worker whose socket was full is tried again."""
WORKERS_ANSWER_S: Final = 0.25
"""Seconds that `calls` and `nodes` wait for the other workers."""


class Peers(Protocol):
    """Reach the other workers of the machine."""

    @property
    def index(self) -> int:
        """Return the index of this worker."""

    def send(self, worker: int, message: WorkerMessage) -> bool:
        """Send without waiting. False: there is no such worker, or it does not read."""

    def carriers(self) -> Mapping[str, int] | None:
        """Return the worker that carries each call. None: it cannot be read now."""

    def carrier(self, call_id: str) -> int | None:
        """Return the worker that carries a call."""


class MachineDirectory:
    """Know the live calls of one machine: see `Directory`."""

    def __init__(self, peers: Peers, names: Sequence[str], state: Callable[[], NodeState], closed: ClosedLines) -> None:
        """Take the other workers, the names of all by their indices, what this one says of itself, and the flags."""
        self.node = names[peers.index]
        self._peers = peers
        self._names = names
        self._state = state
        self._closed = closed
        self._own: dict[str, LiveCall] = {}
        self._picture = Picture()
        """Of the calls of all workers."""
        self._told: dict[int, float] = {}
        """Until when each worker is told of the calls here."""
        self._unsent: dict[int, dict[str, Change]] = {}
        """The newest state of each call that a worker was not told yet: its socket takes few messages at once."""
        self._owed: set[int] = set()
        """Workers that are told the state of this one behind its calls."""
        self._sending: asyncio.TimerHandle | None = None
        self._states: dict[int, NodeState] = {}
        self._answered = asyncio.Event()
        self._watchers = Watchers()
        self._audience = Audience()
        self._numbers = itertools.count(1)
        self._ask_at = float("-inf")
        self._receive: Callable[[Message], None] = lambda _message: None

    def __repr__(self) -> str:
        return f"<MachineDirectory {self.node}, {len(self._own)} own, {self._picture!r}, {self._audience!r}>"

    @property
    def closed_lines(self) -> frozenset[str]:
        """Return the names of the lines that are closed."""
        return self._closed.names

    @property
    def _others(self) -> list[int]:
        return [worker for worker in range(len(self._names)) if worker != self._peers.index]

    def open(self, receive: Callable[[Message], None]) -> None:
        """See `Directory`."""
        self._receive = receive

    def beat(self, now: float) -> None:
        """See `Directory`."""
        for message in self._audience.beat(now):
            self._receive(message)
        self._closed.look(now)
        self._told = {worker: until for worker, until in self._told.items() if now < until}
        if len(self._watchers) and now >= self._ask_at:
            self._ask_at = now + ASK_AGAIN_S
            for worker in self._others:
                self._peers.send(worker, Watching(self._peers.index, anew=False))
            self._compare()

    async def close(self) -> None:
        """See `Directory`."""
        for call_id in list(self._own):
            self.gone(call_id)
        self._told.clear()
        if self._sending is not None:
            self._sending.cancel()

    # -- who is on the line

    def put(self, call: LiveCall) -> None:
        """See `Directory`."""
        self._own[call.call_id] = call
        self._change(call)

    def gone(self, call_id: str) -> None:
        """See `Directory`."""
        if self._own.pop(call_id, None) is not None:
            # Where no one watches, those who listen must hear of it all the same.
            for worker in self._far(call_id) - self._told.keys():
                self._peers.send(worker, Unseen(Gone(call_id, self.node)))
            self._change(Gone(call_id, self.node))

    def _far(self, call_id: str) -> set[int]:
        """Return the other workers that listen to a call."""
        names = self._audience.nodes(call_id)
        return {self._names.index(name) for name in names if name in self._names and name != self.node}

    def _change(self, change: Change) -> None:
        for worker in self._told:
            unsent = self._unsent.setdefault(worker, {})
            unsent.pop(change.call_id, None)
            unsent[change.call_id] = change
        self._send()
        self._show(self._picture.take(change))

    def _send(self) -> None:
        """Tell the others what they were not told yet, as much as their sockets take now; the rest soon."""
        self._unsent = {worker: unsent for worker, unsent in self._unsent.items() if worker in self._told}
        full = [worker for worker in self._told if not self._send_to(worker)]
        if full and self._sending is None:
            self._sending = asyncio.get_running_loop().call_later(SEND_AGAIN_S, self._send_again)

    def _send_again(self) -> None:
        self._sending = None
        self._send()

    def _send_to(self, worker: int) -> bool:
        unsent = self._unsent.get(worker, {})
        while unsent:
            call_id = next(iter(unsent))
            told = _news(unsent[call_id])
            # What can never be written is not tried again.
            if not self._peers.send(worker, told) and encode_told(told) is not None:
                return False
            del unsent[call_id]
        if worker in self._owed:
            if not self._peers.send(worker, NodeIs(self._peers.index, self._state())):
                return False
            self._owed.discard(worker)
        return True

    def _show(self, changes: Iterable[Change]) -> None:
        for change in changes:
            self._audience.end(change)
            self._watchers.tell([change])

    async def calls(self) -> list[LiveCall]:
        """See `Directory`."""
        await self._ask()
        return sorted(self._picture, key=lambda call: call.since)

    async def nodes(self) -> list[NodeState]:
        """See `Directory`."""
        answered = await self._ask()
        known = [self._state(), *(self._states[worker] for worker in answered)]
        return sorted(known, key=lambda state: state.name)

    async def _ask(self) -> set[int]:
        """Let the others tell their calls. Return the workers that answered in time."""
        asked = {one for one in self._others if self._peers.send(one, Watching(self._peers.index, anew=True))}
        self._states = {worker: state for worker, state in self._states.items() if worker not in asked}
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(WORKERS_ANSWER_S):
                while not asked <= self._states.keys():
                    self._answered.clear()
                    await self._answered.wait()
        self._compare()
        return asked & self._states.keys()

    def _compare(self) -> None:
        """Drop the calls that no worker carries, and ask for those that were not told."""
        carriers = self._peers.carriers()
        if carriers is None:
            return
        carried = {call_id: self._names[worker] for call_id, worker in carriers.items() if worker < len(self._names)}
        lost = [
            Gone(call.call_id, call.node)
            for call in self._picture
            if call.node != self.node and carried.get(call.call_id) != call.node
        ]
        self._show(news for change in lost for news in self._picture.take(change))
        for call_id, worker in carriers.items():
            if worker != self._peers.index and self._picture.get(call_id) is None:
                self._peers.send(worker, Show(self._peers.index, call_id))

    async def watch(self) -> AsyncGenerator[Change, None]:
        """See `Directory`."""
        for worker in self._others if not len(self._watchers) else ():
            self._peers.send(worker, Watching(self._peers.index, anew=True))
        async with contextlib.aclosing(self._watchers.watch(self._picture)) as changes:
            async for change in changes:
                yield change

    # -- messages

    def takes(self, message: WorkerMessage) -> bool:
        """Take what another worker tells, where it is for the directory. False: it is for the bridge."""
        now = asyncio.get_running_loop().time()
        match message:
            case Watching(worker, anew):
                known = worker in self._told
                self._told[worker] = now + TOLD_FOR_S
                if anew or not known:
                    self._unsent[worker] = {**self._unsent.get(worker, {}), **self._own}
                self._owed.add(worker)
                self._send()
            case Show(worker, call_id):
                if (own := self._own.get(call_id)) is not None:
                    self._peers.send(worker, Seen(own))
            case Seen(call):
                # A call that came to this worker meanwhile is its own.
                if call.call_id not in self._own:
                    self._show(self._picture.take(call))
            case Unseen(gone):
                self._audience.end(gone)
                self._show(self._picture.take(gone))
            case NodeIs(worker, state):
                self._states[worker] = state
                self._answered.set()
            case Heard(call_id, audio):
                self._audience.hear(call_id, audio)
            case Listen():
                return message.call not in self._own or not self._audience.lease(message, now)
            case _:
                return False
        return True

    async def tell(self, call_id: str, message: OfCall) -> bool:
        """See `Directory`."""
        if call_id in self._own:
            self._receive(message)
            return True
        worker = self._peers.carrier(call_id)
        return worker is not None and worker != self._peers.index and self._peers.send(worker, message)

    async def tell_node(self, node: str, message: Message) -> bool:
        """See `Directory`."""
        if node == self.node:
            self._receive(message)
            return True
        return node in self._names and self._peers.send(self._names.index(node), message)

    def pass_on(self, message: OfCall) -> None:
        """Tell no other machine: admission tells the worker that carries the call."""

    # -- listening in

    def relay(self, call_id: str, audio: bytes) -> None:
        """See `Directory`."""
        self._audience.hear(call_id, audio)
        if self._audience.elsewhere(call_id):
            for worker in self._far(call_id):
                self._peers.send(worker, Heard(call_id, audio))

    def listeners(self, call_id: str) -> int:
        """See `Directory`."""
        return self._audience.elsewhere(call_id) + self._audience.here(call_id)

    async def listen(self, call_id: str, by: str = "") -> AsyncGenerator[bytes, None]:
        """See `Directory`."""
        asked = Listen(call_id, on=True, listener=f"{self.node}#{next(self._numbers)}", by=by)
        own = call_id in self._own
        if not await self.tell(call_id, asked):
            return
        renewing = None if own else asyncio.create_task(self._renew(asked))
        try:
            async with contextlib.aclosing(self._audience.listen(call_id)) as heard:
                async for audio in heard:
                    yield audio
        finally:
            if renewing is not None:
                renewing.cancel()
            await self.tell(call_id, msgspec.structs.replace(asked, on=False))

    async def _renew(self, asked: Listen) -> None:
        """Ask again before the lease is over, until no worker has the call."""
        while True:
            await asyncio.sleep(LEASE_S / 3)
            if not await self.tell(asked.call, asked):
                self._audience.end(Gone(asked.call, ""))
                return

    # -- flags

    async def close_line(self, line: str, closed: bool) -> None:
        """See `Directory`."""
        self._closed.set(line, closed)


def _news(change: Change) -> Seen | Unseen:
    return Seen(change) if isinstance(change, LiveCall) else Unseen(change)
