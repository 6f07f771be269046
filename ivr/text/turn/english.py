"""Judge the end of English words by their grammar."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ivr.text.segment.punctuation import word_set
from ivr.text.turn.words import NOT_TOLD, Judged

_EN_GOVERNS: Final = word_set(
    "and or but because so if when that which who the a an my your his her our their this these to of in on at for "
    "from with by about is are was were i'm it's um uh er like number"
)
"""Words that do not end an utterance."""
EN_AGREEING: Final = word_set("yes yeah yep yup sure right okay ok alright correct exactly good great fine cool")
_EN_SHORT_ANSWERS: Final = EN_AGREEING | word_set("no nope never stop cancel goodbye bye thanks")
_EN_CLOSING: Final = (("thank", "you"), ("no", "thanks"), ("bye", "bye"), ("that's", "all"), ("that", "is", "all"))


def judge_english(words: Sequence[str]) -> Judged:
    """Judge folded words, at least one, the last of them English, by grammar alone."""
    if words[-1] in _EN_GOVERNS:
        return Judged("open", "governs")
    if len(words) <= 2 and words[-1] in _EN_SHORT_ANSWERS:
        return Judged("complete", "short_answer")
    if any(tuple(words[-len(phrase) :]) == phrase for phrase in _EN_CLOSING):
        return Judged("complete", "closing")
    return NOT_TOLD
