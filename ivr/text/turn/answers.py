"""Judge words against what was asked: a number of so many digits, yes or no, a name, a date, an address, an e-mail."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from ivr.text.turn.words import NOT_TOLD, Judged

_DIGIT_RUN: Final = re.compile(r"\d+")
_MOBILE_LENGTHS: Final = (("05", 10), ("9665", 12))
"""First digits of a Saudi mobile number, and how many digits it has."""
_PIN_DIGITS, _WAYBILL_DIGITS = 4, 13


def judge_answer(plain: str, words: Sequence[str], expected: str, length: int) -> Judged:
    """Judge a folded text and its words, at least one, as an answer of this kind; `expected` may be empty.

    `length`: how many digits are expected; 0: not known. `NOT_TOLD` where grammar has to tell.
    """
    digits = "".join(_DIGIT_RUN.findall(plain))
    # The agent knows best how long its number is.
    if expected == "digits" and length and digits:
        if len(digits) == length:
            return Judged("complete", "answer_whole")
        return Judged("open", "answer_part") if len(digits) < length else NOT_TOLD
    if len(digits) >= 3 and words[-1].isdigit():
        # The caller dictates a number: its length tells whether it is whole.
        for start, whole in _MOBILE_LENGTHS:
            if digits.startswith(start):
                return Judged("complete", "number_whole") if len(digits) >= whole else Judged("open", "number_part")
        if len(digits) == _WAYBILL_DIGITS:
            return Judged("complete", "number_whole")
        if len(digits) == _PIN_DIGITS or len(digits) > _WAYBILL_DIGITS:
            return NOT_TOLD
        return Judged("open", "number_part")
    return NOT_TOLD
