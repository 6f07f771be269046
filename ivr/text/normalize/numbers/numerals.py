"""Written figures: what a number looks like, and which language's words it takes.

`Tongue` is the set of verbs both languages have (`ivr.text.normalize.numbers.cardinal_ar`,
`ivr.text.normalize.numbers.cardinal_en`: the modules themselves).
Every role of a number (`money`, `dates`, `clock`, `codes`, `measures`) is a rewriting of text to text that leaves no
digit of its own behind, so the roles can follow one another and a second pass finds nothing to do.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final, Protocol

from ivr.text.normalize.numbers import cardinal_ar, cardinal_en
from ivr.text.segment.abbreviations import labelled

JOIN: Final = "\ue000"
"""Between a one-letter word and the number it is written to (`بـ50`); goes with the blanks behind it."""
GONE: Final = "\ue001"
"""In front of a full stop that only ended an abbreviation; goes with it."""
START: Final = r"(?<![^\W_])(?<!\d[.,:/\-])"
"""Not inside a word or a number."""
NUMBER: Final = r"(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?"
END: Final = r"(?![^\W_]|[\u064b-\u0652])"
"""Not inside a word, vowel signs included."""
SIGN: Final = rf"(?:(?<![^\s({JOIN}])[-−+](?=\d))?"
_DIGIT: Final = re.compile(r"\d")
_ARABIC_SEPARATORS: Final = (
    (re.compile(r"(?<=\d)٫(?=\d)"), "."),
    (re.compile(r"(?<=\d)[٬'’](?=\d{3}(?!\d))"), ","),
    (re.compile(r"(?<=\d)،(?=\d{3}(?!\d))"), ","),
    (
        re.compile(
            r"(?<![\d,.،])(\d{1,6})[,،](?=\d{1,2}\s?(?:[%٪$€£﷼]|ريال|ر\.|درهم|دينار|دولار|يورو|د\.[إكبأع]|مليون|مليار|كيلو|كجم|كغ|كم|متر"
            r"|درجة|بالم|SAR|KWD|EUR|million|kg))"
        ),
        r"\1.",
    ),
)
_PROCLITIC: Final = re.compile(
    r"(?<![^\W\d_])((?:[وف]?(?:[بلك]|ال|بال|لل)|[وف]))ـ*(?=\d)|(?<![^\W\d_])([وف])(?=[-−]\d)"
)
_TATWEEL: Final = re.compile(
    r"(?<![^\W\d_])(?:([وف]?(?:[بلك]|ال|بال|لل))ـ+\s*[«\"“(]*(?=\d|[A-Z]{2}|(?<=[«\"“(])[\u0621-\u064a])|(?<!و\s)(و)\s+(?=[\d$€£﷼]|[\u0621-\u064a]{2}))"
)
_APART: Final = re.compile(r"(?<![^\W\d_])(?:([\u0621-\u0652]+)\s+)?(?<!\.)([بل])\s+(?=\d)")
_BEFORE_DIGIT: Final = re.compile(r"(?<=[\u0620-\u065f])(?=\d)")
_BEHIND_DIGIT: Final = re.compile(r"(?<=\d)(?=[\u0620-\u064a])")
_ARABIC: Final = re.compile(r"[\u0620-\u0652]{2,}")
_LATIN: Final = re.compile(r"(?<![\w@./:+-])[A-Za-z][a-z'’]+(?![\w@/:]|[.-]\w)|(?<![\w-])I(?![\w-])")


class Tongue(Protocol):
    """A language's number words."""

    @property
    def AND(self) -> str: ...
    @property
    def TO(self) -> str: ...
    @property
    def DOT(self) -> str: ...
    @property
    def PAUSE(self) -> str: ...
    def cardinal(self, number: int) -> str: ...
    def digits(self, figures: str) -> str: ...
    def whole(self, figures: str) -> str: ...
    def decimal(self, figures: str, fraction: str) -> str: ...
    def spell(self, letters: str) -> str: ...


def tongue(arabic: bool) -> Tongue:
    """The number words of a language."""
    return cardinal_ar if arabic else cardinal_en


def reads_arabic(text: str, language: str) -> bool:
    """Whether the figures of a text are said in Arabic: most of its words decide, names of the other script aside."""
    arabic, latin = len(_ARABIC.findall(text)), len(_LATIN.findall(text))
    return 2 * arabic >= latin if language.startswith("ar") else arabic > 2 * latin


def plain_digits(text: str) -> str:
    """All decimal digits as 0-9, separators as `,` and `.`, Arabic letters apart from digits."""
    text = _DIGIT.sub(lambda found: str(unicodedata.decimal(found[0])), text)
    for pattern, plain in _ARABIC_SEPARATORS:
        text = pattern.sub(plain, text)
    text = _APART.sub(_proclitic, text)
    text = _TATWEEL.sub(lambda found: f"{found[1] or found[2]}{JOIN}", text)
    text = _PROCLITIC.sub(lambda found: f"{found[1] or found[2]}{JOIN}", text).replace("\u0640", "")
    return _BEHIND_DIGIT.sub(" ", _BEFORE_DIGIT.sub(" ", text))


def _proclitic(found: re.Match[str]) -> str:
    """`ب 50` is `بـ50`, but for the letter of a building or a gate."""
    if found[1] and labelled(found[1]):
        return found[0]
    return f"{found[1]} {found[2]}{JOIN}" if found[1] else f"{found[2]}{JOIN}"


def parted(figures: str) -> tuple[str, str]:
    """`1,250.75` -> (`1250`, `75`)."""
    whole, _, fraction = figures.replace(",", "").partition(".")
    return whole, fraction


def amount(figures: str, arabic: bool) -> str:
    """A number as written, in words."""
    whole, fraction = parted(figures)
    words = tongue(arabic)
    return words.decimal(whole, fraction) if fraction else words.whole(whole)


def signed(sign: str, arabic: bool) -> str:
    """The word for a sign in front of a number, with its blank."""
    if not sign:
        return ""
    if sign == "+":
        return "زائد " if arabic else "plus "
    return "ناقص " if arabic else "minus "


def exact(whole: str) -> int | None:
    """The value of a whole number that is an amount; None for one that is read digit by digit."""
    return int(whole) if len(whole) <= 15 and (whole == "0" or not whole.startswith("0")) else None
