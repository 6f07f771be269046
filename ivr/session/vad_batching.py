"""Frames of many calls, heard together.

The detector's model costs half as much for each call when the frames of several calls share a run. Frames of different
calls come at different moments of every 20 ms, so the first one waits a millisecond for others; what has come by then
is prepared in one run and fed to each call in the order of arrival. A call alone waits for nobody.

Only the model's work is shared. Every call decides for itself, with the same outcome as alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from ivr.call.events import AudioIn
from ivr.media.vad import batch
from ivr.session.session import Session

WAIT = 0.001
"""Seconds a frame may wait for those of other calls."""


class VadBatching:
    """The frames that wait, of all calls of a server."""

    def __init__(self, calls: Callable[[], int], wait: float = WAIT) -> None:
        """`calls`: how many are on the line."""
        self._calls = calls
        self._wait = wait
        self._waiting: list[tuple[Session, AudioIn]] = []
        self._timer: asyncio.TimerHandle | None = None
        self.shared = 0
        """Windows that went through a shared run so far."""

    def __repr__(self) -> str:
        return f"<VadBatching waiting={len(self._waiting)} shared={self.shared}>"

    def add(self, session: Session, event: AudioIn) -> bool:
        """Let a frame wait. False: the call is alone, feed it now."""
        if self._calls() < batch.WORTH_IT:
            return False
        self._waiting.append((session, event))
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self._wait, self.flush)
        return True

    def flush(self) -> None:
        """Feed everything that waits, now."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        waiting, self._waiting = self._waiting, []
        now = asyncio.get_running_loop().time()
        coming = (session.foresee(event, now) for session, event in waiting)
        self.shared += batch.prepare(frame for frame in coming if frame is not None)
        for session, event in waiting:
            session.hear(event, now)
