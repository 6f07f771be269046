"""Tell a caller from voices in the background: a cafe, an office, a station.

The model is sure of one person nearly all the time, yes or no. Of a crowd it is not sure for seconds on end, and every
now and then it says yes. A caller in a cafe would interrupt the agent without a word, and would never end an utterance.
So it is counted how much of the last second or so was doubtful, and how loud that was.
"""

from __future__ import annotations

_SURE_NO, _SURE_YES = 0.05, 0.95
"""Between them the model is in doubt."""
_PACE = 1 / 50
"""Share of one frame in what is remembered: about a second."""
_PREVAILS = 0.5
"""Share of doubtful frames that makes a crowd."""
_STANDS_OUT = 9.0
"""dB above the crowd's level that a voice must reach..."""
_FADES = 1.0
"""...and dB a frame by which it may fall from there."""
_SILENCE = -75.0


class BabbleFloor:
    """Follow one call's background voices. Feed the frames that may be speech."""

    def __init__(self) -> None:
        self.doubt = 0.0
        """How much of the last second was doubtful, 0 to 1."""
        self.level = _SILENCE
        """Of the doubtful frames, dBFS."""
        self._loud = _SILENCE

    def __repr__(self) -> str:
        return f"<BabbleFloor doubt={self.doubt:.2f} at {self.level:.0f} dBFS>"

    def push(self, level: float, probability: float) -> bool:
        """Take one frame's level, dBFS, and score; return whether it is the crowd, whatever its score."""
        # One clear voice is no crowd, whatever its level, nor is noise: the model doubts neither.
        doubtful = _SURE_NO < probability < _SURE_YES
        self.doubt += (doubtful - self.doubt) * _PACE
        if doubtful:
            self.level += (max(level, _SILENCE) - self.level) * _PACE
        self._loud = max(level, self._loud - _FADES)
        # The caller's own voice stands out from a crowd, because the microphone is close to it.
        return self.doubt > _PREVAILS and self._loud < self.level + _STANDS_OUT
