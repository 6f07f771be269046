"""Judge the end of turn from words: the caller has finished, or will go on.

Callers mix Saudi Arabic and English: the last word's letters say whose grammar counts. In doubt the answer is
`unknown`: then the voice and silence decide.

    ivr/text/turn/answers.py    what was asked: numbers, names, dates, addresses, e-mails, yes or no
    ivr/text/turn/english.py    grammar
    ivr/text/turn/arabic.py     grammar
    ivr/text/turn/asked.py      what the agent's words ask for
"""

from __future__ import annotations

import re
from typing import Final

from ivr.text.turn.answers import judge_answer
from ivr.text.turn.arabic import AR_AGREEING, judge_arabic
from ivr.text.turn.english import EN_AGREEING, judge_english
from ivr.text.turn.words import FOLDED_WORD, NOT_TOLD, Completeness, Judged, folded, is_arabic, words_of

__all__ = ["AGREEING", "FOLDED_WORD", "completeness", "folded", "judge_words"]

_FINAL_STOP: Final = re.compile(r"[.!?؟۔…][\"'»”)\]]*\s*$")
_FINAL_CLAUSE_MARK: Final = re.compile(r"[,،;؛:\-–—]\s*$")

AGREEING: Final = EN_AGREEING | AR_AGREEING
"""An answer to a question; after anything else a sign that the caller listens."""


def judge_words(text: str, expected: str = "", length: int = 0) -> Judged:
    """Judge whether more is to come after a transcript that was cut at a short pause, and say which rule tells.

    `expected`: what the caller was asked for, one of `AnswerKind`; empty: not known. `length`: of `digits`, how many;
    0: not known.
    """
    plain = folded(text)
    words = words_of(plain)
    if not words:
        return NOT_TOLD
    if (judged := judge_answer(plain, words, expected, length)) != NOT_TOLD:
        return judged
    if (judged := judge_arabic(words, expected=expected) if is_arabic(words[-1]) else judge_english(words)) != NOT_TOLD:
        return judged
    if expected == "yes_no" and len(words) == 1:
        return Judged("complete", "short_answer")
    if _FINAL_CLAUSE_MARK.search(plain):
        return Judged("open", "mark")
    return Judged("complete", "stop") if _FINAL_STOP.search(plain) else NOT_TOLD


def completeness(text: str, expected: str = "", length: int = 0) -> Completeness:
    """Judge whether more is to come after a transcript that was cut at a short pause."""
    return judge_words(text, expected, length).completeness
