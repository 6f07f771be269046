"""Decide whether a voice over the agent is an interruption: a barge-in in two steps, in media time.

*Yield*: the caller's voice rises over the agent long enough, and the agent goes quiet. *Commit or resume*: speech as
long as a sentence is an interruption whatever it says; less than a word is a cough, and the agent goes on. What lies
between is given to STT, and its words decide.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from ivr.call.options import CallOptions
from ivr.call.timeline import Rule
from ivr.media.g711 import FRAME_MS
from ivr.text.turn_end import is_backchannel

PAUSE_MS: Final = 160
"""Silence after which the words of an overlap are looked for, in milliseconds."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Say what an overlap was."""

    kind: Literal["commit", "resume"]
    rule: Rule


class BargeIn:
    """Judge the overlaps of one call."""

    def __init__(self, options: CallOptions) -> None:
        self._options = options
        self._false = 0
        self._false_at = 0.0
        self._voiced_ms = 0
        self._quiet_ms = 0
        self._held_ms = 0
        self._asked = False

    def __repr__(self) -> str:
        return f"<BargeIn false={self._false} voiced={self._voiced_ms} quiet={self._quiet_ms} asked={self._asked}>"

    def rises(self, speech_ms: int, now: float) -> bool:
        """Return whether so much speech over the agent makes it yield."""
        # The threshold grows while this call's yields keep proving false (a noisy room, a chatty car), for a while.
        if self._false and now >= self._false_at + self._options.caution_s:
            self._false = 0
        return speech_ms >= self._options.start_ms + self._false * self._options.caution_ms

    def begin(self) -> None:
        """Begin an overlap: the agent has gone quiet."""
        self._voiced_ms = self._quiet_ms = self._held_ms = 0
        self._asked = False

    def frame(self, speech_ms: int, silence_ms: int, *, speaking: bool) -> Verdict | Literal["ask"] | None:
        """Judge one more frame of the overlap; return `ask`, once, when its words are to be looked for.

        `speech_ms`, `silence_ms`: of the caller's open utterance. `speaking`: it is still open.
        """
        self._voiced_ms = max(self._voiced_ms, speech_ms)
        self._quiet_ms = silence_ms if speaking else self._quiet_ms + FRAME_MS
        self._held_ms += FRAME_MS
        if speech_ms >= self._options.commit_ms:
            return Verdict("commit", "duration")
        if self._asked:
            # The agent is not quiet for long while the words are looked for. When they come later, they still count.
            late = self._held_ms >= self._options.verdict_ms and self._quiet_ms >= 2 * PAUSE_MS
            return Verdict("resume", "late") if late else None
        if self._voiced_ms >= self._options.word_ms:
            self._asked = self._quiet_ms >= PAUSE_MS or not speaking
            return "ask" if self._asked else None
        return Verdict("resume", "silence") if self._quiet_ms >= self._options.resume_ms or not speaking else None

    def words(self, text: str, *, asked: bool) -> Verdict:
        """Judge the words of the overlap, perhaps none. `asked`: the agent had just asked the caller something."""
        if not text.strip():
            return Verdict("resume", "nothing")
        backchannel = is_backchannel(text, asked=asked)
        return Verdict("resume", "backchannel") if backchannel else Verdict("commit", "words")

    def learn(self, verdict: Verdict, now: float) -> None:
        """Learn how the overlap ended."""
        # A backchannel is no false alarm: it was the caller.
        if verdict.kind == "commit" or verdict.rule == "backchannel":
            self._false = 0
        elif verdict.rule != "late":
            self._false = min(self._false + 1, self._options.caution_most)
            self._false_at = now
