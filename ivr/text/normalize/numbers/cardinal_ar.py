"""Spell numbers in Arabic words, as a speaker on the telephone says them.

One register throughout, between the written language and speech: the oblique forms without case endings (`عشرين`,
`ألفين`, `خمسة وعشرين ريال`). A number agrees with what it counts (`ثلاث شحنات`, `ثلاثة أيام`, `إحدى عشرة شحنة`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final

LARGEST: Final = 10**15
"""Numbers from here on are read digit by digit."""
_MASCULINE_TO_TEN: Final = ("صفر", "واحد", "اثنين", "ثلاثة", "أربعة", "خمسة", "ستة", "سبعة", "ثمانية", "تسعة", "عشرة")
_FEMININE_TO_TEN: Final = ("صفر", "واحدة", "اثنتين", "ثلاث", "أربع", "خمس", "ست", "سبع", "ثماني", "تسع", "عشر")
_ARABIC_TENS: Final = ("", "عشرة", "عشرين", "ثلاثين", "أربعين", "خمسين", "ستين", "سبعين", "ثمانين", "تسعين")
_HUNDREDS: Final = (
    *("", "مئة", "مئتين", "ثلاثمئة", "أربعمئة"),
    *("خمسمئة", "ستمئة", "سبعمئة", "ثمانمئة", "تسعمئة"),
)
_ARABIC_SCALES: Final = (
    (10**12, "تريليون", "تريليونين", "تريليونات"),
    (10**9, "مليار", "مليارين", "مليارات"),
    (10**6, "مليون", "مليونين", "ملايين"),
    (10**3, "ألف", "ألفين", "آلاف"),
)
_ORDINALS_TO_TEN: Final = (
    *("", "", "الثاني", "الثالث", "الرابع", "الخامس"),
    *("السادس", "السابع", "الثامن", "التاسع", "العاشر"),
)
# `يوماً` with its written ending; the two signs of the ending stand in either order.
_WRITTEN_ACCUSATIVE: Final = re.compile(r"(\w{2,})(?:ا\u064b|\u064bا)")
_LETTER_NAMES: Final = dict(
    zip(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        (
            *("إيه", "بي", "سي", "دي", "إي", "إف", "جي", "إتش", "آي", "جيه", "كيه", "إل", "إم"),
            *("إن", "أو", "بي", "كيو", "آر", "إس", "تي", "يو", "في", "دبليو", "إكس", "واي", "زد"),
        ),
        strict=True,
    )
)


@dataclass(frozen=True, slots=True)
class Noun:
    """Hold the forms of an Arabic noun that numbers count."""

    one: str
    """The singular, as after 11 and more."""
    two: str
    """The dual: two of them, without a number word."""
    few: str
    """The plural, as after 3 to 10."""
    feminine: bool = False
    """The grammatical gender of `one`."""
    adjective: str = ""
    """Masculine singular, as in `دينار كويتي`; empty if there is none."""


def takes_plural(number: int) -> bool:
    """Return whether a number is followed by the plural of what it counts: 3 to 10, and 103 to 110."""
    return 3 <= number % 100 <= 10


def cardinal(number: int, feminine: bool = False) -> str:
    """Spell a number from 0 to below `LARGEST`, in the gender of what it counts."""
    parts = []
    for scale, one, two, few in _ARABIC_SCALES:
        count, number = divmod(number, scale)
        if count > 2:
            parts.append(f"{cardinal(count)} {few if takes_plural(count) else one}")
        elif count:
            # The dual says the two by itself: `ألفين`, not `اثنين ألف`.
            parts.append(one if count == 1 else two)
    hundreds, rest = divmod(number, 100)
    if hundreds:
        parts.append(_HUNDREDS[hundreds])
    units = _FEMININE_TO_TEN if feminine else _MASCULINE_TO_TEN
    tens, unit = divmod(rest, 10)
    if rest >= 20:
        parts.append(f"{units[unit]} و{_ARABIC_TENS[tens]}" if unit else _ARABIC_TENS[tens])
    elif rest > 10:
        # One and two have their own forms before ten: `أحد عشر`, `اثنتي عشرة`.
        first = {1: "إحدى" if feminine else "أحد", 2: "اثنتي" if feminine else "اثني"}.get(unit, units[unit])
        parts.append(f"{first} {'عشرة' if feminine else 'عشر'}")
    elif rest or not parts:
        parts.append(units[rest])
    return " و".join(parts)


def ordinal(number: int, feminine: bool = False) -> str:
    """Spell a rank from 1 to 99, with the article: `الثاني`, `الحادية عشرة`, `الخامس والعشرين`."""
    ending = "ة" if feminine else ""
    tens, unit = divmod(number, 10)
    if number == 1:
        return "الأولى" if feminine else "الأول"
    if number <= 10:
        return _ORDINALS_TO_TEN[number] + ending
    if unit == 0:
        return f"ال{_ARABIC_TENS[tens]}"
    first = ("الحادي" if unit == 1 else _ORDINALS_TO_TEN[unit]) + ending
    return f"{first} عشر{ending}" if tens == 1 else f"{first} وال{_ARABIC_TENS[tens]}"


def counted(number: int, noun: Noun) -> str:
    """Spell a number with the noun it counts: `يوم واحد`, `يومين`, `ثلاثة أيام`, `أحد عشر يوم`."""
    adjective = f" {noun.adjective}" if noun.adjective else ""
    if number == 1:
        return f"{noun.one}{adjective} {_FEMININE_TO_TEN[1] if noun.feminine else _MASCULINE_TO_TEN[1]}"
    if number == 2:
        return f"{noun.two}{adjective + 'ين' if adjective else ''}"
    words = cardinal(number, noun.feminine)
    if takes_plural(number):
        # A plural of things takes an adjective in the feminine singular: `خمسة دنانير كويتية`.
        return f"{words} {noun.few}{adjective + 'ة' if adjective else ''}"
    return f"{words} {noun.one}{adjective}"


def counted_as_written(number: int, noun: Noun, word: str) -> str:
    """Spell as `counted` does, but keep the ending of a written `يوماً` where the number asks for it."""
    if number % 100 >= 11 and (ending := _WRITTEN_ACCUSATIVE.fullmatch(word)):
        noun = replace(noun, one=f"{ending[1]}اً", adjective=noun.adjective and f"{noun.adjective}اً")
    return counted(number, noun)


def lower_end(figures: str, noun: Noun) -> str:
    """Spell the lower end of a range of things: `يوم إلى يومين`, `ساعتين إلى ثلاث ساعات`."""
    if figures in ("1", "2") and " " not in noun.one:
        return noun.one if figures == "1" else noun.two
    return whole(figures, noun.feminine)


def digits(figures: str) -> str:
    """Spell each digit by itself."""
    return " ".join(_MASCULINE_TO_TEN[int(figure)] for figure in figures)


def whole(figures: str, feminine: bool = False) -> str:
    """Spell a run of digits as one number; digit by digit if it is too long or begins with a zero."""
    if len(figures) > 15 or (len(figures) > 1 and figures[0] == "0"):
        return digits(figures)
    return cardinal(int(figures), feminine)


def decimal(figures: str, fraction: str) -> str:
    """Spell a decimal, given its digits before and behind the point: `خمسة وعشرين فاصلة خمسة وسبعين`."""
    zeros = len(fraction) - len(fraction.lstrip("0"))
    rest = fraction[zeros:]
    tail = [_MASCULINE_TO_TEN[0]] * zeros
    if rest:
        # One or two digits are read as one number, as people do: `فاصلة خمسة وسبعين`.
        tail.append(cardinal(int(rest)) if len(rest) <= 2 else digits(rest))
    return f"{whole(figures)} فاصلة {' '.join(tail)}"


def spell(letters: str) -> str:
    """Name each Latin letter in Arabic; leave other characters as they are."""
    return " ".join(_LETTER_NAMES.get(letter.upper(), letter) for letter in letters)
