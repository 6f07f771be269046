"""Hold what a process does for that which is kept of its calls: the records' writer, and the keeper beside it."""

from __future__ import annotations

import asyncio

from ivr.call.ports import CallObserver
from ivr.config.settings import Settings
from ivr.keeper.child import WATCH_S, KeeperChild
from ivr.observe.call_log import Observers
from ivr.observe.metrics import Metrics


class Kept:
    """Hold what is kept of the calls of one process."""

    def __init__(self, settings: Settings, keeper: KeeperChild | None = None) -> None:
        """Take `keeper`, where this process is the one that has it: with workers, their parent does."""
        self._settings = settings
        self._keeper = keeper
        self._observers: list[CallObserver] = []

    def __repr__(self) -> str:
        return f"<Kept {self._keeper!r}>"

    def beside(self, recorder: CallObserver | None) -> CallObserver | None:
        """Return what observes the calls, with `recorder`. None: nothing does."""
        observers = [*self._observers, *([recorder] if recorder is not None else [])]
        return Observers(*observers) if len(observers) > 1 else next(iter(observers), None)

    def start(self, metrics: Metrics) -> None:
        """Begin to write."""

    def watch(self, loop: asyncio.AbstractEventLoop) -> None:
        """Look from now on, at times, whether the keeper is there."""
        if self._keeper is not None:
            self._keeper.watch(loop.time())
            loop.call_later(WATCH_S, self.watch, loop)

    def close(self) -> None:
        """Write what is not written, and let the keeper finish. The calls are over. Blocks for some seconds at most."""
        if self._keeper is not None:
            self._keeper.close()
