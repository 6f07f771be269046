"""Run servers and clients of one process on real sockets in virtual time.

Bytes on loopback arrive at once, so the clock jumps to the next timer when no socket has anything to read. The kernel
gets a moment before each jump, and work in threads takes no virtual time. So a test does not depend on the speed or the
load of the machine. Both ends must be in this loop: another process would see no time pass.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

LIMIT = 600.0
"""Virtual seconds that a run may last."""
MOMENT = 0.001
"""Real seconds in which bytes that were sent may still arrive."""
PATIENCE = 10.0
"""Real seconds that one wait for a thread may take."""


class _Jump(selectors.DefaultSelector):
    """Wait for sockets and threads while they may still be ready, then move the clock."""

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
    """Run an event loop with sockets on a clock of its own. Use `run`."""

    def __init__(self) -> None:
        self._now = 0.0
        self.threads = 0
        """Number of calls in threads that are not over."""
        selector = _Jump()
        selector.loop = self
        super().__init__(selector)

    def time(self) -> float:
        """Return the virtual time in seconds."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Let time pass, by a nanosecond at least."""
        self._now = round(self._now + max(seconds, 1e-9), 9)

    def run_in_executor(self, executor: Any, func: Callable[..., T], *args: Any) -> asyncio.Future[T]:  # type: ignore[override]
        """Run `func` in a thread. The clock stands still until it is done."""
        future = super().run_in_executor(executor, func, *args)
        self.threads += 1
        future.add_done_callback(self._back)
        return future

    async def shutdown_default_executor(self, *args: Any) -> None:
        """Shut the threads down. The deadline for it is real time too."""
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
