"""Give a call that runs otherwise the numbers of its tape, where the audio is not on it.

The caller's side is as measured then. Where the agent speaks now and was silent then, its usual loudness stands in.
"""

from __future__ import annotations

from statistics import median_low

from ivr.replay.recorded_acoustics import RecordedAcoustics
from ivr.replay.tape import Tape


class EstimatedAcoustics(RecordedAcoustics):
    """Answer one call from its tape, or with what is usual on it."""

    def __init__(self, tape: Tape) -> None:
        super().__init__()
        frames = [[one for one in moment.sounds if type(one) is not list] for moment in tape.moments if moment.sounds]
        agent = [loud for found in frames for loud in found[1::2] if type(loud) is int]
        self._usual = median_low(agent) if agent else 0

    def frame(self, pcm: bytes, played: bytes) -> tuple[int, int | None]:
        """Return the RMS of a frame of the caller, and that of what the caller is hearing now."""
        known = self.missed
        heard, agent = super().frame(pcm, played)
        return heard, agent if agent is None or self.missed == known else self._usual
