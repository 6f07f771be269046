"""Tell the language that a caller speaks from the first words, as STT writes them.

STT that listens for Arabic writes English words of a caller in Latin letters. Callers mix the two, and some English
words are at home in Arabic: they decide nothing, nor does a name or a number alone.
"""

from __future__ import annotations

from typing import Final, Literal

from ivr.text.segment.punctuation import word_set
from ivr.text.turn_end import FOLDED_WORD, folded

_ASKS_FOR_ENGLISH: Final = word_set("english انجليزي انقليزي بالانجليزي بالانقليزي الانجليزيه انجلش انقلش")
_ASKS_FOR_ARABIC: Final = word_set("arabic عربي بالعربي العربيه عربيه")
_AT_HOME_IN_BOTH: Final = word_set("ok okay hello hallo hi hey bye sorry please thanks thank you yes no mm hm uh um ah")
"""English words that a caller of either language may begin with, and sounds."""
_MOSTLY: Final = 2 / 3
"""Share of the words, those in both languages left out, that decides."""


def language_of(text: str) -> Literal["ar", "en"] | None:
    """Return the language of words, or the one that is asked for in them; None: they do not tell."""
    words = [word for word in FOLDED_WORD.findall(folded(text)) if not word.isdigit()]
    if any(word in _ASKS_FOR_ENGLISH for word in words):
        return "en"
    if any(word in _ASKS_FOR_ARABIC for word in words):
        return "ar"
    telling = [word for word in words if word not in _AT_HOME_IN_BOTH]
    arabic = sum("\u0600" <= word[0] <= "\u06ff" for word in telling)
    if arabic and arabic >= _MOSTLY * len(telling):
        return "ar"
    # One Latin word among a caller's first may be a name.
    latin = sum("a" <= word[0] <= "z" for word in telling)
    return "en" if latin > 1 and latin >= _MOSTLY * len(telling) else None
