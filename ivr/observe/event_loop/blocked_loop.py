"""Find which line of code blocks the event loop, while it does.

The loop leaves a beat every tenth of a second. A thread looks now and then whether the last one is old; only when it is
does it look at the stack of the loop's thread, and again until the loop goes on. So it costs a few instants a second,
and nothing on the path of a call. What it says has no value of any variable in it.
"""

from __future__ import annotations

import logging
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from ivr.observe.event_loop.loop_lag import BEAT_S
from ivr.observe.event_loop.stack_place import Cause, StackPlace, cause, outer_codes, place

log = logging.getLogger("ivr.loop")

BEAT_LATE_S: Final = 0.1
"""Seconds by which a beat is late before the stack is looked at."""
STACK_AGAIN_S: Final = 0.05
"""Seconds between two looks at the stack."""
MOST_LOOKS: Final = 200
"""Looks at one stack: ten seconds."""
TELL_S: Final = 5.0
"""Seconds after which a block is told although it lasts: the loop may never go on."""
END_WATCH_S: Final = 1.0
"""Seconds that the end of the thread may take."""


@dataclass(frozen=True, slots=True)
class _Beat:
    """Hold what was known at a beat, in seconds."""

    at: float
    cpu: float
    """Time that the loop's thread has had a core."""
    gc: float
    """Time that garbage collections have taken."""


@dataclass(slots=True)
class _Blockade:
    """Hold a time in which the loop does not run."""

    since: _Beat
    places: Counter[StackPlace] = field(default_factory=Counter)
    told: bool = False


class BlockedLoop:
    """Watch the event loop of this process. `beat` is called by the loop, the rest by who serves."""

    def __init__(
        self, paused: Callable[[], float] = lambda: 0.0, blocked: Callable[[Cause, float], None] = lambda *_: None
    ) -> None:
        """Take `paused`, the seconds that garbage collections took so far, and `blocked`, told of each block."""
        self._paused = paused
        self._blocked = blocked
        self._beat: _Beat | None = None
        self._thread_id = 0
        self._outer = outer_codes(None)
        self._closed = threading.Event()
        self._watching: threading.Thread | None = None

    def __repr__(self) -> str:
        return f"<BlockedLoop {'watches' if self._watching else 'rests'}>"

    def beat(self) -> None:
        """Take a beat of the loop, in its thread. The first one begins the watch."""
        self._beat = _Beat(time.monotonic(), time.thread_time(), self._paused())
        if self._watching is None and not self._closed.is_set():
            self._thread_id = threading.get_ident()
            self._outer = outer_codes(sys._getframe(1))
            self._watching = threading.Thread(target=self._watch, name="ivr-blocked-loop", daemon=True)
            self._watching.start()

    def close(self) -> None:
        """End the watch."""
        self._closed.set()
        if self._watching is not None:
            self._watching.join(END_WATCH_S)
            self._watching = None

    def _watch(self) -> None:
        """Look after the beats until the watch is closed."""
        block: _Blockade | None = None
        wait = BEAT_LATE_S
        while not self._closed.wait(wait):
            last, now = self._beat, time.monotonic()
            if last is None:
                return
            if block is not None and last is not block.since:
                self._tell(block, last)
                block = None
            late = now - last.at - BEAT_S
            if late < BEAT_LATE_S:
                # The next beat may be as late as is allowed.
                wait = BEAT_LATE_S - late
                continue
            block = block or _Blockade(last)
            if block.places.total() < MOST_LOOKS:
                frame = sys._current_frames().get(self._thread_id)
                block.places[place(frame, self._outer)] += 1
                # Its variables live no longer than they would have.
                del frame
            if late >= TELL_S and not block.told:
                self._tell(block, _Beat(now, self._cpu(), self._paused()))
            wait = STACK_AGAIN_S

    def _cpu(self) -> float:
        """Return how long the loop's thread has had a core, in seconds; 0.0 where the system does not tell."""
        clock = getattr(time, "pthread_getcpuclockid", None)
        return 0.0 if clock is None else time.clock_gettime(clock(self._thread_id))

    def _tell(self, block: _Blockade, now: _Beat) -> None:
        """Log a block that is over, or lasts."""
        if block.told:
            return
        block.told = True
        [(found, looks)] = block.places.most_common(1)
        since = block.since
        seconds, cpu_s, gc_s = now.at - since.at - BEAT_S, max(0.0, now.cpu - since.cpu), now.gc - since.gc
        why = cause(seconds, cpu_s, gc_s, found)
        self._blocked(why, seconds)
        log.warning(
            "loop_blocked",
            extra={
                "cause": why,
                "s": round(seconds, 2),
                "cpu_s": round(cpu_s, 2),
                "gc_s": round(gc_s, 2),
                "where": found.ours,
                "inside": found.library,
                "looks": f"{looks}/{block.places.total()}",
            },
        )
