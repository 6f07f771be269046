"""Virtual time: a whole call in milliseconds, and the same to the microsecond every time.

An asyncio loop whose clock moves only when nothing is ready to run: then it jumps to the next timer. `loop.time()` is
the only clock of such a run; it starts at `start` and is kept to whole nanoseconds, so that a sleep of 0.02 repeated
fifty times ends at 1.0 and not beside it. Every jump is at least one nanosecond, so that a deadline a rounding error
away is reached.

Rules of the room: no sockets (opening one raises), threads are run in place and take no time, and a run always ends.
A run that waits for something that never comes reaches `limit` at once and says which tasks were still there; one
that spins without ever letting time pass is stopped after `SPIN_LIMIT` rounds.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, NoReturn, TypeVar

T = TypeVar("T")

LIMIT = 3600.0
"""Virtual seconds a run may last unless told otherwise."""
SPIN_LIMIT = 1_000_000
"""Rounds of the loop in which time may stand still."""
RESOLUTION = 1e-9
"""Seconds: the smallest step of the clock."""


class Spinning(RuntimeError):
    """Tasks keep each other busy and time never passes."""


class _Jump:
    """Takes the selector's place: waiting for I/O is where time passes."""

    def __init__(self, loop: VirtualLoop) -> None:
        self._loop = loop

    def select(self, timeout: float | None) -> list[NoReturn]:
        """Let `timeout` seconds pass; None would be waiting forever, which `run` never lets happen."""
        if timeout is None:
            raise RuntimeError("nothing is ready and no timer is set: this loop would wait forever")
        self._loop.advance(timeout)
        return []


class VirtualLoop(asyncio.BaseEventLoop):
    """An event loop without I/O on a clock of its own. Use `run`."""

    def __init__(self, start: float = 0.0) -> None:
        super().__init__()
        self._now = start
        self._still = 0
        self._selector = _Jump(self)
        self._clock_resolution = RESOLUTION

    def __repr__(self) -> str:
        return f"<VirtualLoop at {self._now:.6f} s>"

    def time(self) -> float:
        """Virtual seconds."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Let time pass; called by the loop itself when nothing is ready.

        Raises `Spinning` when it was called `SPIN_LIMIT` times without any time to pass.
        """
        if seconds <= 0:
            self._still += 1
            if self._still > SPIN_LIMIT:
                self._still = 0
                raise Spinning(f"time stood still at {self._now:.6f} s for {SPIN_LIMIT} rounds")
            return
        self._still = 0
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
        """Refused."""
        raise RuntimeError(f"no network in virtual time (name look-up of {host!r}, port {port!r})")

    async def create_connection(self, *_: Any, **__: Any) -> NoReturn:
        """Refused."""
        raise RuntimeError("no network in virtual time (connection)")

    async def create_server(self, *_: Any, **__: Any) -> NoReturn:
        """Refused."""
        raise RuntimeError("no network in virtual time (server)")

    def _process_events(self, event_list: list[NoReturn]) -> None:
        """There are none."""

    def _write_to_self(self) -> None:
        """Nothing to wake: this loop never sleeps."""


def run(coro: Coroutine[Any, Any, T], *, limit: float = LIMIT, start: float = 0.0) -> T:
    """Run `coro` to its end in virtual time and return its result.

    Raises what `coro` raises, and TimeoutError (with the tasks that were left as notes) when it is not over after
    `limit` virtual seconds. Tasks that outlive `coro` are cancelled, as `asyncio.run` does.
    """
    with asyncio.Runner(loop_factory=lambda: VirtualLoop(start)) as runner:
        return runner.run(_limited(coro, limit))


async def _limited(coro: Coroutine[Any, Any, T], limit: float) -> T:
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
