"""Run asyncio code in virtual time: a whole call in milliseconds, and the same to the microsecond every time.

The clock of this event loop moves only when nothing is ready to run; then it jumps to the next timer. There are no
sockets (opening one raises), threads run in place and take no time, and a run always ends: a run that waits for
something that never comes reaches `limit` at once, and one that lets no time pass is stopped after `SPIN_LIMIT`
rounds.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, NoReturn, TypeVar

T = TypeVar("T")

RUN_LIMIT = 3600.0
"""Virtual seconds a run may last, by default."""
SPIN_LIMIT = 1_000_000
"""Rounds of the event loop in which time may stand still."""
RESOLUTION = 1e-9
"""Seconds: the smallest step of the clock."""


class Spinning(RuntimeError):
    """Report that tasks keep each other busy and time never passes."""


class _Jump:
    """Replace the selector: time passes where the event loop would wait for I/O."""

    def __init__(self, loop: VirtualLoop) -> None:
        self._loop = loop

    def select(self, timeout: float | None) -> list[NoReturn]:
        """Let `timeout` seconds pass. None would wait forever; `run` never lets that happen."""
        if timeout is None:
            raise RuntimeError("nothing is ready and no timer is set: this loop would wait forever")
        self._loop.advance(timeout)
        return []


class VirtualLoop(asyncio.BaseEventLoop):
    """Run tasks without I/O on a clock of its own. Use `run`."""

    def __init__(self, start: float = 0.0) -> None:
        super().__init__()
        self._now = start
        self._still = 0
        self._selector = _Jump(self)
        self._clock_resolution = RESOLUTION

    def __repr__(self) -> str:
        return f"<VirtualLoop at {self._now:.6f} s>"

    def time(self) -> float:
        """Return virtual seconds."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Let time pass. The event loop calls this when nothing is ready.

        Raises `Spinning` when it was called `SPIN_LIMIT` times without any time to pass.
        """
        if seconds <= 0:
            self._still += 1
            if self._still > SPIN_LIMIT:
                self._still = 0
                raise Spinning(f"time stood still at {self._now:.6f} s for {SPIN_LIMIT} rounds")
            return
        self._still = 0
        # Whole nanoseconds: fifty sleeps of 0.02 end at 1.0 exactly. At least one, so that a deadline a rounding error
        # away is reached.
        later = round(self._now + seconds, 9)
        self._now = later if later > self._now else round(self._now + RESOLUTION, 9)

    def run_in_executor(self, executor: Any, func: Callable[..., T], *args: Any) -> asyncio.Future[T]:  # type: ignore[override]
        """Run `func` here and now: a thread takes no virtual time."""
        future: asyncio.Future[T] = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as error:
            future.set_exception(error)
        return future

    async def getaddrinfo(self, host: Any, port: Any, **_: Any) -> NoReturn:
        """Refuse: there is no network in virtual time."""
        raise RuntimeError(f"no network in virtual time (name look-up of {host!r}, port {port!r})")

    async def create_connection(self, *_: Any, **__: Any) -> NoReturn:
        """Refuse: there is no network in virtual time."""
        raise RuntimeError("no network in virtual time (connection)")

    async def create_server(self, *_: Any, **__: Any) -> NoReturn:
        """Refuse: there is no network in virtual time."""
        raise RuntimeError("no network in virtual time (server)")

    def _process_events(self, event_list: list[NoReturn]) -> None:
        """Do nothing: there are no I/O events."""

    def _write_to_self(self) -> None:
        """Do nothing: this event loop never sleeps."""


def run(coro: Coroutine[Any, Any, T], *, limit: float = RUN_LIMIT, start: float = 0.0) -> T:
    """Run `coro` to its end in virtual time and return its result.

    Raises what `coro` raises, and TimeoutError when it is not over after `limit` virtual seconds, with a note for each
    task that was left. Tasks that outlive `coro` are cancelled, as `asyncio.run` does.
    """

    async def limited() -> T:
        task = asyncio.create_task(coro, name="virtual run")
        await asyncio.wait({task}, timeout=limit)
        if task.done():
            return task.result()
        error = TimeoutError(f"not over after {limit:g} virtual seconds")
        for other in asyncio.all_tasks() - {asyncio.current_task()}:
            error.add_note(f"still there: {other!r}")
        task.cancel()
        await asyncio.wait({task}, timeout=limit)
        raise error

    with asyncio.Runner(loop_factory=lambda: VirtualLoop(start)) as runner:
        return runner.run(limited())
