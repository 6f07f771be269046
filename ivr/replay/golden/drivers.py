"""Run the coroutines of a test's call from code that waits for nothing: in virtual time, or live in a thread.

In virtual time everything runs between two lines of the test and time stands still there. Live, the event loop runs on
in a thread of its own, because the phone's clock does not wait for the test.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from contextlib import AbstractContextManager
from typing import Any, Final, Protocol, TypeVar
from unittest import mock

import anyio.to_thread

from ivr.testbench.virtual_time import RUN_LIMIT, VirtualLoop

T = TypeVar("T")

LIVE_LIMIT_S: Final = 900.0
"""Seconds that one step of a live call may take."""


class CallDriver(Protocol):
    """Run one coroutine after the other on one event loop."""

    virtual: bool

    def run(self, coro: Coroutine[Any, Any, T]) -> T:
        """Return what comes of a coroutine. What else the loop has to do goes on meanwhile."""

    def close(self) -> None:
        """End every task of the loop."""


class VirtualDriver:
    """Run in virtual time. Work for a thread is done in place: a thread would not stand still with the clock."""

    virtual = True

    def __init__(self) -> None:
        self._runner = asyncio.Runner(loop_factory=VirtualLoop)

    def __repr__(self) -> str:
        return f"<VirtualDriver {self._runner.get_loop()!r}>"

    def run(self, coro: Coroutine[Any, Any, T]) -> T:
        """Return what comes of a coroutine. Raises TimeoutError after an hour of virtual time."""
        with threads_in_place():
            return self._runner.run(asyncio.wait_for(coro, RUN_LIMIT))

    def close(self) -> None:
        """End every task of the loop."""
        with threads_in_place():
            self._runner.close()


class LiveDriver:
    """Run in real time, on a thread."""

    virtual = False

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="phone of a test", daemon=True)
        self._thread.start()

    def __repr__(self) -> str:
        return f"<LiveDriver {'closed' if self._loop.is_closed() else 'running'}>"

    def run(self, coro: Coroutine[Any, Any, T]) -> T:
        """Return what comes of a coroutine. Raises TimeoutError after a quarter of an hour."""
        future = asyncio.run_coroutine_threadsafe(coro, self._loop)
        try:
            return future.result(LIVE_LIMIT_S)
        except BaseException:
            future.cancel()
            raise

    def close(self) -> None:
        """End every task of the loop."""

        async def end() -> None:
            tasks = asyncio.all_tasks() - {asyncio.current_task()}
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._loop.shutdown_asyncgens()

        self.run(end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


def threads_in_place() -> AbstractContextManager[Any]:
    """Let frameworks that send plain functions to a thread (a `def` route of FastAPI) run them here while in force."""

    async def in_place(func: Callable[..., T], *args: Any, **_: Any) -> T:
        return func(*args)

    return mock.patch.object(anyio.to_thread, "run_sync", in_place)
