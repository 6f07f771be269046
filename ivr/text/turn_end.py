"""How a caller's words are meant: said to the end, still going on, or only a sign of listening.

Judged from words alone, Arabic (Saudi) and English in one table, because callers mix them. In doubt the answer is
`unknown` and `False`: then silence decides. The words are compared without case, tashkeel, tatweel and the many ways
to write alef, yeh and teh marbuta.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final, Literal, TypeAlias

Completeness: TypeAlias = Literal["complete", "open", "unknown"]

_FOLD: Final = str.maketrans(
    {**dict.fromkeys("أإآٱ", "ا"), "ى": "ي", "ة": "ه", "ؤ": "و", "ئ": "ي", "ـ": None, "’": "'"}
    | {chr(base + digit): str(digit) for base in (0x0660, 0x06F0) for digit in range(10)}
)
_WORD: Final = re.compile(r"[^\W_]+(?:'[^\W_]+)?")
_DIGITS: Final = re.compile(r"\d+")
_END: Final = re.compile(r"[.!?؟۔…][\"'»”)\]]*\s*$")
_TRAIL: Final = re.compile(r"[,،;؛:\-–—]\s*$")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_AGREE: Final = _words(
    "yes yeah yep yup sure right okay ok alright correct exactly good great fine cool "
    "نعم ايوه ايوا اي ايه تمام طيب اوكي اوك زين صح صحيح ماشي حاضر اكيد مضبوط ممتاز حلو"
)
"""An answer to a question, a sign of listening to anything else."""
_HUM: Final = _words("mm mmm mhm mmhm hm hmm uh um huh aha ah oh uhhuh اها اهاا هم همم امم اه اوه ااه هاه ايهه")
"""Never more than a sign of listening."""
_SHORT_ANSWERS: Final = _AGREE | _words(
    "no nope never stop cancel goodbye bye thanks لا لاء ابدا خلاص شكرا مشكور سلام وقف"
)
_LEAVE: Final = (
    ("thank", "you"), ("no", "thanks"), ("bye", "bye"), ("that's", "all"), ("that", "is", "all"), ("مع", "السلامه"),
    ("في", "امان", "الله"), ("شكرا", "لك"), ("لا", "شكرا"), ("يعطيك", "العافيه"),
)  # fmt: skip
"""Last words of what has nothing to follow."""
_OPEN: Final = _words(
    "and or but because so if when that which who the a an my your his her our their this these to of in on at for "
    "from with by about is are was were i'm it's um uh er like number "
    "و او ثم بس لكن لان عشان علشان اذا لو لما اللي الذي التي في من على علي الي عن مع ب ل هو هي هذا هذي رقم رقمي اسمي "
    "يعني انا انه ان اني حق حقت"
)
"""Nobody ends with these."""
_NUMBERS: Final = (("05", 10), ("9665", 12))
"""How a mobile number begins, and its digits."""
_PIN, _WAYBILL = 4, 13


def folded(text: str) -> str:
    """A text in which different spellings of a word are the same."""
    plain = unicodedata.normalize("NFKD", text.translate(_FOLD)).casefold()
    return "".join(char for char in plain if not unicodedata.combining(char)).translate(_FOLD)


def completeness(text: str) -> Completeness:
    """Whether more is to come: a recogniser's transcript up to a short pause."""
    plain = folded(text)
    words = _WORD.findall(plain)
    if not words:
        return "unknown"
    digits = "".join(_DIGITS.findall(plain))
    if len(digits) >= 3 and words[-1].isdigit():
        return _number(digits)
    if words[-1] in _OPEN or _TRAIL.search(plain):
        return "open"
    if len(words) <= 2 and words[-1] in _SHORT_ANSWERS:
        return "complete"
    if any(tuple(words[-len(leave) :]) == leave for leave in _LEAVE) or _END.search(plain):
        return "complete"
    return "unknown"


def _number(digits: str) -> Completeness:
    for start, length in _NUMBERS:
        if digits.startswith(start):
            return "complete" if len(digits) >= length else "open"
    if len(digits) == _WAYBILL:
        return "complete"
    return "unknown" if len(digits) == _PIN or len(digits) > _WAYBILL else "open"


def is_backchannel(text: str, *, asked: bool) -> bool:
    """Whether the words only say "I am listening". `asked`: the agent has just asked something."""
    words = _WORD.findall(folded(text))
    hums = _HUM if asked else _HUM | _AGREE
    return len(words) <= 3 and all(word in hums for word in words)
