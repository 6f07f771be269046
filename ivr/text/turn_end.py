"""Judge the end of turn from words: the caller has finished, or will go on.

One table holds Saudi Arabic and English, because callers mix them. In doubt the answer is `unknown`: then silence
decides.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final, Literal, TypeAlias

from ivr.text.segment.punctuation import word_set

Completeness: TypeAlias = Literal["complete", "open", "unknown"]

# STT spells alef, yeh, teh marbuta and hamza in several ways, with or without vowel signs and tatweel.
_FOLD: Final = str.maketrans(
    {**dict.fromkeys("أإآٱ", "ا"), "ى": "ي", "ة": "ه", "ؤ": "و", "ئ": "ي", "ـ": None, "’": "'"}
    | {chr(base + digit): str(digit) for base in (0x0660, 0x06F0) for digit in range(10)}
)
FOLDED_WORD: Final = re.compile(r"[^\W_]+(?:'[^\W_]+)?")
_DIGIT_RUN: Final = re.compile(r"\d+")
_FINAL_STOP: Final = re.compile(r"[.!?؟۔…][\"'»”)\]]*\s*$")
_FINAL_CLAUSE_MARK: Final = re.compile(r"[,،;؛:\-–—]\s*$")

AGREEING: Final = word_set(
    "yes yeah yep yup sure right okay ok alright correct exactly good great fine cool "
    "نعم ايوه ايوا اي ايه تمام طيب اوكي اوك زين صح صحيح ماشي حاضر اكيد مضبوط ممتاز حلو"
)
"""An answer to a question; after anything else a sign that the caller listens."""
_SHORT_ANSWERS: Final = AGREEING | word_set(
    "no nope never stop cancel goodbye bye thanks لا لاء ابدا خلاص شكرا مشكور سلام وقف"
)
_CLOSING_PHRASES: Final = (
    ("thank", "you"), ("no", "thanks"), ("bye", "bye"), ("that's", "all"), ("that", "is", "all"), ("مع", "السلامه"),
    ("في", "امان", "الله"), ("شكرا", "لك"), ("لا", "شكرا"), ("يعطيك", "العافيه"),
)  # fmt: skip
_UNFINISHED_AFTER: Final = word_set(
    "and or but because so if when that which who the a an my your his her our their this these to of in on at for "
    "from with by about is are was were i'm it's um uh er like number "
    "و او ثم بس لكن لان عشان علشان اذا لو لما اللي الذي التي في من على علي الي عن مع ب ل هو هي هذا هذي رقم رقمي اسمي "
    "يعني انا انه ان اني حق حقت"
)
"""Words that do not end an utterance."""
_MOBILE_LENGTHS: Final = (("05", 10), ("9665", 12))
"""First digits of a Saudi mobile number, and how many digits it has."""
_PIN_DIGITS, _WAYBILL_DIGITS = 4, 13


def folded(text: str) -> str:
    """Return a text in which different spellings of a word are the same."""
    plain = unicodedata.normalize("NFKD", text.translate(_FOLD)).casefold()
    return "".join(char for char in plain if not unicodedata.combining(char)).translate(_FOLD)


def completeness(text: str, expected: str = "", length: int = 0) -> Completeness:
    """Judge whether more is to come after a transcript that was cut at a short pause.

    `expected`: what the caller was asked for, `digits` (as many as `length`, where it is known) or `yes_no`.
    """
    plain = folded(text)
    words = FOLDED_WORD.findall(plain)
    if not words:
        return "unknown"
    digits = "".join(_DIGIT_RUN.findall(plain))
    # The agent knows best how long its number is.
    if expected == "digits" and length and digits:
        return "complete" if len(digits) == length else "open" if len(digits) < length else "unknown"
    if expected == "yes_no" and len(words) == 1 and words[0] not in _UNFINISHED_AFTER:
        return "complete"
    if len(digits) >= 3 and words[-1].isdigit():
        # The caller dictates a number: its length tells whether it is whole.
        for start, whole in _MOBILE_LENGTHS:
            if digits.startswith(start):
                return "complete" if len(digits) >= whole else "open"
        if len(digits) == _WAYBILL_DIGITS:
            return "complete"
        return "unknown" if len(digits) == _PIN_DIGITS or len(digits) > _WAYBILL_DIGITS else "open"
    if words[-1] in _UNFINISHED_AFTER or _FINAL_CLAUSE_MARK.search(plain):
        return "open"
    if len(words) <= 2 and words[-1] in _SHORT_ANSWERS:
        return "complete"
    if any(tuple(words[-len(phrase) :]) == phrase for phrase in _CLOSING_PHRASES) or _FINAL_STOP.search(plain):
        return "complete"
    return "unknown"
