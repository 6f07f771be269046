"""Decide whether a frame is the caller, or the agent coming back (echo gate).

A model of speech cannot tell, because the agent's echo is speech. Its level can: it is some 20 to 35 dB under what was
played. So a frame counts only when it is within `depth` of the loudest 20 ms played in the last half second, as long as
an echo usually takes; where it is seen to take longer, the gate looks back as far. `depth` begins at 15 dB, which is
safe everywhere, and grows on a line whose echo is seen to be weaker, so that a soft voice gets through as well. Assumes
played speech normalised to about -20 dBFS.
"""

from __future__ import annotations

from collections import deque
from itertools import islice
from operator import add

from ivr.media.loudness import QUIET_DBFS
from ivr.media.vad.echo_delay import LONGEST_ECHO, USUAL_ECHO, EchoDelay

_REMEMBERED = USUAL_ECHO + 1
"""Frames, at least: the one being played now and half a second before it."""
_DEPTH, _DEEPEST, _DEEPEST_KNOWN = 15.0, 22.0, 28.0
"""dB: at first, at most, and at most when the delay is known."""
_ABOVE_ECHO = 5.0
"""dB kept above the loudest echo seen."""
_TELLING = -38.0
"""dBFS from which what was played is loud enough to learn from."""
_OBSERVED_FRAMES = 50
"""Frames of agent speech that give one observation."""
_OBSERVATIONS = 30
"""Observations that count: half a minute of agent speech."""
_ENOUGH = 2
"""Observations before the gate moves."""
_AROUND = 2
"""Frames that a known delay may be off."""
_FALL = 2.0
"""dB a frame by which a room falls silent."""
_UNLIKELY = 12.0
"""dB by which what was played at another time counts less."""
_LATEST = _AROUND + int(_UNLIKELY / _FALL)
"""Frames behind a known delay from which that is so."""
NOTHING = -99.0
"""dBFS of what is played when nothing is."""


class EchoGate:
    """Gate one call's frames."""

    def __init__(self) -> None:
        self.depth = _DEPTH
        """dB under the loudest played frame that still counts as the caller."""
        self.delay = EchoDelay()
        """When the echo comes."""
        self._at: int | None = None
        self._around = (0, 0)
        """Of the remembered frames, those that count more than the rest, from and to."""
        self._counts: list[float] = []
        """By how much each of these counts less, dB."""
        self._played: deque[float] = deque([NOTHING] * _REMEMBERED, maxlen=_REMEMBERED)
        self._loudest = NOTHING
        """Of what was played in that time."""
        self._seen: deque[float] = deque(maxlen=_OBSERVATIONS)
        self._peak = NOTHING
        self._frames = 0
        self._silent = 0

    def __repr__(self) -> str:
        echo = "unknown" if self.echo is None else f"{self.echo:.0f} dB"
        return f"<EchoGate depth={self.depth:.0f} dB echo={echo}>"

    @property
    def echo(self) -> float | None:
        """Return the loudest echo against what was played, dB (negative); None before it could be seen."""
        return max(self._seen) if self._seen else None

    def push(self, heard: float, played: float) -> bool:
        """Take a frame's level and the level played meanwhile, dBFS; return whether the frame may be the caller."""
        loudest = self._loudest
        # Most of the time nothing is played, and nothing was for a while.
        if played != loudest or loudest != NOTHING:
            gone = self._played[0]
            self._played.append(played)
            if played >= loudest:
                self._loudest = loudest = played
            elif gone == loudest:
                self._loudest = loudest = max(self._played)
        self._silent = 0 if played >= QUIET_DBFS else self._silent + 1
        if loudest < QUIET_DBFS:
            # The echo of what was played may still come, later than on other lines.
            if self._silent > LONGEST_ECHO:
                self.delay.pause()
            elif self.delay.push(heard, played):
                self._follow()
            return True
        expected = loudest if self._at is None else self._expected(loudest)
        if expected > _TELLING:
            # One observation is the loudest that came back under the 15 dB line in a second of agent speech. A soft
            # caller over the agent looks like a louder echo, which only takes the gate back for half a minute.
            ratio = heard - expected
            if ratio < -_DEPTH:
                self._peak = max(self._peak, ratio)
            self._frames += 1
            if self._frames % _OBSERVED_FRAMES == 0 and self._peak != NOTHING:
                self._seen.append(self._peak)
                self._peak = NOTHING
                deepest = _DEEPEST if self._at is None else _DEEPEST_KNOWN
                if len(self._seen) >= _ENOUGH:
                    self.depth = min(deepest, max(_DEPTH, -max(self._seen) - _ABOVE_ECHO))
        if self.delay.push(heard, played):
            self._follow()
        return heard >= expected - self.depth

    def _expected(self, loudest: float) -> float:
        """Return what was played, dBFS, as it counts now that the delay is known."""
        around: float = max(map(add, islice(self._played, *self._around), self._counts))
        return max(around, loudest - _UNLIKELY)

    def _follow(self) -> None:
        """Follow the delay of the echo, which was looked for."""
        if self.delay.frames == self._at:
            return
        # The delay became known, or unknown: what was seen until now was seen against something else.
        self._at = at = self.delay.frames
        self._seen.clear()
        self._peak, self._frames, self.depth = NOTHING, 0, _DEPTH
        remembered = _REMEMBERED if at is None else max(_REMEMBERED, at + _LATEST + 1)
        if at is not None:
            # Oldest first: the frame that was played `age` frames ago, from 0 on.
            ages = range(min(remembered - 1, at + _LATEST), max(0, at - _AROUND) - 1, -1)
            self._around = (remembered - 1 - ages[0], remembered - ages[-1])
            self._counts = [_counted(age - at) for age in ages]
        before = [NOTHING] * (remembered - len(self._played))
        self._played = deque([*before, *self._played], maxlen=remembered)
        self._loudest = max(self._played)

    @property
    def busy(self) -> bool:
        """Return whether something was played whose echo may still come: in the last half second, or longer before."""
        return self._loudest >= QUIET_DBFS


def _counted(late: int) -> float:
    """Return the dB, 0 or less, by which a played frame counts less.

    `late`: how many frames before the one whose echo comes now it was played.
    """
    # Once the delay is known, what was played then counts in full and the rest less: a room goes on sounding, and the
    # delay may be a little off. So the gate is open in the agent's own pauses.
    if late < -_AROUND:
        return -_UNLIKELY
    return -min(_UNLIKELY, _FALL * max(0, late - _AROUND))
