"""The echo gate: is this the caller, or the agent coming back?

No detector of speech can tell, because the agent's echo is speech. Its level can: it is always some 20 to 35 dB under
what was played, so a frame counts only when it is within `depth` of the loudest 20 ms played in the last half second
(the longest way round that an echo takes).

`depth` begins at 15 dB, which is safe everywhere, and grows to 22 dB on a line whose echo is seen to be weaker, so
that a soft voice gets through as well. What is seen: the loudest that came back under the 15 dB line, relative to what
was played, in each second of agent speech. A quiet caller talking over the agent looks like a louder echo, which only
takes the gate back towards 15 dB for half a minute. Assumes played speech normalised to about -20 dBFS.
"""

from __future__ import annotations

from collections import deque

from ivr.media.loudness import QUIET

_MEMORY = 26
"""Frames: the one being played now and half a second before it."""
_DEPTH, _DEEPEST = 15.0, 22.0
_MARGIN = 5.0
"""dB kept above the loudest echo seen."""
_TELLING = -45.0
"""dBFS from which what was played is loud enough to learn from."""
_BLOCK = 50
"""Frames of agent speech that give one observation."""
_BLOCKS = 30
_ENOUGH = 2
"""Observations before the gate moves."""
NOTHING = -99.0
"""dBFS of what is played when nothing is."""


class EchoGate:
    """One call's gate."""

    def __init__(self) -> None:
        self.depth = _DEPTH
        """dB under the loudest played frame that still counts as the caller."""
        self._played: deque[float] = deque(maxlen=_MEMORY)
        self._seen: deque[float] = deque(maxlen=_BLOCKS)
        self._peak = NOTHING
        self._frames = 0

    def __repr__(self) -> str:
        echo = "unknown" if self.echo is None else f"{self.echo:.0f} dB"
        return f"<EchoGate depth={self.depth:.0f} dB echo={echo}>"

    @property
    def echo(self) -> float | None:
        """Level of the loudest echo against what was played, dB (negative); None before it could be seen."""
        return max(self._seen) if self._seen else None

    def push(self, heard: float, played: float) -> bool:
        """One frame: level from the caller and level at the caller's ear meanwhile, dBFS. True: this may be speech."""
        self._played.append(played)
        loudest = max(self._played)
        if loudest < QUIET:
            return True
        if loudest > _TELLING:
            self._learn(heard - loudest)
        return heard >= loudest - self.depth

    def opens(self, heard: float, played: float) -> bool:
        """What `push` is about to say, give or take what it learns from this frame. Changes nothing."""
        loudest = max(*self._played, played) if self._played else played
        return loudest < QUIET or heard >= loudest - self.depth

    def _learn(self, ratio: float) -> None:
        if ratio < -_DEPTH:
            self._peak = max(self._peak, ratio)
        self._frames += 1
        if self._frames % _BLOCK or self._peak == NOTHING:
            return
        self._seen.append(self._peak)
        self._peak = NOTHING
        if len(self._seen) >= _ENOUGH:
            self.depth = min(_DEEPEST, max(_DEPTH, -max(self._seen) - _MARGIN))
