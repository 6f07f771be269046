"""Keep the directory of a fleet in Valkey: see `ivr.fleet.live.stored_calls` for what stands there.

Each node writes its own calls, beats, and writes all of them again when the store has lost them. It holds a picture of
the others' calls only while there is a watcher in this process: a full one when it is subscribed to the changes, again
after every loss of the connection, and between them the changes as they come. Its own calls it knows itself, also while
the store is away.

Nothing here waits in a call's way: what is put waits in a table, newest states only, for the writer.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections import deque
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

import msgspec

from ivr.fleet.client import Valkey
from ivr.fleet.directory import Change, Gone, LiveCall, NodeState
from ivr.fleet.live import stored_calls
from ivr.fleet.live.far_audio import FarAudio
from ivr.fleet.live.local import Audience, Watchers
from ivr.fleet.live.picture import Picture
from ivr.fleet.messages import Listen, Message, OfCall, decode, encode

SIGN_OF_LIFE_S: Final = 1.0
"""Seconds between two signs of life."""
LOOK_AROUND_S: Final = 2.0
"""Seconds between two looks at which calls there are, while there is a watcher: the dead do not say that they are."""
MOST_AUDIO: Final = 200
"""Pieces of audio that wait for the store; the oldest is dropped for one more."""
MOST_MISSED: Final = 10_000
"""Changes that may come while a picture is read."""


class ValkeyDirectory:
    """Know the live calls of a fleet: see `Directory`. The store is opened and closed by its owner."""

    def __init__(self, store: Valkey, state: Callable[[], NodeState]) -> None:
        """Take the store, and what this node says of itself. Its name may change."""
        self.closed_lines: frozenset[str] = frozenset()
        self._store = store
        self._state = state
        self._name = state().name
        """The name under which the store knows this node."""
        self._own: dict[str, LiveCall] = {}
        self._changed: dict[str, Change] = {}
        """What the store was not told yet of each call."""
        self._all_lost = True
        """The store may have none of the calls: all are written."""
        self._beat_at = float("-inf")
        self._beat_due = False
        self._flags: dict[str, bool] = {}
        """Lines that were closed or opened here, that the store was not told yet."""
        self._picture = Picture()
        """Kept while there is a watcher."""
        self._full = True
        """Changes may have been missed: a full picture is due."""
        self._blind_since: float | None = None
        """Since when the store was not there for a picture."""
        self._missed: deque[Change] | None = None
        """Changes that came while a picture was being read; None: none is."""
        self._watchers = Watchers()
        self._audience = Audience()
        self._far = FarAudio(store, self._audience, lambda asked: self.tell(asked.call, asked))
        self._audio: deque[tuple[str, bytes]] = deque(maxlen=MOST_AUDIO)
        self._numbers = itertools.count(1)
        self._receive: Callable[[Message], None] = lambda _message: None
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._passing: set[asyncio.Task[bool]] = set()
        self._to_write, self._to_send, self._to_look = asyncio.Event(), asyncio.Event(), asyncio.Event()

    def __repr__(self) -> str:
        return f"<ValkeyDirectory {self.node}, {len(self._own)} own, {self._picture!r}, {self._audience!r}>"

    @property
    def node(self) -> str:
        """Return the name of this node."""
        return self._state().name

    def open(self, receive: Callable[[Message], None]) -> None:
        """See `Directory`."""
        self._receive = receive
        self._store.on_back.append(self._note_back)
        self._start("write", self._write_again())
        self._start("send", self._send_audio())
        self._start("messages", self._hear_messages(self.node))

    def beat(self, now: float) -> None:
        """See `Directory`."""
        for message in self._audience.beat(now):
            self._receive(message)
        if now >= self._beat_at:
            self._beat_at, self._beat_due = now + SIGN_OF_LIFE_S, True
            self._rename()
            self._to_write.set()

    async def close(self) -> None:
        """See `Directory`."""
        if self._note_back in self._store.on_back:
            self._store.on_back.remove(self._note_back)
        tasks = [*self._tasks.values(), *self._passing]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, self._far.close(), return_exceptions=True)
        self._tasks.clear()
        gone = list(self._own)
        await self._store.ask(stored_calls.remove(self._name, gone), False)
        for call_id in gone:
            self.gone(call_id)

    def _start(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        self._stop(name)
        self._tasks[name] = asyncio.create_task(work)

    def _stop(self, name: str) -> None:
        if (task := self._tasks.pop(name, None)) is not None:
            task.cancel()

    # -- who is on the line

    def put(self, call: LiveCall) -> None:
        """See `Directory`."""
        # What cannot be written is no text of any carrier.
        if stored_calls.encode_change(call) is not None:
            self._own[call.call_id] = call
            self._change(call)

    def gone(self, call_id: str) -> None:
        """See `Directory`."""
        if self._own.pop(call_id, None) is not None:
            if self._audience.elsewhere(call_id):
                self._send(call_id, b"")
            self._change(Gone(call_id, self.node))

    def _change(self, change: Change) -> None:
        self._changed[change.call_id] = change
        self._to_write.set()
        # Those who listen hear the end also where there is no watcher.
        if isinstance(change, Gone):
            self._audience.end(change)
            # It may go on at another node.
            self._to_look.set()
        if len(self._watchers):
            self._tell(self._picture.take(change))

    async def calls(self) -> list[LiveCall]:
        """See `Directory`. While the store is away: those of this node."""
        nothing: list[LiveCall] = []
        found = await self._store.ask(stored_calls.read_calls, nothing)
        known = {call.call_id: call for call in found if call.node != self.node}
        return sorted({**known, **self._own}.values(), key=lambda call: call.since)

    async def nodes(self) -> list[NodeState]:
        """See `Directory`. While the store is away: this one."""
        nothing: list[NodeState] = []
        found = await self._store.ask(stored_calls.read_nodes, nothing)
        known = {**{state.name: state for state in found}, self.node: self._state()}
        return [known[name] for name in sorted(known)]

    # -- writing

    def _note_back(self) -> None:
        self._all_lost = self._beat_due = self._full = True
        self._to_write.set()
        self._to_look.set()

    def _rename(self) -> None:
        """Take the name that this node has now."""
        old, self._name = self._name, self.node
        if old != self._name:
            self._store.post(stored_calls.remove(old, list(self._own)))
            self._own = {call_id: replace(call, node=self._name) for call_id, call in self._own.items()}
            self._all_lost = True
            self._start("messages", self._hear_messages(self._name))

    async def _write_again(self) -> None:
        while True:
            await self._to_write.wait()
            self._to_write.clear()
            await self._write()

    async def _write(self) -> None:
        """Write what has changed, and a sign of life where one is due."""
        changed, self._changed = self._changed, {}
        if self._all_lost:
            self._all_lost = not await self._store.ask(stored_calls.rewrite(self._state(), self._own.values()), False)
        elif changed:
            self._all_lost = not await self._store.ask(stored_calls.write(self._name, changed.values()), False)
        if not self._beat_due or self._all_lost:
            return
        self._beat_due = False
        known = None if self._changed else len(self._own)
        found = await self._store.ask(stored_calls.beat(self._state()), None)
        if found is None or (known is not None and found[0] != known):
            # It was emptied, or did not hear from this node for too long. While it is away, `on_back` tells.
            self._all_lost = True
            self._to_write.set()
        if found is not None:
            await self._write_flags(found[1])

    # -- watching

    async def watch(self) -> AsyncGenerator[Change, None]:
        """See `Directory`."""
        if not len(self._watchers):
            self._picture.replace(self._own.values())
            self._full, self._blind_since = True, None
            self._start("changes", self._hear_changes())
            self._start("look", self._look_again())
        try:
            async with contextlib.aclosing(self._watchers.watch(self._picture)) as changes:
                async for change in changes:
                    yield change
        finally:
            if not len(self._watchers):
                self._stop("changes")
                self._stop("look")

    def _tell(self, changes: Iterable[Change]) -> None:
        for change in changes:
            self._audience.end(change)
            self._watchers.tell([change])

    async def _hear_changes(self) -> None:
        async for written in self._store.subscribe(stored_calls.CHANGE_CHANNEL, self._look_at_all):
            change = stored_calls.decode_change(written)
            if change is not None and self._is_news(change):
                if self._missed is not None:
                    self._missed.append(change)
                self._tell(self._picture.take(change))

    def _is_news(self, change: Change) -> bool:
        """Tell whether a change says something of another node's call."""
        if change.node == self.node:
            return False
        # This node knows better where its own calls are, unless one went on elsewhere.
        own = self._own.get(change.call_id)
        return own is None or isinstance(change, Gone) or change.resumed > own.resumed

    def _look_at_all(self) -> None:
        """Have a full picture: changes are heard from now on, and those before may have been missed."""
        self._full = True
        self._to_look.set()

    async def _look_again(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            self._to_look.clear()
            full, self._full, self._missed = self._full, False, deque(maxlen=MOST_MISSED)
            try:
                seen = await (self._read_all() if full else self._read_ids())
            finally:
                missed, self._missed = self._missed, None
            # What came meanwhile may be newer than what was read.
            self._tell(news for change in missed or () if self._is_news(change) for news in self._picture.take(change))
            if seen:
                self._blind_since = None
            else:
                self._full = True
                self._blind_since = self._blind_since or loop.time()
                # Of the others nothing is known any more.
                if loop.time() - self._blind_since >= stored_calls.LIVE_S:
                    self._tell(self._picture.replace(self._own.values()))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_AROUND_S):
                    await self._to_look.wait()

    async def _read_all(self) -> bool:
        """Take a full picture. False: the store is away."""
        found = await self._store.ask(stored_calls.read_calls, None)
        if found is not None:
            others = [call for call in found if self._is_news(call)]
            self._tell(self._picture.replace([*self._own.values(), *others]))
        return found is not None

    async def _read_ids(self) -> bool:
        """Look which calls there are, and read those that were missed. False: the store is away."""
        found = await self._store.ask(stored_calls.read_ids, None)
        if found is None:
            return False
        others = {call.call_id: call.node for call in self._picture if call.node != self.node}
        lost = [Gone(call_id, node) for call_id, node in others.items() if call_id not in found]
        self._tell(news for change in lost for news in self._picture.take(change))
        new = {call_id: node for call_id, node in found.items() if node != self.node and others.get(call_id) != node}
        if new:
            nothing: list[LiveCall] = []
            calls = await self._store.ask(stored_calls.read_some(new), nothing)
            self._tell(news for call in calls if self._is_news(call) for news in self._picture.take(call))
        return True

    # -- messages

    async def tell(self, call_id: str, message: OfCall) -> bool:
        """See `Directory`."""
        if call_id in self._own:
            self._take(message)
            return True
        node = await self._store.ask(stored_calls.find(call_id), "")
        return bool(node) and node != self.node and await self._publish(node, message)

    async def tell_node(self, node: str, message: Message) -> bool:
        """See `Directory`."""
        if node == self.node:
            self._take(message)
            return True
        return await self._publish(node, message)

    def pass_on(self, message: OfCall) -> None:
        """See `Directory`."""
        if message.call not in self._own and self._store.up and self._tasks:
            passing = asyncio.create_task(self.tell(message.call, message))
            self._passing.add(passing)
            passing.add_done_callback(self._passing.discard)

    async def _publish(self, node: str, message: Message) -> bool:
        written = encode(message)
        if written is None:
            return False
        return await self._store.ask(stored_calls.publish((stored_calls.message_channel(node), written)), 0) > 0

    def _take(self, message: Message) -> None:
        """Do what this node is told."""
        if isinstance(message, Listen):
            # A listener of this process has the audio already.
            far = message.call in self._own and not message.listener.startswith(f"{self.node}#")
            if not far or not self._audience.lease(message, asyncio.get_running_loop().time()):
                return
        self._receive(message)

    async def _hear_messages(self, node: str) -> None:
        async for written in self._store.subscribe(stored_calls.message_channel(node)):
            if (message := decode(written)) is not None:
                self._take(message)

    # -- listening in

    def relay(self, call_id: str, audio: bytes) -> None:
        """See `Directory`."""
        self._audience.hear(call_id, audio)
        if audio and self._audience.elsewhere(call_id):
            self._send(call_id, audio)

    def listeners(self, call_id: str) -> int:
        """See `Directory`."""
        return self._audience.elsewhere(call_id) + self._audience.here(call_id)

    async def listen(self, call_id: str, by: str = "") -> AsyncGenerator[bytes, None]:
        """See `Directory`."""
        asked = Listen(call_id, on=True, listener=f"{self.node}#{next(self._numbers)}", by=by)
        left = msgspec.structs.replace(asked, on=False)
        own = call_id in self._own
        if own:
            self._receive(asked)
        try:
            async with contextlib.aclosing(self._audience.listen(call_id) if own else self._far.listen(asked)) as heard:
                async for audio in heard:
                    yield audio
        finally:
            if own:
                self._receive(left)
            else:
                self.pass_on(left)

    def _send(self, call_id: str, audio: bytes) -> None:
        self._audio.append((stored_calls.audio_channel(call_id), audio))
        self._to_send.set()

    async def _send_audio(self) -> None:
        while True:
            await self._to_send.wait()
            self._to_send.clear()
            waiting = list(self._audio)
            self._audio.clear()
            await self._store.ask(stored_calls.publish(*waiting), 0)

    # -- flags

    async def close_line(self, line: str, closed: bool) -> None:
        """See `Directory`. While the store is away this node alone knows, and tells when it is back."""
        self.closed_lines = self.closed_lines | {line} if closed else self.closed_lines - {line}
        self._flags[line] = closed
        await self._write_flags({})

    async def _write_flags(self, found: Mapping[bytes, bytes]) -> None:
        """Tell the store what was closed or opened here. Learn from what it has, where there is nothing to tell."""
        if flags := dict(self._flags):
            if await self._store.ask(stored_calls.close_lines(flags), False):
                self._flags = {line: closed for line, closed in self._flags.items() if flags.get(line) is not closed}
        elif found:
            names = (line.decode("utf-8", "replace") for line, closed in found.items() if closed == b"1")
            self.closed_lines = frozenset(names)
        # A line that is opened again leaves its name there: with nothing at all, the store has lost it.
        elif self.closed_lines:
            lost = dict.fromkeys(self.closed_lines, True)
            await self._store.ask(stored_calls.close_lines(lost, restore=True), False)
