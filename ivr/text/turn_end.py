"""Judge the end of turn from words: the caller has finished, or will go on.

Callers mix Saudi Arabic and English: the last word's letters say whose grammar counts. In doubt the answer is
`unknown`: then the voice and silence decide.

    ivr/text/turn/answers.py    what was asked: numbers, names, dates, addresses, e-mails, yes or no (`answer/`)
    ivr/text/turn/english.py    grammar
    ivr/text/turn/arabic.py     grammar
    ivr/text/turn/asked.py      what the agent's words ask for
    ivr/text/turn/leaning.py    how reliable each rule is, and what else tells
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from ivr.text.turn.answer.numbers import LONG_NUMBER, MAY_BE_WHOLE
from ivr.text.turn.answers import CHOICE, PARTICULARS, judge_answer, judge_short_reply
from ivr.text.turn.arabic import AR_AGREEING, judge_arabic
from ivr.text.turn.english import EN_AGREEING, judge_english
from ivr.text.turn.leaning import COMPLETE_LEAST, OPEN_MOST, QUESTION_MARK, leaning
from ivr.text.turn.words import FOLDED_WORD, NOT_TOLD, Completeness, Judged, folded, is_arabic, words_of

__all__ = ["AGREEING", "FOLDED_WORD", "completeness", "folded", "judge_by_rules", "judge_words"]

_FINAL_STOP: Final = re.compile(r"[.!۔][\"'»”)\]]*\s*$")
_TRAILS_OFF: Final = re.compile(r"(?:\.\.\.|…)\s*$")
_FINAL_CLAUSE_MARK: Final = re.compile(r"[,،;؛:\-–—]\s*$")
_NEXT_GROUP: Final = -1.2
"""What is enough for a pause of a second between two groups of digits."""
_THINKS: Final = Judged("open", "filler")
_ASKS_FOR_TIME: Final = -2.2
"""What is enough for a pause of some 1.8 s."""
_HUM_WORDS: Final = 2
_SENTENCE_WORDS: Final = 3
"""Words behind which a full stop counts: recognisers put one behind anything."""

AGREEING: Final = EN_AGREEING | AR_AGREEING
"""An answer to a question; after anything else a sign that the caller listens."""


def completeness(text: str, expected: str = "", length: int = 0) -> Completeness:
    """Judge whether more is to come after a transcript that was cut at a short pause; as `judge_words` does."""
    return judge_words(text, expected, length).completeness


def judge_words(text: str, expected: str = "", length: int = 0) -> Judged:
    """Judge whether more is to come after a transcript that was cut at a short pause: how likely, and why.

    `expected`: what the caller was asked for, one of `AnswerKind`; empty: not known. `length`: of `digits`, how many;
    0: not known.
    """
    plain = folded(text)
    words = words_of(plain)
    if not words:
        return NOT_TOLD
    judged = _judge_by_rules(plain, words, expected, length)
    # A hum or a greeting: the caller listens.
    if judged == NOT_TOLD and len(words) <= _HUM_WORDS and expected in ("", "open"):
        return NOT_TOLD
    weight = leaning(judged, plain, words, expected)
    # Fewer digits than the number has: no other sign makes them more.
    if judged.is_part and expected == "digits" and length:
        weight = min(weight, OPEN_MOST)
    # Of a long number without one length, the next group may come behind any.
    elif judged == MAY_BE_WHOLE and expected == "digits" and length == LONG_NUMBER:
        weight = min(weight, _NEXT_GROUP)
    # "Let me see", «لحظة»: who asks for time gets it, although some have said all they had to.
    elif judged == _THINKS:
        weight = min(weight, _ASKS_FOR_TIME)
    if weight <= OPEN_MOST:
        return Judged("open", judged.rule, weight)
    # A rule that does not tell is no reason to call words complete, whatever else is in them.
    is_complete = judged.completeness == "complete" and weight >= COMPLETE_LEAST
    return Judged("complete" if is_complete else "unknown", judged.rule, weight)


def judge_by_rules(text: str, expected: str = "", length: int = 0) -> Judged:
    """Judge as `judge_words` does, but take what the rules say as it is: they are right more or less often."""
    plain = folded(text)
    words = words_of(plain)
    return _judge_by_rules(plain, words, expected, length) if words else NOT_TOLD


def _judge_by_rules(plain: str, words: Sequence[str], expected: str, length: int) -> Judged:
    answer = judge_answer(plain, words, expected, length)
    if answer.completeness != "unknown":
        return answer
    if _TRAILS_OFF.search(plain):
        return Judged("open", "mark")
    in_arabic = is_arabic(words[-1])
    judged = judge_arabic(words, expected=expected) if in_arabic else judge_english(words, plain, expected)
    if answer != NOT_TOLD:
        # What could be all of an answer is not, where its last word governs another.
        return judged if judged.rule == "governs" else answer
    # A subject without a predicate is one of the things that were offered: «الثاني».
    if judged.completeness == "unknown" or (judged.rule == "clause" and length == CHOICE):
        replied = judge_short_reply(words, expected, length)
        judged = replied if replied != NOT_TOLD else judged
    # Where something of its own is awaited, a sentence is no sign that it was said.
    if expected in PARTICULARS and judged.rule in ("sentence", "story"):
        judged = Judged("unknown", judged.rule)
    return (
        judged
        if judged.completeness != "unknown"
        else _judge_mark(plain, words, judged, is_asked=expected not in ("", "open") or length > 0)
    )


def _judge_mark(plain: str, words: Sequence[str], judged: Judged, *, is_asked: bool) -> Judged:
    """Judge words that do not tell by the mark behind them. `is_asked`: something of its own is awaited."""
    if _FINAL_CLAUSE_MARK.search(plain):
        return Judged("open", "mark")
    if QUESTION_MARK.search(plain):
        return Judged("complete", "question")
    # English grammar has read all words: a stop tells nothing more.
    counts = is_arabic(words[-1]) and len(words) >= _SENTENCE_WORDS and not is_asked
    return Judged("complete", "stop") if counts and _FINAL_STOP.search(plain) else judged
