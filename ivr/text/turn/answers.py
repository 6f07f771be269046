"""Judge words against what was asked: a number of so many digits, yes or no, a name, a date, an address, an e-mail."""

from __future__ import annotations

from collections.abc import Sequence

from ivr.text.turn.numbers import judge_number
from ivr.text.turn.words import Judged


def judge_answer(plain: str, words: Sequence[str], expected: str, length: int) -> Judged:
    """Judge a folded text and its words, at least one, as an answer of this kind; `expected` may be empty.

    `length`: how many digits are expected; 0: not known. `NOT_TOLD` where grammar has to tell.
    """
    del plain
    return judge_number(words, asked=expected == "digits", length=length)
