"""Characters by what they mean to a sentence: stops, closers, clause marks, blanks, marks that cannot be seen.

The rest of the room asks these questions of single characters and short strings; nothing here keeps state. The bidi
controls (Unicode UAX 9) and the zero-width joiners are *unseen*: a rule looks through them at what stands behind.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

UNSEEN: Final = (
    "\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e"
    "\u2060\u2061\u2066\u2067\u2068\u2069\ufeff\u061c\u00ad\ufe0f"
)
STOPS: Final = ".!?…؟۔‼⁇⁈⁉"
CLOSERS: Final = "\"'”’»›)]}*_`~" + UNSEEN
EMOJI: Final = "\U0001f000-\U0001faff\u2190-\u21ff\u2300-\u23ff\u2600-\u27bf\u2b00-\u2bff\u3030\u303d\u20e3"
"""Ranges, for a class of a regular expression."""
CLAUSES: Final = ",،;؛:"
NEWLINES: Final = "\n\r\x0b\x0c\x85\u2028\u2029"
BULLETS: Final = "•⁃▪◦●‣■▫◾➤➢✓✔"
_ARABIC: Final = re.compile("[\u0620-\u064a\u066e-\u06d3\u06fa-\u06ff\u0750-\u077f\ufb50-\ufdff\ufe70-\ufefc]")
_TASHKEEL: Final = re.compile(f"[\u064b-\u065f\u0670\u06d6-\u06ed\u0640{UNSEEN}]+")
_WORDS: Final = re.compile(r"[^\W_]")


def arabic_letter(char: str) -> bool:
    """Whether a character is a letter of the Arabic script."""
    return _ARABIC.match(char) is not None


def bare(word: str) -> str:
    """A word without vowel signs, tatweel and what cannot be seen."""
    return _TASHKEEL.sub("", word)


def says_something(text: str) -> bool:
    """Whether there is a letter or a digit for a voice to say."""
    return _WORDS.search(text) is not None


def lower_latin(char: str) -> bool:
    """Whether a sentence that goes on with this character was not over."""
    return char.islower() and not arabic_letter(char)


def last_seen(text: str, before: int, start: int) -> str:
    """The last letter, digit or mark before a position that is neither unseen nor a vowel sign; '' if none."""
    at = before - 1
    while at >= start:
        char = text[at]
        if char not in UNSEEN and unicodedata.category(char) != "Mn":
            return char
        at -= 1
    return ""


def words(text: str) -> frozenset[str]:
    """A set of words, written with blanks between them."""
    return frozenset(text.split())
