"""Score the frames of many calls together, then feed each call its own.

The model costs a third as much for each call when the frames of several calls share a run. Frames that arrive in the
same turn of the event loop are scored in one run, after that turn, and fed in the order of arrival. No frame waits for
others to come: an event loop that is busy collects by itself, since what arrived meanwhile is there together. Only the
model's work is shared. Every call decides for itself, with the same outcome as alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

from ivr.call.events import AudioIn
from ivr.media import g711
from ivr.media.vad.scorer import SpeechScorer, score_together

_WORTH_IT = 2
"""Calls on the line from which a shared run is worth a detour."""


_SCORE_STEPS = 10_000
"""Steps from 0 to 1 of the score that a call gets."""


class ScoredCall(Protocol):
    """Receive the frames of one call back."""

    scorer: SpeechScorer

    def hear(self, frame: AudioIn) -> None:
        """Take a frame with its score. Never raises."""

    def scoring_failed(self, error: Exception) -> None:
        """Take it that a frame has no score. Never raises."""


class VadBatching:
    """Hold the frames that are not scored yet, of all calls of a server."""

    def __init__(self, calls: Callable[[], int] = lambda: 1) -> None:
        """Take `calls`, which counts those on the line."""
        self._calls = calls
        self._waiting: list[tuple[ScoredCall, AudioIn]] = []
        self._next_turn: asyncio.Handle | None = None
        self.runs = 0
        """Times that frames were scored so far."""
        self.scored = 0
        """Frames that were scored so far."""

    def __repr__(self) -> str:
        return f"<VadBatching waiting={len(self._waiting)} scored={self.scored} runs={self.runs}>"

    def add(self, call: ScoredCall, frame: AudioIn) -> None:
        """Score a frame and give it back to its call: after this turn of the loop, or at once to a call alone."""
        self._waiting.append((call, frame))
        if self._next_turn is not None:
            return
        # A call alone has no other to share a run with.
        if self._calls() < _WORTH_IT:
            self.flush()
        else:
            self._next_turn = asyncio.get_running_loop().call_soon(self.flush)

    def flush(self) -> None:
        """Score everything that waits and give it back, now."""
        if self._next_turn is not None:
            self._next_turn.cancel()
            self._next_turn = None
        waiting, self._waiting = self._waiting, []
        self.runs += 1
        self.scored += len(waiting)
        scores = score_together([(call.scorer, g711.decode(frame.payload)) for call, frame in waiting])
        for (call, frame), score in zip(waiting, scores, strict=True):
            if isinstance(score, Exception):
                call.scoring_failed(score)
            else:
                # No threshold is finer than a ten-thousandth, and a tape writes those as small numbers.
                speech = round(score * _SCORE_STEPS) / _SCORE_STEPS
                # Most frames of most calls are silence: they stay as they are.
                call.hear(AudioIn(frame.timestamp_ms, frame.payload, speech) if speech else frame)
