"""Find when the agent's echo comes back: how many frames after it was played.

The loudness of an echo goes up and down as that of the agent did a while ago. Over three seconds of agent speech the
two are laid over each other at every delay from nothing to half a second, and with four seconds to one and a half:
calls over satellites, conference bridges and wireless headsets come back that late. Where they agree best, and well, is
the echo.
"""

from __future__ import annotations

from collections import deque
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

USUAL_ECHO = 25
"""Frames after which an echo comes on nearly every line: half a second."""
LONGEST_ECHO = 75
"""Frames after which it comes at most."""
_SPAN = 150
"""Frames laid over each other, at most..."""
_LEAST, _LEAST_LATE = 75, 100
"""...and at least, for a usual echo and for a later one."""
_EVERY = 25
"""Frames between two looks."""
_AGREES = 0.75
"""Correlation from which two loudness curves agree."""
_AS_WELL = 0.05
"""Correlation by which a usual delay may agree less than a later one."""
_SHORTEST = 40
"""Frames of a stretch under which two curves agree by chance."""
_LIVELY = 2.0
"""dB of standard deviation under which there is nothing to agree on."""
_SOFTEST_HEARD, _SOFTEST_PLAYED = -70.0, -45.0
"""dBFS under which softer is no different: the line's own noise, and what is too soft to be heard coming back."""

Levels: TypeAlias = npt.NDArray[np.float64]
"""dBFS of frames in a row."""


class EchoDelay:
    """Find the delay of one call's echo. Feed the frames while the agent speaks and as long as its echo may last."""

    def __init__(self) -> None:
        self.frames: int | None = None
        """The delay; None while unknown."""
        self._heard: deque[float] = deque(maxlen=_SPAN)
        self._played: deque[float] = deque(maxlen=_SPAN + LONGEST_ECHO)
        self._count = 0
        self._last: int | None = None

    def __repr__(self) -> str:
        return f"<EchoDelay {'unknown' if self.frames is None else f'{20 * self.frames} ms'}>"

    def push(self, heard: float, played: float) -> bool:
        """Take the levels of one frame, dBFS; return whether the delay was looked for."""
        self._heard.append(heard)
        self._played.append(played)
        self._count += 1
        if self._count % _EVERY or len(self._played) < _LEAST + USUAL_ECHO:
            return False
        best = self._best()
        # A caller who talks over the agent agrees with no delay, and neither does a line without an echo above its
        # noise: both change nothing.
        if best is None:
            return True
        # Twice in a row the same delay makes it known; once another one makes it unknown.
        if self._last is not None and abs(best - self._last) <= 1:
            if self.frames is None or abs(best - self.frames) > 1:
                self.frames = best
        elif self.frames is not None and abs(best - self.frames) > 1:
            self.frames = None
        self._last = best
        return True

    def agreement(self, frames: int, before: int) -> float:
        """Return how well what was heard follows what was played before it: a correlation, -1 to 1.

        The better of two: of three seconds, and of `frames` frames of them that ended `before` frames ago.
        """
        whole = self._follows(len(self._heard), 0)
        return max(whole, self._follows(frames, before))

    def _follows(self, frames: int, before: int) -> float:
        end, known = len(self._played) - before, len(self._heard) - before
        span = min(frames, known, end - USUAL_ECHO)
        if span < _SHORTEST:
            return 0.0
        played = np.maximum(self._played, _SOFTEST_PLAYED)[max(0, end - span - LONGEST_ECHO) : end]
        heard = np.maximum(self._heard, _SOFTEST_HEARD)[known - span : known]
        spread = _spread(heard)
        return float(_agreement(heard, spread, played).max()) if spread >= _LIVELY else 0.0

    def pause(self) -> None:
        """Begin again: the agent is silent, and what comes next does not follow in time."""
        if self._heard:
            self._heard.clear()
            self._played.clear()

    def _best(self) -> int | None:
        """Return the delay at which both curves agree best, in frames; None when they do not."""
        known = len(self._played)
        # The later the echo may be, the less there is to lay over each other.
        longest = min(LONGEST_ECHO, max(USUAL_ECHO, known - _LEAST_LATE))
        span = min(_SPAN, known - longest)
        heard = np.maximum(self._heard, _SOFTEST_HEARD)[-span:]
        # Most lines have no echo: nothing is laid over anything.
        spread = _spread(heard)
        if spread < _LIVELY:
            return None
        played = np.maximum(self._played, _SOFTEST_PLAYED)[-span - longest :]
        agreement = _agreement(heard, spread, played)
        usual = int(agreement[longest - USUAL_ECHO :].argmax()) + longest - USUAL_ECHO
        best = int(agreement.argmax())
        # Speech that repeats itself agrees twice: then the echo is the usual one.
        if agreement[usual] >= agreement[best] - _AS_WELL:
            best = usual
        return longest - best if agreement[best] >= _AGREES else None


def _spread(levels: Levels) -> Levels:
    """Return the standard deviation of levels, of rows along the last axis: `numpy.std` without its overhead."""
    span = levels.shape[-1]
    off = levels - np.add.reduce(levels, axis=-1, keepdims=True) / span
    off *= off
    spread: Levels = np.sqrt(np.add.reduce(off, axis=-1) / span)
    return spread


def _agreement(heard: Levels, spread: Levels, played: Levels) -> Levels:
    """Return the correlation of `heard`, of this spread, with every stretch of `played` as long, earliest first."""
    span = len(heard)
    shifted = np.ndarray((len(played) - span + 1, span), np.float64, played, strides=2 * played.strides)
    spreads = np.maximum(_spread(shifted), _LIVELY)
    agreement: Levels = (shifted @ (heard - np.add.reduce(heard) / span)) / (span * spreads * spread)
    return agreement
