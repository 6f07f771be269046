"""Spell numbers in English words, as a speaker on the telephone says them."""

from __future__ import annotations

from typing import Final

_BELOW_TWENTY: Final = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_ENGLISH_TENS: Final = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_ENGLISH_SCALES: Final = ((10**12, "trillion"), (10**9, "billion"), (10**6, "million"), (10**3, "thousand"))
_IRREGULAR_ORDINALS: Final = {
    "one": "first",
    "two": "second",
    "three": "third",
    "five": "fifth",
    "eight": "eighth",
    "nine": "ninth",
    "twelve": "twelfth",
}


def cardinal(number: int) -> str:
    """Spell a number from 0 to below 10**15."""
    parts = []
    for scale, name in _ENGLISH_SCALES:
        count, number = divmod(number, scale)
        if count:
            parts.append(f"{cardinal(count)} {name}")
    hundreds, rest = divmod(number, 100)
    if hundreds:
        parts.append(f"{_BELOW_TWENTY[hundreds]} hundred")
    tens, unit = divmod(rest, 10)
    if rest >= 20:
        parts.append(f"{_ENGLISH_TENS[tens]}-{_BELOW_TWENTY[unit]}" if unit else _ENGLISH_TENS[tens])
    elif rest or not parts:
        parts.append(_BELOW_TWENTY[rest])
    return " ".join(parts)


def ordinal(number: int) -> str:
    """Spell a rank: `21` is `twenty-first`."""
    words = cardinal(number)
    head, mark, last = words.rpartition("-" if "-" in words.rpartition(" ")[2] else " ")
    if last in _IRREGULAR_ORDINALS:
        return head + mark + _IRREGULAR_ORDINALS[last]
    return head + mark + (last[:-1] + "ieth" if last.endswith("y") else last + "th")


def year(number: int) -> str:
    """Spell a year: `1994` is `nineteen ninety-four`, `2025` `twenty twenty-five`, `2005` `two thousand five`."""
    century, rest = divmod(number, 100)
    if not 11 <= century <= 99 or (century % 10 == 0 and rest < 10):
        return cardinal(number)
    if rest == 0:
        return f"{cardinal(century)} hundred"
    return f"{cardinal(century)} {'oh ' if rest < 10 else ''}{cardinal(rest)}"


def digits(figures: str) -> str:
    """Spell each digit by itself."""
    return " ".join(_BELOW_TWENTY[int(figure)] for figure in figures)


def whole(figures: str) -> str:
    """Spell a run of digits as one number; digit by digit if it is too long or begins with a zero."""
    if len(figures) > 15 or (len(figures) > 1 and figures[0] == "0"):
        return digits(figures)
    return cardinal(int(figures))


def decimal(figures: str, fraction: str) -> str:
    """Spell a decimal, given its digits before and behind the point: `twenty-five point seven five`."""
    return f"{whole(figures)} point {digits(fraction)}"


def spell(letters: str) -> str:
    """Name each letter."""
    return " ".join(letters.upper())
