"""Arabic number words as a telephone voice says them.

One register throughout, between the written language and speech: the oblique forms without case endings (`عشرين`,
`ألفين`, `خمسة وعشرين ريال`), agreement in gender and in the counted noun (`ثلاث شحنات`, `ثلاثة أيام`,
`إحدى عشرة شحنة`).
A number is a string of digits or an int; what is too long to be an amount is read digit by digit.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final

LARGEST: Final = 10**15
"""Numbers from here on are read digit by digit."""
AND: Final = "و"
TO: Final = "إلى"
POINT: Final = "فاصلة"
DOT: Final = "نقطة"
PAUSE: Final = "، "
_MASCULINE: Final = ("صفر", "واحد", "اثنين", "ثلاثة", "أربعة", "خمسة", "ستة", "سبعة", "ثمانية", "تسعة", "عشرة")
_FEMININE: Final = ("صفر", "واحدة", "اثنتين", "ثلاث", "أربع", "خمس", "ست", "سبع", "ثماني", "تسع", "عشر")
_TENS: Final = ("", "عشرة", "عشرين", "ثلاثين", "أربعين", "خمسين", "ستين", "سبعين", "ثمانين", "تسعين")
_HUNDREDS: Final = (
    "",
    "مئة",
    "مئتين",
    "ثلاثمئة",
    "أربعمئة",
    "خمسمئة",
    "ستمئة",
    "سبعمئة",
    "ثمانمئة",
    "تسعمئة",
)
_SCALES: Final = (
    (10**12, "تريليون", "تريليونين", "تريليونات"),
    (10**9, "مليار", "مليارين", "مليارات"),
    (10**6, "مليون", "مليونين", "ملايين"),
    (10**3, "ألف", "ألفين", "آلاف"),
)
_RANKS: Final = (
    *("", "", "الثاني", "الثالث", "الرابع", "الخامس"),
    *("السادس", "السابع", "الثامن", "التاسع", "العاشر"),
)
_ACCUSATIVE: Final = re.compile(r"(\w{2,})(?:ا\u064b|\u064bا)")
_LETTER_NAMES: Final = (
    *("إيه", "بي", "سي", "دي", "إي", "إف", "جي", "إتش", "آي", "جيه", "كيه", "إل", "إم"),
    *("إن", "أو", "بي", "كيو", "آر", "إس", "تي", "يو", "في", "دبليو", "إكس", "واي", "زد"),
)
_LETTERS: Final = dict(zip("ABCDEFGHIJKLMNOPQRSTUVWXYZ", _LETTER_NAMES, strict=True))


@dataclass(frozen=True, slots=True)
class Noun:
    """A thing that is counted."""

    one: str
    two: str
    few: str
    """After 3 to 10."""
    feminine: bool = False
    """The grammatical gender of `one`."""
    adjective: str = ""
    """Masculine singular, as in `دينار كويتي`; empty if there is none."""


def cardinal(number: int, feminine: bool = False) -> str:
    """0 <= number < LARGEST in words, agreeing with what is counted."""
    parts = []
    for scale, one, two, few in _SCALES:
        count, number_left = divmod(number, scale)
        if count:
            parts.append(_scaled(count, one, two, few))
        number = number_left
    if number or not parts:
        parts.append(_below_thousand(number, feminine))
    return f" {AND}".join(parts)


def _scaled(count: int, one: str, two: str, few: str) -> str:
    if count <= 2:
        return one if count == 1 else two
    return f"{cardinal(count)} {few if 3 <= count % 100 <= 10 else one}"


def _below_thousand(number: int, feminine: bool) -> str:
    hundreds, rest = divmod(number, 100)
    parts = [_HUNDREDS[hundreds]] if hundreds else []
    if rest or not hundreds:
        parts.append(_below_hundred(rest, feminine))
    return f" {AND}".join(parts)


def _below_hundred(number: int, feminine: bool) -> str:
    units = _FEMININE if feminine else _MASCULINE
    if number <= 10:
        return units[number]
    tens, unit = divmod(number, 10)
    if tens == 1:
        ten = "عشرة" if feminine else "عشر"
        first = {1: "إحدى" if feminine else "أحد", 2: "اثنتي" if feminine else "اثني"}.get(unit, units[unit])
        return f"{first} {ten}"
    return f"{units[unit]} {AND}{_TENS[tens]}" if unit else _TENS[tens]


def ordinal(number: int, feminine: bool = False) -> str:
    """1 <= number < 100 as a rank, with the article: `الثاني`, `الحادية عشرة`, `الخامس والعشرين`."""
    ends = "ة" if feminine else ""
    tens, unit = divmod(number, 10)
    if number == 1:
        return "الأولى" if feminine else "الأول"
    if number <= 10:
        return _RANKS[number] + ends
    if unit == 0:
        return f"ال{_TENS[tens]}"
    first = ("الحادي" if unit == 1 else _RANKS[unit]) + ends
    return f"{first} عشر{ends}" if tens == 1 else f"{first} {AND}ال{_TENS[tens]}"


def counted(number: int, noun: Noun) -> str:
    """A number with what it counts: `يوم واحد`, `يومين`, `ثلاثة أيام`, `أحد عشر يوم`."""
    adjective = f" {noun.adjective}" if noun.adjective else ""
    if number == 1:
        return f"{noun.one}{adjective} {_FEMININE[1] if noun.feminine else _MASCULINE[1]}"
    if number == 2:
        return f"{noun.two}{adjective + 'ين' if adjective else ''}"
    words = cardinal(number, noun.feminine)
    if 3 <= number % 100 <= 10:
        return f"{words} {noun.few}{adjective + 'ة' if adjective else ''}"
    return f"{words} {noun.one}{adjective}"


def counted_as_written(number: int, noun: Noun, word: str) -> str:
    """As `counted`, but the noun keeps the ending of a written `يوماً` where the number asks for it."""
    if number % 100 >= 11 and (ending := _ACCUSATIVE.fullmatch(word)):
        noun = replace(noun, one=f"{ending[1]}اً", adjective=noun.adjective and f"{noun.adjective}اً")
    return counted(number, noun)


def lower_end(figures: str, noun: Noun) -> str:
    """The lower end of a range of what is counted: `يوم إلى يومين`, `ساعتين إلى ثلاث ساعات`."""
    if figures in ("1", "2") and " " not in noun.one:
        return noun.one if figures == "1" else noun.two
    return whole(figures, noun.feminine)


def digits(figures: str) -> str:
    """Every digit by itself."""
    return " ".join(_MASCULINE[int(figure)] for figure in figures)


def whole(figures: str, feminine: bool = False) -> str:
    """A run of digits as an amount, or digit by digit when it is none."""
    if len(figures) > 15 or (len(figures) > 1 and figures[0] == "0"):
        return digits(figures)
    return cardinal(int(figures), feminine)


def decimal(figures: str, fraction: str) -> str:
    """`25.75` -> `خمسة وعشرين فاصلة خمسة وسبعين`."""
    zeros = len(fraction) - len(fraction.lstrip("0"))
    rest = fraction[zeros:]
    tail = [_MASCULINE[0]] * zeros
    if rest:
        tail.append(cardinal(int(rest)) if len(rest) <= 2 else digits(rest))
    return f"{whole(figures)} {POINT} {' '.join(tail)}"


def spell(letters: str) -> str:
    """Latin letters by their names, other letters by themselves."""
    return " ".join(_LETTERS.get(letter.upper(), letter) for letter in letters)
