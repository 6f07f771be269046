"""The caller's voice over the agent's: what the record says of each, and whose words still count.

`BargeIn` judges what it is shown. This writes each overlap into the turn it fell into, and remembers the utterance
whose words did not come while the agent was quiet for them: the agent goes on, and they may still take the floor.
"""

from __future__ import annotations

from ivr.call.caller.barge_in import BargeIn, Verdict
from ivr.call.commands import Note
from ivr.call.options import CallOptions
from ivr.call.timeline import Turn


class Overlaps:
    """All of one call. Times in seconds of `now`."""

    def __init__(self, options: CallOptions) -> None:
        self.judge = BargeIn(options)
        self.voice_at = 0.0
        """When the caller began to speak, the last time."""
        self._fade = options.fade_ms / 1000
        self._late: int | None = None

    def __repr__(self) -> str:
        return f"<Overlaps late={self._late} {self.judge!r}>"

    def begin(self, turn: Turn, onset_at: float, now: float, *, sounding: bool) -> None:
        """The agent yields to a voice that began at `onset_at`. `sounding`: there was something to be silenced."""
        self.judge.begin()
        turn.overlap(onset_at, now, now + self._fade if sounding else None)

    def settle(self, turn: Turn, verdict: Verdict, now: float) -> Note:
        """The overlap that began last was this."""
        self.judge.learn(verdict, now)
        overlap = turn.overlaps[-1]
        overlap.settle(verdict.kind, verdict.rule, now)
        ms = round((now - overlap.onset_at) * 1000)
        return Note("overlap", {"verdict": verdict.kind, "rule": verdict.rule, "ms": ms})

    def go_on_without(self, utterance: int | None) -> None:
        """The agent goes on before the words of this utterance have come."""
        self._late = utterance

    def take_late(self, utterance: int) -> bool:
        """Whether these words are the late ones of an overlap. Once."""
        late = self._late == utterance
        if late:
            self._late = None
        return late

    def forget(self) -> None:
        """No words count any more."""
        self._late = None
