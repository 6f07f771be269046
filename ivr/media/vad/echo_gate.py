"""The echo gate: is this the caller, or the agent coming back?

No detector of speech can tell, because the agent's echo is speech. Its level can: it is always some 20 to 35 dB under
what was played, so a frame counts only when it is within `depth` of the loudest 20 ms played in the last half second
(the longest way round that an echo takes).

`depth` begins at 15 dB, which is safe everywhere, and grows on a line whose echo is seen to be weaker, so that a soft
voice gets through as well. What is seen: the loudest that came back under the 15 dB line, relative to what was played,
in each second of agent speech. A quiet caller talking over the agent looks like a louder echo, which only takes the
gate back towards 15 dB for half a minute.

Half a second is much to be careful for. Once it is known when the echo comes (`delay`), what was played then counts in
full, the rest less: a room goes on sounding, falling by some 2 dB a frame, and the delay may be a little off. Then the
gate is open in the agent's own pauses, and may grow deeper. Assumes played speech normalised to about -20 dBFS.
"""

from __future__ import annotations

from collections import deque
from operator import add

from ivr.media.loudness import QUIET
from ivr.media.vad.echo_delay import LONGEST, EchoDelay

_MEMORY = LONGEST + 1
"""Frames: the one being played now and half a second before it."""
_DEPTH, _DEEPEST, _DEEPEST_KNOWN = 15.0, 22.0, 28.0
"""dB: at first, at most, and at most when the delay is known."""
_MARGIN = 5.0
"""dB kept above the loudest echo seen."""
_TELLING = -38.0
"""dBFS from which what was played is loud enough to learn from."""
_BLOCK = 50
"""Frames of agent speech that give one observation."""
_BLOCKS = 30
_ENOUGH = 2
"""Observations before the gate moves."""
_AROUND = 2
"""Frames that a known delay may be off."""
_FALL = 2.0
"""dB a frame by which a room falls silent."""
_UNLIKELY = 12.0
"""dB by which what was played at another time counts less."""
NOTHING = -99.0
"""dBFS of what is played when nothing is."""


class EchoGate:
    """One call's gate."""

    def __init__(self) -> None:
        self.depth = _DEPTH
        """dB under the loudest played frame that still counts as the caller."""
        self.delay = EchoDelay()
        """When the echo comes."""
        self._at: int | None = None
        self._counts = [0.0] * _MEMORY
        self._played: deque[float] = deque([NOTHING] * _MEMORY, maxlen=_MEMORY)
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
        if max(self._played) < QUIET:
            self.delay.pause()
            return True
        expected: float = max(map(add, self._played, self._counts))
        if expected > _TELLING:
            self._learn(heard - expected)
        if self.delay.push(heard, played) and self.delay.frames != self._at:
            self._aim()
        return heard >= expected - self.depth

    @property
    def busy(self) -> bool:
        """Something was played in the last half second."""
        return max(self._played) >= QUIET

    def _aim(self) -> None:
        """The delay became known, or unknown: what was seen until now was seen against something else."""
        self._at = at = self.delay.frames
        self._seen.clear()
        self._peak, self._frames, self.depth = NOTHING, 0, _DEPTH
        ages = range(LONGEST, -1, -1)
        self._counts = [0.0] * _MEMORY if at is None else [_counted(age - at) for age in ages]

    def _learn(self, ratio: float) -> None:
        if ratio < -_DEPTH:
            self._peak = max(self._peak, ratio)
        self._frames += 1
        if self._frames % _BLOCK or self._peak == NOTHING:
            return
        self._seen.append(self._peak)
        self._peak = NOTHING
        if len(self._seen) >= _ENOUGH:
            self.depth = min(_DEEPEST if self._at is None else _DEEPEST_KNOWN, max(_DEPTH, -max(self._seen) - _MARGIN))


def _counted(late: int) -> float:
    """dB off what was played so many frames before the one whose echo is heard now."""
    if late < -_AROUND:
        return -_UNLIKELY
    return -min(_UNLIKELY, _FALL * max(0, late - _AROUND))
