"""Judge transcripts by the rule that the bridge had before: a list of last words, and full stops.

It is what today's rules are measured against, and is not touched any more.
"""

from __future__ import annotations

import re
from typing import Final

from ivr.text.segment.punctuation import word_set
from ivr.text.turn.words import Completeness, folded, words_of

FORMER_MS: Final[dict[Completeness, int]] = {"complete": 300, "unknown": 500, "open": 1000}
"""Silence that ended a turn."""

_STOP: Final = re.compile(r"[.!?؟۔…][\"'»”)\]]*\s*$")
_CLAUSE: Final = re.compile(r"[,،;؛:\-–—]\s*$")
_SHORT: Final = word_set(
    "yes yeah yep yup sure right okay ok alright correct exactly good great fine cool "
    "نعم ايوه ايوا اي ايه تمام طيب اوكي اوك زين صح صحيح ماشي حاضر اكيد مضبوط ممتاز حلو "
    "no nope never stop cancel goodbye bye thanks لا لاء ابدا خلاص شكرا مشكور سلام وقف"
)
_CLOSING: Final = (
    "thank you", "no thanks", "bye bye", "that's all", "that is all", "مع السلامه", "في امان الله", "شكرا لك",
    "لا شكرا", "يعطيك العافيه"
)  # fmt: skip
_UNFINISHED: Final = word_set(
    "and or but because so if when that which who the a an my your his her our their this these to of in on at for "
    "from with by about is are was were i'm it's um uh er like number "
    "و او ثم بس لكن لان عشان علشان اذا لو لما اللي الذي التي في من على علي الي عن مع ب ل هو هي هذا هذي رقم رقمي اسمي "
    "يعني انا انه ان اني حق حقت"
)
_MOBILES: Final = (("05", 10), ("9665", 12))


def former_rule(text: str) -> Completeness:
    """Judge whether more is to come after a transcript that was cut at a pause."""
    plain = folded(text)
    words = words_of(plain)
    if not words:
        return "unknown"
    digits = "".join(re.findall(r"\d+", plain))
    if len(digits) >= 3 and words[-1].isdigit():
        for start, whole in _MOBILES:
            if digits.startswith(start):
                return "complete" if len(digits) >= whole else "open"
        if len(digits) == 13:
            return "complete"
        return "unknown" if len(digits) == 4 or len(digits) > 13 else "open"
    if words[-1] in _UNFINISHED or _CLAUSE.search(plain):
        return "open"
    short = len(words) <= 2 and words[-1] in _SHORT
    closing = any(words[-len(one) :] == one for one in (phrase.split() for phrase in _CLOSING))
    return "complete" if short or closing or _STOP.search(plain) else "unknown"
