"""Ask the turn model about the pauses of all calls, in a thread of its own.

No call waits for it: what it says comes when it comes, and counts while the pause lasts. One pause is judged at a time,
the newest first: its answer is the one that can still be in time. What had to wait for too long is dropped, and where
too many wait the oldest.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Final, Literal, Protocol, TypeAlias

log = logging.getLogger("ivr.turn_model")

USEFUL_S: Final = 1.0
"""Seconds after which an answer is not awaited any more: most pauses are over then."""
MOST_PAUSES: Final = 32
"""Pauses that may wait."""
WARN_AGAIN_S: Final = 60.0
"""Seconds between two warnings."""
FAILED, LATE = "turn_model_failed", "turn_model_late"
"""What is noted of a pause that the model said nothing of."""

_Why: TypeAlias = Literal["error", "late", "busy"]


class PauseJudge(Protocol):
    """Judge a pause: `TurnModel`, or what a test takes for it."""

    def judge(self, pcm: bytes) -> float:
        """Return how likely the caller has finished, 0 to 1, from PCM16 at 8 kHz."""


@dataclass(frozen=True, slots=True, eq=False)
class _Pause:
    """Hold a pause that waits."""

    pcm: bytes
    answer: asyncio.Future[float | None]


class TurnJudging:
    """Hold the pauses that are not judged yet, of all calls of a process. Belongs to one event loop."""

    def __init__(
        self,
        model: PauseJudge,
        note: Callable[[str], None] = lambda _name: None,
        judged: Callable[[float], None] = lambda _seconds: None,
    ) -> None:
        """Take `note`, told of what fails by name, and `judged`, told how long each answer took, in seconds."""
        self._model = model
        self._note = note
        self._judged = judged
        self._thread = ThreadPoolExecutor(1, "ivr-turn-model")
        self._waiting: list[_Pause] = []
        self._busy = False
        self._closed = False
        self._warned_at: float | None = None
        self._untold = 0

    def __repr__(self) -> str:
        return f"<TurnJudging waiting={len(self._waiting)} {'busy' if self._busy else 'idle'}>"

    async def judge(self, pcm: bytes) -> float | None:
        """Return how likely the caller has finished, 0 to 1; None: there is no answer in time. Never raises.

        `pcm`: what was said up to now, PCM16 at 8 kHz. To cancel is to forget the pause.
        """
        loop = asyncio.get_running_loop()
        began = loop.time()
        pause = _Pause(pcm, loop.create_future())
        self._waiting.append(pause)
        if len(self._waiting) > MOST_PAUSES:
            oldest = self._waiting.pop(0)
            if not oldest.answer.done():
                oldest.answer.set_result(None)
                self._fail(LATE, "busy")
        self._next()
        try:
            async with asyncio.timeout(USEFUL_S):
                probability = await pause.answer
        except TimeoutError:
            self._fail(LATE, "late")
            return None
        if probability is not None:
            self._judged(loop.time() - began)
        return probability

    def close(self) -> None:
        """Judge nothing any more. A pause that is being judged is not waited for."""
        self._closed = True
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _next(self) -> None:
        """Begin with the newest pause that lasts, unless one is being judged."""
        while self._waiting and not self._busy and not self._closed:
            pause = self._waiting.pop()
            if pause.answer.done():
                continue
            try:
                judged = asyncio.get_running_loop().run_in_executor(self._thread, self._model.judge, pause.pcm)
            # The system gives no thread.
            except RuntimeError as error:
                pause.answer.set_result(None)
                self._fail(FAILED, "error", type(error).__name__)
            else:
                self._busy = True
                judged.add_done_callback(partial(self._done, pause))

    def _done(self, pause: _Pause, judged: asyncio.Future[float]) -> None:
        """Give an answer to the call that waits for it, and go on with the next pause."""
        self._busy = False
        error = None if judged.cancelled() else judged.exception()
        if error is not None:
            self._fail(FAILED, "error", type(error).__name__)
        if not pause.answer.done():
            pause.answer.set_result(None if error is not None or judged.cancelled() else judged.result())
        self._next()

    def _fail(self, name: str, why: _Why, error: str = "") -> None:
        """Count a pause without an answer, and tell the operator now and then."""
        self._note(name)
        now = asyncio.get_running_loop().time()
        if self._warned_at is not None and now - self._warned_at < WARN_AGAIN_S:
            self._untold += 1
            return
        told = {"reason": why, **({"error": error} if error else {}), "untold": self._untold}
        log.warning(name, extra=told)
        self._warned_at, self._untold = now, 0
