"""Sort characters by what they mean to a sentence: stops, closing marks, clause marks, newlines, invisible marks.

An *unseen* character is a bidi control (Unicode UAX 9) or has no width. A rule looks through it at what stands behind.
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
CURRENCY_SIGNS: Final = "$€£¥₹₺₽₩₱﷼\u20c1"
"""With U+20C1, the sign of the Saudi riyal, which the Unicode tables of Python 3.13 do not know."""
BULLETS: Final = "•⁃▪◦●‣■▫◾➤➢✓✔"
# The Arabic blocks of Unicode without their digits, marks and punctuation.
_ARABIC_SCRIPT: Final = re.compile("[\u0620-\u064a\u066e-\u06d3\u06fa-\u06ff\u0750-\u077f\ufb50-\ufdff\ufe70-\ufefc]")
_VOWEL_SIGNS: Final = re.compile(f"[\u064b-\u065f\u0670\u06d6-\u06ed\u0640{UNSEEN}]+")
_LETTER_OR_DIGIT: Final = re.compile(r"[^\W_]")


def arabic_letter(char: str) -> bool:
    """Return whether a character is a letter of the Arabic script."""
    return _ARABIC_SCRIPT.match(char) is not None


def bare(word: str) -> str:
    """Return a word without vowel signs, tatweel and unseen characters."""
    return _VOWEL_SIGNS.sub("", word)


def says_something(text: str) -> bool:
    """Return whether there is a letter or a digit to speak."""
    return _LETTER_OR_DIGIT.search(text) is not None


def lower_latin(char: str) -> bool:
    """Return whether a character is a small letter: a sentence hardly begins with one. Arabic has no small letters."""
    return char.islower() and not arabic_letter(char)


def last_seen(text: str, before: int, start: int) -> str:
    """Return the last character of `text[start:before]` that is neither unseen nor a vowel sign; '' if none."""
    at = before - 1
    while at >= start:
        char = text[at]
        if char not in UNSEEN and unicodedata.category(char) != "Mn":
            return char
        at -= 1
    return ""


def word_set(text: str) -> frozenset[str]:
    """Return a set of words, written with blanks between them."""
    return frozenset(text.split())
