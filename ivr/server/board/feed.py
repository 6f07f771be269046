"""Keep the boards of one process fresh: one look at the directory for all, and for each what it has not seen yet.

The directory is watched while a board is open, and not otherwise. A board that reads slowly misses states of a call,
never the last one, and costs no more memory than the calls there are.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Final

import msgspec

from ivr.config.operators import Role
from ivr.fleet.directory import Directory, Gone, LiveCall, NodeState
from ivr.server.admin.answers import show

log = logging.getLogger("ivr.board")

MOST_BOARDS: Final = 50
"""Boards open at once in one process."""
MOST_OF_ONE: Final = 6
"""Boards of one operator: the oldest is closed for a seventh."""
LEAVING_LOOK_S: Final = 0.5
"""Seconds between two looks at what the directory does not tell: whether the process goes."""
NODES_S: Final = 2.0
"""Seconds between two looks at the nodes and lines."""
WHOLE_S: Final = 10.0
"""Seconds between two looks at all calls, in case that a change was lost."""
READY_S: Final = 2.0
"""Seconds that a new board waits for the first look."""
AGAIN_S: Final = 1.0
"""Seconds before a watch that failed is begun again."""


class Board:
    """Hold what one open board has not been told yet."""

    def __init__(self, operator: str, leaving: bool) -> None:
        self.operator = operator
        self.leaving = leaving
        """It was opened while the process was about to go: it stays to the end."""
        self.changed: dict[str, None] = {}
        """Calls that are not as the board shows them."""
        self.nodes_changed = False
        self.over = ""
        """Why it is closed, a fixed word; empty: it is not."""
        self.wake = asyncio.Event()

    def __repr__(self) -> str:
        return f"<Board of {self.operator} {len(self.changed)} changed{f' {self.over}' if self.over else ''}>"

    def close(self, why: str) -> None:
        """Let the board be closed."""
        self.over = self.over or why
        self.wake.set()


class Feed:
    """Know what the open boards of one process show."""

    def __init__(
        self,
        directory: Directory,
        *,
        leaving: Callable[[], bool] = lambda: False,
        exiting: Callable[[], bool] = lambda: False,
    ) -> None:
        """Take the directory. `leaving`: a balancer sends boards elsewhere. `exiting`: none may stay."""
        self._directory, self._leaving, self._exiting = directory, leaving, exiting
        self.calls: dict[str, LiveCall] = {}
        self.nodes: list[NodeState] = []
        self._closed: frozenset[str] = frozenset()
        self._boards: dict[Board, None] = {}
        self._shown: dict[tuple[str, Role], bytes] = {}
        """Calls as JSON, for each role that looks."""
        self._ready = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    def __repr__(self) -> str:
        return f"<Feed {len(self._boards)} boards, {len(self.calls)} calls>"

    def __len__(self) -> int:
        return len(self._boards)

    @property
    def full(self) -> bool:
        """Tell whether there is no place for another operator's board."""
        return len(self._boards) >= MOST_BOARDS

    async def open(self, operator: str) -> Board | None:
        """Return a new board of an operator, once there is something to show. None: there are too many."""
        own = [board for board in self._boards if board.operator == operator]
        if len(own) >= MOST_OF_ONE:
            self._boards.pop(own[0])
            own[0].close("too_many_boards")
        if self.full:
            return None
        board = Board(operator, self._leaving())
        self._boards[board] = None
        if not self._tasks:
            self._tasks = [asyncio.create_task(self._watch()), asyncio.create_task(self._look())]
        try:
            async with asyncio.timeout(READY_S):
                await self._ready.wait()
        except TimeoutError:
            pass
        except BaseException:
            self.close(board)
            raise
        return board

    def close(self, board: Board) -> None:
        """Forget a board; with the last one nothing is watched any more."""
        self._boards.pop(board, None)
        if not self._boards:
            for task in self._tasks:
                task.cancel()
            self._tasks = []
            self._ready = asyncio.Event()
            self.calls, self.nodes = {}, []
            self._shown.clear()

    def snapshot(self, role: Role) -> bytes:
        """Return all calls as a role may see them, as JSON."""
        return self._written(role, self.calls, ())

    def news(self, board: Board, role: Role) -> bytes:
        """Return what has changed for a board, as JSON, and take it as told."""
        changed, board.changed = board.changed, {}
        gone = [call_id for call_id in changed if call_id not in self.calls]
        return self._written(role, (call_id for call_id in changed if call_id in self.calls), gone)

    def _written(self, role: Role, calls: Iterable[str], gone: Iterable[str]) -> bytes:
        shown = b",".join(self._as_json(call_id, role) for call_id in calls)
        return b'{"calls":[%b],"gone":%b}' % (shown, msgspec.json.encode(list(gone)))

    def _as_json(self, call_id: str, role: Role) -> bytes:
        written = self._shown.get((call_id, role))
        if written is None:
            written = self._shown[call_id, role] = msgspec.json.encode(show(self.calls[call_id], role))
        return written

    # -- the directory -------------------------------------------------------------------------------------------

    async def _watch(self) -> None:
        """Take every change of the fleet as it comes."""
        while True:
            try:
                self._whole(await self._directory.calls())
                self._ready.set()
                async with contextlib.aclosing(self._directory.watch()) as changes:
                    async for change in changes:
                        if isinstance(change, Gone):
                            self._gone(change)
                        else:
                            self._take(change)
            except Exception:
                log.exception("board_failed")
            await asyncio.sleep(AGAIN_S)

    async def _look(self) -> None:
        """Look again and again at what is not told."""
        clock = asyncio.get_running_loop().time
        nodes_at = whole_at = clock()
        while True:
            try:
                now = clock()
                if now >= nodes_at:
                    nodes_at = now + NODES_S
                    self._take_nodes(await self._directory.nodes())
                if now >= whole_at:
                    whole_at = now + WHOLE_S
                    self._whole(await self._directory.calls())
            except Exception:
                log.exception("board_failed")
            leaving, exiting = self._leaving(), self._exiting()
            for board in list(self._boards):
                if exiting or (leaving and not board.leaving):
                    board.close("leaving")
            await asyncio.sleep(LEAVING_LOOK_S)

    def _take(self, call: LiveCall) -> None:
        known = self.calls.get(call.call_id)
        if known != call:
            self.calls[call.call_id] = call
            # Words are not in the table, but a board that shows the call's own page reads them again.
            self._tell(call.call_id)

    def _gone(self, gone: Gone) -> None:
        # Another node may carry the call by now.
        if (known := self.calls.get(gone.call_id)) is not None and known.node == gone.node:
            del self.calls[gone.call_id]
            self._tell(gone.call_id)

    def _whole(self, calls: Iterable[LiveCall]) -> None:
        there = {call.call_id: call for call in calls}
        for call_id in [call_id for call_id in self.calls if call_id not in there]:
            del self.calls[call_id]
            self._tell(call_id)
        for call in there.values():
            self._take(call)

    def _take_nodes(self, nodes: list[NodeState]) -> None:
        closed = self._directory.closed_lines
        known, self.nodes = self.nodes, nodes
        # Each sign of life is a new one: that alone is no news.
        if _still(nodes) == _still(known) and closed == self._closed:
            return
        self._closed = closed
        for board in self._boards:
            board.nodes_changed = True
            board.wake.set()

    def _tell(self, call_id: str) -> None:
        for key in [key for key in self._shown if key[0] == call_id]:
            del self._shown[key]
        for board in self._boards:
            board.changed[call_id] = None
            board.wake.set()


def _still(nodes: Iterable[NodeState]) -> list[NodeState]:
    """Return nodes without the time of their last sign of life."""
    return [replace(node, beat_at=0.0) for node in nodes]
