"""Find where a sentence that broke off is begun again: at the clause in which it broke off.

Words that begin in the middle of a clause say nothing to a caller who has waited, so the clause is said again as a
whole, as a speaker does who was interrupted. What was said before it is not said again. Where the text has no mark
before the place, the clause is the whole sentence.
"""

from __future__ import annotations

import re
from typing import Final

from ivr.text.segment.punctuation import CLAUSES, CLOSERS, STOPS

SLOW_SPEECH_MS_PER_CHARACTER: Final = 111
"""The pace of a slow speaker, for as long as nothing is known of this one."""
DOUBT: Final = 1.1
"""How much slower than on average this sentence may have been said: the guess errs to the earlier clause, for a clause
that is said twice is better than a word that is never said."""
_CLAUSE_ENDS: Final = re.compile(rf"[{re.escape(CLAUSES + STOPS)}][{re.escape(CLOSERS)}]*\s+(?=\S)")


class SpeakingRate:
    """Measure the pace of one speaker on one call."""

    def __init__(self) -> None:
        self._ms = 0
        self._characters = 0

    def __repr__(self) -> str:
        return f"<SpeakingRate {self._ms} ms for {self._characters} characters>"

    def learn(self, spoken: str, audio_ms: int) -> None:
        """Learn how long a whole text lasted, in milliseconds."""
        self._ms += audio_ms
        self._characters += len(spoken)

    def said(self, audio_ms: int) -> float:
        """Return how many characters were said at least in so much audio."""
        known = self._ms and self._characters
        each = DOUBT * self._ms / self._characters if known else SLOW_SPEECH_MS_PER_CHARACTER
        return audio_ms / each


def clause(text: str, spoken: str, said: float) -> tuple[int, int]:
    """Return where the clause begins that holds the last of the first `said` characters of `spoken`.

    As places in the text as it was written and as TTS got it; the beginning of both where the two cannot be matched.
    """
    written, voiced = ([end.end() for end in _CLAUSE_ENDS.finditer(each)] for each in (text, spoken))
    if len(written) != len(voiced):
        return 0, 0
    clauses = [(0, 0), *zip(written, voiced, strict=True)]
    return [places for places in clauses if places[1] <= said][-1]
