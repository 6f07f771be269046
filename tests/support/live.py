"""Real sockets, virtual time: servers and clients of one process on loopback, whose sleeps and deadlines cost nothing.

What goes into a socket of this machine is at its other end at once, so the clock may jump to the next timer whenever no
socket has anything to say. The kernel is given a moment before each jump, in case it is behind, and work in threads
takes no virtual time. What a test then sees does not depend on how fast or how busy the machine is.

Only for tests whose both ends are in this loop: another process would see no time pass.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

LIMIT = 600.0
"""Virtual seconds a run may last."""
MOMENT = 0.001
"""Real seconds in which what was sent may still come."""
PATIENCE = 10.0
"""Real seconds of one wait for a thread."""


class _Jump(selectors.DefaultSelector):
    """Waits for sockets and threads as long as they may still tell something, then moves the clock."""

    loop: LiveLoop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        found = super().select(0)
        if found or (timeout is not None and timeout <= 0):
            return found
        if timeout is None or self.loop.threads:
            return super().select(PATIENCE)
        found = super().select(MOMENT)
        if not found:
            self.loop.advance(timeout)
        return found


class LiveLoop(asyncio.SelectorEventLoop):
    """An event loop with sockets, on a clock of its own. Use `run`."""

    def __init__(self) -> None:
        self._now = 0.0
        self.threads = 0
        """Calls in threads that are not over."""
        selector = _Jump()
        selector.loop = self
        super().__init__(selector)

    def time(self) -> float:
        """Virtual seconds."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Let time pass, by a nanosecond at least."""
        self._now = round(self._now + max(seconds, 1e-9), 9)

    def run_in_executor(self, executor: Any, func: Callable[..., T], *args: Any) -> asyncio.Future[T]:  # type: ignore[override]
        """As any loop, and the clock stands still until it is done."""
        future = super().run_in_executor(executor, func, *args)
        self.threads += 1
        future.add_done_callback(self._back)
        return future

    async def shutdown_default_executor(self, *args: Any) -> None:
        """As any loop; its own deadline for the threads is real time too."""
        self.threads += 1
        try:
            await super().shutdown_default_executor(*args)
        finally:
            self.threads -= 1

    def _back(self, _: asyncio.Future[Any]) -> None:
        self.threads -= 1


def run(coro: Coroutine[Any, Any, T]) -> T:
    """Run `coro` to its end, as `asyncio.run` does. Raises TimeoutError when that takes more than `LIMIT`."""

    async def limited() -> T:
        async with asyncio.timeout(LIMIT):
            return await coro

    with asyncio.Runner(loop_factory=LiveLoop) as runner:
        return runner.run(limited())
