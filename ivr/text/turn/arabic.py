"""Judge the end of Arabic words by their grammar: Saudi dialect first, then its neighbours and Modern Standard."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ivr.text.segment.punctuation import word_set
from ivr.text.turn.words import NOT_TOLD, Judged

_AR_GOVERNS: Final = word_set(
    "و او ثم بس لكن لان عشان علشان اذا لو لما اللي الذي التي في من على علي الي عن مع ب ل هو هي هذا هذي رقم رقمي اسمي "
    "يعني انا انه ان اني حق حقت"
)
"""Words that do not end an utterance."""
AR_AGREEING: Final = word_set("نعم ايوه ايوا اي ايه تمام طيب اوكي اوك زين صح صحيح ماشي حاضر اكيد مضبوط ممتاز حلو")
_AR_SHORT_ANSWERS: Final = AR_AGREEING | word_set("لا لاء ابدا خلاص شكرا مشكور سلام وقف")
_AR_CLOSING: Final = (("مع", "السلامه"), ("في", "امان", "الله"), ("شكرا", "لك"), ("لا", "شكرا"), ("يعطيك", "العافيه"))


def judge_arabic(words: Sequence[str]) -> Judged:
    """Judge folded words, at least one, the last of them Arabic, by grammar alone."""
    if words[-1] in _AR_GOVERNS:
        return Judged("open", "governs")
    if len(words) <= 2 and words[-1] in _AR_SHORT_ANSWERS:
        return Judged("complete", "short_answer")
    if any(tuple(words[-len(phrase) :]) == phrase for phrase in _AR_CLOSING):
        return Judged("complete", "closing")
    return NOT_TOLD
