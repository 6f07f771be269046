"""Where a sentence that broke off for good is begun again: at the clause in which it broke off.

A voice that breaks off and is not back before the caller wonders has left half a sentence in the air. Words that begin
in the middle of a clause say nothing to him by then, so the clause is said again as a whole, as a speaker does who was
interrupted; what he had said before it is not. Where the text has no mark before the place, that is the whole sentence.

How far the voice had got is told by the length of its audio, at the pace it was heard to have on this call. The guess
errs to the earlier clause: rather a clause twice than a word never.

Pure.
"""

from __future__ import annotations

import re
from typing import Final

from ivr.text.segment.punctuation import CLAUSES, CLOSERS, STOPS

MS_PER_CHARACTER: Final = 111
"""A slow voice, for as long as nothing is known of this one (reference table of the voice)."""
DOUBT: Final = 1.1
"""How much slower than on average a voice may have said this sentence."""
_ENDS: Final = re.compile(rf"[{re.escape(CLAUSES + STOPS)}][{re.escape(CLOSERS)}]*\s+(?=\S)")


class SpeakingRate:
    """Of one voice on one call."""

    def __init__(self) -> None:
        self._ms = 0
        self._characters = 0

    def __repr__(self) -> str:
        return f"<SpeakingRate {self._ms} ms for {self._characters} characters>"

    def learn(self, spoken: str, audio_ms: int) -> None:
        """This text was so long."""
        self._ms += audio_ms
        self._characters += len(spoken)

    def said(self, audio_ms: int) -> float:
        """Characters that were said in so much audio, at the least."""
        known = self._ms and self._characters
        each = DOUBT * self._ms / self._characters if known else MS_PER_CHARACTER
        return audio_ms / each


def clause(text: str, spoken: str, said: float) -> tuple[int, int]:
    """Where the last clause begins of which the first `said` characters of `spoken` have something.

    As places in the text as it was written and as the voice got it; where the two cannot be matched, their beginning.
    """
    written, voiced = (_beginnings(each) for each in (text, spoken))
    if len(written) != len(voiced):
        return 0, 0
    clauses = [(0, 0), *zip(written, voiced, strict=True)]
    return [places for places in clauses if places[1] <= said][-1]


def _beginnings(text: str) -> list[int]:
    """Of all clauses but the first."""
    return [end.end() for end in _ENDS.finditer(text)]
