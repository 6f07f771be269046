"""Find where a text that broke off is whole: a word or a number at its end may have been meant to go on.

`The fee is 1` may have been `1,200 riyals`: half a number, said as if it were whole, is a wrong answer.
"""

from __future__ import annotations

import re
from typing import Final

from ivr.text.segment.punctuation import CLAUSES, CLOSERS, STOPS

LONGEST_END: Final = 400
"""Characters at the end that are looked at, at most."""
# Words are whole when a blank or a mark stands behind them, numbers only before a mark with a blank or a closing mark.
_LAST_TOKEN: Final = re.compile(r"(?<!\S)\S+\Z")
_ENDED_WORD: Final = re.compile(rf"[^\W\d_][{re.escape(STOPS + CLAUSES + CLOSERS)}]+\Z")
_ENDED_NUMBER: Final = re.compile(rf"\d\s?[%٪{re.escape(CLOSERS)}][{re.escape(STOPS + CLAUSES + CLOSERS)}]*\Z")
_NUMBER_AND_MARK: Final = re.compile(rf"\d[{re.escape(STOPS + CLAUSES + CLOSERS)}]+\s+\Z")
# What belongs to the number behind it, or needs one: `SAR`, `ر.س`, `+`, `No.`.
_NEEDS_NUMBER: Final = re.compile(r"[^\w\s]+|[A-Z]{3}|ر\.س\.?|د\.[إاكبأع]\.?|ج\.م\.?|[Nn]o\.?")


def whole_length(text: str) -> int:
    """Return how many characters of a text that broke off may be said."""
    start = max(0, len(text) - LONGEST_END)
    if text[-1:].isspace() and _NUMBER_AND_MARK.search(text, start):
        return len(text)
    end = len(text)
    if not text[-1:].isspace() and not (_ENDED_WORD.search(text, start) or _ENDED_NUMBER.search(text, start)):
        token = _LAST_TOKEN.search(text, start)
        end = token.start() if token else end
    # A number at the end waits for what it counts, and its sign or currency for the number.
    while token := _LAST_TOKEN.search(text, start, len(text[:end].rstrip())):
        digits = any(char.isdecimal() for char in token[0])
        if not (digits and not _ENDED_NUMBER.search(token[0])) and not _NEEDS_NUMBER.fullmatch(token[0]):
            break
        end = token.start()
    return end
